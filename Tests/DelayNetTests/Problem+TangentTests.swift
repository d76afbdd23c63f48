import DelayNet
import TestSupport
import Testing

@Suite struct ProblemTangentTests {
  private func direction(_ problem: Problem<Double>, steps: Int) throws -> Problem<Double>.Tangent {
    let keys = try RandomKey(seed: 12).split(8)
    let (states, nodes) = (problem.model.states.count, problem.nodes)
    var direction = Problem<Double>.Tangent()
    direction.weights = try keys[0].normal(problem.network.edges, as: Double.self)
    direction.coupling = 0.3
    direction.sigma = try keys[1].normal(states, as: Double.self)
    direction.noise = try NoiseSamples(
      steps: steps, states: states, nodes: nodes, values: keys[2].normal(steps * states * nodes, as: Double.self))
    direction.stimulus = try StateArray(
      variables: states, nodes: nodes, columns: steps,
      values: keys[3].normal(steps * states * nodes, as: Double.self))
    direction.initial = try StateArray(
      variables: states, nodes: nodes, values: keys[4].normal(states * nodes, as: Double.self))
    direction.history = try StateArray(
      variables: problem.model.couplings.count, nodes: nodes, columns: problem.horizon,
      values: keys[5].normal(problem.model.couplings.count * nodes * problem.horizon, as: Double.self))
    direction.parameters["tau"] = .perNode(try keys[6].normal(nodes, as: Double.self))
    direction.parameters["eta"] = 0.7
    if problem.delays.areFractional { direction.delays = try keys[7].normal(problem.network.edges, as: Double.self) }
    return direction
  }

  @Test func isLinearAndTheValueIsTheRun() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, fractional: true)
    let all = try direction(example.problem, steps: example.steps)
    let (value, tangent) = try example.problem.jvp(steps: example.steps, along: all)
    #expect(try value == example.problem.simulate(steps: example.steps))
    func part(_ change: (inout Problem<Double>.Tangent) -> Void) throws -> [Double] {
      var one = Problem<Double>.Tangent()
      change(&one)
      return try example.problem.jvp(steps: example.steps, along: one).tangent.values
    }
    let parts = try [
      part { $0.weights = all.weights }, part { $0.coupling = all.coupling }, part { $0.sigma = all.sigma },
      part { $0.noise = all.noise }, part { $0.stimulus = all.stimulus }, part { $0.initial = all.initial },
      part { $0.history = all.history }, part { $0.parameters = all.parameters }, part { $0.delays = all.delays },
    ]
    let sum = tangent.values.indices.map { n in parts.reduce(0) { $0 + $1[n] } }
    #expect(relativeError(sum, tangent.values) < 1e-12)
    #expect(try part { _ in }.allSatisfy { $0 == 0 })
    for part in parts { #expect(part.contains { $0 != 0 }) }
  }

  @Test func followsDifferences() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin)
    let (problem, steps) = (example.problem, example.steps)
    var change = Problem<Double>.Tangent()
    change.coupling = 1
    let tangent = try problem.jvp(steps: steps, along: change).tangent.values
    func moved(_ h: Double) throws -> [Double] {
      var other = problem
      other.coupling += h
      return try other.simulate(steps: steps).series.values
    }
    let (up, down) = try (moved(1e-5), moved(-1e-5))
    #expect(relativeError(zip(up, down).map { ($0 - $1) / 2e-5 }, tangent) < 1e-7)
  }

  @Test func mistakesNameTheInput() throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    func fails(_ name: String, _ expected: [Int], _ found: [Int], _ change: (inout Problem<Double>.Tangent) -> Void) {
      var direction = Problem<Double>.Tangent()
      change(&direction)
      #expect(throws: DelayNetError.shapeMismatch(name: name, expected: expected, found: found)) {
        try problem.jvp(steps: 3, along: direction)
      }
    }
    fails("direction of weights", [25], [1]) { $0.weights = [1] }
    fails("direction of sigma", [2], [3]) { $0.sigma = [1, 2, 3] }
    fails("direction of eta", [1], [2]) { $0.parameters["eta"] = [1, 2] }
    fails("direction of tau", [5], [1]) { $0.parameters["tau"] = 1 }
    fails("direction of initial", [2, 5, 1], [1, 5, 1]) { $0.initial = try! StateArray(variables: 1, nodes: 5) }
    fails("direction of noise", [3, 2, 5], [2, 2, 5]) { $0.noise = try! NoiseSamples(steps: 2, states: 2, nodes: 5) }
    var direction = Problem<Double>.Tangent()
    direction.conductionSpeed = 1
    #expect(throws: DelayNetError.notDifferentiable("conductionSpeed")) { try problem.jvp(steps: 3, along: direction) }
  }
}
