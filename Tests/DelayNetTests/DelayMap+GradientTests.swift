import DelayNet
import TestSupport
import Testing

@Suite struct DelayMapGradientTests {
  let example = NetworkCase<Double>(nodes: 17, steps: 40, kind: .uniform)

  @Test func squaredErrorEqualsTheCotangentByHand() throws {
    let (map, buffer) = (example.map, example.buffer)
    let target = try RandomKey(seed: 8).normal(buffer.shape, as: Double.self)
    let (loss, gradient) = try map.valueWithGradient(at: buffer, withRespectTo: .all) { b in
      (b - target).squared().sum()
    }
    let (output, pullback) = try map.runWithPullback(buffer, withRespectTo: .all)
    let difference = output - target
    let byHand = try pullback(2 * difference)
    #expect(abs(loss - difference.squared().sum()) < 1e-12 * loss)
    #expect(gradient.buffer == byHand.buffer && gradient.weights == byHand.weights)
    #expect(gradient.scale == byHand.scale && gradient.noiseGain == byHand.noiseGain)
  }

  @Test func floatAgreesWithDouble() throws {
    let double = NetworkCase<Double>(nodes: 17, steps: 129, kind: .roomy)
    let network = double.map.network
    let single = try DelayMap(
      Network(
        weights: Matrix(rows: 17, columns: 17, values: network.weights.map { Float($0) }),
        delays: Matrix(rows: 17, columns: 17, values: network.delays), history: network.history),
      plan: double.map.plan, noiseGain: 0.5)
    let buffer = try Buffer<Float>(
      nodes: 17, history: network.history, steps: 129, values: double.buffer.values.map { Float($0) })
    let (value, gradient) = try double.map.valueWithGradient(at: double.buffer, withRespectTo: .all) {
      ($0.squared() * 0.5).sum()
    }
    let (valueInFloat, inFloat) = try single.valueWithGradient(at: buffer, withRespectTo: .all) {
      ($0.squared() * 0.5).sum()
    }
    #expect(abs(Double(valueInFloat) - value) < 1e-6 * value)
    #expect(relativeError(inFloat.buffer.values, gradient.buffer.values) < 1e-5)
    #expect(relativeError(inFloat.weights, gradient.weights) < 1e-5)
  }

  @Test func mistakesInTheLossAreThrown() throws {
    let wrong = try Buffer<Double>(nodes: 17, history: 3, steps: 40)
    #expect(
      throws: DelayNetError.shapeMismatch(
        name: "buffer in the loss", expected: [17, example.buffer.history, 40], found: [17, 3, 40])
    ) {
      try example.map.valueWithGradient(at: example.buffer) { b in (b - wrong).squared().sum() }
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "steps", value: 41)) {
      try example.map.valueWithGradient(at: example.buffer) { b in b.sum(steps: 0..<41) }
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "nodes", value: 18)) {
      try example.map.value(at: example.buffer) { b in b.sum(nodes: 2..<18, steps: nil) }
    }
  }

  @Test func valueAloneIsTheSame() throws {
    let (value, _) = try example.map.valueWithGradient(at: example.buffer) { $0.squared().mean() }
    #expect(try example.map.value(at: example.buffer) { $0.squared().mean() } == value)
  }

  @Test func constantLossHasGradientZero() throws {
    let (value, gradient) = try example.map.valueWithGradient(at: example.buffer) { _ in TracedScalar(3) }
    #expect(try value == 3 && gradient.buffer == Buffer(example.buffer.shape))
  }

  @Test func notFiniteCotangentNamesThePlace() throws {
    #expect(throws: DelayNetError.notFiniteCotangent(run: 0, node: 4, step: 39)) {
      try example.map.valueWithGradient(at: example.buffer) { b in
        b.sum(nodes: 4..<5, steps: 39..<40).map({ $0 }, derivative: { _ in .infinity })
      }
    }
  }
}
