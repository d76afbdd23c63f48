extension Sweep {
  /// With which settings a sweep is made, but for its loss: two sweeps of equal fingerprints and losses have the same bits at
  /// every point.
  ///
  /// - Throws: what `Problem.fingerprint()` throws.
  /// - Complexity: O(edges + numbers of noise samples and stimulus).
  public func fingerprint() throws(DelayNetError) -> Fingerprint {
    var settings = try problem.fingerprint().settings
    func add(_ name: String, _ value: String) { settings.append(.init(name: name, value: value)) }
    add("initial", Self.text(problem.initial.values))
    if let history = problem.history { add("history", Self.text(history.values)) }
    add("steps", "\(steps)")
    add("discarded steps", "\(discarding)")
    for axis in axes { add("axis \(axis.name)", Self.text(axis.values)) }
    // The order of the axes is that of the points.
    add("axes", axes.map(\.name).joined(separator: ", "))
    for observable in observables { add("observable \(observable.name)", String(reflecting: observable)) }
    add("outputs", outputs.map { "\($0.name) \($0.rows) x \($0.columns)" }.joined(separator: ", "))
    add("realizations", "\(realizations)")
    add("noise of points", noise == .shared ? "shared" : "own to each")
    return Fingerprint(settings: settings)
  }

  /// "21 values of 0.0 … 1.0, digest 0123456789abcdef".
  private static func text<Number: BinaryFloatingPoint>(_ values: [Number]) -> String {
    var digest = Digest()
    for value in values { digest.add(Double(value)) }
    return "\(values.count) values of \(values.min() ?? 0) … \(values.max() ?? 0), digest \(digest.text)"
  }
}
