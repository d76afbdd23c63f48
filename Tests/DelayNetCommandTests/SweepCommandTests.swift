import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet sweep", .serialized)
struct SweepCommandTests {
  static let axes = "--axis coupling=0:0.6:3 --axis speed=2,8 --axis w=0.9,1.1"
  /// Twelve points that take no time.
  static let sweep =
    "sweep --synthetic 5 --model wong_wang --time-step 1 --steps 400 --sigma 0.01 \(axes) --monitor average "
    + "--repetition-time 10 --discard 100 --observe fc,mean,spectrum --segment 80 --target-fc FC.npy --loss rmse "
    + "--precision double --threads 1"

  /// The launchers' variables, which the tests themselves may have been started with, are not the command's.
  private static func environment(_ own: [String: String]) -> [String: String] {
    ProcessInfo.processInfo.environment.filter { !["OMPI_", "PMI_", "SLURM_"].contains(where: $0.key.hasPrefix) }
      .merging(own) { $1 }
  }

  private static func folder() throws -> Folder {
    let folder = try Folder()
    let fc = try Matrix(rows: 5, columns: 5) { $0 == $1 ? 1 : 0.1 * Double(abs($0 - $1)) }
    try folder.write(fc.values, [5, 5], to: "FC.npy")
    return folder
  }

  private static func run(
    _ line: String, _ own: [String: String] = [:], in folder: Folder
  ) throws -> Command.Outcome {
    let process = try Command.process(Command.words(line), in: folder)
    process.environment = environment(own)
    try process.run()
    process.waitUntilExit()
    return Command.Outcome(
      status: process.terminationStatus, output: try folder.text("stdout.txt"), errors: try folder.text("stderr.txt"))
  }

  @discardableResult
  private static func succeed(_ line: String, _ own: [String: String] = [:], in folder: Folder) throws -> String {
    let outcome = try run(line, own, in: folder)
    #expect(outcome.status == 0 && outcome.errors == "", "\(line): \(outcome.errors)")
    return outcome.output
  }

  /// The bytes of one process and one thread.
  private static let whole: Result<Data, any Error> = Result {
    let folder = try Self.folder()
    try succeed(sweep + " --output sweep.npz", in: folder)
    return try folder.bytes("sweep.npz")
  }

