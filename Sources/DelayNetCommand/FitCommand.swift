import ArgumentParser
import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation

/// `delaynet fit`: finds the parameters whose functional connectivity is nearest to a recording's.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fits a network of neural masses to a recording, with exact gradients.",
    discussion: """
      A run of --duration is observed by --monitor; of its columns, those that end in the first --discard ms are left out, and the \
      functional connectivity of the others, Pearson's correlation of every two regions, is compared with the target. The gradient \
      goes back through all of it, and an optimiser moves what is --free.

      FREE
      --free NAME[:region|:groups=G.npy][:identity|:positive|:bounded[=a..b]|:clamped[=a..b]][:spread=L], for each NAME: coupling, speed \
      (with --fractional-delays), weights, delays, sigma or sigma=STATE, initial or initial=STATE, amplitudes, or a parameter of the \
      model. One number for all regions, one each, or one a group, whose numbers are in a file (N,). positive: an exponential; \
      bounded: a logistic function between bounds; clamped: steps end at the bounds; without numbers, the bounds are the model's \
      (`delaynet models`). Parameters of the model are clamped unless told otherwise; sigma, speed, weights and delays positive. \
      spread adds L times the variance over regions to the loss.

      NOISE
      It is frozen: every iteration sees the same, so that the loss is a function of the parameters; --renew-noise draws anew. \
      With --realizations R the loss is the mean over R of them, one a thread. --noise holds the numbers of the run's steps, and the \
      transient begins with them, too; drawn noise goes on from the transient into the run.

      FILES
      --output is a .npz of every free parameter by its name, in physical numbers, at the smallest loss; `loss` and `gradient_norm` of \
      every iteration; `observed` and `target`, (N, N), and `series`, what the monitor saw at the smallest loss; texts of the \
      `command` and of the fit's `state`. It is written now and then, and where the fit is interrupted: --resume continues from there, \
      with the bits of a fit that was never stopped; the rest of the command, --start included, has to be as it was. --start begins with the parameters of another fit.

      EXAMPLES
        delaynet fit --connectome dk.npz --normalize max --model wong_wang --time-step 4 --no-delays --duration 120000 --sigma 0.003 \\
          --monitor bold:volterra --repetition-time 1000 --discard 20000 --target-fc FC.npy \\
          --free coupling:positive --free w --iterations 50 --output fit.npz --plot fit.svg
        delaynet fit --connectome dk.npz --normalize max --model wong_wang --time-step 4 --no-delays --duration 120000 --sigma 0.003 \\
          --monitor bold:volterra --repetition-time 1000 --discard 20000 --target-fc FC.npy \\
          --start fit.npz --free w:region --rate 0.005 --output regions.npz
      """)

  @OptionGroup(title: "Network and model")
  var options: SimulateOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Run so long once, with the start's parameters, before the fit's runs begin.", valueName: "ms"))
  var transient: Double?

  @OptionGroup(title: "What is observed")
  var observation: MonitorOptions

  @OptionGroup(title: "What it is compared with")
  var target: TargetOptions

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp("What may change; see FREE. May be repeated.", valueName: "name[:…]"))
  var free: [FreeArgument] = []

  @Option(
    name: .long, help: ArgumentHelp("Begin with the parameters that another fit has found.", valueName: "fit.npz"))
  var start: String?

  @OptionGroup(title: "Optimiser")
  var optimizer: OptimizerOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The loss is a mean over so many realisations of the noise.", valueName: "R"))
  var realizations = 1

  @Flag(name: .long, help: "Every iteration draws its own noise.")
  var renewNoise = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How much memory a gradient may take, such as 64MB; the same bits for every amount.", valueName: "bytes"))
  var memory: ByteCount?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      For runs whose gradients explode: they end at the beginning of windows of so long, a multiple of --repetition-time, and are \
      those of how the parameters act within a window; the loss stays that of the whole run. For adam and adamw. (default: \
      exact gradients)
      """, valueName: "ms"))
  var truncation: Double?

  @Option(name: .long, help: ArgumentHelp("Write the fit; see FILES.", valueName: "fit.npz"))
  var output: String

  @Option(name: .long, help: ArgumentHelp("Continue a fit from its output.", valueName: "fit.npz"))
  var resume: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Draw the loss, observed beside target, and what was free.", valueName: "fit.svg"))
  var plot: String?

  func validate() throws {
    guard options.stepCount != nil else {
      throw ValidationError("How long is a run? Give either --duration in ms or --steps.")
    }
    try MonitorOptions.validate(transient, "--transient", step: options.timeStep)
    try MonitorOptions.validate(observation.discard, step: options.timeStep)
    guard observation.monitor != nil else {
      throw ValidationError("What is observed? Give --monitor, such as --monitor bold:volterra.")
    }
    guard target.targetFc != nil || target.targetSeries != nil else {
      throw ValidationError("Fit to what? Give --target-fc or --target-series.")
    }
    guard !free.isEmpty else { throw ValidationError("What may change? Give --free, such as --free coupling.") }
    guard 1...1_000_000 ~= realizations else {
      throw ValidationError("--realizations must be 1 … 1000000, not \(realizations).")
    }
    if options.noise != nil, realizations > 1 || renewNoise {
      throw ValidationError("--noise is one realisation; --realizations and --renew-noise draw theirs.")
    }
    if let truncation {
      guard let time = observation.repetitionTime, truncation > 0, truncation / time < 0x1p52,
        Self.isMultiple(truncation, of: time)
      else {
        throw ValidationError(
          "--truncation must be a multiple of --repetition-time \(observation.repetitionTime ?? .nan) ms, not \(truncation)."
        )
      }
      guard [.adam, .adamw].contains(optimizer.optimizer) else {
        throw ValidationError("--truncation is for adam and adamw: its gradients are not those of the loss.")
      }
      if let transient, transient > 0, !Self.isMultiple(transient, of: time) {
        throw ValidationError(
          "--transient \(transient) ms is no multiple of --repetition-time, and --truncation needs that.")
      }
    }
    guard let steps = options.stepCount, discardedSteps < steps else {
      throw ValidationError("--discard \(observation.discard ?? 0) ms leaves nothing of the run.")
    }
  }

  /// Whether one time is a multiple of another, to the rounding of decimal fractions.
  private static func isMultiple(_ time: Double, of other: Double) -> Bool {
    let ratio = time / other
    return ratio.rounded() >= 1 && abs(ratio - ratio.rounded()) <= 1e-9 * ratio
  }

  private func steps(_ time: Double?) -> Int { time.map { Int(($0 / options.timeStep).rounded()) } ?? 0 }
  private var discardedSteps: Int { observation.discardedSteps(timeStep: options.timeStep) }

  func run() throws {
    try CommandFiles(
      inputs: options.inputFiles + observation.inputFiles + target.inputFiles + free.compactMap(\.inputFile)
        + CommandFiles.named(["--start": start, "--resume": resume]),
      outputs: CommandFiles.named(["--output": output, "--plot": plot]), mayBeRead: "--output"
    ).check()
    if options.precision?.isDouble ?? true { try run(Double.self) } else { try run(Float.self) }
  }

  private func run<Scalar: DelayNetScalar & NPYElement>(_: Scalar.Type) throws {
    let loaded: LoadedNetwork<Scalar> = try options.source.load(as: Scalar.self)
    let (start, goal) = try fit(loaded)
    var fit = start
    print("network   \(loaded.summary)")
    print(
      "model     \(fit.problem.model.title), \(options.scheme.name), \(grouped(fit.steps)) steps of \(rounded(options.timeStep)) ms, "
        + "\(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(fit.problem.plan.report.instructionSet)")
    let file = FitFile<Scalar>(path: output, labels: loaded.labels, command: Self.command)
    let state = try resume.map { try FitFile<Scalar>.state(in: $0) }
    try loaded.naming {
      let objective = try fit.objective()
      print(
        "free      \(objective.parametrization.count) numbers: "
          + objective.parametrization.free.map(\.name).joined(separator: ", "))
    }
    if let window = fit.truncation {
      print("gradient  that of windows of \(grouped(window)) steps, in each of which the first state is a constant")
    }
    try Interruption.watching { try minimize(&fit, to: goal, loaded, file, resuming: state) }
  }

  /// The fit that the options describe, behind its transient, and what it is fitted to.
  private func fit<Scalar: DelayNetScalar & NPYElement>(
    _ loaded: LoadedNetwork<Scalar>
  ) throws -> (Fit<Scalar>, target: Matrix<Double>) {
    let (model, nodes) = (try NodeModel.required(options.model), loaded.network.nodes)
    let steps = options.stepCount ?? 0
    guard let monitor = try observation.monitor(of: model, nodes: nodes, timeStep: options.timeStep) else {
      throw ValidationError("What is observed? Give --monitor, such as --monitor bold:volterra.")
    }
    guard let observed = try target.functionalConnectivity(regions: monitor.gain?.rows ?? nodes) else {
      throw ValidationError("Fit to what? Give --target-fc or --target-series.")
    }
    var problem = try loaded.naming {
      try options.problem(loaded, monitors: [monitor], goal: steps) { _ in steps }
    }
    if let start { try FitFile<Scalar>.apply(start, to: &problem) }
    let goal = observed.map { Scalar($0) }
    let loss = target.loss
    var fit = Fit(problem, steps: steps, discarding: discardedSteps, monitor: monitor) {
      (columns: Traced<Scalar>) throws(DelayNetError) in
      try loss.loss(columns.functionalConnectivity(), goal)
    }
    var digest = Digest()
    for value in observed.values { digest.add(value) }
    fit.lossName = "\(loss.rawValue) to a target of digest \(digest.text)"
    fit.free = try free.map { try $0.freeParameter(model, nodes: nodes) }
    fit.realizations = realizations
    fit.noise = renewNoise ? .renewed : .frozen
    fit.memory = memory.map { .bytes($0.bytes) } ?? .everything
    fit.truncation = truncation == nil ? nil : self.steps(truncation)
    fit.threads = options.threads
    fit.progress = { _ in !Interruption.isRequested }
    let before = self.steps(transient)
    if before > 0 { fit.carry = try loaded.naming { try carry(problem, behind: before) } }
    return (fit, observed)
  }

  /// Where the runs begin: behind a transient. Given noise begins anew there, and with it the count of steps.
  private func carry<Scalar: DelayNetScalar & NPYElement>(
    _ problem: Problem<Scalar>, behind steps: Int
  ) throws -> NetworkCarry<Scalar> {
    let every = try problem.resolvedMonitors()[0].stepsPerColumn
    guard options.noise == nil || steps % every == 0 else {
      throw ValidationError(
        "--transient \(transient ?? 0) ms is no multiple of --repetition-time, and --noise begins anew behind it.")
    }
    if options.noise != nil, let most = options.stepCount, steps > most {
      throw ValidationError("--transient \(transient ?? 0) ms is longer than the run, whose --noise it begins with.")
    }
    let bar = ProgressBar("transient")
    let clock = ContinuousClock.now
    let end = try Self.end(of: problem, steps, options.threads, bar)
    print("transient \(grouped(steps)) steps in \(text(seconds: (ContinuousClock.now - clock).seconds))")
    guard options.noise != nil else { return end }
    return try NetworkCarry(
      model: end.model, step: 0, state: end.state, history: end.history, monitors: end.monitors,
      monitored: end.monitored)
  }

  private static func end<Scalar>(
    of problem: Problem<Scalar>, _ steps: Int, _ threads: Int, _ bar: ProgressBar
  ) throws -> NetworkCarry<Scalar> {
    defer { bar.clear() }
    do {
      return try problem.simulate(steps: steps, threads: threads, progress: bar.handler).carry
    } catch {
      throw Interruption.isRequested ? bar.interruption(of: steps, "steps") : error
    }
  }

  /// Goes step by step; what was found is in the file whenever this ends.
  private func minimize<Scalar: DelayNetScalar & NPYElement>(
    _ fit: inout Fit<Scalar>, to goal: Matrix<Double>, _ loaded: LoadedNetwork<Scalar>, _ file: FitFile<Scalar>,
    resuming state: FitState?
  ) throws {
    let method = optimizer.method(seed: options.seed)
    let steps = fit.minimize(
      method, iterations: optimizer.iterations, patience: optimizer.patience, resuming: state)
    let line = FitLine(iterations: optimizer.iterations, first: state?.log.count ?? 0)
    @discardableResult func save() throws -> StateArray<Scalar>? { try file.write(fit, target: goal) }
    var saved = ContinuousClock.now
    do {
      while let step = try loaded.naming({ try steps.next() }) {
        line.show(step)
        // Short runs may be over before the handler is asked.
        if Interruption.isRequested { throw DelayNetError.cancelled(steps: []) }
        guard (ContinuousClock.now - saved).seconds > 10 else { continue }
        try save()
        saved = ContinuousClock.now
      }
    } catch {
      line.clear()
      let done = fit.log.count
      if done > 0 { try save() }
      guard Interruption.isRequested else { throw error }
      let kept = done > 0 ? "; \(output) has them, and --resume continues" : "; nothing was written"
      throw Failure(
        .unfinished,
        "interrupted while fitting, after \(grouped(done)) of \(grouped(optimizer.iterations)) iterations\(kept)")
    }
    line.clear()
    let best = fit.best
    guard let first = fit.log.first else { return }
    print(
      "fit       \(grouped(fit.log.count)) iterations in \(text(seconds: line.elapsed)); loss \(rounded(first.loss)) → "
        + "\(rounded(best.loss)) at iteration \(best.iteration ?? 0)")
    for (found, given) in zip(best.values, first.values) {
      print("          \(found.name): \(Self.words(given.values)) → \(Self.words(found.values))")
    }
    let series = try save()
    print("wrote     \(output)")
    guard let plot else { return }
    let picture = FitPicture(
      fit: fit, target: goal, series: series, labels: loaded.labels,
      origin: URL(fileURLWithPath: loaded.origin).lastPathComponent, lossName: target.loss.title)
    try write(Data(picture.svg().utf8), to: plot)
    print("drew      \(plot)")
  }

  /// "0.15", or "0.21 … 0.34".
  private static func words(_ values: [Double]) -> String {
    guard let low = values.min(), let high = values.max() else { return "nothing" }
    return low == high ? rounded(low) : "\(rounded(low)) … \(rounded(high))"
  }

  /// The command line without what says where to continue, so that an interrupted fit's file becomes that of one that was not.
  private static var command: String {
    var words: [String] = []
    var rest = CommandLine.arguments.dropFirst()
    while let word = rest.popFirst() {
      if word == "--resume" {
        _ = rest.popFirst()
      } else if !word.hasPrefix("--resume=") {
        words.append(word)
      }
    }
    return (["delaynet"] + words).map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
  }
}

/// Shows the steps of a fit: a line that changes on a terminal, a line each in a log.
private final class FitLine {
  private let iterations, first: Int
  private let start = ContinuousClock.now
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var isDrawn = false

  init(iterations: Int, first: Int) { (self.iterations, self.first) = (iterations, first) }

  var elapsed: Double { (ContinuousClock.now - start).seconds }

  func show(_ step: FitStep) {
    let done = step.number + 1
    let left = elapsed / Double(max(done - first, 1)) * Double(iterations - done)
    var line = "iteration \(done)/\(iterations)  loss \(rounded(step.loss))"
    if let norm = step.gradientNorm { line += "  gradient \(rounded(norm))" }
    if step.isBest { line += "  best" }
    guard isTerminal else { return printToStandardError(line) }
    isDrawn = true
    writeToStandardError("\r\(line), \(fixed(left, 0)) s left\u{1b}[K")
  }

  func clear() {
    if isDrawn { writeToStandardError("\r\u{1b}[K") }
    isDrawn = false
  }
}
