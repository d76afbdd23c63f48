/// Where a chunked run stands: the last columns of its series, and how many steps it has taken.
///
/// A carry is an ordinary value: store it to continue later, copy it to continue in two ways.
public struct Carry<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// The columns before the next step, shape (nodes, history + 0).
  public internal(set) var history: Buffer<Scalar>
  /// The absolute number of the next step.
  public internal(set) var step: Int

  /// A carry that starts from a buffer's history columns; its step columns are not looked at.
  ///
  /// - Parameters:
  ///   - buffer: its history columns are taken.
  ///   - step: the absolute number of the first step to come.
  public init(history buffer: Buffer<Scalar>, step: Int = 0) {
    history = buffer.steps == 0 ? buffer : buffer.columns(0..<buffer.history, history: buffer.history)
    self.step = step
  }
}

extension DelayMap {
  /// Runs the next chunk and returns its series; the carry moves on by the chunk's steps.
  ///
  /// - Parameters:
  ///   - carry: where the run stands; after an error or a cancellation, the last finished step.
  ///   - noise: the chunk's noise samples, shape (nodes, 0 + steps).
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: as for ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>``, like `workspace` and
  ///     `progress`.
  ///   - workspace: memory to reuse.
  ///   - progress: called at block ends.
  /// - Returns: the chunk's series, shape (nodes, 0 + steps).
  /// - Throws: what ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>`` throws, with absolute steps as
  ///   locations; ``DelayNetError/cancelled(steps:)`` counts the steps of this chunk.
  /// - Postcondition: the same bits as one run over all chunks.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func advance(
    _ carry: inout Carry<Scalar>, noise: Buffer<Scalar>, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Buffer<Scalar> {
    var series = try Buffer<Scalar>(uninitialized: noise.shape)
    try advance(
      &carry, noise: noise, into: &series, weights: weights, threads: threads, workspace: workspace,
      progress: progress)
    return series
  }

