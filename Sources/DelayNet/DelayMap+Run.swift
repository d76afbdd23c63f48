extension DelayMap {
  /// Runs the map over the buffer's noise columns and returns the computed series in their place.
  ///
  /// - Parameters:
  ///   - buffer: history and noise samples, shape (nodes, history + steps), time innermost. A history longer than the
  ///     network's is allowed; only its last columns are read.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the targets; 0 chooses: 1 unless the network is large.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  /// - Returns: the same shape; history columns unchanged.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, the `notFinite…` cases with their location,
  ///   ``DelayNetError/cancelled(steps:)``, ``DelayNetError/outOfMemory``.
  /// - Complexity: O(edges · steps) multiply–adds.
  /// - Postcondition: the same bits for every number of threads, chunking and instruction set.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func run(
    _ buffer: Buffer<Scalar>, weights: [Scalar]? = nil, threads: Int = 0, workspace: Workspace? = nil,
    progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Buffer<Scalar> {
    try run([buffer], weights: weights, CallOptions(threads: threads, workspace: workspace, progress: progress))[0]
  }

  /// Runs the map in place: the noise columns of `buffer` become the series.
  ///
  /// The parameters and errors of ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>``; nothing is
  /// copied unless the buffer's memory is shared. After an error the columns from the first unfinished step on hold no
  /// defined values.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func run(
    into buffer: inout Buffer<Scalar>, weights: [Scalar]? = nil, threads: Int = 0, workspace: Workspace? = nil,
    progress: ProgressHandler? = nil
  ) throws(DelayNetError) {
    try check(buffer, "buffer")
    let weights = try check(weights: weights)
    buffer.makeUnique()
    let options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try weights.withUnsafeBufferPointer { weights throws(DelayNetError) in
      try runOne(primal(input: buffer, output: buffer, weights: weights.baseAddress), options)
    }
    extendLifetime(buffer)
  }

  /// Runs the map in place on memory of the caller's own.
  ///
  /// The parameters and errors of ``run(into:weights:threads:workspace:progress:)``.
  ///
  /// - Parameters:
  ///   - span: history and noise samples, shape (nodes, network.history + steps), row after row.
  ///   - steps: T, the number of noise columns.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func run(
    into span: inout MutableSpan<Scalar>, steps: Int, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) {
    try checkExtent("steps", steps)
    let columns = try sum(network.history, steps)
    guard try span.count == product(network.nodes, columns) else {
      throw .shapeMismatch(name: "span", expected: [network.nodes, columns], found: [span.count])
    }
    let weights = try check(weights: weights)
    let options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try span.withUnsafeMutableBufferPointer { values throws(DelayNetError) in
      try weights.withUnsafeBufferPointer { weights throws(DelayNetError) in
        let series = values.baseAddress.map { $0 + network.history }
        try runOne(
          MapPrimal(
            weights: weights.baseAddress, scale: scaleFactor, noiseGain: noiseGain,
            history: UnsafePointer(values.baseAddress), historyStride: columns,
            noise: UnsafePointer(series), noiseStride: columns, steps: steps, firstStep: 0,
            series: series, seriesStride: columns), options)
      }
    }
  }

  /// Runs one map without any allocation of its own.
  func runOne(
    _ primal: MapPrimal<Scalar>, nextHistory: UnsafeMutablePointer<Scalar>? = nil, nextHistoryStride: Int = 0,
    onStop: (Int) -> Void = { _ in }, _ options: CallOptions
  ) throws(DelayNetError) {
    var result = MapResult(nextHistory: nextHistory, nextHistoryStride: nextHistoryStride)
    let outcome = try options.withC(plan: plan) { options, place in
      withUnsafePointer(to: primal) { primal in
        withUnsafeMutablePointer(to: &result) { result in
          Scalar.kernels.run(
            plan.handle, UnsafeBufferPointer(start: primal, count: 1),
            UnsafeMutableBufferPointer(start: result, count: 1), options, place)
        }
      }
    }
    onStop(result.stepsDone)
    try DelayNet.check(outcome, stepsDone: [result.stepsDone])
  }

  /// Checks the inputs, makes the outputs and runs one map per buffer.
  func run(
    _ buffers: [Buffer<Scalar>], weights: [Scalar]?, _ options: CallOptions
  ) throws(DelayNetError) -> [Buffer<Scalar>] {
    for buffer in buffers { try check(buffer, "buffer") }
    let weights = try check(weights: weights)
    var outputs: [Buffer<Scalar>] = []
    for buffer in buffers {
      let output = try Buffer<Scalar>(uninitialized: buffer.shape)
      output.copyRows(from: buffer, column: 0, to: 0, count: buffer.history)
      outputs.append(output)
    }
    try weights.withUnsafeBufferPointer { weights throws(DelayNetError) in
      let primals = zip(buffers, outputs).map { primal(input: $0, output: $1, weights: weights.baseAddress) }
      try run(primals, options)
    }
    extendLifetime(buffers)
    extendLifetime(outputs)
    return outputs
  }
}
