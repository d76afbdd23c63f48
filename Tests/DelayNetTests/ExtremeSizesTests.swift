import DelayNet
import TestSupport
import Testing

/// No value of any public initialiser or call ends the program, each in a process of its own.
@Suite struct ExtremeSizesTests {
  @Test("extreme sizes are thrown", arguments: extremes.map(\.name))
  func extremeSize(name: String) async {
    await #expect(processExitsWith: .success) { [name] in extremes[name].runToTheEnd() }
  }

  @Test func namesAreUnique() { #expect(Set(extremes.map(\.name)).count == extremes.count) }

  @Test func errorsNameTheSize() throws {
    #expect(throws: DelayNetError.tooLarge) { try Buffer<Float>(nodes: .max, history: 1, steps: .max) }
    #expect(throws: DelayNetError.optionOutOfRange(name: "history", value: -1)) {
      try BufferShape(nodes: 1, history: -1, steps: 1)
    }
    #expect(throws: DelayNetError.outOfMemory) { try Buffer<Double>(nodes: 2, history: 0, steps: 1 << 45) }
    #expect(throws: DelayNetError.outOfMemory) { try Matrix(rows: 1 << 30, columns: 1 << 20, repeating: 1.0) }
    #expect(throws: DelayNetError.optionOutOfRange(name: "count", value: -7)) { try RandomKey(seed: 0).bits(-7) }
    let problem = try ProblemCase<Double>(model: .linear).problem
    #expect(throws: DelayNetError.optionOutOfRange(name: "entries", value: -2)) {
      try GradientCheck.run(problem, steps: 3, entries: -2) { $0.sum() }
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "member", value: Double(UInt64.max))) {
      var late = problem
      late.noise = .drawn(RandomKey(seed: 0), member: .max)
      _ = try Ensemble(late, members: [.init(), .init()])
    }
    #expect(
      throws: DelayNetError.shapeMismatch(name: "noise", expected: [9, 1, 5], found: [63, 1, 5])
    ) {
      var early = problem
      var samples = try NoiseSamples<Double>(steps: 63, states: 1, nodes: 5)
      samples.firstStep = .min
      early.noise = .samples(samples)
      _ = try early.simulate(steps: 9)
    }
  }

  @Test func aNameGivenTwiceIsThrown() throws {
    var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    problem.parameters = ["eta": -4.6, "J": 14, "eta": -5]
    #expect(throws: DelayNetError.duplicateName("eta")) { try problem.simulate(steps: 3) }
    #expect(throws: DelayNetError.duplicateName("eta")) { try problem.fingerprint() }
    problem.parameters = ["eta": -4.6, "J": 14]
    #expect(Array(problem.parameters).map(\.name) == ["J", "eta"] && problem.parameters["J"] == 14)
    problem.sigma = ["r": 0.1, "r": 0.2]
    #expect(throws: DelayNetError.duplicateName("r")) { try problem.simulate(steps: 3) }
    problem.sigma = .states(["r": 0.1, "V": 0.2])
    _ = try problem.simulate(steps: 3)
    var direction = Problem<Double>.Tangent()
    direction.parameters = ["J": 1, "J": 1]
    #expect(throws: DelayNetError.duplicateName("J")) { try problem.jvp(steps: 3, along: direction) }
    #expect(throws: DelayNetError.duplicateName("tau")) {
      try Ensemble(problem, members: [.init(), .init(parameters: ["tau": 1, "tau": 1])]).simulate(steps: 3)
    }
  }
}

// ---- The table -----------------------------------------------------------------------------------------------------

private let sizes = impossibleSizes
private let steps = [Int.max, 1 << 40, -1, Int.min]

private func problem() throws -> Problem<Float> {
  var problem = try Problem(
    Network<Float>(nodes: 2, sources: [0, 1], targets: [1, 0], weights: [1, 1], delays: [3, 0]), model: .linear,
    timeStep: 0.1)
  problem.sigma = 0.1
  return problem
}

private func map() throws -> DelayMap<Float> {
  try DelayMap(Network(nodes: 2, sources: [0, 1], targets: [1, 0], weights: [1, 1], delays: [3, 0]))
}

