extension Ensemble {
  /// Runs every member and returns, for each, the value of a loss of its own columns and the loss's gradient.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps each.
  ///   - firstColumn: the first monitor's columns before it are not passed to the loss and have no cotangent.
  ///   - inputs: what the gradients contain.
  ///   - carries: where each begins; at its initial state unless given.
  ///   - memory: how much the gradient may take; each member gets its part of it.
  ///   - threads: at most this many share the members; 0 means all processors.
  ///   - progress: called now and then, for the runs and then for the gradients.
  ///   - loss: called once a member, with the rows and columns of its first monitor.
  /// - Throws: what ``valueWithGradient(steps:withRespectTo:from:memory:threads:progress:of:)`` throws.
  package func valuesWithGradients(
    steps: Int, firstColumn: Int = 0, withRespectTo inputs: Problem<Scalar>.Inputs,
    from carries: [NetworkCarry<Scalar>]? = nil, memory: TapeMemory = .everything, threads: Int = 0,
    progress: ProgressHandler? = nil, of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> [(value: Scalar, gradient: Problem<Scalar>.Gradient)] {
    let options = CallOptions(threads: threads, progress: progress)
    let recording = try Recording(arrays(steps, carries), memory: share(of: memory), options)
    var (values, cotangents): ([Scalar], [[StateArray<Scalar>?]]) = ([], [])
    for trajectory in recording.trajectories {
      let series = try trajectory.series.rest(from: firstColumn)
      let call = LossCall([series.rows])
      let traced = try loss(call.leaves[0])
      let cotangent = try call.cotangents(of: traced)[0]
      values.append(traced.value)
      cotangents.append([StateArray(variables: series.variables, nodes: series.nodes, rows: cotangent)])
    }
    let gradients = try recording.pullback(
      cotangents, firstColumn: firstColumn, finalStates: cotangents.map { _ in nil }, inputs, options)
    return Array(zip(values, gradients)).map { (value: $0.0, gradient: $0.1) }
  }

  /// The same values without gradients.
  package func values(
    steps: Int, firstColumn: Int = 0, from carries: [NetworkCarry<Scalar>]? = nil, threads: Int = 0,
    progress: ProgressHandler? = nil, of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> [Scalar] {
    var values: [Scalar] = []
    for trajectory in try simulate(steps: steps, from: carries, threads: threads, progress: progress) {
      let call = LossCall([try trajectory.series.rest(from: firstColumn).rows])
      values.append(try call.value(of: loss(call.leaves[0])))
    }
    return values
  }
}

extension StateArray {
  /// The columns from one on.
  fileprivate func rest(from first: Int) throws(DelayNetError) -> StateArray {
    guard 0...columns ~= first else { throw .optionOutOfRange(name: "firstColumn", value: Double(first)) }
    return first == 0 ? self : self.columns(first..<columns)
  }
}

extension TracedScalar {
  /// What a loss makes of a matrix, and the mistakes that it finds in it.
  ///
  /// - Throws: the loss's mistake, what the loss throws.
  package static func evaluate(
    on matrix: Matrix<Double>, _ loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar
  ) throws(DelayNetError) -> Scalar {
    let call = LossCall([Buffer<Scalar>(filledWith: matrix)])
    return try call.value(of: loss(call.leaves[0]))
  }
}
