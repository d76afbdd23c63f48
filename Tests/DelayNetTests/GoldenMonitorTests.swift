import DelayNet
import DelayNetIO
import TestSupport
import Testing

/// BOLD and projections of one series as JAX, SciPy, tvboptim and The Virtual Brain compute them; see
/// Golden/monitors/README.md.
@Suite struct GoldenMonitorTests {
  static let nodes = 2
  static let steps = 12_000

  /// x after step t.
  static func series(_ i: Int, _ t: Int) -> Double {
    let (fast, slow) = ((t * t * 31 + t * 17 + i * 7919) % 1024, (t / 700 + i) % 3)
    return Double(fast) / 2048 + Double(slow) / 4
  }

  /// A problem whose state after each step is its stimulus, times 2 ms: Euler with decay of a step forgets all else.
  static func problem<Scalar: DelayNetScalar>(_: Scalar.Type) throws -> Problem<Scalar> {
    var problem = try Problem<Scalar>(
      Network(
        weights: Matrix(rows: nodes, columns: nodes, repeating: 0),
        delays: Matrix(rows: nodes, columns: nodes, repeating: 1)),
      model: .linear, timeStep: 2)
    problem.scheme = .eulerMaruyama
    problem.parameters["lambda"] = .uniform(0.5)
    problem.noise = .none
    var stimulus = try StateArray<Scalar>(variables: 1, nodes: nodes, columns: steps)
    for i in 0..<nodes { for t in 0..<steps { stimulus[0, i, t] = Scalar(series(i, t) / 2) } }
    problem.stimulus = stimulus
    return problem
  }

  static func response(_ name: String) -> HaemodynamicResponse? {
    let parts = name.split(separator: "_", maxSplits: 1)
    return parts[0] == "balloon"
      ? HaemodynamicResponse(named: "balloon", preset: String(parts[1])) : HaemodynamicResponse(named: name)
  }

  static func archive(_ name: String) throws -> NPZArchive {
    try NPZArchive(path: GoldenTests.path("monitors/\(name).npz"))
  }

  static func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

  static let names = [
    "volterra", "gamma", "mixture", "double_exponential", "balloon_friston2003", "balloon_stephan2007", "balloon_vbjax",
    "balloon_tvboptim",
  ]