private func carry(at step: Int) throws -> NetworkCarry<Float> {
  let start = try problem().start()
  return try NetworkCarry(
    model: start.model, step: step, state: start.state, history: start.history, monitors: start.monitors,
    monitored: start.monitored)
}

private let extremes: [ExtremeCase] = containers + draws + networks + maps + problems + losses

private let containers: [ExtremeCase] = extremeTable { t in
  t.each("BufferShape(nodes:), 2 columns", of: [Int.max, Int.max / 2, 1 << 60, -1, Int.min]) {
    _ = try BufferShape(nodes: $0, history: 1, steps: 1)
  }
  t.each("BufferShape(history:)", of: [Int.max, -1, Int.min]) { _ = try BufferShape(nodes: 1, history: $0, steps: 1) }
  t.each("BufferShape(steps:)", of: [Int.max, -1, Int.min]) { _ = try BufferShape(nodes: 1, history: 1, steps: $0) }
  t.each("BufferShape of nothing", of: [Int.max, 1 << 59], mayReturn: true) {
    let buffer = try Buffer<Float>(nodes: $0, history: 0, steps: 0)
    _ = (buffer.columns(0..<0), buffer.values, buffer + buffer, buffer.sum(), Carry(history: buffer))
  }
  t.each("Buffer(repeating:) nodes", of: sizes) {
    _ = try Buffer<Double>(nodes: $0, history: 1, steps: 1, repeating: 1)
  }
  t.each("Buffer(repeating:) history", of: sizes) { _ = try Buffer<Double>(nodes: 2, history: $0, steps: 1) }
  t.each("Buffer(repeating:) steps", of: sizes) { _ = try Buffer<Float>(nodes: 2, history: 1, steps: $0) }
  t.each("Buffer(_:) of a shape", of: [1 << 40, 1 << 50]) {
    _ = try Buffer<Double>(BufferShape(nodes: 1, history: 0, steps: $0))
  }
  t.each("Buffer(values:)", of: sizes) { _ = try Buffer<Float>(nodes: $0, history: $0, steps: $0, values: []) }
  t.each("Buffer { }", of: sizes) { _ = try Buffer<Float>(nodes: $0, history: 1, steps: 1) { _ in [] } }
  t.each("Matrix(values:)", of: sizes) { _ = try Matrix<Double>(rows: $0, columns: $0, values: [1]) }
  t.each("Matrix(repeating:) rows", of: sizes) { _ = try Matrix(rows: $0, columns: 3, repeating: 1.0) }
  t.each("Matrix(repeating:) columns", of: sizes) { _ = try Matrix(rows: 3, columns: $0, repeating: "text") }
  t.each("Matrix { }", of: sizes) { _ = try Matrix(rows: $0, columns: 2) { $0 + $1 } }
  t.each("Matrix of no columns", of: [Int.max, 1 << 59], mayReturn: true) {
    let matrix = try Matrix(rows: $0, columns: 0) { $0 + $1 }
    _ = (matrix.transposed, matrix.map { $0 + 1 })
  }
  t.each("StateArray(variables:)", of: sizes) { _ = try StateArray<Double>(variables: $0, nodes: 2, columns: 1) }
  t.each("StateArray(nodes:)", of: sizes) { _ = try StateArray<Double>(variables: 2, nodes: $0) }
  t.each("StateArray(columns:)", of: sizes) { _ = try StateArray<Float>(variables: 1, nodes: 1, columns: $0) }
  t.each("StateArray(values:)", of: sizes) {
    _ = try StateArray<Float>(variables: $0, nodes: $0, columns: $0, values: [1])
  }
  t.each("NoiseSamples(steps:)", of: sizes) { _ = try NoiseSamples<Double>(steps: $0, states: 2, nodes: 2) }
  t.each("NoiseSamples(states:)", of: sizes) { _ = try NoiseSamples<Double>(steps: 2, states: $0, nodes: 2) }
  t.each("NoiseSamples(nodes:)", of: sizes) { _ = try NoiseSamples<Double>(steps: 1, states: 1, nodes: $0) }
  t.each("NoiseSamples(values:)", of: sizes) {
    _ = try NoiseSamples<Float>(steps: $0, states: $0, nodes: $0, values: [])
  }
  t.each(
    "NoiseSamples(drawnFrom:) steps",
    of: [0..<Int.max, Int.min..<0, -1..<5, Int.min..<Int.max, (.max - 1)..<Int.max, 0..<(1 << 40)]
  ) { _ = try NoiseSamples<Float>(drawnFrom: RandomKey(seed: 0), member: .max, steps: $0, states: 2, nodes: 2) }
  t.each("NoiseSamples(drawnFrom:) states", of: sizes) {
    _ = try NoiseSamples<Float>(drawnFrom: RandomKey(seed: 0), steps: 0..<2, states: $0, nodes: 2)
  }
  t.each("NoiseSamples(drawnFrom:) nodes", of: sizes) {
    _ = try NoiseSamples<Float>(drawnFrom: RandomKey(seed: 0), steps: 0..<2, states: 2, nodes: $0)
  }
}

