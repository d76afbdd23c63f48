extension Ensemble {
  /// The same as ``valuesWithGradients(steps:firstColumn:withRespectTo:from:memory:threads:progress:of:)``, with gradients that end
  /// where windows of steps begin: within a window they are exact, and what happened before it counts as a constant.
  ///
  /// Every step is done twice, and the memory is that of one window.
  ///
  /// - Parameters:
  ///   - window: the steps of a window, a multiple of the first monitor's steps a column, like the steps at which the runs begin.
  /// - Returns: for each member its loss, and a gradient a window, of which the whole is the sum; that by the initial state means
  ///   the state that each window begins with. Windows without a cotangent have none.
  package func truncatedValuesWithGradients(
    steps: Int, window: Int, firstColumn: Int = 0, withRespectTo inputs: Problem<Scalar>.Inputs,
    from carries: [NetworkCarry<Scalar>]? = nil, memory: TapeMemory = .everything, threads: Int = 0,
    progress: ProgressHandler? = nil, of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> [(value: Scalar, gradients: [Problem<Scalar>.Gradient])] {
    var begin: [NetworkCarry<Scalar>] = []
    if let carries { begin = carries } else { for problem in problems { begin.append(try problem.start()) } }
    var windows: [(steps: Int, carries: [NetworkCarry<Scalar>], columns: Range<Int>)] = []
    var series: [[StateArray<Scalar>]] = problems.map { _ in [] }
    var (done, column) = (0, 0)
    while done < steps {
      let count = min(window, steps - done)
      let trajectories = try simulate(steps: count, from: begin, threads: threads, progress: progress)
      let columns = trajectories.first?.columns ?? 0
      windows.append((count, begin, column..<(column + columns)))
      for (r, trajectory) in trajectories.enumerated() { series[r].append(trajectory.series) }
      begin = trajectories.map(\.carry)
      done += count
      column += columns
    }
    var (values, cotangents): ([Scalar], [StateArray<Scalar>]) = ([], [])
    for parts in series {
      let whole = try StateArray(joining: parts)
      guard 0...whole.columns ~= firstColumn else {
        throw .optionOutOfRange(name: "firstColumn", value: Double(firstColumn))
      }
      let call = LossCall([whole.rows.columns(firstColumn..<whole.columns)])
      let traced = try loss(call.leaves[0])
      values.append(traced.value)
      cotangents.append(
        StateArray(variables: whole.variables, nodes: whole.nodes, rows: try call.cotangents(of: traced)[0]))
    }
    var gradients: [[Problem<Scalar>.Gradient]] = problems.map { _ in [] }
    let options = CallOptions(threads: threads, progress: progress)
    let part = share(of: memory)
    for window in windows where window.columns.upperBound > firstColumn {
      let recording = try Recording(arrays(window.steps, window.carries), memory: part, keepsSeries: false, options)
      let first = max(window.columns.lowerBound, firstColumn)
      let own = try recording.pullback(
        cotangents.map { [$0.columns((first - firstColumn)..<(window.columns.upperBound - firstColumn))] },
        firstColumn: first - window.columns.lowerBound, finalStates: cotangents.map { _ in nil }, inputs, options)
      for (r, gradient) in own.enumerated() { gradients[r].append(gradient) }
    }
    return values.indices.map { (value: values[$0], gradients: gradients[$0]) }
  }
}

extension StateArray {
  /// Columns one after the other, of arrays of the same variables and nodes.
  fileprivate init(joining parts: [StateArray]) throws(DelayNetError) {
    let columns = parts.reduce(0) { $0 + $1.columns }
    let all = try StateArray(
      uninitialized: parts.first?.variables ?? 0, parts.first?.nodes ?? 0, columns)
    var next = 0
    for part in parts {
      all.rows.copyRows(from: part.rows, column: 0, to: next, count: part.columns)
      next += part.columns
    }
    self = all
  }
}
