internal import CKernels

/// How blood follows activity: a kind of BOLD with its constants.
///
/// By a kernel h, in seconds, B is the sum of h(k Δ) times the interim mean that lies k of them back, without end: a sum, as in
/// The Virtual Brain and tvboptim, which is twice as large for an interim half as long. The balloon takes an Euler step of
/// the length of an interim mean for each.
public struct HaemodynamicResponse: Sendable, Hashable {
  /// The kind of monitor.
  public let kind: Monitor.Kind
  /// Its constants, in the order of ``Monitor/Kind/constants``.
  public private(set) var constants: [Double]

  /// A kind that reads interim means, with the constants of a preset or their defaults; nil where there is no such kind or
  /// preset.
  public init?(named name: String, preset: String? = nil) {
    guard let kind = Monitor.Kind.named(name), kind.hasInterim else { return nil }
    self.kind = kind
    constants = kind.constants.map(\.defaultValue)
    guard let preset else { return }
    guard let found = kind.presets.first(where: { $0.name == preset }) else { return nil }
    constants = found.values
  }

  private static func registered(_ name: String, _ preset: String? = nil) -> HaemodynamicResponse {
    guard let found = HaemodynamicResponse(named: name, preset: preset) else {
      preconditionFailure("the register has no \(name) \(preset ?? "")")
    }
    return found
  }

  /// The first Volterra kernel of the balloon model (Friston et al. 2000), k₁V₀(Σ h u − 1): what The Virtual Brain takes.
  public static var volterra: HaemodynamicResponse { registered("volterra") }
  /// A gamma function (Boynton et al. 1996).
  public static var gamma: HaemodynamicResponse { registered("gamma") }
  /// A mixture of two gamma functions (Glover 1999).
  public static var mixture: HaemodynamicResponse { registered("mixture") }
  /// A difference of two damped sines (Polonsky et al. 2000).
  public static var doubleExponential: HaemodynamicResponse { registered("double_exponential") }
  /// The balloon model with named constants; the literature's differ by factors of 2 to 6.
  public static func balloon(_ constants: BalloonConstants) -> HaemodynamicResponse {
    registered("balloon", constants.rawValue)
  }

  /// The same with another value of a constant.
  ///
  /// - Throws: ``DelayNetError/unknownParameter(name:model:known:)`` for a constant that it does not have.
  public func setting(_ name: String, to value: Double) throws(DelayNetError) -> HaemodynamicResponse {
    guard let k = kind.constants.firstIndex(where: { $0.name == name }) else {
      throw .unknownParameter(name: name, model: kind.name, known: kind.constants.map(\.name))
    }
    var other = self
    other.constants[k] = value
    return other
  }
}

/// Constants of the balloon model by where they are used.
public enum BalloonConstants: String, Sendable, Hashable, CaseIterable {
  /// Friston et al. (2003); neurolib.
  case friston2003
  /// Stephan et al. (2007); The Virtual Brain.
  case stephan2007
  /// vbjax, which reads 0.65 and 0.41 as times.
  case vbjax
  /// tvboptim, which reads 0.65 and 0.41 as times.
  case tvboptim
}

extension Monitor {
  /// BOLD.
  ///
  /// - Parameters:
  ///   - response: how blood follows activity.
  ///   - repetitionTime: TR, milliseconds from one column to the next, a multiple of `interim`.
  ///   - interim: milliseconds over which the states are averaged before, a multiple of the problem's time step.
  ///   - states: which of the model's states; all unless named.
  public static func bold(
    _ response: HaemodynamicResponse, repetitionTime: Double, interim: Double = 4, of states: [String]? = nil
  ) -> Monitor {
    var monitor = Monitor(response.kind, stepsPerColumn: 0, of: states)
    monitor.constants = response.constants
    monitor.duration = Duration(column: repetitionTime, interim: interim)
    return monitor
  }

  /// BOLD, with its times in steps.
  public static func bold(
    _ response: HaemodynamicResponse, every m: Int, interimSteps: Int, of states: [String]? = nil
  ) -> Monitor {
    var monitor = Monitor(response.kind, stepsPerColumn: m, of: states)
    monitor.constants = response.constants
    monitor.interimSteps = interimSteps
    return monitor
  }

  /// A gain matrix times means over m steps: a lead field of EEG, MEG or sEEG, masks of regions, a global mean.
  ///
  /// - Parameters:
  ///   - gain: shape (sensors, nodes).
  ///   - m: the steps of a column.
  ///   - reference: what is subtracted from every sensor.
  ///   - states: which of the model's states; all unless named.
  public static func projection(
    gain: Matrix<Double>, every m: Int = 1, reference: Gain.Reference = .none, of states: [String]? = nil
  ) -> Monitor {
    var monitor = Monitor(.projection, stepsPerColumn: m, of: states)
    monitor.gain = Gain(gain, reference: reference)
    return monitor
  }

