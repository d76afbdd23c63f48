import ArgumentParser
import DelayNet
import Foundation

/// `delaynet notebook`: the notebook's experiment, timed and checked.
struct NotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notebook",
    abstract: "Times the experiment of vbjax's notebook on connectome delays, and checks its gradient.",
    discussion: """
      The notebook is "22 Connectome delays time stepping" (https://github.com/ins-amu/vbjax, January 2023). \
      84 nodes, every pair an edge, float32, drawn from key 0: keys = split(key 0, 10), weights = |normal(keys[0])| + 0.5, \
      delays = randint(keys[1], 0, 255), history = longest delay + 1, buffer = normal(keys[2]). `run` is the map of the \
      buffer, in place; `gloss` is value and gradient, with respect to the whole buffer, of the sum of (b1 - run(b))² at \
      b = b1 + 1, b1 = run(buffer). Times are medians. The last column is the largest deviation of the gradient from \
      one in float64, relative to its largest entry; that one is compared with differences.

      EXAMPLES
        delaynet notebook
        delaynet notebook --steps 1,10,100,1000 --repeat 200 --threads 1 --json notebook.json
      """)

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Numbers of steps.", valueName: "T,T,…"))
  var steps = StepList([1, 10, 100])

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How often each call is timed. (default: as often as fits into half a second)", valueName: "R"))
  var `repeat`: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Threads; 0 leaves the choice to the library.", valueName: "K"))
  var threads = 0

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Also write the times to a file, as a JSON array with an object a row.", valueName: "file"))
  var json: String?

  func validate() throws {
    if let times = `repeat`, !(1...10_000_000 ~= times) {
      throw ValidationError("--repeat must be 1 … 10000000, not \(times).")
    }
    try DelayNetCommand.validate(threads: threads)
  }

  func run() throws {
    try CommandFiles(outputs: CommandFiles.named(["--json": json])).check()
    // 56 buffers of 84 nodes, many of them in double precision, and 255 columns or less of history.
    let longest = steps.values.max() ?? 0
    try DelayNetCommand.requireMemory(
      56 * product(84, longest, MemoryLayout<Float>.stride), for: "the experiment over \(grouped(longest)) steps")
    let experiment = try Experiment()
    let network = experiment.map.network
    print(
      "\(network.nodes) nodes, \(grouped(network.edges)) edges, delays \(network.delays.min()!) … "
        + "\(network.delays.max()!), history \(network.history), float32, \(experiment.map.plan.report.instructionSet)")
    var rows: [Row] = []
    var errors: [GradientError] = []
    for steps in steps.values {
      let row = try measure(experiment, steps)
      rows.append(row)
      errors.append(try experiment.gradientError(steps: steps))
    }
    print(Self.text(rows, errors))
    if let json { try writeJSON(rows, to: json) }
    if !errors.allSatisfy(\.passed) { throw ExitCode(1) }
  }

  private func measure(_ experiment: Experiment, _ steps: Int) throws -> Row {
    let (map, workspace) = (experiment.map, try Workspace(experiment.map.plan))
    let input = try experiment.buffer(steps: steps)
    var buffer = input
    // The in-place run overwrites the noise, which is put back between the timed calls.
    let run = try median {
      buffer.withUnsafeMutableBufferPointer { values in
        input.withUnsafeBufferPointer { _ = values.update(fromContentsOf: $0) }
      }
    } of: {
      try map.run(into: &buffer, threads: threads, workspace: workspace)
    }
    let target = try map.run(input, threads: threads, workspace: workspace)
    let point = try target + Buffer(target.shape, repeating: 1)
    let gloss = try median {
    } of: {
      _ = try map.valueWithGradient(at: point, threads: threads, workspace: workspace) { b in
        (b - target).squared().sum()
      }
    }
    let edgeSteps = Double(map.network.edges * steps)
    return Row(
      steps: steps, runMicroseconds: run * 1e6, glossMicroseconds: gloss * 1e6,
      runNanosecondsPerEdgeStep: run * 1e9 / edgeSteps, glossNanosecondsPerEdgeStep: gloss * 1e9 / edgeSteps)
  }

  /// The median time of a call in seconds; `prepare` is not timed.
  private func median(_ prepare: () -> Void, of call: () throws -> Void) throws -> Double {
    func time() throws -> Double {
      prepare()
      let start = ContinuousClock.now
      try call()
      return (ContinuousClock.now - start).seconds
    }
    // A warm-up of 50 ms, at least three calls, says how long one takes.
    var first: [Double] = []
    let start = ContinuousClock.now
    while first.count < 3 || (ContinuousClock.now - start).seconds < 0.05 { first.append(try time()) }
    first.sort()
    let fitting = 0.4 / max(first[first.count / 2], 1e-7)
    var times = try (0..<(`repeat` ?? Int(min(max(fitting, 5), 20_000)))).map { _ in try time() }
    times.sort()
    return (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
  }

  private static func text(_ rows: [Row], _ errors: [GradientError]) -> String {
    let head = ["steps", "run µs", "ns/edge/step", "gloss µs", "ns/edge/step", "gradient error", ""]
    return table(
      [head]
        + zip(rows, errors).map { row, error in
          [
            grouped(row.steps), fixed(row.runMicroseconds, 2), fixed(row.runNanosecondsPerEdgeStep, 4),
            fixed(row.glossMicroseconds, 2), fixed(row.glossNanosecondsPerEdgeStep, 4),
            String(format: "%.1e", error.relativeError), error.passed ? "passed" : "FAILED",
          ]
        })
  }
}

