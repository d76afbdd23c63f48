import DelayNet

/// A run whose columns go to a `.npy` file as they come, and which a checkpoint continues, bit for bit, however it
/// ended.
///
/// ```swift
/// let run = try CheckpointedRun(problem, steps: 36_000_000, output: "hour.npy", checkpoint: "hour.carry")
/// try run.run()
/// ```
///
/// The output has the columns of the problem's first monitor, shape (states that it reads, N, K). Memory does not grow
/// with the length of the run.
///
/// With a checkpoint the output is called ``NPYColumnWriter/unfinishedPath(of:)`` until the run ends: an array of the
/// full shape, whose columns up to the checkpoint are on the disk before the checkpoint is. The checkpoint, a
/// `NetworkCarry` with its goal and fingerprint, is whole at any time. A process that is killed leaves both; a run
/// that resumes that checkpoint, with the same output and settings, completes the file, whose bytes and whose last
/// checkpoint become those of a run that was never stopped. With other settings it is refused, lest a file hold two
/// experiments. Where there is no unfinished output, a run continues from a checkpoint into a new one, with whatever
/// settings; ``differences`` says with which.
///
/// A run that is cancelled or leaves the finite numbers finishes its files with what was computed. Neither output nor
/// checkpoint is replaced before the first steps are done: a run that fails at once leaves both as they were.
public struct CheckpointedRun<Scalar: DelayNetScalar & NPYElement>: Sendable {
  /// What is run.
  public let problem: Problem<Scalar>
  /// How far the run goes, and whether it completes an unfinished output.
  public let course: Course
  /// Where the run begins, with its goal and the fingerprint of its settings.
  public let start: NetworkCarry<Scalar>
  /// The settings in which this run differs from the one that it continues; none where it completes an output.
  ///
  /// Noise samples and a stimulus that have numbers for every step are not among them, for those are of the steps to
  /// come.
  public let differences: [Fingerprint.Difference]
  /// Whether an output is completed from a checkpoint that does not say with which settings its run was made: that they
  /// are these could not be checked.
  public let hasUnknownSettings: Bool
  /// The file that says where the run stands; nil for none.
  public let checkpoint: String?
  /// The checkpoint is saved after every step whose absolute number is a multiple of this.
  public let checkpointEvery: Int
  /// The absolute step up to which columns are left out: the transient.
  public let discarding: Int
  /// How many threads may share the run, 0 for as many as pay.
  public let threads: Int

  /// A run from the start or from a checkpoint. Nothing is written yet.
  ///
  /// - Parameters:
  ///   - problem: what to run. Its noise samples and stimulus, if it has any, belong to absolute steps.
  ///   - steps: how many steps; where an unfinished output is completed, those of the whole run. Nil for what the run
  ///     that is resumed still lacks.
  ///   - carry: where to begin, usually read from the checkpoint; nil for the problem's start.
  ///   - output: the `.npy` file to make or to replace; nil for none.
  ///   - checkpoint: the file to make or to replace with where the run stands; nil for none. It may be the one that
  ///     `carry` was read from.
  ///   - checkpointEvery: the steps between two checkpoints, at least 1; 1,000,000 unless given, and for networks of
  ///     more than 100,000 edges 10¹¹ / edges, but at least 1000.
  ///   - discarding: the absolute step up to which columns are left out.
  ///   - threads: how many may share the run, 0 for as many as pay. The files have the same bytes with any number.
  /// - Throws: ``CheckpointedRunError``: every case but `otherColumns` and those of a run under way.
  /// - Complexity: O(edges + numbers of noise samples and stimulus), for the fingerprint.
  public init(
    _ problem: Problem<Scalar>, steps: Int? = nil, resuming carry: NetworkCarry<Scalar>? = nil, output: String? = nil,
    checkpoint: String? = nil, checkpointEvery: Int? = nil, discarding: Int = 0, threads: Int = 0
  ) throws(CheckpointedRunError) {
    try self.init(
      problem, Course(steps: steps, resuming: carry, output: output), checkpoint: checkpoint,
      checkpointEvery: checkpointEvery, discarding: discarding, threads: threads)
  }