  /// The mean over all nodes of means over m steps, one sensor.
  public static func globalMean(nodes: Int, every m: Int = 1, of states: [String]? = nil) -> Monitor {
    var monitor = Monitor(.projection, stepsPerColumn: m, of: states)
    monitor.gain = Gain(
      rows: 1, nodes: nodes, values: [Double](repeating: 1 / Double(nodes), count: max(nodes, 0)), reference: .none)
    return monitor
  }

  /// A gain matrix and its reference. Two are equal when their sizes, references and digests are.
  public struct Gain: Sendable, Hashable {
    /// What is subtracted from every row.
    public enum Reference: Sendable, Hashable {
      /// Nothing.
      case none
      /// The mean over all rows.
      case mean
      /// One of the rows.
      case row(Int)

      var code: Int {
        switch self {
        case .none: Int(DN_REFERENCE_NONE)
        case .mean: Int(DN_REFERENCE_MEAN)
        // A negative number is none of a row.
        case .row(let row): row < 0 || row == Int.max ? Int.max : row + 1
        }
      }
    }

    /// The number of sensors.
    public let rows: Int
    /// N, the number of nodes.
    public let nodes: Int
    /// What is subtracted.
    public let reference: Reference
    /// The values, row after row; nil where a file has told no more than that there was one.
    public let values: [Double]?
    /// Of the values.
    public let digest: String

    /// A matrix of shape (sensors, nodes).
    public init(_ matrix: Matrix<Double>, reference: Reference = .none) {
      self.init(rows: matrix.rows, nodes: matrix.columns, values: matrix.values, reference: reference)
    }

    init(rows: Int, nodes: Int, values: [Double], reference: Reference) {
      var digest = Digest()
      for value in values { digest.add(value) }
      self.init(rows: rows, nodes: nodes, reference: reference, values: values, digest: digest.text)
    }

    /// What is known of a matrix whose values are not.
    public init(rows: Int, nodes: Int, reference: Reference, digest: String) {
      self.init(rows: rows, nodes: nodes, reference: reference, values: nil, digest: digest)
    }

    private init(rows: Int, nodes: Int, reference: Reference, values: [Double]?, digest: String) {
      (self.rows, self.nodes, self.reference, self.values, self.digest) = (rows, nodes, reference, values, digest)
    }

    /// Whether they are the same matrix and reference.
    public static func == (a: Gain, b: Gain) -> Bool {
      (a.rows, a.nodes, a.reference, a.digest) == (b.rows, b.nodes, b.reference, b.digest)
    }
    /// Hashes sizes, reference and digest.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(rows)
      hasher.combine(nodes)
      hasher.combine(reference)
      hasher.combine(digest)
    }

    var text: String {
      let less =
        switch reference {
        case .none: ""
        case .mean: ", less the mean"
        case .row(let row): ", less row \(row)"
        }
      return "\(rows) × \(nodes) gains\(less), digest \(digest)"
    }
  }

  /// The same monitor in steps of a length in ms.
  func resolved(timeStep: Double) throws(DelayNetError) -> Monitor {
    guard let duration else { return self }
    var monitor = self
    monitor.duration = nil
    let interim = try Self.count(duration.interim, of: timeStep, "interim", "time step")
    let means = try Self.count(duration.column, of: duration.interim, "repetition time", "interim")
    let (steps, overflow) = interim.multipliedReportingOverflow(by: means)
    guard !overflow else { throw .tooLarge }
    (monitor.interimSteps, monitor.stepsPerColumn) = (interim, steps)
    return monitor
  }

  /// How many times a length goes into another, to the rounding of decimal fractions.
  private static func count(
    _ whole: Double, of part: Double, _ name: String, _ unit: String
  ) throws(DelayNetError) -> Int {
    let times = (whole / part).rounded()
    guard whole.isFinite, part > 0, times >= 1, times < 1e15, abs(whole / part - times) <= 1e-9 * times else {
      throw .notMultiple(name: name, value: whole, of: unit, unit: part)
    }
    return Int(times)
  }
}

extension Problem {
  /// The monitors as a run has them: those in milliseconds in steps of ``timeStep``.
  ///
  /// - Throws: ``DelayNetError/notMultiple(name:value:of:unit:)`` for a repetition time that is no multiple of the interim, or an
  ///   interim that is none of the time step.
  public func resolvedMonitors() throws(DelayNetError) -> [Monitor] {
    var list: [Monitor] = []
    for monitor in monitors { list.append(try monitor.resolved(timeStep: timeStep)) }
    return list
  }
}
