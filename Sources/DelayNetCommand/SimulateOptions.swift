import ArgumentParser
import DelayNet
import DelayNetIO

/// The options of `delaynet simulate` that say which network is simulated, with which model, and how.
struct SimulateOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The nodes' model: a name that `delaynet models` lists, or a file with a model as text, such as mine.model.",
      valueName: "name"))
  var model: String

  @OptionGroup(title: "Connectome")
  var connectome: ConnectomeOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Weights of a dense network, shape (N, N), row = target, column = source; a weight of 0 is an edge, too.",
      valueName: "W.npy"))
  var weights: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Delays of the dense network in steps, shape (N, N).", valueName: "D.npy"))
  var delays: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("A made-up connectome of so many regions, determined by --seed.", valueName: "N"))
  var synthetic: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("A connectome's conduction speed in mm/ms; inf for no delays. (default: 3)", valueName: "speed"))
  var speed: Double?

  @Flag(name: .long, help: "Do not round delays to steps; then --gradients holds those of delays and speed.")
  var fractionalDelays = false

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("The time step in ms.", valueName: "ms"))
  var timeStep = 0.1

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("How long to simulate, in ms.", valueName: "ms"))
  var duration: Double?

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Instead: how many steps to simulate.", valueName: "T"))
  var steps: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("G, what every sum over edges is multiplied with.", valueName: "G"))
  var coupling = 1.0

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      How strong the noise is: one number for all states, or some by name, r=0.01,V=0.02; a .npy file has one a node, \
      V=V.npy. (default: no noise)
      """, valueName: "sigma"))
  var sigma: SigmaArgument?

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A parameter of the model: a number, or a .npy file of one a node. May be repeated.", valueName: "name=value"))
  var set: [Assignment] = []

  @Option(name: .long, help: "The scheme of the steps.")
  var scheme = Scheme.heun

  @Option(name: .long, help: "What Heun's second stage is coupled to: aware, or frozen as in The Virtual Brain.")
  var couplingStage = CouplingStage.aware

  @Option(
    name: .long,
    help: "What nodes are coupled to: linear, sum w y_j(t - d), or difference, sum w (y_j(t - d) - y_i(t)).")
  var couplingKind = CouplingKind.linear

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The key of everything that is drawn: noise, initial states, a synthetic connectome.", valueName: "S"))
  var seed: UInt64 = 0

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Standard normal numbers for this run's steps, shape (T, S, N), instead of drawing them.", valueName: "Z.npy"))
  var noise: String?

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      Numbers added to the drift of every state in this run's steps, shape (S, N, T); or a stimulus that is switched on and \
      off: region=12,onset=500,length=100,amplitude=0.1,state=r, times in ms from step 0, regions by number or label. region \
      and onset may be given several times, for all regions at all onsets; state may be left out for the first. The option may \
      be repeated.
      """, valueName: "U.npy|…"))
  var stimulus: [StimulusArgument] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The state at step 0, shape (S, N). (default: drawn from the model's usual ranges)", valueName: "X0.npy"))
  var initial: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      Coupling variables before step 0, shape (C, N, H), oldest first, H at least the longest delay. \
      (default: a past that stood still at the initial state)
      """, valueName: "Y.npy"))
  var history: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "float or double. (default: double if one of the given arrays is, else float)", valueName: "type"))
  var precision: PrecisionArgument?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Threads; 0 leaves the choice to the library. The results have the same bits with any number.", valueName: "K"))
  var threads = 0

  @Option(
    name: .long,
    help: ArgumentHelp("The kernels' instruction set; the results have the same bits with any.", valueName: "set"))
  var isa: InstructionSetArgument = .auto

  /// The files that these options name.
  var inputFiles: [NamedFile] {
    CommandFiles.named([
      "--weights": weights, "--delays": delays, "--noise": noise, "--stimulus": stimulusFile, "--initial": initial,
      "--history": history,
    ]) + NodeModel.inputFile(model) + connectome.inputFiles
      + set.filter { Double($0.text) == nil }.map { NamedFile(option: "--set", path: $0.text) }
      + (sigma?.paths ?? []).map { NamedFile(option: "--sigma", path: $0) }
  }

  func validate() throws {
    let model = try NodeModel.requiredInOptions(model)
    let isDense = weights != nil || delays != nil
    let sources = [isDense, connectome.isGiven, synthetic != nil].count { $0 }
    guard sources > 0 else {
      throw ValidationError(
        "Which network? Give --connectome, --weights-file and --lengths-file, --weights and --delays, or --synthetic.")
    }
    guard sources == 1 else {
      throw ValidationError(
        "One network at a time: --connectome, --weights-file, --weights and --delays, or --synthetic.")
    }
    if isDense {
      guard weights != nil else { throw ValidationError("--delays needs --weights beside it.") }
      guard delays != nil || connectome.noDelays else {
        throw ValidationError("--weights needs --delays beside it, or --no-delays.")
      }
      if delays != nil, connectome.noDelays { throw ValidationError("--delays or --no-delays, not both.") }
      if speed != nil { throw ValidationError("--speed belongs to a connectome; --delays are in steps already.") }
    }
    try DelayNetCommand.validate(speed: speed)
    guard timeStep > 0, timeStep.isFinite else {
      throw ValidationError("--time-step must be a positive number of ms, not \(timeStep).")
    }
    if let synthetic, synthetic < 1 { throw ValidationError("--synthetic must be at least 1, not \(synthetic).") }
    guard duration == nil || steps == nil else {
      throw ValidationError("How long? Give either --duration in ms or --steps.")
    }
    if let duration, !(duration >= 0 && duration.isFinite) {
      throw ValidationError("--duration must be a number of ms from 0 on, not \(duration).")
    }
    if let duration, duration / timeStep >= 9e18 {
      throw ValidationError("--duration \(duration) is more steps of \(timeStep) ms than can be counted.")
    }
    if let steps, steps < 0 { throw ValidationError("--steps must be at least 0, not \(steps).") }
    guard coupling.isFinite else { throw ValidationError("--coupling must be a finite number.") }
    if let model, case .states(let named) = sigma {
      for name in named.keys where !model.states.contains(where: { $0.name == name }) {
        throw ValidationError(
          "--sigma: \(model.name) has no state \(name); it has \(model.states.map(\.name).joined(separator: ", ")).")
      }
    }
    for argument in stimulus {
      if case .malformed(let text, let reason) = argument { throw ValidationError("--stimulus \(text): \(reason).") }
      if let model, case .pulses(let pulses) = argument, let state = pulses.state,
        !model.states.contains(where: { $0.name == state })
      {
        throw ValidationError(
          "--stimulus: \(model.name) has no state \(state); it has \(model.states.map(\.name).joined(separator: ", "))."
        )
      }
    }
    guard stimulus.count(where: \.isFile) <= 1 else {
      throw ValidationError("--stimulus takes one file of numbers for every step.")
    }
    var seen: Set<String> = []
    for assignment in set {
      if let model, !model.parameters.contains(where: { $0.name == assignment.name }) {
        let there = model.parameters.map(\.name).joined(separator: ", ")
        throw ValidationError("--set: \(model.name) has no parameter \(assignment.name); it has \(there).")
      }
      guard seen.insert(assignment.name).inserted else {
        throw ValidationError("--set \(assignment.name) is there twice.")
      }
    }
    if noise != nil, sigma == nil { throw ValidationError("--noise needs --sigma to say how strong it is.") }
    try DelayNetCommand.validate(threads: threads)
  }

  /// The file of numbers for every step.
  var stimulusFile: String? {
    for case .file(let path) in stimulus { return path }
    return nil
  }

  /// The stimuli that are switched on and off.
  func stimuli<Scalar>(in loaded: LoadedNetwork<Scalar>) throws -> [Stimulus<Scalar>] {
    try stimulus.compactMap { argument in
      guard case .pulses(let pulses) = argument else { return nil }
      return try pulses.stimulus(in: loaded, timeStep: timeStep)
    }
  }

  /// How many steps to take, if that was said.
  var stepCount: Int? { steps ?? duration.map { Int(($0 / timeStep).rounded()) } }

  var source: NetworkSource {
    NetworkSource(
      weights: weights, delays: delays, connectome: connectome, synthetic: synthetic, speed: speed ?? 3,
      timeStep: timeStep, seed: seed, isFractional: fractionalDelays)
  }
}

/// Element types by the names of the command line.
enum PrecisionArgument: String, ExpressibleByArgument, CaseIterable {
  case float, double, float32, float64

  var isDouble: Bool { self == .double || self == .float64 }
}

/// The schemes by the names of the register.
extension Scheme: ExpressibleByArgument {
  /// The scheme of a name.
  public init?(argument: String) {
    guard let scheme = Scheme.named(argument) else { return nil }
    self = scheme
  }

  /// The names for the help.
  public static var allValueStrings: [String] { allCases.map(\.name) }
  /// Its name.
  public var defaultValueDescription: String { name }
}

extension CouplingStage: ExpressibleByArgument {}
extension CouplingKind: ExpressibleByArgument {}

/// The argument of `--sigma`.
enum SigmaArgument: ExpressibleByArgument {
  case all(Double)
  /// By state, each a number or a file of one a node.
  case states([String: Value])

  enum Value {
    case number(Double)
    case file(String)
  }

  init?(argument: String) {
    if let number = Double(argument) {
      guard number.isFinite else { return nil }
      self = .all(number)
      return
    }
    var named: [String: Value] = [:]
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty else { return nil }
      let value: Value
      if let number = Double(sides[1]), number.isFinite {
        value = .number(number)
      } else if sides[1].hasSuffix(".npy") {
        value = .file(String(sides[1]))
      } else {
        return nil
      }
      guard named.updateValue(value, forKey: String(sides[0])) == nil else { return nil }
    }
    self = .states(named)
  }

  /// The files that are named.
  var paths: [String] {
    guard case .states(let named) = self else { return [] }
    return named.sorted { $0.key < $1.key }.compactMap { if case .file(let path) = $0.value { path } else { nil } }
  }

  func sigma<Scalar: DelayNetScalar & NPYElement>(nodes: Int) throws -> Sigma<Scalar> {
    switch self {
    case .all(let value): return .all(try finite(value, "--sigma"))
    case .states(let named):
      return .states(
        try NamedValues(
          named.reduce(into: [:]) { values, entry in
            values[entry.key] =
              switch entry.value {
              case .number(let number): .uniform(try finite(number, "--sigma \(entry.key)"))
              case .file(let path):
                .perNode(try DelayNetCommand.numbers(in: path, shape: [nodes], as: Scalar.self))
              }
          }))
    }
  }
}

/// The argument of `--set`.
struct Assignment: ExpressibleByArgument {
  let name: String
  let text: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
    name = String(argument[..<sign])
    text = String(argument[argument.index(after: sign)...])
    guard Double(text)?.isFinite == true || text.hasSuffix(".npy") else { return nil }
  }

  func values<Scalar: DelayNetScalar & NPYElement>(nodes: Int) throws -> NodeValues<Scalar> {
    if let number = Double(text) { return .uniform(try finite(number, "--set \(name)")) }
    return .perNode(try DelayNetCommand.numbers(in: text, shape: [nodes], as: Scalar.self))
  }
}

/// The argument of `--memory`: bytes, with kB, MB, GB or KiB, MiB, GiB.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let units: [(String, Double)] = [
      ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("b", 1),
    ]
    let text = argument.lowercased()
    let unit = units.first { text.hasSuffix($0.0) }
    guard let number = Double(text.dropLast(unit?.0.count ?? 0)), number > 0 else { return nil }
    guard let bytes = Int(exactly: (number * (unit?.1 ?? 1)).rounded()), bytes > 0 else { return nil }
    self.bytes = bytes
  }
}

extension DelayNetCommand {
  /// The numbers of a file, of a shape, all of them finite.
  static func numbers<Scalar: DelayNetScalar & NPYElement>(in path: String, shape: [Int], as type: Scalar.Type) throws
    -> [Scalar]
  {
    try numbers(of: NPYArray(path: path), path, shape: shape, as: type)
  }

  /// The numbers of an array that was read from a file, of a shape, all of them finite.
  ///
  /// A column (N, 1) or a row (1, N) will do where (N,) is meant.
  static func numbers<Scalar: DelayNetScalar & NPYElement>(
    of array: NPYArray, _ path: String, shape: [Int], as type: Scalar.Type
  ) throws -> [Scalar] {
    let isVector = shape.count == 1 && (array.shape == shape + [1] || array.shape == [1] + shape)
    guard array.shape == shape || isVector else {
      throw Failure(.data, "\(path): found shape \(text(array.shape)), expected \(text(shape))")
    }
    do {
      let values = try array.values(as: type)
      try requireFinite(values, shape: shape, path)
      return values
    } catch let error as FileError {
      throw FileError(
        error.kind, file: path, position: error.position, found: error.found, expected: error.expected)
    }
  }

  /// Opens an array in a file that there is memory for.
  static func open<Scalar: NPYElement>(_ path: String, as type: Scalar.Type) throws -> NPYFile {
    let file = try NPYFile(path: path)
    try requireMemory(file.bytesOfReading(as: type), for: "reading \(path)")
    return file
  }

  /// Reads the numbers of a file, of a shape, all of them finite, to where they belong.
  static func read<Scalar: DelayNetScalar & NPYElement>(
    _ file: NPYFile, _ path: String, shape: [Int], into target: UnsafeMutableBufferPointer<Scalar>
  ) throws {
    try file.read(into: target)
    try requireFinite(UnsafeBufferPointer(target), shape: shape, path)
  }

  /// Checks that a file has an array of a shape.
  static func require(_ shape: [Int], of file: NPYFile, _ path: String) throws {
    guard file.shape != shape else { return }
    throw Failure(.data, "\(path): found shape \(text(file.shape)), expected \(text(shape))")
  }
}
