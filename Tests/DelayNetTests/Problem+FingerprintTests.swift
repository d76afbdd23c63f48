import DelayNet
import Testing

@Suite struct ProblemFingerprintTests {
  /// A problem in which every setting is set.
  private struct Base<Scalar: DelayNetScalar> {
    var nodes = 4
    var listed = true
    var sources: [Int32] = [0, 1, 2, 3, 1]
    var weights: [Scalar] = [0.5, 0.25, -1, 2, 1]
    var delays: Problem<Scalar>.Delays = .fractional([1.5, 2, 0.25, 3, 1])
    var timeStep = 0.01
    var model = NodeModel.montbrioPazoRoxin

    func problem() throws -> Problem<Scalar> {
      let network: Network<Scalar> =
        if listed {
          try Network(
            nodes: nodes, sources: sources, targets: [1, 2, 3, 0, 3], weights: weights, delays: [1, 2, 0, 3, 1])
        } else {
          try Network(
            weights: Matrix(rows: nodes, columns: nodes, repeating: 1),
            delays: Matrix(rows: nodes, columns: nodes, repeating: 2))
        }
      var problem = try Problem(network, model: model, timeStep: timeStep, delays: listed ? delays : .network)
      let states = model.states.count
      problem.coupling = 0.5
      problem.parameters = ["eta": -4.6, "J": .perNode((0..<nodes).map { 14 + Scalar($0) })]
      problem.sigma = ["r": 0.01, "V": .perNode((0..<nodes).map { Scalar($0) / 16 })]
      problem.noise = .drawn(RandomKey(seed: 1 << 40 | 7))
      let values = (0..<(states * nodes * 10)).map { Scalar($0) / 64 }
      problem.stimulus = try StateArray(variables: states, nodes: nodes, columns: 10, values: values)
      problem.stimulusFirstStep = 3
      problem.stimuli = [Stimulus(nodes: [1, 3], onsets: [0.02, 0.1], length: 0.03, amplitude: 0.5, state: "V")]
      problem.monitors = [.average(over: 5)]
      return problem
    }
  }

  @Test func everyFlipIsNamedInFloat() throws { try flip(Float.self) }

  @Test func everyFlipIsNamedInDouble() throws { try flip(Double.self) }

