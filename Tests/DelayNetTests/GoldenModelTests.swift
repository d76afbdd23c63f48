import DelayNet
import DelayNetIO
import TestSupport
import Testing

/// Drift and coupling of every model as The Virtual Brain's own classes compute them; see Golden/models/README.md.
@Suite struct GoldenModelTests {
  // Jansen and Rit's columns send rates, of which The Virtual Brain has no difference.
  static let cases: [(model: NodeModel, kind: CouplingKind)] =
    NodeModel.native.map { ($0, .linear) } + NodeModel.native.filter { $0 != .jansenRit }.map { ($0, .difference) }

  @Test(arguments: cases) func isTheVirtualBrains(model: NodeModel, kind: CouplingKind) throws {
    let archive = try NPZArchive(path: GoldenTests.path("models/\(model.name).npz"))
    func numbers(_ name: String) throws -> [Double] { try archive[name].values(as: Double.self) }
    let (states, nodes, columns) = (model.states.count, 3, 5)
    let (past, weights, strength) = try (numbers("states"), numbers("weights"), numbers("coupling"))
    let delays = try archive["delays"].values(as: Int32.self)
    let (parameters, expected) = try (numbers("parameters"), numbers(kind.rawValue))
    try #require(strength.count == 100 && parameters.count == 100 * model.parameters.count)
    // A power of two: the division by it is exact.
    let timeStep = 0x1p-10
    for sample in 0..<100 {
      func edges<T>(_ all: [T]) -> [T] { Array(all[(sample * nodes * nodes)..<((sample + 1) * nodes * nodes)]) }
      let network = try Network(
        weights: Matrix(rows: nodes, columns: nodes, values: edges(weights)),
        delays: Matrix(rows: nodes, columns: nodes, values: edges(delays)), history: columns - 1)
      var problem = try Problem(network, model: model, timeStep: timeStep)
      problem.scheme = .eulerMaruyama
      problem.couplingKind = kind
      problem.coupling = strength[sample]
      for (k, parameter) in model.parameters.enumerated() {
        // What we call mu is the constant of The Virtual Brain's linear coupling; its differences have none.
        let absent = model == .linear && kind == .difference && parameter.name == "mu"
        problem.parameters[parameter.name] = .uniform(absent ? 0 : parameters[sample * model.parameters.count + k])
      }
      func state(_ s: Int, _ i: Int, _ column: Int) -> Double {
        past[((sample * states + s) * nodes + i) * columns + column]
      }
      problem.history = try StateArray(variables: model.couplings.count, nodes: nodes, columns: columns - 1)
      for column in 0..<columns {
        for i in 0..<nodes {
          if column == columns - 1 {
            for s in 0..<states { problem.initial[s, i, 0] = state(s, i, column) }
            continue
          }
          let named = Dictionary(
            uniqueKeysWithValues: model.parameters.enumerated().map {
              ($1.name, parameters[sample * model.parameters.count + $0])
            })
          let sent = try #require(ReferenceNetwork.equations[model.name])
            .observe((0..<states).map { state($0, i, column) }, named)
          for c in model.couplings.indices { problem.history?[c, i, column] = sent[c] }
        }
      }
      let next = try problem.simulate(steps: 1).series
      // The Virtual Brain sums its coupling in single precision.
      let block = expected[(sample * states * nodes)..<((sample + 1) * states * nodes)]
      let largest = block.reduce(0) { max($0, abs($1)) }
      for s in 0..<states {
        // A state that the step holds at a bound says nothing of the drift; the drift of an angle is modulo a turn.
        for i in 0..<nodes {
          let before = problem.initial[s, i, 0], after = next[s, i, 0]
          if after == model.states[s].bounds.lowerBound || after == model.states[s].bounds.upperBound { continue }
          var moved = after - before
          if model.states[s].isPeriodic { moved = moved.remainder(dividingBy: 2 * .pi) }
          let want = expected[(sample * states + s) * nodes + i]
          let rounding = 0x1p-51 * (abs(before) + 2 * .pi) / timeStep
          #expect(
            abs(moved / timeStep - want) <= 1e-6 * largest + rounding, "sample \(sample), state \(s), node \(i)")
        }
      }
    }
  }

  @Test(arguments: NodeModel.native) func defaultsAreTheVirtualBrains(model: NodeModel) throws {
    let archive = try NPZArchive(path: GoldenTests.path("models/\(model.name).npz"))
    let defaults = try archive["defaults"].values(as: Double.self)
    try #require(defaults.count == model.parameters.count)
    for (parameter, theirs) in zip(model.parameters, defaults) where !theirs.isNaN {
      // The linear node is an Ornstein-Uhlenbeck process with a time constant of 1 ms; theirs is ten times as fast.
      let expected = model == .linear && parameter.name == "lambda" ? 1 : theirs
      #expect(parameter.defaultValue == expected, "\(parameter.name)")
    }
  }

  @Test func aPhaseKeepsItsDigitsInFloat() throws {
    // 40 Hz for 10 minutes of model time: without wrapping the phase passes 1e5 rad, where a float is 0.01 rad wide.
    let network = try Network<Float>(nodes: 1, sources: [], targets: [], weights: [], delays: [], timeStep: 0.1)
    var problem = try Problem(network, model: .kuramoto)
    problem.parameters["omega"] = .uniform(0.2513274)
    problem.monitors = [.subsample(every: 600_000)]
    let phases = try problem.simulate(steps: 6_000_000).series.values
    #expect(phases.count == 10 && phases.allSatisfy { $0 >= -Float.pi - 1e-6 && $0 < Float.pi + 1e-6 })
    for k in 1..<phases.count {
      let turned = Double(phases[k] - phases[k - 1])
      let exact = Double(Float(0.2513274)) * 60_000
      // A step is rounded to half an ulp of pi: a hundredth of a radian in a minute, were all in one direction.
      #expect(abs((turned - exact).remainder(dividingBy: 2 * .pi)) < 0.1, "minute \(k)")
    }
  }

  @Test func anAverageOfAnAngleIsRefused() throws {
    let network = try Network<Double>(nodes: 1, sources: [], targets: [], weights: [], delays: [], timeStep: 0.1)
    var problem = try Problem(network, model: .kuramoto)
    problem.monitors = [.average(over: 10)]
    #expect(throws: DelayNetError.periodicAverage(state: "theta", model: "kuramoto")) {
      try problem.simulate(steps: 20)
    }
  }
}