private let draws: [ExtremeCase] = extremeTable { t in
  let key = RandomKey(seed: .max)
  t.each("split", of: sizes) { _ = try key.split($0) }
  t.each("bits u32", of: sizes) { _ = try key.bits($0) as [UInt32] }
  t.each("bits u64", of: sizes) { _ = try key.bits($0) as [UInt64] }
  t.each("uniform", of: sizes) { _ = try key.uniform($0, as: Double.self) }
  t.each("uniform matrix rows", of: sizes) { _ = try key.uniform($0, 2, as: Double.self) }
  t.each("uniform matrix columns", of: sizes) { _ = try key.uniform(2, $0, as: Double.self) }
  t.each("uniform of any range", of: [-Double.infinity..<Double.infinity, 0..<Double.infinity], mayReturn: true) {
    _ = try key.uniform(3, in: $0, as: Float.self)
  }
  t.each("integers i32", of: sizes) { _ = try key.integers(in: .min ..< .max, $0) as [Int32] }
  t.each("integers i64", of: sizes) { _ = try key.integers(in: Int64.min..<Int64.max, $0) }
  t.each("integers matrix", of: sizes) { _ = try key.integers(in: 0..<5, $0, $0) }
  t.each("normal", of: sizes) { _ = try key.normal($0, as: Double.self) }
  t.each("normal matrix", of: sizes) { _ = try key.normal(3, $0) as Matrix<Float> }
  t.each("normal buffer", of: [1 << 40]) {
    _ = try key.normal(BufferShape(nodes: 3, history: 0, steps: $0), as: Double.self)
  }
  t.each("noise nodes", of: sizes) { _ = try key.noise(nodes: $0, steps: 0..<3, as: Float.self) }
  t.each("noise steps", of: [Int.min..<Int.max, -1..<1, 0..<Int.max, 0..<(1 << 40)]) {
    _ = try key.noise(nodes: 2, steps: $0, as: Float.self)
  }
  t.each("noise of no steps", of: [1 << 59], mayReturn: true) {
    _ = try key.noise(nodes: $0, steps: 0..<0, as: Float.self)
  }
  t.each("SyntheticConnectome(regions:)", of: sizes + [1 << 24]) {
    _ = try SyntheticConnectome(regions: $0, key: key)
  }
  t.each("SyntheticConnectome(density:)", of: [-1, 2, Double.nan, .infinity]) {
    _ = try SyntheticConnectome(regions: 3, key: key, density: $0)
  }
}

