import DelayNet
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// Arrays that JAX and The Virtual Brain made; see Golden/networks/README.md.
@Suite struct GoldenNetworkTests {
  static let cases = [
    "mpr_heun", "mpr_delayed", "mpr_zero", "mpr_clamped", "mpr_euler_maruyama", "mpr_frozen", "wong_wang_heun",
    "wong_wang_clamped", "wong_wang_limit", "wong_wang_euler_maruyama", "wong_wang_frozen", "jansen_rit_heun",
    "jansen_rit_euler_maruyama", "jansen_rit_frozen",
  ]

  static func archive(_ name: String) throws -> NPZArchive {
    try NPZArchive(path: GoldenTests.path("networks/\(name).npz"))
  }

  /// The problem of a case, and its number of steps.
  private func problem<Scalar: DelayNetScalar & NPYElement>(
    _ archive: NPZArchive, _ name: String, as type: Scalar.Type
  ) throws -> (Problem<Scalar>, steps: Int) {
    let model = try #require(NodeModel.all.first { name.hasPrefix($0.name + "_") })
    func numbers(_ name: String) throws -> [Scalar] { try archive[name].values(as: Scalar.self) }
    func whole(_ name: String) throws -> [Int32] { try archive[name].values(as: Int32.self) }
    let shape = try archive["noise"].shape
    let (steps, states, nodes) = (shape[0], shape[1], shape[2])
    let historyShape = try archive["history"].shape
    let network = try Network(
      nodes: nodes, sources: whole("sources"), targets: whole("targets"), weights: numbers("weights"),
      delays: whole("delays"), history: historyShape[2])
    var problem = try Problem(
      network, model: model, timeStep: archive["dt"].values(as: Double.self)[0])
    let scheme = try whole("scheme")[0]
    problem.scheme = scheme == 0 ? .eulerMaruyama : .heun
    problem.stage = scheme == 2 ? .frozen : .aware
    problem.coupling = try numbers("G")[0]
    let parameters = try numbers("parameters")
    try #require(parameters.count == model.parameters.count * nodes)
    for (k, parameter) in model.parameters.enumerated() {
      problem.parameters[parameter.name] = .perNode(Array(parameters[(k * nodes)..<((k + 1) * nodes)]))
    }
    problem.sigma = .values(try numbers("sigma"))
    problem.noise = .samples(try NoiseSamples(steps: steps, states: states, nodes: nodes, values: numbers("noise")))
    problem.stimulus = try StateArray(variables: states, nodes: nodes, columns: steps, values: numbers("stimulus"))
    problem.initial = try StateArray(variables: states, nodes: nodes, values: numbers("initial"))
    problem.history = try StateArray(
      variables: historyShape[0], nodes: nodes, columns: historyShape[2], values: numbers("history"))
    return (problem, steps)
  }

  @Test(arguments: cases) func valuesAndGradients(name: String) throws {
    let archive = try Self.archive(name)
    let (problem, steps) = try problem(archive, name, as: Double.self)
    func numbers(_ name: String) throws -> [Double] { try archive[name].values(as: Double.self) }
    let tape = try problem.record(steps: steps)
    let series = tape.trajectory.series
    #expect(try relativeError(series.values, numbers("trajectory")) < 1e-12)
    #expect(try tape.trajectory.clamps == Int(archive["clamps"].values(as: Int32.self).reduce(0, +)))

    let cotangent = try StateArray(
      variables: series.variables, nodes: series.nodes, columns: steps, values: numbers("cotangent"))
    let gradient = try tape.pullback(cotangent)
    #expect(try relativeError(gradient.weights, numbers("vjp_weights")) < 1e-12)
    #expect(try relativeError([gradient.coupling], numbers("vjp_G")) < 1e-12)
    let parameters = problem.model.parameters.flatMap { gradient.parameter($0.name) }
    #expect(try relativeError(parameters, numbers("vjp_parameters")) < 1e-12)
    #expect(try relativeError(gradient.sigma, numbers("vjp_sigma")) < 1e-12)
    #expect(try relativeError(gradient.initial.values, numbers("vjp_initial")) < 1e-12)
    #expect(try relativeError(gradient.history.values, numbers("vjp_history")) < 1e-12)
    #expect(try relativeError(gradient.noise.values, numbers("vjp_noise")) < 1e-12)
    #expect(try relativeError(gradient.stimulus.values, numbers("vjp_stimulus")) < 1e-12)
  }

