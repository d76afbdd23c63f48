import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet simulate: values of regions")
struct RegionValuesTests {
  private static let line = "simulate --model mpr --synthetic 4 --steps 50 --coupling 0.05"

  @Test("--sigma takes a value a region, which is the same for all of one number")
  func sigma() throws {
    let folder = try Folder()
    try folder.write([0.02, 0.02, 0.02, 0.02], [4], to: "even.npy")
    try folder.write([0, 0, 0.5, 0], [4], to: "one.npy")
    try Command.succeed("\(Self.line) --sigma r=0.01,V=0.02 --output a.npy", in: folder)
    try Command.succeed("\(Self.line) --sigma r=0.01,V=even.npy --output b.npy", in: folder)
    #expect(try folder.bytes("a.npy") == folder.bytes("b.npy"))
    // Without edges noise stays where it is.
    try folder.write([Float](repeating: 0, count: 16), [4, 4], to: "W.npy")
    let alone = "simulate --model mpr --weights W.npy --no-delays --steps 50"
    try Command.succeed("\(alone) --sigma V=one.npy --output c.npy --gradients g.npz", in: folder)
    try Command.succeed("\(alone) --output d.npy", in: folder)
    let (noisy, still) = (
      try folder.array("c.npy", as: Float.self, shape: [2, 4, 50]),
      try folder.array("d.npy", as: Float.self, shape: [2, 4, 50])
    )
    for row in 0..<8 {
      #expect((noisy[(row * 50)..<(row * 50 + 50)] == still[(row * 50)..<(row * 50 + 50)]) == (row % 4 != 2))
    }
    #expect(try NPZArchive(path: folder.path("g.npz"))["sigma"].shape == [2, 4])
    for (argument, status, reason) in [
      ("V=absent.npy", 66, "absent.npy"), ("q=one.npy", 64, "mpr has no state q"), ("V=one.txt", 64, "V=one.txt"),
    ] {
      let outcome = try Command.run(Command.words("\(Self.line) --sigma \(argument)"), in: folder)
      #expect(outcome.status == Int32(status) && outcome.errors.contains(reason), "\(outcome.errors)")
    }
    let outcome = try Command.run(Command.words("\(Self.line) --sigma V=one.npy --output one.npy"), in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains("as --sigma one.npy"), "\(outcome.errors)")
  }

  @Test("columns and rows stand for vectors")
  func vectors() throws {
    let folder = try Folder()
    let (eta, sigma) = ([-4.6, -4.7, -4.8, -5], [0.01, 0.02, 0.03, 0.04])
    for (name, shape) in [("vector", [4]), ("column", [4, 1]), ("row", [1, 4])] {
      try folder.write(eta, shape, to: "eta-\(name).npy")
      try folder.write(sigma, shape, to: "sigma-\(name).npy")
      try Command.succeed(
        "\(Self.line) --set eta=eta-\(name).npy --sigma r=sigma-\(name).npy --output \(name).npy", in: folder)
      #expect(try folder.bytes("\(name).npy") == folder.bytes("vector.npy"))
    }
    try folder.write(eta, [2, 2], to: "square.npy")
    let outcome = try Command.run(Command.words("\(Self.line) --set eta=square.npy"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("(2, 2), expected (4,)"), "\(outcome.errors)")
  }

  @Test("an infinite speed delays nothing, and there is no gradient by it")
  func infiniteSpeed() throws {
    let folder = try Folder()
    for delays in ["--speed inf", "--no-delays"] {
      for command in ["plan", "map --steps 20", "check --entries 4"] {
        let output = try Command.succeed("\(command) --synthetic 5 \(delays)", in: folder)
        #expect(output.contains("0 … 0 steps") || output.contains("delays 0"), "\(output)")
      }
      for fractional in ["", " --fractional-delays"] {
        let line = "simulate --model mpr --synthetic 5 --steps 20 \(delays)\(fractional) --gradients g.npz"
        #expect(try Command.succeed(line, in: folder).contains("delays 0 … 0 steps"))
        #expect(try !NPZArchive(path: folder.path("g.npz")).names.contains("speed"))
        let outcome = try Command.run(Command.words("\(line) --with-respect-to speed"), in: folder)
        #expect(
          outcome.status == 64 && outcome.errors.contains("no derivative by an infinite speed"), "\(outcome.errors)")
      }
    }
    let outcome = try Command.run(
      Command.words("simulate --model mpr --synthetic 5 --steps 20 --gradients g.npz --with-respect-to speed"),
      in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains("add --fractional-delays"), "\(outcome.errors)")
  }
}
