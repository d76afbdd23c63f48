import ArgumentParser
import DelayNet
import DelayNetIO

/// `delaynet check`: every gradient check of a network.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks every gradient of a network; exits with 1 when a check fails.",
    discussion: """
      The loss is the sum of (output - c)², c drawn from the seed. Its gradient with respect to buffer, weights, scale and \
      noise gain is compared with differences, entry by entry, and with the loss's Taylor expansion; the reverse mode is \
      compared with the forward mode. Without --buffer one of 50 steps is drawn, in float64.

      EXAMPLES
        delaynet check --synthetic 84
        delaynet check --weights W.npy --delays D.npy --steps 200 --scale sum
        delaynet check --connectome connectivity_76.zip --precision float32
      """)

  @OptionGroup(title: "Network")
  var network: NetworkOptions

  @OptionGroup(title: "Run")
  var options: RunOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How many entries of each array to compare with differences; 0 for all.", valueName: "n"))
  var entries = 64

  func validate() throws {
    guard entries >= 0 else { throw ValidationError("--entries must be at least 0, not \(entries).") }
  }

  func run() throws {
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
      let (total, bar) = (4 * arrays + 4 * 6 + 3, ProgressBar("checking"))
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
          return try GradientCheck.run(map, at: buffer, entries: entries == 0 ? nil : entries, of: loss)
        } catch DelayNetError.cancelled {
          throw bar.interruption(of: total, "runs")
        }
      }
      print("\(loaded.summary); \(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(buffer.steps) steps")
      print(Self.text(report))
      return report.passed
    }
  }

  private static func text(_ report: GradientCheck.Report) -> String {
    func verdict(_ passed: Bool) -> String { passed ? "passed" : "FAILED" }
    var rows = [["gradient of", "entries", "worst relative error", "Taylor rates", ""]]
    for input in report.inputs {
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
    for input in report.inputs {
      if !input.differences.passed, let worst = input.differences.worst { lines.append("the worst entry: \(worst)") }
    }
    lines.append(report.passed ? "all checks passed" : "a check FAILED")
    return lines.joined(separator: "\n")
  }
}
