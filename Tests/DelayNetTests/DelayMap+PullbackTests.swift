import DelayNet
import TestSupport
import Testing

@Suite struct DelayMapPullbackTests {
  @Test(arguments: NetworkCase<Double>.all) func equalsReference(example: NetworkCase<Double>) throws {
    let (map, buffer) = (example.map, example.buffer)
    let cotangent = try RandomKey(seed: 9).normal(buffer.shape, as: Double.self)
    let (value, pullback) = try map.runWithPullback(buffer, withRespectTo: .all)
    let gradient = try pullback(cotangent)
    let reference = ReferenceMap(map).vjp(buffer.doubles, steps: example.steps, cotangent: cotangent.doubles)
    #expect(try value == map.run(buffer))
    #expect(relativeError(gradient.buffer.values, reference.buffer) < 1e-12)
    #expect(relativeError(gradient.weights, reference.weights) < 1e-12)
    // Sums of many terms of either sign: relative to the terms, not to what is left of them.
    let size = max(1, reference.weights.reduce(0) { $0 + abs($1) })
    #expect(abs(gradient.scale - reference.scale) < 1e-11 * size)
    #expect(abs(gradient.noiseGain - reference.noiseGain) < 1e-11 * size)
  }

  @Test(arguments: NetworkCase<Float>.all) func equalsReferenceInFloat(example: NetworkCase<Float>) throws {
    let (map, buffer) = (example.map, example.buffer)
    let cotangent = try RandomKey(seed: 9).normal(buffer.shape)
    let gradient = try map.runWithPullback(buffer, withRespectTo: [.buffer, .weights]).pullback(cotangent)
    let reference = ReferenceMap(map).vjp(buffer.doubles, steps: example.steps, cotangent: cotangent.doubles)
    #expect(relativeError(gradient.buffer.values, reference.buffer) < 3e-6)
    #expect(relativeError(gradient.weights, reference.weights) < 2e-5)
  }

  @Test func asksForOneInputAtATime() throws {
    let example = NetworkCase<Double>(nodes: 17, steps: 129, kind: .uniform)
    let (map, buffer) = (example.map, example.buffer)
    let cotangent = try RandomKey(seed: 9).normal(buffer.shape, as: Double.self)
    let all = try map.runWithPullback(buffer, withRespectTo: .all).pullback(cotangent)
    #expect(try map.runWithPullback(buffer).pullback(cotangent).buffer == all.buffer)
    #expect(try map.runWithPullback(buffer, withRespectTo: .weights).pullback(cotangent).weights == all.weights)
    #expect(try map.runWithPullback(buffer, withRespectTo: .scale).pullback(cotangent).scale == all.scale)
    #expect(try map.runWithPullback(buffer, withRespectTo: .noiseGain).pullback(cotangent).noiseGain == all.noiseGain)
    #expect(try map.runWithPullback(buffer, withRespectTo: .weights).pullback(cotangent).inputs == .weights)
  }

  @Test func zeroCotangentGivesExactlyZero() throws {
    let example = NetworkCase<Double>(nodes: 17, steps: 129, kind: .uniform)
    let gradient = try example.map.runWithPullback(example.buffer, withRespectTo: .all)
      .pullback(Buffer(example.buffer.shape))
    #expect(gradient.buffer.values.allSatisfy { $0 == 0 })
    #expect(gradient.weights.allSatisfy { $0 == 0 })
    #expect(gradient.scale == 0 && gradient.noiseGain == 0)
  }

  @Test func isLinearInTheCotangent() throws {
    let example = NetworkCase<Double>(nodes: 17, steps: 129, kind: .oneShort)
    let pullback = try example.map.runWithPullback(example.buffer).pullback
    let keys = try RandomKey(seed: 4).split()
    let (u, v) = (
      try keys[0].normal(example.buffer.shape, as: Double.self),
      try keys[1].normal(example.buffer.shape, as: Double.self)
    )
    let (sum, apart) = try (pullback(u + 3 * v).buffer, pullback(u).buffer + 3 * pullback(v).buffer)
    #expect(relativeError(sum.values, apart.values) < 1e-13)
  }

  @Test func noiseThatNothingReadsHasGradientZero() throws {
    let keys = try RandomKey(seed: 1).split()
    let network = try Network(
      weights: keys[0].normal(5, 5, as: Double.self), delays: keys[1].integers(in: 1..<9, 5, 5))
    let buffer = try keys[0].normal(BufferShape(nodes: 5, history: 9, steps: 20), as: Double.self)
    let gradient = try DelayMap(network).valueWithGradient(at: buffer) { $0.squared().sum() }.gradient.buffer
    for i in 0..<5 {
      for t in 0..<20 { #expect(gradient[node: i, step: t] == 0) }
      #expect(gradient[node: i, step: -1] != 0)
    }
  }

  @Test func longerHistoryPassesItsCotangentThrough() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 17, kind: .equal)
    let (map, short) = (example.map, example.buffer)
    let cotangent = try RandomKey(seed: 5).normal(
      BufferShape(nodes: 3, history: short.history + 4, steps: 17), as: Double.self)
    var long = try Buffer<Double>(cotangent.shape, repeating: 8)
    for i in 0..<3 { for c in 0..<short.columns { long[i, c + 4] = short[i, c] } }

    let (output, pullback) = try map.runWithPullback(long)
    #expect(try output.columns(4..<output.columns, history: short.history) == map.run(short))
    let gradient = try pullback(cotangent).buffer
    let expected = try map.runWithPullback(short).pullback(
      cotangent.columns(4..<cotangent.columns, history: short.history))
    #expect(gradient.columns(4..<gradient.columns, history: short.history) == expected.buffer)
    #expect(gradient.columns(0..<4) == cotangent.columns(0..<4))
  }

  @Test func takesOtherWeights() throws {
    let example = NetworkCase<Double>(nodes: 17, steps: 40, kind: .sparse)
    let weights = try RandomKey(seed: 3).uniform(example.map.network.edges, as: Double.self)
    let other = try DelayMap(example.map.network.with(weights: weights), noiseGain: 0.5)
    let cotangent = try RandomKey(seed: 9).normal(example.buffer.shape, as: Double.self)
    let (value, pullback) = try example.map.runWithPullback(
      example.buffer, withRespectTo: .all, weights: weights)
    let (otherValue, otherPullback) = try other.runWithPullback(example.buffer, withRespectTo: .all)
    #expect(value == otherValue)
    #expect(try pullback(cotangent).weights == otherPullback(cotangent).weights)
    #expect(try pullback(cotangent).buffer == otherPullback(cotangent).buffer)
  }
}
