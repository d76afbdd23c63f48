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
    let keys = try RandomKey(seed: 0).split(10)
    let network = try Network(
      weights: keys[0].normal(84, 84).map { abs($0) + 0.5 },
      delays: keys[1].integers(in: 0..<255, 84, 84))
    let map = try DelayMap(network, scale: .mean)
    var buffer = try Buffer(nodes: 84, history: 255, steps: 100) { try keys[2].normal($0) }
    let target = try map.run(buffer)  // (84, 355)
    let (loss, gradient) = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }

    #expect(network.history == 255 && target.columns == 355)
    #expect(try loss == 0 && gradient.buffer == Buffer(buffer.shape))
    buffer[0, 0] += 1
    let moved = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }
    #expect(moved.value > 0.99 && moved.gradient.buffer[0, 0] > 2 * 0.99)
  }

  @Test func inPlaceAndOnSpans() throws {
    let example = NetworkCase<Float>(nodes: 17, steps: 129, kind: .uniform)
    let expected = try example.map.run(example.buffer)
    let workspace = try Workspace(example.map.plan)
    for _ in 0..<2 {
      var buffer = example.buffer
      try example.map.run(into: &buffer, workspace: workspace)
      #expect(buffer.bits == expected.bits)
    }
    #expect(example.buffer != expected)
    var values = example.buffer.values
    var span = values.mutableSpan
    try example.map.run(into: &span, steps: 129, workspace: workspace)
    #expect(values == expected.values)
  }

  @Test func scales() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 17, kind: .roomy, noiseGain: 0)
    var map = example.map
    #expect(map.scaleFactor == 1 / 3.0)
    let mean = try map.run(example.buffer)
    map.scale = .number(1 / 3.0)
    #expect(try map.run(example.buffer) == mean)
    map.scale = .sum
    #expect(
      try relativeError(map.run(example.buffer, weights: map.network.weights.map { $0 / 3 }).values, mean.values)
        < 1e-14)
  }

  @Test func emptyRunsWriteNothing() throws {
    let map = try DelayMap(Network<Float>(nodes: 0, sources: [], targets: [], weights: [], delays: []))
    let empty = try Buffer<Float>(nodes: 0, history: 0, steps: 5)
    #expect(try map.run(empty) == empty)
    #expect(try map.valueWithGradient(at: empty, withRespectTo: .all) { $0.sum() }.value == 0)
    let example = NetworkCase<Float>(nodes: 17, steps: 0, kind: .uniform)
    #expect(try example.map.run(example.buffer) == example.buffer)
  }

  @Test func manyTasksShareOneMap() async throws {
    let example = NetworkCase<Float>(nodes: 17, steps: 129, kind: .uniform)
    let expected = try example.map.run(example.buffer).bits
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { try example.map.run(example.buffer).bits == expected } }
      for try await same in group { #expect(same) }
    }
  }
}
