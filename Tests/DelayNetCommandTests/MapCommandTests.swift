import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet map")
struct MapCommandTests {
  static let denseOptions = "--weights W.npy --delays D.npy --buffer B.npy"

  @Test("output and gradients are the library's, in float32")
  func single() throws { try compare(Float.self) }

  @Test("output and gradients are the library's, in float64")
  func double() throws { try compare(Double.self) }

  private func compare<Scalar: DelayNetScalar & NPYElement>(_ type: Scalar.Type) throws {
    let dense = try DenseCase<Scalar>()
    let map = try DelayMap(dense.network, scale: .number(0.125), noiseGain: 0.5)
    try Command.succeed(
      "map \(Self.denseOptions) --scale 0.125 --noise-gain 0.5 --output O.npy --cotangent C.npy "
        + "--gradients g.npz", in: dense.folder)

    let output = try map.run(dense.buffer)
    #expect(try dense.folder.array("O.npy", as: type, shape: dense.shape) == output.values)
    let gradient = try map.pullback(
      at: dense.buffer, output: output, cotangent: dense.cotangent, withRespectTo: .all)
    let archive = try NPZArchive(path: dense.folder.path("g.npz"))
    #expect(archive.names == ["buffer", "weights", "scale", "noise_gain"])
    #expect(try archive["buffer"].values(as: type, shape: dense.shape) == gradient.buffer.values)
    #expect(try archive["scale"].values(as: type, shape: []) == [gradient.scale])
    #expect(try archive["noise_gain"].values(as: type, shape: []) == [gradient.noiseGain])
    let n = DenseCase<Scalar>.nodes
    let weights = try archive["weights"].values(as: type, shape: [n, n])
    #expect(weights == gradient.weights)
    // Edges of weight 0 have a gradient, too.
    let zeros = dense.network.weights.indices.filter { dense.network.weights[$0] == 0 }
    #expect(!zeros.isEmpty && zeros.allSatisfy { weights[$0] != 0 })
  }

  @Test("threads and instruction sets give the same bytes")
  func sameBytes() throws {
    let dense = try DenseCase<Float>()
    let options = "map \(Self.denseOptions) --noise-gain 1 --cotangent C.npy"
    let outputs = "--output O.npy --gradients g.npz"
    let names = ["O.npy", "g.npz"]
    try Command.succeed("\(options) \(outputs)", in: dense.folder)
    let expected = try names.map { try dense.folder.bytes($0) }
    let sets = InstructionSet.available.map { "--isa \($0)" } + ["--isa auto"]
    for variant in sets + ["--threads 1", "--threads 2", "--threads 5"] {
      try Command.succeed("\(options) \(outputs) \(variant)", in: dense.folder)
      for (name, bytes) in zip(names, expected) {
        #expect(try dense.folder.bytes(name) == bytes, "\(name) with \(variant)")
      }
    }
  }

  @Test("a run in two parts has the bytes of one")
  func twoParts() throws {
    let dense = try DenseCase<Double>()
    let (history, first) = (dense.buffer.history, 61)
    try Command.succeed("map \(Self.denseOptions) --noise-gain 1 --output O.npy", in: dense.folder)
    let whole = try dense.folder.array("O.npy", as: Double.self, shape: dense.shape)

    func part(_ buffer: Buffer<Double>, _ name: String) throws -> Buffer<Double> {
      let shape = [buffer.nodes, buffer.columns]
      try dense.folder.write(buffer.values, shape, to: "in.npy")
      try Command.succeed(
        "map --weights W.npy --delays D.npy --buffer in.npy --noise-gain 1 --output \(name)", in: dense.folder)
      let values = try dense.folder.array(name, as: Double.self, shape: shape)
      return try Buffer(nodes: buffer.nodes, history: buffer.history, steps: buffer.steps, values: values)
    }
    let before = try part(dense.buffer.columns(0..<(history + first), history: history), "first.npy")
    var rest = dense.buffer.columns(first..<dense.buffer.columns, history: history)
    for node in 0..<rest.nodes {
      for column in 0..<history { rest[node, column] = before[node, first + column] }
    }
    let after = try part(rest, "second.npy")
    for node in 0..<rest.nodes {
      #expect(after.row(node) == Array(whole[(node * dense.shape[1] + first)..<((node + 1) * dense.shape[1])]))
    }
  }

