internal import CKernels

extension Problem {
  /// What a derivative is taken with respect to. A gradient costs only what is asked for.
  ///
  ///     try problem.valueWithGradient(steps: 1000, withRespectTo: [.weights, .parameter("eta")]) { … }
  public struct Inputs: Sendable, Equatable, ExpressibleByArrayLiteral {
    enum Part: Hashable, Sendable {
      case weights, delays, conductionSpeed, coupling, parameters, sigma, noise, stimulus, amplitudes, initial, history,
        all
      case parameter(String)
    }
    var parts: Set<Part>

    init(_ part: Part) { parts = [part] }

    /// The union of some inputs.
    public init(arrayLiteral inputs: Inputs...) { parts = inputs.reduce(into: []) { $0.formUnion($1.parts) } }

    /// The weight of every edge.
    public static var weights: Inputs { Inputs(.weights) }
    /// The delay of every edge, in steps; only fractional delays have a derivative.
    public static var delays: Inputs { Inputs(.delays) }
    /// The conduction speed of fractional ``Problem/Delays/tracts(lengths:conductionSpeed:fractional:)``, if it is finite.
    public static var conductionSpeed: Inputs { Inputs(.conductionSpeed) }
    /// G.
    public static var coupling: Inputs { Inputs(.coupling) }
    /// All parameters of the model.
    public static var parameters: Inputs { Inputs(.parameters) }
    /// One parameter of the model.
    public static func parameter(_ name: String) -> Inputs { Inputs(.parameter(name)) }
    /// σ.
    public static var sigma: Inputs { Inputs(.sigma) }
    /// The standard normal numbers, drawn or given.
    public static var noise: Inputs { Inputs(.noise) }
    /// u.
    public static var stimulus: Inputs { Inputs(.stimulus) }
    /// The amplitudes of the stimuli that are switched on and off.
    public static var amplitudes: Inputs { Inputs(.amplitudes) }
    /// The state that the run begins with.
    public static var initial: Inputs { Inputs(.initial) }
    /// The history that the run begins with.
    public static var history: Inputs { Inputs(.history) }
    /// Everything that the problem at hand has and can be differentiated by.
    public static var all: Inputs { Inputs(.all) }
  }

  /// The gradient of a loss with respect to the inputs that were asked for.
  public struct Gradient: Sendable {
    var weightGradient: [Scalar]?
    var delayGradient: [Scalar]?
    var speedGradient: Scalar?
    var couplingGradient: Scalar?
    var parameterGradients = NamedValues<Scalar>()
    var sigmaGradient: [Scalar]?
    var noiseGradient: NoiseSamples<Scalar>?
    var stimulusGradient: StateArray<Scalar>?
    var amplitudeGradient: [Scalar]?
    var initialGradient: StateArray<Scalar>?
    var historyGradient: StateArray<Scalar>?

    /// With respect to the weights, in the order of the network's edges; see ``Network/matrix(_:)``.
    ///
    /// - Precondition: `.weights` were asked for, as with all the others.
    public var weights: [Scalar] { asked(weightGradient, "weights") }
    /// With respect to every edge's delay, per step.
    public var delays: [Scalar] { asked(delayGradient, "delays") }
    /// With respect to the conduction speed, per mm/ms.
    public var conductionSpeed: Scalar { asked(speedGradient, "conductionSpeed") }
    /// With respect to G.
    public var coupling: Scalar { asked(couplingGradient, "coupling") }
    /// With respect to the model's parameters, by name: one number for a value of all nodes, else one a node.
    public var parameters: NamedValues<Scalar> { parameterGradients }
    /// With respect to one parameter: its sum over the nodes where it has the same value at all, else one number a node.
    public func parameter(_ name: String) -> [Scalar] { asked(parameterGradients[name]?.values, "parameter(\(name))") }
    /// With respect to σ in the model's order: one number a state, or a state and node, as it was given.
    public var sigma: [Scalar] { asked(sigmaGradient, "sigma") }
    /// With respect to the standard normal numbers of the run's steps.
    public var noise: NoiseSamples<Scalar> { asked(noiseGradient, "noise") }
    /// With respect to the stimulus of the run's steps, shape (states, nodes, steps).
    public var stimulus: StateArray<Scalar> { asked(stimulusGradient, "stimulus") }
    /// With respect to the amplitudes of ``Problem/stimuli``, one number a stimulus: the sum over its nodes and onsets.
    public var amplitudes: [Scalar] { asked(amplitudeGradient, "amplitudes") }
    /// With respect to the state that the run began with, shape (states, nodes, 1).
    public var initial: StateArray<Scalar> { asked(initialGradient, "initial") }
    /// With respect to the history that the run began with, shape (coupling variables, nodes, history).
    ///
    /// The history counts as an input of its own, also where it was filled in from the initial state.
    public var history: StateArray<Scalar> { asked(historyGradient, "history") }
  }

