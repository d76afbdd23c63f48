internal import CKernels

extension Problem {
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
}

/// Where the gradients of one run are added up, as the kernels have them.
final class NetworkGradients<Scalar: DelayNetScalar> {
  private let run: NetworkArrays<Scalar>
  private let elements: [InputElement]
  private var buffers: [InputElement: Buffer<Scalar>] = [:]
  private let parameters: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>?>

  init(_ run: NetworkArrays<Scalar>, _ inputs: Problem<Scalar>.Inputs) throws(DelayNetError) {
    self.run = run
    elements = try run.problem.elements(inputs)
    parameters = .allocate(capacity: max(run.problem.model.parameters.count, 1))
    parameters.initialize(repeating: nil, count: run.problem.model.parameters.count)
    for element in elements where buffers[element.ofKernels] == nil {
      let buffer = try run.kernelZeros(element)
      if let k = element.parameter { parameters[k] = buffer.base }
      buffers[element.ofKernels] = buffer
    }
  }

  deinit { parameters.deallocate() }

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
      finalState: finalState.map { UnsafePointer($0.rows.base) },
      arrays: buffers.reduce(into: [:]) { $0[$1.key.input] = (pointer: $1.value.base, stride: $1.value.steps) },
      parameters: parameters)
  }

  /// The gradients as they stand.
  var gradient: Problem<Scalar>.Gradient {
    let problem = run.problem
    var gradient = Problem<Scalar>.Gradient()
    for element in elements {
      guard let buffer = buffers[element.ofKernels] else { continue }
      if let k = element.parameter {
        let values = buffer.values
        gradient.parameters[problem.model.parameters[k].name] = run.parameters[k]?.with(values) ?? .uniform(values[0])
      } else {
        let description = problem.description(of: element)
        gradient[element] =
          description.change.map { .list($0.pulled(run, buffer.values)) }
          ?? run.array(description.layout(run), of: buffer)
      }
    }
    return gradient
  }
}