  @Test("whole delays are read from any number type", arguments: ["int64", "float32", "float64"])
  func delayTypes(type: String) throws {
    let dense = try DenseCase<Float>()
    try Command.succeed("map \(Self.denseOptions) --output O.npy", in: dense.folder)
    let expected = try dense.folder.bytes("O.npy")
    let (delays, shape) = (dense.network.delays, [DenseCase<Float>.nodes, DenseCase<Float>.nodes])
    switch type {
    case "int64": try dense.folder.write(delays.map { Int64($0) }, shape, to: "D.npy")
    case "float32": try dense.folder.write(delays.map { Float($0) }, shape, to: "D.npy")
    default: try dense.folder.write(delays.map { Double($0) }, shape, to: "D.npy")
    }
    try Command.succeed("map \(Self.denseOptions) --output O.npy", in: dense.folder)
    #expect(try dense.folder.bytes("O.npy") == expected)
  }

  @Test("the buffer's type decides the precision, whatever the weights' is")
  func mixedTypes() throws {
    let dense = try DenseCase<Float>()
    let n = DenseCase<Float>.nodes
    try dense.folder.write(dense.network.weights.map { Double($0) }, [n, n], to: "W.npy")
    try Command.succeed("map \(Self.denseOptions) --output O.npy", in: dense.folder)
    let expected = try DelayMap(dense.network).run(dense.buffer)
    #expect(try dense.folder.array("O.npy", as: Float.self, shape: dense.shape) == expected.values)
  }

  @Test("scale: mean, sum, a negative number")
  func scales() throws {
    let dense = try DenseCase<Double>()
    for (text, scale) in [("mean", DelayMap<Double>.Scale.mean), ("sum", .sum), ("-0.25", .number(-0.25))] {
      try Command.succeed("map \(Self.denseOptions) --scale \(text) --output O.npy", in: dense.folder)
      let expected = try DelayMap(dense.network, scale: scale).run(dense.buffer)
      #expect(try dense.folder.array("O.npy", as: Double.self, shape: dense.shape) == expected.values, "\(text)")
    }
  }

  @Test("the stable scale is 0.98 over the spectral radius of |w|")
  func stableScale() throws {
    let folder = try Folder()
    // |w| has the eigenvalues ±4; its row sums are 2 and 8.
    try folder.write([0, -2, 8, 0] as [Double], [2, 2], to: "W.npy")
    try folder.write([0, 1, 2, 0] as [Int32], [2, 2], to: "D.npy")
    let output = try Command.succeed("map --weights W.npy --delays D.npy --steps 10 --scale stable", in: folder)
    #expect(output.contains("scale 0.245,"), "\(output)")
  }

  @Test("a longer history is kept in front")
  func longerHistory() throws {
    let dense = try DenseCase<Float>()
    try Command.succeed("map \(Self.denseOptions) --horizon 60 --output O.npy", in: dense.folder)
    let network = try Network(
      weights: Matrix(rows: 7, columns: 7, values: dense.network.weights),
      delays: Matrix(rows: 7, columns: 7, values: dense.network.delays), history: 60)
    let buffer = try Buffer(
      nodes: 7, history: 60, steps: dense.buffer.columns - 60, values: dense.buffer.values)
    let expected = try DelayMap(network).run(buffer)
    #expect(try dense.folder.array("O.npy", as: Float.self, shape: dense.shape) == expected.values)
  }