  private static func names(_ folder: Folder) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path)).subtracting([
      "stdout.txt", "stderr.txt", "FC.npy",
    ])
  }

  @Test func theOutputHasAxesAndObservables() throws {
    let folder = try Self.folder()
    let words = try Self.succeed(Self.sweep + " --output sweep.npz", in: folder)
    #expect(words.contains("12 points: coupling (3) × speed (2) × w (2)"))
    #expect(words.contains("best      loss "))
    #expect(try Self.names(folder) == ["sweep.npz"])
    let archive = try NPZArchive(path: folder.path("sweep.npz"))
    #expect(
      archive.names == [
        "coupling", "speed", "w", "fc", "mean", "spectrum", "loss", "status", "frequencies", "axes", "settings",
      ])
    #expect(try archive.texts(named: "axes") == ["coupling", "speed", "w"])
    #expect(try archive["coupling"].values(as: Double.self, shape: [3]) == [0, 0.3, 0.6])
    #expect(try archive["frequencies"].values(as: Double.self, shape: [5]) == [0, 12.5, 25, 37.5, 50])
    #expect(try archive["status"].values(as: Int32.self, shape: [3, 2, 2]) == [Int32](repeating: 0, count: 12))

    // A point by the library itself: coupling 0.3, speed 8, w 1.1.
    let made = try SyntheticConnectome(regions: 5, key: RandomKey(seed: 0))
    var problem = try Problem(
      made.network(conductionSpeed: 8, timeStep: 1, as: Double.self), model: .wongWang)
    problem.coupling = 0.3
    problem.parameters = ["w": 1.1]
    problem.sigma = 0.01
    problem.initial = try Problem<Double>.initial(of: .wongWang, nodes: 5, key: RandomKey(seed: 0).folding(in: 1))
    problem.noise = .drawn(RandomKey(seed: 0))
    problem.monitors = [.average(over: 10)]
    let series = try problem.simulate(steps: 400).series.columns(10..<40)
    let point = (1 * 2 + 1) * 2 + 1
    let fc = try archive["fc"].values(as: Double.self, shape: [3, 2, 2, 5, 5])
    #expect(Array(fc[(point * 25)..<((point + 1) * 25)]) == (try FunctionalConnectivity().value(of: series).values))
    let mean = try archive["mean"].values(as: Double.self, shape: [3, 2, 2, 5])
    #expect(Array(mean[(point * 5)..<((point + 1) * 5)]) == (try Mean().value(of: series).values))
    let spectrum = try archive["spectrum"].values(as: Double.self, shape: [3, 2, 2, 5, 5])
    #expect(
      Array(spectrum[(point * 25)..<((point + 1) * 25)])
        == (try PowerSpectrum(segment: 8, samplingStep: 10).value(of: series).values))
    let target = try Matrix(rows: 5, columns: 5, values: folder.array("FC.npy", as: Double.self, shape: [5, 5]))
    let loss = try Linearization.rootMeanSquareError(
      of: FunctionalConnectivity().value(of: series), to: target, over: .zeroDiagonal
    ).value[0, 0]
    #expect(abs(try archive["loss"].values(as: Double.self, shape: [3, 2, 2])[point] - loss) < 1e-14)
  }

  @Test(arguments: ["--lag 20,0 --lag 2.5e1", "--lag 20 --lag 0 --lag 25"])
  func everyLagHasItsArray(_ lags: String) throws {
    let folder = try Folder()
    let line =
      "sweep --synthetic 5 --model wong_wang --time-step 1 --steps 400 --sigma 0.01 --axis coupling=0.2,0.4 --monitor average "
      + "--repetition-time 5 --precision double"
    try Self.succeed("\(line) --observe mean,fc,covariance \(lags) --output all.npz --plot all.svg", in: folder)
    let all = try NPZArchive(path: folder.path("all.npz"))
    #expect(
      all.names == [
        "coupling", "mean", "fc_lag20", "fc_lag0", "fc_lag25", "covariance_lag20", "covariance_lag0",
        "covariance_lag25",
        "status", "axes", "settings",
      ])
    for lag in [0, 20, 25] {
      try Self.succeed("\(line) --observe fc,covariance --lag \(lag) --output \(lag).npz", in: folder)
      let one = try NPZArchive(path: folder.path("\(lag).npz"))
      for name in ["fc", "covariance"] {
        let found = try all["\(name)_lag\(lag)"].values(as: Double.self, shape: [2, 5, 5])
        #expect(try found == one[name].values(as: Double.self, shape: [2, 5, 5]), "\(name) \(lag)")
      }
    }
    #expect(try all["fc_lag20"].values(as: Double.self) != all["fc_lag25"].values(as: Double.self))
    #expect(try folder.text("all.svg").contains(">mean fc_lag25<"))
  }

  @Test(arguments: [2, 3, 7]) func sharesOfAnyNumberGiveTheSameBytes(_ size: Int) throws {
    let folder = try Self.folder()
    // The last one first; a share twice does no harm.
    for rank in (1..<size).reversed() + [1] {
      let words = try Self.succeed(Self.sweep + " --output sweep.npz --share \(rank + 1)/\(size)", in: folder)
      #expect(words.contains("waiting"))
      #expect(!folder.exists("sweep.npz"))
    }
    let words = try Self.succeed(
      Self.sweep + " --output sweep.npz --share 1/\(size) --threads 2".replacing(" --threads 1", with: ""), in: folder)
    #expect(words.contains("wrote     sweep.npz"))
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
    #expect(try Self.names(folder) == ["sweep.npz"])
    // What is complete is not made again, whoever comes late.
    #expect(try Self.succeed(Self.sweep + " --output sweep.npz --share 2/\(size)", in: folder).contains("complete"))
    #expect(try Self.names(folder) == ["sweep.npz"])
  }

  @Test(
    arguments: [
      (0..<2).map { ["PMI_RANK": "\($0)", "PMI_SIZE": "2"] },
      (0..<3).map { ["OMPI_COMM_WORLD_RANK": "\($0)", "OMPI_COMM_WORLD_SIZE": "3"] },
      (0..<2).map { ["SLURM_PROCID": "\($0)", "SLURM_NTASKS": "2"] },
      (0..<4).map { ["SLURM_ARRAY_TASK_ID": "\($0 + 3)", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "3"] },
    ])
  func launchersShareByTheEnvironment(_ processes: [[String: String]]) throws {
    let folder = try Self.folder()
    for (number, own) in processes.enumerated() {
      #expect(!folder.exists("sweep.npz"))
      let words = try Self.succeed(Self.sweep + " --output sweep.npz", own, in: folder)
      #expect(words.contains("share     \(number + 1) of \(processes.count)"))
    }
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
  }

  @Test func processesAtTheSameTimeJoinOnce() throws {
    let folder = try Self.folder()
    // Four at once, two of each share.
    let processes = try (0..<4).map { number in
      let process = try Command.process(Command.words(Self.sweep + " --output sweep.npz"), in: folder)
      process.environment = Self.environment(["PMI_RANK": "\(number % 2)", "PMI_SIZE": "2"])
      return process
    }
    for process in processes { try process.run() }
    for process in processes { process.waitUntilExit() }
    let errors = try folder.text("stderr.txt")
    #expect(processes.map(\.terminationStatus) == [0, 0, 0, 0], "\(errors)")
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/mpirun"), "mpirun is not installed"))
  func mpirunLaunchesIt() throws {
    let folder = try Self.folder()
    let process = try Command.process(
      ["-n", "2", #require(Command.executable).path] + Command.words(Self.sweep + " --output sweep.npz"), in: folder)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/mpirun")
    process.environment = Self.environment(["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"])
    try process.run()
    process.waitUntilExit()
    let errors = try folder.text("stderr.txt")
    #expect(process.terminationStatus == 0, "\(errors)")
    let words = try folder.text("stdout.txt")
    #expect(words.contains("share     1 of 2") && words.contains("share     2 of 2"))
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
    #expect(try Self.names(folder) == ["sweep.npz"])
  }

  @Test func damagedLostAndForeignPartsAreMadeAgain() throws {
    let folder = try Self.folder()
    try Self.succeed(Self.sweep + " --output sweep.npz --share 2/2", in: folder)
    let parts = try FileManager.default.contentsOfDirectory(atPath: folder.path("sweep.npz.parts")).sorted()
    #expect(parts == ["0001", "0003", "0005", "0007", "0009", "0011"])
    // One is lost, one damaged in the middle, one cut short, one empty, one of another sweep; and what a killed process leaves.
    try FileManager.default.removeItem(atPath: folder.path("sweep.npz.parts/0001"))
    var bytes = try folder.bytes("sweep.npz.parts/0003")
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: folder.url.appendingPathComponent("sweep.npz.parts/0003"))
    try folder.bytes("sweep.npz.parts/0005").dropLast(9)
      .write(to: folder.url.appendingPathComponent("sweep.npz.parts/0005"))
    try Data().write(to: folder.url.appendingPathComponent("sweep.npz.parts/0007"))
    try Data(count: 7).write(to: folder.url.appendingPathComponent("sweep.npz.parts/0000.host.1.delaynet-tmp"))
    let other = Self.sweep.replacing("w=0.9,1.1", with: "w=0.9,1.2")
    try Self.succeed(other + " --output other.npz --share 10/12", in: folder)
    let foreign = folder.url.appendingPathComponent("sweep.npz.parts/0009")
    try folder.bytes("other.npz.parts/0009").write(to: foreign)

    let gathered = try Self.run(Self.sweep + " --output sweep.npz --gather", in: folder)
    #expect(gathered.status == 70 && gathered.errors.contains("7 of 12 parts are missing"), "\(gathered.errors)")
    let resumed = try Self.run(Self.sweep + " --output sweep.npz --resume", in: folder)
    #expect(
      resumed.status == 65 && resumed.errors.contains("sweep.npz.parts/0003: found bytes whose checksum"),
      "\(resumed.errors)")

    let again = try Self.run(Self.sweep + " --output sweep.npz", in: folder)
    #expect(again.status == 0 && again.output.contains("found     1 of 12 parts"), "\(again.output)")
    for name in ["0003", "0005", "0007", "0009"] {
      #expect(again.errors.contains("sweep.npz.parts/\(name)"), "\(name)")
    }
    #expect(again.errors.contains("axis w 2 values of 0.9 … 1.2"))
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
    #expect(try Self.names(folder) == ["sweep.npz", "other.npz.parts"])
    // A damaged output is made again, too.
    var output = try folder.bytes("sweep.npz")
    output[600] ^= 1
    try output.write(to: folder.url.appendingPathComponent("sweep.npz"))
    try Self.succeed(Self.sweep + " --output sweep.npz", in: folder)
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
  }

  @Test func othersStalePartsAreLeftToThem() throws {
    let folder = try Self.folder()
    let other = Self.sweep.replacing("w=0.9,1.1", with: "w=0.9,1.2")
    // All parts of another sweep but the last are there.
    for rank in 1..<12 { try Self.succeed(other + " --output sweep.npz --share \(rank)/12", in: folder) }
    let first = try Self.run(Self.sweep + " --output sweep.npz --share 2/2", in: folder)
    #expect(first.status == 0 && first.output.contains("waiting   6 of 12"), "\(first.output)\(first.errors)")
    #expect(first.errors.contains("is a part of another sweep") && first.errors.contains("it is made again"))
    let gathered = try Self.run(Self.sweep + " --output sweep.npz --gather", in: folder)
    #expect(
      gathered.status == 65 && gathered.errors.contains("sweep.npz.parts/0000: is a part of another sweep"),
      "\(gathered.errors)")
    _ = try Self.run(Self.sweep + " --output sweep.npz --share 1/2", in: folder)
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
  }

  @Test func whateverWasLeftIsGathered() throws {
    let folder = try Self.folder()
    try Self.succeed(Self.sweep + " --output sweep.npz --share 1/2", in: folder)
    let late = Self.sweep.replacing("--output sweep.npz", with: "")
    // The second share is made elsewhere, and copied.
    let elsewhere = try Self.folder()
    try Self.succeed(late + " --output sweep.npz --share 2/2", in: elsewhere)
    for name in try FileManager.default.contentsOfDirectory(atPath: elsewhere.path("sweep.npz.parts")) {
      try FileManager.default.copyItem(
        atPath: elsewhere.path("sweep.npz.parts/\(name)"), toPath: folder.path("sweep.npz.parts/\(name)"))
    }
    try Self.succeed(Self.sweep + " --output sweep.npz --gather", in: folder)
    #expect(try folder.bytes("sweep.npz") == Self.whole.get())
  }

  /// Killed and interrupted again and again, a little later each time.
  @Test(arguments: [SIGKILL, SIGTERM]) func aKilledSweepGoesOn(_ number: Int32) throws {
    let folder = try Self.folder()
    let line = Self.sweep.replacing("--steps 400", with: "--steps 40000") + " --output sweep.npz"
    var kills = 0
    for attempt in 0..<200 where !folder.exists("sweep.npz") {
      let process = try Command.process(Command.words(line), in: folder)
      process.environment = Self.environment([:])
      try process.run()
      let before = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("sweep.npz.parts")).count) ?? 0
      for _ in 0..<3000 where process.isRunning {
        let now = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("sweep.npz.parts")).count) ?? 0
        if now > before + attempt % 3 {
          kill(process.processIdentifier, number)
          kills += 1
          break
        }
        Thread.sleep(forTimeInterval: 0.005)
      }
      process.waitUntilExit()
    }
    #expect(kills > 0)
    let whole = try Self.folder()
    try Self.succeed(line, in: whole)
    #expect(try folder.bytes("sweep.npz") == whole.bytes("sweep.npz"))
  }

  @Test func theSweepIsDrawnWhenItIsComplete() throws {
    let folder = try Self.folder()
    let line = Self.sweep + " --output sweep.npz --plot sweep.svg"
    try Self.succeed(line + " --share 1/2", in: folder)
    #expect(!folder.exists("sweep.svg"))
    #expect(try Self.succeed(line + " --share 2/2", in: folder).contains("drew      sweep.svg"))
    let picture = try folder.text("sweep.svg")
    for text in ["loss", "mean fc", "mean spectrum", "best ", "speed (mm/ms)", "slice at w "] {
      #expect(picture.contains(text), "\(text)")
    }
    // Drawn from the output again.
    try FileManager.default.removeItem(atPath: folder.path("sweep.svg"))
    try Self.succeed(line, in: folder)
    #expect(try folder.text("sweep.svg") == picture)
  }

  @Test func pointsThatLeaveTheNumbersAreCounted() throws {
    let folder = try Folder()
    let words = try Self.succeed(
      "sweep --synthetic 4 --model linear --time-step 1 --steps 300 --sigma 0.1 --axis coupling=0,1e5 --monitor subsample "
        + "--repetition-time 1 --observe variance --output s.npz", in: folder)
    #expect(words.contains("1 are well; 1 left the finite numbers; the first is coupling 100,000"), "\(words)")
    let archive = try NPZArchive(path: folder.path("s.npz"))
    #expect(try archive["status"].values(as: Int32.self, shape: [2]) == [0, 1])
    let variance = try archive["variance"].values(as: Double.self, shape: [2, 4])
    #expect(variance[..<4].allSatisfy { $0 > 0 } && variance[4...].allSatisfy { $0.isNaN })
  }

  @Test func mistakesAreSaidBeforeTheFirstStep() throws {
    let folder = try Self.folder()
    try folder.write([Double](repeating: 0, count: 36), [6, 6], to: "six.npy")
    let line = Self.sweep + " --output sweep.npz"
    func refused(_ old: String, _ new: String, _ reason: String, _ status: Int32 = 64, less: String = "-") throws {
      #expect(line.contains(old), "\(old)")
      let own = less == "-" ? line : line.replacing(less, with: "")
      let outcome = try Self.run(own.replacing(old, with: new), in: folder)
      #expect(
        outcome.status == status && outcome.errors.contains(reason), "\(new): \(outcome.status) \(outcome.errors)")
      #expect(try Self.names(folder) == ["six.npy"])
    }
    try refused("w=0.9,1.1", "q=1,2", "axis q: the model wong_wang has no parameter q; it has", 65)
    try refused("w=0.9,1.1", "w=1:2:0", "axis w: 0 values are none")
    try refused("w=0.9,1.1", "w=", "axis w: has no values")
    try refused("w=0.9,1.1", "w", "is not name=low:high:count")
    try refused("w=0.9,1.1", "coupling=1,2", "coupling is there twice", 65)
    try refused("w=0.9,1.1", "sigma:x=1,2", "has no state x", 65)
    try refused("speed=2,8", "speed=0,8", "0.0 mm/ms is not a positive speed", 65)
    try refused("--synthetic 5", "--synthetic 5 --no-delays", "axis speed: there are no tract lengths")
    try refused("FC.npy", "six.npy", "six.npy: found shape (6, 6), expected (5, 5)", 65)
    try refused("FC.npy", "seven.npy", "seven.npy", 66)
    try refused("--discard 100", "--discard 400", "--discard 400.0 ms leaves nothing of the run")
    try refused("--discard 100", "--discard 395", "fc: number of columns is 1.0, which is outside its range", 65)
    try refused(
      "--steps 400 --sigma 0.01", "--steps 405 --sigma 0.01 --discard 401", "no column is left", 65,
      less: "--discard 100")
    try refused("fc,mean,spectrum --segment 80", "fc,median", "fc,median")
    try refused("--segment 80", "--segment 81", "--segment 81 ms is no multiple of the 10 ms")
    try refused("--segment 80", "--segment 800", "spectrum: a segment of 80 samples does not fit", 65)
    try refused("--segment 80", "", "needs --segment")
    try refused("fc,mean,spectrum", "fcd,spectrum", "fcd: a window of 6,000 samples does not fit", 65)
    try refused("fc,mean,spectrum", "order,spectrum", "the state S of wong_wang is no angle")
    try refused("fc,mean,spectrum", "fc,mean,spectrum --window 10", "--window is for fcd")
    try refused("fc,mean,spectrum", "fc,mean,spectrum --lag 10,20 --lag 10", "--lag 10 ms is there twice")
    try refused("fc,mean,spectrum", "fc,mean,spectrum --lag 10,", "--lag")
    try refused(
      "fc,mean,spectrum", "fc,mean,spectrum --lag 10,-20", "--lag must be a number of ms from 0 on, not -20.0")
    try refused("fc,mean,spectrum", "fc,mean,spectrum --lag 10,15", "--lag 15 ms is no multiple of the 10 ms")
    try refused("fc,mean,spectrum", "fc,mean,spectrum --lag 10,400", "fc_lag400: lag is 40", 65)
    try refused("fc,mean,spectrum", "mean,spectrum --lag 10,20", "--lag is for fc and covariance")
    try refused("--monitor average", "--realizations 0 --monitor average", "--realizations must be")
    try refused("--steps 400", "", "How long is a run?")
    try refused(Self.axes, "", "Over what?")
    try refused("--threads 1", "--threads 1 --share 3/2", "--share")
    try refused("--threads 1", "--threads 1 --gather --resume", "--gather computes nothing")
    try refused("--threads 1", "--threads 1 --resume", "nothing of this sweep to --resume", 66)
    try refused("--output sweep.npz", "--output FC.npy", "is read by this command")
    try refused("--output sweep.npz", "--output none/sweep.npz", "there is no directory", 70)
    let launched = try Self.run(line, ["PMI_RANK": "7", "PMI_SIZE": "2"], in: folder)
    #expect(launched.status == 64 && launched.errors.contains("PMI_RANK is 7 of PMI_SIZE 2"))
  }
}
