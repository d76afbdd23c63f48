extension Problem {
  /// Runs the network and returns the value of a loss of its series and the loss's gradient.
  ///
  ///     let (loss, gradient) = try problem.valueWithGradient(steps: 1000, withRespectTo: [.coupling, .weights]) { s in
  ///       (s - target.series).squared().mean()
  ///     }
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - inputs: what the gradient contains; it costs only what is asked for.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - memory: how much the gradient may take; the same bits for every amount.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then, for the run and then for the gradient.
  ///   - loss: called once with the series: row `state · nodes + node`, a column for each of the first monitor's.
  /// - Returns: the loss's value and its gradient.
  /// - Throws: what ``record(steps:from:memory:keepsSeries:threads:progress:onStop:)`` and
  ///   ``Tape/pullback(_:firstColumn:finalState:withRespectTo:threads:progress:)`` throw, and what the loss throws;
  ///   ``DelayNetError/foreignTraced`` for a loss that uses a series of another call.
  public func valueWithGradient(
    steps: Int, withRespectTo inputs: Inputs = .all, from carry: NetworkCarry<Scalar>? = nil,
    memory: TapeMemory = .everything, threads: Int = 0, progress: ProgressHandler? = nil,
    of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> (value: Scalar, gradient: Gradient) {
    let tape = try record(steps: steps, from: carry, memory: memory, threads: threads, progress: progress)
    let series = tape.trajectory.series
    let call = LossCall([series.rows])
    let traced = try loss(call.leaves[0])
    let cotangent = try call.cotangents(of: traced)[0]
    let gradient = try tape.pullback(
      StateArray(variables: series.variables, nodes: series.nodes, rows: cotangent), withRespectTo: inputs,
      threads: threads, progress: progress)
    return (traced.value, gradient)
  }

  /// Runs the network and returns the value of a loss of its series, without a gradient.
  ///
  /// The parameters and errors are those of the gradient.
  public func value(
    steps: Int, from carry: NetworkCarry<Scalar>? = nil, threads: Int = 0, progress: ProgressHandler? = nil,
    of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> Scalar {
    let call = LossCall([try simulate(steps: steps, from: carry, threads: threads, progress: progress).series.rows])
    return try call.value(of: loss(call.leaves[0]))
  }
}

extension Traced {
  /// The element-wise difference to a series of the same shape.
  public static func - (a: Traced, b: StateArray<Scalar>) -> Traced { a - b.rows }
  /// The element-wise sum with a series of the same shape.
  public static func + (a: Traced, b: StateArray<Scalar>) -> Traced { a + b.rows }
  /// The element-wise product with constants of the same shape, such as a mask that picks a state.
  public static func * (a: Traced, b: StateArray<Scalar>) -> Traced { a * b.rows }
}