  @Test(arguments: cases) func singlePrecision(name: String) throws {
    let archive = try Self.archive(name)
    let (problem, steps) = try problem(archive, name, as: Float.self)
    let series = try problem.simulate(steps: steps).series.values
    #expect(try relativeError(series, archive["trajectory"].values(as: Double.self)) < 1e-4)
    #expect(try relativeError(series, archive["trajectory_f32"].values(as: Float.self)) < 1e-4)
  }

  // ---- The Virtual Brain's own runs, on its connectome of 76 regions ------------------------------------------------

  static let data: String =
    ProcessInfo.processInfo.environment["DELAYNET_DATA"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardized.path
  static let connectome = data + "/connectivity_76.zip"

  /// The generator of Golden/networks/make_connectome_76.py.
  private struct Draws {
    var x: UInt64

    mutating func next() -> Double {
      x = 6_364_136_223_846_793_005 &* x &+ 1_442_695_040_888_963_407
      return Double(x >> 40) * 0x1p-24
    }
  }

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: connectome), "connectivity_76.zip is not there"),
    arguments: ["connectome_76_frozen", "connectome_76_frozen_noise", "connectome_76_heun_noise"])
  func theVirtualBrain(name: String) throws {
    let archive = try Self.archive(name)
    func number(_ name: String) throws -> Double { try archive[name].values(as: Double.self)[0] }
    func whole(_ name: String) throws -> Int { Int(try archive[name].values(as: Int32.self)[0]) }
    let (dt, speed) = (try number("dt"), try number("speed"))
    let read = try Connectome(path: Self.connectome)
    let all = read.edges()
    let kept =
      try whole("self_connections") == 1
      ? Array(0..<all.count) : (0..<all.count).filter { all.sources[$0] != all.targets[$0] }
    let delays = try all.delays(speed: speed, timeStep: dt)
    let largest = read.weights.max()!
    let horizon = try whole("horizon")
    let network = try Network(
      nodes: 76, sources: kept.map { all.sources[$0] }, targets: kept.map { all.targets[$0] },
      weights: kept.map { all.weights[$0] / largest }, delays: kept.map { delays[$0] }, history: horizon)
    #expect(try network.edges == whole("edges"))
    #expect(try network.delays.reduce(0) { $0 + Int($1) } == whole("delay_sum"))

    var draws = Draws(x: UInt64(try whole("seed")))
    var problem = try Problem(network, model: .montbrioPazoRoxin, timeStep: dt)
    var history = try StateArray<Double>(variables: 2, nodes: 76, columns: horizon)
    for column in 0...horizon {
      for s in 0..<2 {
        for i in 0..<76 {
          let value = s == 0 ? 2 * draws.next() : 4 * draws.next() - 2.5
          if column < horizon { history[s, i, column] = value } else { problem.initial[s, i, 0] = value }
        }
      }
    }
    let columns = try archive["columns"].values(as: Int32.self).map { Int($0) }
    let steps = columns.max()! + 1
    var noise = try NoiseSamples<Double>(steps: steps, states: 2, nodes: 76)
    for t in 0..<steps {
      for s in 0..<2 { for i in 0..<76 { noise[step: t, s, i] = 12.0.squareRoot() * (draws.next() - 0.5) } }
    }
    problem.history = history
    problem.noise = .samples(noise)
    problem.sigma = .values(try archive["sigma"].values(as: Double.self))
    problem.coupling = try number("G")
    problem.parameters["cv"] = .uniform(try number("cv"))
    problem.stage = try whole("scheme") == 2 ? .frozen : .aware
    let series = try problem.simulate(steps: steps).series
    let expected = try archive["trajectory"].values(as: Double.self)
    var found: [Double] = []
    for s in 0..<2 { for i in 0..<76 { for column in columns { found.append(series[s, i, column]) } } }
    #expect(relativeError(found, expected) < 1e-12)
  }
}
