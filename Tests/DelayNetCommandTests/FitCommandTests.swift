import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation
import Testing

@Suite struct FitCommandTests {
  private static let network =
    "--synthetic 5 --normalize max --model wong_wang --set I_o=0.32 --time-step 4 --no-delays --duration 12000 --sigma 0.01 --seed 3 "
    + "--precision double"
  private static let observed = "--monitor average --repetition-time 100"

  /// A folder with a recording made with known parameters, as the command's own simulation makes it.
  private func recording(_ monitor: String = observed) throws -> Folder {
    let folder = try Folder()
    try Command.succeed(
      "simulate \(Self.network) \(monitor) --coupling 0.4 --set w=0.5 --output target.npy", in: folder)
    return folder
  }

  @discardableResult
  private func fit(_ line: String, _ monitor: String = observed, in folder: Folder) throws -> Command.Outcome {
    let outcome = try Command.run(
      Command.words("fit \(Self.network) \(monitor) --target-series target.npy \(line)"), in: folder)
    #expect(outcome.status == 0, "\(line): \(outcome.errors)")
    return outcome
  }

  private func numbers(_ name: String, of file: String, in folder: Folder) throws -> [Double] {
    try NPZArchive(path: folder.path(file))[name].values(as: Double.self)
  }

  @Test("known parameters are found again", arguments: [observed, "--monitor bold:volterra --repetition-time 500"])
  func recovers(monitor: String) throws {
    let folder = try recording(monitor)
    let outcome = try fit(
      "--coupling 0.38 --set w=0.49 --free coupling --free w --optimizer lbfgs --iterations 40 --output fit.npz --plot fit.svg",
      monitor, in: folder)
    #expect(outcome.output.contains("free      2 numbers: coupling, w"))
    let archive = try NPZArchive(path: folder.path("fit.npz"))
    #expect(archive.names.prefix(4) == ["coupling", "w", "loss", "gradient_norm"])
    let losses = try numbers("loss", of: "fit.npz", in: folder)
    #expect(losses.min()! < 1e-4 && losses.first! > 20 * losses.min()!, "\(losses)")
    // The same noise: with the true parameters the two series are the same.
    #expect(abs(try numbers("coupling", of: "fit.npz", in: folder)[0] - 0.4) < 0.02)
    #expect(abs(try numbers("w", of: "fit.npz", in: folder)[0] - 0.5) < 0.02)
    #expect(try archive.texts(named: "command")[0].hasPrefix("delaynet fit --synthetic 5"))

    // What is in the file is what the library says of the series.
    let samples = monitor == Self.observed ? 120 : 24
    let series = try archive["series"].values(as: Double.self, shape: [5, samples])
    let observed = try FunctionalConnectivity().value(of: Matrix(rows: 5, columns: samples, values: series))
    #expect(try archive["observed"].values(as: Double.self, shape: [5, 5]) == observed.values)
    let target = try FunctionalConnectivity().value(
      of: Matrix(
        rows: 5, columns: samples, values: folder.array("target.npy", as: Double.self, shape: [1, 5, samples])))
    #expect(try archive["target"].values(as: Double.self, shape: [5, 5]) == target.values)
    #expect(try folder.text("fit.svg").contains("<svg"))
  }

