import DelayNet
import Foundation
import Testing

/// Every option that takes a number, with the least, the largest and the strangest ones.
@Suite("delaynet's options at their ends")
struct ExtremeValuesTests {
  static let values = [
    "0", "-0", "-1", "1", "\(Int.max)", "\(Int.min)", "\(UInt64.max)", "1e308", "-1e308", "1e39", "1e-320", "nan",
    "inf",
    "-inf",
  ]

  /// A command line and one of its options, which a value is put behind.
  struct Case: Sendable, CustomTestStringConvertible {
    let line: String
    let option: String
    var testDescription: String { "\(line) \(option)" }
  }

  static let cases: [Case] = [
    ("map --synthetic 4 --output o.npy --plot p.svg --steps 5", ["--synthetic"]),
    (
      "map --synthetic 4 --steps 5 --output o.npy --plot p.svg",
      [
        "--speed", "--time-step", "--horizon", "--seed", "--steps", "--scale", "--noise-gain", "--threads",
        "--plot-window",
      ]
    ),
    ("map --synthetic 4 --steps 5 --noise-gain 1 --horizon 9", ["--speed", "--time-step"]),
    ("map --synthetic 4 --steps 5 --time-step 1 --precision float64 --plot p.svg", ["--scale", "--noise-gain"]),
    (
      "check --synthetic 4 --steps 5 --time-step 4",
      ["--speed", "--time-step", "--horizon", "--seed", "--steps", "--scale", "--noise-gain", "--threads", "--entries"]
    ),
    ("check --time-step 4", ["--synthetic"]),
    ("plan --synthetic 4 --json p.json", ["--speed", "--time-step", "--horizon", "--seed"]),
    ("plan --synthetic 4 --horizon 10", ["--speed", "--time-step"]),
    ("plan", ["--synthetic"]),
    ("notebook --repeat 1 --steps", [""]),
    ("notebook --steps 1", ["--repeat", "--threads"]),
    ("simulate --model mpr --steps 5", ["--synthetic"]),
    ("simulate --model mpr --synthetic 4 --precision double --output o.npy --plot p.svg", ["--steps", "--duration"]),
    ("simulate --model mpr --synthetic 4", ["--steps", "--duration"]),
    ("simulate --model mpr --synthetic 4 --checkpoint c", ["--steps"]),
    ("simulate --model mpr --synthetic 4 --gradients g.npz", ["--steps", "--duration"]),
    ("simulate --model mpr --synthetic 4 --gradients g.npz --memory 1MB", ["--steps", "--duration"]),
    ("simulate --model mpr --synthetic 4 --steps 5 --gradients g.npz --memory", [""]),
    (
      "simulate --model mpr --synthetic 4 --steps 5 --output o.npy --plot p.svg --checkpoint c",
      [
        "--speed", "--time-step", "--coupling", "--sigma", "--sigma r=", "--set eta=", "--set tau=", "--seed",
        "--threads",
        "--subsample", "--average", "--checkpoint-every",
      ]
    ),
    (
      "simulate --model linear --synthetic 4 --steps 5 --precision double --plot p.svg --gradients g.npz",
      ["--speed", "--time-step", "--coupling", "--sigma", "--set gamma=", "--subsample", "--average"]
    ),
    (
      "simulate --model kuramoto --synthetic 4 --steps 5 --fractional-delays --gradients g.npz",
      ["--speed", "--time-step", "--coupling", "--set omega=", "--subsample"]
    ),
  ].flatMap { line, options in options.map { Case(line: line, option: $0) } }

  /// A run that goes on for as long as it was told to.
  private static func mayGoOn(_ line: String) -> Bool {
    ["--steps \(Int.max)", "--duration \(Int.max)", "--duration \(UInt64.max)", "--repeat"].contains {
      line.hasSuffix($0)
    }
      || line.contains("--threads")
  }

