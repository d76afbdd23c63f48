import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet --normalize")
struct NormalizeTests {
  /// A dense network of weights from 0 on in W.npy and D.npy.
  private static func positive(in folder: Folder) throws -> Network<Double> {
    let keys = try RandomKey(seed: 21).split(2)
    let weights = try keys[0].uniform(6, 6, in: 0.1..<3, as: Double.self)
    let network = try Network(weights: weights, delays: keys[1].integers(in: 0..<20, 6, 6))
    try folder.write(weights.values, [6, 6], to: "W.npy")
    try folder.write(network.delays, [6, 6], to: "D.npy")
    return network
  }

  @Test("gradients of simulate are those by the weights as given", arguments: Normalization.allCases)
  func simulate(by normalization: Normalization) throws {
    let folder = try Folder()
    let given = try Self.positive(in: folder)
    let output = try Command.succeed(
      "simulate --model mpr --weights W.npy --delays D.npy --steps 60 --coupling 0.3 --precision double --normalize "
        + "\(normalization) --output O.npy --gradients g.npz --with-respect-to weights", in: folder)
    #expect(output.contains("weights divided by") == (normalization != .none))
    let (network, pullback) = try given.normalizedWithPullback(by: normalization)
    var problem = try Problem(network, model: .montbrioPazoRoxin, timeStep: 0.1)
    problem.coupling = 0.3
    problem.initial = try Problem<Double>.initial(
      of: .montbrioPazoRoxin, nodes: 6, key: RandomKey(seed: 0).folding(in: 1))
    let tape = try problem.record(steps: 60)
    #expect(try folder.array("O.npy", as: Double.self, shape: [2, 6, 60]) == tape.trajectory.series.values)
    var column = try StateArray<Double>(variables: 2, nodes: 6)
    for node in 0..<6 { column[0, node, 0] = 1 / 360.0 }
    let expected = try pullback(tape.pullback(everyColumn: column, withRespectTo: .weights).weights)
    let found = try NPZArchive(path: folder.path("g.npz"))["weights"].values(as: Double.self, shape: [6, 6])
    #expect(found == expected)
  }

  @Test("gradients of map are those by the weights as given", arguments: Normalization.allCases)
  func map(by normalization: Normalization) throws {
    let folder = try Folder()
    let given = try Self.positive(in: folder)
    let shape = try BufferShape(nodes: 6, history: given.history, steps: 50)
    let keys = try RandomKey(seed: 22).split(2)
    let (buffer, cotangent) = (
      try keys[0].normal(shape, as: Double.self), try keys[1].normal(shape, as: Double.self)
    )
    try folder.write(buffer.values, [6, shape.columns], to: "B.npy")
    try folder.write(cotangent.values, [6, shape.columns], to: "C.npy")
    try Command.succeed(
      "map --weights W.npy --delays D.npy --buffer B.npy --normalize \(normalization) --output O.npy --cotangent C.npy "
        + "--gradients g.npz --with-respect-to weights", in: folder)
    let (network, pullback) = try given.normalizedWithPullback(by: normalization)
    let (output, back) = try DelayMap(network).runWithPullback(buffer, withRespectTo: .weights)
    #expect(try folder.array("O.npy", as: Double.self, shape: [6, shape.columns]) == output.values)
    let archive = try NPZArchive(path: folder.path("g.npz"))
    #expect(try archive["weights"].values(as: Double.self, shape: [6, 6]) == pullback(back(cotangent).weights))
  }

  @Test(
    "check compares the gradient by the weights as given, and plan takes the option",
    arguments: ["max", "row", "radius"])
  func reports(by normalization: String) throws {
    let folder = try Folder()
    _ = try Self.positive(in: folder)
    let line = "check --weights W.npy --delays D.npy --normalize \(normalization) --entries 10"
    let output = try Command.succeed(line, in: folder)
    #expect(output.contains("weights as given") && !output.contains("FAILED"), "\(output)")
    try Command.succeed("plan --synthetic 8 --normalize \(normalization)", in: folder)
  }

  @Test("weights that cannot be divided are named with their place")
  func mistakes() throws {
    let folder = try Folder()
    try folder.write([0.0, 2, 0, 0], [2, 2], to: "triangle.npy")
    try folder.write([1.0, 2, -3, 4], [2, 2], to: "negative.npy")
    try folder.write([1.0, 2, .nan, 4], [2, 2], to: "nan.npy")
    try folder.write([0, 1, 1, 0] as [Int32], [2, 2], to: "D.npy")
    for (weights, normalization, place) in [
      ("triangle.npy", "radius", "it is 0, for no path"), ("negative.npy", "row", "row 1, column 0"),
      ("negative.npy", "radius", "row 1, column 0"), ("nan.npy", "max", "row 1, column 0"),
    ] {
      for command in ["simulate --model mpr --steps 10", "map --steps 10", "check", "plan"] {
        let line = "\(command) --weights \(weights) --delays D.npy --normalize \(normalization)"
        let outcome = try Command.run(Command.words(line), in: folder)
        #expect(outcome.status == 65 && outcome.errors.contains(place), "\(line): \(outcome.errors)")
        #expect(outcome.errors.contains("--normalize \(normalization)"), "\(line): \(outcome.errors)")
      }
    }
  }

  @Test(
    "the help's examples on The Virtual Brain's 76 regions run as they are written",
    .enabled(if: RealData.isThere("connectivity_76.zip"), "connectivity_76.zip is not there"))
  func helpExamples() throws {
    let folder = try Folder()
    try RealData.link("connectivity_76.zip", into: folder)
    var found = 0
    for words in [[], ["map"], ["simulate"], ["check"], ["plan"]] {
      // The examples, whose lines are wrapped where the terminal ends.
      let help = try Command.run(words + ["--help"], in: folder).output
      var lines: [String] = []
      for line in help.components(separatedBy: "EXAMPLES\n")[1].components(separatedBy: "\n\n")[0].split(
        separator: "\n")
      {
        let line = line.replacingOccurrences(of: "\\", with: "").trimmingCharacters(in: .whitespaces)
        if line.hasPrefix("delaynet ") { lines.append(line) } else { lines[lines.count - 1] += " " + line }
      }
      lines = lines.filter { $0.contains("connectivity_76.zip") }
      for line in lines { try Command.succeed(String(line.dropFirst("delaynet ".count)), in: folder) }
      found += lines.count
    }
    #expect(found >= 5)
  }
}
