import DelayNet
import Testing

/// Every mistake that a user can make, with the place that its error names.
@Suite struct DelayNetErrorTests {
  private func dense(_ delays: [Int32], history: Int? = nil) throws(DelayNetError) -> Network<Double> {
    try Network(
      weights: Matrix(rows: 2, columns: 2, repeating: 1), delays: Matrix(rows: 2, columns: 2, values: delays),
      history: history)
  }

  @Test func networks() {
    #expect(throws: DelayNetError.negativeDelay(edge: 2, delay: -3)) { try dense([0, 1, -3, 4]) }
    #expect(throws: DelayNetError.delayExceedsHistory(edge: 1, delay: 9, history: 8)) {
      try dense([0, 9, 1, 4], history: 8)
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "history", value: -1)) {
      try dense([0, 0, 0, 0], history: -1)
    }
    #expect(throws: DelayNetError.nodeOutOfRange(edge: 1, nodes: 3)) {
      try Network<Float>(nodes: 3, sources: [0, 3], targets: [1, 1], weights: [1, 1], delays: [1, 1])
    }
    #expect(throws: DelayNetError.nodeOutOfRange(edge: 0, nodes: 3)) {
      try Network<Float>(nodes: 3, sources: [0], targets: [-1], weights: [1], delays: [1])
    }
    for (name, counts) in [("targets", (2, 3, 3)), ("weights", (3, 2, 3)), ("delays", (3, 3, 2))] {
      #expect(throws: DelayNetError.shapeMismatch(name: name, expected: [3], found: [2])) {
        try Network<Float>(
          nodes: 3, sources: [0, 0, 0], targets: Array(repeating: 0, count: counts.0),
          weights: Array(repeating: 0, count: counts.1), delays: Array(repeating: 0, count: counts.2))
      }
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "weights", expected: [2, 2], found: [2, 3])) {
      try Network<Float>(
        weights: Matrix(rows: 2, columns: 3, repeating: 1), delays: Matrix(rows: 2, columns: 2, repeating: 1))
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "delays", expected: [2, 2], found: [3, 2])) {
      try Network<Float>(
        weights: Matrix(rows: 2, columns: 2, repeating: 1), delays: Matrix(rows: 3, columns: 2, repeating: 1))
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "nodes", value: -1)) {
      try Network<Float>(nodes: -1, sources: [], targets: [], weights: [], delays: [])
    }
  }

  @Test func lengths() {
    func make(_ lengths: [Double], speed: Double = 3, timeStep: Double = 1) throws {
      _ = try Network<Float>(
        weights: Matrix(rows: 2, columns: 2, repeating: 1), lengths: Matrix(rows: 2, columns: 2, values: lengths),
        conductionSpeed: speed, timeStep: timeStep)
    }
    #expect(throws: DelayNetError.invalidValue(name: "lengths", index: 3, value: -1)) { try make([0, 1, 2, -1]) }
    #expect(throws: DelayNetError.invalidValue(name: "lengths", index: 1, value: .infinity)) {
      try make([0, .infinity, 2, 3])
    }
    #expect(throws: DelayNetError.invalidValue(name: "lengths", index: 0, value: 1e18)) { try make([1e18, 1, 2, 3]) }
    #expect(throws: DelayNetError.self) { try make([0, .nan, 2, 3]) }
    #expect(throws: DelayNetError.optionOutOfRange(name: "conductionSpeed", value: 0)) {
      try make([0, 1, 2, 3], speed: 0)
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "timeStep", value: -1)) {
      try make([0, 1, 2, 3], timeStep: -1)
    }
  }

  @Test func shapesOfACall() throws {
    let map = try DelayMap(dense([1, 2, 3, 4]))
    let good = try Buffer<Double>(nodes: 2, history: 5, steps: 6)
    for bad in [try Buffer<Double>(nodes: 3, history: 5, steps: 6), try Buffer(nodes: 2, history: 4, steps: 6)] {
      let error = DelayNetError.shapeMismatch(
        name: "buffer", expected: [2, 5, 6], found: [bad.nodes, bad.history, 6])
      #expect(throws: error) { try map.run(bad) }
      #expect(throws: error) { try map.run([good, bad]) }
      #expect(throws: error) { try map.runWithPullback(bad) }
      #expect(throws: error) { try map.jvp(at: bad, along: bad) }
      #expect(throws: error) {
        var buffer = bad
        try map.run(into: &buffer)
      }
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "weights", expected: [4], found: [3])) {
      try map.run(good, weights: [1, 2, 3])
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "cotangent", expected: [2, 5, 6], found: [2, 5, 7])) {
      try map.runWithPullback(good).pullback(Buffer(nodes: 2, history: 5, steps: 7))
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "direction", expected: [2, 5, 6], found: [2, 6, 5])) {
      try map.jvp(at: good, along: Buffer(nodes: 2, history: 6, steps: 5))
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "span", expected: [2, 11], found: [21])) {
      var values = [Double](repeating: 0, count: 21)
      var span = values.mutableSpan
      try map.run(into: &span, steps: 6)
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "noise", expected: [2, 0, 6], found: [2, 5, 6])) {
      var carry = Carry(history: good)
      _ = try map.advance(&carry, noise: good)
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "plan", expected: [2, 4, 5], found: [2, 4, 6])) {
      try DelayMap(dense([1, 2, 3, 4]), plan: Plan(dense([1, 2, 3, 4], history: 6)))
    }
  }

  @Test func optionsOfACall() throws {
    let map = try DelayMap(dense([1, 2, 3, 4]))
    let buffer = try Buffer<Double>(nodes: 2, history: 5, steps: 6)
    for threads in [-1, 1025] {
      #expect(throws: DelayNetError.optionOutOfRange(name: "threads", value: Double(threads))) {
        try map.run(buffer, threads: threads)
      }
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "block", value: 17)) {
      try Plan(dense([1, 2, 3, 4]), block: 17)
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "tileSources", value: -1)) {
      try Plan(dense([1, 2, 3, 4]), tileSources: -1)
    }
    #expect(throws: DelayNetError.foreignWorkspace) {
      try map.run(buffer, workspace: Workspace(Plan(dense([1, 2, 3, 4]))))
    }
  }

  @Test func numbersThatAreNotFinite() throws {
    var map = try DelayMap(dense([1, 2, 3, 4]), scale: .sum, noiseGain: 1)
    var buffer = try Buffer<Double>(nodes: 2, history: 5, steps: 6)
    #expect(throws: DelayNetError.notFiniteWeight(run: 0, edge: 3)) {
      try map.run(buffer, weights: [1, 2, 3, .nan])
    }
    buffer[node: 1, step: -2] = .infinity
    #expect(throws: DelayNetError.notFiniteHistory(run: 0, node: 1, step: -2)) { try map.run(buffer) }
    buffer[node: 1, step: -2] = 0
    buffer[node: 0, step: 4] = .nan
    #expect(throws: DelayNetError.notFiniteSeries(run: 0, node: 0, step: 4)) { try map.run(buffer) }
    buffer[node: 0, step: 4] = 0
    map.scale = .number(.infinity)
    #expect(throws: DelayNetError.notFiniteParameter(run: 0)) { try map.run(buffer) }
    map.scale = .sum
    map.noiseGain = .nan
    #expect(throws: DelayNetError.notFiniteParameter(run: 0)) { try map.run(buffer) }
    map.noiseGain = 1
    #expect(throws: DelayNetError.notFiniteTangent(run: 0, node: 1, step: 3)) {
      var direction = try Buffer<Double>(buffer.shape)
      direction[node: 1, step: 3] = .nan
      _ = try map.jvp(at: buffer, along: direction)
    }
  }

  @Test func descriptionsNameThePlace() {
    #expect(
      DelayNetError.delayExceedsHistory(edge: 7, delay: 12, history: 10).description
        == "edge 7 has a delay of 12 steps, but the history holds 10")
    #expect(
      DelayNetError.shapeMismatch(name: "buffer", expected: [2, 3], found: [4]).description
        == "buffer has shape (4), but (2, 3) is needed")
    #expect(DelayNetError.cancelled(steps: [5]).description == "cancelled after [5] steps")
  }
}
