/// Many runs over one topology, each with its own parameters, coupling, conduction speed, initial state and noise.
///
///     let ensemble = try Ensemble(problem, members: (0..<16).map { r in
///       .init(coupling: 0.1 * Double(r))
///     })
///     let trajectories = try ensemble.simulate(steps: 1000)
///
/// Members run side by side, each on one thread; every result has the bits of the member by itself.
public struct Ensemble<Scalar: DelayNetScalar>: Sendable {
  /// What is peculiar to a member; what is nil is the problem's.
  public struct Member: Sendable, Equatable {
    /// Parameters that differ from the problem's, by name.
    public var parameters: NamedValues<Scalar>
    /// G.
    public var coupling: Scalar?
    /// In mm/ms; for problems whose delays come from tracts.
    public var conductionSpeed: Double?
    /// s(0), shape (states, nodes, 1).
    public var initial: StateArray<Scalar>?
    /// How strong the noise is.
    public var sigma: Sigma<Scalar>?
    /// Where the noise comes from. Unless given, member r of the ensemble draws as member r from the problem's key.
    public var noise: Noise<Scalar>?

    /// A member that differs in the given ways.
    public init(
      parameters: NamedValues<Scalar> = [:], coupling: Scalar? = nil, conductionSpeed: Double? = nil,
      initial: StateArray<Scalar>? = nil, sigma: Sigma<Scalar>? = nil, noise: Noise<Scalar>? = nil
    ) {
      self.parameters = parameters
      self.coupling = coupling
      self.conductionSpeed = conductionSpeed
      self.initial = initial
      self.sigma = sigma
      self.noise = noise
    }
  }

  /// Each member's whole problem.
  public let problems: [Problem<Scalar>]

  /// Any problems to be run together.
  public init(_ problems: [Problem<Scalar>]) { self.problems = problems }

  /// An ensemble of a problem's members.
  ///
  /// - Parameters:
  ///   - problem: what the members have in common.
  ///   - members: what is peculiar to each. Members of one conduction speed share a plan.
  /// - Throws: what ``Problem/with(conductionSpeed:)`` throws; ``DelayNetError/optionOutOfRange(name:value:)`` for members of
  ///   drawn noise beyond `UInt64.max`.
  public init(_ problem: Problem<Scalar>, members: [Member]) throws(DelayNetError) {
    var bySpeed: [Double: Problem<Scalar>] = [:]
    var problems: [Problem<Scalar>] = []
    for (r, member) in members.enumerated() {
      var own = problem
      if let speed = member.conductionSpeed {
        let moved: Problem<Scalar> =
          if let known = bySpeed[speed] { known } else { try problem.with(conductionSpeed: speed) }
        bySpeed[speed] = moved
        own = moved
      }
      own.parameters.merge(member.parameters)
      own.coupling = member.coupling ?? own.coupling
      own.initial = member.initial ?? own.initial
      own.sigma = member.sigma ?? own.sigma
      if let noise = member.noise {
        own.noise = noise
      } else if case .drawn(let key, let first) = problem.noise {
        let (number, overflow) = first.addingReportingOverflow(UInt64(r))
        guard !overflow else { throw .optionOutOfRange(name: "member", value: Double(first)) }
        own.noise = .drawn(key, member: number)
      }
      problems.append(own)
    }
    self.problems = problems
  }

  /// The number of members.
  public var count: Int { problems.count }

  /// Runs every member.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps each.
  ///   - carries: where each begins; at its initial state unless given.
  ///   - threads: at most this many share the members; 0 means all processors.
  ///   - progress: called now and then, counting the steps of all members together.
  ///   - onStop: called, before an error is thrown, with what each member computed up to there.
  /// - Returns: one trajectory a member.
  /// - Throws: what ``Problem/simulate(steps:from:threads:progress:onStop:)`` throws, naming the member as the run.
  public func simulate(
    steps: Int, from carries: [NetworkCarry<Scalar>]? = nil, threads: Int = 0, progress: ProgressHandler? = nil,
    onStop: ([Trajectory<Scalar>]) -> Void = { _ in }
  ) throws(DelayNetError) -> [Trajectory<Scalar>] {
    try runNetworks(
      arrays(steps, carries), CallOptions(threads: threads, progress: progress), onStop: onStop)
  }

