import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet simulate --gradients")
struct SimulateCommandGradientTests {
  static let line = "simulate --model mpr --synthetic 40 --sigma 0.01 --set eta=-4.6 --coupling 0.05"

  /// Runs the command and returns the most memory that it has had at once, in bytes; nil where the system does not say.
  ///
  /// The kernel counts it for the program alone; `ru_maxrss` of a child begins with what the tests themselves take.
  private func peak(_ line: String, in folder: Folder) throws -> Int? {
    let process = try Command.process(Command.words(line), in: folder)
    try process.run()
    var peak: Int?
    while process.isRunning {
      if let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
      {
        peak = max(peak ?? 0, kilobytes << 10)
      }
      usleep(2000)
    }
    process.waitUntilExit()
    let errors = try folder.text("stderr.txt")
    #expect(process.terminationStatus == 0 && errors == "", "\(line): \(errors)")
    return peak
  }

  @Test("--memory bounds what a gradient takes, whatever the length, with and without output")
  func bounded() throws {
    let folder = try Folder()
    // What every run takes: the program, its libraries, the network, a chunk of the output.
    let line = "simulate --model linear --synthetic 80 --coupling 0.01 --sigma 0.1"
    guard let base = try peak("\(line) --steps 20000 --output short.npy", in: folder) else { return }
    #expect(base < 64 << 20)
    // The series is of 96 MB, and so would be its cotangent.
    let gradients = "--steps 300000 --gradients g.npz --with-respect-to coupling,weights,lambda,initial --memory 8MB"
    for more in ["", " --output x.npy --plot x.svg", " --average 2", " --discard 1000"] {
      let found = try #require(try peak("\(line) \(gradients)\(more)", in: folder))
      // The budget, and for an output its chunks beside it.
      #expect(found < base + 8_000_000 + (4 << 20), "\(more): \(found) bytes where \(base) are the least")
    }
  }

  @Test(
    "under --memory output, picture, checkpoint and gradients have the bytes of a run without it",
    arguments: ["", " --average 7", " --subsample 3"])
  func sameBytes(thinning: String) throws {
    let folder = try Folder()
    let line = "\(Self.line)\(thinning) --steps 900"
    func files(_ name: String) -> String {
      "--output \(name).npy --plot \(name).svg --checkpoint \(name).carry --gradients \(name).npz"
    }
    try Command.succeed("\(line) \(files("whole"))", in: folder)
    try Command.succeed("\(line) \(files("bounded")) --memory 2MB", in: folder)
    try Command.succeed("\(line) --gradients alone.npz --checkpoint alone.carry --memory 2MB", in: folder)
    for ending in ["npy", "svg", "carry", "npz"] {
      #expect(try folder.bytes("bounded.\(ending)") == folder.bytes("whole.\(ending)"), "\(ending)")
    }
    for ending in ["carry", "npz"] {
      #expect(try folder.bytes("alone.\(ending)") == folder.bytes("whole.\(ending)"), "\(ending)")
    }
    // A run that goes on from a checkpoint, too.
    let more = "\(line) --resume whole.carry"
    try Command.succeed("\(more) --output a.npy --gradients a.npz", in: folder)
    try Command.succeed("\(more) --output b.npy --gradients b.npz --memory 2MB", in: folder)
    for ending in ["npy", "npz"] { #expect(try folder.bytes("b.\(ending)") == folder.bytes("a.\(ending)")) }
  }

  @Test("a cotangent without columns is that of every column")
  func everyColumn() throws {
    let folder = try Folder()
    let line = "simulate --model mpr --synthetic 5 --steps 300 --sigma 0.01 --average 10"
    let column = try RandomKey(seed: 4).normal(10, as: Float.self)
    try folder.write(column, [2, 5], to: "column.npy")
    try folder.write(column.flatMap { [Float](repeating: $0, count: 30) }, [2, 5, 30], to: "columns.npy")
    try Command.succeed("\(line) --cotangent column.npy --gradients a.npz", in: folder)
    try Command.succeed("\(line) --cotangent columns.npy --gradients b.npz", in: folder)
    #expect(try folder.bytes("a.npz") == folder.bytes("b.npz"))
    try folder.write(column, [5, 2], to: "turned.npy")
    let outcome = try Command.run(Command.words("\(line) --cotangent turned.npy --gradients c.npz"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("(5, 2), expected (2, 5)"), "\(outcome.errors)")
  }

  @Test("a budget that is too small is said before anything is replaced")
  func tooSmall() throws {
    let folder = try Folder()
    try folder.write("kept", to: "x.npy")
    let outcome = try Command.run(
      Command.words("\(Self.line) --steps 20000 --output x.npy --gradients g.npz --memory 2kB"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("--memory is too small"), "\(outcome.errors)")
    #expect(try folder.text("x.npy") == "kept")
    #expect(!folder.exists("g.npz"))
  }
}