  private func flip<Scalar: DelayNetScalar>(_ type: Scalar.Type) throws {
    let base = try Base<Scalar>().problem()
    let expected = try base.fingerprint()
    #expect(try Base<Scalar>().problem().fingerprint() == expected)
    var flipped: Set<String> = ["precision"]

    /// Changes the problem, which has to differ from the base in the names given and in no other.
    func check(_ names: String..., change: (inout Problem<Scalar>) throws -> Void) throws {
      var problem = base
      try change(&problem)
      let found = try problem.fingerprint().differences(from: expected).map(\.name)
      #expect(Set(found) == Set(names), "\(names)")
      flipped.formUnion(names)
    }
    /// The same for what a problem is made of.
    func remake(_ names: String..., change: (inout Base<Scalar>) throws -> Void) throws {
      var other = Base<Scalar>()
      try change(&other)
      let found = try other.problem().fingerprint().differences(from: expected).map(\.name)
      for name in names { #expect(found.contains(name), "\(name): \(found)") }
      if names.count == 1, !["model", "nodes", "edges"].contains(names[0]) { #expect(found == names) }
      flipped.formUnion(names)
    }

    try check("scheme", "coupling stage") { $0.scheme = .eulerMaruyama }
    try check("coupling stage") { $0.stage = .frozen }
    try check("coupling kind") { $0.couplingKind = .difference }
    try check("coupling") { $0.coupling = $0.coupling.nextUp }
    for edge in base.weights.indices {
      try check("weights") { $0.weights[edge] = $0.weights[edge].nextUp }
    }
    try check("weights") { $0.weights.swapAt(0, 1) }
    for parameter in base.model.parameters {
      let name = "parameter \(parameter.name)"
      try check(name) { $0.parameters[parameter.name] = .uniform(Scalar(parameter.defaultValue).nextUp + 1) }
      try check(name) {
        let usual = Scalar(parameter.defaultValue)
        $0.parameters[parameter.name] = .perNode([usual, usual, usual + 1, usual])
      }
    }
    try check("sigma of r") { $0.sigma = ["r": 0.02, "V": .perNode([0, 1 / 16, 2 / 16, 3 / 16])] }
    try check("sigma of V") { $0.sigma = ["r": 0.01, "V": .perNode([0, 1 / 16, 3 / 16, 2 / 16])] }
    try check("sigma of r", "sigma of V") { $0.sigma = .none }
    try check("seed") { $0.noise = .drawn(RandomKey(seed: 1 << 40 | 8)) }
    try check("seed") { $0.noise = .drawn(RandomKey(seed: 7)) }
    try check("noise") { $0.noise = .drawn(RandomKey(seed: 1 << 40 | 7), member: 1) }
    try check("noise", "seed") { $0.noise = .none }
    try check("noise", "seed") { $0.noise = .samples(try! NoiseSamples(steps: 10, states: 2, nodes: 4)) }
    try check("stimulus") { $0.stimulus = nil }
    try check("stimulus") { $0.stimulusFirstStep = 4 }
    for place in 0..<80 {
      try check("stimulus") {
        var values = $0.stimulus!.values
        values[place] = values[place].nextUp
        $0.stimulus = try StateArray(variables: 2, nodes: 4, columns: 10, values: values)
      }
    }
    try check("pulses") { $0.stimuli = [] }
    try check("pulses") { $0.stimuli += $0.stimuli }
    try check("pulses") { $0.stimuli[0].nodes = [1, 2] }
    try check("pulses") { $0.stimuli[0].onsets[1] = 0.11 }
    try check("pulses") { $0.stimuli[0].length = 0.04 }
    try check("pulses") { $0.stimuli[0].amplitude = $0.stimuli[0].amplitude.nextUp }
    try check("pulses") { $0.stimuli[0].state = nil }
    for monitor in [Monitor.subsample(), .subsample(every: 5), .average(over: 4)] {
      try check("thinning") { $0.monitors = [monitor] }
    }

    try remake("time step") { $0.timeStep = 0.01.nextUp }
    try remake("delays") { $0.delays = .fractional([1.5, 2, 0.25, 3, 1.0.nextUp]) }
    try remake("delays") { $0.delays = .network }
    try remake("delays") {
      $0.delays = .tracts(lengths: [1, 2, 3, 4, 5], conductionSpeed: 100, fractional: true)
    }
    try remake("edges") { $0.sources = [0, 1, 2, 3, 2] }
    try remake("edges", "weights", "delays") { $0.listed = false }
    try remake("nodes") { $0.nodes = 5 }
    var other = Base<Scalar>()
    other.listed = true
    let network = try other.problem().network
    let found = try Problem(network, model: .linear, timeStep: 0.01).fingerprint().differences(from: expected)
    #expect(found.contains { $0.name == "model" && $0.value == "linear" && $0.other == "mpr" })
    flipped.insert("model")

    // A setting that is added has to be flipped here, too.
    #expect(Set(expected.settings.map(\.name)) == flipped.intersection(expected.settings.map(\.name)))
    #expect(Set(expected.settings.map(\.name)).count == expected.settings.count)
  }

  @Test func samplesAreTheirStepsAndValues() throws {
    var problem = try Base<Double>().problem()
    var samples = try NoiseSamples<Double>(steps: 3, states: 2, nodes: 4, repeating: 0.5)
    problem.noise = .samples(samples)
    let expected = try problem.fingerprint()
    samples[step: 2, 1, 3] = 0.75
    problem.noise = .samples(samples)
    #expect(try problem.fingerprint().differences(from: expected).map(\.name) == ["noise"])
    samples = try NoiseSamples(steps: 3, states: 2, nodes: 4, repeating: 0.5)
    samples.firstStep = 1
    problem.noise = .samples(samples)
    #expect(try problem.fingerprint().differences(from: expected).map(\.name) == ["noise"])
    problem.noise = .samples(try NoiseSamples(steps: 4, states: 2, nodes: 4, repeating: 0.5))
    #expect(try problem.fingerprint().differences(from: expected).map(\.name) == ["noise"])
  }

  @Test func numbersAreNumbersHoweverTheyAreGiven() throws {
    var problem = try Base<Float>().problem()
    problem.parameters = [:]
    problem.sigma = 0.25
    let expected = try problem.fingerprint()
    #expect(expected["parameter eta"] == "-5.0" && expected["coupling"] == "0.5" && expected["sigma of V"] == "0.25")
    problem.parameters = ["eta": .perNode([-5, -5, -5, -5]), "J": 15]
    problem.sigma = .values([Float](repeating: 0.25, count: 8))
    #expect(try problem.fingerprint() == expected)
    // Neither threads nor instruction sets, initial states nor histories.
    problem.initial = try StateArray(variables: 2, nodes: 4, repeating: 9)
    #expect(try problem.fingerprint() == expected)
  }

  @Test func whatNoRunCouldBeMadeWithThrows() throws {
    var problem = try Base<Float>().problem()
    problem.parameters["nu"] = 3
    #expect(throws: DelayNetError.unknownParameter(name: "nu", model: "mpr")) { try problem.fingerprint() }
    problem.parameters = [:]
    problem.sigma = ["x": 1]
    #expect(throws: DelayNetError.unknownState(name: "x", model: "mpr")) { try problem.fingerprint() }
  }

  @Test func runsKeepTheOneTheyBeginWith() throws {
    var problem = try Base<Double>().problem()
    problem.stimulusFirstStep = 0
    var carry = try problem.start()
    #expect(carry.fingerprint == nil)
    carry.fingerprint = try problem.fingerprint()
    let first = try problem.advance(&carry, steps: 2)
    #expect(carry.fingerprint == (try problem.fingerprint()) && first.carry.fingerprint == carry.fingerprint)
  }
}
