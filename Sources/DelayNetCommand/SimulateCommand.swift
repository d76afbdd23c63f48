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

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Only these states of the model, S of them, in this order. (default: all)", valueName: "names"))
  var states: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Leave out the columns that end in the first milliseconds of model time: the transient.", valueName: "ms"))
  var discard: Double?

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
    for (name, value) in [("--subsample", subsample), ("--average", average)] {
      if let value, value < 1 { throw ValidationError("\(name) must be at least 1, not \(value).") }
    }
    if let states, states.split(separator: ",", omittingEmptySubsequences: false).contains(where: \.isEmpty) {
      throw ValidationError("--states are names with commas between them, not '\(states)'.")
    }
    if let discard, !(discard >= 0 && discard / options.timeStep < 0x1p62) {
      throw ValidationError("--discard must be a time in ms from 0 on, not \(discard).")
    }
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
      inputs: options.inputFiles + CommandFiles.named(["--cotangent": cotangent, "--resume": resume]),
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
      if try NPYArray(path: path).elementType == .float64 { return true }
    }
    return false
  }

  private var thinning: Thinning { subsample.map { .subsample($0) } ?? average.map { .average($0) } ?? .none }
  /// What the run gives out.
  private var monitor: Monitor {
    var monitor = Monitor(thinning)
    monitor.states = states?.split(separator: ",").map(String.init)
    return monitor
  }
  /// The absolute step up to which columns are left out.
  var discarded: Int { discard.map { Int(($0 / options.timeStep).rounded()) } ?? 0 }
  /// The columns that end in steps, without those that are left out.
  func columns(in steps: Range<Int>) -> Int {
    monitor.columns(in: min(max(steps.lowerBound, discarded), steps.upperBound)..<steps.upperBound)
  }
  /// The columns of a part of the run that are not left out.
  func kept<Scalar>(_ part: Trajectory<Scalar>) -> StateArray<Scalar> {
    let columns = columns(in: part.steps)
    return columns >= part.columns ? part.series : part.series.columns((part.columns - columns)..<part.columns)
  }
  /// How many states the output has.
  func rows<Scalar>(of problem: Problem<Scalar>) -> Int {
    problem.monitors.first?.states?.count ?? problem.model.states.count
  }

  private func run<Scalar: DelayNetScalar & NPYElement>(_: Scalar.Type) throws {
    let loaded: LoadedNetwork<Scalar> = try options.source.load(as: Scalar.self)
    try requireMemory(for: loaded)
    let resumed: NetworkCarry<Scalar>? = try resume.map { try NetworkCarry(path: $0) }
    let course = try course(from: resumed)
    let steps = course.steps
    let (problem, carry) = try loaded.naming { try prepare(loaded, resumed, course) }
    print("network   \(loaded.summary)")
    let strength = problem.sigma == .none ? "no noise" : "with noise"
    print(
      "model     \(problem.model.title), \(options.scheme.name), coupling \(rounded(options.coupling)), \(strength), "
        + "\(Scalar.npyElementType == .float64 ? "float64" : "float32"), \(problem.plan.report.instructionSet)")
    let columns = columns(in: carry.step..<(carry.step + steps))
    if columns == 0, steps > 0, !course.completesOutput { try requireColumn(steps, from: carry.step) }
    try requireFile(for: problem, columns: columns)
    var picture = plot.map { _ in
      Picture(nodes: SeriesPlot.spread(problem.nodes), columns: columns, timeStep: options.timeStep, thinning: thinning)
    }
    if let gradients {
      try Interruption.watching {
        try differentiate(problem, loaded, carry, course, columns, to: gradients, &picture)
      }
    } else {
      try simulate(problem, loaded, carry, course, columns, &picture)
    }
    if let plot, let picture {
      let parts = [
        "\(problem.model.title)", "\(grouped(problem.nodes)) nodes", "\(grouped(loaded.network.edges)) edges",
        "\(grouped(steps)) steps of \(rounded(options.timeStep)) ms",
      ]
      var notes = "\(URL(fileURLWithPath: loaded.origin).lastPathComponent) · G \(rounded(options.coupling))"
      for assignment in options.set { notes += " · \(assignment.name) \(assignment.text)" }
      notes += " · \(problem.monitors.first?.states?.first ?? problem.model.states.first?.name ?? "")"
      try write(Data(picture.svg(parts.joined(separator: " · "), notes, loaded.labels).utf8), to: plot)
      print("drew      \(plot)")
    }
  }

  /// Refuses a run that ends before its first column does, unless a checkpoint keeps what it has of that.
  private func requireColumn(_ steps: Int, from step: Int) throws {
    var option = average.map { "--average \($0)" } ?? "--subsample \(thinning.stepsPerColumn)"
    if discard != nil { option += ", --discard \(discarded) steps" }
    guard checkpoint != nil, gradients == nil else {
      let span = "\(grouped(steps)) steps" + (step > 0 ? " from step \(grouped(step)) on" : "")
      throw ValidationError(
        "\(option): a column ends after every \(grouped(thinning.stepsPerColumn)) steps, and none does in a run of \(span)."
      )
    }
    print("columns   none: the first one of \(option) ends later")
  }

  /// What this call of the command does of a run.
  struct Course {
    /// How many steps it takes.
    let steps: Int
    /// Whether it continues the output that a killed run left.
    var completesOutput = false
    /// Whether inputs that have numbers for every step may have those of the whole run, whose end this is.
    var isRest = false

    /// For how many steps, up to the run's end, an input has to have numbers.
    ///
    /// - Parameters:
    ///   - found: for how many it has.
    ///   - step: where this call begins.
    func stepsGiven(_ found: Int?, before step: Int) -> Int {
      guard isRest, let found, steps...(step + steps) ~= found else { return steps }
      return found
    }
  }

  /// How far to go from a checkpoint, or from the start.
  private func course<Scalar>(from resumed: NetworkCarry<Scalar>?) throws -> Course {
    let unfinished = output.map { NPYColumnWriter<Float>.unfinishedPath(of: $0) }
      .flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    guard let resumed, let resume else {
      if let unfinished {
        throw Failure(
          .unfinished,
          "\(unfinished): is the output of a run that was killed. To complete it, add --resume and that run's checkpoint; "
            + "to begin anew, remove it")
      }
      return Course(steps: options.stepCount ?? 0)
    }
    guard let unfinished else {
      if let steps = options.stepCount {
        guard steps <= .max - resumed.step else {
          throw ValidationError("--steps must not reach beyond step \(Int.max).")
        }
        return Course(steps: steps)
      }
      guard let goal = resumed.goal, goal > resumed.step else {
        throw Failure(
          .data, "\(resume): the run has reached its end, step \(resumed.step). How long? Give --duration or --steps")
      }
      return Course(steps: goal - resumed.step, isRest: true)
    }
    guard gradients == nil else {
      throw Failure(
        .unfinished, "\(unfinished): is the output of a run that was killed; complete it without --gradients")
    }
    // The fingerprint, where there is one, names the thinning with everything else that differs.
    guard let goal = resumed.goal, goal >= resumed.step, resumed.fingerprint != nil || resumed.monitors == [monitor]
    else {
      throw Failure(.data, "\(resume): is not a checkpoint of the run whose output is \(unfinished)")
    }
    if let steps = options.stepCount, !(goal - resumed.step...goal ~= steps) {
      throw Failure(
        .data,
        "\(unfinished): is the output of a run to step \(goal), which does not end after \(steps) steps; leave --steps and "
          + "--duration out to complete it")
    }
    return Course(steps: goal - resumed.step, completesOutput: true, isRest: true)
  }

  /// The problem, and where its run begins.
  private func prepare<Scalar: DelayNetScalar & NPYElement>(
    _ loaded: LoadedNetwork<Scalar>, _ resumed: NetworkCarry<Scalar>?, _ course: Course
  ) throws -> (Problem<Scalar>, NetworkCarry<Scalar>) {
    let model = try NodeModel.required(options.model)
    let network = loaded.network
    let delays: Problem<Scalar>.Delays =
      if let real = loaded.delaysInSteps {
        .fractional(real)
      } else if options.fractionalDelays, let lengths = loaded.lengths, let speed = loaded.speed, speed.isFinite {
        .tracts(lengths: lengths, conductionSpeed: speed, fractional: true)
      } else {
        .network
      }
    var given: StateArray<Scalar>?
    var shaped = network
    if let history = options.history {
      let array = try readArray(history)
      let expected = "(\(model.couplings.count), \(network.nodes), H)"
      guard array.shape.count == 3, Array(array.shape[..<2]) == [model.couplings.count, network.nodes] else {
        throw Failure(.data, "\(history): found shape \(text(array.shape)), expected \(expected)")
      }
      let needed = (network.delays.max().map { Int($0) } ?? 0) + (options.fractionalDelays ? 1 : 0)
      guard array.shape[2] >= needed else {
        throw Failure(
          .data,
          "\(history): found shape \(text(array.shape)), expected \(expected) with H at least \(needed), the longest delay"
        )
      }
      given = try StateArray(
        variables: array.shape[0], nodes: array.shape[1], columns: array.shape[2],
        values: DelayNetCommand.numbers(in: history, shape: array.shape, as: Scalar.self))
      shaped = try network.with(history: array.shape[2])
    }
    var problem = try Problem(
      shaped, model: model, timeStep: options.timeStep, delays: delays, instructionSet: options.isa.instructionSet)
    problem.history = given
    problem.coupling = try finite(options.coupling, "--coupling")
    problem.scheme = options.scheme
    problem.stage = options.couplingStage
    problem.couplingKind = options.couplingKind
    for name in monitor.states ?? [] where !model.states.contains(where: { $0.name == name }) {
      throw DelayNetError.unknownState(name: name, model: model.name)
    }
    problem.monitors = [monitor]
    problem.sigma = try options.sigma?.sigma(nodes: network.nodes) ?? .none
    for assignment in options.set {
      problem.parameters[assignment.name] = try assignment.values(nodes: network.nodes)
    }
    let states = model.states.count
    let key = RandomKey(seed: options.seed)
    problem.initial = try Problem<Scalar>.initial(of: model, nodes: network.nodes, key: key.folding(in: 1))
    if let path = options.initial {
      problem.initial = try StateArray(
        variables: states, nodes: network.nodes,
        values: DelayNetCommand.numbers(in: path, shape: [states, network.nodes], as: Scalar.self))
    }
    var carry = try resumed ?? problem.start()
    carry.goal = carry.step + course.steps
    problem.noise = .drawn(key)
    if let path = options.noise {
      let array = try readArray(path)
      let steps = course.stepsGiven(array.shape.first, before: carry.step)
      var samples = try NoiseSamples(
        steps: steps, states: states, nodes: network.nodes,
        values: DelayNetCommand.numbers(of: array, path, shape: [steps, states, network.nodes], as: Scalar.self))
      samples.firstStep = carry.step + course.steps - steps
      problem.noise = .samples(samples)
    }
    problem.stimuli = try options.stimuli(in: loaded)
    if let path = options.stimulusFile {
      let array = try readArray(path)
      let steps = course.stepsGiven(array.shape.last, before: carry.step)
      problem.stimulus = try StateArray(
        variables: states, nodes: network.nodes, columns: steps,
        values: DelayNetCommand.numbers(of: array, path, shape: [states, network.nodes, steps], as: Scalar.self))
      problem.stimulusFirstStep = carry.step + course.steps - steps
    }
    let fingerprint = try problem.fingerprint()
    if let resumed { try compare(fingerprint, with: resumed.fingerprint, course) }
    carry.fingerprint = fingerprint
    return (problem, carry)
  }

  /// Holds the settings of this call against those of the run that it continues.
  ///
  /// An output is completed with the same settings only, lest it hold two experiments; a new one may have others.
  private func compare(_ fingerprint: Fingerprint, with earlier: Fingerprint?, _ course: Course) throws {
    let (resume, output) = (resume ?? "", output ?? "")
    guard let earlier else {
      if course.completesOutput {
        printToStandardError(
          "delaynet: \(resume) does not say with which settings its run was made, for an earlier version saved it; "
            + "\(output) is completed with those that were given now")
      }
      return
    }
    var differences = fingerprint.differences(from: earlier)
    guard course.completesOutput else {
      // Numbers for every step are those of the steps to come, and not of the ones before.
      differences.removeAll { [$0.value, $0.other].allSatisfy { $0?.hasPrefix("from step ") == true } }
      if !differences.isEmpty {
        printToStandardError("delaynet: going on from \(resume) with \(Self.list(differences))")
      }
      return
    }
    guard differences.isEmpty else {
      throw Failure(
        .data,
        "\(NPYColumnWriter<Float>.unfinishedPath(of: output)): is the output of a run with other settings than these, which "
          + "have \(Self.list(differences)); repeat that run's command to complete it, or go on from \(resume) with another "
          + "--output")
    }
  }

  private static func list(_ differences: [Fingerprint.Difference]) -> String {
    differences.map(\.description).joined(separator: ", and ")
  }

  /// Runs chunk by chunk; columns go to the file and to the picture as they come. From the first chunk to the last file a
  /// request to stop is heard, and what was computed is kept.
  func simulate<Scalar: DelayNetScalar & NPYElement>(
    _ problem: Problem<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ start: NetworkCarry<Scalar>, _ course: Course,
    _ columns: Int, _ picture: inout Picture?
  ) throws {
    try Interruption.watching { try advance(problem, loaded, start, course, columns, &picture) }
  }

  private func advance<Scalar: DelayNetScalar & NPYElement>(
    _ problem: Problem<Scalar>, _ loaded: LoadedNetwork<Scalar>, _ start: NetworkCarry<Scalar>, _ course: Course,
    _ columns: Int, _ picture: inout Picture?
  ) throws {
    let steps = course.steps
    // Nothing is replaced before the first steps are there: of an unfinished output, which stays, only the size is looked at.
    var writer = course.completesOutput ? try resumedWriter(for: problem, start, columns) : nil
    var hasBegun = false
    func begin() throws {
      guard !hasBegun else { return }
      hasBegun = true
      // The checkpoint comes before the unfinished output, lest an older one be taken for it.
      if output != nil { try save(start) }
      if let output, !course.completesOutput {
        writer = try Self.writing {
          try NPYColumnWriter(
            path: output, rows: [rows(of: problem), problem.nodes], columns: columns, as: Scalar.self,
            keepsUnfinished: checkpoint != nil)
        }
      }
    }
    // Half a million numbers at a time, in whole columns.
    let whole = max(1, (1 << 19) / max(problem.model.states.count * problem.nodes, 1))
      .multipliedReportingOverflow(by: problem.thinning.stepsPerColumn)
    let chunk = whole.overflow ? .max : whole.partialValue
    let bar = ProgressBar("simulating")
    let clock = ContinuousClock.now
    let interval = checkpointEvery ?? Self.defaultInterval(edges: loaded.network.edges)
    var (carry, done, clamps) = (start, 0, 0)
    var failure: (any Error)?
    var isInterrupted = false
    repeat {
      let before = carry
      let count = min(chunk, steps - done, checkpoint == nil ? .max : interval - carry.step % interval)
      var part: Trajectory<Scalar>?
      do {
        part = try loaded.naming {
          try problem.advance(
            &carry, steps: count, threads: options.threads,
            progress: { progress in
              bar.show(Double(done + progress.done) / Double(max(steps, 1)))
              return !Interruption.isRequested
            }, onStop: { part = $0 })
        }
      } catch {
        failure = error
        isInterrupted = Interruption.isRequested
      }
      done = carry.step - start.step
      guard failure == nil || done > 0 else { break }
      do {
        try begin()
        if let part, writer != nil {
          let kept = kept(part)
          try Self.writing { try writer?.append(kept.values, columns: kept.columns) }
        }
        if failure == nil, done < steps, checkpoint != nil, carry.step % interval == 0 {
          // The columns up to there before the checkpoint that promises them.
          try Self.writing { try writer?.synchronize() }
          try save(carry)
        }
      } catch {
        // A full disk: the columns before these steps are kept.
        (failure, carry, done) = (error, before, before.step - start.step)
        break
      }
      if let part {
        clamps += part.clamps
        picture?.add(kept(part))
      }
      if Interruption.isRequested, done < steps { isInterrupted = true }
    } while failure == nil && !isInterrupted && done < steps
    bar.clear()
    let seconds = (ContinuousClock.now - clock).seconds
    let work = Double(loaded.network.edges) * Double(done)
    var time = text(seconds: seconds)
    if work > 0 { time += ", \(rounded(seconds * 1e9 / work)) ns per edge and step" }
    print("run       \(grouped(done)) steps in \(time)" + (clamps > 0 ? "; \(grouped(clamps)) clamps" : ""))
    if done > 0 || (failure == nil && !isInterrupted) {
      try begin()
      // First where the run stands, then the output: killed in between, the output is still unfinished and can be completed.
      try Self.writing { try writer?.synchronize() }
      try save(carry)
      printSaved(carry)
      if writer != nil {
        let shape = try Self.writing { try writer.take()!.finish() }
        print("wrote     \(output ?? "") \(text(shape))")
      }
    }
    if isInterrupted {
      let kept = done > 0 ? "" : "; nothing was written"
      throw Failure(
        .unfinished, "interrupted while simulating, after \(grouped(done)) of \(grouped(steps)) steps\(kept)")
    }
    if let failure { throw failure }
  }

  /// The writer that continues the unfinished output of a run that was killed.
  private func resumedWriter<Scalar: DelayNetScalar & NPYElement>(
    for problem: Problem<Scalar>, _ start: NetworkCarry<Scalar>, _ columns: Int
  ) throws -> NPYColumnWriter<Scalar>? {
    guard let output else { return nil }
    let rows = [rows(of: problem), problem.nodes]
    let writer = try Self.writing {
      try NPYColumnWriter(resuming: output, rows: rows, columnsLeft: columns, as: Scalar.self)
    }
    if let steps = options.stepCount, let goal = start.goal {
      let expected = self.columns(in: (goal - steps)..<goal)
      guard expected == writer.columns else {
        throw Failure(
          .data,
          "\(NPYColumnWriter<Scalar>.unfinishedPath(of: output)): has \(grouped(writer.columns)) columns, and a run of "
            + "\(grouped(steps)) steps \(grouped(expected)); leave --steps and --duration out to complete it")
      }
    }
    return writer
  }

  /// How many steps there are between two checkpoints unless it is said.
  private static func defaultInterval(edges: Int) -> Int { max(1000, min(1_000_000, 100_000_000_000 / max(edges, 1))) }

  func save<Scalar>(_ carry: NetworkCarry<Scalar>) throws {
    guard let checkpoint else { return }
    try Self.writing { try carry.write(to: checkpoint) }
  }

  func printSaved<Scalar>(_ carry: NetworkCarry<Scalar>) {
    if let checkpoint { print("saved     \(checkpoint), step \(grouped(carry.step))") }
  }

  static func writing<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FileError { throw Failure.writing(error) }
  }
}
