internal import CKernels

extension Problem {
  /// A direction in the space of a problem's inputs. What is nil or 0 does not change.
  public struct Tangent: Sendable {
    /// The change of every weight.
    public var weights: [Scalar]?
    /// The change of every delay, in steps; needs fractional delays.
    public var delays: [Scalar]?
    /// The change of the conduction speed, in mm/ms; needs fractional delays that come from tracts.
    public var conductionSpeed: Scalar = 0
    /// The change of G.
    public var coupling: Scalar = 0
    /// The change of parameters by name, as many numbers as the parameter has.
    public var parameters = NamedValues<Scalar>()
    /// The change of σ in the model's order, as many numbers as the gradient has.
    public var sigma: [Scalar]?
    /// The change of the standard normal numbers, those of the run's steps.
    public var noise: NoiseSamples<Scalar>?
    /// The change of the stimulus, shape (states, nodes, steps).
    public var stimulus: StateArray<Scalar>?
    /// The change of the amplitude of every one of ``Problem/stimuli``.
    public var amplitudes: [Scalar]?
    /// The change of the state that the run begins with, shape (states, nodes, 1).
    public var initial: StateArray<Scalar>?
    /// The change of the history that the run begins with, shape (coupling variables, nodes, history).
    public var history: StateArray<Scalar>?

    /// The direction in which nothing changes.
    public init() {}
  }

  /// Runs the network and returns, with its trajectory, the derivative of the series along a direction.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - direction: a change of any of the inputs.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then.
  /// - Returns: the trajectory and the tangent of its series.
  /// - Throws: what ``simulate(steps:from:threads:progress:onStop:)`` throws, ``DelayNetError/notDifferentiable(_:)``,
  ///   ``DelayNetError/notFiniteTangent(run:node:step:)``.
  /// - Complexity: about three runs; memory independent of the steps.
  public func jvp(
    steps: Int, along direction: Tangent, from carry: NetworkCarry<Scalar>? = nil, threads: Int = 0,
    progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> (value: Trajectory<Scalar>, tangent: StateArray<Scalar>) {
    let begin: NetworkCarry<Scalar> = if let carry { carry } else { try start() }
    let run = try NetworkArrays(self, begin, steps: steps)
    let (states, couplings) = (model.states.count, model.couplings.count)
    func check(_ name: String, _ found: [Int]?, _ expected: [Int]) throws(DelayNetError) {
      if let found, found != expected { throw .shapeMismatch(name: name, expected: expected, found: found) }
    }
    try check("direction of weights", direction.weights.map { [$0.count] }, [network.edges])
    try check("direction of delays", direction.delays.map { [$0.count] }, [network.edges])
    try check("direction of sigma", direction.sigma.map { [$0.count] }, [run.sigma.count])
    try check(
      "direction of noise", direction.noise.map { [$0.steps, $0.states, $0.nodes] }, [steps, states, nodes])
    try check("direction of stimulus", direction.stimulus?.shape, [states, nodes, steps])
    try check("direction of amplitudes", direction.amplitudes.map { [$0.count] }, [stimuli.count])
    try check("direction of initial", direction.initial?.shape, [states, nodes, 1])
    try check("direction of history", direction.history?.shape, [couplings, nodes, horizon])

    var delayChange = direction.delays
    if direction.delays != nil, !delays.areFractional { throw .notDifferentiable("delays") }
    if direction.conductionSpeed != 0 {
      guard case .tracts(_, let speed, true) = delays, speed.isFinite else {
        throw .notDifferentiable("conductionSpeed")
      }
      let ofSpeed = delaysInSteps.map { Scalar(-$0 / speed) * direction.conductionSpeed }
      delayChange = delayChange.map { zip($0, ofSpeed).map { $0 + $1 } } ?? ofSpeed
    }
    func buffer(_ values: [Scalar]) throws(DelayNetError) -> Buffer<Scalar> { try Buffer(row: values) }
    try direction.parameters.check()
    var parameters: [Buffer<Scalar>?] = model.parameters.map { _ in nil }
    for (name, change) in direction.parameters {
      let k = try model.index(ofParameter: name)
      try check("direction of \(name)", [change.values.count], [run.parameters[k]?.values.count ?? 1])
      parameters[k] = try buffer(change.values)
    }
    let (weights, delays, sigma) = (
      try direction.weights.map(buffer), try delayChange.map(buffer), try direction.sigma.map(buffer)
    )
    let pulses = try direction.amplitudes.map(perPulse).map(buffer)

    let value = try runNetworks([run], CallOptions(threads: threads, progress: progress))[0]
    let tangent = try StateArray<Scalar>(uninitialized: run.variables.first ?? 0, nodes, run.columns.first ?? 0)
    let pointers: [UnsafePointer<Scalar>?] = parameters.map { $0.map { UnsafePointer($0.base) } }
    let outcome = try pointers.withUnsafeBufferPointer { pointers throws(DelayNetError) in
      let part = NetworkTangent<Scalar>(
        weights: weights.map { UnsafePointer($0.base) }, delays: delays.map { UnsafePointer($0.base) },
        coupling: direction.coupling, parameters: pointers.baseAddress, sigma: sigma.map { UnsafePointer($0.base) },
        noise: direction.noise.map { UnsafePointer($0.buffer.base) },
        stimulus: direction.stimulus.map { UnsafePointer($0.rows.base) }, stimulusStride: steps,
        pulses: pulses.map { UnsafePointer($0.base) },
        initial: direction.initial.map { UnsafePointer($0.rows.base) },
        history: direction.history.map { UnsafePointer($0.rows.base) }, historyStride: horizon,
        columns: run.columns.enumerated().map { .init(series: $0 == 0 ? tangent.rows.base : nil, stride: $1) })
      return try CallOptions(threads: threads, progress: progress).withC { options, place in
        Scalar.kernels.network.jvp([run.primal], [part], options, place)
      }
    }
    extendLifetime((run, tangent, direction))
    extendLifetime((weights, delays, sigma))
    extendLifetime(pulses)
    extendLifetime(parameters)
    try run.check(outcome)
    return (value, tangent)
  }
}
