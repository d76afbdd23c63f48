import DelayNet
import Testing
import TestSupport

@Suite("Monitors") struct MonitorTests {
  static let list: [Monitor] = [
    .subsample(of: ["V", "r"]), .average(over: 7), .subsample(every: 5, of: ["V"]), .average(over: 3, of: ["r"]),
  ]

  static func problem() throws -> Problem<Double> {
    try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 17, steps: 60, delays: 0..<20).problem
  }

  @Test("several monitors of a run are each of them alone") func alone() throws {
    var problem = try Self.problem()
    problem.monitors = Self.list
    let all = try problem.simulate(steps: 60)
    #expect(all.outputs.map(\.shape) == [[2, 17, 60], [2, 17, 8], [1, 17, 12], [1, 17, 20]])
    #expect(all.series == all.outputs[0] && all.states == ["V", "r"])
    problem.monitors = [.subsample()]
    let whole = try problem.simulate(steps: 60).series
    for node in 0..<17 {
      #expect(all.outputs[0].series(0, node: node) == whole.series(1, node: node))
      #expect(all.outputs[2].series(0, node: node) == (1...12).map { whole[1, node, 5 * $0 - 1] })
      let means = (0..<20).map { k in
        (whole[0, node, 3 * k] + whole[0, node, 3 * k + 1] + whole[0, node, 3 * k + 2]) / 3
      }
      for (found, expected) in zip(all.outputs[3].series(0, node: node), means) {
        #expect(abs(found - expected) <= 1e-15 * max(1, abs(expected)))
      }
    }
    for (k, monitor) in Self.list.enumerated() {
      problem.monitors = [monitor]
      #expect(try problem.simulate(steps: 60).series == all.outputs[k])
    }
    problem.monitors = []
    let none = try problem.simulate(steps: 60)
    #expect(none.outputs.isEmpty && none.series.columns == 0 && none.carry.state == all.carry.state)
  }

  @Test("what monitors keep goes on from piece to piece", arguments: [1, 13, 30, 59]) func pieces(first: Int) throws {
    var problem = try Self.problem()
    problem.monitors = Self.list
    let whole = try problem.simulate(steps: 60)
    var carry = try problem.start()
    let parts = [
      try problem.advance(&carry, steps: first), try problem.advance(&carry, steps: 60 - first),
    ]
    #expect(carry == whole.carry)
    for k in Self.list.indices {
      for variable in 0..<whole.outputs[k].variables {
        for node in 0..<17 {
          #expect(
            parts[0].outputs[k].series(variable, node: node) + parts[1].outputs[k].series(variable, node: node)
              == whole.outputs[k].series(variable, node: node))
        }
      }
    }
    var other = problem
    other.monitors = [.average(over: 7)]
    if first % 7 != 0 {
      let inside = try problem.simulate(steps: first).carry
      let error = #expect(throws: DelayNetError.self) { try other.simulate(steps: 5, from: inside) }
      #expect("\(error!)".contains("inside a column of the monitor"))
    }
  }

  @Test("BOLD goes on from its own carry, and from no other") func foreignCarries() throws {
    func bold(_ m: Int, interimSteps: Int = 2) -> Monitor {
      .bold(.volterra, every: m, interimSteps: interimSteps, of: ["V"])
    }
    var problem = try Self.problem()
    problem.monitors = [bold(10), .average(over: 5)]
    let whole = try problem.simulate(steps: 60)
    // Columns of all that follow end at step 20.
    let carry = try problem.simulate(steps: 20).carry
    #expect(try problem.simulate(steps: 40, from: carry).series.values == whole.series.columns(2..<6).values)

    func fails(_ monitors: [Monitor], from carry: NetworkCarry<Double>, _ words: [String]) throws {
      var other = problem
      other.monitors = monitors
      for call in [
        { _ = try other.simulate(steps: 20, from: carry) }, { _ = try other.record(steps: 20, from: carry) },
        { _ = try other.tapeBytes(steps: 20, from: carry) },
        { _ = try Ensemble([other, other]).simulate(steps: 20, from: [carry, carry]) },
      ] as [() throws -> Void] {
        let error = #expect(throws: DelayNetError.self) { try call() }
        guard case .foreignCarry(let reason)? = error else { throw error! }
        #expect(words.allSatisfy(reason.contains), "\(reason)")
      }
    }
    let fromRest = "would begin from rest at step 20"
    try fails([bold(20)], from: carry, ["volterra every 20 steps", fromRest, "volterra every 10 steps"])
    try fails([bold(10, interimSteps: 5)], from: carry, ["of means over 5", fromRest, "of means over 2"])
    // In another order, or alone, the kept rows would not be its own.
    try fails([.average(over: 5), bold(10)], from: carry, [fromRest])
    try fails([bold(10)], from: carry, [fromRest])
    problem.monitors = []
    let bare = try problem.simulate(steps: 20).carry
    try fails([bold(10)], from: bare, ["volterra every 10 steps", fromRest, "others: none"])
    // Inside of a column it is a matter of any monitor's.
    try fails(
      [bold(10)], from: try problem.simulate(steps: 15).carry, ["inside a column of the monitor volterra every 10"])

    // To drop it, and to begin from rest where that is said, or where nothing has been run.
    problem.monitors = [.average(over: 5)]
    let means = try problem.simulate(steps: 40, from: carry)
    #expect(means.series.values == whole.outputs[1].columns(4..<12).values)
    problem.monitors = [bold(10)]
    let rested = try NetworkCarry(
      model: carry.model, step: 20, state: carry.state, history: carry.history, monitors: problem.monitors)
    #expect(try problem.simulate(steps: 40, from: rested).series.values != whole.series.columns(2..<6).values)
    var other = problem
    other.monitors = []
    #expect(try problem.simulate(steps: 60, from: other.start()).series == whole.series)
  }

  @Test("the gradient of several outputs is the sum of theirs") func gradients() throws {
    var problem = try Self.problem()
    problem.monitors = Self.list
    for memory in [TapeMemory.everything, .bytes(try problem.tapeBytes(steps: 60).least)] {
      let tape = try problem.record(steps: 60, memory: memory)
      let cotangents = try tape.trajectory.outputs.enumerated().map { k, output in
        try StateArray(
          variables: output.variables, nodes: output.nodes, columns: output.columns,
          values: RandomKey(seed: UInt64(k)).normal(output.variables * output.nodes * output.columns, as: Double.self))
      }
      let all = try tape.pullback(outputs: cotangents, withRespectTo: [.weights, .coupling, .initial])
      var weights = [Double](repeating: 0, count: all.weights.count)
      var coupling = 0.0
      for k in cotangents.indices {
        let one = try tape.pullback(
          outputs: cotangents.indices.map { $0 == k ? cotangents[k] : nil },
          withRespectTo: [.weights, .coupling, .initial])
        for e in weights.indices { weights[e] += one.weights[e] }
        coupling += one.coupling
      }
      let scale = weights.map(abs).max() ?? 0
      for e in weights.indices { #expect(abs(weights[e] - all.weights[e]) <= 1e-12 * scale) }
      #expect(abs(coupling - all.coupling) <= 1e-12 * abs(coupling) + 1e-12)
      let first = try tape.pullback(cotangents[0], withRespectTo: [.weights])
      #expect(try first.weights == tape.pullback(outputs: [cotangents[0]], withRespectTo: [.weights]).weights)
    }
  }

  @Test("columns before the first have no cotangent", arguments: [0, 1, 9, 20]) func firstColumn(_ first: Int) throws {
    var problem = try Self.problem()
    problem.monitors = [.average(over: 3, of: ["V"])]
    let tape = try problem.record(steps: 60)
    let (nodes, columns) = (tape.trajectory.series.nodes, tape.trajectory.series.columns)
    let values = try RandomKey(seed: 2).normal(nodes * columns, as: Double.self)
    var whole = try StateArray<Double>(variables: 1, nodes: nodes, columns: columns)
    var every = whole
    var column = try StateArray<Double>(variables: 1, nodes: nodes)
    for node in 0..<nodes {
      column[0, node, 0] = values[node]
      for k in first..<columns {
        whole[0, node, k] = values[node * columns + k]
        every[0, node, k] = values[node]
      }
    }
    let part = whole.columns(first..<columns)
    let inputs: Problem<Double>.Inputs = [.weights, .initial, .parameters]
    func same(_ a: Problem<Double>.Gradient, _ b: Problem<Double>.Gradient) -> Bool {
      a.weights == b.weights && a.initial == b.initial && a.parameter("eta") == b.parameter("eta")
    }
    let expected = try tape.pullback(whole, withRespectTo: inputs)
    #expect(same(expected, try tape.pullback(part, firstColumn: first, withRespectTo: inputs)))
    let ofEvery = try tape.pullback(every, withRespectTo: inputs)
    #expect(same(ofEvery, try tape.pullback(everyColumn: column, firstColumn: first, withRespectTo: inputs)))
    #expect(throws: DelayNetError.optionOutOfRange(name: "firstColumn", value: 21)) {
      try tape.pullback(nil, firstColumn: 21)
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "firstColumn", value: -1)) {
      try tape.pullback(everyColumn: column, firstColumn: -1)
    }
    if first > 0 { #expect(throws: DelayNetError.self) { try tape.pullback(whole, firstColumn: first) } }
  }

  static let gain = try! Matrix<Double>(rows: 3, columns: 17) { r, i in Double((r * 5 + i * 3) % 7 - 3) / 4 }
  // Times of a few of the problem's steps.
  static func sensors(_ step: Double) throws -> [Monitor] {
    [
      .bold(.volterra, repetitionTime: 12 * step, interim: 4 * step), .projection(gain: gain, every: 5, of: ["V"]),
      .bold(.balloon(.stephan2007), repetitionTime: 6 * step, interim: 2 * step, of: ["r"]),
      .projection(gain: gain, every: 7, reference: .mean), .bold(.mixture, every: 3, interimSteps: 3, of: ["r"]),
      try .bold(.gamma.setting("n", to: 2), every: 4, interimSteps: 1, of: ["r"]),
    ]
  }

  @Test("BOLD and projections go on from piece to piece", arguments: [1, 13, 30, 59]) func sensorsInPieces(first: Int)
    throws
  {
    var problem = try Self.problem()
    problem.monitors = try Self.sensors(problem.timeStep)
    let whole = try problem.simulate(steps: 60)
    #expect(
      whole.outputs.map(\.shape) == [[2, 17, 5], [1, 3, 12], [1, 17, 10], [2, 3, 8], [1, 17, 20], [1, 17, 15]])
    #expect(whole.monitors[0].stepsPerColumn == 12 && whole.monitors[0].interimSteps == 4)
    #expect(whole.time(ofColumn: 1) == 24 * problem.timeStep)
    var carry = try problem.start()
    let parts = [
      try problem.advance(&carry, steps: first), try problem.advance(&carry, steps: 60 - first),
    ]
    #expect(carry == whole.carry)
    for k in whole.outputs.indices {
      for row in 0..<whole.outputs[k].nodes {
        #expect(
          parts[0].outputs[k].series(0, node: row) + parts[1].outputs[k].series(0, node: row)
            == whole.outputs[k].series(0, node: row))
      }
    }
  }

  @Test("gradients of BOLD and projections are those of differences, and of tangents", arguments: 0..<6)
  func sensorGradients(k: Int) throws {
    var problem = try Self.problem()
    problem.monitors = [try Self.sensors(problem.timeStep)[k]]
    let tape = try problem.record(steps: 60, memory: .bytes(problem.tapeBytes(steps: 60).least))
    let series = tape.trajectory.series
    let cotangent = try StateArray(
      variables: series.variables, nodes: series.nodes, columns: series.columns,
      values: RandomKey(seed: 3).normal(series.variables * series.nodes * series.columns, as: Double.self))
    let gradient = try tape.pullback(cotangent, withRespectTo: [.weights, .coupling])
    var direction = Problem<Double>.Tangent()
    direction.coupling = 0.25
    let tangent = try problem.jvp(steps: 60, along: direction).tangent
    #expect(tangent.shape == series.shape)
    let along = zip(tangent.values, cotangent.values).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(along - 0.25 * gradient.coupling) <= 1e-10 * abs(along))
    // What a balloon does in a millisecond is lost in the rounding of numbers next to 1; GoldenMonitorTests has its gradient.
    if k == 2 { return }
    func loss(_ change: Double) throws -> Double {
      var other = problem
      other.coupling += change
      return zip(try other.simulate(steps: 60).series.values, cotangent.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let h = 0x1p-12
    let slope =
      (try loss(-2 * h) - 8 * loss(-h) + 8 * loss(h) - loss(2 * h)) / (12 * h)
    #expect(abs(slope - gradient.coupling) <= 1e-6 * abs(slope))
  }

  @Test("times that are no multiples, and what else has no meaning, are refused") func sensorRefusals() throws {
    var problem = try Problem(Self.problem().network, model: .montbrioPazoRoxin, timeStep: 0.5)
    func refused(_ monitor: Monitor, _ part: String) {
      problem.monitors = [monitor]
      let error = #expect(throws: DelayNetError.self) { try problem.simulate(steps: 10) }
      #expect("\(error!)".contains(part), "\(error!)")
    }
    refused(
      .bold(.volterra, repetitionTime: 1001), "repetition time of 1001.0 ms is not a multiple of the interim of 4.0 ms")
    refused(
      .bold(.volterra, repetitionTime: 1000, interim: 3.5),
      "repetition time of 1000.0 ms is not a multiple of the interim of 3.5 ms")
    refused(
      .bold(.volterra, repetitionTime: 10, interim: 1.25),
      "the interim of 1.25 ms is not a multiple of the time step of 0.5 ms")
    refused(.bold(.volterra, repetitionTime: 0), "repetition time of 0.0 ms")
    refused(.bold(.volterra, repetitionTime: .nan), "repetition time of nan ms")
    refused(.bold(.gamma, every: 6, interimSteps: 4), "no multiple of interimSteps")
    refused(.bold(.gamma, every: 6, interimSteps: 0), "interimSteps is 0")
    refused(try! .bold(.gamma.setting("n", to: 2.5), every: 6, interimSteps: 2), "n of monitor 0 is outside its range")
    #expect(throws: DelayNetError.unknownParameter(name: "tau_x", model: "gamma", known: ["tau", "n", "scale"])) {
      try HaemodynamicResponse.gamma.setting("tau_x", to: 1)
    }
    let narrow = try Matrix<Double>(rows: 3, columns: 16) { _, _ in 1 }
    refused(.projection(gain: narrow), "gain of monitor 0 has shape")
    refused(.projection(gain: Self.gain, reference: .row(3)), "reference of monitor 0 is 3")
    refused(
      try .projection(gain: Matrix(rows: 3, columns: 17) { r, i in r == 1 && i == 4 ? .infinity : 1 }), "node 4")
    refused(Monitor(.projection, stepsPerColumn: 2), "the gain matrix of monitor 0 is not there")
    var wide = Monitor.average(over: 2)
    wide.constants = [1]
    refused(wide, "constants of monitor 0")
    // A balloon that activity blows out.
    problem = try Self.problem()
    let blown = try HaemodynamicResponse.balloon(.friston2003).setting("gamma", to: 1e20)
    refused(.bold(blown, every: 2, interimSteps: 2), "to zero flow or volume")
    #expect(HaemodynamicResponse(named: "average") == nil && HaemodynamicResponse(named: "balloon", preset: "x") == nil)
    #expect(BalloonConstants.allCases.map(\.rawValue) == Monitor.Kind.named("balloon")?.presets.map(\.name))
  }

  @Test("runs that differ in a monitor's numbers have other fingerprints") func fingerprints() throws {
    var problem = try Problem(Self.problem().network, model: .montbrioPazoRoxin, timeStep: 0.5)
    var seen: Set<String> = []
    let monitors: [Monitor] = [
      .bold(.volterra, repetitionTime: 8), .bold(.volterra, repetitionTime: 8, interim: 2),
      .bold(.gamma, repetitionTime: 8),
      .bold(.balloon(.vbjax), repetitionTime: 8), .bold(.balloon(.tvboptim), repetitionTime: 8), .subsample(every: 16),
      .projection(gain: Self.gain, every: 16), .projection(gain: Self.gain, every: 16, reference: .row(0)),
      try .projection(gain: Matrix(rows: 3, columns: 17) { _, _ in 1 }, every: 16),
    ]
    for monitor in monitors {
      problem.monitors = [monitor]
      seen.insert(try #require(problem.fingerprint().settings.first { $0.name == "thinning" }?.value))
    }
    #expect(seen.count == monitors.count)
    problem.monitors = [.bold(.volterra, every: 16, interimSteps: 8)]
    #expect(seen.contains(try #require(problem.fingerprint().settings.first { $0.name == "thinning" }?.value)))
  }

  @Test("monitors that cannot be are refused") func refusals() throws {
    var problem = try Self.problem()
    problem.monitors = [.subsample(of: ["r", "q"])]
    #expect(throws: DelayNetError.unknownState(name: "q", model: "mpr")) { try problem.simulate(steps: 3) }
    problem.monitors = [.average(over: 0)]
    #expect(throws: DelayNetError.self) { try problem.simulate(steps: 3) }
    problem.monitors = [.average(over: 3)]
    let tape = try problem.record(steps: 9)
    let wrong = try StateArray<Double>(variables: 2, nodes: 17, columns: 4)
    #expect(throws: DelayNetError.self) { try tape.pullback(wrong) }
    #expect(throws: DelayNetError.self) { try tape.pullback(outputs: [nil, nil]) }
    #expect(
      Monitor.Kind.allCases.map(\.name) == [
        "subsample", "average", "projection", "volterra", "gamma", "mixture", "double_exponential", "balloon",
      ])
    #expect(Monitor.Kind.named("average") == .average && Monitor.Kind.named("median") == nil)
  }
}