  @Test("a fit that goes on from its file has the bytes of one that was never stopped")
  func resumes() throws {
    let folder = try recording()
    let line = "--coupling 0.3 --free coupling:positive --free w:region:spread=0.1 --rate 0.02"
    try fit("\(line) --iterations 8 --output fit.npz", in: folder)
    let whole = try folder.bytes("fit.npz")
    try fit("\(line) --iterations 3 --output fit.npz", in: folder)
    #expect(try folder.bytes("fit.npz") != whole)
    try fit("\(line) --iterations 8 --output fit.npz --resume fit.npz", in: folder)
    #expect(try folder.bytes("fit.npz") == whole)
    // Any number of threads, any memory.
    try fit("\(line) --iterations 8 --output other.npz --threads 1 --memory 300kB", in: folder)
    for name in ["loss", "gradient_norm", "w", "coupling", "series"] {
      #expect(try numbers(name, of: "other.npz", in: folder) == numbers(name, of: "fit.npz", in: folder), "\(name)")
    }
    for (other, words) in [("--loss rmse", "loss is rmse"), ("--loss correlation --discard 400", "discarding is 100")] {
      let outcome = try Command.run(
        Command.words(
          "fit \(Self.network) \(Self.observed) --target-series target.npy \(line) --iterations 9 --output fit.npz "
            + "--resume fit.npz \(other)"), in: folder)
      #expect(outcome.status == 65 && outcome.errors.contains(words), "\(outcome.errors)")
    }
    let other = try Command.run(
      Command.words(
        "fit \(Self.network) \(Self.observed) --target-series target.npy --coupling 0.3 --free w --rate 0.02 --iterations 8 "
          + "--output fit.npz --resume fit.npz"), in: folder)
    #expect(other.status == 65 && other.errors.contains("what was free is coupling, w"), "\(other.errors)")
  }

  @Test("truncated gradients are those of the library's windows")
  func truncates() throws {
    let folder = try recording()
    let line = "--coupling 0.3 --free coupling --free w:region --iterations 2"
    try fit("\(line) --output exact.npz", in: folder)
    // One window is the whole run.
    try fit("\(line) --truncation 12000 --output one.npz", in: folder)
    let outcome = try fit("\(line) --truncation 400 --output windows.npz", in: folder)
    #expect(outcome.output.contains("gradient  that of windows of 100 steps"))
    for name in ["loss", "gradient_norm"] {
      #expect(try numbers(name, of: "one.npz", in: folder) == numbers(name, of: "exact.npz", in: folder), "\(name)")
    }
    #expect(try numbers("loss", of: "windows.npz", in: folder)[0] == numbers("loss", of: "exact.npz", in: folder)[0])

    let network = try SyntheticConnectome(regions: 5, key: RandomKey(seed: 3))
      .network(conductionSpeed: .greatestFiniteMagnitude, timeStep: 4, as: Double.self).normalized(by: .max)
    var problem = try Problem(network, model: .wongWang)
    problem.coupling = 0.3
    problem.parameters = ["I_o": 0.32]
    problem.sigma = 0.01
    problem.initial = try Problem<Double>.initial(of: .wongWang, nodes: 5, key: RandomKey(seed: 3).folding(in: 1))
    problem.noise = .drawn(RandomKey(seed: 3))
    let series = try folder.array("target.npy", as: Double.self, shape: [1, 5, 120])
    let goal = try FunctionalConnectivity().value(of: Matrix(rows: 5, columns: 120, values: series))
    var same = Fit(problem, steps: 3000, monitor: .average(over: 25, of: ["S"])) {
      1 - $0.functionalConnectivity().correlation(with: goal)
    }
    same.free = [.coupling, .parameter("w", .perRegion, .clamped(nil))]
    for (window, file) in [(nil, "exact.npz"), (100, "windows.npz")] as [(Int?, String)] {
      same.truncation = window
      let objective = try same.objective()
      let gradient = try objective.valueWithGradient(at: objective.parametrization.start).gradient
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let found = try numbers("gradient_norm", of: file, in: folder)[0]
      #expect(abs(found - norm) <= 1e-12 * norm, "\(file): \(found) instead of \(norm)")
    }
    #expect(
      try numbers("gradient_norm", of: "windows.npz", in: folder)[0]
        != numbers("gradient_norm", of: "exact.npz", in: folder)[0])