  /// A run of a course that was decided before the problem was there, for instance to read noise samples for its steps.
  ///
  /// - Parameters:
  ///   - problem: what to run.
  ///   - course: where to begin, how far to go, and the output.
  ///   - checkpoint: as for ``init(_:steps:resuming:output:checkpoint:checkpointEvery:discarding:threads:)``, like the
  ///     rest.
  ///   - checkpointEvery: the steps between two checkpoints.
  ///   - discarding: the absolute step up to which columns are left out.
  ///   - threads: how many may share the run.
  /// - Throws: ``CheckpointedRunError``: `network` for a problem that cannot be run or an option out of range, `file`
  ///   for one path that is meant to be two files, `foreignCheckpoint` and `otherSettings` where an output would be
  ///   completed with what it was not begun with.
  /// - Complexity: O(edges + numbers of noise samples and stimulus), for the fingerprint.
  public init(
    _ problem: Problem<Scalar>, _ course: Course, checkpoint: String? = nil, checkpointEvery: Int? = nil,
    discarding: Int = 0, threads: Int = 0
  ) throws(CheckpointedRunError) {
    let interval = checkpointEvery ?? max(1000, min(1_000_000, 100_000_000_000 / max(problem.network.edges, 1)))
    for (name, value, least) in [("checkpointEvery", interval, 1), ("discarding", discarding, 0)] where value < least {
      throw .network(.optionOutOfRange(name: name, value: Double(value)))
    }
    if let output = course.output, let checkpoint,
      [output, NPYColumnWriter<Scalar>.unfinishedPath(of: output)].contains(checkpoint)
    {
      throw .file(
        FileName(file: checkpoint).error(.ambiguous, found: "the output's path", expected: "one of its own"))
    }
    var start: NetworkCarry<Scalar>
    var fingerprint: Fingerprint
    var problem = problem
    do throws(DelayNetError) {
      problem.monitors = try problem.resolvedMonitors()
      start = if let resumed = course.resumed { resumed } else { try problem.start() }
      fingerprint = try problem.fingerprint()
    } catch {
      throw .network(error)
    }
    // Which columns an output has depends on it, though the steps do not.
    if discarding > 0 {
      fingerprint = Fingerprint(
        settings: fingerprint.settings + [.init(name: Self.discardedSteps, value: "\(discarding)")])
    }
    (differences, hasUnknownSettings) = try Self.compare(fingerprint, monitors: problem.monitors, course)
    start.goal = course.goal
    start.fingerprint = fingerprint
    (self.problem, self.course, self.start) = (problem, course, start)
    (self.checkpoint, self.checkpointEvery) = (checkpoint, interval)
    (self.discarding, self.threads) = (discarding, threads)
  }

  private static var discardedSteps: String { "discarded steps" }

  /// Holds the settings of this run against those of the run that it continues.
  ///
  /// An output is completed with the same settings only; a new one may have others.
  private static func compare(
    _ fingerprint: Fingerprint, monitors: [Monitor], _ course: Course
  ) throws(CheckpointedRunError) -> (differences: [Fingerprint.Difference], areUnknown: Bool) {
    guard let resumed = course.resumed else { return ([], false) }
    guard let earlier = resumed.fingerprint else {
      if course.completesOutput, let unfinished = course.unfinished, resumed.monitors != monitors {
        throw .foreignCheckpoint(output: unfinished)
      }
      return ([], course.completesOutput)
    }
    var differences = fingerprint.differences(from: earlier)
    if course.completesOutput, let unfinished = course.unfinished {
      guard differences.isEmpty else { throw .otherSettings(output: unfinished, differences) }
      return ([], false)
    }
    // Numbers for every step are those of the steps to come, and not of the ones before; so are columns.
    differences.removeAll {
      $0.name == discardedSteps || [$0.value, $0.other].allSatisfy { $0?.hasPrefix("from step ") == true }
    }
    return (differences, false)
  }

  /// The number of columns that the run gives to the output.
  public var columns: Int { columns(in: start.step..<course.goal) }

