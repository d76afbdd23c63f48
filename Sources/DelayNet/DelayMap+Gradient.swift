extension DelayMap {
  /// Runs the map and returns the value of a loss of its output and the loss's gradient.
  ///
  ///     let (loss, gradient) = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }
  ///     gradient.buffer                                           // ∂loss/∂buffer, history and noise samples
  ///
  /// - Parameters:
  ///   - buffer: history and noise samples, shape (nodes, history + steps).
  ///   - inputs: what the gradient contains; it costs only what is asked for.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: as for ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>``, like `workspace` and
  ///     `progress`.
  ///   - workspace: memory to reuse.
  ///   - progress: called at block ends of the run, then of the gradient.
  ///   - loss: called once with the output; returns the loss as an expression of it.
  /// - Returns: the loss's value and its gradient.
  /// - Throws: what ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>`` throws;
  ///   ``DelayNetError/shapeMismatch(name:expected:found:)`` also for buffers in the loss;
  ///   ``DelayNetError/foreignTraced`` for a loss that uses an output of another call;
  ///   ``DelayNetError/notFiniteCotangent(run:node:step:)``.
  /// - Complexity: two runs for `.buffer`, about three with the weights, and the loss.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func valueWithGradient(
    at buffer: Buffer<Scalar>, withRespectTo inputs: Inputs = .buffer, weights: [Scalar]? = nil,
    threads: Int = 0, workspace: Workspace? = nil, progress: ProgressHandler? = nil,
    of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> (value: Scalar, gradient: Gradient) {
    var options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try options.takeWorkspace()
    defer { options.giveWorkspaceBack() }
    let outputs = try run([buffer], weights: weights, options)
    let call = LossCall(outputs)
    let traced = try loss(call.leaves[0])
    let gradient = try pullback(
      at: [buffer], outputs: outputs, cotangents: call.cotangents(of: traced), inputs, weights: weights, options)
    return (traced.value, Gradient(gradient))
  }

  /// Runs the map over many buffers and returns the value of one loss of all outputs and the loss's gradient.
  ///
  /// The errors are those of one run, naming the run; one run a thread.
  ///
  /// - Parameters:
  ///   - buffers: each of shape (nodes, history + steps).
  ///   - inputs: what the gradient contains.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  ///   - loss: called once with all outputs, in the order of the buffers.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func valueWithGradient(
    at buffers: [Buffer<Scalar>], withRespectTo inputs: Inputs = .buffer, weights: [Scalar]? = nil,
    threads: Int = 0, workspace: Workspace? = nil, progress: ProgressHandler? = nil,
    of loss: ([Traced<Scalar>]) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> (value: Scalar, gradient: EnsembleGradient) {
    var options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try options.takeWorkspace()
    defer { options.giveWorkspaceBack() }
    let outputs = try run(buffers, weights: weights, options)
    let call = LossCall(outputs)
    let traced = try loss(call.leaves)
    let gradient = try pullback(
      at: buffers, outputs: outputs, cotangents: call.cotangents(of: traced), inputs, weights: weights, options)
    return (traced.value, gradient)
  }

  /// Runs the map and returns the value of a loss of its output, without a gradient.
  ///
  /// The parameters and errors are those of the gradient.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func value(
    at buffer: Buffer<Scalar>, weights: [Scalar]? = nil, threads: Int = 0, workspace: Workspace? = nil,
    progress: ProgressHandler? = nil, of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> Scalar {
    var options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try options.takeWorkspace()
    defer { options.giveWorkspaceBack() }
    let call = LossCall(try run([buffer], weights: weights, options))
    return try call.value(of: loss(call.leaves[0]))
  }
}
