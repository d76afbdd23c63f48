import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet simulate --stimulus region=…")
struct StimulusCommandTests {
  private static let line = "simulate --model mpr --synthetic 6 --sigma 0.01 --coupling 0.05 --precision double"
  private static let stimuli =
    "--stimulus region=1,region=4,onset=2,onset=6.5,length=1.5,amplitude=0.3,state=V --stimulus region=0,onset=9,length=3,amplitude=-0.01"

  @Test("the values of a dense stimulus, and the gradient by amplitudes")
  func dense() throws {
    let folder = try Folder()
    var u = [Double](repeating: 0, count: 2 * 6 * 100)
    for node in [1, 4] { for t in [20..<35, 65..<80].joined() { u[(6 + node) * 100 + t] = 0.3 } }
    for t in 90..<100 { u[t] = -0.01 }
    try folder.write(u, [2, 6, 100], to: "U.npy")
    try Command.succeed("\(Self.line) --steps 100 --stimulus U.npy --output dense.npy --gradients d.npz", in: folder)
    try Command.succeed("\(Self.line) --steps 100 \(Self.stimuli) --output x.npy --gradients g.npz", in: folder)
    let found = try folder.array("x.npy", as: Double.self, shape: [2, 6, 100])
    let expected = try folder.array("dense.npy", as: Double.self, shape: [2, 6, 100])
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-12 * (1 + abs($1)) })
    let slopes = try NPZArchive(path: folder.path("g.npz"))["amplitudes"].values(as: Double.self, shape: [2])
    let byStep = try NPZArchive(path: folder.path("d.npz"))["stimulus"].values(as: Double.self, shape: [2, 6, 100])
    let first = zip(byStep, u).reduce(0.0) { $1.1 > 0 ? $0 + $1.0 : $0 }
    let second = zip(byStep, u).reduce(0.0) { $1.1 < 0 ? $0 + $1.0 : $0 }
    #expect(abs(slopes[0] / first - 1) < 1e-10 && abs(slopes[1] / second - 1) < 1e-10)
    // Both kinds at once: the file's and the pulses are added.
    try Command.succeed("\(Self.line) --steps 100 --stimulus U.npy \(Self.stimuli) --output both.npy", in: folder)
    #expect(try folder.bytes("both.npy") != folder.bytes("x.npy"))
  }

  @Test("a run that is resumed has the bits of one run, and another stimulus is named")
  func resumed() throws {
    let folder = try Folder()
    let line = "\(Self.line) \(Self.stimuli)"
    try Command.succeed("\(line) --steps 100 --output whole.npy", in: folder)
    try Command.succeed("\(line) --steps 70 --output a.npy --checkpoint c.carry", in: folder)
    try Command.succeed("\(line) --steps 30 --output b.npy --resume c.carry", in: folder)
    let whole = try folder.array("whole.npy", as: Double.self, shape: [2, 6, 100])
    let rest = try folder.array("b.npy", as: Double.self, shape: [2, 6, 30])
    for row in 0..<12 { #expect(whole[(row * 100 + 70)..<(row * 100 + 100)] == rest[(row * 30)..<(row * 30 + 30)]) }
    let outcome = try Command.run(
      Command.words("\(Self.line) --steps 30 --output c.npy --resume c.carry"), in: folder)
    #expect(outcome.status == 0 && outcome.errors.contains("pulses none instead of 5, digest"), "\(outcome.errors)")
  }

  @Test("regions have labels")
  func labels() throws {
    let folder = try Folder()
    try folder.write("0 1\n1 0\n", to: "brain/weights.txt")
    try folder.write("0 3\n3 0\n", to: "brain/tract_lengths.txt")
    try folder.write("left 0 0 0\nright 1 0 0\n", to: "brain/centres.txt")
    let line = "simulate --model mpr --connectome brain --steps 30 --stimulus onset=1,length=1,amplitude=0.2,region="
    try Command.succeed("\(line)right --output a.npy", in: folder)
    try Command.succeed("\(line)1 --output b.npy", in: folder)
    #expect(try folder.bytes("a.npy") == folder.bytes("b.npy"))
    let outcome = try Command.run(Command.words("\(line)middle --output c.npy"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("no region middle"), "\(outcome.errors)")
  }

  @Test("mistakes are named")
  func mistakes() throws {
    let folder = try Folder()
    for (argument, status, reason) in [
      ("region=1,onset=2,length=3", 64, "amplitude is missing"),
      ("onset=2,length=3,amplitude=1", 64, "region is missing"),
      ("region=1,onset=-2,length=3,amplitude=1", 64, "onset is `-2`"),
      ("region=1,onset=2,length=3,amplitude=one", 64, "amplitude is `one`"),
      ("region=1,onset=2,length=3,length=4,amplitude=1", 64, "length is there twice"),
      ("region=1,onset=2,length=3,amplitude=1,start=3", 64, "found `start=3`"),
      ("region=1,onset=2,length=3,amplitude=1,state=q", 64, "mpr has no state q; it has r, V"),
      ("region=6,onset=2,length=3,amplitude=1", 65, "no region 6; regions are 0 … 5"),
      ("region=1,onset=2,length=0.01,amplitude=1", 65, "no step of 0.1 ms"),
      ("region=1,onset=1e300,length=1,amplitude=1", 65, "more steps than can be counted"),
    ] {
      let line = "\(Self.line) --steps 10 --output x.npy --stimulus \(argument)"
      let outcome = try Command.run(Command.words(line), in: folder)
      #expect(outcome.status == Int32(status) && outcome.errors.contains(reason), "\(line): \(outcome.errors)")
    }
    #expect(!folder.exists("x.npy"))
  }
}
