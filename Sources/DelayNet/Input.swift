internal import CKernels

/// What a run of a network is made of and may be differentiated by: the register of inputs.
///
/// Checks, gradients, directions, gradient checks and the command go through it; what is known of each input stands below.
public enum Input: String, Sendable, CaseIterable {
  /// The weight of every edge.
  case weights
  /// G.
  case coupling
  /// The parameters of the model, an array each.
  case parameters
  /// The state that the run begins with.
  case initial
  /// The history that the run begins with.
  case history
  /// σ.
  case sigma
  /// The standard normal numbers, drawn or given.
  case noise
  /// u.
  case stimulus
  /// The amplitudes of the stimuli that are switched on and off.
  case amplitudes
  /// The delay of every edge, in steps; only fractional delays have a derivative.
  case delays
  /// The conduction speed of fractional ``Problem/Delays/tracts(lengths:conductionSpeed:fractional:)``, if it is finite.
  case conductionSpeed = "speed"
}

extension Problem {
  /// A gradient: the derivative of a loss with respect to the inputs that were asked for.
  public typealias Gradient = InputValues<Scalar>
  /// A direction in the space of a problem's inputs. What is not set does not change.
  public typealias Tangent = InputValues<Scalar>

  /// What a derivative is taken with respect to. A gradient costs only what is asked for.
  ///
  ///     try problem.valueWithGradient(steps: 1000, withRespectTo: [.weights, .parameter("eta")]) { … }
  public struct Inputs: Sendable, Equatable, ExpressibleByArrayLiteral {
    var inputs: Set<Input>
    var parameters: Set<String> = []
    /// Whatever the problem has.
    var isAll = false

    /// One input.
    public init(_ input: Input) { inputs = [input] }

    /// The union of some inputs.
    public init(arrayLiteral inputs: Inputs...) {
      self.inputs = inputs.reduce(into: []) { $0.formUnion($1.inputs) }
      parameters = inputs.reduce(into: []) { $0.formUnion($1.parameters) }
      isAll = inputs.contains(where: \.isAll)
    }

    /// The weight of every edge.
    public static var weights: Inputs { Inputs(.weights) }
    /// The delay of every edge, in steps; only fractional delays have a derivative.
    public static var delays: Inputs { Inputs(.delays) }
    /// The conduction speed of fractional ``Problem/Delays/tracts(lengths:conductionSpeed:fractional:)``, if it is finite.
    public static var conductionSpeed: Inputs { Inputs(.conductionSpeed) }
    /// G.
    public static var coupling: Inputs { Inputs(.coupling) }
    /// All parameters of the model.
    public static var parameters: Inputs { Inputs(.parameters) }
    /// One parameter of the model.
    public static func parameter(_ name: String) -> Inputs {
      var one: Inputs = []
      one.parameters = [name]
      return one
    }
    /// σ.
    public static var sigma: Inputs { Inputs(.sigma) }
    /// The standard normal numbers, drawn or given.
    public static var noise: Inputs { Inputs(.noise) }
    /// u.
    public static var stimulus: Inputs { Inputs(.stimulus) }
    /// The amplitudes of the stimuli that are switched on and off.
    public static var amplitudes: Inputs { Inputs(.amplitudes) }
    /// The state that the run begins with.
    public static var initial: Inputs { Inputs(.initial) }
    /// The history that the run begins with.
    public static var history: Inputs { Inputs(.history) }
    /// Everything that the problem at hand has and can be differentiated by.
    public static var all: Inputs {
      var all: Inputs = []
      all.isAll = true
      return all
    }
  }

  /// The names of everything that the problem has and can be differentiated by: those of ``Input``, and of the parameters.
  public var differentiableInputs: [String] {
    elements.map { name(of: $0) }
  }

  /// The inputs of the given names; a name that is no input's is taken for a parameter's.
  public static func inputs(named names: some Sequence<String>) -> Inputs {
    names.reduce(into: []) { $0 = [$0, Input(rawValue: $1).map { Inputs($0) } ?? .parameter($1)] }
  }
}

