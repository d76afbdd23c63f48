// The settings that make a run what it is: those of the inputs stand in their register, the others are a line here.

extension Problem {
  /// With which settings a run is made: all that its steps depend on but the carry it begins at.
  ///
  /// Initial state and history are not among them, for a carry holds what became of them; threads, instruction set and
  /// the way a run is cut into chunks are not either, for they do not change its bits.
  ///
  /// - Throws: ``DelayNetError/unknownState(name:model:known:)``, ``DelayNetError/unknownParameter(name:model:known:)``,
  ///   ``DelayNetError/duplicateName(_:)`` or
  ///   ``DelayNetError/shapeMismatch(name:expected:found:)`` for settings that no run could be made with.
  /// - Complexity: O(edges + numbers of noise samples and stimulus).
  public func fingerprint() throws(DelayNetError) -> Fingerprint {
    try parameters.check()
    for name in parameters.names { _ = try model.index(ofParameter: name) }
    _ = try pulses()
    _ = try sigma.resolved(for: model, nodes: nodes)
    var settings: [Fingerprint.Setting] = []
    var resolved = self
    resolved.monitors = try resolvedMonitors()
    for (name, take) in Self.register {
      if let value = take(resolved) { settings.append(.init(name: name, value: value)) }
    }
    for element in InputElement.all(of: model) {
      for (name, value) in description(of: element).settings(self) {
        if let value { settings.append(.init(name: name, value: value)) }
      }
    }
    return Fingerprint(settings: settings)
  }

  /// The settings that are no inputs, and how each is taken.
  ///
  /// A setting that is added later is nil where it changes nothing, so that the carries of earlier versions still fit.
  private static var register: [(name: String, take: (Problem) -> String?)] {
    [
      ("model", { $0.model.name }),
      ("text of the model", { $0.model.textForFingerprint }),
      ("precision", { _ in "float\(MemoryLayout<Scalar>.size * 8)" }),
      ("nodes", { "\($0.nodes)" }),
      ("edges", { $0.network.topology == .dense ? "dense" : Self.text(edgesOf: $0.network) }),
      ("time step", { "\($0.timeStep) ms" }),
      ("scheme", { $0.scheme.name }),
      ("coupling stage", { $0.scheme.stages > 1 ? $0.stage.rawValue : nil }),
      ("coupling kind", { $0.couplingKind.rawValue }),
      ("thinning", { $0.monitors.isEmpty ? "no monitor" : $0.monitors.map(\.text).joined(separator: "; ") }),
    ]
  }

  var drawnKey: RandomKey? {
    guard case .drawn(let key, _) = noise else { return nil }
    return key
  }

  var textOfNoise: String {
    switch noise {
    case .none: "none"
    case .drawn(_, let member): member == 0 ? "drawn" : "drawn for member \(member)"
    case .samples(let samples): Self.text(samples.buffer, from: samples.firstStep)
    }
  }

  var textOfPulses: String? {
    // They were checked before.
    guard let pulses = try? pulses(), !pulses.isEmpty else { return nil }
    var digest = Digest()
    for pulse in pulses {
      digest.add(UInt64(UInt32(bitPattern: pulse.state)) << 32 | UInt64(UInt32(bitPattern: pulse.node)))
      digest.add(UInt64(bitPattern: pulse.begin))
      digest.add(UInt64(bitPattern: pulse.end))
      digest.add(Double(pulse.amplitude))
    }
    return "\(pulses.count), digest \(digest.text)"
  }

  var textOfDelays: String {
    guard case .network = delays else { return Self.text(delaysInSteps) + (delays.areFractional ? ", fractional" : "") }
    return Self.text(network.delays.lazy.map { Double($0) })
  }

  /// σ of each state; 0 without noise.
  var textsOfSigma: [(name: String, value: String?)] {
    // They were checked before.
    let sigma = (try? sigma.resolved(for: model, nodes: nodes)) ?? []
    let width = max(sigma.count / max(model.states.count, 1), sigma.isEmpty ? 0 : 1)
    return model.states.enumerated().map { s, state in
      ("sigma of \(state.name)", sigma.isEmpty ? "0.0" : Self.text(sigma[s * width..<(s + 1) * width]))
    }
  }

  /// "7056 values of 0.1 … 3.0, digest 0123456789abcdef", or just the number where there is one and the same everywhere.
  static func text<Number: BinaryFloatingPoint>(_ values: some Collection<Number>) -> String {
    guard let first = values.first else { return "no values" }
    var (digest, least, most, count) = (Digest(), first, first, 0)
    for value in values {
      digest.add(Double(value))
      (least, most, count) = (min(least, value), max(most, value), count + 1)
    }
    if least == most, values.allSatisfy({ $0 == first }) { return "\(first)" }
    return "\(count) values of \(least) … \(most), digest \(digest.text)"
  }

  /// The text of numbers that belong to absolute steps.
  static func text(_ values: Buffer<Scalar>, from step: Int) -> String {
    "from step \(step), " + values.withUnsafeBufferPointer { "\(text($0)) (\($0.count))" }
  }

  private static func text(edgesOf network: Network<Scalar>) -> String {
    guard case .edges(let sources, let targets) = network.topology else { return "dense" }
    var digest = Digest()
    for (source, target) in zip(sources, targets) {
      digest.add(UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: target)))
    }
    return "\(sources.count), digest \(digest.text)"
  }
}