  /// Runs the network and keeps what a gradient needs.
  ///
  /// With a `memory` of bytes and without the series, what a recording takes does not grow with its length.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - memory: how much the gradient may take; the same bits for every amount.
  ///   - keepsSeries: whether the trajectory has its columns. Without them its series has none, and whoever makes a cotangent
  ///     knows the loss beforehand, such as that of ``Tape/pullback(everyColumn:firstColumn:finalState:withRespectTo:threads:progress:)``.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then.
  ///   - onStop: called, before an error is thrown, with what was computed up to there.
  /// - Throws: what ``simulate(steps:from:threads:progress:onStop:)`` throws;
  ///   ``DelayNetError/budgetTooSmall(least:)``.
  public func record(
    steps: Int, from carry: NetworkCarry<Scalar>? = nil, memory: TapeMemory = .everything, keepsSeries: Bool = true,
    threads: Int = 0, progress: ProgressHandler? = nil, onStop: ((Trajectory<Scalar>) -> Void)? = nil
  ) throws(DelayNetError) -> Tape<Scalar> {
    let begin: NetworkCarry<Scalar> = if let carry { carry } else { try start() }
    let recording = try Recording(
      [NetworkArrays(self, begin, steps: steps)], memory: memory, keepsSeries: keepsSeries,
      CallOptions(threads: threads, progress: progress)
    ) { onStop?($0[0]) }
    return Tape(recording)
  }

  /// Runs the network and returns, with its trajectory, the function that pulls a cotangent of the series back.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - inputs: what the pullback's gradient contains.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - memory: how much the gradient may take.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  /// - Returns: the trajectory, and a pullback that may be called any number of times.
  /// - Throws: what ``record(steps:from:memory:keepsSeries:threads:progress:onStop:)`` throws.
  public func simulateWithPullback(
    steps: Int, withRespectTo inputs: Inputs = .all, from carry: NetworkCarry<Scalar>? = nil,
    memory: TapeMemory = .everything, threads: Int = 0
  ) throws(DelayNetError) -> (
    value: Trajectory<Scalar>, pullback: @Sendable (StateArray<Scalar>) throws(DelayNetError) -> Gradient
  ) {
    let begin: NetworkCarry<Scalar> = if let carry { carry } else { try start() }
    let recording = try Recording(
      [NetworkArrays(self, begin, steps: steps)], memory: memory, CallOptions(threads: threads))
    return (
      recording.trajectories[0],
      { (cotangent: StateArray<Scalar>) throws(DelayNetError) -> Gradient in
        try recording.pullback([[cotangent]], finalStates: [nil], inputs, CallOptions(threads: threads))[0]
      }
    )
  }

  /// The inputs one by one, checked against what the problem has.
  func parts(_ inputs: Inputs, sigmaCount: Int) throws(DelayNetError) -> Set<Inputs.Part> {
    var parts: Set<Inputs.Part> = []
    let names = model.parameters.map(\.name)
    let hasSpeed = if case .tracts(_, let speed, true) = delays { speed.isFinite } else { false }
    for part in inputs.parts {
      switch part {
      case .all:
        parts.formUnion([.weights, .coupling, .initial, .history])
        parts.formUnion(names.map { .parameter($0) })
        if delays.areFractional { parts.insert(.delays) }
        if hasSpeed { parts.insert(.conductionSpeed) }
        if sigmaCount > 0 { parts.formUnion([.sigma, .noise]) }
        if stimulus != nil { parts.insert(.stimulus) }
        if !stimuli.isEmpty { parts.insert(.amplitudes) }
      case .parameters: parts.formUnion(names.map { .parameter($0) })
      case .parameter(let name):
        _ = try model.index(ofParameter: name)
        parts.insert(part)
      case .delays:
        guard delays.areFractional else { throw .notDifferentiable("delays") }
        parts.insert(part)
      case .conductionSpeed:
        guard hasSpeed else { throw .notDifferentiable("conductionSpeed") }
        parts.insert(part)
      case .sigma, .noise:
        guard sigmaCount > 0 else { throw .notDifferentiable(part == .sigma ? "sigma" : "noise") }
        parts.insert(part)
      case .stimulus:
        guard stimulus != nil else { throw .notDifferentiable("stimulus") }
        parts.insert(part)
      case .amplitudes:
        guard !stimuli.isEmpty else { throw .notDifferentiable("amplitudes") }
        parts.insert(part)
      case .weights, .coupling, .initial, .history: parts.insert(part)
      }
    }
    return parts
  }
}