  /// Runs the next chunk and fills in its series; the carry moves on by the chunk's steps.
  ///
  /// The parameters and errors of ``advance(_:noise:weights:threads:workspace:progress:)``; in a loop with one workspace
  /// nothing is allocated after the first chunk. After a cancellation the finished steps are in `series`, and to continue
  /// with the noise from there gives the bits of an uninterrupted run.
  ///
  /// - Parameters:
  ///   - carry: where the run stands; moves on by the chunk's steps.
  ///   - noise: the chunk's noise samples, shape (nodes, 0 + steps).
  ///   - series: shape (nodes, 0 + steps), overwritten.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func advance(
    _ carry: inout Carry<Scalar>, noise: Buffer<Scalar>, into series: inout Buffer<Scalar>,
    weights: [Scalar]? = nil, threads: Int = 0, workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) {
    try check(noise, "noise", is: BufferShape(unchecked: network.nodes, 0, noise.steps))
    try check(series, "series", is: noise.shape)
    let options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try advance(&carry, noise: noise.base, series: &series, weights: weights, options)
    extendLifetime(noise)
  }

  /// Runs the next chunk in place: the noise samples in `buffer` become its series.
  ///
  /// The parameters and errors of ``advance(_:noise:weights:threads:workspace:progress:)``; in a loop with one workspace
  /// nothing is allocated after the first chunk.
  ///
  /// - Parameters:
  ///   - carry: where the run stands; moves on by the chunk's steps.
  ///   - buffer: noise samples in, series out, shape (nodes, 0 + steps). After a cancellation the columns from the
  ///     first unfinished step on hold no defined values.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func advance(
    _ carry: inout Carry<Scalar>, into buffer: inout Buffer<Scalar>, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) {
    try check(buffer, "buffer", is: BufferShape(unchecked: network.nodes, 0, buffer.steps))
    let options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try advance(&carry, noise: nil, series: &buffer, weights: weights, options)
  }

  /// Runs the next chunk without noise: every sample is 0.
  ///
  /// The errors of ``advance(_:noise:weights:threads:workspace:progress:)``.
  ///
  /// - Parameters:
  ///   - carry: where the run stands; moves on by the chunk's steps.
  ///   - steps: how many steps the chunk has.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func advance(
    _ carry: inout Carry<Scalar>, steps: Int, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Buffer<Scalar> {
    var series = try Buffer<Scalar>(nodes: network.nodes, history: 0, steps: steps)
    try advance(
      &carry, into: &series, weights: weights, threads: threads, workspace: workspace, progress: progress)
    return series
  }

  /// Runs the next chunk in place on memory of the caller's own.
  ///
  /// The errors of ``advance(_:into:weights:threads:workspace:progress:)``.
  ///
  /// - Parameters:
  ///   - history: the columns before the chunk in, those before the next chunk out; shape (nodes, network.history).
  ///   - step: the absolute number of the chunk's first step in, of the next chunk's out.
  ///   - series: noise samples in, series out; shape (nodes, steps).
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  ///   - workspace: memory to reuse; nil makes some for this call.
  ///   - progress: called at block ends.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func advance(
    history: inout MutableSpan<Scalar>, step: inout Int, into series: inout MutableSpan<Scalar>,
    weights: [Scalar]? = nil, threads: Int = 0, workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) {
    let nodes = network.nodes
    guard try history.count == product(nodes, network.history) else {
      throw .shapeMismatch(name: "history", expected: [nodes, network.history], found: [history.count])
    }
    let steps = nodes == 0 ? 0 : series.count / nodes
    guard series.count == nodes * steps else {
      throw .shapeMismatch(name: "series", expected: [nodes, steps], found: [series.count])
    }
    let options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    try history.withUnsafeMutableBufferPointer { history throws(DelayNetError) in
      try series.withUnsafeMutableBufferPointer { series throws(DelayNetError) in
        try advance(
          history: history.baseAddress, step: &step, noise: series.baseAddress, series: series.baseAddress,
          steps: steps, weights: weights, options)
      }
    }
  }

  /// One chunk; noise nil means that the samples are where the series goes.
  private func advance(
    _ carry: inout Carry<Scalar>, noise: UnsafeMutablePointer<Scalar>?, series: inout Buffer<Scalar>,
    weights: [Scalar]?, _ options: CallOptions
  ) throws(DelayNetError) {
    try check(carry.history, "carry")
    carry.dropOldest(keeping: network.history)
    carry.history.makeUnique()
    series.makeUnique()
    var step = carry.step
    defer { carry.step = step }
    try advance(
      history: carry.history.base, step: &step, noise: noise ?? series.base, series: series.base,
      steps: series.steps, weights: weights, options)
    extendLifetime(carry)
    extendLifetime(series)
  }

  private func advance(
    history: UnsafeMutablePointer<Scalar>?, step: inout Int, noise: UnsafeMutablePointer<Scalar>?,
    series: UnsafeMutablePointer<Scalar>?, steps: Int, weights: [Scalar]?, _ options: CallOptions
  ) throws(DelayNetError) {
    let weights = try check(weights: weights)
    let first = step
    guard first >= 0, !first.addingReportingOverflow(steps).overflow else {
      throw .optionOutOfRange(name: "step", value: Double(first))
    }
    try weights.withUnsafeBufferPointer { weights throws(DelayNetError) in
      try runOne(
        MapPrimal(
          weights: weights.baseAddress, scale: scaleFactor, noiseGain: noiseGain,
          history: UnsafePointer(history), historyStride: network.history,
          noise: UnsafePointer(noise), noiseStride: steps, steps: steps, firstStep: first,
          series: series, seriesStride: steps),
        nextHistory: history, nextHistoryStride: network.history, onStop: { step = first + $0 }, options)
    }
  }
}

extension Carry {
  mutating func dropOldest(keeping columns: Int) {
    if history.history > columns {
      history = history.columns((history.history - columns)..<history.history, history: columns)
    }
  }
}