private let networks: [ExtremeCase] = extremeTable { t in
  t.each("Network(nodes:)", of: sizes) {
    _ = try Network<Float>(nodes: $0, sources: [], targets: [], weights: [], delays: [])
  }
  t.each("a network of many nodes", of: [Int(Int32.max)], mayReturn: true) {
    let network = try Network<Double>(nodes: $0, sources: [], targets: [], weights: [], delays: [])
    let map = try DelayMap(network)
    _ = try map.run(Buffer(nodes: $0, history: 0, steps: 0))
  }
  t.each("Problem of many nodes", of: [Int(Int32.max)]) {
    let network = try Network<Double>(nodes: $0, sources: [], targets: [], weights: [], delays: [])
    _ = try Problem(network, model: .jansenRit, timeStep: 1).simulate(steps: 1)
  }
  t.each("Network.matrix of many nodes", of: [Int(Int32.max), 1 << 20]) {
    _ = try Network<Double>(nodes: $0, sources: [0], targets: [1], weights: [1], delays: [1]).matrix([1])
  }
  t.each("Network(history:)", of: [-1, Int.min]) {
    _ = try Network<Float>(nodes: 1, sources: [0], targets: [0], weights: [1], delays: [1], history: $0)
  }
  t.each("a map of any history", of: [Int.max, 1 << 60, 1 << 40], mayReturn: true) {
    let network = try Network<Float>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [1], history: $0)
    let map = try DelayMap(network)
    _ = map.plan.report.description
    var carry = Carry(history: try Buffer<Float>(nodes: 2, history: 1, steps: 0))
    _ = try? map.run(Buffer(nodes: 2, history: 3, steps: 2))
    _ = try? map.advance(&carry, steps: 1)
    _ = try Problem(network, model: .linear, timeStep: 1).simulate(steps: 1)
  }
  t.each("the longest delay", of: [Int32.max], mayReturn: true) {
    let network = try Network<Float>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [$0])
    _ = try DelayMap(network).plan.report
    _ = try Problem(network, model: .linear, timeStep: 1).start()
  }
  t.each("Network(lengths:) time step", of: [Double.leastNonzeroMagnitude, .infinity, .nan, -1, 0]) {
    _ = try Network<Float>(
      weights: Matrix(rows: 2, columns: 2, repeating: 1), lengths: Matrix(rows: 2, columns: 2, repeating: 1),
      timeStep: $0)
  }
  t.each("Network.with(history:)", of: [-1, Int.min]) { _ = try map().network.with(history: $0) }
  t.each("Plan(block:)", of: sizes) { _ = try Plan(map().network, block: $0) }
  t.each("Plan(tileSources:)", of: sizes) { _ = try Plan(map().network, tileSources: $0) }
  t.each("Monitor.columns(in:)", of: [Int.min..<Int.max, -5..<5, 0..<Int.max], mayReturn: true) { steps in
    for m in [Int.min, -1, 0, 1, 2, .max] {
      _ = (Monitor.subsample(every: m).columns(in: steps), Monitor.average(over: m).columns(in: steps))
    }
  }
  t.each("Sigma.resolved(nodes:)", of: sizes) {
    _ = try Sigma<Double>.states(["r": [1, 2], "V": 1]).resolved(for: .montbrioPazoRoxin, nodes: $0)
    _ = try Sigma<Double>.values([1, 2]).resolved(for: .montbrioPazoRoxin, nodes: $0)
  }
}

private let maps: [ExtremeCase] = extremeTable { t in
  t.each("run(into:steps:)", of: sizes) { steps in
    var values = [Float](repeating: 0, count: 10)
    var span = values.mutableSpan
    try map().run(into: &span, steps: steps)
  }
  t.each("advance(steps:)", of: sizes) { steps in
    var carry = Carry(history: try Buffer<Float>(nodes: 2, history: 4, steps: 0))
    _ = try map().advance(&carry, steps: steps)
  }
  t.each("advance of a carry at step", of: [Int.max, .max - 1, -1, .min]) { step in
    var carry = Carry(history: try Buffer<Float>(nodes: 2, history: 4, steps: 0), step: step)
    _ = try map().advance(&carry, steps: 5)
  }
  t.each("advance(history:step:into:) at step", of: [Int.max, -1, .min]) { step in
    var (history, series, step) = ([Float](repeating: 0, count: 8), [Float](repeating: 0, count: 4), step)
    var past = history.mutableSpan
    var span = series.mutableSpan
    try map().advance(history: &past, step: &step, into: &span)
  }
  t.each("threads", of: [Int.max, 1025, -1, .min]) {
    _ = try map().run(Buffer(nodes: 2, history: 4, steps: 5), threads: $0)
  }
  t.each("GradientCheck of a map, entries", of: [-1, Int.min]) {
    _ = try GradientCheck.run(map(), at: Buffer(nodes: 2, history: 4, steps: 5), entries: $0) { $0.squared().sum() }
  }
  t.each("GradientCheck.differences, entries", of: [-1, Int.min]) {
    _ = try GradientCheck.differences(at: [1.0, 2], gradient: [0, 0], entries: $0) { $0[0] }
  }
  t.each(
    "GradientCheck.taylor, step", of: [Double.infinity, .nan, 0, Double.leastNonzeroMagnitude, 1e308], mayReturn: true
  ) {
    _ = try GradientCheck.taylor(at: [1.0, 2], gradient: [0, 0], along: [1, 1], step: $0) { $0[0] }
  }
  t.each("a gradient check at a number", of: [Float.infinity, .nan, .greatestFiniteMagnitude], mayReturn: true) {
    _ = try GradientCheck.differences(at: [$0], gradient: [$0]) { $0[0] }
  }
}