/// Numbers for some of a problem's inputs: a gradient, or a direction.
///
/// An input has the shape that the problem gives it, whichever of the two it is.
public struct InputValues<Scalar: DelayNetScalar>: Sendable, Equatable {
  enum Array: Sendable, Equatable {
    case list([Scalar])
    case states(StateArray<Scalar>)
    case samples(NoiseSamples<Scalar>)
  }
  private var arrays: [Input: Array] = [:]
  private var named = NamedValues<Scalar>()

  /// Numbers for nothing: the direction in which nothing changes.
  public init() {}

  private func list(_ input: Input) -> [Scalar] {
    guard case .list(let values)? = arrays[input] else { preconditionFailure("there is no .\(input)") }
    return values
  }
  private func states(_ input: Input) -> StateArray<Scalar> {
    guard case .states(let values)? = arrays[input] else { preconditionFailure("there is no .\(input)") }
    return values
  }

  /// The weights, in the order of the network's edges, as many as the problem's; see ``Network/matrix(_:)``.
  ///
  /// - Precondition: they were asked for, or set, as with all the others.
  public var weights: [Scalar] {
    get { list(.weights) }
    set { arrays[.weights] = .list(newValue) }
  }
  /// Every edge's delay, in steps; a gradient is per step.
  public var delays: [Scalar] {
    get { list(.delays) }
    set { arrays[.delays] = .list(newValue) }
  }
  /// The conduction speed, in mm/ms; a gradient is per mm/ms.
  public var conductionSpeed: Scalar {
    get { list(.conductionSpeed)[0] }
    set { arrays[.conductionSpeed] = .list([newValue]) }
  }
  /// G.
  public var coupling: Scalar {
    get { list(.coupling)[0] }
    set { arrays[.coupling] = .list([newValue]) }
  }
  /// The model's parameters, by name: one number for a value of all nodes, else one a node.
  public var parameters: NamedValues<Scalar> {
    get { named }
    set { named = newValue }
  }
  /// One parameter: of a gradient, its sum over the nodes where it has the same value at all, else one number a node.
  public func parameter(_ name: String) -> [Scalar] {
    guard let values = named[name]?.values else { preconditionFailure("there is no .parameter(\(name))") }
    return values
  }
  /// σ in the model's order: one number a state, or a state and node, as the problem has it.
  public var sigma: [Scalar] {
    get { list(.sigma) }
    set { arrays[.sigma] = .list(newValue) }
  }
  /// The standard normal numbers of the run's steps.
  public var noise: NoiseSamples<Scalar> {
    get {
      guard case .samples(let values)? = arrays[.noise] else { preconditionFailure("there is no .noise") }
      return values
    }
    set { arrays[.noise] = .samples(newValue) }
  }
  /// The stimulus of the run's steps, shape (states, nodes, steps).
  public var stimulus: StateArray<Scalar> {
    get { states(.stimulus) }
    set { arrays[.stimulus] = .states(newValue) }
  }
  /// The amplitudes of ``Problem/stimuli``, one number a stimulus; of a gradient, the sum over its nodes and onsets.
  public var amplitudes: [Scalar] {
    get { list(.amplitudes) }
    set { arrays[.amplitudes] = .list(newValue) }
  }
  /// The state that the run begins with, shape (states, nodes, 1).
  public var initial: StateArray<Scalar> {
    get { states(.initial) }
    set { arrays[.initial] = .states(newValue) }
  }
  /// The history that the run begins with, shape (coupling variables, nodes, history).
  ///
  /// It counts as an input of its own, also where it was filled in from the initial state.
  public var history: StateArray<Scalar> {
    get { states(.history) }
    set { arrays[.history] = .states(newValue) }
  }

