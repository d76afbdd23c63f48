internal import CKernels

/// The equations of a node: states, coupling variables and parameters with their papers.
///
///     for model in NodeModel.all { print(model.name, model.parameters.map(\.name)) }
///
/// They are from the library's register, or from a text: ``init(text:)``.
public struct NodeModel: Sendable {
  /// A state, a coupling variable or an output.
  public struct Variable: Sendable, Equatable {
    /// The name, in ASCII.
    public let name: String
    /// The unit; empty for a pure number.
    public let unit: String
    /// What it stands for, in a few words.
    public let meaning: String
    /// The range that a state is clamped to after each stage; infinite where it is not.
    public let bounds: ClosedRange<Double>
    /// The usual range of initial values; nil for what is no state.
    public let initialRange: ClosedRange<Double>?
    /// Whether it is an angle in radians, which runs keep in −π ..< π. Such a state cannot be averaged over time.
    public let isPeriodic: Bool
    /// Of a model that was read from a text, as it is written there: a state's derivative, what a coupling variable sends, the
    /// expression of an output. Nil where the equations are kernels of the library's own.
    public let expression: String?
  }

  /// A parameter.
  public struct Parameter: Sendable, Equatable {
    /// The name, in ASCII.
    public let name: String
    /// The letter that the paper uses.
    public let symbol: String
    /// The unit; empty for a pure number.
    public let unit: String
    /// What it stands for, in a few words.
    public let meaning: String
    /// The value that holds unless another is given.
    public let defaultValue: Double
    /// The usual range; not enforced. Infinite where there is none.
    public let range: ClosedRange<Double>
  }

  /// What the command line calls it.
  public let name: String
  /// What people call it.
  public let title: String
  /// The paper that the equations are from.
  public let source: String
  /// The states of a node, in the order of all arrays.
  public let states: [Variable]
  /// What a node's edges carry to others, in the order of a history.
  public let couplings: [Variable]
  /// The parameters.
  public let parameters: [Parameter]
  /// What monitors can read beside the states, by name: functions of states and parameters.
  public let outputs: [Variable]
  /// The model as text. Of a model of the register, ``init(text:)`` makes the same equations of it again.
  public let text: String?
  // Unchecked: nobody writes to it. A constant of the C library, or alive as long as `parsed` is.
  nonisolated(unsafe) let handle: UnsafePointer<dn_model>
  /// What was read from a text; nil for entries of the register.
  let parsed: ParsedModel?

  /// Every model of the register.
  public static let all: [NodeModel] = (0..<dn_model_count()).compactMap { dn_model_at($0).map(NodeModel.init) }

  /// The model of a name; nil where there is none.
  public static func named(_ name: String) -> NodeModel? { all.first { $0.name == name } }

  init(_ handle: UnsafePointer<dn_model>) { self.init(handle, parsed: nil) }

  init(_ handle: UnsafePointer<dn_model>, parsed: ParsedModel?) {
    self.handle = handle
    self.parsed = parsed
    let model = handle.pointee
    func list<C, Element>(_ items: UnsafePointer<C>?, _ count: Int32, _ convert: (C) -> Element) -> [Element] {
      UnsafeBufferPointer(start: items, count: Int(count)).map(convert)
    }
    func text(_ characters: UnsafePointer<CChar>?) -> String { characters.map { String(cString: $0) } ?? "" }
    func range(_ low: Double, _ high: Double) -> ClosedRange<Double> { low...max(low, high) }
    func variable(_ variable: dn_model_variable) -> Variable {
      let (low, high) = (variable.initial_low, variable.initial_high)
      return Variable(
        name: text(variable.name), unit: text(variable.unit), meaning: text(variable.meaning),
        bounds: range(variable.lower, variable.upper),
        initialRange: low.isNaN || high.isNaN ? nil : range(low, high), isPeriodic: variable.periodic != 0,
        expression: variable.expression.map { String(cString: $0) })
    }
    name = text(model.name)
    title = text(model.title)
    source = text(model.source)
    states = list(model.state, model.states, variable)
    couplings = list(model.coupling, model.couplings, variable)
    parameters = Self.parameters(model.parameter, model.parameters)
    outputs = list(model.output, model.outputs, variable)
    self.text = parsed?.text ?? model.text.map { String(cString: $0) }
  }

  static func parameters(_ items: UnsafePointer<dn_model_parameter>?, _ count: Int32) -> [Parameter] {
    UnsafeBufferPointer(start: items, count: Int(count)).map {
      Parameter(
        name: String(cString: $0.name), symbol: String(cString: $0.symbol), unit: String(cString: $0.unit),
        meaning: String(cString: $0.meaning), defaultValue: $0.value, range: $0.lowest...max($0.lowest, $0.highest))
    }
  }

  func index(ofState name: String) throws(DelayNetError) -> Int {
    guard let index = states.firstIndex(where: { $0.name == name }) else { throw unknownState(name) }
    return index
  }

  /// The number by which monitors know a state, or behind the states an output.
  func index(ofReadable name: String) throws(DelayNetError) -> Int {
    guard let index = readable.firstIndex(where: { $0.name == name }) else {
      throw .unknownState(name: name, model: self.name, known: parsed == nil ? [] : readable.map(\.name))
    }
    return index
  }

  func index(ofParameter name: String) throws(DelayNetError) -> Int {
    guard let index = parameters.firstIndex(where: { $0.name == name }) else { throw unknownParameter(name) }
    return index
  }

  /// The error of a name that no state has.
  package func unknownState(_ name: String) -> DelayNetError {
    .unknownState(name: name, model: self.name, known: parsed == nil ? [] : states.map(\.name))
  }

  /// The error of a name that no parameter has.
  package func unknownParameter(_ name: String) -> DelayNetError {
    .unknownParameter(name: name, model: self.name, known: parsed == nil ? [] : parameters.map(\.name))
  }
}

extension NodeModel {
  /// What a monitor can read by name: the states, then the outputs.
  public var readable: [Variable] { states + outputs }
}

extension NodeModel: Hashable {
  /// Whether two are the same entry of the register, or were read from the same text.
  public static func == (a: NodeModel, b: NodeModel) -> Bool {
    guard let (one, other) = a.parsed.flatMap({ one in b.parsed.map { (one, $0) } }) else {
      return (a.parsed == nil) == (b.parsed == nil) && a.name == b.name
    }
    return one === other || a.text == b.text
  }
  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension NodeModel {
  private static func registered(_ name: String) -> NodeModel {
    guard let model = named(name) else { preconditionFailure("the register has no model \(name)") }
    return model
  }

  /// The linear model, an Ornstein–Uhlenbeck process at each node.
  public static var linear: NodeModel { registered("linear") }
  /// The normal form of a Hopf bifurcation, Stuart and Landau's oscillator.
  public static var stuartLandau: NodeModel { registered("stuart_landau") }
  /// Kuramoto's phase oscillator: the delayed sin(θ_j − θ_i) in two coupling variables.
  public static var kuramoto: NodeModel { registered("kuramoto") }
  /// The exact mean field of quadratic integrate-and-fire neurons by Montbrió, Pazó and Roxin (2015).
  public static var montbrioPazoRoxin: NodeModel { registered("mpr") }
  /// The reduced mean field of Wong and Wang (2006), as in Deco et al. (2013).
  public static var wongWang: NodeModel { registered("wong_wang") }
  /// Wilson and Cowan's excitatory and inhibitory populations (1972).
  public static var wilsonCowan: NodeModel { registered("wilson_cowan") }
  /// Jansen and Rit's cortical column (1995).
  public static var jansenRit: NodeModel { registered("jansen_rit") }
}
