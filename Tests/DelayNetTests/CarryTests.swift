import DelayNet
import TestSupport
import Testing

@Suite struct CarryTests {
  private func series<Scalar>(
    _ map: DelayMap<Scalar>, _ buffer: Buffer<Scalar>, chunks: [Int]
  ) throws -> [Buffer<Scalar>] {
    var carry = Carry(history: buffer)
    var first = buffer.history
    return try chunks.map { steps in
      defer { first += steps }
      return try map.advance(&carry, noise: buffer.columns(first..<(first + steps)))
    }
  }

  @Test(arguments: DelayKind.allCases, [[129], [1, 128], [64, 65], [16, 1, 0, 112], [37, 41, 51]])
  func anyChunkingHasTheSameBits(kind: DelayKind, chunks: [Int]) throws {
    let example = NetworkCase<Float>(nodes: 17, steps: 129, kind: kind)
    let (map, buffer) = (example.map, example.buffer)
    let whole = try map.run(buffer)
    var first = buffer.history
    for part in try series(map, buffer, chunks: chunks) {
      #expect(part.bits == whole.columns(first..<(first + part.steps)).bits)
      first += part.steps
    }
    #expect(first == whole.columns)
  }

  @Test func singleSteps() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 40, kind: .sparse)
    let whole = try example.map.run(example.buffer)
    let parts = try series(example.map, example.buffer, chunks: Array(repeating: 1, count: 40))
    for (t, part) in parts.enumerated() {
      for i in 0..<3 { #expect(part[i, 0].bitPattern == whole[node: i, step: t].bitPattern) }
    }
  }

  @Test func carryIsAValue() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 40, kind: .roomy)
    let (map, noise) = (example.map, example.buffer.columns(example.buffer.history..<example.buffer.columns))
    var carry = Carry(history: example.buffer, step: 5)
    let before = carry
    let once = try map.advance(&carry, noise: noise)
    #expect(carry.step == 45 && carry != before && before.step == 5)
    #expect(before.history == example.buffer.columns(0..<example.buffer.history, history: example.buffer.history))
    var again = before
    #expect(try map.advance(&again, noise: noise) == once && again == carry)
    let whole = try map.run(example.buffer)
    #expect(carry.history.values == whole.columns(40..<whole.columns).values)
  }

  @Test func inPlaceAndOnSpans() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 40, kind: .uniform)
    let (map, buffer) = (example.map, example.buffer)
    let workspace = try Workspace(map.plan)
    let noise = buffer.columns(buffer.history..<buffer.columns)
    var carry = Carry(history: buffer)
    let expected = try map.advance(&carry, noise: noise)

    var (inPlace, sameCarry) = (noise, Carry(history: buffer))
    try map.advance(&sameCarry, into: &inPlace, workspace: workspace)
    #expect(inPlace == expected && sameCarry == carry && noise != expected)

    var (filled, thirdCarry) = (try Buffer<Double>(noise.shape), Carry(history: buffer))
    try map.advance(&thirdCarry, noise: noise, into: &filled, workspace: workspace)
    #expect(filled == expected && thirdCarry == carry)

    var (history, values, step) = (Carry(history: buffer).history.values, noise.values, 0)
    var historySpan = history.mutableSpan
    var span = values.mutableSpan
    try map.advance(history: &historySpan, step: &step, into: &span, workspace: workspace)
    #expect(values == expected.values && history == carry.history.values && step == 40)
  }

  @Test func withoutNoiseTheSamplesAreZero() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 40, kind: .uniform)
    var (carry, other) = (Carry(history: example.buffer), Carry(history: example.buffer))
    let series = try example.map.advance(&carry, steps: 30)
    #expect(try series == example.map.advance(&other, noise: Buffer(nodes: 3, history: 0, steps: 30)))
    #expect(throws: DelayNetError.optionOutOfRange(name: "steps", value: -1)) {
      try example.map.advance(&carry, steps: -1)
    }
  }

  @Test func longHistoryIsCutToWhatIsNeeded() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 0, kind: .equal)
    let long = try RandomKey(seed: 2).normal(BufferShape(nodes: 3, history: 30, steps: 4), as: Double.self)
    var (carry, short) = (Carry(history: long), Carry(history: long.columns(21..<30, history: 9)))
    let noise = long.columns(30..<34)
    #expect(try example.map.advance(&carry, noise: noise) == example.map.advance(&short, noise: noise))
    #expect(carry == short)
  }

  @Test func noiseOfAKeyDoesNotDependOnTheChunks() throws {
    let example = NetworkCase<Float>(nodes: 17, steps: 0, kind: .zero)
    let (key, network) = (RandomKey(seed: 11), example.map.network)
    var carry = Carry(history: try Buffer<Float>(nodes: 17, history: network.history, steps: 0))
    var other = carry
    let whole = try example.map.advance(&carry, noise: key.noise(nodes: 17, steps: 0..<100))
    for range in [0..<33, 33..<34, 34..<100] {
      let part = try example.map.advance(&other, noise: key.noise(nodes: 17, steps: range))
      #expect(part.bits == whole.columns(range).bits)
    }
    #expect(carry == other)
  }

  @Test func placesAreAbsoluteSteps() throws {
    let network = try Network<Double>(nodes: 2, sources: [0], targets: [1], weights: [1e300], delays: [1])
    let map = try DelayMap(network, scale: .sum, noiseGain: 1)
    var carry = Carry(history: try Buffer<Double>(nodes: 2, history: 2, steps: 0), step: 1000)
    var noise = try Buffer<Double>(nodes: 2, history: 0, steps: 50)
    noise[0, 30] = 1e300
    #expect(throws: DelayNetError.notFiniteSeries(run: 0, node: 1, step: 1031)) {
      try map.advance(&carry, noise: noise)
    }
    #expect(carry.step == 1031)
  }
}
