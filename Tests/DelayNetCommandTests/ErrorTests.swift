import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet's mistakes")
struct ErrorTests {
  /// A command line that fails, the exit status and what the message has to name.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let line: String
    let status: Int32
    let names: [String]

    init(_ line: String, _ status: Int32, _ names: String...) {
      (self.line, self.status, self.names) = (line, status, names)
    }

    var testDescription: String { line }
  }

  static let dense = "map --weights W.npy --delays D.npy"
  static let all = "\(dense) --buffer B.npy"

  static let mistakes: [Mistake] = [
    // The command line.
    Mistake("frobnicate", 64, "frobnicate"),
    Mistake("map --steps 3", 64, "--weights", "--connectome", "--synthetic"),
    Mistake("map --weights W.npy --buffer B.npy", 64, "--delays"),
    Mistake("map --delays D.npy --buffer B.npy", 64, "--weights"),
    Mistake("\(all) --synthetic 3", 64, "One network"),
    Mistake("\(dense)", 64, "--buffer", "--steps"),
    Mistake("\(all) --steps 3", 64, "--steps"),
    Mistake("\(all) --precision float32", 64, "--precision"),
    Mistake("\(all) --speed 4", 64, "--speed"),
    Mistake("\(all) --cotangent C.npy", 64, "--gradients"),
    Mistake("\(all) --with-respect-to weights", 64, "--gradients"),
    Mistake("\(all) --gradients G.npz --with-respect-to sigma", 64, "sigma", "noise_gain"),
    Mistake("\(all) --output O.npy --plot O.npy", 64, "O.npy"),
    Mistake("\(all) --threads -2", 64, "--threads"),
    Mistake("\(all) --threads two", 64, "--threads"),
    Mistake("\(all) --isa sse9", 64, "--isa"),
    Mistake("\(all) --scale big", 64, "--scale"),
    Mistake("\(all) --noise-gain nan", 64, "--noise-gain"),
    Mistake("\(all) --horizon -1", 64, "--horizon"),
    Mistake("\(dense) --steps -1", 64, "--steps"),
    Mistake("map --synthetic 0 --steps 3", 64, "--synthetic"),
    Mistake("map --synthetic 3 --steps 3 --speed 0", 64, "--speed"),
    Mistake("map --synthetic 3 --steps 3 --time-step -1", 64, "--time-step"),
    Mistake("check --synthetic 3 --entries -1", 64, "--entries"),
    Mistake("notebook --steps 1,x", 64, "--steps"),
    Mistake("notebook --steps 0", 64, "--steps"),
    Mistake("notebook --repeat 0", 64, "--repeat"),
    // What the files hold.
    Mistake("map --weights wide.npy --delays D.npy --buffer B.npy", 65, "wide.npy", "(7, 8)", "square"),
    Mistake("map --weights W.npy --delays wide.npy --buffer B.npy", 65, "wide.npy", "(7, 8)", "(7, 7)"),
    Mistake("map --weights W.npy --delays half.npy --buffer B.npy", 65, "half.npy", "2.5", "row 3, column 4"),
    Mistake("map --weights W.npy --delays minus.npy --buffer B.npy", 65, "minus.npy", "-3", "row 5, column 6"),
    Mistake("map --weights W.npy --delays huge.npy --buffer B.npy", 65, "huge.npy", "row 6, column 0"),
    Mistake("\(all) --horizon 45", 65, "D.npy", "row 2, column 1", "46", "45"),
    Mistake(
      "map --weights notfinite.npy --delays D.npy --buffer B.npy", 65, "notfinite.npy", "edge 9", "row 1, column 2"),
    Mistake("\(dense) --buffer short.npy", 65, "short.npy", "(7, 20)", "47"),
    Mistake("\(dense) --buffer whole.npy", 65, "whole.npy", "int32", "float32 or float64"),
    Mistake("\(dense) --buffer history.npy", 65, "history", "node 4", "step -2"),
    Mistake("\(dense) --buffer noise.npy --noise-gain 1", 65, "node 3", "step 5"),
    Mistake("\(all) --cotangent W.npy --gradients G.npz", 65, "W.npy", "(7, 7)", "(7, 100)"),
    Mistake(
      "\(all) --cotangent nan.npy --gradients G.npz", 65, "nan.npy[2, 58]", "cotangent", "node 2", "step 11"),
    Mistake("\(dense) --steps 5000 --scale 1e30", 65, "series", "node", "step", "--scale stable"),
    Mistake("map --weights text.npy --delays D.npy --buffer B.npy", 65, "text.npy"),
    Mistake("map --connectome text.npy --steps 3", 65, "text.npy"),
    Mistake("map --connectome net --steps 3", 65, "weights.txt", "line 2, column 3"),
    Mistake("map --synthetic 5 --steps 3 --horizon 2", 65, "row", "column", "--horizon is 2"),
    // Files that are not there.
    Mistake("map --weights none.npy --delays D.npy --buffer B.npy", 66, "none.npy"),
    Mistake("map --weights W.npy --delays none.npy --buffer B.npy", 66, "none.npy"),
    Mistake("\(dense) --buffer none.npy", 66, "none.npy"),
    Mistake("\(all) --cotangent none.npy --gradients G.npz", 66, "none.npy"),
    Mistake("plan --connectome none.zip", 66, "none.zip"),
    Mistake("plan --connectome empty", 66, "empty", "weights"),
    // Outputs, memory.
    Mistake("\(all) --output nowhere/O.npy", 70, "nowhere"),
    Mistake("\(all) --plot nowhere/p.svg", 70, "nowhere"),
    Mistake("\(all) --output net", 70, "net", "directory"),
    Mistake("plan --synthetic 3 --json nowhere/p.json", 70, "nowhere"),
    Mistake("notebook --steps 1 --repeat 1 --json nowhere/p.json", 70, "nowhere"),
    Mistake("\(dense) --steps 999999999999", 65, "memory"),
    Mistake("\(dense) --steps 9223372036854775807", 65, "memory"),
    Mistake("plan --synthetic 4000000000", 65, "memory"),
  ]

  /// The files that the mistakes are made with.
  private func folder() throws -> Folder {
    let folder = try Folder()
    let keys = try RandomKey(seed: 1).split(3)
    let weights = try keys[0].normal(49, as: Float.self)
    var delays = try keys[1].integers(in: 0..<40, 49)
    delays[2 * 7 + 1] = 46
    try folder.write(weights, [7, 7], to: "W.npy")
    try folder.write(delays, [7, 7], to: "D.npy")
    try folder.write(keys[2].normal(700, as: Float.self), [7, 100], to: "B.npy")
    try folder.write(keys[2].normal(700, as: Float.self), [7, 100], to: "C.npy")
    try folder.write([Float](repeating: 1, count: 56), [7, 8], to: "wide.npy")
    try folder.write([Float](repeating: 1, count: 140), [7, 20], to: "short.npy")
    try folder.write([Int32](repeating: 1, count: 700), [7, 100], to: "whole.npy")
    func write(_ values: [Double], _ place: (Int, Int), _ value: Double, _ columns: Int, to name: String) throws {
      var values = values
      values[place.0 * columns + place.1] = value
      try folder.write(values, [7, columns], to: name)
    }
    let steps = delays.map { Double($0) }
    try write(steps, (3, 4), 2.5, 7, to: "half.npy")
    try write(steps, (5, 6), -3, 7, to: "minus.npy")
    try write(steps, (6, 0), 5e9, 7, to: "huge.npy")
    try write(weights.map { Double($0) }, (1, 2), .infinity, 7, to: "notfinite.npy")
    let zeros = [Double](repeating: 0, count: 700)
    try write(zeros, (4, 45), .nan, 100, to: "history.npy")
    try write(zeros, (3, 52), .nan, 100, to: "noise.npy")
    try write(zeros, (2, 58), .nan, 100, to: "nan.npy")
    try folder.write("not an array\n", to: "text.npy")
    try folder.write("1 2\n3 x\n", to: "net/weights.txt")
    try folder.write("1 2\n3 4\n", to: "net/tract_lengths.txt")
    try folder.write("a 0 0 0\nb 0 0 0\n", to: "net/centres.txt")
    try folder.write("", to: "empty/readme.md")
    return folder
  }

  @Test("each has its exit status and names its place", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let folder = try folder()
    let outcome = try Command.run(Command.words(mistake.line), in: folder)
    #expect(outcome.status == mistake.status, "\(outcome.errors)")
    for name in mistake.names { #expect(outcome.errors.contains(name), "\(name) in: \(outcome.errors)") }
    for name in ["O.npy", "G.npy", "p.svg"] { #expect(!folder.exists(name)) }
  }

  @Test("a pipe or a link is not replaced with a file", arguments: ["--output", "--plot", "--gradients"])
  func specialFiles(option: String) throws {
    let folder = try folder()
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    try #require(symlink("B.npy", folder.path("link")) == 0)
    let buffer = try folder.bytes("B.npy")
    for (name, kind) in [("pipe", S_IFIFO), ("link", S_IFLNK)] {
      let cotangent = option == "--gradients" ? " --cotangent C.npy" : ""
      let outcome = try Command.run(Command.words("\(Self.all)\(cotangent) \(option) \(name)"), in: folder)
      #expect(outcome.status == 70)
      #expect(outcome.errors.contains(name) && outcome.errors.contains("not a regular file"))
      var status = stat()
      #expect(lstat(folder.path(name), &status) == 0 && status.st_mode & S_IFMT == kind)
    }
    #expect(try folder.bytes("B.npy") == buffer)
  }

  @Test("an instruction set that this processor lacks")
  func unavailable() throws {
    for set in InstructionSet.allCases
    where set != .automatic && !InstructionSet.available.contains(set) {
      let outcome = try Command.run(Command.words("plan --synthetic 3 --isa \(set)"), in: Folder())
      #expect(outcome.status == 69)
      #expect(outcome.errors.contains(set.rawValue))
    }
  }

  @Test("Ctrl-C stops a long run, which says how far it got")
  func interruption() throws {
    let folder = try Folder()
    // A process inherits which signals it ignores and blocks: those of a test runner may include Ctrl-C.
    let before = signal(SIGINT, SIG_DFL)
    var (unblocked, mask) = (sigset_t(), sigset_t())
    sigemptyset(&unblocked)
    sigaddset(&unblocked, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &unblocked, &mask)
    defer {
      pthread_sigmask(SIG_SETMASK, &mask, nil)
      signal(SIGINT, before)
    }
    // A signal that comes before the run has begun ends the process; then the next attempt waits longer.
    for delay in [0.3, 1, 3, 10] {
      let process = try Command.process(Command.words("check --synthetic 84 --steps 200 --entries 0"), in: folder)
      try process.run()
      Thread.sleep(forTimeInterval: delay)
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGINT)
      if try folder.text("stderr.txt").contains("interrupted while checking, after ") { return }
    }
    Issue.record("no run was interrupted")
  }
}
