import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// `delaynet check`: every gradient check of a network.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks every gradient of a map, or of a network of neural masses; exits with 1 when a check fails.",
    discussion: """
      The loss is the sum of (output - c)², c drawn from the seed. Its gradient with respect to buffer, weights, scale and \
      noise gain is compared with differences, entry by entry, and with the loss's Taylor expansion; the reverse mode is \
      compared with the forward mode. With --normalize the gradient by the weights as given is compared along the \
      logarithms of those that the divisor is smooth in. Without --buffer one of 50 steps is drawn, in float64.

      With --model it is the network of `simulate`: the loss is the sum of (series - c)², and the gradients are those by \
      weights, coupling, every parameter, initial state, history and, with --sigma, sigma and noise. Differences across a \
      state's bound cannot follow a gradient: start from a state, and with a noise, that keep away from it.

      EXAMPLES
        delaynet check --synthetic 84
        delaynet check --weights W.npy --delays D.npy --steps 200 --scale sum
        delaynet check --connectome connectivity_76.zip --normalize row --precision float32
        delaynet check --model mpr --synthetic 84 --coupling 0.1 --sigma 0.001 --steps 30
        delaynet check --model mine.model --synthetic 8
        delaynet check --model jansen_rit --synthetic 20 --set mu=0.1 --entries 8
      """)

  @OptionGroup(title: "Network")
  var network: NetworkOptions

  @OptionGroup(title: "Run")
  var options: RunOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How many entries of each array to compare with differences; 0 for all.", valueName: "n"))
  var entries = 64

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A network of neural masses of this model instead of the map: a name, see `models`, or a file.", valueName: "name"
    ))
  var model: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("With --model: G, what every sum over edges is multiplied with. (default: 1)", valueName: "G"))
  var coupling: Double?

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "With --model: a parameter, a number or a .npy file of one a node. May be repeated.", valueName: "name=value"))
  var set: [Assignment] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "With --model: how strong the noise is, as for `simulate`. (default: no noise)", valueName: "sigma"))
  var sigma: SigmaArgument?

  @Option(name: .long, help: "With --model: the scheme of the steps. (default: heun)")
  var scheme: Scheme?

  func validate() throws {
    if model == nil {
      let given = [
        ("--coupling", coupling != nil), ("--set", !set.isEmpty), ("--sigma", sigma != nil),
        ("--scheme", scheme != nil),
      ]
      if let (name, _) = given.first(where: \.1) {
        throw ValidationError("\(name) is for --model, which is not there.")
      }
    } else if options.buffer != nil {
      throw ValidationError("--buffer is the map's, and --model has none.")
    }
    guard entries >= 0 else { throw ValidationError("--entries must be at least 0, not \(entries).") }
  }

  func run() throws {
    if let model {
      let passed =
        options.precision == .float32 ? try check(model, Float.self) : try check(model, Double.self)
      if !passed { throw ExitCode(1) }
      return
    }
    let source = try options.source(defaultSteps: 50, seed: network.seed)
    let isDouble = try source.isDouble(drawn: options.precision ?? .float64)
    let passed = isDouble ? try check(source, Double.self) : try check(source, Float.self)
    if !passed { throw ExitCode(1) }
  }

  private func check<Scalar: DelayNetScalar & NPYElement>(_ source: BufferSource, _: Scalar.Type) throws -> Bool {
    let loaded = try network.load(as: Scalar.self)
    // The loss's arrays and their derivatives, at two points.
    let buffer = try source.buffer(for: loaded.network, readsNoise: true, copies: 20)
    return try loaded.naming {
      let map = try DelayMap(
        loaded.network, scale: options.scale.scale(for: loaded.network),
        noiseGain: finite(options.noiseGain, "--noise-gain"),
        instructionSet: network.isa.instructionSet)
      let target = try RandomKey(seed: network.seed).folding(in: 1).normal(buffer.shape, as: Scalar.self)

      // Four runs an entry, six for the expansion of each of the four inputs, and three that compare the two modes.
      func compared(_ count: Int) -> Int { entries == 0 ? count : min(entries, count) }
      let arrays = compared(buffer.shape.count) + compared(loaded.network.edges) + 2
      let given = loaded.given.map { GivenWeights($0) }
      let more = given.map { 4 * compared($0.smooth.count) + 7 } ?? 0
      let (total, bar) = (4 * arrays + 4 * 6 + 3 + more, ProgressBar("checking"))
      var runs = 0.0
      let loss = { (output: Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar> in
        runs += 1
        bar.show(runs / Double(total))
        if Interruption.isRequested { throw .cancelled(steps: []) }
        return (output - target).squared().sum()
      }
      let report = try Interruption.watching {
        defer { bar.clear() }
        do {
          let entries = entries == 0 ? nil : entries
          return (
            map: try GradientCheck.run(map, at: buffer, entries: entries, of: loss),
            given: try given?.check(map, at: buffer, entries: entries, seed: network.seed, of: loss)
          )
        } catch DelayNetError.cancelled {
          throw bar.interruption(of: total, "runs")
        }
      }
      print("\(loaded.summary); \(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(buffer.steps) steps")
      print(Self.text(report.map, report.given))
      return report.map.passed && report.given?.passed ?? true
    }
  }

  /// The checks of a network of neural masses.
  private func check<Scalar: DelayNetScalar & NPYElement>(_ name: String, _: Scalar.Type) throws -> Bool {
    let loaded = try network.load(as: Scalar.self)
    let model = try NodeModel.required(name)
    let (steps, nodes) = (options.steps ?? 50, loaded.network.nodes)
    return try loaded.naming {
      var problem = try Problem(
        loaded.network, model: model, timeStep: network.timeStep ?? 0.1, instructionSet: network.isa.instructionSet)
      problem.coupling = try finite(coupling ?? 1, "--coupling")
      problem.scheme = scheme ?? .heun
      problem.sigma = try sigma?.sigma(nodes: nodes) ?? .none
      for assignment in set { problem.parameters[assignment.name] = try assignment.values(nodes: nodes) }
      let key = RandomKey(seed: network.seed)
      problem.initial = try Problem<Scalar>.initial(of: model, nodes: nodes, key: key.folding(in: 1))
      problem.noise = .drawn(key)
      let rows = try BufferShape(nodes: model.states.count * nodes, history: 0, steps: steps)
      let target = try key.folding(in: 2).normal(rows, as: Scalar.self)
      let bar = ProgressBar("checking")
      // Four runs an entry and six for the expansion of each array: about as many as there are.
      let arrays = model.parameters.count + 4 + (sigma == nil ? 0 : 2)
      let total = arrays * (4 * (entries == 0 ? nodes : min(entries, nodes)) + 6)
      var runs = 0.0
      let loss = { (series: Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar> in
        runs += 1
        bar.show(min(runs / Double(total), 1))
        if Interruption.isRequested { throw .cancelled(steps: []) }
        return (series - target).squared().sum()
      }
      let report = try Interruption.watching {
        defer { bar.clear() }
        do {
          return try GradientCheck.run(problem, steps: steps, entries: entries == 0 ? nil : entries, of: loss)
        } catch DelayNetError.cancelled {
          throw bar.interruption(of: total, "runs")
        }
      }
      print(
        "\(loaded.summary); \(model.title), \(problem.scheme.name), "
          + "\(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(steps) steps")
      print(Self.text(report, nil))
      return report.passed
    }
  }

  private static func text(_ report: GradientCheck.Report, _ given: CheckOfGivenWeights?) -> String {
    func verdict(_ passed: Bool) -> String { passed ? "passed" : "FAILED" }
    var rows = [["gradient of", "entries", "worst relative error", "Taylor rates", ""]]
    var inputs = report.inputs.map { (name: $0.name, differences: $0.differences, taylor: $0.taylor) }
    if let given { inputs.append((name: "weights as given", differences: given.differences, taylor: given.taylor)) }
    for input in inputs {
      let rates = input.taylor.rates.map { fixed($0, 2) }.joined(separator: " ")
      rows.append([
        input.name, "\(input.differences.compared)", rounded(input.differences.worst?.error ?? 0),
        rates.isEmpty ? "no remainder" : rates, verdict(input.differences.passed && input.taylor.passed),
      ])
    }
    for (name, error) in [
      ("reverse against forward", report.dotProductError), ("  along the loss", report.directionalError),
    ] {
      rows.append([name, "", rounded(error), "", verdict(error <= report.adjointTolerance)])
    }
    var lines = [table(rows)]
    for input in inputs {
      if !input.differences.passed, let worst = input.differences.worst { lines.append("the worst entry: \(worst)") }
    }
    lines.append(report.passed && given?.passed ?? true ? "all checks passed" : "a check FAILED")
    return lines.joined(separator: "\n")
  }
}

/// What is compared of the gradient by the weights as given.
private struct CheckOfGivenWeights {
  let differences: GradientCheck.Differences
  let taylor: GradientCheck.Taylor
  var passed: Bool { differences.passed && taylor.passed }
}

/// The weights before they are divided, as functions of their logarithms: no change makes one negative.
private struct GivenWeights<Scalar: DelayNetScalar> {
  let given: LoadedNetwork<Scalar>.Given
  /// The edges that the divisor is smooth in: where several share the largest weight, not these.
  let smooth: [Int]

  init(_ given: LoadedNetwork<Scalar>.Given) {
    self.given = given
    let weights = given.network.weights
    let largest = weights.reduce(0) { max($0, abs($1)) }
    let shared = given.normalization == .max && weights.count { abs($0) == largest } > 1
    smooth = weights.indices.filter { !shared || abs(weights[$0]) < largest }
  }

  func check(
    _ map: DelayMap<Scalar>, at buffer: Buffer<Scalar>, entries: Int?, seed: UInt64,
    of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws -> CheckOfGivenWeights {
    let weights = given.network.weights
    let byGiven = try given.pullback(
      map.valueWithGradient(at: buffer, withRespectTo: .weights, of: loss).gradient.weights)
    let point = [Scalar](repeating: 0, count: smooth.count)
    let gradient = smooth.map { byGiven[$0] * weights[$0] }
    func value(_ logarithms: [Scalar]) throws -> Scalar {
      var moved = weights
      for (e, logarithm) in zip(smooth, logarithms) { moved[e] *= Scalar(exp(Double(logarithm))) }
      let divided = try given.network.with(weights: moved).normalized(by: given.normalization)
      return try map.value(at: buffer, weights: divided.weights, of: loss)
    }
    let direction = try RandomKey(seed: seed).folding(in: 2).normal(smooth.count, as: Scalar.self)
    return CheckOfGivenWeights(
      differences: try GradientCheck.differences(
        at: point, gradient: gradient, input: "weights as given", entries: entries,
        place: { "edge \(smooth[$0]), by its logarithm" }, of: value),
      taylor: try GradientCheck.taylor(at: point, gradient: gradient, along: direction, of: value))
  }
}
