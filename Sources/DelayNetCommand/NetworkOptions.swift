import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// The options that say which network: matrices, a connectome, or a synthetic one.
struct NetworkOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Weights of a dense network, shape (N, N), row = target, column = source; a weight of 0 is an edge, too.",
      valueName: "W.npy"))
  var weights: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Delays of the dense network in steps: whole numbers, shape (N, N).", valueName: "D.npy"))
  var delays: String?

  @OptionGroup(title: "Connectome")
  var connectome: ConnectomeOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("A made-up connectome of so many regions, determined by --seed.", valueName: "N"))
  var synthetic: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("A connectome's conduction speed in mm/ms; inf for no delays. (default: 3)", valueName: "speed"))
  var speed: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "A connectome's time step in ms; delay in steps = length / speed / time step, halves to even. (default: 0.1)",
      valueName: "ms"))
  var timeStep: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The columns of history before step 0. (default: longest delay + 1)", valueName: "H"))
  var horizon: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The key of everything that is drawn: the synthetic connectome, the buffer.", valueName: "S"))
  var seed: UInt64 = 0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The kernels' instruction set; the results have the same bits with any.",
      valueName: "set"))
  var isa: InstructionSetArgument = .auto

  /// The files that these options name.
  var inputFiles: [NamedFile] {
    CommandFiles.named(["--weights": weights, "--delays": delays]) + connectome.inputFiles
  }

  func validate() throws {
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
      if speed != nil || timeStep != nil {
        throw ValidationError("--speed and --time-step belong to a connectome; --delays are in steps already.")
      }
    }
    try DelayNetCommand.validate(speed: speed)
    if let timeStep, !(timeStep > 0 && timeStep.isFinite) {
      throw ValidationError("--time-step must be a positive number of ms, not \(timeStep).")
    }
    if let synthetic, synthetic < 1 { throw ValidationError("--synthetic must be at least 1, not \(synthetic).") }
    if let horizon, horizon < 0 { throw ValidationError("--horizon must be at least 0, not \(horizon).") }
  }
}

/// The instruction sets by the names of the command line.
enum InstructionSetArgument: String, ExpressibleByArgument, CaseIterable {
  case auto, base, avx2, avx512

  /// The library's name.
  var instructionSet: InstructionSet {
    switch self {
    case .auto: .automatic
    case .base: .base
    case .avx2: .avx2
    case .avx512: .avx512
    }
  }
}

/// A network with what is known of its origin.
struct LoadedNetwork<Scalar: DelayNetScalar> {
  /// With weights that are divided, where that was asked for.
  private(set) var network: Network<Scalar>
  /// The regions' names, where the connectome has some.
  var labels: [String]?
  /// In mm/ms, for a connectome.
  var speed: Double?
  /// The file that the weights came from.
  var origin: String
  /// In mm, one an edge, for a connectome.
  var lengths: [Double]?
  /// Delays that need not be whole, one an edge, from a file.
  var delaysInSteps: [Double]?
  /// The network with its weights as given, and what takes a gradient to them; nil where they are not divided.
  private(set) var given: Given?

  /// A network before its weights are divided.
  struct Given {
    let network: Network<Scalar>
    let normalization: Normalization
    let pullback: @Sendable ([Scalar]) throws(DelayNetError) -> [Scalar]
  }

  /// Divides the weights.
  mutating func normalize(by normalization: Normalization) throws {
    guard normalization != .none else { return }
    let network = network
    let (divided, pullback) = try naming { try network.normalizedWithPullback(by: normalization) }
    given = Given(network: network, normalization: normalization, pullback: pullback)
    self.network = divided
  }

  /// The gradient by the weights as given, from that by the network's.
  func gradientByGivenWeights(_ gradient: [Scalar]) throws -> [Scalar] { try given?.pullback(gradient) ?? gradient }

  /// "node 3 (rV1)".
  func name(ofNode node: Int) -> String {
    guard let labels, labels.indices.contains(node), labels[node] != String(node) else { return "node \(node)" }
    return "node \(node) (\(labels[node]))"
  }

  /// "edge 7 (row 1, column 2)".
  func name(ofEdge edge: Int) -> String {
    guard (0..<network.edges).contains(edge) else { return "edge \(edge)" }
    let ends = network.edge(edge)
    return "edge \(edge) of \(origin) (row \(ends.target), column \(ends.source))"
  }

