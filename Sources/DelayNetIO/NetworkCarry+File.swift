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
    monitors: carry.monitors.map(savedMonitor),
    states: carry.state.variables, couplings: carry.history.variables, nodes: carry.state.nodes,
    history: carry.history.columns, monitoredRows: carry.monitored.variables, state: carry.state.values,
    columns: carry.history.values,
    monitored: carry.monitored.values, settings: carry.fingerprint?.settings.map { ($0.name, $0.value) })
}

private func savedMonitor(_ monitor: Monitor) -> SavedMonitor {
  var saved = SavedMonitor(kind: monitor.kind.name, every: monitor.stepsPerColumn, states: monitor.states)
  if monitor.kind.hasInterim { (saved.interim, saved.constants) = (monitor.interimSteps, monitor.constants) }
  if let gain = monitor.gain, monitor.kind.isProjection {
    let reference =
      switch gain.reference {
      case .mean: -1
      case .none: 0
      case .row(let row): row + 1
      }
    saved.gain = SavedGain(rows: gain.rows, nodes: gain.nodes, reference: reference, digest: gain.digest)
  }
  return saved
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
    var made = Monitor(kind, stepsPerColumn: monitor.every, of: monitor.states)
    guard kind.hasInterim == (monitor.interim > 0), kind.isProjection == (monitor.gain != nil) else {
      throw FileName(file: path).error(
        .mismatch, found: "other numbers of a monitor", expected: "those of the kind \(kind.name)")
    }
    made.interimSteps = monitor.interim
    made.constants = monitor.constants
    made.gain = monitor.gain.map {
      .init(
        rows: $0.rows, nodes: $0.nodes,
        reference: $0.reference < 0 ? .mean : $0.reference == 0 ? .none : .row($0.reference - 1), digest: $0.digest)
    }
    monitors.append(made)
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
