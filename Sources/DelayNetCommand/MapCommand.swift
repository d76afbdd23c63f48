import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// `delaynet map`: runs the map on the user's arrays, and pulls a cotangent back.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Runs the map on arrays or a connectome; with --gradients also differentiates.",
    discussion: """
      The output is the whole buffer, shape (N, H + T): history unchanged, noise samples replaced with the series.

      GRADIENTS
      --gradients writes a .npz of `buffer` (N, H + T): of the history and of the noise samples; `weights`, of shape (N, N) \
      for a dense network and with --weights-gradient matrix, else (E,), edges by row and then by column, with the edges' \
      regions in `sources` and `targets`, and their `labels` if there are some; `scale` and `noise_gain`. All are those of a \
      loss whose cotangent is given, or of the mean of the series.

      EXAMPLES
        delaynet map --weights W.npy --delays D.npy --buffer B.npy --output OUT.npy
        delaynet map --weights W.npy --delays D.npy --buffer B.npy \\
          --cotangent C.npy --gradients g.npz --with-respect-to buffer,weights
        delaynet map --connectome connectivity_76.zip --time-step 1 --steps 10000 \\
          --scale stable --noise-gain 1 --plot out.svg --plot-window 100
      """)

  @OptionGroup(title: "Network")
  var network: NetworkOptions

  @OptionGroup(title: "Run")
  var options: RunOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Write the output buffer, shape (N, H + T).", valueName: "OUT.npy"))
  var output: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "A cotangent of the output buffer, shape (N, H + T), to be pulled back.",
      discussion: "(default: of the series' mean)",
      valueName: "C.npy"))
  var cotangent: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Write the gradients of everything, by name.", valueName: "g.npz"))
  var gradients: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Only some gradients: names as in the .npz. (default: everything)", valueName: "names"))
  var withRespectTo: String?

  @Option(
    name: .long,
    help: "How the gradient by weights of a connectome is written: edges, one an edge, or matrix, (N, N).")
  var weightsGradient: EdgeLayout?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Draw the series of up to 20 nodes.", valueName: "FILE.svg"))
  var plot: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Draw moving means over so many steps, to see slow fluctuations in noise.", valueName: "steps"))
  var plotWindow = 1

  func validate() throws {
    for (name, isThere) in [
      ("--weights-gradient", weightsGradient != nil), ("--with-respect-to", withRespectTo != nil),
      ("--cotangent", cotangent != nil),
    ] where isThere && gradients == nil {
      throw ValidationError("\(name) is for --gradients, which is not there.")
    }
    _ = try names()
    guard plotWindow >= 1 else { throw ValidationError("--plot-window must be at least 1, not \(plotWindow).") }
    if options.buffer == nil, options.steps == nil {
      throw ValidationError("Which buffer? Give --buffer, or --steps to draw one.")
    }
  }

  /// What gradients are asked for.
  private func names() throws -> [String] {
    try askedGradients(withRespectTo, of: ["buffer", "weights", "scale", "noise_gain"])
  }

  func run() throws {
    try CommandFiles(
      inputs: network.inputFiles + options.inputFiles + CommandFiles.named(["--cotangent": cotangent]),
      outputs: CommandFiles.named([
        "--output": output, "--gradients": gradients, "--plot": plot,
      ])
    ).check()
    let source = try options.source(defaultSteps: nil, seed: network.seed)
    if try source.isDouble(drawn: options.precision ?? .float32) {
      try run(source, Double.self)
    } else {
      try run(source, Float.self)
    }
  }

  private func run<Scalar: DelayNetScalar & NPYElement>(_ source: BufferSource, _: Scalar.Type) throws {
    let loaded = try network.load(as: Scalar.self)
    let input = try source.buffer(
      for: loaded.network, readsNoise: options.noiseGain != 0, copies: copies(nodes: loaded.network.nodes, Scalar.self))
    let shape = [input.nodes, input.columns]
    let cotangent: Buffer<Scalar>? = try cotangent.map { path in
      let values = try values(of: readArray(path), path, as: Scalar.self, shape: shape)
      try requireFinite(
        values, shape: shape, path, meaning: { "the cotangent of node \($0[0]), at step \($0[1] - input.history)" })
      return try Buffer(nodes: input.nodes, history: input.history, steps: input.steps, values: values)
    }

    let map = try loaded.naming {
      try DelayMap(
        loaded.network, scale: options.scale.scale(for: loaded.network),
        noiseGain: finite(options.noiseGain, "--noise-gain"),
        instructionSet: network.isa.instructionSet)
    }
    print("network   \(loaded.summary)")
    print(
      "map       scale \(rounded(Double(map.scaleFactor))), noise gain \(rounded(options.noiseGain)), "
        + "\(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(map.plan.report.instructionSet)")

    _ = Runtime.availableThreads  // starts the threads' library, which shall not be timed
    let work = Double(loaded.network.edges) * Double(input.steps)
    let (result, seconds) = try timed(loaded, "running", steps: input.steps) { progress in
      try map.run(input, threads: options.threads, progress: progress)
    }
    print("run       \(grouped(input.steps)) steps in \(Self.time(seconds, work))")
    if let output {
      try writeArray(result.values, shape: shape, to: output)
      print("wrote     \(output) \(text(shape))")
    }
    if let gradients { try differentiate(cotangent, map, loaded, input, result, work, to: gradients) }
    if let plot {
      let picture = SeriesPlot(
        result, of: loaded, scale: Double(map.scaleFactor), noiseGain: options.noiseGain,
        window: plotWindow)
      try write(Data(picture.svg.utf8), to: plot)
      print("drew      \(plot)")
    }
  }

  /// How many arrays of the buffer's size are held at once: input and output, a copy of what is written, a cotangent and a
  /// gradient, and for a plot two numbers in double precision a step of up to 20 nodes.
  private func copies<Scalar>(nodes: Int, _: Scalar.Type) -> Double {
    var copies = 2.0
    if output != nil || gradients != nil { copies += 1 }
    if gradients != nil { copies += 2 }
    if plot != nil {
      copies += 16 * Double(min(nodes, 20)) / (Double(max(nodes, 1)) * Double(MemoryLayout<Scalar>.stride))
    }
    return copies
  }

  private func differentiate<Scalar: DelayNetScalar & NPYElement>(
    _ given: Buffer<Scalar>?, _ map: DelayMap<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ input: Buffer<Scalar>,
    _ result: Buffer<Scalar>, _ work: Double, to path: String
  ) throws {
    let names = try names()
    let cotangent = try given ?? Self.meanCotangent(input.shape)
    var inputs: DelayMap<Scalar>.Inputs = []
    for name in names {
      switch name {
      case "buffer": inputs.insert(.buffer)
      case "weights": inputs.insert(.weights)
      case "scale": inputs.insert(.scale)
      default: inputs.insert(.noiseGain)
      }
    }
    let (gradient, seconds) = try timed(loaded, "differentiating", steps: input.steps) { progress in
      try map.pullback(
        at: input, output: result, cotangent: cotangent, withRespectTo: inputs, threads: options.threads,
        progress: progress)
    }
    print("gradient  in \(Self.time(seconds, work))")
    let layout = weightsGradient ?? .edges
    let arrays = try names.map { name in
      let array =
        switch name {
        case "buffer": try NPYArray(gradient.buffer.values, shape: [input.nodes, input.columns])
        case "weights": try loaded.array(ofEdges: loaded.gradientByGivenWeights(gradient.weights), layout)
        case "scale": try NPYArray([gradient.scale], shape: [])
        default: try NPYArray([gradient.noiseGain], shape: [])
        }
      return (name: name, array: array)
    }
    try writeGradients(arrays, of: loaded, layout, to: path)
  }

  /// The cotangent of the mean of the series over nodes and steps.
  private static func meanCotangent<Scalar: DelayNetScalar>(_ shape: BufferShape) throws -> Buffer<Scalar> {
    let each = 1 / Scalar(max(shape.nodes * shape.steps, 1))
    var cotangent = try Buffer<Scalar>(shape)
    for node in 0..<shape.nodes { for step in 0..<shape.steps { cotangent[node: node, step: step] = each } }
    return cotangent
  }

  /// Makes a call with a progress bar and the library's errors in the user's words, and times it.
  private func timed<Scalar, Result>(
    _ loaded: LoadedNetwork<Scalar>, _ title: String, steps: Int, _ call: (@escaping ProgressHandler) throws -> Result
  ) throws -> (Result, seconds: Double) {
    let bar = ProgressBar(title)
    let start = ContinuousClock.now
    let result = try Interruption.watching {
      defer { bar.clear() }
      do {
        return try loaded.naming { try call(bar.handler) }
      } catch let error as Failure where Interruption.isRequested {
        throw error.status == .unfinished ? bar.interruption(of: steps, "steps") : error
      }
    }
    return (result, (ContinuousClock.now - start).seconds)
  }

  private static func time(_ seconds: Double, _ work: Double) -> String {
    let time = text(seconds: seconds)
    return work > 0 ? "\(time), \(rounded(seconds * 1e9 / work)) ns per edge and step" : time
  }
}
