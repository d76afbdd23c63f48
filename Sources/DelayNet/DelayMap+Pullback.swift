extension DelayMap {
  /// The gradient of a loss with respect to the inputs that were asked for.
  public struct Gradient: Sendable {
    /// What was asked for.
    public let inputs: Inputs
    let bufferGradient: Buffer<Scalar>?
    let weightGradient: [Scalar]?
    let scaleGradient: Scalar?
    let noiseGainGradient: Scalar?

    /// With respect to the input buffer, history and noise samples; its shape.
    ///
    /// - Precondition: `.buffer` was asked for.
    public var buffer: Buffer<Scalar> { asked(bufferGradient, "buffer") }
    /// With respect to the weights, in the order of the network's edges; see ``Network/matrix(_:)``.
    ///
    /// - Precondition: `.weights` were asked for.
    public var weights: [Scalar] { asked(weightGradient, "weights") }
    /// With respect to the scale factor.
    ///
    /// - Precondition: `.scale` was asked for.
    public var scale: Scalar { asked(scaleGradient, "scale") }
    /// With respect to the noise gain.
    ///
    /// - Precondition: `.noiseGain` was asked for.
    public var noiseGain: Scalar { asked(noiseGainGradient, "noiseGain") }
  }

  /// Runs the map and returns, with its output, the function that pulls a cotangent of the output back to the inputs.
  ///
  /// The errors of ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>``.
  ///
  /// - Parameters:
  ///   - buffer: history and noise samples, shape (nodes, history + steps).
  ///   - inputs: what the pullback's gradient contains.
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the work; 0 chooses.
  /// - Returns: the output buffer, and a pullback that may be called any number of times; it takes a cotangent of the
  ///   output's shape, whose history columns are passed through, since the output's history is the input's.
  /// - Complexity: the run costs what ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>`` costs and keeps
  ///   its input and output; the pullback about as much for `.buffer`, and as much again for the weights.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func runWithPullback(
    _ buffer: Buffer<Scalar>, withRespectTo inputs: Inputs = .buffer, weights: [Scalar]? = nil, threads: Int = 0
  ) throws(DelayNetError) -> (
    value: Buffer<Scalar>, pullback: @Sendable (Buffer<Scalar>) throws(DelayNetError) -> Gradient
  ) {
    let output = try run(buffer, weights: weights, threads: threads)
    let map = self
    return (
      output,
      { (cotangent: Buffer<Scalar>) throws(DelayNetError) -> Gradient in
        try map.pullback(
          at: buffer, output: output, cotangent: cotangent, withRespectTo: inputs, weights: weights, threads: threads)
      }
    )
  }

  /// Pulls a cotangent of a finished run's output back to its inputs.
  ///
  /// - Parameters:
  ///   - buffer: the run's input.
  ///   - output: what the run returned.
  ///   - cotangent: of the output, the same shape.
  ///   - inputs: what the gradient contains.
  ///   - weights: those of the run.
  ///   - threads: as for ``run(_:weights:threads:workspace:progress:)->Buffer<Scalar>``, like `workspace` and
  ///     `progress`.
  ///   - workspace: memory to reuse.
  ///   - progress: called at block ends.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``,
  ///   ``DelayNetError/notFiniteCotangent(run:node:step:)``, ``DelayNetError/cancelled(steps:)`` without steps.
  /// - Postcondition: exactly zero for a cotangent of zeros.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func pullback(
    at buffer: Buffer<Scalar>, output: Buffer<Scalar>, cotangent: Buffer<Scalar>,
    withRespectTo inputs: Inputs = .buffer, weights: [Scalar]? = nil, threads: Int = 0,
    workspace: Workspace? = nil, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Gradient {
    let options = CallOptions(threads: threads, workspace: workspace, progress: progress)
    return Gradient(
      try pullback(at: [buffer], outputs: [output], cotangents: [cotangent], inputs, weights: weights, options))
  }

  /// One vector–Jacobian product per run; gradients of what the runs share are summed in the order of the runs.
  func pullback(
    at buffers: [Buffer<Scalar>], outputs: [Buffer<Scalar>], cotangents: [Buffer<Scalar>], _ inputs: Inputs,
    weights: [Scalar]?, _ options: CallOptions
  ) throws(DelayNetError) -> EnsembleGradient {
    guard outputs.count == buffers.count, cotangents.count == buffers.count else {
      throw .shapeMismatch(
        name: "cotangents", expected: [buffers.count], found: [min(outputs.count, cotangents.count)])
    }
    for r in buffers.indices {
      try check(buffers[r], "buffer")
      try check(outputs[r], "output", is: buffers[r].shape)
      try check(cotangents[r], "cotangent", is: buffers[r].shape)
    }
    let weights = try check(weights: weights)
    let (runs, edges) = (buffers.count, network.edges)

    // Where the gradients of each run go; a group of runs shares one scratch array for those of the weights.
    var gradients: [Buffer<Scalar>]?
    if inputs.contains(.buffer) {
      gradients = []
      for cotangent in cotangents { gradients?.append(try Self.passingHistory(cotangent)) }
    }
    var scales = inputs.contains(.scale) ? [Scalar](repeating: 0, count: runs) : []
    var gains = inputs.contains(.noiseGain) ? [Scalar](repeating: 0, count: runs) : []
    var sum = inputs.contains(.weights) ? [Scalar](repeating: 0, count: edges) : []
    let group = inputs.contains(.weights) ? min(runs, Self.runsSharingScratch(edges: edges)) : runs

    var first = 0
    while first < runs {
      let members = first..<min(first + group, runs)
      var scratch = inputs.contains(.weights) ? [Scalar](repeating: 0, count: members.count * edges) : []
      let outcome = try weights.withUnsafeBufferPointer { weights throws(DelayNetError) in
        try scratch.withUnsafeMutableBufferPointer { scratch throws(DelayNetError) in
          try scales.withUnsafeMutableBufferPointer { scales throws(DelayNetError) in
            try gains.withUnsafeMutableBufferPointer { gains throws(DelayNetError) in
              let primals = members.map {
                primal(input: buffers[$0], output: outputs[$0], weights: weights.baseAddress)
              }
              let cotangents = members.map { r in
                let stride = buffers[r].columns
                let unread = buffers[r].history - network.history
                return MapCotangent<Scalar>(
                  series: UnsafePointer(cotangents[r].base + buffers[r].history), seriesStride: stride,
                  history: gradients.map { $0[r].base + unread }, historyStride: stride,
                  noise: gradients.map { $0[r].base + buffers[r].history }, noiseStride: stride,
                  weights: inputs.contains(.weights)
                    ? scratch.baseAddress.map { $0 + (r - members.lowerBound) * edges } : nil,
                  scale: inputs.contains(.scale) ? scales.baseAddress.map { $0 + r } : nil,
                  noiseGain: inputs.contains(.noiseGain) ? gains.baseAddress.map { $0 + r } : nil)
              }
              return try primals.withUnsafeBufferPointer { primals throws(DelayNetError) in
                try cotangents.withUnsafeBufferPointer { cotangents throws(DelayNetError) in
                  try options.withC(plan: plan) { options, place in
                    Scalar.kernels.vjp(plan.handle, primals, cotangents, options, place)
                  }
                }
              }
            }
          }
        }
      }
      try DelayNet.check(outcome)
      if inputs.contains(.weights) {
        if runs == 1 { sum = scratch } else { Self.add(scratch, to: &sum) }
      }
      first = members.upperBound
    }
    extendLifetime((buffers, outputs))
    extendLifetime((cotangents, gradients))
    return EnsembleGradient(
      inputs: inputs, bufferGradients: gradients, weightGradient: inputs.contains(.weights) ? sum : nil,
      scaleGradient: inputs.contains(.scale) ? scales.reduce(0, +) : nil,
      noiseGainGradient: inputs.contains(.noiseGain) ? gains.reduce(0, +) : nil)
  }

  /// A buffer to add gradients into: the output's history is the input's, so its cotangent passes through.
  private static func passingHistory(_ cotangent: Buffer<Scalar>) throws(DelayNetError) -> Buffer<Scalar> {
    let gradient = try Buffer<Scalar>(uninitialized: cotangent.shape)
    gradient.copyRows(from: cotangent, column: 0, to: 0, count: cotangent.history)
    gradient.clearRows(from: cotangent.history, count: cotangent.steps)
    return gradient
  }

  /// How many runs may each have an array of weight gradients at a time: 64 MB of them, and at least one per thread.
  private static func runsSharingScratch(edges: Int) -> Int {
    max(64 << 20 / max(edges * MemoryLayout<Scalar>.stride, 1), Runtime.availableThreads)
  }

  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func add(_ scratch: [Scalar], to sum: inout [Scalar]) {
    let edges = sum.count
    guard edges > 0 else { return }
    for r in 0..<(scratch.count / edges) {
      for e in 0..<edges { sum[e] += scratch[r * edges + e] }
    }
  }
}

extension DelayMap.Gradient {
  /// The gradient of an ensemble of one run.
  init(_ gradient: DelayMap.EnsembleGradient) {
    self.init(
      inputs: gradient.inputs, bufferGradient: gradient.bufferGradients?[0], weightGradient: gradient.weightGradient,
      scaleGradient: gradient.scaleGradient, noiseGainGradient: gradient.noiseGainGradient)
  }
}

/// The part of a gradient that was computed; asking for another one is a mistake in the program.
func asked<Value>(_ value: Value?, _ name: String) -> Value {
  guard let value else { preconditionFailure("withRespectTo: did not ask for .\(name)") }
  return value
}
