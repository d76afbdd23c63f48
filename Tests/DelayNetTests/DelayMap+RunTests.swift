import DelayNet
import Testing
import TestSupport

@Suite struct DelayMapRunTests {
  @Test(arguments: NetworkCase<Double>.all) func equalsReference(example: NetworkCase<Double>) throws {
    let output = try example.map.run(example.buffer)
    let reference = ReferenceMap(example.map).run(example.buffer.doubles, steps: example.steps)
    #expect(output.shape == example.buffer.shape)
    #expect(relativeError(output.values, reference) < 1e-13)
  }

  @Test(arguments: NetworkCase<Float>.all) func equalsReferenceInFloat(example: NetworkCase<Float>) throws {
    let output = try example.map.run(example.buffer)
    let reference = ReferenceMap(example.map).run(example.buffer.doubles, steps: example.steps)
    #expect(relativeError(output.values, reference) < 2e-6)
  }

  @Test func architectureExample() throws {
    let keys = RandomKey(seed: 0).split(10)
    let network = try Network(
      weights: keys[0].normal(84, 84).map { abs($0) + 0.5 },
      delays: keys[1].integers(in: 0..<255, 84, 84))
    let map = try DelayMap(network, scale: .mean)
    var buffer = Buffer(nodes: 84, history: 255, steps: 100) { keys[2].normal($0) }
    let target = try map.run(buffer)  // (84, 355)
    let (loss, gradient) = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }

    #expect(network.history == 255 && target.columns == 355)
    #expect(loss == 0 && gradient.buffer == Buffer(buffer.shape))
    buffer[0, 0] += 1
    let moved = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }
    #expect(moved.value > 0.99 && moved.gradient.buffer[0, 0] > 2 * 0.99)
  }
}
