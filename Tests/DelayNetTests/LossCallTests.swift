import DelayNet
import TestSupport
import Testing

/// An expression belongs to the call whose outputs it is made of; what is kept has to be a constant.
@Suite struct LossCallTests {
  /// Without edges and with a noise gain of 1 the output is the input.
  private func map(_ nodes: Int) throws -> DelayMap<Double> {
    try DelayMap(Network(nodes: nodes, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
  }

  private func buffer(_ nodes: Int, _ steps: Int, seed: UInt64 = 1) -> Buffer<Double> {
    try! RandomKey(seed: seed).uniform(
      BufferShape(nodes: nodes, history: 0, steps: steps), in: 0.5..<2, as: Double.self)
  }

  /// What a loss leaves behind when it keeps its output: of a larger shape, of the same one, of a member of an ensemble.
  private func kept(_ nodes: Int, _ steps: Int) throws -> Traced<Double> {
    var kept: Traced<Double>?
    _ = try map(nodes).valueWithGradient(at: buffer(nodes, steps)) { b in
      kept = b
      return b.sum()
    }
    return try #require(kept)
  }

  /// Everything that a loss can do with an output of another call.
  private static let uses: [@Sendable (Traced<Double>, Traced<Double>) -> TracedScalar<Double>] = [
    { _, other in other.sum() },
    { _, other in other.squared().sum(nodes: 0..<1, steps: 0..<1) },
    { b, other in (b - other).squared().sum() },
    { b, other in (other * b).sum() },
    { b, other in b.sum() + other.sum() },
    { b, other in other.mean() * b.mean() },
    { b, other in (2 * other.sum()).squareRoot() - b.sum() },
    { b, other in b.sum() / (other.map({ $0 }, derivative: { _ in 1 }) + 1).sum() },
  ]

  @Test(arguments: uses.indices, [(5, 40), (3, 7), (2, 5)])
  func outputsOfAnEarlierCallAreRefused(use: Int, shape: (Int, Int)) throws {
    let (previous, map, buffer) = (try kept(shape.0, shape.1), try map(3), buffer(3, 7, seed: 2))
    let loss = { (b: Traced<Double>) in Self.uses[use](b, previous) }
    #expect(throws: DelayNetError.foreignTraced) { try map.valueWithGradient(at: buffer, of: loss) }
    #expect(throws: DelayNetError.foreignTraced) { try map.value(at: buffer, of: loss) }
    #expect(throws: DelayNetError.foreignTraced) { try GradientCheck.run(map, at: buffer, of: loss) }
    #expect(throws: DelayNetError.foreignTraced) {
      try map.valueWithGradient(at: [buffer, buffer]) { b in Self.uses[use](b[1], previous) }
    }
  }

  @Test func whatIsNotUsedIsNoMistake() throws {
    let previous = try kept(3, 7)
    let gradient = try map(3).valueWithGradient(at: buffer(3, 7)) { b in
      _ = (b - previous).sum()
      return b.sum()
    }.gradient
    #expect(try gradient.buffer == Buffer(nodes: 3, history: 0, steps: 7, repeating: 1))
  }

  @Test func membersOfALargerEnsembleAreRefused() throws {
    var kept: [Traced<Double>] = []
    _ = try map(3).valueWithGradient(at: (0..<4).map { buffer(3, 7, seed: UInt64($0)) }) { all in
      kept = all
      return all[3].sum()
    }
    for previous in kept {
      #expect(throws: DelayNetError.foreignTraced) {
        try map(3).valueWithGradient(at: buffer(3, 7)) { b in (b - previous).squared().sum() }
      }
    }
    // Within a call members are combined as before.
    let (value, gradient) = try map(3).valueWithGradient(at: [buffer(3, 7), buffer(3, 7, seed: 2)]) { all in
      (all[0] - all[1]).squared().sum()
    }
    let difference = buffer(3, 7) - buffer(3, 7, seed: 2)
    #expect(abs(value - difference.squared().sum()) < 1e-14 * value && gradient.buffers[0] == 2 * difference)
  }

