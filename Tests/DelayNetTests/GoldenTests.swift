import DelayNet
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// Against arrays that JAX computed; Golden/README.md says how.
@Suite struct GoldenTests {
  static func path(_ name: String) throws -> String {
    let bundle = try #require(Bundle.module.resourcePath)
    return "\(bundle)/Golden/\(name)"
  }

  static func array<Element: NPYElement>(_ name: String, as type: Element.Type) throws -> [Element] {
    try NPYArray(path: path("\(name).npy")).values(as: type)
  }

  // ---- The notebook's experiment -----------------------------------------------------------------------------------

  static let keys = try! RandomKey(seed: 0).split(10)

  @Test func seedNetworkIsDrawnFromTheKey() throws {
    let weights = try Self.keys[0].normal(84, 84).map { abs($0) + 0.5 }.values
    let golden = try Self.array("seed_weights", as: Float.self)
    #expect(zip(weights, golden).allSatisfy { abs($0 - $1) <= 4 * $1.ulp } && weights.count == golden.count)
    #expect(try Self.keys[1].integers(in: 0..<255, 84, 84).values == Self.array("seed_delays", as: Int32.self))
    for steps in [1, 10, 100] {
      let buffer = try Buffer(nodes: 84, history: 255, steps: steps) { try Self.keys[2].normal($0) }
      let golden = try Self.array("seed_T\(steps)_buffer", as: Float.self)
      #expect(
        zip(buffer.values, golden).allSatisfy { abs($0 - $1) <= 4 * $1.ulp } && golden.count == buffer.shape.count)
    }
  }

  private func seed<Scalar: DelayNetScalar & NPYElement>(
    steps: Int, _: Scalar.Type
  ) throws -> (map: DelayMap<Scalar>, buffer: Buffer<Scalar>) {
    let weights = try Self.array("seed_weights", as: Float.self).map { Scalar($0) }
    let delays = try Self.array("seed_delays", as: Int32.self)
    let network = try Network(
      weights: Matrix(rows: 84, columns: 84, values: weights), delays: Matrix(rows: 84, columns: 84, values: delays))
    let values = try Self.array("seed_T\(steps)_buffer", as: Float.self).map { Scalar($0) }
    return (try DelayMap(network), try Buffer(nodes: 84, history: 255, steps: steps, values: values))
  }

  private func compareSeed<Scalar: DelayNetScalar & NPYElement>(
    steps: Int, suffix: String, tolerance: Double, lossTolerance: Double, _ type: Scalar.Type
  ) throws {
    let (map, buffer) = try seed(steps: steps, type)
    let first = try map.run(buffer)
    let series = try Self.array("seed_T\(steps)_series_\(suffix)", as: Scalar.self)
    #expect(relativeError(first.columns(255..<first.columns).values, series) < tolerance)
    #expect(first.columns(0..<255) == buffer.columns(0..<255))

    // The notebook's gloss at b = b₁ + 1.
    let shifted = try first + Buffer(first.shape, repeating: 1)
    let (loss, gradient) = try map.valueWithGradient(at: shifted) { b in (first - b).squared().sum() }
    let goldenLoss = Double(try Self.array("seed_T\(steps)_loss_\(suffix)", as: Scalar.self)[0])
    #expect(abs(Double(loss) - goldenLoss) < lossTolerance * goldenLoss)
    let golden = try Self.array("seed_T\(steps)_gradient_\(suffix)", as: Scalar.self)
    #expect(relativeError(gradient.buffer.values, golden) < tolerance)
  }

  @Test(arguments: [1, 10, 100]) func seedExperiment(steps: Int) throws {
    try compareSeed(steps: steps, suffix: "f64", tolerance: 1e-13, lossTolerance: 1e-13, Double.self)
    try compareSeed(steps: steps, suffix: "f32", tolerance: 2e-6, lossTolerance: 1e-5, Float.self)
  }

  // ---- Odd cases -----------------------------------------------------------------------------------------------------

  static let cases = [
    "self", "self_thrice", "equal", "zero", "zero_no_history", "all_longest", "chain", "no_edges", "asymmetric",
    "one_short", "uniform", "classes", "duplicates", "isolated", "zero_weights", "long_history", "short", "one_step",
  ]

  @Test(arguments: cases) func oddCase(name: String) throws {
    let archive = try NPZArchive(path: Self.path("case_\(name).npz"))
    func numbers(_ name: String) throws -> [Double] { try archive[name].values(as: Double.self) }
    func integers(_ name: String) throws -> [Int32] { try archive[name].values(as: Int32.self) }
    let history = try archive["history"]
    let noise = try archive["noise"]
    let (nodes, columns, steps) = (history.shape[0], history.shape[1], noise.shape[1])
    func buffer(_ prefix: String) throws -> Buffer<Double> {
      let (h, z) = try (numbers("\(prefix)history"), numbers("\(prefix)noise"))
      var buffer = try Buffer<Double>(nodes: nodes, history: columns, steps: steps)
      for i in 0..<nodes {
        for t in 0..<columns { buffer[i, t] = h[i * columns + t] }
        for t in 0..<steps { buffer[node: i, step: t] = z[i * steps + t] }
      }
      return buffer
    }
    let network = try Network(
      nodes: nodes, sources: integers("sources"), targets: integers("targets"), weights: numbers("weights"),
      delays: integers("delays"), history: columns)
    let map = try DelayMap(network, scale: .number(numbers("scale")[0]), noiseGain: numbers("noise_gain")[0])
    let input = try buffer("")

    let (output, pullback) = try map.runWithPullback(input, withRespectTo: .all)
    let steppedColumns = columns..<(columns + steps)
    #expect(try relativeError(output.columns(steppedColumns).values, numbers("series")) < 1e-13)

    var cotangent = try Buffer<Double>(input.shape)
    let seed = try numbers("cotangent")
    for i in 0..<nodes { for t in 0..<steps { cotangent[node: i, step: t] = seed[i * steps + t] } }
    let gradient = try pullback(cotangent)
    #expect(try relativeError(gradient.buffer.values, buffer("vjp_").values) < 1e-12)
    #expect(try relativeError(gradient.weights, numbers("vjp_weights")) < 1e-12)
    #expect(try relativeError([gradient.scale], numbers("vjp_scale")) < 1e-11)
    #expect(try relativeError([gradient.noiseGain], numbers("vjp_noise_gain")) < 1e-11)

    let direction = try DelayMap<Double>.Tangent(
      buffer: buffer("tangent_"), weights: numbers("tangent_weights"), scale: numbers("tangent_scale")[0],
      noiseGain: numbers("tangent_noise_gain")[0])
    let tangent = try map.jvp(at: input, along: direction).tangent
    #expect(try relativeError(tangent.columns(steppedColumns).values, numbers("jvp")) < 1e-12)
  }
}