  /// The names of what there is, in the order of ``Input``, the parameters sorted: those of ``Problem/differentiableInputs``.
  public var names: [String] {
    Input.allCases.flatMap { $0 == .parameters ? named.names : arrays[$0] == nil ? [] : [$0.rawValue] }
  }
  /// The numbers of an input or a parameter in one row; nil where there are none.
  public subscript(name: String) -> [Scalar]? {
    guard let input = Input(rawValue: name), input != .parameters else { return named[name]?.values }
    return arrays[input]?.values
  }
  /// The extents of an input or a parameter; none for a single number, nil where there is nothing.
  public func shape(of name: String) -> [Int]? {
    guard let input = Input(rawValue: name), input != .parameters else {
      guard let values = named[name] else { return nil }
      return if case .perNode(let list) = values { [list.count] } else { [] }
    }
    return arrays[input].map { input == .coupling || input == .conductionSpeed ? [] : $0.shape }
  }

  /// One array as it is kept.
  subscript(element: InputElement) -> Array? {
    get { arrays[element.input] }
    set { arrays[element.input] = newValue }
  }
  /// The same, or a parameter's.
  subscript(element: InputElement, name: String) -> Array? {
    element.parameter == nil ? arrays[element.input] : (named[name]?.values).map { .list($0) }
  }

  /// ⟨self, other⟩ over the inputs that both have, in `Double`.
  package func dot(_ other: InputValues) -> Double {
    var sum = 0.0
    for name in names {
      guard let a = self[name], let b = other[name] else { continue }
      for (x, y) in zip(a, b) { sum += Double(x) * Double(y) }
    }
    return sum
  }
}

extension InputValues.Array {
  var values: [Scalar] {
    switch self {
    case .list(let values): values
    case .states(let array): array.values
    case .samples(let samples): samples.values
    }
  }

  /// The extents as the caller knows them.
  var shape: [Int] {
    switch self {
    case .list(let values): [values.count]
    case .states(let array): array.shape
    case .samples(let samples): [samples.steps, samples.states, samples.nodes]
    }
  }

  /// The numbers where they stay: the array's own memory, or a copy of a list.
  func buffer() throws(DelayNetError) -> Buffer<Scalar> {
    switch self {
    case .list(let values): try Buffer(row: values)
    case .states(let array): array.rows
    case .samples(let samples): samples.buffer
    }
  }
}

// ---- What is known of each input ------------------------------------------------------------------------------------

/// What is known of one input of a problem: its value, its shape, and what the kernels' derivatives are of it.
struct InputDescription<Scalar: DelayNetScalar> {
  typealias Arrays = NetworkArrays<Scalar>
  /// How the caller keeps it.
  enum Layout {
    /// So many numbers.
    case list(Int)
    /// (variables, nodes, columns), the variables having names.
    case states([NodeModel.Variable], columns: Int)
    /// (steps, states, nodes).
    case samples
  }

  /// Whether the problem has it, and it a derivative.
  let isThere: (Problem<Scalar>) -> Bool
  /// Its shape in a run.
  let layout: (Arrays) -> Layout
  /// Its value in a run.
  let value: (Arrays) throws -> InputValues<Scalar>.Array
  /// What a fingerprint says of it. A setting that is added later is nil where it changes nothing, so that the carries of
  /// earlier versions still fit.
  var settings: (Problem<Scalar>) -> [(name: String, value: String?)] = { _ in [] }
  /// Gives it another value.
  let set: ([Scalar], Arrays, inout Problem<Scalar>, inout NetworkCarry<Scalar>) throws -> Void
  /// How the kernels' derivatives become its own, where theirs are by other numbers, and back.
  var change: (count: (Arrays) -> Int, pulled: (Arrays, [Scalar]) -> [Scalar], pushed: (Arrays, [Scalar]) -> [Scalar])?
  /// Where an entry is.
  var place: (Arrays, Int) -> String = { _, _ in "" }
}

/// An array of a problem: an input, or one of the model's parameters.
struct InputElement: Hashable {
  let input: Input
  var parameter: Int?

