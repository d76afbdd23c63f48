extension DelayMap {
  /// The gradient of a loss over an ensemble of runs.
  public struct EnsembleGradient: Sendable {
    /// What was asked for.
    public let inputs: Inputs
    let bufferGradients: [Buffer<Scalar>]?
    let weightGradient: [Scalar]?
    let scaleGradient: Scalar?
    let noiseGainGradient: Scalar?

    /// With respect to each run's input buffer.
    ///
    /// - Precondition: `.buffer` was asked for.
    public var buffers: [Buffer<Scalar>] { asked(bufferGradients, "buffer") }
    /// With respect to the weights, which all runs share: summed over the runs, in the order of the network's edges.
    ///
    /// - Precondition: `.weights` were asked for.
    public var weights: [Scalar] { asked(weightGradient, "weights") }
    /// With respect to the scale factor, summed over the runs.
    ///
    /// - Precondition: `.scale` was asked for.
    public var scale: Scalar { asked(scaleGradient, "scale") }
    /// With respect to the noise gain, summed over the runs.
    ///
    /// - Precondition: `.noiseGain` was asked for.
    public var noiseGain: Scalar { asked(noiseGainGradient, "noiseGain") }
  }

  /// Runs the map over many buffers, each independent of the others, one run a thread.
  ///
  /// - Parameters:
  ///   - buffers: each of shape (nodes, history + steps); their steps may differ.
  ///   - weights: instead of the network's, for all runs.
  ///   - threads: at most this many share the runs; 0 means all processors.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends, counting the steps of all runs together.
  /// - Returns: one output a buffer.
  /// - Throws: what the `run` of one buffer throws, naming the run.
  /// - Postcondition: each output has the bits of a run by itself.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func run(
    _ buffers: [Buffer<Scalar>], weights: [Scalar]? = nil, threads: Int = 0, workspace: Workspace? = nil,
    progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> [Buffer<Scalar>] {
    try run(
      buffers, weights: weights, CallOptions(threads: threads, workspace: workspace, progress: progress))
  }

  /// Runs the map over many buffers and returns, with the outputs, the function that pulls their cotangents back.
  ///
  /// The errors of the ensemble's `run`.
  ///
  /// - Parameters:
  ///   - buffers: each of shape (nodes, history + steps).
  ///   - inputs: what the pullback's gradient contains.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  /// - Returns: one output a buffer, and a pullback that takes one cotangent an output.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func runWithPullback(
    _ buffers: [Buffer<Scalar>], withRespectTo inputs: Inputs = .buffer, weights: [Scalar]? = nil,
    threads: Int = 0
  ) throws(DelayNetError) -> (
    values: [Buffer<Scalar>], pullback: @Sendable ([Buffer<Scalar>]) throws(DelayNetError) -> EnsembleGradient
  ) {
    let outputs = try run(buffers, weights: weights, threads: threads)
    let map = self
    return (
      outputs,
      { (cotangents: [Buffer<Scalar>]) throws(DelayNetError) -> EnsembleGradient in
        try map.pullback(
          at: buffers, outputs: outputs, cotangents: cotangents, inputs, weights: weights,
          CallOptions(threads: threads))
      }
    )
  }
}