private let problems: [ExtremeCase] = extremeTable { t in
  t.each("simulate(steps:)", of: steps) { _ = try problem().simulate(steps: $0) }
  t.each("advance(steps:)  of a network", of: steps) {
    var carry = try problem().start()
    _ = try problem().advance(&carry, steps: $0)
  }
  t.each("record(steps:)", of: steps) { _ = try problem().record(steps: $0).report }
  t.each("record(memory:)", of: [Int.min, -1, 0, 1]) { _ = try problem().record(steps: 5, memory: .bytes($0)).report }
  t.each("record(memory:) of all there is", of: [Int.max], mayReturn: true) {
    let tape = try problem().record(steps: 5, memory: .bytes($0))
    _ = try tape.pullback(StateArray(variables: 1, nodes: 2, columns: 5, repeating: 1))
  }
  t.each("value(steps:)", of: steps) { _ = try problem().value(steps: $0) { $0.sum() } }
  t.each("valueWithGradient(steps:)", of: steps) { _ = try problem().valueWithGradient(steps: $0) { $0.sum() } }
  t.each("simulateWithPullback(steps:)", of: steps) { _ = try problem().simulateWithPullback(steps: $0) }
  t.each("jvp(steps:)", of: steps) { _ = try problem().jvp(steps: $0, along: .init()) }
  t.each("tapeBytes(steps:)", of: steps, mayReturn: true) { _ = try problem().tapeBytes(steps: $0) }
  t.each("GradientCheck of a network, steps", of: steps) {
    _ = try GradientCheck.run(problem(), steps: $0) { $0.squared().sum() }
  }
  t.each("GradientCheck of a network, entries", of: [-1, Int.min]) {
    _ = try GradientCheck.run(problem(), steps: 3, entries: $0) { $0.squared().sum() }
  }
  t.each("Ensemble.simulate(steps:)", of: steps) { _ = try Ensemble([problem(), problem()]).simulate(steps: $0) }
  t.each("Ensemble.valueWithGradient(steps:)", of: steps) {
    _ = try Ensemble([problem()]).valueWithGradient(steps: $0) { $0[0].sum() }
  }
  t.each("Ensemble.simulateWithPullback(steps:)", of: steps) {
    _ = try Ensemble([problem()]).simulateWithPullback(steps: $0)
  }
  t.each("Ensemble(memory:)", of: [Int.min, -1, 0, 1]) {
    _ = try Ensemble([problem(), problem()]).simulateWithPullback(steps: 3, memory: .bytes($0))
  }
  t.each("members beyond the last", of: [UInt64.max]) {
    var late = try problem()
    late.noise = .drawn(RandomKey(seed: 0), member: $0)
    _ = try late.simulate(steps: 3)
    _ = try Ensemble(late, members: [.init(), .init()])
  }
  t.each("NetworkCarry(step:)", of: [-1, Int.min]) { _ = try carry(at: $0) }
  t.each("a carry at step", of: [Int.max, .max - 1]) {
    _ = try problem().simulate(steps: 0, from: carry(at: $0))
    _ = try problem().simulate(steps: 2, from: carry(at: $0))
  }
  t.each("NoiseSamples.firstStep", of: [Int.min, -1, 1, .max]) {
    var moved = try problem()
    var samples = try NoiseSamples<Float>(steps: 5, states: 1, nodes: 2)
    samples.firstStep = $0
    moved.noise = .samples(samples)
    _ = try moved.simulate(steps: 5)
  }
  t.each("samples at the last steps", of: [Int.max - 3], mayReturn: true) {
    var moved = try problem()
    var samples = try NoiseSamples<Float>(steps: 5, states: 1, nodes: 2)
    samples.firstStep = $0
    moved.noise = .samples(samples)
    _ = try moved.simulate(steps: 2, from: carry(at: $0))
  }
  t.each("stimulusFirstStep", of: [Int.min, -1, 1, .max]) {
    var moved = try problem()
    moved.stimulus = try StateArray(variables: 1, nodes: 2, columns: 5)
    moved.stimulusFirstStep = $0
    _ = try moved.simulate(steps: 5)
  }
  t.each("steps of a monitor", of: [Int.min, -1, 0]) {
    var thinned = try problem()
    thinned.monitors = [.average(over: $0)]
    _ = try thinned.fingerprint()
    _ = try thinned.simulate(steps: 5)
  }
  t.each("a monitor of as many steps as there are", of: [Int.max, 1 << 40], mayReturn: true) {
    var thinned = try problem()
    for monitor in [Monitor.average(over: $0), .subsample(every: $0)] {
      thinned.monitors = [monitor]
      let trajectory = try thinned.simulate(steps: 5)
      _ = (trajectory.time(ofColumn: .max), trajectory.time(ofColumn: .min))
      _ = try thinned.valueWithGradient(steps: 5) { $0.sum() }
    }
  }
  t.each("threads of a network", of: [Int.max, 1025, -1, .min]) { _ = try problem().simulate(steps: 5, threads: $0) }
  t.each("Problem(timeStep:)", of: [0, -1, .nan, .infinity]) {
    _ = try Problem(problem().network, model: .linear, timeStep: $0)
  }
  t.each("delays of any length", of: [1e9, 1e300, -1, .nan, .infinity]) {
    _ = try problem().with(delays: .fractional([$0, 0]))
  }
  t.each("delays of very many steps", of: [1e7], mayReturn: true) {
    _ = try problem().with(delays: .fractional([$0, 0])).simulate(steps: 1)
  }
  t.each("lengths and speed", of: [0, -1, .nan, Double.leastNonzeroMagnitude]) {
    _ = try problem().with(delays: .tracts(lengths: [1, 2], conductionSpeed: $0, fractional: true))
  }
  t.each("Problem.initial(nodes:)", of: sizes) {
    _ = try Problem<Float>.initial(of: .montbrioPazoRoxin, nodes: $0, key: RandomKey(seed: 0))
  }
  t.add("a parameter twice") {
    var twice = try problem()
    twice.parameters = ["gamma": 1, "gamma": 1]
    _ = try twice.simulate(steps: 2)
  }
  t.add("sigma twice") {
    var twice = try problem()
    twice.sigma = .states(["x": 1, "x": 1])
    _ = try twice.simulate(steps: 2)
  }
  t.add("a member's parameter twice") {
    _ = try Ensemble(problem(), members: [.init(parameters: ["gamma": 1, "gamma": 2])]).simulate(steps: 2)
  }
  t.add("a direction's parameter twice") {
    var direction = Problem<Float>.Tangent()
    direction.parameters = ["gamma": 1, "gamma": 1]
    _ = try problem().jvp(steps: 2, along: direction)
  }
}

private let losses: [ExtremeCase] = extremeTable { t in
  t.each("Traced.sum(steps:)", of: [Int.min..<Int.max, Int.min..<0, 0..<Int.max, -5..<0]) { steps in
    _ = try map().value(at: Buffer(nodes: 2, history: 4, steps: 5)) { $0.sum(steps: steps) }
  }
  t.each("Traced.sum(nodes:)", of: [Int.min..<Int.max, Int.min..<0, 0..<Int.max, -1..<1]) { nodes in
    _ = try map().value(at: Buffer(nodes: 2, history: 4, steps: 5)) { $0.sum(nodes: nodes, steps: nil) }
  }
  t.each("a loss as deep as a loop is long", of: [200_000], mayReturn: true) { depth in
    _ = try map().valueWithGradient(at: Buffer(nodes: 2, history: 4, steps: 5)) { b in
      var sum = b
      for _ in 0..<depth { sum = sum + b }
      return sum.sum()
    }
  }
}
