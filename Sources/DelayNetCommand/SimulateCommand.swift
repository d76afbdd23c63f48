import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// `delaynet simulate`: a stochastic network of neural masses, and its gradients.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulates a stochastic network of neural masses; with a cotangent also its gradients.",
    discussion: """
      The output has the shape (S, N, K): the model's states, the nodes, and a column for every step, or for every k of \
      them with --subsample or --average. It is written while the network runs, so that memory does not grow with the \
      length. A run that is interrupted with Ctrl-C or SIGTERM, or leaves the finite numbers, keeps the columns before; \
      --checkpoint saves where it stands, and --resume continues from there with the same bits.

      CHECKPOINTS
      --checkpoint is written over and over, every time as a whole new file that replaces the old one. With it the output is \
      x.npy.unfinished until it is complete, an array of the full shape: its columns up to the checkpoint are there, later \
      ones may be zeros. A run that is killed in any way leaves both. To complete it, repeat its command with --resume and \
      the checkpoint, without --initial and --history: that continues x.npy.unfinished, whose bytes become those of a run \
      that was never stopped, and calls it x.npy. --steps, --noise and --stimulus are then those of the whole run; \
      --steps or --duration may be left out, and the rest has to be as it was: the checkpoint knows every setting by value \
      or digest, and another one is refused by its name. As long as x.npy.unfinished is there, no other run with that \
      --output begins.

      Without an unfinished output, --resume takes --steps or --duration more, or without them those that the run still \
      lacked, and --output has only their columns. Settings may be others then; those that are get a line on the standard \
      error.

      --gradients writes a .npz of `weights` ((N, N) for a dense network and with --weights-gradient matrix, else one an edge, \
      with its regions in `sources` and `targets`, and their `labels` if there are some), \
      `coupling`, `initial` (S, N), `history` (C, N, H), every parameter of the model by its name, with noise `sigma` (S,) \
      and `noise` (T, S, N), `stimulus` (S, N, T) if there is a file of it, `amplitudes`, one of each other --stimulus, with --fractional-delays `delays`, as `weights`, and \
      for a connectome `speed`. `weights` are those by the weights as given, before --normalize. All are those of a loss whose \
      cotangent is given, or of the mean of the output's first state over nodes and columns.

      EXAMPLES
        delaynet simulate --model mpr --connectome connectivity_76.zip --normalize row --duration 1000 --coupling 0.5 \\
          --sigma 0.01 --output x.npy --plot x.svg
        delaynet simulate --model mine.model --synthetic 84 --duration 1000 --plot mine.svg
        delaynet simulate --model mpr --synthetic 84 --steps 600000 --set eta=-4.6 --sigma r=0.01,V=0.02 \\
          --average 10 --output x.npy --checkpoint end.carry
        delaynet simulate --model mpr --synthetic 84 --steps 600000 --set eta=-4.6 --sigma r=0.01,V=0.02 \\
          --average 10 --output y.npy --resume end.carry
        delaynet simulate --model mpr --synthetic 84 --duration 3600000 --sigma 0.01 --average 10 --output hour.npy \\
          --checkpoint hour.carry
        delaynet simulate --model mpr --synthetic 84 --duration 3600000 --sigma 0.01 --average 10 --output hour.npy \\
          --checkpoint hour.carry --resume hour.carry
        delaynet simulate --model mpr --weights W.npy --delays D.npy --time-step 0.1 --steps 1000 \\
          --cotangent C.npy --gradients g.npz --memory 64MB
        delaynet simulate --model mpr --synthetic 84 --duration 1000 --sigma r=0.01,V=0.02 --gradients g.npz \
          --with-respect-to coupling,parameters
      """)

  @OptionGroup(title: "Network and model")
  var options: SimulateOptions

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Keep every k-th step only.", valueName: "k"))
  var subsample: Int?

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Keep means over k steps only.", valueName: "k"))
  var average: Int?

  @OptionGroup(title: "Or what a monitor sees of one state")
  var observation: MonitorOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Only these states and outputs of the model, S of them, in this order. (default: all states)", valueName: "names")
  )
  var states: String?

  @Option(
    name: .long, parsing: .unconditional, help: ArgumentHelp("Write the states, shape (S, N, K).", valueName: "x.npy"))
  var output: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "A cotangent of the output, shape (S, N, K), or (S, N) if all columns have the same, to be pulled back.",
      discussion: "(default: of the first state's mean)",
      valueName: "C.npy"))
  var cotangent: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Write the gradients of everything, by name.", valueName: "g.npz"))
  var gradients: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Only some gradients: names as in the .npz, `parameters` for all of the model's. (default: everything)",
      valueName: "names"))
  var withRespectTo: String?

  @Option(
    name: .long,
    help: "How gradients by weights and delays of a connectome are written: edges, one an edge, or matrix, (N, N).")
  var weightsGradient: EdgeLayout?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      How much memory the gradient may take, such as 64MB: less means that parts are computed twice. With --output or --plot \
      the run is then made once more, so that its series is not kept. What is as long as the run by itself comes on top: \
      --noise, --stimulus, a --cotangent of K columns, and the gradients `noise` and `stimulus`, each twice while it is \
      written; --with-respect-to leaves them out.
      """, valueName: "bytes"))
  var memory: ByteCount?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Save where the run stands: now and then, at its end, and where it was stopped.", valueName: "file"))
  var checkpoint: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      Save the checkpoint after every step whose number is a multiple of this. (default: 1000000, and for networks of more \
      than 100000 edges 10^11 / edges, but at least 1000)
      """, valueName: "steps"))
  var checkpointEvery: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Continue from a checkpoint: to the end of a run that was killed, or for --steps or --duration more.",
      valueName: "file"))
  var resume: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Draw the first state of up to 20 nodes.", valueName: "x.svg"))
  var plot: String?

  func validate() throws {
    if subsample != nil, average != nil { throw ValidationError("--subsample or --average, not both.") }
    if observation.monitor != nil {
      for (option, isGiven) in [
        ("--subsample", subsample != nil), ("--average", average != nil), ("--states", states != nil),
      ] where isGiven {
        throw ValidationError("\(option) or --monitor, not both.")
      }
    }
    for (name, value) in [("--subsample", subsample), ("--average", average)] {
      if let value, value < 1 { throw ValidationError("\(name) must be at least 1, not \(value).") }
    }
    if let states, states.split(separator: ",", omittingEmptySubsequences: false).contains(where: \.isEmpty) {
      throw ValidationError("--states are names with commas between them, not '\(states)'.")
    }
    try MonitorOptions.validate(observation.discard, step: options.timeStep)
    if withRespectTo != nil, gradients == nil {
      throw ValidationError("--with-respect-to is for --gradients, which is not there.")
    }
    if weightsGradient != nil, gradients == nil {
      throw ValidationError("--weights-gradient is for --gradients, which is not there.")
    }
    if cotangent != nil, gradients == nil {
      throw ValidationError("--cotangent is for --gradients, which is not there.")
    }
    if memory != nil, gradients == nil { throw ValidationError("--memory is for --gradients, which is not there.") }
    if options.stepCount == nil, resume == nil {
      throw ValidationError("How long? Give either --duration in ms or --steps.")
    }
    if let checkpointEvery {
      guard checkpointEvery >= 1 else {
        throw ValidationError("--checkpoint-every must be at least 1, not \(checkpointEvery).")
      }
      guard checkpoint != nil else { throw ValidationError("--checkpoint-every needs a --checkpoint.") }
      guard gradients == nil else {
        throw ValidationError("--checkpoint-every is not for --gradients, whose run is saved at its end.")
      }
    }
    if resume != nil, options.initial != nil || options.history != nil {
      throw ValidationError("--resume has an initial state and a history of its own.")
    }
  }

  func run() throws {
    try CommandFiles(
      inputs: options.inputFiles + observation.inputFiles
        + CommandFiles.named(["--cotangent": cotangent, "--resume": resume]),
      outputs: CommandFiles.named([
        "--output": output, "--gradients": gradients, "--checkpoint": checkpoint, "--plot": plot,
      ]),
      mayBeRead: "--checkpoint"
    ).check()
    if try isDouble() { try run(Double.self) } else { try run(Float.self) }
  }

  /// Whether to compute in double precision.
  private func isDouble() throws -> Bool {
    if let precision = options.precision { return precision.isDouble }
    for path in [options.noise, options.stimulusFile, options.initial, options.history, cotangent].compactMap({ $0 }) {
      if try NPYFile(path: path).elementType == .float64 { return true }
    }
    return false
  }

  /// What the run gives out.
  private func monitor<Scalar>(_ loaded: LoadedNetwork<Scalar>) throws -> Monitor {
    let model = try NodeModel.required(options.model)
    if let chosen = try observation.monitor(of: model, nodes: loaded.network.nodes, timeStep: options.timeStep) {
      return chosen
    }
    let states = states?.split(separator: ",").map(String.init)
    return average.map { .average(over: $0, of: states) } ?? .subsample(every: subsample ?? 1, of: states)
  }
  /// The absolute step up to which columns are left out.
  private var discarded: Int { observation.discardedSteps(timeStep: options.timeStep) }

  private func run<Scalar: DelayNetScalar & NPYElement>(_: Scalar.Type) throws {
    let loaded: LoadedNetwork<Scalar> = try options.source.load(as: Scalar.self)
    try requireMemory(for: loaded)
    let run = try prepare(loaded)
    let (problem, steps, columns) = (run.problem, run.course.steps, run.columns)
    print("network   \(loaded.summary)")
    let strength = problem.sigma == .none ? "no noise" : "with noise"
    print(
      "model     \(problem.model.title), \(options.scheme.name), coupling \(rounded(options.coupling)), \(strength), "
        + "\(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(problem.plan.report.instructionSet)")
    if columns == 0, steps > 0, !run.course.completesOutput {
      try requireColumn(steps, from: run.start.step, every: problem.monitors[0].stepsPerColumn)
    }
    try requireFile(for: problem, columns: columns)
    var picture = plot.map { _ in
      Picture(
        nodes: SeriesPlot.spread(run.shape[1]), columns: columns, timeStep: options.timeStep,
        stepsPerColumn: problem.monitors[0].stepsPerColumn)
    }
    if let gradients {
      try Interruption.watching { try differentiate(run, loaded, to: gradients, &picture) }
    } else {
      try simulate(run, loaded, &picture)
    }
    if let plot, let picture {
      let parts = [
        "\(problem.model.title)", "\(grouped(problem.nodes)) nodes", "\(grouped(loaded.network.edges)) edges",
        "\(grouped(steps)) steps of \(rounded(options.timeStep)) ms",
      ]
      var notes = "\(URL(fileURLWithPath: loaded.origin).lastPathComponent) · G \(rounded(options.coupling))"
      for assignment in options.set { notes += " · \(assignment.name) \(assignment.text)" }
      notes += " · \(problem.monitors.first?.states?.first ?? problem.model.states.first?.name ?? "")"
      // Sensors of a projection are no regions.
      let labels = run.shape[1] == problem.nodes ? loaded.labels : nil
      try write(Data(picture.svg(parts.joined(separator: " · "), notes, labels).utf8), to: plot)
      print("drew      \(plot)")
    }
  }

  /// Refuses a run that ends before its first column does, unless a checkpoint keeps what it has of that.
  private func requireColumn(_ steps: Int, from step: Int, every: Int) throws {
    var option =
      average.map { "--average \($0)" } ?? subsample.map { "--subsample \($0)" }
      ?? "--repetition-time \(rounded(Double(every) * options.timeStep))"
    if observation.discard != nil { option += ", --discard \(discarded) steps" }
    guard checkpoint != nil, gradients == nil else {
      let span = "\(grouped(steps)) steps" + (step > 0 ? " from step \(grouped(step)) on" : "")
      throw ValidationError(
        "\(option): a column ends after every \(grouped(every)) steps, and none does in a run of \(span)."
      )
    }
    print("columns   none: the first one of \(option) ends later")
  }

  /// The run from its start or from the checkpoint; says in which settings it differs from the one that it continues.
  private func prepare<Scalar: DelayNetScalar & NPYElement>(
    _ loaded: LoadedNetwork<Scalar>
  ) throws -> CheckpointedRun<Scalar> {
    let carry: NetworkCarry<Scalar>? = try resume.map { try NetworkCarry(path: $0) }
    if gradients != nil, carry != nil, let output, NPYColumnWriter<Scalar>.isUnfinished(output) {
      throw Failure(
        .unfinished,
        "\(CheckpointedRunError.unfinishedOutput(NPYColumnWriter<Scalar>.unfinishedPath(of: output))); complete it without "
          + "--gradients")
    }
    let monitor = try monitor(loaded)
    return try naming(loaded) {
      let course = try CheckpointedRun<Scalar>.Course(steps: options.stepCount, resuming: carry, output: output)
      let run = try CheckpointedRun(
        options.problem(loaded, monitors: [monitor], goal: course.goal, stepsGiven: course.stepsGiven), course,
        checkpoint: checkpoint, checkpointEvery: checkpointEvery,
        discarding: discarded,
        threads: options.threads)
      if run.hasUnknownSettings {
        printToStandardError(
          "delaynet: \(resume ?? "") does not say with which settings its run was made, for an earlier version saved it; "
            + "\(output ?? "") is completed with those that were given now")
      }
      if !run.differences.isEmpty {
        let list = run.differences.map(\.description).joined(separator: ", and ")
        printToStandardError("delaynet: continuing from \(resume ?? "") with \(list)")
      }
      return run
    }
  }

  /// Calls `body` and puts the errors of a run into the command's words.
  private func naming<Scalar: DelayNetScalar, Result>(
    _ loaded: LoadedNetwork<Scalar>, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try loaded.naming(body)
    } catch let error as CheckpointedRunError {
      let resume = resume ?? ""
      switch error {
      case .network(let error): return try loaded.naming { throw error }
      case .file(let error): throw Failure.writing(error)
      case .lengthUnknown: throw ValidationError("How long? Give either --duration in ms or --steps.")
      case .tooManySteps: throw ValidationError("--steps must not reach beyond step \(Int.max).")
      case .reachedGoal: throw Failure(.data, "\(resume): \(error). How long? Give --duration or --steps")
      case .unfinishedOutput:
        throw Failure(
          .unfinished,
          "\(error). To complete it, add --resume and that run's checkpoint; to begin anew, remove it")
      case .foreignCheckpoint(let output):
        throw Failure(.data, "\(resume): is not a checkpoint of the run whose output is \(output)")
      case .otherLength: throw Failure(.data, "\(error); leave --steps and --duration out to complete it")
      case .otherColumns(let output, let columns, let steps, let expected):
        throw Failure(
          .data,
          "\(output): has \(grouped(columns)) columns, and a run of \(grouped(steps)) steps \(grouped(expected)); leave "
            + "--steps and --duration out to complete it")
      case .otherSettings:
        throw Failure(
          .data,
          "\(error); repeat that run's command to complete it, or continue from \(resume) with another --output")
      }
    }
  }

  /// Runs to the files and the picture. From the first chunk to the last file a request to stop is heard, and what was
  /// computed is kept.
  func simulate<Scalar: DelayNetScalar & NPYElement>(
    _ run: CheckpointedRun<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ picture: inout Picture?
  ) throws {
    let bar = ProgressBar("simulating")
    var done = 0
    func report(_ outcome: CheckpointedRun<Scalar>.Outcome) {
      bar.clear()
      done = outcome.steps
      let seconds = outcome.duration.seconds
      let work = Double(loaded.network.edges) * Double(done)
      var time = text(seconds: seconds)
      if work > 0 { time += ", \(rounded(seconds * 1e9 / work)) ns per edge and step" }
      let clamps = outcome.clamps > 0 ? "; \(grouped(outcome.clamps)) clamps" : ""
      print("run       \(grouped(done)) steps in \(time)\(clamps)")
      if outcome.isSaved { printSaved(outcome.carry) }
      if let shape = outcome.output { print("wrote     \(output ?? "") \(text(shape))") }
    }
    try Interruption.watching {
      try naming(loaded) {
        do {
          report(try run.run(progress: bar.handler, onColumns: { picture?.add($0[0]) }, onStop: report))
        } catch CheckpointedRunError.network where Interruption.isRequested {
          let kept = done > 0 ? "" : "; nothing was written"
          throw Failure(
            .unfinished,
            "interrupted while simulating, after \(grouped(done)) of \(grouped(run.course.steps)) steps\(kept)")
        }
      }
    }
  }

  func save<Scalar>(_ carry: NetworkCarry<Scalar>) throws {
    guard let checkpoint else { return }
    try Self.writing { try carry.write(to: checkpoint) }
    printSaved(carry)
  }

  private func printSaved<Scalar>(_ carry: NetworkCarry<Scalar>) {
    if let checkpoint { print("saved     \(checkpoint), step \(grouped(carry.step))") }
  }

  static func writing<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FileError { throw Failure.writing(error) }
  }
}