  /// Those of every input, whether a problem has it or not.
  static func all(of model: NodeModel) -> [InputElement] {
    Input.allCases.flatMap { input in
      input == .parameters
        ? model.parameters.indices.map { InputElement(input: input, parameter: $0) } : [InputElement(input: input)]
    }
  }

  /// The input by whose place in their structs the kernels have its derivatives.
  var ofKernels: InputElement { input == .conductionSpeed ? InputElement(input: .delays) : self }
}

extension Problem {
  /// The arrays of everything that the problem has and can be differentiated by, in the order of the register.
  var elements: [InputElement] {
    InputElement.all(of: model).filter { description(of: $0).isThere(self) }
  }

  /// Those that are asked for.
  ///
  /// - Throws: ``DelayNetError/notDifferentiable(_:)``, ``DelayNetError/unknownParameter(name:model:known:)``.
  func elements(_ inputs: Inputs) throws(DelayNetError) -> [InputElement] {
    let all = elements
    var wanted: Set<Int> = []
    for name in inputs.parameters.sorted() { wanted.insert(try model.index(ofParameter: name)) }
    for input in Input.allCases where input != .parameters && inputs.inputs.contains(input) {
      guard all.contains(where: { $0.input == input }) else { throw .notDifferentiable("\(input)") }
    }
    return all.filter { element in
      inputs.isAll || inputs.inputs.contains(element.input) || element.parameter.map(wanted.contains) == true
    }
  }

  /// What an array is called: its input, or its parameter.
  func name(of element: InputElement) -> String {
    element.parameter.map { model.parameters[$0].name } ?? element.input.rawValue
  }

  /// What is known of an array.
  func description(of element: InputElement) -> InputDescription<Scalar> {
    element.parameter.map(description(ofParameter:)) ?? description(of: element.input)
  }

