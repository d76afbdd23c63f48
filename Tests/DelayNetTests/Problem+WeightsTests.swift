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

  @Test func otherNumbersAreRefused() throws {
    var (problem, _) = try problem()
    let edges = problem.network.edges
    problem.weights += [1]
    #expect(throws: DelayNetError.shapeMismatch(name: "weights", expected: [edges], found: [edges + 1])) {
      try problem.simulate(steps: 1)
    }
  }
}