  /// Runs every member and returns the value of one loss of all series and its gradient for each member.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps each.
  ///   - inputs: what the gradients contain.
  ///   - carries: where each begins; at its initial state unless given.
  ///   - memory: how much the gradient may take; each member gets its part of it.
  ///   - threads: at most this many share the members; 0 means all processors.
  ///   - progress: called now and then, for the runs and then for the gradients.
  ///   - loss: called once with all series, in the order of the members.
  /// - Returns: the loss and one gradient a member; that of what members share is their sum.
  /// - Throws: what ``Problem/valueWithGradient(steps:withRespectTo:from:memory:threads:progress:of:)`` throws, naming the member.
  public func valueWithGradient(
    steps: Int, withRespectTo inputs: Problem<Scalar>.Inputs = .all, from carries: [NetworkCarry<Scalar>]? = nil,
    memory: TapeMemory = .everything, threads: Int = 0, progress: ProgressHandler? = nil,
    of loss: ([Traced<Scalar>]) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> (value: Scalar, gradients: [Problem<Scalar>.Gradient]) {
    let options = CallOptions(threads: threads, progress: progress)
    let recording = try Recording(arrays(steps, carries), memory: share(of: memory), options)
    let series = recording.trajectories.map(\.series)
    let call = LossCall(series.map(\.rows))
    let traced = try loss(call.leaves)
    let cotangents = try call.cotangents(of: traced)
    let gradients = try recording.pullback(
      zip(series, cotangents).map { [StateArray(variables: $0.variables, nodes: $0.nodes, rows: $1)] },
      finalStates: series.map { _ in nil }, inputs, options)
    return (traced.value, gradients)
  }

  /// Runs every member and returns, with the trajectories, the function that pulls cotangents of all series back.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps each.
  ///   - inputs: what the pullback's gradients contain.
  ///   - carries: where each begins; at its initial state unless given.
  ///   - memory: how much the gradients may take; each member gets its part of it.
  ///   - threads: at most this many share the members, there and back; 0 means all processors.
  /// - Returns: one trajectory a member, and a pullback that may be called any number of times. It takes one cotangent a
  ///   member, each of the shape (states, nodes, columns) of its series, and returns one gradient a member.
  /// - Throws: what ``Problem/record(steps:from:memory:keepsSeries:threads:progress:onStop:)`` throws, naming the member as the run;
  ///   the pullback throws what ``Tape/pullback(_:firstColumn:finalState:withRespectTo:threads:progress:)`` throws.
  /// - Postcondition: the bits of each member by itself, for every number of threads.
  public func simulateWithPullback(
    steps: Int, withRespectTo inputs: Problem<Scalar>.Inputs = .all, from carries: [NetworkCarry<Scalar>]? = nil,
    memory: TapeMemory = .everything, threads: Int = 0
  ) throws(DelayNetError) -> (
    value: [Trajectory<Scalar>],
    pullback: @Sendable ([StateArray<Scalar>]) throws(DelayNetError) -> [Problem<Scalar>.Gradient]
  ) {
    let recording = try Recording(arrays(steps, carries), memory: share(of: memory), CallOptions(threads: threads))
    return (
      recording.trajectories,
      { (cotangents: [StateArray<Scalar>]) throws(DelayNetError) -> [Problem<Scalar>.Gradient] in
        try recording.pullback(
          cotangents.map { [$0] }, finalStates: cotangents.map { _ in nil }, inputs, CallOptions(threads: threads))
      }
    )
  }

  /// A member's part of the memory.
  func share(of memory: TapeMemory) -> TapeMemory {
    if case .bytes(let bytes) = memory { .bytes(bytes / max(count, 1)) } else { memory }
  }

  func arrays(
    _ steps: Int, _ carries: [NetworkCarry<Scalar>]?
  ) throws(DelayNetError) -> [NetworkArrays<Scalar>] {
    if let carries, carries.count != count {
      throw .shapeMismatch(name: "carries", expected: [count], found: [carries.count])
    }
    var arrays: [NetworkArrays<Scalar>] = []
    for (r, problem) in problems.enumerated() {
      let begin: NetworkCarry<Scalar> = if let carries { carries[r] } else { try problem.start() }
      arrays.append(try NetworkArrays(problem, begin, steps: steps))
    }
    return arrays
  }
}
