import DelayNetDifferentiation
import TestSupport
import Testing

/// The notebook's experiment: 84 nodes, delays 0 … 254, and as its loss the squared distance to one run's output.
struct Notebook<Scalar: DelayNetScalar> {
  let map: DelayMap<Scalar>
  let target: Buffer<Scalar>
  let buffer: Buffer<Scalar>

  init(steps: Int) throws {
    let keys = try RandomKey(seed: 0).split(10)
    let network = try Network(
      weights: keys[0].normal(84, 84, as: Scalar.self).map { abs($0) + 0.5 },
      delays: keys[1].integers(in: 0..<255, 84, 84))
    map = try DelayMap(network, scale: .mean)
    let first = try keys[2].normal(
      BufferShape(nodes: 84, history: network.history, steps: steps), as: Scalar.self)
    target = try map.run(first)
    buffer = try target + Buffer(target.shape, repeating: 1)
  }
}

@Suite struct DelayMapDerivativesTests {
  // ---- The notebook's loss ---------------------------------------------------------------------------------------

  private func notebook<Scalar: DelayNetScalar & Differentiable>(
    _: Scalar.Type, steps: Int
  ) throws where Scalar.TangentVector == Scalar {
    let example = try Notebook<Scalar>(steps: steps)
    let (map, target, buffer) = (example.map, example.target, example.buffer)

    let (loss, gradient) = valueWithGradient(at: buffer) { b in
      (target - map.differentiableRun(b)).squared().sum()
    }

    let (output, pullback) = try map.runWithPullback(buffer)
    let difference = target - output
    let explicit = try pullback((-2) * difference).buffer
    #expect(loss == difference.squared().sum())
    #expect(gradient.buffer(of: buffer.shape).bits == explicit.bits)

    let traced = try map.valueWithGradient(at: buffer) { b in (target - b).squared().sum() }
    #expect(loss == traced.value)
    #expect(gradient.buffer(of: buffer.shape) == traced.gradient.buffer)
  }

  @Test(arguments: [1, 10, 100]) func notebookInFloat(steps: Int) throws { try notebook(Float.self, steps: steps) }

  @Test(arguments: [1, 10, 100]) func notebookInDouble(steps: Int) throws { try notebook(Double.self, steps: steps) }

  // ---- Buffer and weights, on every peculiar network ------------------------------------------------------------------

  @Test(arguments: NetworkCase<Double>.all) func equalsThePullback(example: NetworkCase<Double>) throws {
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    let cotangent = try RandomKey(seed: 9).normal(buffer.shape, as: Double.self)
    let (output, pull) = try map.runWithPullback(buffer, withRespectTo: [.buffer, .weights])
    let explicit = try pull(cotangent)

    let one = valueWithPullback(at: buffer) { b in map.differentiableRun(b) }
    #expect(one.value == output)
    #expect(one.pullback(.init(cotangent)).buffer(of: buffer.shape).bits == explicit.buffer.bits)

    let other = valueWithPullback(at: weights) { w in map.differentiableRun(buffer, weights: w) }
    #expect(other.value == output)
    #expect(other.pullback(.init(cotangent)).base == explicit.weights)

    let both = valueWithPullback(at: buffer, weights) { b, w in map.differentiableRun(b, weights: w) }
    let (ofBuffer, ofWeights) = both.pullback(.init(cotangent))
    #expect(both.value == output)
    #expect(ofBuffer.buffer(of: buffer.shape).bits == explicit.buffer.bits)
    #expect(ofWeights.base == explicit.weights)
  }

  @Test(arguments: NetworkCase<Float>.small) func equalsThePullbackInFloat(example: NetworkCase<Float>) throws {
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    let cotangent = try RandomKey(seed: 9).normal(buffer.shape)
    let explicit = try map.runWithPullback(buffer, withRespectTo: [.buffer, .weights]).pullback(cotangent)
    let both = valueWithPullback(at: buffer, weights) { b, w in map.differentiableRun(b, weights: w) }
    let (ofBuffer, ofWeights) = both.pullback(.init(cotangent))
    #expect(ofBuffer.buffer(of: buffer.shape).bits == explicit.buffer.bits)
    #expect(ofWeights.base == explicit.weights)
  }

  @Test(arguments: NetworkCase<Double>.small) func isTheTransposeOfTheTangent(example: NetworkCase<Double>) throws {
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    let keys = try RandomKey(seed: 5).split(3)
    let cotangent = try keys[0].normal(buffer.shape, as: Double.self)
    let (db, dw) = (
      try keys[1].normal(buffer.shape, as: Double.self), try keys[2].normal(weights.count, as: Double.self)
    )
    let tangent = try map.jvp(at: buffer, along: .init(buffer: db, weights: dw)).tangent
    let pullback = pullback(at: buffer, weights) { b, w in map.differentiableRun(b, weights: w) }
    let (ofBuffer, ofWeights) = pullback(.init(cotangent))
    let forward = cotangent.dot(tangent)
    let reverse =
      ofBuffer.buffer(of: buffer.shape).dot(db) + zip(ofWeights.base, dw).reduce(0) { $0 + $1.0 * $1.1 }
    let size = (cotangent.dot(cotangent) * tangent.dot(tangent)).squareRoot()
    #expect(abs(forward - reverse) <= 1e-12 * size)
  }

