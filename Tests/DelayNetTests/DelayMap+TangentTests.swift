import DelayNet
import TestSupport
import Testing

@Suite struct DelayMapTangentTests {
  @Test(arguments: NetworkCase<Double>.all) func equalsReference(example: NetworkCase<Double>) throws {
    let (map, buffer, keys) = (example.map, example.buffer, try RandomKey(seed: 21).split())
    let change = try keys[0].normal(buffer.shape, as: Double.self)
    let weights = try keys[1].normal(map.network.edges, as: Double.self)
    let (value, tangent) = try map.jvp(
      at: buffer, along: .init(buffer: change, weights: weights, scale: 0.7, noiseGain: -1.3))
    let reference = ReferenceMap(map).jvp(
      buffer.doubles, steps: example.steps,
      along: .init(buffer: change.doubles, weights: weights, scale: 0.7, noiseGain: -1.3))
    #expect(try value == map.run(buffer))
    #expect(relativeError(tangent.values, reference) < 1e-12)
  }

  @Test func eachInputAlone() throws {
    let example = NetworkCase<Double>(nodes: 17, steps: 129, kind: .uniform)
    let (map, buffer, keys) = (example.map, example.buffer, try RandomKey(seed: 21).split())
    let change = try keys[0].normal(buffer.shape, as: Double.self)
    let weights = try keys[1].normal(map.network.edges, as: Double.self)
    let parts = try [
      map.jvp(at: buffer, along: change).tangent,
      map.jvp(at: buffer, along: .init(weights: weights)).tangent,
      map.jvp(at: buffer, along: .init(scale: 0.7)).tangent,
      map.jvp(at: buffer, along: .init(noiseGain: -1.3)).tangent,
    ]
    let together = try map.jvp(
      at: buffer, along: .init(buffer: change, weights: weights, scale: 0.7, noiseGain: -1.3)
    ).tangent
    let sum = parts.reduce(try Buffer(buffer.shape), +)
    #expect(relativeError(sum.values, together.values) < 1e-12)
    #expect(parts.allSatisfy { $0.dot($0) > 0 })
  }

  /// ⟨u, J v⟩ = ⟨Jᵀu, v⟩ on random networks, with every input at once and each alone.
  @Test(arguments: 0..<100) func dotProduct(seed: Int) throws {
    let kind = DelayKind.allCases[seed % DelayKind.allCases.count]
    let example = NetworkCase<Double>(nodes: 1 + seed % 23, steps: 1 + seed, kind: kind)
    let (map, buffer, keys) = (example.map, example.buffer, try RandomKey(seed: UInt64(seed)).split(4))
    let u = try keys[0].normal(buffer.shape, as: Double.self)
    let v = try keys[1].normal(buffer.shape, as: Double.self)
    let w = try keys[2].normal(map.network.edges, as: Double.self)
    let s = try keys[3].normal(2, as: Double.self)
    let gradient = try map.runWithPullback(buffer, withRespectTo: .all).pullback(u)
    let weightPart = zip(gradient.weights, w).reduce(0.0) { $0 + $1.0 * $1.1 }

    let cases: [(DelayMap<Double>.Tangent, Double)] = [
      (.init(buffer: v), gradient.buffer.dot(v)),
      (.init(weights: w), weightPart),
      (.init(scale: s[0]), gradient.scale * s[0]),
      (.init(noiseGain: s[1]), gradient.noiseGain * s[1]),
      (
        .init(buffer: v, weights: w, scale: s[0], noiseGain: s[1]),
        gradient.buffer.dot(v) + weightPart + gradient.scale * s[0] + gradient.noiseGain * s[1]
      ),
    ]
    for (direction, reverse) in cases {
      let tangent = try map.jvp(at: buffer, along: direction).tangent
      let size = (u.dot(u) * tangent.dot(tangent)).squareRoot()
      #expect(abs(u.dot(tangent) - reverse) <= 1e-12 * size)
    }
  }
}
