import DelayNet
import DelayNetIO

extension SimulateOptions {
  /// The problem that the options describe, on a network that was loaded.
  ///
  /// - Parameters:
  ///   - loaded: the network.
  ///   - monitors: what a run returns.
  ///   - goal: the absolute step that runs reach: what has numbers for every step ends there.
  ///   - stepsGiven: how many steps a file has numbers for, of the number that it holds.
  func problem<Scalar: DelayNetScalar & NPYElement>(
    _ loaded: LoadedNetwork<Scalar>, monitors: [Monitor], goal: Int, stepsGiven: (Int?) -> Int
  ) throws -> Problem<Scalar> {
    let model = try NodeModel.required(self.model)
    let network = loaded.network
    let delays: Problem<Scalar>.Delays =
      if let real = loaded.delaysInSteps {
        .fractional(real)
      } else if fractionalDelays, let lengths = loaded.lengths, let speed = loaded.speed, speed.isFinite {
        .tracts(lengths: lengths, conductionSpeed: speed, fractional: true)
      } else {
        .network
      }
    var given: StateArray<Scalar>?
    var shaped = network
    if let history {
      let array = try readArray(history)
      let expected = "(\(model.couplings.count), \(network.nodes), H)"
      guard array.shape.count == 3, Array(array.shape[..<2]) == [model.couplings.count, network.nodes] else {
        throw Failure(.data, "\(history): found shape \(text(array.shape)), expected \(expected)")
      }
      let needed = (network.delays.max().map { Int($0) } ?? 0) + (fractionalDelays ? 1 : 0)
      guard array.shape[2] >= needed else {
        throw Failure(
          .data,
          "\(history): found shape \(text(array.shape)), expected \(expected) with H at least \(needed), the longest delay"
        )
      }
      given = try StateArray(
        variables: array.shape[0], nodes: array.shape[1], columns: array.shape[2],
        values: DelayNetCommand.numbers(in: history, shape: array.shape, as: Scalar.self))
      shaped = try network.with(history: array.shape[2])
    }
    var problem = try Problem(
      shaped, model: model, timeStep: timeStep, delays: delays, instructionSet: isa.instructionSet)
    problem.history = given
    problem.coupling = try finite(coupling, "--coupling")
    problem.scheme = scheme
    problem.stage = couplingStage
    problem.couplingKind = couplingKind
    for name in monitors.flatMap({ $0.states ?? [] }) where !model.readable.contains(where: { $0.name == name }) {
      throw Failure(
        .data,
        "\(model.name) has no \(model.wordForReadable) \(name); it has \(model.readable.map(\.name).joined(separator: ", "))"
      )
    }
    problem.monitors = monitors
    problem.sigma = try sigma?.sigma(nodes: network.nodes) ?? .none
    for assignment in set {
      problem.parameters[assignment.name] = try assignment.values(nodes: network.nodes)
    }
    let states = model.states.count
    let key = RandomKey(seed: seed)
    problem.initial = try Problem<Scalar>.initial(of: model, nodes: network.nodes, key: key.folding(in: 1))
    if let path = initial {
      problem.initial = try StateArray(
        variables: states, nodes: network.nodes,
        values: DelayNetCommand.numbers(in: path, shape: [states, network.nodes], as: Scalar.self))
    }
    problem.noise = .drawn(key)
    if let path = noise {
      let file = try DelayNetCommand.open(path, as: Scalar.self)
      let steps = stepsGiven(file.shape.first)
      let shape = [steps, states, network.nodes]
      try DelayNetCommand.require(shape, of: file, path)
      var samples = try NoiseSamples<Scalar>(steps: steps, states: states, nodes: network.nodes) {
        try DelayNetCommand.read(file, path, shape: shape, into: $0)
      }
      samples.firstStep = goal - steps
      problem.noise = .samples(samples)
    }
    problem.stimuli = try stimuli(in: loaded)
    if let path = stimulusFile {
      let file = try DelayNetCommand.open(path, as: Scalar.self)
      let steps = stepsGiven(file.shape.last)
      let shape = [states, network.nodes, steps]
      try DelayNetCommand.require(shape, of: file, path)
      problem.stimulus = try StateArray<Scalar>(variables: states, nodes: network.nodes, columns: steps) {
        try DelayNetCommand.read(file, path, shape: shape, into: $0)
      }
      problem.stimulusFirstStep = goal - steps
    }
    return problem
  }
}
