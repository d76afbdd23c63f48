import DelayNet

// SavedCarry.swift says what the bytes are.

extension NetworkCarry {
  /// Reads a carry that ``write(to:)`` saved.
  ///
  /// - Parameter path: a regular file.
  /// - Throws: ``FileError``: `system` if it cannot be opened or read; `malformed`, `truncated`, `unsupported` or
  ///   `mismatch` with the offset of the first byte that is wrong, or that starts the part whose checksum is. Sizes are
  ///   held against the file's own before memory is asked for. Any single damaged byte and any cut is found.
  public init(path: String) throws(FileError) {
    // Both numbers that a carry may have are also elements of arrays.
    if Scalar.self == Float.self {
      self = try networkCarry(SavedCarry<Float>(path: path), path) as! NetworkCarry
    } else {
      self = try networkCarry(SavedCarry<Double>(path: path), path) as! NetworkCarry
    }
  }

  /// Saves the carry, so that a run can be resumed later, bit for bit.
  ///
  /// - Parameter path: the file to make or to replace. The bytes go to a temporary file beside it, which takes the name
  ///   once it is complete and on the disk: whoever is interrupted leaves the old file as it was.
  /// - Throws: ``FileError`` of kind `system` if the file cannot be written; `invalidValue` for a model whose name has
  ///   more than 56 bytes, a negative goal, or a fingerprint whose settings have no name, a tab or a line feed.
  /// - Postcondition: equal carries give equal bytes.
  public func write(to path: String) throws(FileError) {
    let bytes = try encoded(FileName(file: path))
    try writeFile(path) { descriptor, name throws(FileError) in
      try bytes.span.withUnsafeBytes { bytes throws(FileError) in try writeBytes(bytes, to: descriptor, name) }
      try synchronize(descriptor, name)
    }
  }

  private func encoded(_ name: FileName) throws(FileError) -> [UInt8] {
    if let single = self as? NetworkCarry<Float> { return try savedCarry(single).encoded(name) }
    return try savedCarry(self as! NetworkCarry<Double>).encoded(name)
  }
}

private func savedCarry<Scalar: DelayNetScalar & NPYElement>(_ carry: NetworkCarry<Scalar>) -> SavedCarry<Scalar> {
  SavedCarry(
    model: carry.model, step: carry.step, goal: carry.goal ?? 0,
    monitors: carry.monitors.map { .init(kind: $0.kind.name, every: $0.stepsPerColumn, states: $0.states) },
    states: carry.state.variables, couplings: carry.history.variables, nodes: carry.state.nodes,
    history: carry.history.columns, monitoredRows: carry.monitored.variables, state: carry.state.values,
    columns: carry.history.values,
    monitored: carry.monitored.values, settings: carry.fingerprint?.settings.map { ($0.name, $0.value) })
}

private func networkCarry<Scalar: DelayNetScalar & NPYElement>(
  _ saved: SavedCarry<Scalar>, _ path: String
) throws(FileError) -> NetworkCarry<Scalar> {
  var monitors: [Monitor] = []
  for monitor in saved.monitors {
    guard let kind = Monitor.Kind.named(monitor.kind) else {
      throw FileName(file: path).error(
        .unsupported, found: "the monitor \(monitor.kind)",
        expected: "one of \(Monitor.Kind.allCases.map(\.name).joined(separator: ", "))")
    }
    monitors.append(Monitor(kind, stepsPerColumn: monitor.every, of: monitor.states))
  }
  do throws(DelayNetError) {
    return try NetworkCarry(
      model: saved.model, step: saved.step,
      state: StateArray(variables: saved.states, nodes: saved.nodes, values: saved.state),
      history: StateArray(
        variables: saved.couplings, nodes: saved.nodes, columns: saved.history, values: saved.columns),
      monitors: monitors,
      monitored: StateArray(variables: saved.monitoredRows, nodes: saved.nodes, values: saved.monitored),
      goal: saved.goal == 0 ? nil : saved.goal,
      fingerprint: saved.settings.map { Fingerprint(settings: $0.map { .init(name: $0.name, value: $0.value) }) })
  } catch {
    throw FileName(file: path).error(.mismatch, found: "\(error)", expected: "a carry")
  }
}