    // It is a setting of the fit, and goes on behind a transient.
    for (other, words) in [
      ("--truncation 800", "truncation is 200 instead of 100"), ("", "truncation is none instead of 100"),
    ] {
      let outcome = try Command.run(
        Command.words(
          "fit \(Self.network) \(Self.observed) --target-series target.npy \(line) --output windows.npz --resume windows.npz \(other)"
        ), in: folder)
      #expect(outcome.status == 65 && outcome.errors.contains(words), "\(outcome.errors)")
    }
    try fit("\(line) --truncation 400 --transient 1000 --output behind.npz", in: folder)
  }

  @Test("an interrupted fit keeps its iterations")
  func isInterrupted() throws {
    let folder = try recording()
    let line = "--coupling 0.3 --free coupling --free w:region --rate 0.02"
    let process = try Command.process(
      Command.words(
        "fit \(Self.network) \(Self.observed) --target-series target.npy \(line) --iterations 100000 --output fit.npz"),
      in: folder)
    try Command.start(process)
    for _ in 0..<6000 where try !folder.text("stderr.txt").contains("iteration 5/") { usleep(10_000) }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 143)
    #expect(try folder.text("stderr.txt").contains("--resume continues"))
    let done = try numbers("loss", of: "fit.npz", in: folder).count
    #expect(done >= 5)
    try fit("\(line) --iterations \(done + 3) --output fit.npz --resume fit.npz", in: folder)
    try fit("\(line) --iterations \(done + 3) --output whole.npz", in: folder)
    #expect(try numbers("loss", of: "fit.npz", in: folder) == numbers("loss", of: "whole.npz", in: folder))
  }

  @Test("another fit's parameters are a start, behind a transient")
  func starts() throws {
    let folder = try recording()
    try fit("--coupling 0.3 --free coupling --free w --iterations 4 --output first.npz", in: folder)
    try fit("--start first.npz --free w:region --iterations 2 --output second.npz", in: folder)
    let best = try numbers("loss", of: "first.npz", in: folder).min()!
    #expect(abs(try numbers("loss", of: "second.npz", in: folder)[0] - best) < 1e-12)
    #expect(try numbers("w", of: "second.npz", in: folder).count == 5)
    // It is a start also of the fit that goes on.
    try fit("--start first.npz --free w:region --iterations 4 --output whole.npz", in: folder)
    try fit("--start first.npz --free w:region --iterations 4 --output second.npz --resume second.npz", in: folder)
    for name in ["loss", "w"] {
      #expect(try numbers(name, of: "second.npz", in: folder) == numbers(name, of: "whole.npz", in: folder))
    }
    // A transient moves the start of the run, and the noise goes on.
    let outcome = try fit("--start first.npz --free w --iterations 1 --transient 2000 --output third.npz", in: folder)
    #expect(outcome.output.contains("transient 500 steps"))
    #expect(try numbers("loss", of: "third.npz", in: folder)[0] != numbers("loss", of: "second.npz", in: folder)[0])
  }

  @Test("mistakes are named before the first step")
  func mistakes() throws {
    let folder = try recording()
    try folder.write([Double](repeating: 0.5, count: 16), [4, 4], to: "small.npy")
    try folder.write((0..<25).map { Double($0) }, [5, 5], to: "lopsided.npy")
    try folder.write([Double](repeating: 0, count: 5), [5], to: "groups.npy")
    let network = "fit \(Self.network) --output fit.npz"
    let (seen, goal, free) = (Self.observed, "--target-series target.npy", "--free coupling")
    for (line, status, words) in [
      ("\(network) \(goal) \(free)", 64, "What is observed? Give --monitor"),
      ("\(network) \(seen) \(free)", 64, "Fit to what? Give --target-fc or --target-series"),
      ("\(network) \(seen) \(goal)", 64, "What may change? Give --free"),
      ("\(network) \(seen) --target-fc small.npy \(free)", 65, "small.npy: found shape (4, 4), expected (5, 5)"),
      ("\(network) \(seen) --target-fc lopsided.npy \(free)", 65, "lopsided.npy: is not symmetric at row 1, column 0"),
      ("\(network) \(seen) \(goal) --free nothing", 64, "--free nothing: there is no nothing, only coupling"),
      ("\(network) \(seen) \(goal) --free w:sideways", 64, "w:sideways"),
      ("\(network) \(seen) \(goal) --free speed", 65, "conductionSpeed"),
      ("\(network) \(seen) \(goal) --free w --free w", 65, "w"),
      ("\(network) \(seen) \(goal) \(free) --discard 12000", 64, "--discard 12000.0 ms leaves nothing of the run"),
      ("\(network) --monitor average --repetition-time 10 \(goal) \(free)", 64, "no multiple of --time-step 4.0 ms"),
      (
        "\(network) --monitor bold:volterra --repetition-time 1001 \(goal) \(free)", 64,
        "no multiple of --interim 4.0 ms"
      ),
      ("\(network) --monitor bold:balloon --repetition-time 1000 \(goal) \(free)", 64, "bold:balloon"),
      ("\(network) \(seen) --monitor-state X \(goal) \(free)", 64, "wong_wang has no state X; it has S"),
      ("\(network) \(seen) \(goal) \(free) --optimizer lbfgs --clip 1", 64, "--clip is for adam and adamw"),
      (
        "\(network) \(seen) \(goal) \(free) --truncation 150", 64,
        "--truncation must be a multiple of --repetition-time 100.0 ms, not 150.0"
      ),
      ("\(network) \(seen) \(goal) \(free) --truncation 0", 64, "--truncation must be a multiple"),
      ("\(network) \(seen) \(goal) \(free) --truncation nan", 64, "--truncation must be a multiple"),
      (
        "\(network) \(seen) \(goal) \(free) --truncation 400 --optimizer lbfgs", 64,
        "--truncation is for adam and adamw"
      ),
      (
        "\(network) \(seen) \(goal) \(free) --truncation 400 --transient 40", 64,
        "--transient 40.0 ms is no multiple of --repetition-time"
      ),
      ("\(network) \(seen) \(goal) --free initial --truncation 400", 65, "initial, beside truncated gradients"),
      ("\(network) \(seen) \(goal) \(free) --optimizer lbfgs --renew-noise", 65, "renewed noise"),
      ("\(network) \(seen) \(goal) --free coupling:bounded=0..0.5 --coupling 1", 65, "coupling"),
      ("\(network) \(seen) \(goal) --free w:groups=target.npy", 65, "target.npy: found shape"),
      ("\(network) \(seen) \(goal) \(free) --resume target.npy", 65, "target.npy"),
    ] {
      let outcome = try Command.run(Command.words(line), in: folder)
      #expect(
        outcome.status == status && outcome.errors.contains(words), "\(line): \(outcome.status) \(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("fit.npz")))
  }

  @Test("simulate writes what a monitor sees, with the library's bits")
  func simulates() throws {
    let folder = try Folder()
    try folder.write([1.0, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2], [2, 5], to: "gain.npy")
    let line =
      "simulate --synthetic 5 --normalize max --model wong_wang --time-step 4 --no-delays --duration 12000 --sigma 0.01 "
      + "--seed 3 --precision double"
    try Command.succeed("\(line) --output plain.npy", in: folder)
    let plain = try folder.array("plain.npy", as: Double.self, shape: [1, 5, 3000])
    try Command.succeed("\(line) --monitor projection:gain.npy --repetition-time 400 --output sensors.npy", in: folder)
    let sensors = try folder.array("sensors.npy", as: Double.self, shape: [1, 2, 30])
    for k in 0..<30 {
      let mean = (0..<5).map { node in (0..<100).map { plain[node * 3000 + k * 100 + $0] }.reduce(0, +) / 100 }
      #expect(abs(sensors[k] - mean[0]) < 1e-12)
      #expect(abs(sensors[30 + k] - mean.reduce(0, +) / 5) < 1e-12)
    }
    let bold = "--monitor bold:balloon-stephan2007 --repetition-time 1000 --monitor-set V_0=3 --discard 5000"
    try Command.succeed("\(line) \(bold) --output bold.npy --plot bold.svg", in: folder)
    #expect(try folder.array("bold.npy", as: Double.self, shape: [1, 5, 7]).allSatisfy(\.isFinite))
    let both = try Command.run(
      Command.words("\(line) --average 10 --monitor average --repetition-time 40 --output x.npy"), in: folder)
    #expect(both.status == 64 && both.errors.contains("--average or --monitor, not both"), "\(both.errors)")
  }
}