  @Test func losesWithinLossesKeepApart() throws {
    let (map, buffer) = (try map(3), buffer(3, 7))
    for use in Self.uses {
      #expect(throws: DelayNetError.foreignTraced) {
        try map.valueWithGradient(at: buffer) { outer throws(DelayNetError) in
          let inner = try map.valueWithGradient(at: buffer) { inner in use(inner, outer) }
          return outer.sum() * inner.value
        }
      }
    }
    var escaped: TracedScalar<Double>?
    #expect(throws: DelayNetError.foreignTraced) {
      try map.valueWithGradient(at: buffer) { outer throws(DelayNetError) in
        _ = try map.valueWithGradient(at: buffer) { inner in
          escaped = inner.sum()
          return inner.sum()
        }
        return outer.sum() + escaped!
      }
    }
    // A constant of the outer one, and the inner one's numbers, are no mistake.
    let (value, gradient) = try map.valueWithGradient(at: buffer) { outer throws(DelayNetError) in
      let inner = try map.valueWithGradient(at: buffer) { inner in (inner * outer.detached()).sum() }
      return (outer * inner.gradient.buffer).sum() + inner.value
    }
    #expect(abs(value - 2 * buffer.squared().sum()) < 1e-14 * value && gradient.buffer == buffer)
  }

  @Test func numbersOfAnEarlierCallAreRefused() throws {
    var kept: TracedScalar<Double>?
    let value = try map(3).valueWithGradient(at: buffer(3, 7)) { b in
      kept = b.squared().sum()
      return b.sum()
    }.value
    let previous = try #require(kept)
    let uses: [(TracedScalar<Double>) -> TracedScalar<Double>] = [
      { _ in previous }, { $0 + previous }, { previous * $0 }, { $0 / previous - 1 }, { _ in previous.squareRoot() },
      { $0 - previous.map({ $0 }, derivative: { _ in 1 }) },
    ]
    for use in uses {
      #expect(throws: DelayNetError.foreignTraced) {
        try map(3).valueWithGradient(at: buffer(3, 7)) { b in use(b.sum()) }
      }
    }
    let (product, gradient) = try map(3).valueWithGradient(at: buffer(3, 7)) { b in b.sum() * previous.detached() }
    #expect(product == value * previous.value)
    #expect(try gradient.buffer == Buffer(nodes: 3, history: 0, steps: 7, repeating: previous.value))
  }

  @Test func networksAndTheirEnsemblesRefuseToo() throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    let larger = Ensemble([problem, problem, problem])
    var kept: [Traced<Double>] = []
    _ = try larger.valueWithGradient(steps: 30, withRespectTo: .coupling) { all in
      kept = all
      return all[0].sum()
    }
    for steps in [8, 30] {
      for use in Self.uses {
        for previous in kept {
          let loss = { (s: Traced<Double>) in use(s, previous) }
          #expect(throws: DelayNetError.foreignTraced) {
            try problem.valueWithGradient(steps: steps, withRespectTo: .coupling, of: loss)
          }
          #expect(throws: DelayNetError.foreignTraced) { try problem.value(steps: steps, of: loss) }
          #expect(throws: DelayNetError.foreignTraced) {
            try Ensemble([problem, problem]).valueWithGradient(steps: steps) { all in use(all[1], previous) }
          }
        }
      }
      #expect(throws: DelayNetError.foreignTraced) {
        try GradientCheck.run(problem, steps: steps) { s in (s - kept[0]).sum() }
      }
    }
    let moved = try problem.valueWithGradient(steps: 30, withRespectTo: .coupling) { s in
      (s - kept[2].detached()).squared().sum() + s.sum()
    }
    let alone = try problem.valueWithGradient(steps: 30, withRespectTo: .coupling) { $0.sum() }
    #expect(moved.value == alone.value && moved.gradient.coupling == alone.gradient.coupling)
  }

  @Test func aDetachedExpressionIsItsValues() throws {
    let (map, shape) = (try map(3), try BufferShape(nodes: 3, history: 0, steps: 700))
    let (x, y) = (buffer(3, 700), buffer(3, 700, seed: 2))
    let (value, gradient) = try map.valueWithGradient(at: x) { b in
      let constant = (b.squared() * y + 1).detached()
      return (constant * b).sum() + b.detached().detached().sum()
    }
    let constant = try x.squared() * y + Buffer(shape, repeating: 1)
    #expect(abs(value - (constant * x).sum() - x.sum()) < 1e-12 * value)
    #expect(gradient.buffer == constant)

    // A moving average of the outputs of a fit: kept constants do not grow with the steps.
    var (average, expected, point): (Traced<Double>?, Buffer<Double>?, Buffer<Double>) = (nil, nil, x)
    for _ in 0..<50 {
      let step = try map.valueWithGradient(at: point) { b in
        let mean = average.map { 0.9 * $0 + 0.1 * b.detached() } ?? b.detached()
        average = mean.detached()
        return (b - mean.detached()).squared().sum() + b.sum()
      }
      expected = expected.map { 0.9 * $0 + 0.1 * point } ?? point
      #expect(try step.gradient.buffer == 2 * (point - expected!) + Buffer(shape, repeating: 1))
      point -= 0.01 * step.gradient.buffer
    }
  }

  @Test func aMistakeOutlivesDetaching() throws {
    let wrong = try Buffer<Double>(nodes: 4, history: 0, steps: 7)
    let error = DelayNetError.shapeMismatch(name: "buffer in the loss", expected: [3, 0, 7], found: [4, 0, 7])
    #expect(throws: error) { try map(3).valueWithGradient(at: buffer(3, 7)) { b in (b + wrong).detached().sum() } }
    #expect(throws: error) {
      try map(3).valueWithGradient(at: buffer(3, 7)) { b in (b + wrong).sum().detached() + b.sum() }
    }
  }

  @Test func anExpressionMayBeAsDeepAsALoopIsLong() throws {
    let (value, gradient) = try map(2).valueWithGradient(at: buffer(2, 3)) { b in
      var sum = b
      for _ in 0..<100_000 { sum = sum + b }
      return sum.sum()
    }
    #expect(abs(value - 100_001 * buffer(2, 3).sum()) < 1e-9 * value)
    #expect(try gradient.buffer == Buffer(nodes: 2, history: 0, steps: 3, repeating: 100_001))
  }

  @Test(arguments: [Int.min, -1, 8, Int.max]) func partsOutsideTheShapeAreThrown(bound: Int) throws {
    let (low, high) = (min(bound, 0), max(bound, 0))
    #expect(throws: DelayNetError.optionOutOfRange(name: "steps", value: Double(bound))) {
      try map(3).valueWithGradient(at: buffer(3, 7)) { b in b.sum(steps: low..<high) }
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "nodes", value: Double(bound))) {
      try map(3).valueWithGradient(at: buffer(3, 7)) { b in b.sum(nodes: low..<high, steps: nil) }
    }
  }
}
