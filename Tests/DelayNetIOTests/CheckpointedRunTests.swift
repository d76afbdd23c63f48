import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite struct CheckpointedRunTests {
  static let steps = 40

  static let monitors: [[Monitor]] = [
    [.subsample()], [.average(over: 7)], [.subsample(every: 4, of: ["V"])],
    [.average(over: 3, of: ["V", "r"]), .subsample(every: 5)], [.average(over: 50)], [.subsample(of: [])], [],
  ]

  private func problem<Scalar: DelayNetScalar>(
    _ monitors: [Monitor] = [.subsample()], as type: Scalar.Type = Double.self
  ) throws -> Problem<Scalar> {
    let network = try SyntheticConnectome(regions: 4, key: RandomKey(seed: 1)).network(
      conductionSpeed: 3, timeStep: 0.1, as: type)
    var problem = try Problem(network, model: .montbrioPazoRoxin)
    problem.coupling = 0.5
    problem.sigma = 0.01
    problem.monitors = monitors
    return problem
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  private func names(in folder: String) throws -> Set<String> {
    try Set(FileManager.default.contentsOfDirectory(atPath: folder))
  }

  /// What a run throws, and what it had done; nil if it throws nothing.
  private func thrown<Scalar>(
    by run: CheckpointedRun<Scalar>, progress: ProgressHandler? = nil,
    onStop: (CheckpointedRun<Scalar>.Outcome) -> Void = { _ in }
  ) -> CheckpointedRunError? {
    do throws(CheckpointedRunError) { try run.run(progress: progress, onStop: onStop) } catch { return error }
    return nil
  }

  /// Runs, and copies the files to a new folder every time that they may have changed: what a process killed there
  /// leaves.
  private func snapshots<Scalar>(of run: CheckpointedRun<Scalar>, in folder: String) throws -> [String] {
    var snapshots: [String] = []
    func take() {
      let copy = "\(folder)-\(snapshots.count)"
      try? FileManager.default.removeItem(atPath: copy)
      do { try FileManager.default.copyItem(atPath: folder, toPath: copy) } catch { Issue.record("\(error)") }
      snapshots.append(copy)
    }
    // Columns come before their checkpoint, and progress after it.
    try run.run(
      progress: { _ in
        take()
        return true
      }, onColumns: { _ in take() })
    return snapshots.filter { FileManager.default.fileExists(atPath: "\($0)/x.npy.unfinished") }
  }

  private func checkCompletion<Scalar: DelayNetScalar & NPYElement>(
    _ monitors: [Monitor], discarding: Int, as type: Scalar.Type
  ) throws {
    try withTemporaryFolder { folder in
      let problem = try self.problem(monitors, as: type)
      let run = try CheckpointedRun(
        problem, steps: Self.steps, output: folder + "/whole.npy", checkpoint: folder + "/whole", discarding: discarding
      )
      let outcome = try run.run()
      let whole = try (bytes(folder + "/whole.npy"), bytes(folder + "/whole"))
      let series = try problem.simulate(steps: Self.steps).series
      let left = (monitors.first?.stepsPerColumn).map { discarding / $0 } ?? 0
      let expected = series.columns(min(left, series.columns)..<series.columns)
      #expect(outcome.steps == Self.steps && outcome.isSaved && outcome.output == expected.shape)
      #expect(run.shape == expected.shape && run.columns == expected.columns)
      #expect(outcome.carry == (try NetworkCarry(path: folder + "/whole")))
      #expect(
        try NPYArray(path: folder + "/whole.npy").values(as: type, shape: expected.shape) == expected.values)
      // Without a checkpoint the same bytes.
      try CheckpointedRun(problem, steps: Self.steps, output: folder + "/whole.npy", discarding: discarding).run()
      #expect(try bytes(folder + "/whole.npy") == whole.0)

      /// The run in a folder, or its completion there.
      func part(in place: String, every: Int, resumes: Bool = true) throws -> CheckpointedRun<Scalar> {
        try CheckpointedRun(
          problem, steps: every == 7 ? Self.steps : nil, resuming: resumes ? NetworkCarry(path: place + "/c") : nil,
          output: place + "/x.npy", checkpoint: place + "/c", checkpointEvery: every, discarding: discarding)
      }
      let first = folder + "/a"
      try FileManager.default.createDirectory(atPath: first, withIntermediateDirectories: true)
      var begun = try part(in: first, every: 7, resumes: false)
      #expect(!begun.course.completesOutput && !begun.course.isRest && begun.start.goal == Self.steps)
      let killed = try snapshots(of: begun, in: first)
      #expect(killed.count > 10)
      var seen: Set<Int> = []
      for (n, place) in killed.enumerated() {
        // Whole at any time, and of the same run.
        begun = try part(in: place, every: n % 3 == 0 ? 3 : 7)
        #expect(begun.course.completesOutput && begun.course.isRest && begun.differences.isEmpty)
        #expect(begun.course.goal == Self.steps && begun.start.fingerprint == run.start.fingerprint)
        seen.insert(begun.start.step)
        // Killed once more on its way, the last of these runs ends by itself.
        for again in n % 3 == 0 ? try snapshots(of: begun, in: place) : [place] {
          try complete(again, part(in: again, every: 7))
          #expect(try names(in: again) == ["x.npy", "c"])
          #expect(try bytes(again + "/x.npy") == whole.0 && bytes(again + "/c") == whole.1, "\(again)")
        }
        if n % 3 == 0 { #expect(try bytes(place + "/x.npy") == whole.0 && bytes(place + "/c") == whole.1, "\(place)") }
      }
      #expect(seen == [0, 7, 14, 21, 28, 35])
    }
  }

  private func complete<Scalar>(_ place: String, _ run: CheckpointedRun<Scalar>) throws {
    #expect(run.course.completesOutput, "\(place)")
    try run.run()
  }

  @Test(arguments: monitors, [0, 13]) func aKilledRunIsCompletedToTheSameBytes(
    monitors: [Monitor], discarding: Int
  ) throws {
    try checkCompletion(monitors, discarding: discarding, as: Double.self)
  }

  @Test func aKilledRunOfSinglesIsCompletedToTheSameBytes() throws {
    try checkCompletion([.average(over: 6)], discarding: 6, as: Float.self)
  }

  @Test func columnsAreHandedOnAsTheyCome() throws {
    try withTemporaryFolder { folder in
      let problem = try self.problem([.average(over: 3, of: ["V"]), .subsample(every: 5)])
      let whole = try problem.simulate(steps: Self.steps).outputs
      var parts: [[StateArray<Double>]] = []
      let outcome = try CheckpointedRun(
        problem, steps: Self.steps, checkpoint: folder + "/c", checkpointEvery: 4, discarding: 12
      ).run(onColumns: { parts.append($0) })
      #expect(outcome.output == nil && parts.count == 10)
      for (k, left) in [(0, 4), (1, 2)] {
        var column = left
        for part in parts.map({ $0[k] }) {
          #expect(part == whole[k].columns(column..<(column + part.columns)))
          column += part.columns
        }
        #expect(column == whole[k].columns)
      }
    }
  }

  @Test(arguments: [1, 8, 21, 39]) func aCancelledRunKeepsWhatWasComputed(goal: Int) throws {
    try withTemporaryFolder { folder in
      let problem = try self.problem([.average(over: 2)])
      let whole = try problem.simulate(steps: Self.steps)
      let run = try CheckpointedRun(
        problem, steps: Self.steps, output: folder + "/x.npy", checkpoint: folder + "/c", checkpointEvery: 1,
        discarding: 6)
      var stopped: CheckpointedRun<Double>.Outcome?
      #expect(
        thrown(by: run, progress: { $0.done < goal }, onStop: { stopped = $0 })
          == .network(.cancelled(steps: [goal])))
      let columns = max(goal / 2 - 3, 0)
      #expect(stopped?.steps == goal && stopped?.isSaved == true && stopped?.output == [2, 4, columns])
      #expect(try names(in: folder) == ["x.npy", "c"])
      #expect(try NetworkCarry<Double>(path: folder + "/c") == stopped?.carry)
      // The rest goes to a file of its own, without a word about how long it is.
      let rest = try CheckpointedRun(
        problem, resuming: NetworkCarry(path: folder + "/c"), output: folder + "/y.npy", checkpoint: folder + "/c",
        discarding: 6)
      #expect(rest.course.isRest && !rest.course.completesOutput && rest.course.steps == Self.steps - goal)
      try rest.run()
      let parts = try ["x", "y"].map { try NPYArray(path: "\(folder)/\($0).npy") }
      #expect(parts.map(\.shape) == [[2, 4, columns], [2, 4, 17 - columns]])
      for (part, range) in zip(parts, [3..<(3 + columns), (3 + columns)..<20]) {
        #expect(try part.values(as: Double.self, shape: part.shape) == whole.series.columns(range).values)
      }
      #expect(try NetworkCarry<Double>(path: folder + "/c").state == whole.carry.state)
    }
  }

  @Test func whatLeavesTheFiniteNumbersIsKeptUpToThere() throws {
    try withTemporaryFolder { folder in
      var problem = try self.problem()
      problem.stimulus = try StateArray(variables: 2, nodes: 4, columns: Self.steps)
      let before = try problem.simulate(steps: 12)
      // A number, but the square of what it leads to is not.
      problem.stimulus?[1, 3, 12] = 1e300
      var stopped: CheckpointedRun<Double>.Outcome?
      let error = thrown(
        by: try CheckpointedRun(
          problem, steps: Self.steps, output: folder + "/x.npy", checkpoint: folder + "/c", checkpointEvery: 5),
        onStop: { stopped = $0 })
      guard case .network(.notFiniteState(_, 3, _, 13)) = error, let stopped else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(stopped.steps == 12 && stopped.output == [2, 4, 12] && stopped.isSaved)
      #expect(
        try NPYArray(path: folder + "/x.npy").values(as: Double.self, shape: [2, 4, 12]) == before.series.values)
      let carry = try NetworkCarry<Double>(path: folder + "/c")
      #expect(carry == stopped.carry && carry.state == before.carry.state && carry.step == 12 && carry.goal == 40)
      #expect(try names(in: folder) == ["x.npy", "c"])
    }
  }

  @Test func nothingIsReplacedWhereTheFirstStepFails() throws {
    try withTemporaryFolder { folder in
      let (x, c) = (folder + "/x.npy", folder + "/c")
      try save(text("an output"), to: x)
      try save(text("a checkpoint"), to: c)
      var broken = try problem()
      broken.initial[0, 2, 0] = .nan
      var stops: [Int] = []
      let failed = thrown(
        by: try CheckpointedRun(broken, steps: 10, output: x, checkpoint: c), onStop: { stops.append($0.steps) })
      guard case .network(.notFiniteInput) = failed else {
        Issue.record("\(String(describing: failed))")
        return
      }
      #expect(stops == [0])
      // A carry of another model.
      let carry = try Problem(broken.network, model: .kuramoto).start()
      let foreign = thrown(by: try CheckpointedRun(problem(), steps: 10, resuming: carry, output: x, checkpoint: c))
      guard case .network(.foreignCarry) = foreign else {
        Issue.record("\(String(describing: foreign))")
        return
      }
      // Folders that are not there are found before a step is taken.
      for (output, checkpoint) in [(folder + "/no/x.npy", c), (x, folder + "/no/c"), (x, folder)] {
        var asked = 0
        let error = thrown(
          by: try CheckpointedRun(problem(), steps: 10, output: output, checkpoint: checkpoint),
          progress: { _ in
            asked += 1
            return true
          })
        guard case .file(let file)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(file.kind == .system && [output, checkpoint].contains(file.file) && asked == 0, "\(file)")
      }
      #expect(try names(in: folder) == ["x.npy", "c"])
      #expect(try bytes(x) == Data("an output".utf8) && bytes(c) == Data("a checkpoint".utf8))
      // Nor by a run that was not started.
      _ = try CheckpointedRun(problem(), steps: 10, output: x, checkpoint: c)
      #expect(try bytes(x) == Data("an output".utf8) && bytes(c) == Data("a checkpoint".utf8))
      try CheckpointedRun(problem(), steps: 0, output: x, checkpoint: c).run()
      #expect(try NPYArray(path: x).shape == [2, 4, 0])
      #expect(try NetworkCarry<Double>(path: c).step == 0)
    }
  }

  /// The files of a run of 40 steps that was killed after its checkpoint at step 20, and that checkpoint.
  private func leave(_ problem: Problem<Double>, discarding: Int = 0, in folder: String) throws -> NetworkCarry<Double>
  {
    let place = folder + "/run"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let run = try CheckpointedRun(
      problem, steps: Self.steps, output: place + "/x.npy", checkpoint: place + "/c", checkpointEvery: 20,
      discarding: discarding)
    for copy in try snapshots(of: run, in: place) {
      let carry = try NetworkCarry<Double>(path: copy + "/c")
      guard carry.step == 20 else { continue }
      for name in ["x.npy.unfinished", "c"] {
        try FileManager.default.copyItem(atPath: "\(copy)/\(name)", toPath: "\(folder)/\(name)")
      }
      return carry
    }
    throw CheckpointedRunError.lengthUnknown
  }

  @Test func anOutputIsNotCompletedWithOtherSettings() throws {
    try withTemporaryFolder { folder in
      let problem = try self.problem()
      let carry = try leave(problem, discarding: 10, in: folder)
      let (x, c) = (folder + "/x.npy", folder + "/c")
      let before = try (bytes(x + ".unfinished"), bytes(c))
      func difference(discarding: Int = 10, _ change: (inout Problem<Double>) -> Void) throws -> [String] {
        var changed = problem
        change(&changed)
        do throws(CheckpointedRunError) {
          _ = try CheckpointedRun(changed, resuming: carry, output: x, checkpoint: c, discarding: discarding)
        } catch {
          guard case .otherSettings(let path, let differences) = error, path == x + ".unfinished" else { throw error }
          for difference in differences { #expect("\(error)".contains("\(difference)")) }
          return differences.map(\.description)
        }
        return []
      }
      #expect(try difference { _ in } == [])
      #expect(
        try difference {
          $0.coupling = 0.25
          $0.parameters["eta"] = -4.5
        } == ["coupling 0.25 instead of 0.5", "parameter eta -4.5 instead of -5.0"])
      #expect(try difference { $0.noise = .drawn(RandomKey(seed: 5)) } == ["seed 5 instead of 0"])
      #expect(try difference { $0.monitors = [.average(over: 2)] } == ["thinning means over 2 steps instead of none"])
      #expect(try difference { $0.weights[3] += 1 }.first?.hasPrefix("weights") == true)
      // Columns that are left out do not change the steps, but what is where in the output.
      #expect(try difference(discarding: 0) { _ in } == ["discarded steps none instead of 10"])
      #expect(try difference(discarding: 30) { _ in } == ["discarded steps 30 instead of 10"])

      // Elsewhere it may go on with others, and says with which.
      var changed = problem
      changed.coupling = 0.25
      let other = try CheckpointedRun(changed, steps: 5, resuming: carry, output: folder + "/y.npy", discarding: 22)
      #expect(other.differences.map(\.description) == ["coupling 0.25 instead of 0.5"])
      #expect(try other.run().output == [2, 4, 3])

      // An earlier version's checkpoint does not say which they were; the columns' kind it does.
      var silent = carry
      silent.fingerprint = nil
      let trusting = try CheckpointedRun(problem, resuming: silent, output: x, discarding: 10)
      #expect(trusting.hasUnknownSettings && trusting.differences.isEmpty)
      changed.monitors = [.subsample(every: 2)]
      #expect(throws: CheckpointedRunError.foreignCheckpoint(output: x + ".unfinished")) {
        try CheckpointedRun(changed, resuming: silent, output: x, discarding: 10)
      }
      #expect(try bytes(x + ".unfinished") == before.0 && bytes(c) == before.1)
      try trusting.run()
      #expect(try bytes(x) == bytes(folder + "/run/x.npy"))
    }
  }

  @Test func anOutputIsNotCompletedByAnotherRun() throws {
    try withTemporaryFolder { folder in
      let problem = try self.problem()
      let carry = try leave(problem, in: folder)
      let (x, unfinished) = (folder + "/x.npy", folder + "/x.npy.unfinished")
      let before = try bytes(unfinished)
      #expect(NPYColumnWriter<Double>.isUnfinished(x) && !NPYColumnWriter<Double>.isUnfinished(folder + "/y.npy"))
      func refuse(_ expected: CheckpointedRunError, _ steps: Int?, _ carry: NetworkCarry<Double>?) throws {
        #expect(throws: expected) { try CheckpointedRun(problem, steps: steps, resuming: carry, output: x) }
        #expect(!"\(expected)".isEmpty)
      }
      for steps in [nil, 40] { try refuse(.unfinishedOutput(unfinished), steps, nil) }
      for steps in [0, 19, 41] { try refuse(.otherLength(output: unfinished, goal: 40, steps: steps), steps, carry) }
      var aimless = carry
      for goal in [nil, 19] {
        aimless.goal = goal
        try refuse(.foreignCheckpoint(output: unfinished), nil, aimless)
      }
      // A run of 25 steps from step 15 on could end there, but has other columns.
      #expect(
        try thrown(by: CheckpointedRun(problem, steps: 25, resuming: carry, output: x))
          == .otherColumns(output: unfinished, columns: 40, steps: 25, expected: 25))
      // The file of another shape.
      try save(Array(before.dropLast(8)), to: unfinished)
      guard case .file(let file)? = try thrown(by: CheckpointedRun(problem, resuming: carry, output: x)) else {
        Issue.record("a file that is cut short was continued")
        return
      }
      #expect(file.kind == .truncated && file.file == unfinished)
      try save(Array(before), to: unfinished)
      #expect(try names(in: folder).isSuperset(of: ["x.npy.unfinished", "c"]) && !names(in: folder).contains("x.npy"))
    }
  }

  @Test func stepsAndOptionsAreChecked() throws {
    let problem = try self.problem()
    let carry = try CheckpointedRun(problem, steps: 30).run().carry
    func refuse(_ expected: CheckpointedRunError, _ body: () throws -> CheckpointedRun<Double>) {
      #expect(throws: expected) { try body() }
    }
    refuse(.lengthUnknown) { try CheckpointedRun(problem) }
    refuse(.reachedGoal(step: 30)) { try CheckpointedRun(problem, resuming: carry) }
    refuse(.tooManySteps(.max, from: 30)) { try CheckpointedRun(problem, steps: .max, resuming: carry) }
    refuse(.network(.optionOutOfRange(name: "steps", value: -1))) { try CheckpointedRun(problem, steps: -1) }
    refuse(.network(.optionOutOfRange(name: "checkpointEvery", value: 0))) {
      try CheckpointedRun(problem, steps: 1, checkpoint: "c", checkpointEvery: 0)
    }
    refuse(.network(.optionOutOfRange(name: "discarding", value: -1))) {
      try CheckpointedRun(problem, steps: 1, discarding: -1)
    }
    refuse(.network(.unknownParameter(name: "no", model: "mpr"))) {
      var wrong = problem
      wrong.parameters["no"] = 1
      return try CheckpointedRun(wrong, steps: 1)
    }
    for checkpoint in ["x.npy", "x.npy.unfinished"] {
      let error = #expect(throws: CheckpointedRunError.self) {
        try CheckpointedRun(problem, steps: 1, output: "x.npy", checkpoint: checkpoint)
      }
      guard case .file(let file)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(file.kind == .ambiguous && file.file == checkpoint)
    }
  }

  @Test func aCourseSaysForWhichStepsAnInputHasNumbers() throws {
    typealias Course = CheckpointedRun<Double>.Course
    let begun = try Course(steps: 40)
    #expect(begun.firstStep == 0 && begun.goal == 40 && begun.stepsGiven(nil) == 40 && begun.stepsGiven(50) == 40)
    var carry = try problem().simulate(steps: 15).carry
    let more = try Course(steps: 25, resuming: carry)
    #expect(more.firstStep == 15 && more.goal == 40 && more.stepsGiven(40) == 25)
    carry.goal = 40
    let rest = try Course(steps: nil, resuming: carry)
    #expect(rest.steps == 25 && rest.isRest)
    // Of the whole run, of its end, or wrong.
    #expect([40, 30, 25, 24, 41].map(rest.stepsGiven) == [40, 30, 25, 25, 25])
  }
}