  // ---- Losses in plain Swift ------------------------------------------------------------------------------------------

  let example = NetworkCase<Double>(nodes: 17, steps: 40, kind: .uniform)

  /// Compares a gradient with differences, on some entries of the buffer.
  private func check(
    _ loss: @differentiable(reverse) (Buffer<Double>) -> Double, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let buffer = example.buffer
    let gradient = gradient(at: buffer, of: loss).buffer(of: buffer.shape).values
    let report = try GradientCheck.differences(at: buffer.values, gradient: gradient, entries: 40) { values in
      loss(Buffer(buffer.shape, values: values))
    }
    #expect(report.passed, "\(String(describing: report.worst))", sourceLocation: sourceLocation)
    #expect(gradient.contains { $0 != 0 }, sourceLocation: sourceLocation)
  }

  @Test func loopOverSingleValues() throws {
    let (map, buffer) = (example.map, example.buffer)
    let target = try RandomKey(seed: 8).normal(buffer.shape, as: Double.self)
    let (loss, gradient) = valueWithGradient(at: buffer) { b in
      let x = map.differentiableRun(b)
      var loss = 0.0
      for i in 0..<withoutDerivative(at: x.nodes) {
        for t in 0..<withoutDerivative(at: x.steps) {
          let difference = x[node: i, step: t] - target[node: i, step: t]
          if difference > 0 { loss += difference * difference }
        }
      }
      return loss
    }

    // By hand: the cotangent is twice the positive part of the difference, in the step columns.
    let (output, pullback) = try map.runWithPullback(buffer)
    var (byHand, cotangent) = (0.0, try Buffer<Double>(buffer.shape))
    for i in 0..<buffer.nodes {
      for t in 0..<buffer.steps {
        let difference = max(0, output[node: i, step: t] - target[node: i, step: t])
        byHand += difference * difference
        cotangent[node: i, step: t] = 2 * difference
      }
    }
    #expect(loss == byHand)
    #expect(try gradient.buffer(of: buffer.shape) == pullback(cotangent).buffer)
  }

  @Test func loopOverRows() throws {
    let map = example.map
    try check { b in
      let x = map.differentiableRun(b)
      var loss = 0.0
      for i in 0..<withoutDerivative(at: x.nodes) {
        let row = x.row(i)
        loss += row[3] * row[withoutDerivative(at: row.count) - 1]
      }
      return loss
    }
  }

  @Test func loopOverValues() throws {
    let map = example.map
    try check { b in
      let values = map.differentiableRun(b).values
      var loss = 1.0
      for n in withoutDerivative(at: values.indices.suffix(20)) { loss *= 1 + 0.1 * values[n] * values[n] }
      return loss
    }
  }

  @Test func functionsOfNumbersAndOfEveryValue() throws {
    let map = example.map
    try check { b in
      let x = map.differentiableRun(b).differentiableMap { $0 / (1 + $0 * $0) }
      let size = 1 + x.squared().sum()
      return x.mean() / size + (0.5 * x).sum() * x[2, 290] * size
    }
  }

  @Test func twoRunsOneAfterTheOther() throws {
    // The second one starts ten steps before the end of the first.
    let (map, shape) = (example.map, example.buffer.shape)
    let last = (shape.columns - shape.history - 10)..<shape.columns
    try check { b in
      let x = map.differentiableRun(b)
      let again = x.columns(last, history: shape.history)
      return map.differentiableRun(again).squared().sum() + x.sum()
    }
  }

  @Test func weightsThroughAnotherFunction() throws {
    // A global coupling strength in front of given weights, and a network that is trained through it.
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    let loss: @differentiable(reverse) (Double) -> Double = { strength in
      var scaled: [Double] = []
      for e in 0..<withoutDerivative(at: weights.count) { scaled.append(strength * weights[e]) }
      return map.differentiableRun(buffer, weights: scaled).squared().mean()
    }
    let slope = gradient(at: 0.9, of: loss)
    let report = try GradientCheck.differences(at: [0.9], gradient: [slope]) { loss($0[0]) }
    #expect(report.passed && slope != 0)
  }

  @Test func parametersOfAUser() throws {
    let (map, shape) = (example.map, example.buffer.shape)
    var parameters = Parameters(
      values: example.buffer.values, weights: example.map.network.weights, gain: 0.8, map: map, shape: shape)
    let (before, gradient) = valueWithGradient(at: parameters) { $0.loss() }
    let explicit = try map.valueWithGradient(
      at: 0.8 * example.buffer, withRespectTo: [.buffer, .weights], weights: parameters.weights
    ) { $0.squared().mean() }.gradient
    #expect(gradient.weights.base == explicit.weights)
    #expect(gradient.values.base == (0.8 * explicit.buffer).values)
    #expect(abs(gradient.gain - explicit.buffer.dot(example.buffer)) < 1e-12 * abs(gradient.gain))

    parameters.move(by: .init(values: .zero, weights: .zero, gain: -0.1 * gradient.gain))
    #expect(parameters.loss() < before)
  }