  private func description(of input: Input) -> InputDescription<Scalar> {
    func edge(_ run: NetworkArrays<Scalar>, _ number: Int) -> String {
      let network = run.problem.network
      let edge = network.edge(number % network.edges)
      return "edge \(number % network.edges), \(edge.source) → \(edge.target)"
    }
    func speed(_ problem: Problem) -> Double? {
      if case .tracts(_, let speed, true) = problem.delays, speed.isFinite { speed } else { nil }
    }
    return switch input {
    case .weights:
      InputDescription(
        isThere: { _ in true }, layout: { .list($0.problem.weights.count) }, value: { .list($0.problem.weights) },
        settings: { [("weights", Problem.text($0.weights))] },
        set: { values, _, problem, _ in problem.weights = values }, place: edge)
    case .delays:
      InputDescription(
        isThere: { $0.delays.areFractional }, layout: { .list($0.problem.network.edges) },
        value: { .list($0.problem.delaysInSteps.map { Scalar($0) }) },
        settings: { [("delays", $0.textOfDelays)] },
        set: { values, _, problem, _ in problem = try problem.with(delays: .fractional(values.map { Double($0) })) },
        place: edge)
    case .conductionSpeed:
      // d = length / (speed · dt), so that dd/dspeed = −d / speed.
      InputDescription(
        isThere: { speed($0) != nil }, layout: { _ in .list(1) },
        value: { .list([Scalar(speed($0.problem) ?? 0)]) },
        set: { values, _, problem, _ in problem = try problem.with(conductionSpeed: Double(values[0])) },
        change: (
          count: { $0.problem.network.edges },
          pulled: { run, gradient in
            let speed = speed(run.problem) ?? 0
            return [
              Scalar(zip(run.problem.delaysInSteps, gradient).reduce(0.0) { $0 - $1.0 / speed * Double($1.1) })
            ]
          },
          pushed: { run, change in
            let speed = speed(run.problem) ?? 0
            return run.problem.delaysInSteps.map { Scalar(-$0 / speed) * change[0] }
          }
        ))
    case .coupling:
      InputDescription(
        isThere: { _ in true }, layout: { _ in .list(1) }, value: { .list([$0.problem.coupling]) },
        settings: { [("coupling", "\($0.coupling)")] },
        set: { values, _, problem, _ in problem.coupling = values[0] })
    case .parameters: preconditionFailure("the parameters are an array each")
    case .sigma:
      InputDescription(
        isThere: { $0.hasNoise }, layout: { .list($0.sigma.count) }, value: { .list($0.sigma) },
        settings: { $0.textsOfSigma },
        set: { values, _, problem, _ in problem.sigma = .values(values) })
    case .noise:
      InputDescription(
        isThere: { $0.hasNoise }, layout: { _ in .samples }, value: { .samples(try $0.noiseOfSteps()) },
        settings: { problem in
          let seed = problem.drawnKey.map { "\(UInt64($0.words.x) << 32 | UInt64($0.words.y))" }
          return [("seed", seed), ("noise", problem.textOfNoise)]
        },
        set: { values, run, problem, carry in
          var samples = try NoiseSamples(
            steps: run.steps, states: problem.model.states.count, nodes: problem.nodes, values: values)
          samples.firstStep = carry.step
          problem.noise = .samples(samples)
        })
    case .stimulus:
      InputDescription(
        isThere: { $0.stimulus != nil }, layout: { .states($0.problem.model.states, columns: $0.steps) },
        value: { .states(try $0.stimulusOfSteps()) },
        settings: { problem in
          [("stimulus", problem.stimulus.map { Problem.text($0.rows, from: problem.stimulusFirstStep) })]
        },
        set: { values, run, problem, carry in
          guard var whole = problem.stimulus else { return }
          let moved = try StateArray(variables: whole.variables, nodes: whole.nodes, columns: run.steps, values: values)
          whole.replace(columnsFrom: carry.step - problem.stimulusFirstStep, with: moved)
          problem.stimulus = whole
        })
    case .amplitudes:
      InputDescription(
        isThere: { !$0.stimuli.isEmpty }, layout: { .list($0.problem.stimuli.count) },
        value: { .list($0.problem.stimuli.map(\.amplitude)) },
        settings: { [("pulses", $0.textOfPulses)] },
        set: { values, _, problem, _ in
          for (k, value) in values.enumerated() { problem.stimuli[k].amplitude = value }
        },
        change: (
          count: { $0.pulses.count }, pulled: { $0.problem.perStimulus($1) }, pushed: { $0.problem.perPulse($1) }
        ),
        place: { "stimulus \($1)" })
    case .initial:
      InputDescription(
        isThere: { _ in true }, layout: { .states($0.problem.model.states, columns: 1) },
        value: { .states($0.carry.state) },
        set: { values, _, problem, carry in
          carry.state = try StateArray(variables: carry.state.variables, nodes: problem.nodes, values: values)
        })
    case .history:
      InputDescription(
        isThere: { _ in true }, layout: { .states($0.problem.model.couplings, columns: $0.problem.horizon) },
        value: { .states($0.carry.history) },
        set: { values, _, problem, carry in
          carry.history = try StateArray(
            variables: carry.history.variables, nodes: problem.nodes, columns: carry.history.columns, values: values)
        })
    }
  }

  private func description(ofParameter k: Int) -> InputDescription<Scalar> {
    let (name, initial) = (model.parameters[k].name, Scalar(model.parameters[k].defaultValue))
    return InputDescription(
      isThere: { _ in true }, layout: { .list($0.parameters[k]?.values.count ?? 1) },
      value: { .list($0.parameters[k]?.values ?? [initial]) },
      settings: {
        let value =
          switch $0.parameters[name] {
          case nil: "\(initial)"
          case .uniform(let value): "\(value)"
          case .perNode(let values): Problem.text(values)
          }
        return [("parameter \(name)", value)]
      },
      set: { values, run, problem, _ in
        problem.parameters[name] = (run.parameters[k] ?? .uniform(initial)).with(values)
      },
      place: { "node \($1)" })
  }

  /// Whether σ and noise are inputs.
  private var hasNoise: Bool { noise != .none && sigma != .none }
}
