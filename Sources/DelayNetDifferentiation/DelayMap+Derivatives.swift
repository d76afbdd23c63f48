extension DelayMap {
  /// The output of a run, to be differentiated with respect to the buffer.
  ///
  ///     let (loss, gradient) = valueWithGradient(at: buffer) { b in
  ///       (map.differentiableRun(b) - target).squared().sum()
  ///     }
  ///     gradient.buffer(of: buffer.shape)                           // ∂loss/∂buffer, history and noise samples
  ///
  /// It computes what `run` computes, but does not throw. Where `run` would, because the numbers left the finite ones, the
  /// task was cancelled or memory ran out, every step of the output is NaN and every value of its gradient; where only
  /// `pullback` would, the gradient is. `run` and `pullback` at the same inputs say why.
  ///
  /// - Parameters:
  ///   - buffer: history and noise samples, shape (nodes, history + steps).
  ///   - threads: at most this many share the targets; 0 chooses.
  ///   - workspace: memory to reuse, by the gradient too; nil makes some for each call.
  /// - Returns: the same shape; history columns unchanged.
  /// - Precondition: the buffer has the network's nodes and at least its history, the workspace is one of the map's plan
  ///   that no other call has.
  /// - Complexity: a run, and as much again for the gradient.
  /// - Postcondition: output and gradient have the bits of `run` and `pullback`.
  public func differentiableRun(
    _ buffer: Buffer<Scalar>, threads: Int = 0, workspace: Workspace? = nil
  ) -> Buffer<Scalar> {
    output(buffer, network.weights, threads, workspace).value
  }

  /// The output of a run with other weights than the network's, to be differentiated with respect to buffer and weights.
  ///
  ///     let slope = gradient(at: weights) { w in map.differentiableRun(buffer, weights: w).squared().mean() }
  ///
  /// As the function without weights; a gradient costs only what it is taken with respect to.
  ///
  /// - Parameters:
  ///   - buffer: history and noise samples, shape (nodes, history + steps).
  ///   - weights: instead of the network's, in the order of its edges.
  ///   - threads: at most this many share the targets; 0 chooses.
  ///   - workspace: memory to reuse, by the gradient too; nil makes some for each call.
  /// - Returns: the same shape; history columns unchanged.
  /// - Precondition: as without weights; there is one weight for every edge.
  /// - Complexity: a run; a run more for the gradient with respect to either argument, about two for both.
  public func differentiableRun(
    _ buffer: Buffer<Scalar>, weights: [Scalar], threads: Int = 0, workspace: Workspace? = nil
  ) -> Buffer<Scalar> {
    output(buffer, weights, threads, workspace).value
  }

  private func output(
    _ buffer: Buffer<Scalar>, _ weights: [Scalar], _ threads: Int, _ workspace: Workspace?
  ) -> (value: Buffer<Scalar>, failed: Bool) {
    do throws(DelayNetError) {
      return (try run(buffer, weights: weights, threads: threads, workspace: workspace), false)
    } catch {
      Self.stop(at: error)
      var steps = buffer
      for i in 0..<buffer.nodes { for t in 0..<buffer.steps { steps[node: i, step: t] = .nan } }
      return (steps, true)
    }
  }

  /// Runs the map; the pullback's gradient is nil when either of the two failed.
  private func outputWithPullback(
    _ buffer: Buffer<Scalar>, _ inputs: Inputs, _ weights: [Scalar], _ threads: Int, _ workspace: Workspace?
  ) -> (value: Buffer<Scalar>, pullback: (Buffer<Scalar>.TangentVector) -> Gradient?) {
    let (output, failed) = output(buffer, weights, threads, workspace)
    return (
      output,
      { v in
        if failed { return nil }
        do throws(DelayNetError) {
          return try pullback(
            at: buffer, output: output, cotangent: v.buffer(of: output.shape), withRespectTo: inputs,
            weights: weights, threads: threads, workspace: workspace)
        } catch {
          Self.stop(at: error)
          return nil
        }
      }
    )
  }

  /// Ends the program at a mistake that is in the program, not in the numbers.
  private static func stop(at error: DelayNetError) {
    switch error {
    case .shapeMismatch, .optionOutOfRange, .foreignWorkspace, .inUse, .unexpected: fatalError(error.description)
    default: break
    }
  }
}

// ---- The derivatives: the explicit pullback, registered with the language --------------------------------------------
//
// One for each set of inputs that a loss may depend on, so that a gradient costs only what is asked for.

extension DelayMap {
  @derivative(of: differentiableRun(_:threads:workspace:), wrt: buffer)
  @usableFromInline
  func vjpRun(
    _ buffer: Buffer<Scalar>, threads: Int, workspace: Workspace?
  ) -> (value: Buffer<Scalar>, pullback: (Buffer<Scalar>.TangentVector) -> Buffer<Scalar>.TangentVector) {
    vjpRun(buffer, weights: network.weights, threads: threads, workspace: workspace)
  }

  @derivative(of: differentiableRun(_:weights:threads:workspace:), wrt: buffer)
  @usableFromInline
  func vjpRun(
    _ buffer: Buffer<Scalar>, weights: [Scalar], threads: Int, workspace: Workspace?
  ) -> (value: Buffer<Scalar>, pullback: (Buffer<Scalar>.TangentVector) -> Buffer<Scalar>.TangentVector) {
    let (output, pullback) = outputWithPullback(buffer, .buffer, weights, threads, workspace)
    return (output, { v in v.isEmpty ? .zero : bufferTangent(pullback(v), buffer.shape) })
  }

  private func bufferTangent(_ gradient: Gradient?, _ shape: BufferShape) -> Buffer<Scalar>.TangentVector {
    gradient.map { .init($0.buffer) } ?? .init(repeating: .nan, shape)
  }
}

extension DelayMap where Scalar: Differentiable, Scalar.TangentVector == Scalar {
  @derivative(of: differentiableRun(_:weights:threads:workspace:), wrt: weights)
  @usableFromInline
  func vjpRunOfWeights(
    _ buffer: Buffer<Scalar>, weights: [Scalar], threads: Int, workspace: Workspace?
  ) -> (value: Buffer<Scalar>, pullback: (Buffer<Scalar>.TangentVector) -> [Scalar].TangentVector) {
    let (output, pullback) = outputWithPullback(buffer, .weights, weights, threads, workspace)
    return (output, { v in v.isEmpty ? .zero : weightTangent(pullback(v)) })
  }

  @derivative(of: differentiableRun(_:weights:threads:workspace:), wrt: (buffer, weights))
  @usableFromInline
  func vjpRunOfBufferAndWeights(
    _ buffer: Buffer<Scalar>, weights: [Scalar], threads: Int, workspace: Workspace?
  ) -> (
    value: Buffer<Scalar>,
    pullback: (Buffer<Scalar>.TangentVector) -> (Buffer<Scalar>.TangentVector, [Scalar].TangentVector)
  ) {
    let (output, pullback) = outputWithPullback(buffer, [.buffer, .weights], weights, threads, workspace)
    return (
      output,
      { v in
        if v.isEmpty { return (.zero, .zero) }
        let gradient = pullback(v)
        return (bufferTangent(gradient, buffer.shape), weightTangent(gradient))
      }
    )
  }

  private func weightTangent(_ gradient: Gradient?) -> [Scalar].TangentVector {
    .init(gradient?.weights ?? [Scalar](repeating: .nan, count: network.edges))
  }
}
