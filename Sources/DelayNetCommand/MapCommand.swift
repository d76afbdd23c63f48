import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// `delaynet map`: runs the map on the user's arrays, and pulls a cotangent back.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Runs the map on arrays or a connectome; with a cotangent also its gradients.",
    discussion: """
      The output is the whole buffer, shape (N, H + T): history unchanged, noise samples replaced with the series. A \
      cotangent has the same shape, and so has the buffer's gradient; the weights' gradient has shape (N, N) for a dense \
      network and with --weights-gradient matrix, else (E,), edges by row and then by column. A .npz has it as `weights`, with \
      the edges' regions in `sources` and `targets`, and their `labels` if there are some.

      EXAMPLES
        delaynet map --weights W.npy --delays D.npy --buffer B.npy --output OUT.npy
        delaynet map --weights W.npy --delays D.npy --buffer B.npy \\
          --cotangent C.npy --gradient-buffer GB.npy --gradient-weights GW.npy
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
    help: ArgumentHelp("A cotangent of the output buffer, shape (N, H + T), to be pulled back.", valueName: "C.npy"))
  var cotangent: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Write the cotangent of the input buffer, shape (N, H + T).", valueName: "GB.npy"))
  var gradientBuffer: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Write the cotangent of the weights, a .npy or a .npz.", valueName: "GW.npy"))
  var gradientWeights: String?

  @Option(
    name: .long,
    help: "How the cotangent of a connectome's weights is written: edges, one an edge, or matrix, (N, N).")
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
    let asksForGradients = gradientBuffer != nil || gradientWeights != nil
    if weightsGradient != nil, gradientWeights == nil {
      throw ValidationError("--weights-gradient is for --gradient-weights, which is not there.")
    }
    if asksForGradients, cotangent == nil { throw ValidationError("Gradients need a --cotangent.") }
    if cotangent != nil, !asksForGradients {
      throw ValidationError("--cotangent is for --gradient-buffer and --gradient-weights; neither is there.")
    }
    guard plotWindow >= 1 else { throw ValidationError("--plot-window must be at least 1, not \(plotWindow).") }
    if options.buffer == nil, options.steps == nil {
      throw ValidationError("Which buffer? Give --buffer, or --steps to draw one.")
    }
  }

  func run() throws {
    try CommandFiles(
      inputs: network.inputFiles + options.inputFiles + CommandFiles.named(["--cotangent": cotangent]),
      outputs: CommandFiles.named([
        "--output": output, "--gradient-buffer": gradientBuffer, "--gradient-weights": gradientWeights, "--plot": plot,
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
    if let cotangent { try pullBack(cotangent, map, loaded, input, result, work) }
    if let plot {
      let picture = SeriesPlot(
        result, of: loaded, scale: Double(map.scaleFactor), noiseGain: options.noiseGain,
        window: plotWindow)
      try write(Data(picture.svg.utf8), to: plot)
      print("drew      \(plot)")
    }
  }

  /// How many arrays of the buffer's size are held at once: input and output, a copy of what is written, a cotangent and its
  /// gradient, and for a plot two numbers in double precision a step of up to 20 nodes.
  private func copies<Scalar>(nodes: Int, _: Scalar.Type) -> Double {
    var copies = 2.0
    if output != nil || gradientBuffer != nil { copies += 1 }
    if cotangent != nil { copies += 2 }
    if plot != nil {
      copies += 16 * Double(min(nodes, 20)) / (Double(max(nodes, 1)) * Double(MemoryLayout<Scalar>.stride))
    }
    return copies
  }

  private func pullBack<Scalar: DelayNetScalar & NPYElement>(
    _ cotangent: Buffer<Scalar>, _ map: DelayMap<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ input: Buffer<Scalar>,
    _ result: Buffer<Scalar>, _ work: Double
  ) throws {
    var inputs: DelayMap<Scalar>.Inputs = []
    if gradientBuffer != nil { inputs.insert(.buffer) }
    if gradientWeights != nil { inputs.insert(.weights) }
    let (gradient, seconds) = try timed(loaded, "differentiating", steps: input.steps) { progress in
      try map.pullback(
        at: input, output: result, cotangent: cotangent, withRespectTo: inputs, threads: options.threads,
        progress: progress)
    }
    print("gradient  in \(Self.time(seconds, work))")
    if let gradientBuffer {
      let shape = [input.nodes, input.columns]
      try writeArray(gradient.buffer.values, shape: shape, to: gradientBuffer)
      print("wrote     \(gradientBuffer) \(text(shape))")
    }
    if let gradientWeights {
      let weights = try loaded.array(
        ofEdges: loaded.gradientByGivenWeights(gradient.weights), weightsGradient ?? .edges)
      if gradientWeights.hasSuffix(".npz") {
        let arrays = [(name: "weights", array: weights)] + (try loaded.ends(weightsGradient ?? .edges))
        let texts = loaded.labels.map { [(name: "labels", texts: $0)] } ?? []
        do { try NPZArchive.write(arrays, texts: texts, to: gradientWeights) } catch { throw Failure.writing(error) }
      } else {
        do { try weights.write(to: gradientWeights) } catch { throw Failure.writing(error) }
      }
      print("wrote     \(gradientWeights) \(text(weights.shape))")
    }
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