  // ---- Zero, and mistakes --------------------------------------------------------------------------------------------

  @Test func emptyTangentMeansZero() throws {
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    #expect(pullback(at: buffer) { map.differentiableRun($0) }(.zero).isEmpty)
    #expect(pullback(at: weights) { map.differentiableRun(buffer, weights: $0) }(.zero).base.isEmpty)
    let (ofBuffer, ofWeights) = pullback(at: buffer, weights) { map.differentiableRun($0, weights: $1) }(.zero)
    #expect(ofBuffer.isEmpty && ofWeights.base.isEmpty)

    // A loss that does not look at the run, and one that multiplies it by zero.
    let unused = gradient(at: buffer) { b in
      let x = map.differentiableRun(b)
      return withoutDerivative(at: x.sum())
    }
    #expect(unused == .zero)
    let nothing = gradient(at: buffer) { b in 0 * map.differentiableRun(b).sum() }
    #expect(nothing.buffer(of: buffer.shape).values.allSatisfy { $0 == 0 })
  }

  @Test func whatIsNotFiniteGivesNaN() {
    let map = example.map
    var notFinite = example.buffer
    notFinite[node: 3, step: -2] = .infinity
    #expect(throws: DelayNetError.notFiniteHistory(run: 0, node: 3, step: -2)) { try map.run(notFinite) }
    let output = map.differentiableRun(notFinite)
    #expect(output.columns(0..<output.history) == notFinite.columns(0..<output.history))
    #expect(output.columns(output.history..<output.columns).values.allSatisfy { $0.isNaN })
    let (loss, gradient) = valueWithGradient(at: notFinite) { b in map.differentiableRun(b).sum() }
    #expect(loss.isNaN && gradient.buffer(of: output.shape).values.allSatisfy { $0.isNaN })
  }

  @Test func mistakesEndTheProgram() async {
    await #expect(processExitsWith: .failure) {
      let map = try DelayMap(Network<Double>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [3]))
      _ = try map.differentiableRun(Buffer(nodes: 2, history: 3, steps: 5))
    }
    await #expect(processExitsWith: .failure) {
      let map = try DelayMap(Network<Double>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [3]))
      _ = try map.differentiableRun(Buffer(nodes: 2, history: 4, steps: 5), weights: [1, 2])
    }
    await #expect(processExitsWith: .success) {
      let map = try DelayMap(Network<Double>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [3]))
      _ = try map.differentiableRun(Buffer(nodes: 2, history: 4, steps: 5), weights: [1])
    }
  }

  @Test func aCancelledTaskGetsNaN() async throws {
    let map = example.map
    let buffer = try Buffer<Double>(nodes: 17, history: map.network.history, steps: 2000, repeating: 1)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return valueWithGradient(at: buffer) { b in map.differentiableRun(b).sum() }.value
    }
    #expect(await task.value.isNaN)
  }

  @Test func takesThreadsAndAWorkspace() throws {
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    let expected = gradient(at: buffer, weights) { b, w in map.differentiableRun(b, weights: w).squared().sum() }
    let workspace = try Workspace(map.plan)
    for threads in 1...3 {
      let found = gradient(at: buffer, weights) { b, w in
        map.differentiableRun(b, weights: w, threads: threads, workspace: workspace).squared().sum()
      }
      #expect(found == expected)
      let ofBuffer = gradient(at: buffer) { b in
        map.differentiableRun(b, threads: threads, workspace: workspace).squared().sum()
      }
      #expect(ofBuffer == expected.0)
    }
  }

  @Test func aFailingPullbackGivesNaN() throws {
    let (map, buffer, weights) = (example.map, example.buffer, example.map.network.weights)
    let infinite = Buffer<Double>.TangentVector(try Buffer(buffer.shape, repeating: .infinity))
    let (ofBuffer, ofWeights) = pullback(at: buffer, weights) { map.differentiableRun($0, weights: $1) }(infinite)
    #expect(ofBuffer.buffer(of: buffer.shape).values.allSatisfy { $0.isNaN })
    #expect(ofWeights.base.count == 289 && ofWeights.base.allSatisfy { $0.isNaN })
    #expect(pullback(at: buffer) { map.differentiableRun($0) }(infinite).buffer(of: buffer.shape)[2, 5].isNaN)
    let alone = pullback(at: weights) { map.differentiableRun(buffer, weights: $0) }(infinite).base
    #expect(alone.allSatisfy { $0.isNaN })
  }
}

/// What a user's program may look like: values, weights and a gain are learned, the network's structure is not.
private struct Parameters: Differentiable {
  var values: [Double]
  var weights: [Double]
  var gain: Double
  @noDerivative let map: DelayMap<Double>
  @noDerivative let shape: BufferShape

  @differentiable(reverse)
  func loss() -> Double {
    let buffer = Buffer(shape, values: values)
    return map.differentiableRun(gain * buffer, weights: weights).squared().mean()
  }
}
