internal import CKernels

/// What a run returns: a monitor reads some of the states, or of the model's outputs, after every step, and writes a column at every multiple of m
/// steps.
///
///     problem.monitors = [.average(over: 10), .subsample(every: 100, of: ["V"])]
///     problem.monitors = [.bold(.volterra, repetitionTime: 1000), .projection(gain: leadField, every: 40)]
///
/// A run may have several. Columns end at multiples of m counted in absolute steps, however a run is cut. A monitor whose
/// times are in milliseconds becomes one of steps when a run begins: ``Problem/resolvedMonitors()``.
public struct Monitor: Sendable, Hashable {
  /// A kind of monitor: a line of the library's register.
  public struct Kind: Sendable, Hashable, CaseIterable {
    /// What the command line calls it.
    public let name: String
    /// What it does, in a few words.
    public let title: String
    /// The numbers that it keeps for each state and node between steps.
    let memory: Int
    /// Whether it reads interim means, as BOLD does.
    public let hasInterim: Bool
    /// Whether its columns have the rows of a gain matrix instead of nodes.
    public let isProjection: Bool
    /// Its constants, with their defaults.
    public let constants: [NodeModel.Parameter]
    /// Values of the constants that the literature knows by a name.
    public let presets: [Preset]
    let code: dn_monitor_kind

    /// Every kind of the register.
    public static let allCases: [Kind] = (0..<dn_monitor_count()).compactMap(Kind.init)
    /// Column k is s((k + 1)·m).
    public static let subsample = allCases[Int(DN_MONITOR_SUBSAMPLE)]
    /// Column k is the mean of s(k·m + 1) … s((k + 1)·m). Not for periodic states, whose mean over time means nothing.
    public static let average = allCases[Int(DN_MONITOR_AVERAGE)]
    /// Column k is a gain matrix times that mean.
    public static let projection = allCases[Int(DN_MONITOR_PROJECTION)]

    /// Whether they are the same line of the register.
    public static func == (a: Kind, b: Kind) -> Bool { a.code == b.code }
    /// Hashes its number.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// The kind of a name; nil where there is none.
    public static func named(_ name: String) -> Kind? { allCases.first { $0.name == name } }

    init?(_ code: dn_monitor_kind) {
      guard let description = dn_monitor_describe(code)?.pointee else { return nil }
      name = String(cString: description.name)
      title = String(cString: description.title)
      memory = Int(description.memory)
      hasInterim = description.interim != 0
      isProjection = description.projects != 0
      let constants = NodeModel.parameters(description.parameter, description.parameters)
      presets = UnsafeBufferPointer(start: description.preset, count: Int(description.presets)).map {
        Preset(
          name: String(cString: $0.name), source: String(cString: $0.source),
          values: Array(UnsafeBufferPointer(start: $0.values, count: constants.count)))
      }
      self.constants = constants
      self.code = code
    }
  }

  /// Constants of a kind that have a name.
  public struct Preset: Sendable, Hashable {
    /// What the command line calls it.
    public let name: String
    /// The paper, or the program.
    public let source: String
    /// A value for each of the kind's constants.
    public let values: [Double]
  }

  /// What it makes of the states.
  public var kind: Kind
  /// m, the steps of a column.
  public var stepsPerColumn: Int
  /// The names of the states, or of the model's ``NodeModel/outputs``, that it reads, in the order of its rows; nil for all
  /// states.
  public var states: [String]?

  /// BOLD: the steps of an interim mean, of which ``stepsPerColumn`` is a multiple; otherwise 0.
  public var interimSteps = 0
  /// The kind's constants, in its order; empty for their defaults.
  public var constants: [Double] = []
  /// The matrix of a projection.
  public var gain: Gain?
  /// BOLD: milliseconds of a column and of an interim mean, until a run's time step makes steps of them; otherwise nil.
  public internal(set) var duration: Duration?

  /// Lengths in milliseconds.
  public struct Duration: Sendable, Hashable {
    /// Of a column: the repetition time.
    public let column: Double
    /// Of an interim mean.
    public let interim: Double
  }

  /// A monitor of a kind of the register.
  public init(_ kind: Kind, stepsPerColumn: Int, of states: [String]? = nil) {
    self.kind = kind
    self.stepsPerColumn = stepsPerColumn
    self.states = states
  }

  /// The states at every m-th step.
  public static func subsample(every m: Int = 1, of states: [String]? = nil) -> Monitor {
    Monitor(.subsample, stepsPerColumn: m, of: states)
  }
  /// Means over m steps.
  public static func average(over m: Int, of states: [String]? = nil) -> Monitor {
    Monitor(.average, stepsPerColumn: m, of: states)
  }

  /// The number of columns that end in some steps, which are counted from 0; none for a monitor that no run can have.
  public func columns(in steps: Range<Int>) -> Int {
    guard stepsPerColumn >= 1 else { return 0 }
    return max(steps.upperBound, 0) / stepsPerColumn - max(steps.lowerBound, 0) / stepsPerColumn
  }

  /// The rows of a node: how many of the model's states it reads.
  func variables(of states: Int) -> Int { self.states?.count ?? states }
  /// The rows of a state: the sensors of a projection, or the nodes.
  func rows(of nodes: Int) -> Int { kind.isProjection ? gain?.rows ?? 0 : nodes }

  /// What it does, for messages: "means over 10 steps of r, V".
  var text: String {
    var what =
      kind == .average
      ? "means over \(stepsPerColumn) steps" : stepsPerColumn == 1 ? "none" : "every \(stepsPerColumn) steps"
    if kind.hasInterim {
      what = "\(kind.name) every \(stepsPerColumn) steps, of means over \(interimSteps)"
      for (constant, value) in zip(kind.constants, constants) { what += ", \(constant.name) \(value)" }
    }
    if let gain { what = "\(kind.name) of means over \(stepsPerColumn) steps by \(gain.text)" }
    return what + (states.map { " of \($0.joined(separator: ", "))" } ?? "")
  }
}

/// What the monitors of a run keep between its steps: so many rows of nodes.
func monitoredRows(_ monitors: [Monitor], states: Int) -> Int {
  monitors.reduce(0) { $0 + $1.kind.memory * $1.variables(of: states) }
}
