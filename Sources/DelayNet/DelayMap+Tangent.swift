extension DelayMap {
  /// A direction in the space of the map's inputs. What is nil or 0 does not change.
  public struct Tangent: Sendable {
    /// The change of the input buffer, its shape.
    public var buffer: Buffer<Scalar>?
    /// The change of every weight, in the order of the network's edges.
    public var weights: [Scalar]?
    /// The change of the scale factor.
    public var scale: Scalar
    /// The change of the noise gain.
    public var noiseGain: Scalar

    /// A direction with the given parts.
    public init(
      buffer: Buffer<Scalar>? = nil, weights: [Scalar]? = nil, scale: Scalar = 0, noiseGain: Scalar = 0
    ) {
      self.buffer = buffer
      self.weights = weights
      self.scale = scale
      self.noiseGain = noiseGain
    }
  }

  /// Runs the map and returns, with its output, the derivative of the output along a direction.
  ///
  /// The errors of ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>``.
  ///
  /// - Parameters:
  ///   - buffer: history and noise samples, shape (nodes, history + steps).
  ///   - direction: a change of any of the inputs.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  /// - Returns: the output and its tangent, both of the buffer's shape; the tangent's history columns are the direction's.
  /// - Throws: also ``DelayNetError/notFiniteTangent(run:node:step:)``.
  /// - Complexity: about two runs for a direction of the buffer, about three with the weights.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func jvp(
    at buffer: Buffer<Scalar>, along direction: Tangent, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> (value: Buffer<Scalar>, tangent: Buffer<Scalar>) {
    if let change = direction.buffer { try check(change, "direction", is: buffer.shape) }
    if let change = direction.weights { _ = try check(weights: change) }
    var options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try options.takeWorkspace()
    defer { options.giveWorkspaceBack() }
    let output = try run([buffer], weights: weights, options)[0]
    let weights = try check(weights: weights)

    let tangent = try Buffer<Scalar>(uninitialized: buffer.shape)
    if let change = direction.buffer {
      tangent.copyRows(from: change, column: 0, to: 0, count: buffer.history)
    } else {
      tangent.clearRows(from: 0, count: buffer.history)
    }
    let outcome = try weights.withUnsafeBufferPointer { weights throws(DelayNetError) in
      try (direction.weights ?? []).withUnsafeBufferPointer { weightChange throws(DelayNetError) in
        let primal = primal(input: buffer, output: output, weights: weights.baseAddress)
        let (stride, change) = (buffer.columns, direction.buffer?.base)
        let part = MapTangent<Scalar>(
          weights: direction.weights == nil ? nil : weightChange.baseAddress,
          scale: direction.scale, noiseGain: direction.noiseGain,
          history: change.map { UnsafePointer($0 + (buffer.history - network.history)) }, historyStride: stride,
          noise: change.map { UnsafePointer($0 + buffer.history) }, noiseStride: stride,
          series: tangent.base + buffer.history, seriesStride: stride)
        return try options.withC(plan: plan) { options, place in
          withUnsafePointer(to: primal) { primal in
            withUnsafePointer(to: part) { part in
              Scalar.kernels.jvp(
                plan.handle, UnsafeBufferPointer(start: primal, count: 1),
                UnsafeBufferPointer(start: part, count: 1), options, place)
            }
          }
        }
      }
    }
    extendLifetime((buffer, output))
    extendLifetime((tangent, direction))
    try DelayNet.check(outcome)
    return (output, tangent)
  }

  /// Runs the map and returns, with its output, the derivative of the output along a change of the input buffer.
  ///
  /// As ``jvp(at:along:weights:threads:workspace:progress:)`` with a direction that changes the buffer only.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func jvp(
    at buffer: Buffer<Scalar>, along direction: Buffer<Scalar>, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> (value: Buffer<Scalar>, tangent: Buffer<Scalar>) {
    try jvp(
      at: buffer, along: Tangent(buffer: direction), weights: weights, threads: threads, workspace: workspace,
      progress: progress)
  }
}