  /// The shape of the output of the whole run, or of the part of it that this run adds: states of the first monitor, N,
  /// K.
  public var shape: [Int] { rows + [columns] }

  /// The lengths of the output's axes but the last: states and nodes of the first monitor.
  private var rows: [Int] {
    guard let monitor = problem.monitors.first else { return [0, problem.nodes] }
    return [
      monitor.states?.count ?? problem.model.states.count,
      monitor.kind.isProjection ? monitor.gain?.rows ?? 0 : problem.nodes,
    ]
  }

  private func columns(in steps: Range<Int>) -> Int { problem.monitors.first.map { columns(of: $0, in: steps) } ?? 0 }

  /// The columns of a monitor that end in steps, without those that are left out.
  private func columns(of monitor: Monitor, in steps: Range<Int>) -> Int {
    monitor.columns(in: min(max(steps.lowerBound, discarding), steps.upperBound)..<steps.upperBound)
  }

  /// The columns of a part of the run that are not left out, for every monitor; also of a part that was run by other
  /// means, such as a tape's.
  ///
  /// - Complexity: O(numbers) where columns are left out.
  public func kept(_ part: Trajectory<Scalar>) -> [StateArray<Scalar>] {
    zip(part.monitors, part.outputs).map { monitor, all in
      let count = columns(of: monitor, in: part.steps)
      return count >= all.columns ? all : all.columns((all.columns - count)..<all.columns)
    }
  }
}

extension CheckpointedRun {
  /// What a run has done.
  public struct Outcome: Sendable, Equatable {
    /// The steps that were done, and that the files have.
    public internal(set) var steps = 0
    /// How often a state was held at a bound of the model, counting stages, nodes and steps.
    public internal(set) var clamps = 0
    /// Where the run stands.
    public internal(set) var carry: NetworkCarry<Scalar>
    /// How long the steps took, and writing what they gave.
    public internal(set) var duration = Duration.zero
    /// Whether ``carry`` is in the checkpoint.
    public internal(set) var isSaved = false
    /// The shape of the output, which has its name now; nil where there is none, or none that was finished.
    public internal(set) var output: [Int]?
  }

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - progress: called now and then with the steps of this run; returns whether to go on.
  ///   - onColumns: gets new columns once they are in the output: for every monitor an array of shape (states that it
  ///     reads, N, columns), at most about half a million numbers or one column. Those that are left out are not among
  ///     them.
  ///   - onStop: called, before an error is thrown once the steps have begun, with what was done up to there.
  /// - Returns: what was done.
  /// - Throws: ``CheckpointedRunError``: `network` for what `Problem.advance` throws, `cancelled` among it with the
  ///   number of steps that were done; the files are finished with those, or as they were if there are none. `file` if
  ///   a file cannot be written; with a full disk the columns that fit are kept. `otherColumns` for an unfinished
  ///   output of another length.
  /// - Complexity: O(edges · steps) multiply–adds. Memory for half a million numbers, or a column if that is more,
  ///   beside the problem and two copies of its carry.
  /// - Postcondition: the same bytes in the files however often the run was stopped and completed, and for every number
  ///   of threads and instruction set.
  @discardableResult
  public func run(
    progress: ProgressHandler? = nil, onColumns: ([StateArray<Scalar>]) -> Void = { _ in },
    onStop: (Outcome) -> Void = { _ in }
  ) throws(CheckpointedRunError) -> Outcome {
    let (steps, clock) = (course.steps, ContinuousClock.now)
    // Of an unfinished output, which stays, only the size is looked at before the first steps are there.
    var writer = course.completesOutput ? try unfinishedWriter() : nil
    try Self.writing { () throws(FileError) in
      if !course.completesOutput, let output = course.output { try requireCreatable(output) }
      if let checkpoint { try requireCreatable(checkpoint) }
    }
    var hasBegun = false
    func begin() throws(FileError) {
      guard !hasBegun else { return }
      hasBegun = true
      // The checkpoint comes before the unfinished output, lest an older one be taken for it.
      guard let output = course.output else { return }
      try save(start)
      if course.completesOutput { return }
      writer = try NPYColumnWriter(
        path: output, rows: rows, columns: columns, as: Scalar.self, keepsUnfinished: checkpoint != nil)
    }

    var outcome = Outcome(carry: start)
    var failure: CheckpointedRunError?
    repeat {
      let before = outcome
      let untilCheckpoint = checkpoint == nil ? .max : checkpointEvery - outcome.carry.step % checkpointEvery
      var part: Trajectory<Scalar>?
      do throws(DelayNetError) {
        part = try problem.advance(
          &outcome.carry, steps: min(chunk, steps - before.steps, untilCheckpoint), threads: threads,
          progress: { part in progress?(RunProgress(done: before.steps + part.done, total: steps)) ?? true },
          onStop: { part = $0 })
      } catch {
        failure = .network(error)
      }
      outcome.steps = outcome.carry.step - start.step
      guard failure == nil || outcome.steps > 0 else { break }
      let kept = part.map(self.kept) ?? []
      do throws(FileError) {
        try begin()
        if let columns = kept.first { try writer?.append(columns.values, columns: columns.columns) }
      } catch {
        // A full disk: the columns before these steps are kept.
        (failure, outcome) = (.file(error), before)
        break
      }
      outcome.clamps += part?.clamps ?? 0
      onColumns(kept)
      guard failure == nil, outcome.steps < steps else { break }
      if checkpoint != nil, outcome.carry.step % checkpointEvery == 0 {
        do throws(FileError) {
          // The columns up to there before the checkpoint that promises them.
          try writer?.synchronize()
          try save(outcome.carry)
        } catch {
          failure = .file(error)
        }
      }
      // Chunks may be too short for the kernels to ask.
      let goesOn = progress?(RunProgress(done: outcome.steps, total: steps)) ?? true
      if failure == nil, !goesOn || Task.isCancelled { failure = .network(.cancelled(steps: [outcome.steps])) }
    } while failure == nil
    if case .network(.cancelled)? = failure { failure = .network(.cancelled(steps: [outcome.steps])) }
    outcome.duration = ContinuousClock.now - clock

    if outcome.steps > 0 || failure == nil {
      do throws(FileError) {
        try begin()
        // First where the run stands, then the output: killed in between, the output is still unfinished and can be
        // completed.
        try writer?.synchronize()
        try save(outcome.carry)
        outcome.isSaved = checkpoint != nil
        if writer != nil { outcome.output = try writer.take()!.finish() }
      } catch {
        failure = .file(error)
      }
    }
    guard let failure else { return outcome }
    onStop(outcome)
    throw failure
  }

