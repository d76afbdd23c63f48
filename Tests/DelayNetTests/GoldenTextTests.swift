import DelayNet
import DelayNetIO
import TestSupport
import Testing

/// Every model of the register, computed from its text, against the classes of its peers; see Golden/models/README_text.md.
///
/// A point is a node: what arrives at it comes from its own history, by a self-connection of weight 1.
@Suite struct GoldenTextTests {
  struct Points {
    let archive: NPZArchive
    let model: NodeModel
    let count = 100
    /// Points whose derivatives are known.
    let differentiated = 10

    init(_ name: String) throws {
      model = try NodeModel(text: #require(NodeModel.named(name)?.text))
      archive = try NPZArchive(path: GoldenTests.path("models/\(name)_text.npz"))
    }
    func numbers(_ name: String) throws -> [Double] { try archive[name].values(as: Double.self) }

    /// One step of Euler and Maruyama at all points.
    func problem(timeStep: Double) throws -> Problem<Double> {
      let nodes = Array(0..<Int32(count))
      let network = try Network(
        nodes: count, sources: nodes, targets: nodes, weights: [Double](repeating: 1, count: count),
        delays: [Int32](repeating: 1, count: count), history: 1)
      var problem = try Problem(network, model: model, timeStep: timeStep)
      problem.scheme = .eulerMaruyama
      problem.coupling = 1
      let (states, arrives, parameters) = try (numbers("states"), numbers("couplings"), numbers("parameters"))
      problem.history = try StateArray(variables: model.couplings.count, nodes: count, columns: 1)
      for point in 0..<count {
        for s in model.states.indices { problem.initial[s, point, 0] = states[point * model.states.count + s] }
        for c in model.couplings.indices { problem.history?[c, point, 0] = arrives[point * model.couplings.count + c] }
      }
      for (k, parameter) in model.parameters.enumerated() {
        problem.parameters[parameter.name] = .perNode(
          (0..<count).map { parameters[$0 * model.parameters.count + k] })
      }
      return problem
    }
  }

  /// A power of two: divisions by it are exact.
  static let timeStep = 0x1p-10

  @Test(arguments: NodeModel.all.map(\.name)) func derivativesOfStatesAreItsPeers(name: String) throws {
    let points = try Points(name)
    let (model, count) = (points.model, points.count)
    let problem = try points.problem(timeStep: Self.timeStep)
    let run = try problem.simulate(steps: 1)
    let (expected, sent) = try (points.numbers("f"), points.numbers("y"))
    try #require(expected.count == count * model.states.count && sent.count == count * model.couplings.count)
    var compared = 0
    for point in 0..<count {
      let block = expected[(point * model.states.count)..<((point + 1) * model.states.count)]
      let largest = block.reduce(0) { max($0, abs($1)) }
      for (s, state) in model.states.enumerated() {
        let before = problem.initial[s, point, 0], after = run.series[s, point, 0]
        if after == state.bounds.lowerBound || after == state.bounds.upperBound { continue }
        var moved = after - before
        if state.isPeriodic { moved = moved.remainder(dividingBy: 2 * .pi) }
        let rounding = 0x1p-51 * (abs(before) + 2 * .pi) / Self.timeStep
        #expect(
          abs(moved / Self.timeStep - expected[point * model.states.count + s]) <= 1e-9 * largest + rounding,
          "\(state.name) at point \(point)")
        compared += 1
      }
      for c in model.couplings.indices {
        let want = sent[point * model.couplings.count + c]
        #expect(
          abs(run.carry.history[c, point, 0] - want) <= 1e-11 * max(abs(want), 1e-3),
          "\(model.couplings[c].name) at point \(point)")
      }
    }
    #expect(compared > count * model.states.count / 2)
  }

  @Test(arguments: NodeModel.all.map(\.name)) func jacobiansAreComplexSteps(name: String) throws {
    let points = try Points(name)
    let (model, count, probed) = (points.model, points.count, points.differentiated)
    let problem = try points.problem(timeStep: Self.timeStep)
    let tape = try problem.record(steps: 1)
    let (S, C, P) = (model.states.count, model.couplings.count, model.parameters.count)
    let (byStates, byCouplings, byParameters) = try (
      points.numbers("f_states"), points.numbers("f_couplings"), points.numbers("f_parameters")
    )
    try #require(byStates.count == probed * S * S && byCouplings.count == probed * S * C)
    var compared = 0
    for s in 0..<S {
      var cotangent = try StateArray<Double>(variables: S, nodes: count)
      for point in 0..<probed { cotangent[s, point, 0] = 1 }
      let gradient = try tape.pullback(
        nil, finalState: cotangent, withRespectTo: [.initial, .history, .parameters])
      for point in 0..<probed {
        let after = tape.trajectory.series[s, point, 0]
        if after == model.states[s].bounds.lowerBound || after == model.states[s].bounds.upperBound { continue }
        func compare(_ got: Double, _ expected: Double, _ what: String) {
          let tolerance = 1e-8 * abs(expected) + 1e-11 / Self.timeStep * 0x1p-4
          #expect(
            abs(got / Self.timeStep - expected) <= tolerance, "d \(model.states[s].name)' / d \(what), point \(point)")
          compared += 1
        }
        for k in 0..<S {
          let own = k == s ? 1.0 : 0
          compare(gradient.initial[k, point, 0] - own, byStates[(point * S + s) * S + k], model.states[k].name)
        }
        for k in 0..<C {
          compare(gradient.history[k, point, 0], byCouplings[(point * S + s) * C + k], model.couplings[k].name)
        }
        for k in 0..<P {
          let parameter = model.parameters[k].name
          compare(gradient.parameter(parameter)[point], byParameters[(point * S + s) * P + k], parameter)
        }
      }
    }
    #expect(compared > probed * S * S / 2)
  }

  @Test(arguments: NodeModel.all.filter { !$0.outputs.isEmpty || $0 == .jansenRit }.map(\.name))
  func outputsAreItsPeers(name: String) throws {
    let points = try Points(name)
    let (model, count, probed) = (points.model, points.count, points.differentiated)
    // A step so short that the states stay what they are.
    var problem = try points.problem(timeStep: 0x1p-400)
    problem.monitors = [.subsample(of: model.outputs.map(\.name))]
    let tape = try problem.record(steps: 1)
    let series = tape.trajectory.series
    let (S, O) = (model.states.count, model.outputs.count)
    let (expected, byStates) = try (points.numbers("o"), points.numbers("o_states"))
    try #require(O > 0 && expected.count == count * O && byStates.count == probed * O * S)
    for o in 0..<O {
      for point in 0..<count {
        let want = expected[point * O + o]
        #expect(abs(series[o, point, 0] - want) <= 1e-11 * max(abs(want), 1e-3), "\(model.outputs[o].name), \(point)")
      }
      var cotangent = try StateArray<Double>(variables: O, nodes: count)
      for point in 0..<probed { cotangent[o, point, 0] = 1 }
      let gradient = try tape.pullback(cotangent, withRespectTo: .initial)
      for point in 0..<probed {
        for k in 0..<S {
          let want = byStates[(point * O + o) * S + k]
          #expect(abs(gradient.initial[k, point, 0] - want) <= 1e-10 * max(abs(want), 1e-6))
        }
      }
    }
  }
}