/// The argument of `--steps`: numbers of steps with commas between them.
struct StepList: ExpressibleByArgument {
  let values: [Int]

  init(_ values: [Int]) { self.values = values }

  init?(argument: String) {
    let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard values.allSatisfy({ $0 != nil && 1...10_000_000 ~= $0! }) else { return nil }
    self.values = values.compactMap { $0 }
  }

  var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}

/// A row of the table.
private struct Row: Encodable {
  let steps: Int
  let runMicroseconds, glossMicroseconds: Double
  let runNanosecondsPerEdgeStep, glossNanosecondsPerEdgeStep: Double

  enum CodingKeys: String, CodingKey {
    case steps
    case runMicroseconds = "run_us"
    case glossMicroseconds = "gloss_us"
    case runNanosecondsPerEdgeStep = "run_ns_per_edge_step"
    case glossNanosecondsPerEdgeStep = "gloss_ns_per_edge_step"
  }
}

/// How good the gradient is.
private struct GradientError {
  /// The largest deviation from the gradient in float64, relative to its largest entry.
  let relativeError: Double
  /// Whether that is below 1e-5, and the float64 gradient passed the library's checks.
  let passed: Bool
}

/// The notebook's experiment.
private struct Experiment {
  let map: DelayMap<Float>
  private let doubleMap: DelayMap<Double>
  private let keys: [RandomKey]

  init() throws {
    keys = try RandomKey(seed: 0).split(10)
    let network = try Network(
      weights: keys[0].normal(84, 84).map { abs($0) + 0.5 }, delays: keys[1].integers(in: 0..<255, 84, 84))
    map = try DelayMap(network)
    let doubleNetwork = try Network(
      weights: Matrix(rows: 84, columns: 84, values: network.weights.map { Double($0) }),
      delays: Matrix(rows: 84, columns: 84, values: network.delays))
    doubleMap = try DelayMap(doubleNetwork, plan: map.plan)
  }

  func buffer(steps: Int) throws -> Buffer<Float> {
    try keys[2].normal(BufferShape(nodes: 84, history: map.network.history, steps: steps))
  }

  func gradientError(steps: Int) throws -> GradientError {
    let target = try map.run(buffer(steps: steps))
    let point = try target + Buffer(target.shape, repeating: 1)
    let gradient = try map.valueWithGradient(at: point) { b in (b - target).squared().sum() }.gradient.buffer

    func double(_ buffer: Buffer<Float>) throws -> Buffer<Double> {
      try Buffer(
        nodes: buffer.nodes, history: buffer.history, steps: buffer.steps, values: buffer.values.map { Double($0) })
    }
    let (exactPoint, exactTarget) = (try double(point), try double(target))
    let exact = try doubleMap.valueWithGradient(at: exactPoint) { b in
      (b - exactTarget).squared().sum()
    }.gradient.buffer
    let report = try GradientCheck.run(doubleMap, at: exactPoint, withRespectTo: .buffer, entries: 16) {
      (b: Traced<Double>) throws(DelayNetError) -> TracedScalar<Double> in (b - exactTarget).squared().sum()
    }
    let largest = exact.values.reduce(0) { max($0, abs($1)) }
    let deviation = zip(exact.values, gradient.values).reduce(0) { max($0, abs($1.0 - Double($1.1))) }
    let error = deviation / largest
    return GradientError(relativeError: error, passed: error < 1e-5 && report.passed)
  }
}
