import DelayNet
import TestSupport
import Testing

@Suite struct DelayMapEnsembleTests {
  let example = NetworkCase<Float>(nodes: 17, steps: 129, kind: .uniform)
  var buffers: [Buffer<Float>] {
    try! RandomKey(seed: 77).split(7).enumerated().map { r, key in
      try! key.normal(BufferShape(nodes: 17, history: example.buffer.history + r % 2, steps: 40 * r))
    }
  }

  @Test(arguments: [0, 1, 2, 3, 8]) func runsHaveTheBitsOfARunByItself(threads: Int) throws {
    let outputs = try example.map.run(buffers, threads: threads)
    #expect(outputs.count == 7)
    for (buffer, output) in zip(buffers, outputs) { #expect(try output.bits == example.map.run(buffer).bits) }
  }

  @Test func noRunsAreNoRuns() throws {
    #expect(try example.map.run([] as [Buffer<Float>]).isEmpty)
    let gradient = try example.map.runWithPullback([] as [Buffer<Float>], withRespectTo: .all).pullback([])
    #expect(gradient.buffers.isEmpty && gradient.scale == 0 && gradient.weights.allSatisfy { $0 == 0 })
  }

  @Test(arguments: [1, 2, 5]) func pullbackSumsWhatIsShared(threads: Int) throws {
    let cotangents = try buffers.map { try RandomKey(seed: 5).normal($0.shape) as Buffer<Float> }
    let (values, pullback) = try example.map.runWithPullback(buffers, withRespectTo: .all, threads: threads)
    let together = try pullback(cotangents)
    var weights = [Float](repeating: 0, count: example.map.network.edges)
    var (scale, gain) = (Float(0), Float(0))
    for r in buffers.indices {
      let (value, single) = try example.map.runWithPullback(buffers[r], withRespectTo: .all)
      let gradient = try single(cotangents[r])
      #expect(value.bits == values[r].bits && gradient.buffer.bits == together.buffers[r].bits)
      for e in weights.indices { weights[e] += gradient.weights[e] }
      scale += gradient.scale
      gain += gradient.noiseGain
    }
    #expect(together.weights == weights)
    #expect(together.scale == scale && together.noiseGain == gain)
  }

  @Test func lossOfAllOutputs() throws {
    let buffers = buffers.filter { $0.steps == 40 || $0.steps == 80 }
    let (value, gradient) = try example.map.valueWithGradient(at: buffers, withRespectTo: [.buffer, .weights]) { b in
      b[0].squared().sum() + 2 * b[1].squared().sum()
    }
    let first = try example.map.valueWithGradient(at: buffers[0], withRespectTo: [.buffer, .weights]) {
      $0.squared().sum()
    }
    let second = try example.map.valueWithGradient(at: buffers[1], withRespectTo: [.buffer, .weights]) {
      2 * $0.squared().sum()
    }
    #expect(value == first.value + second.value)
    #expect(gradient.buffers == [first.gradient.buffer, second.gradient.buffer])
    #expect(gradient.weights == zip(first.gradient.weights, second.gradient.weights).map { $0 + $1 })
  }

  @Test func errorsNameTheRun() throws {
    var buffers = buffers
    buffers[4][node: 2, step: -1] = .nan
    #expect(throws: DelayNetError.notFiniteHistory(run: 4, node: 2, step: -1)) { try example.map.run(buffers) }
    #expect(throws: DelayNetError.shapeMismatch(name: "cotangents", expected: [7], found: [1])) {
      try example.map.runWithPullback(self.buffers).pullback([self.buffers[0]])
    }
  }
}
