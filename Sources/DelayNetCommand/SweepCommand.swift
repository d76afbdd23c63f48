import ArgumentParser
import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation

/// `delaynet sweep`: a network over the product of some axes, each point observed; by any number of processes.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Runs a network of neural masses over the product of some axes, and observes every point.",
    discussion: """
      AXES
      --axis name=low:high:count, name=low:high:count:log for equal ratios, or name=a,b,c, for each axis. Names are coupling, \
      speed (of a connectome, in mm/ms), sigma, sigma:S for the noise of a state S, or a parameter of the model. All points have \
      the same noise, unless --own-noise gives each its own; --realizations averages over several.

      OUTPUT
      --output is a .npz of each axis by its name (sigma_S for sigma:S), of each observable an array of the shape (axes…, …), the \
      first --axis first: (axes…, N, N) of matrices, (axes…, N) of a number a region, (axes…) of a number; of several --lag an \
      array each, such as fc_lag0 and fc_lag1000; with a target `loss`; \
      with a spectrum the `frequencies` in Hz; `status`, 0 where all is well, 1 for a run that left the finite numbers and 2 for an \
      observable that is not defined, as the correlation of a region that does not change: their numbers are NaN; and texts: the \
      names of the `axes`, the `labels` of the regions, the `settings`.

      MANY PROCESSES
      Start the same command as often as you like: mpirun -n 64 delaynet sweep …, srun delaynet sweep …, or as a Slurm array. Each \
      process takes its share of the points from the environment that the launcher gives it (OMPI_COMM_WORLD_RANK, PMI_RANK, \
      SLURM_PROCID, SLURM_ARRAY_TASK_ID, and their numbers of processes), or from --share. What it has computed it keeps in the \
      folder x.npz.parts beside the output x.npz, and whoever finds all parts there joins them: into the very bytes that one \
      process writes. Killed processes lose the points that they were computing; the same command, started again in any number, \
      completes the sweep. A part that is damaged, or another sweep's, is refused by its name and made again. --gather joins and \
      computes nothing.

      EXAMPLES
        delaynet sweep --connectome dk.npz --model wong_wang --normalize max --time-step 1 --duration 120000 --sigma 0.003 \\
          --axis coupling=0:1:21 --axis speed=1,2,3,5,10 --monitor bold:balloon-friston2003 --repetition-time 1000 \\
          --discard 20000 --observe fc,fcd,mean --target-fc FC.npy --output sweep.npz
        mpirun -n 2 delaynet sweep --synthetic 20 --model mpr --duration 1000 --sigma 0.01 --axis coupling=0:1:8 \\
          --axis eta=-6,-5,-4 --monitor average --repetition-time 10 --observe fc,variance --output sweep.npz --threads 1
      """)

  @OptionGroup(title: "Network and model")
  var options: SimulateOptions

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What is varied, and its values; see AXES. Once for each axis; the last varies fastest.",
      valueName: "name=values"))
  var axis: [AxisArgument] = []

  @OptionGroup(title: "What is observed")
  var observation: MonitorOptions

  @OptionGroup(title: "What is computed of it")
  var observables: ObservableOptions

  @OptionGroup(title: "What it is compared with")
  var target: TargetOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Every point is a mean over so many realisations of the noise.", valueName: "R"))
  var realizations = 1

  @Flag(name: .long, help: "Every point draws its own noise.")
  var ownNoise = false

  @Option(name: .long, help: ArgumentHelp("Write the sweep; see OUTPUT.", valueName: "sweep.npz"))
  var output: String

  @Flag(
    name: .long,
    help:
      "Continue this very sweep, or fail where nothing of it is there or parts of another; without it those are made anew."
  )
  var resume = false

  @Flag(name: .long, help: "Compute nothing; join the parts that are there.")
  var gather = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Which share of the points this process has, such as 2/7; 1/1 for all. (default: what the launcher says)",
      valueName: "k/n"))
  var share: ShareArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Draw the loss, and the mean of each observable, over the axes, once all parts are joined.",
      valueName: "sweep.svg"))
  var plot: String?

  func validate() throws {
    guard let steps = options.stepCount else {
      throw ValidationError("How long is a run? Give either --duration in ms or --steps.")
    }
    try MonitorOptions.validate(observation.discard, step: options.timeStep)
    guard discarded < steps else {
      throw ValidationError("--discard \(observation.discard ?? 0) ms leaves nothing of the run.")
    }
    guard !axis.isEmpty else { throw ValidationError("Over what? Give --axis, such as --axis coupling=0:1:11.") }
    guard observation.monitor != nil else {
      throw ValidationError("What is observed? Give --monitor, such as --monitor bold:volterra.")
    }
    guard 1...1_000_000 ~= realizations else {
      throw ValidationError("--realizations must be 1 … 1000000, not \(realizations).")
    }
    if options.noise != nil, realizations > 1 || ownNoise {
      throw ValidationError("--noise is one realisation; --realizations and --own-noise draw theirs.")
    }
    if gather, resume || share != nil {
      throw ValidationError("--gather computes nothing: there is nothing to --resume or to --share.")
    }
    for axis in axis {
      if case .malformed(let error) = axis { throw ValidationError("--axis: \(error).") }
    }
    let names = try axes.map(\.name)
    for name in names where SweepParts.reserved.contains(name) {
      throw ValidationError("--axis \(name): the output has an array of that name for something else.")
    }
  }

  private var axes: [SweepAxis] {
    get throws {
      try axis.map {
        switch $0 {
        case .axis(let axis): axis
        case .malformed(let error): throw error
        }
      }
    }
  }

  private var discarded: Int { observation.discardedSteps(timeStep: options.timeStep) }

  func run() throws {
    try CommandFiles(
      inputs: options.inputFiles + observation.inputFiles + target.inputFiles,
      outputs: CommandFiles.named(["--output": output, "--plot": plot]), isShared: true
    ).check()
    if try isDouble() { try run(Double.self) } else { try run(Float.self) }
  }

  /// Whether to compute in double precision.
  private func isDouble() throws -> Bool {
    if let precision = options.precision { return precision.isDouble }
    for path in [options.noise, options.stimulusFile, options.initial, options.history].compactMap({ $0 }) {
      if try NPYFile(path: path).elementType == .float64 { return true }
    }
    return false
  }

  private func run<Scalar: DelayNetScalar & NPYElement>(_: Scalar.Type) throws {
    let share = try share?.share ?? .launched(ProcessInfo.processInfo.environment)
    let loaded: LoadedNetwork<Scalar> = try options.source.load(as: Scalar.self)
    let (sweep, target) = try sweep(loaded)
    let parts = try parts(sweep, loaded, target)
    print("network   \(loaded.summary)")
    print(
      "model     \(sweep.problem.model.title), \(options.scheme.name), \(grouped(sweep.steps)) steps of "
        + "\(rounded(options.timeStep)) ms, \(Scalar.npyElementType == .float64 ? "float64" : "float32"), "
        + "\(sweep.problem.plan.report.instructionSet)")
    print(
      "sweep     \(grouped(sweep.points)) points: "
        + sweep.axes.map { "\($0.name) (\(grouped($0.values.count)))" }.joined(separator: " × "))
    if parts.isComplete {
      parts.remove()
      print("complete  \(output) has this sweep already")
      try draw(parts, sweep, loaded)
      return
    }
    try DelayNetCommand.requireMemory(parts.joiningBytes, for: "joining the numbers of \(grouped(sweep.points)) points")
    if gather {
      guard try finish(parts, sweep, refusing: true) else {
        let missing = (0..<parts.count).filter { !parts.isThere($0) }
        throw Failure(
          .unfinished,
          "\(parts.folder): \(grouped(missing.count)) of \(grouped(parts.count)) parts are missing, the first is "
            + "\(parts.path(of: missing.first ?? 0)); the same command without --gather makes them")
      }
      try draw(parts, sweep, loaded)
      return
    }
    try Interruption.watching { try compute(sweep, parts, share, loaded) }
  }

  // ---- What is swept ----------------------------------------------------------------------------------------------------

  /// The sweep that the options describe, and the target.
  private func sweep<Scalar: DelayNetScalar & NPYElement>(
    _ loaded: LoadedNetwork<Scalar>
  ) throws -> (Sweep<Scalar>, target: Matrix<Double>?) {
    let (model, nodes, steps) = (try NodeModel.required(options.model), loaded.network.nodes, options.stepCount ?? 0)
    guard let monitor = try observation.monitor(of: model, nodes: nodes, timeStep: options.timeStep) else {
      throw ValidationError("What is observed? Give --monitor, such as --monitor bold:volterra.")
    }
    if let name = observables.needsAngles {
      for state in monitor.states ?? [] where !model.states.contains(where: { $0.name == state && $0.isPeriodic }) {
        throw ValidationError("--observe \(name): the state \(state) of \(model.name) is no angle.")
      }
    }
    let axes = try axes
    var problem = try loaded.naming {
      try options.problem(loaded, monitors: [monitor], goal: steps) { _ in steps }
    }
    if axes.contains(where: { $0.quantity == .conductionSpeed }) {
      guard let lengths = loaded.lengths, !options.connectome.noDelays else {
        throw ValidationError(
          "--axis speed: there are no tract lengths, from which a speed would make delays; give a connectome with them."
        )
      }
      let history = problem.history
      problem = try loaded.naming {
        try problem.with(
          delays: .tracts(
            // Every point has its own.
            lengths: lengths, conductionSpeed: loaded.speed ?? 3, fractional: options.fractionalDelays))
      }
      if history != nil {
        throw ValidationError("--axis speed: a --history has one length, and every speed needs its own.")
      }
    }
    let computed = try observables.observables(samplingStep: observation.repetitionTime ?? options.timeStep)
    let goal = try target.functionalConnectivity(regions: monitor.gain?.rows ?? nodes)
    var loss: Sweep<Scalar>.Loss?
    if let goal {
      let (matrix, kind) = (goal.map { Scalar($0) }, target.loss)
      loss = { (columns: Traced<Scalar>) throws(DelayNetError) in
        try kind.loss(columns.functionalConnectivity(), matrix)
      }
    }
    do throws(SweepError) {
      let sweep = try Sweep(
        problem, over: axes, steps: steps, discarding: discarded, monitor: monitor, observing: computed, loss: loss,
        realizations: realizations, noise: ownNoise ? .ownToEach : .shared)
      return (sweep, goal)
    } catch .network(let error) {
      return try loaded.naming { throw error }
    } catch {
      throw Failure(.data, Self.words(error))
    }
  }

  /// A mistake in the words of the command.
  private static func words(_ error: SweepError) -> String {
    switch error {
    case .observable("fcd", .optionOutOfRange("window", let value)):
      "fcd: a window of \(rounded(value)) samples does not fit into the columns that are left; --window makes it shorter"
    case .observable(let name, .optionOutOfRange("segment", let value)):
      "\(name): a segment of \(rounded(value)) samples does not fit into the columns that are left; --segment makes it shorter"
    default: "\(error)"
    }
  }

  /// Where the parts go, with everything that tells this sweep from others.
  private func parts<Scalar: DelayNetScalar & NPYElement>(
    _ sweep: Sweep<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ target: Matrix<Double>?
  ) throws -> SweepParts {
    var settings = [Fingerprint.Setting(name: "version", value: Runtime.version)]
    settings += try loaded.naming { try sweep.fingerprint().settings }
    if let target {
      var digest = Digest()
      for value in target.values { digest.add(value) }
      settings.append(.init(name: "target", value: "\(target.rows) x \(target.columns), digest \(digest.text)"))
      settings.append(.init(name: "loss", value: self.target.loss.rawValue))
    }
    var arrays: [(name: String, array: NPYArray)] = []
    if let frequencies = ObservableOptions.frequencies(of: sweep.observables) {
      arrays.append(("frequencies", try NPYArray(frequencies)))
    }
    var texts: [(name: String, texts: [String])] = []
    if let labels = loaded.labels {
      texts.append(("labels", labels))
      // They do not change a number, but they are in the file.
      var digest = Digest()
      for label in labels { for byte in label.utf8 + [0] { digest.add(UInt64(byte)) } }
      settings.append(.init(name: "labels", value: "\(labels.count), digest \(digest.text)"))
    }
    return SweepParts(
      output, settings: Fingerprint(settings: settings), axes: sweep.axes, outputs: sweep.outputs, arrays: arrays,
      texts: texts)
  }

  // ---- Its points -------------------------------------------------------------------------------------------------------

  /// Computes the parts of this process's share that are not there, and joins all if they are.
  private func compute<Scalar: DelayNetScalar & NPYElement>(
    _ sweep: Sweep<Scalar>, _ parts: SweepParts, _ share: SweepShare, _ loaded: LoadedNetwork<Scalar>
  ) throws {
    let own = (0..<parts.count).filter(share.contains)
    if share.size > 1 {
      print("share     \(share.rank + 1) of \(grouped(share.size)), by \(share.origin): \(grouped(own.count)) parts")
    }
    let missing = try missing(of: own, parts)
    let there = own.count - missing.count
    if resume, there == 0, !(0..<parts.count).contains(where: parts.isThere) {
      throw Failure(.noInput, "\(parts.folder): there is nothing of this sweep to --resume")
    }
    if there > 0 { print("found     \(grouped(there)) of \(grouped(own.count)) parts") }
    try parts.makeFolder()
    // What others have to make may be there already, of an earlier sweep, or damaged: they make it again.
    if try run(missing, sweep, parts, loaded), try finish(parts, sweep, refusing: share.size == 1) {
      try draw(parts, sweep, loaded)
      return
    }
    if parts.isComplete {
      print("complete  \(output) was joined by another process")
      return
    }
    let others = (0..<parts.count).count { ((try? parts.read($0)) ?? nil) == nil }
    print(
      "waiting   \(grouped(others)) of \(grouped(parts.count)) parts are others'; who makes the last one joins all in \(output)"
    )
  }

  /// The parts that are not there, or cannot be used.
  private func missing(of own: [Int], _ parts: SweepParts) throws -> [Int] {
    var (missing, refused): ([Int], [String]) = ([], [])
    for part in own {
      do {
        if try parts.read(part) == nil { missing.append(part) }
      } catch let failure as Failure {
        if resume { throw failure }
        missing.append(part)
        refused.append(failure.message)
      }
    }
    for message in refused.prefix(5) { printToStandardError("delaynet: \(message); it is made again") }
    if refused.count > 5 {
      printToStandardError("delaynet: \(grouped(refused.count - 5)) other parts are made again, too")
    }
    return missing
  }

  /// Runs the points of some parts and writes each part as soon as it is complete.
  ///
  /// - Returns: false if others have completed the sweep in the meantime.
  private func run<Scalar: DelayNetScalar & NPYElement>(
    _ missing: [Int], _ sweep: Sweep<Scalar>, _ parts: SweepParts, _ loaded: LoadedNetwork<Scalar>
  ) throws -> Bool {
    guard !missing.isEmpty else { return true }
    let points = missing.flatMap { Array(parts.points(of: $0)) }
    let bar = ProgressBar("sweeping")
    let clock = ContinuousClock.now
    var pending: [Int: [SweepPoint]] = [:]
    var (done, isOvertaken): (Int, Bool) = (0, false)
    var failure: (any Error)?
    do {
      defer { bar.clear() }
      try sweep.run(points: points, threads: options.threads, progress: bar.handler) { point in
        let part = parts.part(of: point.point)
        var all = pending.removeValue(forKey: part) ?? []
        all.append(point)
        done += 1
        guard all.count == parts.points(of: part).count else {
          pending[part] = all
          return true
        }
        all.sort { $0.point < $1.point }
        do {
          isOvertaken = try !parts.write(
            part, codes: all.map { Int32($0.outcome.code) }, numbers: all.flatMap { $0.values.joined() })
          return !isOvertaken
        } catch {
          failure = error
          return false
        }
      }
    } catch {
      if let failure { throw failure }
      if isOvertaken { return false }
      guard Interruption.isRequested else { return try loaded.naming { throw error } }
      throw Failure(
        .unfinished,
        "interrupted while sweeping, after \(grouped(done)) of \(grouped(points.count)) points; \(parts.folder) has them, and the "
          + "same command continues")
    }
    print("run       \(grouped(points.count)) points in \(text(seconds: (ContinuousClock.now - clock).seconds))")
    return true
  }

  /// Joins the parts if they are all there.
  ///
  /// - Parameter refuses: whether a part that cannot be used is a failure, or one that is not there yet.
  /// - Returns: whether they were.
  private func finish<Scalar>(_ parts: SweepParts, _ sweep: Sweep<Scalar>, refusing refuses: Bool) throws -> Bool {
    guard (0..<parts.count).allSatisfy(parts.isThere) else { return false }
    let joined: SweepParts.Joined
    do {
      guard let all = try parts.join() else { return false }
      joined = all
    } catch let failure as Failure where failure.status == .data && !refuses {
      return false
    }
    func place(_ point: Int) -> String {
      zip(sweep.axes, sweep.coordinates(of: point)).map { "\($0.name) \(rounded($1))" }.joined(separator: ", ")
    }
    if joined.counts[0] < sweep.points, let first = joined.firstFailure {
      var ways: [String] = []
      if joined.counts[1] > 0 { ways.append("\(grouped(joined.counts[1])) left the finite numbers") }
      if joined.counts[2] > 0 { ways.append("at \(grouped(joined.counts[2])) an observable is not defined") }
      print(
        "points    \(grouped(joined.counts[0])) are well; \(ways.joined(separator: "; ")); the first is \(place(first))"
      )
    }
    if let best = joined.best { print("best      loss \(rounded(best.loss)) at \(place(best.point))") }
    print("wrote     \(output)")
    return true
  }

  /// Draws the sweep that the output has.
  private func draw<Scalar>(_ parts: SweepParts, _ sweep: Sweep<Scalar>, _ loaded: LoadedNetwork<Scalar>) throws {
    guard let plot else { return }
    let picture = SweepPlot(
      sweep: parts, model: sweep.problem.model,
      title: "\(sweep.problem.model.title) · \(grouped(sweep.problem.nodes)) nodes · \(grouped(sweep.points)) points",
      subtitle: "\(URL(fileURLWithPath: loaded.origin).lastPathComponent) · \(grouped(sweep.steps)) steps of "
        + "\(rounded(options.timeStep)) ms, the first \(rounded(observation.discard ?? 0)) ms discarded")
    try writeShared(picture.svg(), to: plot)
    print("drew      \(plot)")
  }

  /// Writes a picture that another process may be drawing as well.
  private func writeShared(_ text: String, to path: String) throws {
    do { try writeSharedFile(path, bytes: Array(text.utf8)) } catch { throw Failure.writing(error) }
  }
}

/// The argument of `--axis`.
enum AxisArgument: ExpressibleByArgument {
  case axis(SweepAxis)
  case malformed(SweepError)

  init?(argument: String) {
    do throws(SweepError) { self = .axis(try SweepAxis(argument)) } catch { self = .malformed(error) }
  }
}