/// Where the gradients of one run are added up.
final class NetworkGradients<Scalar: DelayNetScalar> {
  private let run: NetworkArrays<Scalar>
  private let parts: Set<Problem<Scalar>.Inputs.Part>
  private let weights, delays, coupling, sigma, noise, pulses: Buffer<Scalar>?
  private let stimulus, initial, history: StateArray<Scalar>?
  private let parameters: [Buffer<Scalar>?]
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>?>

  init(_ run: NetworkArrays<Scalar>, _ inputs: Problem<Scalar>.Inputs) throws(DelayNetError) {
    let problem = run.problem
    let parts = try problem.parts(inputs, sigmaCount: run.sigma.count)
    let (states, couplings, nodes) = (problem.model.states.count, problem.model.couplings.count, problem.nodes)
    func zeros(_ part: Problem<Scalar>.Inputs.Part, _ count: Int) throws(DelayNetError) -> Buffer<Scalar>? {
      parts.contains(part) ? try Buffer(nodes: 1, history: 0, steps: count) : nil
    }
    func zeros(
      _ part: Problem<Scalar>.Inputs.Part, _ variables: Int, _ columns: Int
    ) throws(DelayNetError) -> StateArray<Scalar>? {
      parts.contains(part) ? try StateArray(variables: variables, nodes: nodes, columns: columns) : nil
    }
    self.run = run
    self.parts = parts
    weights = try zeros(.weights, problem.network.edges)
    delays =
      parts.contains(.delays) || parts.contains(.conductionSpeed)
      ? try Buffer(nodes: 1, history: 0, steps: problem.network.edges) : nil
    coupling = try zeros(.coupling, 1)
    sigma = try zeros(.sigma, run.sigma.count)
    noise = try parts.contains(.noise) ? zeros(.noise, product(run.steps, states, nodes)) : nil
    stimulus = try zeros(.stimulus, states, run.steps)
    pulses = try zeros(.amplitudes, run.pulses.count)
    initial = try zeros(.initial, states, 1)
    history = try zeros(.history, couplings, problem.horizon)
    var parameters: [Buffer<Scalar>?] = []
    for (k, parameter) in problem.model.parameters.enumerated() {
      parameters.append(try zeros(.parameter(parameter.name), run.parameters[k]?.values.count ?? 1))
    }
    self.parameters = parameters
    pointers = .allocate(capacity: max(parameters.count, 1))
    for (k, buffer) in parameters.enumerated() { (pointers + k).initialize(to: buffer?.base) }
  }

  deinit { pointers.deallocate() }

  func cotangent(
    _ columns: [StateArray<Scalar>?], everyColumn: StateArray<Scalar>?, firstColumn: Int,
    finalState: StateArray<Scalar>?
  ) -> NetworkCotangent<Scalar> {
    NetworkCotangent(
      columns: run.columns.enumerated().map { k, count in
        let first = k == 0 ? firstColumn : 0
        return .init(
          series: columns.indices.contains(k) ? columns[k].map { UnsafePointer($0.rows.base) } : nil,
          stride: count - first, column: k == 0 ? everyColumn.map { UnsafePointer($0.rows.base) } : nil, first: first)
      },
      finalState: finalState.map { UnsafePointer($0.rows.base) }, weights: weights?.base, delays: delays?.base,
      coupling: coupling?.base, parameters: pointers, sigma: sigma?.base, noise: noise?.base,
      stimulus: stimulus?.rows.base, stimulusStride: run.steps, pulses: pulses?.base, initial: initial?.rows.base,
      history: history?.rows.base, historyStride: run.problem.horizon)
  }

  /// The gradients as they stand.
  var gradient: Problem<Scalar>.Gradient {
    let problem = run.problem
    var gradient = Problem<Scalar>.Gradient(
      weightGradient: weights?.values, delayGradient: parts.contains(.delays) ? delays?.values : nil,
      couplingGradient: coupling.map { $0[0, 0] }, sigmaGradient: sigma?.values,
      noiseGradient: noise.map {
        var samples = NoiseSamples(
          steps: run.steps, states: problem.model.states.count, nodes: problem.nodes, buffer: $0)
        samples.firstStep = run.carry.step
        return samples
      },
      stimulusGradient: stimulus, amplitudeGradient: pulses.map { problem.perStimulus($0.values) },
      initialGradient: initial, historyGradient: history)
    for (k, parameter) in problem.model.parameters.enumerated() {
      guard let values = parameters[k]?.values else { continue }
      gradient.parameterGradients[parameter.name] = run.parameters[k]?.with(values) ?? .uniform(values[0])
    }
    // d = length / (speed · dt), so that dd/dspeed = −d / speed.
    if parts.contains(.conductionSpeed), case .tracts(_, let speed, _) = problem.delays, let delays {
      let sum = zip(problem.delaysInSteps, delays.values).reduce(0.0) { $0 - $1.0 / speed * Double($1.1) }
      gradient.speedGradient = Scalar(sum)
    }
    return gradient
  }
}