  /// The steps of a chunk: half a million numbers, in whole columns.
  private var chunk: Int {
    let columns = max(1, (1 << 19) / max(problem.model.states.count * problem.nodes, 1))
    let steps = columns.multipliedReportingOverflow(by: max(problem.monitors.map(\.stepsPerColumn).min() ?? 1, 1))
    return steps.overflow ? .max : steps.partialValue
  }

  /// The writer that continues the unfinished output of a run that was killed.
  private func unfinishedWriter() throws(CheckpointedRunError) -> NPYColumnWriter<Scalar>? {
    guard let output = course.output else { return nil }
    let writer = try Self.writing { () throws(FileError) in
      try NPYColumnWriter(resuming: output, rows: rows, columnsLeft: columns, as: Scalar.self)
    }
    if let asked = course.asked {
      let expected = columns(in: (course.goal - asked)..<course.goal)
      guard expected == writer.columns else {
        throw .otherColumns(
          output: NPYColumnWriter<Scalar>.unfinishedPath(of: output), columns: writer.columns, steps: asked,
          expected: expected)
      }
    }
    return writer
  }

  private func save(_ carry: NetworkCarry<Scalar>) throws(FileError) {
    if let checkpoint { try carry.write(to: checkpoint) }
  }

  private static func writing<Result: ~Copyable>(
    _ body: () throws(FileError) -> Result
  ) throws(CheckpointedRunError) -> Result {
    do throws(FileError) { return try body() } catch { throw .file(error) }
  }
}