  @Test("no value is a trap, and what cannot be is said", arguments: cases)
  func extremes(_ example: Case) throws {
    for value in Self.values {
      let folder = try Folder()
      let glue = example.option.isEmpty || !example.option.hasSuffix("=") ? " " : ""
      let line = "\(example.line) \(example.option)\(glue)\(value)"
      let end = try LimitedCommand.run(Command.words(line), in: folder, megabytes: 3000, seconds: 10)
      switch end.outcome {
      case .exit(let status):
        let allowed: [Int32] = line.hasPrefix("check") ? [0, 1, 64, 65] : [0, 64, 65]
        #expect(allowed.contains(status), "\(line): \(status), \(end.errors)")
        #expect(status <= 1 || !end.errors.isEmpty, "\(line)")
      case .stopped: #expect(Self.mayGoOn(line), "\(line) did not end")
      case .signal(let signal): Issue.record("\(line): signal \(signal), \(end.errors)")
      }
    }
  }

  @Test(
    "what needs more memory than there is says how much, before anything is made",
    arguments: [
      "simulate --model mpr --synthetic 4 --steps 1000000000000 --gradients g.npz",
      "simulate --model mpr --synthetic 4 --steps 20000000 --gradients g.npz --output o.npy --checkpoint c",
      "simulate --model mpr --synthetic 4 --time-step 1e-6 --steps 1 --output o.npy --checkpoint c",
      "simulate --model mpr --synthetic 60000 --steps 1 --output o.npy --checkpoint c",
      "map --synthetic 4 --steps 300000000 --output o.npy --plot p.svg",
      "map --synthetic 4 --steps 3 --horizon 2000000000 --output o.npy --plot p.svg",
      "check --synthetic 4 --steps 10000000", "plan --synthetic 60000 --json p.json",
      "notebook --steps 1,10000000 --json p.json",
    ])
  func memory(line: String) throws {
    let folder = try Folder()
    let end = try LimitedCommand.run(Command.words(line), in: folder, megabytes: 2000, seconds: 60)
    #expect(end.outcome == .exit(65), "\(end.errors)")
    #expect(end.errors.contains(" needs "), "\(end.errors)")
    #expect(end.errors.contains("the limit of this process is 2.05 GB"), "\(end.errors)")
    for name in ["o.npy", "p.svg", "g.npz", "c", "p.json", "o.npy.unfinished"] { #expect(!folder.exists(name)) }
  }
}

/// The command under a limit of its address space and of time.
enum LimitedCommand {
  enum Outcome: Equatable {
    case exit(Int32)
    case signal(Int32)
    /// The time was over.
    case stopped
  }

  /// Runs the command to its end, or stops it.
  ///
  /// - Returns: how it ended, and what it said on the standard error.
  static func run(
    _ arguments: [String], in folder: Folder, megabytes: Int?, seconds: Double
  ) throws -> (outcome: Outcome, errors: String) {
    let executable = try #require(Command.executable)
    let limit = megabytes.map { "ulimit -v \($0 * 1000); " } ?? ""
    // A trap shall not spend its time on a backtrace.
    let script = "cd \"$1\" && shift && \(limit)SWIFT_BACKTRACE=enable=no exec \"$@\" >stdout.txt 2>stderr.txt"
    let words = ["/bin/sh", "-c", script, "sh", folder.path(""), executable.path] + arguments
    var child = pid_t()
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    try #require(posix_spawn(&child, "/bin/sh", nil, nil, &pointers, environ) == 0)
    let end = ContinuousClock.now + .seconds(seconds)
    var (status, isStopped) = (Int32(), false)
    while waitpid(child, &status, WNOHANG) == 0 {
      if ContinuousClock.now > end {
        isStopped = true
        kill(child, SIGKILL)
      }
      usleep(2000)
    }
    let signal = status & 0x7f
    let outcome: Outcome = isStopped ? .stopped : signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
    return (outcome, try folder.text("stderr.txt"))
  }
}