  /// Calls `body` and puts names into the errors of the library.
  func naming<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as DelayNetError {
      throw Failure(error, place: name(ofEdge:), node: name(ofNode:))
    }
  }

  /// A line about the network.
  var summary: String {
    let delays = network.delays
    let (shortest, longest) = (Int(delays.min() ?? 0), Int(delays.max() ?? 0))
    var line = "\(grouped(network.nodes)) nodes, \(grouped(network.edges)) edges, delays \(shortest) … \(longest) steps"
    if let step = network.timeStep {
      line += " (\(rounded(Double(shortest) * step)) … \(rounded(Double(longest) * step)) ms)"
    }
    line += ", history \(network.history)"
    return given.map { line + ", weights divided by \($0.normalization.inWords)" } ?? line
  }
}

extension Normalization: ExpressibleByArgument {
  /// What weights are divided by.
  fileprivate var inWords: String {
    switch self {
    case .none: "nothing"
    case .max: "the largest"
    case .row: "their row's sum"
    case .radius: "the spectral radius"
    }
  }
}

extension NetworkOptions {
  /// Reads or draws the network.
  func load<Scalar: DelayNetScalar & NPYElement>(as type: Scalar.Type) throws -> LoadedNetwork<Scalar> {
    try NetworkSource(
      weights: weights, delays: delays, connectome: connectome, synthetic: synthetic, speed: speed ?? 3,
      timeStep: timeStep ?? 0.1, history: horizon, seed: seed
    ).load(as: type)
  }
}

/// Which network: the options' values, whatever command they belong to.
struct NetworkSource {
  var weights, delays: String?
  var connectome: ConnectomeOptions
  var synthetic: Int?
  var speed: Double
  var timeStep: Double
  var history: Int?
  var seed: UInt64
  /// Whether delays need not be whole steps.
  var isFractional = false

  /// Reads or draws the network, and divides its weights.
  func load<Scalar: DelayNetScalar & NPYElement>(as type: Scalar.Type) throws -> LoadedNetwork<Scalar> {
    var loaded = try asGiven(as: type)
    try loaded.normalize(by: connectome.normalize)
    return loaded
  }

  private func asGiven<Scalar: DelayNetScalar & NPYElement>(as type: Scalar.Type) throws -> LoadedNetwork<Scalar> {
    if let weights { return try dense(weights, delays) }
    if connectome.isGiven { return try tracts(connectome.read(), connectome.origin) }
    let regions = synthetic ?? 1
    try DelayNetCommand.requireMemory(
      syntheticBytes(regions), for: "a synthetic connectome of \(grouped(regions)) regions")
    let speed = connectome.noDelays ? .infinity : speed
    let made = try SyntheticConnectome(regions: regions, key: RandomKey(seed: seed))
    for row in 0..<regions {
      for column in 0..<regions where made.weights[row, column] != 0 {
        let delay = try delay(
          of: speed.isFinite ? made.lengths[row, column] : 0, "the synthetic connectome", row, column)
        if let history, delay > history {
          throw Self.delayTooLong("the synthetic connectome", row: row, column: column, delay: delay, history)
        }
      }
    }
    let network = try made.network(
      conductionSpeed: speed.isFinite ? speed : .greatestFiniteMagnitude, timeStep: timeStep, history: history,
      as: Scalar.self)
    let lengths = (0..<network.edges).map { made.lengths[network.edge($0).target, network.edge($0).source] }
    return LoadedNetwork(network: network, speed: speed, origin: "synthetic connectome", lengths: lengths)
  }

  /// The network of a connectome; what is seldom meant is said on the standard error.
  private func tracts<Scalar: DelayNetScalar & NPYElement>(
    _ read: Connectome, _ origin: String
  ) throws -> LoadedNetwork<Scalar> {
    let speed = connectome.noDelays ? .infinity : speed
    let edges = read.edges()
    for (edge, length) in edges.lengths.enumerated() {
      _ = try delay(of: length, origin, Int(edges.targets[edge]), Int(edges.sources[edge]))
    }
    let steps = try edges.delays(speed: speed, timeStep: timeStep)
    if let history, let edge = steps.firstIndex(where: { $0 > history }) {
      throw Self.delayTooLong(
        origin, row: Int(edges.targets[edge]), column: Int(edges.sources[edge]), delay: Int(steps[edge]), history)
    }
    for warning in read.warnings(speed: speed.isFinite ? speed : nil, timeStep: timeStep) {
      printToStandardError("delaynet: \(origin): \(warning)")
    }
    let network = try Network(
      nodes: read.regions, sources: edges.sources, targets: edges.targets,
      weights: edges.weights.map { Scalar($0) }, delays: steps, history: history, timeStep: timeStep)
    return LoadedNetwork(
      network: network, labels: read.labels, speed: speed, origin: origin, lengths: edges.lengths)
  }