  @Test("columns and gradients are JAX's, and SciPy's", arguments: names) func isJAXs(name: String) throws {
    let archive = try Self.archive("monitors")
    func numbers(_ name: String) throws -> [Double] { try archive[name].values(as: Double.self) }
    var problem = try Self.problem(Double.self)
    problem.monitors = [.bold(try #require(Self.response(name)), repetitionTime: 1000)]
    let tape = try problem.record(steps: Self.steps)
    let expected = try numbers(name)
    #expect(tape.trajectory.series.shape == [1, 2, 24])
    #expect(tape.trajectory.time(ofColumn: 0) == 1000 && tape.trajectory.monitors[0].interimSteps == 2)
    for (found, expected) in zip(tape.trajectory.series.values, expected) {
      #expect(abs(found - expected) <= 1e-11 * max(Self.largest([expected]), 1e-3))
    }
    if !name.hasPrefix("balloon") {
      for (found, other) in zip(tape.trajectory.series.values, try numbers(name + "_scipy")) {
        #expect(abs(found - other) <= 1e-11 * Self.largest(expected))
      }
    }
    let cotangent = try StateArray<Double>(variables: 1, nodes: 2, columns: 24, values: numbers("cotangent"))
    let bytes = try problem.tapeBytes(steps: Self.steps)
    let bounded = try problem.record(steps: Self.steps, memory: .bytes(bytes.least))
    let gradient = try tape.pullback(cotangent, withRespectTo: [.stimulus])
    #expect(try bounded.pullback(cotangent, withRespectTo: [.stimulus]).stimulus == gradient.stimulus)
    let right = try numbers(name + "_gradient")
    let scale = Self.largest(right)
    let stimulus = gradient.stimulus
    for i in 0..<2 {
      for k in 0..<480 { #expect(abs(stimulus[0, i, 25 * k] / 2 - right[i * 480 + k]) <= 1e-10 * scale) }
    }
    var single = try Self.problem(Float.self)
    single.monitors = problem.monitors
    for (found, expected) in zip(try single.simulate(steps: Self.steps).series.values, expected) {
      #expect(abs(Double(found) - expected) <= 1e-6 * max(abs(expected), 1e-3))
    }
  }

  @Test("projections are JAX's") func projections() throws {
    let archive = try Self.archive("monitors")
    let gain = try Matrix<Double>(rows: 3, columns: 2) { r, i in Double((r * 5 + i * 3) % 7 - 3) / 4 }
    var problem = try Self.problem(Double.self)
    problem.monitors = [
      .projection(gain: gain, every: 500), .projection(gain: gain, every: 500, reference: .row(1)),
      .projection(gain: gain, every: 500, reference: .mean), .globalMean(nodes: 2, every: 500), .average(over: 500),
    ]
    let outputs = try problem.simulate(steps: Self.steps).outputs
    for (k, name) in ["projection", "projection_row", "projection_mean"].enumerated() {
      #expect(outputs[k].shape == [1, 3, 24])
      for (found, expected) in zip(outputs[k].values, try archive[name].values(as: Double.self)) {
        #expect(abs(found - expected) <= 1e-13)
      }
    }
    #expect(outputs[3].shape == [1, 1, 24])
    for k in 0..<24 { #expect(abs(outputs[3][0, 0, k] - (outputs[4][0, 0, k] + outputs[4][0, 1, k]) / 2) <= 1e-14) }
  }

  @Test("The Virtual Brain is one interim mean late", arguments: names.prefix(4))
  func isTheVirtualBrains(name: String) throws {
    let archive = try Self.archive("tvb")
    let scale = try archive[name + "_scale"].values(as: Double.self)[0]
    var response = try #require(Self.response(name))
    if name == "gamma" || name == "double_exponential" { response = try response.setting("scale", to: scale) }
    var problem = try Self.problem(Double.self)
    problem.monitors = [.bold(response, repetitionTime: 4), .average(over: 2)]
    let outputs = try problem.simulate(steps: Self.steps).outputs
    let (series, means) = (outputs[0], outputs[1])
    let last = try archive[name + "_last"].values(as: Double.self)[0]
    let expected = try archive[name].values(as: Double.self)
    // It cuts its kernels after 20 s, when two of them are not over.
    let isOver = name == "volterra" || name == "gamma"
    let tolerance = (isOver ? 1e-4 : 0.1) * Self.largest(expected)
    for i in 0..<2 {
      for k in 0..<24 {
        let (late, prompt) = (series[0, i, 250 * (k + 1) - 2], series[0, i, 250 * (k + 1) - 1])
        // The newest mean meets the last value of its kernel.
        let found = expected[i * 24 + k] - last * means[0, i, 250 * (k + 1) - 1]
        #expect(abs(late - found) <= (k < 19 ? 1e-11 * Self.largest(expected) : tolerance))
        if k == 1 { #expect(abs(prompt - found) > 1e-6 * abs(found)) }
      }
    }
  }

  @Test("tvboptim stretches its kernel's times") func isTVBOptims() throws {
    let archive = try Self.archive("monitors")
    var problem = try Self.problem(Double.self)
    problem.monitors = [
      .bold(.volterra, repetitionTime: 1000), .bold(.balloon(.tvboptim), repetitionTime: 1000, interim: 2),
    ]
    let outputs = try problem.simulate(steps: Self.steps).outputs
    let kernel = try archive["tvboptim_volterra"].values(as: Double.self)
    for (found, expected) in zip(outputs[0].values, kernel) {
      #expect(abs(found - expected) <= 5e-4 * Self.largest(kernel))
    }
    for (found, expected) in zip(outputs[1].values, try archive["tvboptim_balloon"].values(as: Double.self)) {
      #expect(abs(found - expected) <= 1e-11 * max(abs(expected), 1e-3))
    }
  }
}
