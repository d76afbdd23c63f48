import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet's numbers")
struct NumbersTests {
  static let simulate = "simulate --model mpr --weights W.npy --delays D.npy --time-step 0.01 --steps 20"
  static let map = "map --weights W.npy --delays D.npy"

  /// Three nodes, and arrays of one number that is not finite.
  private func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write([Float](repeating: 0.1, count: 9), [3, 3], to: "W.npy")
    try folder.write([Int32](repeating: 2, count: 9), [3, 3], to: "D.npy")
    func write(_ shape: [Int], _ place: Int, _ value: Float, to name: String) throws {
      var values = [Float](repeating: 0.1, count: shape.reduce(1, *))
      values[place] = value
      try folder.write(values, shape, to: name)
    }
    try write([2, 3], 4, .nan, to: "X0.npy")
    try write([20, 2, 3], 7 * 6 + 3 + 2, .infinity, to: "Z.npy")
    try write([2, 3, 20], (3 + 1) * 20 + 13, -.infinity, to: "U.npy")
    try write([2, 3, 3], 2 * 3 + 1, .nan, to: "Y.npy")
    try write([3], 2, .nan, to: "J.npy")
    try write([2, 3, 20], 45, .nan, to: "C.npy")
    try write([3, 13], 13 + 5, .nan, to: "B.npy")
    try folder.write([0.1, 0.1, 1e300, 0.1, 0.1, 0.1], [2, 3], to: "big.npy")
    try folder.write([0, 1, 3, 0, 0, 2, 0, 0, Float(0)], [3, 3], to: "forward.npy")
    return folder
  }

  @Test(
    "a number that is not finite is its file's mistake, at its place there, and nothing is written",
    arguments: [
      ("\(simulate) --initial X0.npy --output x.npy", "X0.npy[1, 1]: found nan, expected a finite number"),
      ("\(simulate) --sigma 0.1 --noise Z.npy --output x.npy", "Z.npy[7, 1, 2]: found inf, expected a finite number"),
      ("\(simulate) --stimulus U.npy --output x.npy", "U.npy[1, 1, 13]: found -inf, expected a finite number"),
      ("\(simulate) --history Y.npy --output x.npy", "Y.npy[0, 2, 1]: found nan, expected a finite number"),
      ("\(simulate) --set J=J.npy --output x.npy", "J.npy[2]: found nan, expected a finite number"),
      ("\(simulate) --cotangent C.npy --gradients g.npz --output x.npy", "C.npy[0, 2, 5]: found nan, expected"),
      ("\(simulate) --precision float --initial big.npy --output x.npy", "big.npy[0, 2]: found 1e+300"),
      (
        "\(map) --buffer B.npy --noise-gain 1 --output x.npy",
        "B.npy[1, 5]: found nan in the noise of node 1, at step 2, expected a finite number"
      ),
      ("\(simulate) --coupling 1e39 --output x.npy", "--coupling is 1e+39, which float32 does not hold"),
      ("\(simulate) --sigma V=1e39 --output x.npy", "--sigma V is 1e+39, which float32 does not hold"),
      ("\(simulate) --set eta=-1e39 --output x.npy", "--set eta is -1e+39, which float32 does not hold"),
      ("\(map) --steps 3 --scale 1e39 --output x.npy", "--scale is 1e+39, which float32 does not hold"),
      ("\(map) --steps 3 --noise-gain 1e39 --output x.npy", "--noise-gain is 1e+39, which float32 does not hold"),
    ])
  func notFinite(line: String, said: String) throws {
    let folder = try folder()
    let outcome = try Command.run(Command.words(line), in: folder)
    #expect(outcome.status == 65)
    #expect(outcome.errors.hasPrefix("delaynet: \(said)"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("time-step"))
    #expect(!folder.exists("x.npy"))
  }

  @Test("noise that is not finite does not matter where no noise is kept")
  func unreadNoise() throws {
    let folder = try folder()
    try Command.succeed("\(Self.map) --buffer B.npy --output x.npy", in: folder)
    #expect(try folder.array("x.npy", as: Float.self, shape: [3, 13]).allSatisfy(\.isFinite))
  }

  @Test("a scale of 0.98 over a radius of 0 is named; large and small weights have a scale")
  func stableScale() throws {
    let folder = try folder()
    let outcome = try Command.run(
      Command.words("map --weights forward.npy --delays D.npy --steps 3 --scale stable --output x.npy"), in: folder)
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("the spectral radius of |w| is 0"), "\(outcome.errors)")
    #expect(!folder.exists("x.npy"))
    for factor in [1e300, 1, 1e-300] {
      try folder.write([0, 2, 2, 0].map { $0 * factor }, [2, 2], to: "V.npy")
      try folder.write([Int32](repeating: 1, count: 4), [2, 2], to: "E.npy")
      let text = try Command.succeed(
        "map --weights V.npy --delays E.npy --steps 3 --precision float64 --scale stable", in: folder)
      #expect(text.contains("scale \(String(format: "%.3g", 0.49 / factor)),"), "\(text)")
    }
  }

  @Test("a run that ends before its first column does is said to, unless a checkpoint keeps what it has of that")
  func noColumn() throws {
    let folder = try folder()
    for option in ["--average 21", "--subsample 21", "--average 9223372036854775807"] {
      for outputs in ["--output x.npy", "--plot x.svg", "--gradients g.npz", "--gradients g.npz --checkpoint c", ""] {
        let outcome = try Command.run(Command.words("\(Self.simulate) \(option) \(outputs)"), in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("\(option): a column ends after every "), "\(outcome.errors)")
        #expect(outcome.errors.contains("none does in a run of 20 steps"), "\(outcome.errors)")
        for name in ["x.npy", "x.svg", "g.npz", "c"] { #expect(!folder.exists(name)) }
      }
    }
    let line = "\(Self.simulate) --average 30"
    let text = try Command.succeed("\(line) --checkpoint c --output a.npy", in: folder)
    #expect(text.contains("columns   none"))
    try Command.succeed("\(line) --resume c --output b.npy", in: folder)
    try Command.succeed("\(line.replacing("--steps 20", with: "--steps 30")) --output whole.npy", in: folder)
    #expect(
      try folder.array("b.npy", as: Float.self, shape: [2, 3, 1])
        == folder.array("whole.npy", as: Float.self, shape: [2, 3, 1]))
    try Command.succeed("\(Self.simulate) --average 9223372036854775807 --checkpoint far", in: folder)
  }
}
