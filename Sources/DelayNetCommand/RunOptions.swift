import ArgumentParser
import DelayNet
import DelayNetIO

/// The options that say what is run on a network: the buffer, the scale, the noise gain, and on how many threads.
struct RunOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "History and noise samples, shape (N, H + T), float32 or float64, which is then the precision of everything.",
      valueName: "B.npy"))
  var buffer: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Instead of a buffer: draw one of so many steps, jax.random.normal(jax.random.key(S), (N, H + T)).",
      valueName: "T"))
  var steps: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The precision of a drawn buffer: float32 or float64.", valueName: "type"))
  var precision: Precision?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      What a node's sum is multiplied with: mean (1/N), sum (1), a number, or stable (0.98 / spectral radius of |w|, \
      below which a network is stable whatever its delays).
      """, valueName: "scale"))
  var scale: ScaleArgument = .mean

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How much of its noise sample a node keeps.", valueName: "G"))
  var noiseGain: Double = 0

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Threads; 0 leaves the choice to the library. The results have the same bits with any number.", valueName: "K"))
  var threads: Int = 0

  /// Element types of a buffer.
  enum Precision: String, ExpressibleByArgument, CaseIterable {
    case float32, float64
  }

  /// The files that these options name.
  var inputFiles: [NamedFile] { CommandFiles.named(["--buffer": buffer]) }

  func validate() throws {
    if buffer != nil {
      if steps != nil { throw ValidationError("--steps draws a buffer; with --buffer its columns say how many.") }
      if precision != nil { throw ValidationError("--precision is for drawing; with --buffer its type decides.") }
    }
    if let steps, steps < 0 { throw ValidationError("--steps must be at least 0, not \(steps).") }
    guard noiseGain.isFinite else { throw ValidationError("--noise-gain must be a finite number.") }
    try DelayNetCommand.validate(threads: threads)
  }
}

extension DelayNetCommand {
  /// Checks the option `--threads`.
  static func validate(threads: Int) throws {
    guard 0...1024 ~= threads else { throw ValidationError("--threads must be 0 … 1024, not \(threads).") }
  }
}

/// The argument of `--scale`.
enum ScaleArgument: ExpressibleByArgument, Equatable, CustomStringConvertible {
  case mean, sum, stable
  case number(Double)

  init?(argument: String) {
    switch argument {
    case "mean": self = .mean
    case "sum": self = .sum
    case "stable": self = .stable
    default:
      guard let number = Double(argument), number.isFinite else { return nil }
      self = .number(number)
    }
  }

  var description: String {
    switch self {
    case .mean: "mean"
    case .sum: "sum"
    case .stable: "stable"
    case .number(let number): "\(number)"
    }
  }

  var defaultValueDescription: String { description }

  /// The scale for a network.
  func scale<Scalar>(for network: Network<Scalar>) throws -> DelayMap<Scalar>.Scale {
    switch self {
    case .mean: .mean
    case .sum: .sum
    case .number(let number): .number(try finite(number, "--scale"))
    case .stable: .number(try finite(try stableScale(of: network), "--scale stable"))
    }
  }
}

/// 0.98 over an upper bound of the spectral radius of |w|; 1 for a network without edges.
///
/// With that scale no mode of the linear network grows, whatever the delays; the slowest one, common to the well-connected
/// nodes, still lives long enough to be seen. For a positive vector v the largest (|w| v)_i / v_i is such a bound
/// (Collatz–Wielandt); powers of |w| + c make it tight. Weights are divided by a power of two near the largest, lest
/// sums overflow.
///
/// A network whose edges close no circle has the radius 0, which no scale can be made of: a mistake.
func stableScale<Scalar>(of network: Network<Scalar>) throws -> Double {
  let edges = (0..<network.edges).map { network.edge($0) }.filter { $0.weight != 0 }
  // A weight that is not finite is named where the map is made.
  guard let heaviest = edges.map({ abs(Double($0.weight)) }).max(), heaviest.isFinite,
    edges.allSatisfy({ $0.weight.isFinite })
  else { return 1 }
  guard hasCircle(edges.map { ($0.source, $0.target) }, nodes: network.nodes) else {
    throw Failure(
      .data,
      "--scale stable: the spectral radius of |w| is 0, for no path along the edges comes back to where it began; the "
        + "network is stable with every scale: give a number, mean or sum")
  }
  let unit = heaviest.binade
  func product(_ v: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: v.count)
    for edge in edges { result[edge.target] += abs(Double(edge.weight)) / unit * v[edge.source] }
    return result
  }
  var v = [Double](repeating: 1, count: network.nodes)
  let shift = product(v).max()! / 2
  var bound = Double.infinity
  for _ in 0..<200 {
    let image = product(v)
    bound = min(bound, zip(image, v).map { $0 / $1 }.max()!)
    v = zip(image, v).map { $0 + shift * $1 }
    let largest = v.max()!
    v = v.map { max($0 / largest, 1e-250) }
  }
  return 0.98 / bound / unit
}

/// Whether a path along edges comes back to where it began: nodes that nothing enters are taken away until none is left,
/// or until the rest is circles and what they lead to.
private func hasCircle(_ edges: [(source: Int, target: Int)], nodes: Int) -> Bool {
  var (entering, leaving) = ([Int](repeating: 0, count: nodes), [[Int]](repeating: [], count: nodes))
  for (source, target) in edges {
    entering[target] += 1
    leaving[source].append(target)
  }
  var (free, left) = ((0..<nodes).filter { entering[$0] == 0 }, nodes)
  while let node = free.popLast() {
    left -= 1
    for target in leaving[node] {
      entering[target] -= 1
      if entering[target] == 0 { free.append(target) }
    }
  }
  return left > 0
}

/// A buffer of either precision, or the wish to draw one.
enum BufferSource {
  case read(NPYArray, path: String)
  case drawn(steps: Int, seed: UInt64)

  /// The precision of everything that is computed with it.
  func isDouble(drawn precision: RunOptions.Precision) throws -> Bool {
    switch self {
    case .drawn: return precision == .float64
    case .read(let array, let path):
      switch array.elementType {
      case .float32: return false
      case .float64: return true
      default:
        throw Failure(.data, "\(path): found elements of type \(array.elementType), expected float32 or float64")
      }
    }
  }

  /// The buffer for a network.
  ///
  /// - Parameters:
  ///   - readsNoise: whether noise samples count, which a noise gain of 0 leaves out.
  ///   - copies: how many arrays of its size the command holds at once, for which there has to be memory.
  func buffer<Scalar: DelayNetScalar & NPYElement>(
    for network: Network<Scalar>, readsNoise: Bool, copies: Double
  ) throws -> Buffer<Scalar> {
    let (nodes, history) = (network.nodes, network.history)
    switch self {
    case .drawn(let steps, let seed):
      let columns = Double(history) + Double(steps)
      try DelayNetCommand.requireMemory(
        copies * columns * product(nodes, MemoryLayout<Scalar>.stride), for: "a buffer of \(grouped(steps)) steps")
      let shape = try BufferShape(nodes: nodes, history: history, steps: steps)
      return try RandomKey(seed: seed).normal(shape, as: Scalar.self)
    case .read(let array, let path):
      guard array.shape.count == 2, array.shape[0] == nodes, array.shape[1] >= history else {
        throw Failure(
          .data,
          "\(path): found shape \(text(array.shape)), expected (\(nodes), \(history) + steps) "
            + "for \(nodes) nodes and a history of \(history)")
      }
      // The file's array stays beside the buffer.
      try DelayNetCommand.requireMemory(
        (copies + 1) * product(nodes, array.shape[1], MemoryLayout<Scalar>.stride),
        for: "a buffer of \(grouped(array.shape[1] - history)) steps")
      let values = try values(of: array, path, as: Scalar.self, shape: array.shape)
      try requireFinite(
        values, shape: array.shape, path,
        meaning: { "the \($0[1] < history ? "history" : "noise") of node \($0[0]), at step \($0[1] - history)" },
        isRead: { readsNoise || $0[1] < history })
      return try Buffer(nodes: nodes, history: history, steps: array.shape[1] - history, values: values)
    }
  }
}

extension RunOptions {
  /// Reads the buffer's file, or says how many steps are to be drawn.
  func source(defaultSteps: Int?, seed: UInt64) throws -> BufferSource {
    if let buffer { return .read(try readArray(buffer), path: buffer) }
    guard let steps = steps ?? defaultSteps else {
      throw ValidationError("Which buffer? Give --buffer, or --steps to draw one.")
    }
    return .drawn(steps: steps, seed: seed)
  }
}