  private func dense<Scalar: DelayNetScalar & NPYElement>(
    _ weightsPath: String, _ delaysPath: String?
  ) throws -> LoadedNetwork<Scalar> {
    let weightsFile = try readArray(weightsPath)
    guard weightsFile.shape.count == 2, weightsFile.shape[0] == weightsFile.shape[1] else {
      throw Failure(.data, "\(weightsPath): found shape \(text(weightsFile.shape)), expected a square matrix")
    }
    let nodes = weightsFile.shape[0]
    try DelayNetCommand.requireMemory(denseBytes(nodes), for: "a dense network of \(grouped(nodes)) nodes")
    let weights = try values(of: weightsFile, weightsPath, as: Scalar.self, shape: [nodes, nodes])
    guard let delaysPath else {
      let network = try Network(
        weights: Matrix(rows: nodes, columns: nodes, values: weights),
        delays: Matrix(rows: nodes, columns: nodes, values: [Int32](repeating: 0, count: nodes * nodes)),
        history: history)
      return LoadedNetwork(network: network, origin: weightsPath)
    }
    let delaysFile = try readArray(delaysPath)
    let real: [Double]? =
      isFractional
      ? try values(of: delaysFile, delaysPath, as: Double.self, shape: [nodes, nodes]) : nil
    if let edge = real?.firstIndex(where: { !($0 >= 0 && $0 < 1e9) }) {
      throw Failure(
        .data,
        "\(delaysPath): found the delay \(real![edge]) at row \(edge / nodes), column \(edge % nodes), "
          + "expected a number of steps from 0 on")
    }
    let delays =
      try real?.map { Int32($0) }
      ?? values(of: delaysFile, delaysPath, as: Int32.self, shape: [nodes, nodes])
    for (edge, delay) in delays.enumerated() {
      let (row, column) = (edge / nodes, edge % nodes)
      if delay < 0 {
        throw Failure(.data, "\(delaysPath): found the negative delay \(delay) at row \(row), column \(column)")
      }
      if let history, delay > history {
        throw Self.delayTooLong(delaysPath, row: row, column: column, delay: Int(delay), history)
      }
    }
    let network = try Network(
      weights: Matrix(rows: nodes, columns: nodes, values: weights),
      delays: Matrix(rows: nodes, columns: nodes, values: delays), history: history)
    return LoadedNetwork(network: network, origin: weightsPath, delaysInSteps: real)
  }

  /// A tract's delay in whole steps, which has to be one that can be counted.
  private func delay(of length: Double, _ origin: String, _ row: Int, _ column: Int) throws -> Int {
    let steps = (length / speed / timeStep).rounded(.toNearestOrEven)
    // Fractional delays have one step more, and end at 10^9.
    guard steps < (isFractional ? 1e9 : Double(Int32.max)) else {
      throw Failure(
        .data,
        "\(origin): \(rounded(length)) mm at row \(row), column \(column) are a delay of \(rounded(steps)) steps of "
          + "\(rounded(timeStep)) ms at \(rounded(speed)) mm/ms, more than can be counted; --time-step or --speed is too small"
      )
    }
    return Int(steps)
  }

  private static func delayTooLong(_ origin: String, row: Int, column: Int, delay: Int, _ history: Int) -> Failure {
    Failure(
      .data, "\(origin): the delay at row \(row), column \(column) is \(delay) steps, but --horizon is \(history)")
  }
}

/// An array's values as a type, with the file and the location in the errors.
func values<Element: NPYElement>(
  of array: NPYArray, _ path: String, as type: Element.Type, shape: [Int]
) throws -> [Element] {
  guard array.shape == shape else {
    throw Failure(.data, "\(path): found shape \(text(array.shape)), expected \(text(shape))")
  }
  do {
    return try array.values(as: type)
  } catch {
    guard case .index(let indices) = error.position, indices.count == 2 else { throw error }
    let wanted = type is any BinaryInteger.Type ? "a whole number of 32 bits" : "a number that \(type) can hold"
    throw Failure(
      .data, "\(path): found \(error.found) at row \(indices[0]), column \(indices[1]), expected \(wanted)")
  }
}

/// A shape as Python writes it.
func text(_ shape: [Int]) -> String {
  "(" + shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? ",)" : ")")
}
