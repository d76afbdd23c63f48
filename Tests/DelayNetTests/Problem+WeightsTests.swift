import DelayNet
import Foundation
import TestSupport
import Testing

/// Coupling variables with weights of their own.
@Suite struct ProblemWeightsTests {
  private func problem() throws -> (Problem<Double>, steps: Int) {
    let example = try ProblemCase<Double>(model: .kuramoto, nodes: 4, steps: 20)
    return (example.problem, example.steps)
  }

  @Test func equalWeightsAreSharedOnes() throws {
    let (shared, steps) = try problem()
    var own = shared
    own.weights = shared.weights + shared.weights
    #expect(try own.simulate(steps: steps).series == shared.simulate(steps: steps).series)
    let cotangent = try shared.simulate(steps: steps).series
    let gradient = try own.record(steps: steps).pullback(cotangent).weights
    let sum = try shared.record(steps: steps).pullback(cotangent).weights
    try #require(gradient.count == 2 * sum.count)
    for (edge, value) in sum.enumerated() {
      #expect(abs(gradient[edge] + gradient[sum.count + edge] - value) <= 1e-12 * max(1, abs(value)))
    }
  }

  @Test func everyWeightHasItsGradient() throws {
    var (problem, steps) = try problem()
    problem.weights += problem.weights.map { 0.3 - $0 }
    func loss(_ problem: Problem<Double>) throws -> Double {
      try problem.simulate(steps: steps).series.values.enumerated().reduce(0) {
        $0 + sin(Double($1.offset)) * $1.element
      }
    }
    let series = try problem.simulate(steps: steps).series
    let cotangent = try StateArray(
      variables: series.variables, nodes: series.nodes, columns: series.columns,
      values: series.values.indices.map { sin(Double($0)) })
    let gradient = try problem.record(steps: steps).pullback(cotangent, withRespectTo: .weights).weights
    for edge in stride(from: 0, to: gradient.count, by: 3) {
      var (more, less) = (problem, problem)
      more.weights[edge] += 1e-6
      less.weights[edge] -= 1e-6
      let difference = try (loss(more) - loss(less)) / 2e-6
      #expect(abs(gradient[edge] - difference) <= 1e-6 * max(1, abs(difference)), "weight \(edge)")
    }
  }

  @Test(arguments: [false, true], [CouplingKind.linear, .difference])
  func gradientsPassEveryCheck(fractional: Bool, kind: CouplingKind) throws {
    let example = try ProblemCase<Double>(
      model: .montbrioPazoRoxin, nodes: 4, steps: 19, fractional: fractional, coupling: kind)
    var problem = example.problem
    problem.parameters["cv"] = .uniform(0.5)
    problem.weights += problem.weights.reversed().map { -0.75 * $0 }
    let report = try GradientCheck.run(problem, steps: example.steps, entries: 8, tolerance: 1e-6) {
      (s: Traced<Double>) throws(DelayNetError) -> TracedScalar<Double> in (s + 0.25).squared().mean()
    }
    for input in report.inputs {
      #expect(input.differences.passed && input.taylor.passed, "\(input.name): \(report)")
    }
    #expect(report.dotProductError < 1e-12 && report.directionalError < 1e-11)
    // The second coupling variable's set is what couples it.
    var (silent, without) = (problem, problem)
    silent.weights.replaceSubrange(16..., with: repeatElement(0, count: 16))
    without.parameters["cv"] = .uniform(0)
    let series = try without.simulate(steps: example.steps).series
    #expect(try silent.simulate(steps: example.steps).series == series)
    #expect(try problem.simulate(steps: example.steps).series != series)
    #expect(
      try problem.simulate(steps: example.steps, threads: 3).series == problem.simulate(steps: example.steps).series)
  }

  @Test func otherNumbersAreRefused() throws {
    var (problem, _) = try problem()
    let edges = problem.network.edges
    problem.weights += [1]
    #expect(throws: DelayNetError.shapeMismatch(name: "weights", expected: [edges], found: [edges + 1])) {
      try problem.simulate(steps: 1)
    }
  }
}