  @Test("a drawn buffer is the seed's")
  func drawn() throws {
    let dense = try DenseCase<Double>()
    try Command.succeed(
      "map --weights W.npy --delays D.npy --steps 33 --seed 9 --precision float64 --output O.npy", in: dense.folder)
    let shape = try BufferShape(nodes: 7, history: dense.network.history, steps: 33)
    let expected = try DelayMap(dense.network).run(RandomKey(seed: 9).normal(shape, as: Double.self))
    #expect(
      try dense.folder.array("O.npy", as: Double.self, shape: [7, shape.columns]) == expected.values)
  }

  @Test("a run of no steps returns the buffer")
  func noSteps() throws {
    let dense = try DenseCase<Float>()
    let history = dense.buffer.columns(0..<dense.network.history, history: dense.network.history)
    let shape = [7, dense.network.history]
    try dense.folder.write(history.values, shape, to: "B.npy")
    try Command.succeed("map \(Self.denseOptions) --output O.npy --plot p.svg", in: dense.folder)
    #expect(try dense.folder.array("O.npy", as: Float.self, shape: shape) == history.values)
  }

  @Test("a connectome's folder becomes the library's network, its weights' gradient one number an edge")
  func connectome() throws {
    let folder = try Folder()
    try folder.write("0 2 0\n1 0.5 0\n0 3 0\n", to: "net/weights.txt")
    try folder.write("0 10 20\n30 0 0\n0 45 0\n", to: "net/tract_lengths.txt")
    try folder.write("left 0 0 0\nmiddle 1 0 0\nright&more 2 0 0\n", to: "net/centres.txt")
    let options = "--connectome net --speed 5 --time-step 0.25 --seed 3 --scale sum --noise-gain 0.1"
    try Command.succeed("map \(options) --steps 90 --output O.npy --plot p.svg", in: folder)

    let network = try Network<Float>(
      weights: Matrix(rows: 3, columns: 3, values: [0, 2, 0, 1, 0.5, 0, 0, 3, 0]),
      lengths: Matrix(rows: 3, columns: 3, values: [0, 10, 20, 30, 0, 0, 0, 45, 0]), conductionSpeed: 5, timeStep: 0.25)
    let map = try DelayMap(network, scale: .sum, noiseGain: 0.1)
    let input: Buffer<Float> = try RandomKey(seed: 3).normal(
      BufferShape(nodes: 3, history: network.history, steps: 90))
    let output = try map.run(input)
    let shape = [3, input.columns]
    #expect(try folder.array("O.npy", as: Float.self, shape: shape) == output.values)

    let picture = try folder.text("p.svg")
    for text in ["3 nodes", "4 edges", "90 steps of 0.25 ms", "5 mm/ms", ">middle<", ">right&amp;more<", "time (ms)"] {
      #expect(picture.contains(text), "\(text)")
    }

    try folder.write(output.values, shape, to: "C.npy")
    try Command.succeed(
      "map \(options) --steps 90 --cotangent C.npy --gradients g.npz --with-respect-to weights", in: folder)
    let gradient = try map.pullback(at: input, output: output, cotangent: output, withRespectTo: .weights)
    let archive = try NPZArchive(path: folder.path("g.npz"))
    #expect(archive.names == ["weights", "sources", "targets", "labels"])
    #expect(try archive["weights"].values(as: Float.self, shape: [4]) == gradient.weights)
  }

  @Test("without a cotangent the gradients are those of the series' mean")
  func mean() throws {
    let dense = try DenseCase<Double>()
    let line = "map \(Self.denseOptions) --noise-gain 0.5"
    let (nodes, history, steps) = (dense.buffer.nodes, dense.buffer.history, dense.buffer.steps)
    var cotangent = [Double](repeating: 0, count: nodes * (history + steps))
    for node in 0..<nodes {
      for step in 0..<steps { cotangent[node * (history + steps) + history + step] = 1 / Double(nodes * steps) }
    }
    try dense.folder.write(cotangent, dense.shape, to: "M.npy")
    try Command.succeed("\(line) --cotangent M.npy --gradients given.npz", in: dense.folder)
    try Command.succeed("\(line) --gradients mean.npz", in: dense.folder)
    #expect(try dense.folder.bytes("mean.npz") == dense.folder.bytes("given.npz"))
    for names in ["noise_gain", "scale,buffer"] {
      try Command.succeed("\(line) --gradients some.npz --with-respect-to \(names)", in: dense.folder)
      let some = try NPZArchive(path: dense.folder.path("some.npz"))
      let all = try NPZArchive(path: dense.folder.path("mean.npz"))
      #expect(Set(some.names) == Set(names.split(separator: ",").map(String.init)))
      for name in some.names {
        #expect(try some[name].values(as: Double.self) == all[name].values(as: Double.self), "\(name)")
      }
    }
    let outcome = try Command.run(
      Command.words("\(line) --gradients no.npz --with-respect-to weights,eta"), in: dense.folder)
    #expect(outcome.status == 64 && outcome.errors.contains("`eta`") && !dense.folder.exists("no.npz"))
  }

  @Test("a synthetic network is the library's")
  func synthetic() throws {
    let folder = try Folder()
    try Command.succeed("map --synthetic 12 --seed 4 --time-step 0.5 --steps 40 --output O.npy", in: folder)
    let network: Network<Float> = try SyntheticConnectome(regions: 12, key: RandomKey(seed: 4)).network(timeStep: 0.5)
    let shape = try BufferShape(nodes: 12, history: network.history, steps: 40)
    let expected = try DelayMap(network).run(RandomKey(seed: 4).normal(shape, as: Float.self))
    #expect(try folder.array("O.npy", as: Float.self, shape: [12, shape.columns]) == expected.values)
  }

  @Test(
    "The Virtual Brain's 76 regions run without running away",
    .enabled(if: RealData.isThere("connectivity_76.zip"), "connectivity_76.zip is not there"))
  func realConnectome() throws {
    let folder = try Folder()
    let path = RealData.path("connectivity_76.zip")
    try Command.succeed(
      "map --connectome \(path) --steps 2000 --scale stable --noise-gain 1 --output O.npy --plot p.svg", in: folder)
    let array = try NPYArray(path: folder.path("O.npy"))
    #expect(array.shape[0] == 76)
    #expect(try array.values(as: Float.self).allSatisfy { abs($0) < 20 })
    #expect(try folder.text("p.svg").contains(">rA1<"))
  }
}
