import DelayNet
import TestSupport
import Testing

@Suite struct GradientCheckTests {
  @Test(arguments: NetworkCase<Double>.small) func everyInputPasses(example: NetworkCase<Double>) throws {
    let target = try RandomKey(seed: 2).normal(example.buffer.shape, as: Double.self)
    let report = try GradientCheck.run(example.map, at: example.buffer, entries: nil) { b in
      (b - target).squared().mean() + 0.1 * (b * b * b).sum(steps: 3..<11)
    }
    #expect(report.passed, "\(report)")
    #expect(report.inputs.map(\.name) == ["buffer", "weights", "scale", "noiseGain"])
    #expect(report.inputs[0].differences.compared == example.buffer.shape.count)
    #expect(report.inputs[1].differences.compared == example.map.network.edges)
    #expect(report.dotProductError < 1e-13 && report.directionalError < 1e-12)
    for input in report.inputs { for rate in input.taylor.rates { #expect(1.95...2.05 ~= rate, "\(report)") } }
  }

  @Test func floatPasses() throws {
    let example = NetworkCase<Float>(nodes: 5, steps: 17, kind: .roomy)
    let report = try GradientCheck.run(example.map, at: example.buffer) { b in b.squared().sum() }
    #expect(report.passed, "\(report)")
    #expect(report.description.contains("weights: passed"))
  }

  @Test func onlyWhatIsAskedForIsTested() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 17, kind: .uniform)
    let report = try GradientCheck.run(example.map, at: example.buffer, withRespectTo: [.weights, .scale]) {
      $0.squared().sum()
    }
    #expect(report.passed && report.inputs.map(\.name) == ["weights", "scale"])
  }

  @Test func findsAWrongDerivativeInTheUsersLoss() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 17, kind: .uniform)
    let report = try GradientCheck.run(example.map, at: example.buffer) { b in
      b.map({ $0 * $0 * $0 }, derivative: { 2 * $0 * $0 }).sum()
    }
    #expect(!report.passed && report.description.contains("buffer: FAILED"))
    let worst = try #require(report.worst)
    #expect(worst.error > 0.3 && report.inputs.allSatisfy { !$0.differences.passed })
    #expect(report.inputs.contains { !$0.taylor.passed })
    // The map itself is right: its two modes agree.
    #expect(report.dotProductError < 1e-13)
  }

  @Test func namesTheWorstEntry() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 17, kind: .equal)
    let (map, buffer) = (example.map, example.buffer)
    let right = try map.valueWithGradient(at: buffer, withRespectTo: .weights) { $0.squared().sum() }.gradient.weights
    var wrong = right
    wrong[2] *= 1.001
    wrong[5] *= 1.01
    func loss(_ weights: [Double]) throws -> Double {
      try map.value(at: buffer, weights: weights) { $0.squared().sum() }
    }
    let weights = map.network.weights
    let found = try GradientCheck.differences(at: weights, gradient: wrong, input: "weights", of: loss)
    let worst = try #require(found.worst)
    #expect(!found.passed && found.compared == 9)
    #expect(worst.index == 5 && worst.input == "weights" && abs(worst.error - 0.01 / 1.01) < 1e-6)
    #expect(abs(worst.difference - right[5]) < 1e-8 * abs(right[5]) && worst.gradient == wrong[5])
    #expect(try GradientCheck.differences(at: weights, gradient: right, of: loss).passed)

    let direction = [Double](repeating: 1, count: 9)
    let wrongRates = try GradientCheck.taylor(at: weights, gradient: wrong, along: direction, step: 1e-4, of: loss)
    let rightRates = try GradientCheck.taylor(at: weights, gradient: right, along: direction, of: loss)
    #expect(!wrongRates.passed && wrongRates.remainders.count == 5)
    #expect(rightRates.passed && rightRates.rates.count == 4 && rightRates.rates.allSatisfy { 1.95...2.05 ~= $0 })
  }

  @Test func entriesAreNamedByTheirPlace() throws {
    // Wrong at one place of the buffer only: the derivative of step 7 of node 1 is off.
    let map = try DelayMap(
      Network<Double>(nodes: 2, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
    let buffer = try RandomKey(seed: 3).uniform(
      BufferShape(nodes: 2, history: 4, steps: 10), in: 1..<2, as: Double.self)
    let marked = buffer[node: 1, step: 7]
    let report = try GradientCheck.run(map, at: buffer, withRespectTo: .buffer, entries: nil) { b in
      b.map({ $0 * $0 }, derivative: { $0 == marked ? 3 * $0 : 2 * $0 }).sum()
    }
    let worst = try #require(report.worst)
    #expect(!report.passed && worst.place == "node 1, step 7" && worst.index == 14 + 4 + 7)
    #expect(worst.description.contains("buffer[25] (node 1, step 7)"))
  }

  @Test func anyFunctionOfAnArray() throws {
    func f(_ x: [Double]) -> Double { x[0] * x[0] * x[1] + 3 * x[2] }
    let point = [1.5, -2, 0.25]
    let gradient = [2 * 1.5 * -2, 2.25, 3]
    #expect(try GradientCheck.differences(at: point, gradient: gradient, of: f).passed)
    #expect(try !GradientCheck.differences(at: point, gradient: [0, 2.25, 3], of: f).passed)
    #expect(try !GradientCheck.differences(at: point, gradient: [.nan, 2.25, 3], of: f).passed)
    // A linear function has no remainder, and a wrong gradient of it a remainder that falls too slowly.
    let linear = { (x: [Double]) in 3 * x[2] }
    #expect(try GradientCheck.taylor(at: point, gradient: [0, 0, 3], along: [1, 1, 1], of: linear).rates.isEmpty)
    #expect(try !GradientCheck.taylor(at: point, gradient: [0, 0, 2], along: [1, 1, 1], of: linear).passed)
    #expect(try GradientCheck.differences(at: [], gradient: [], of: { (_: [Double]) in 1 }).worst == nil)
    #expect(throws: DelayNetError.shapeMismatch(name: "gradient", expected: [3], found: [1])) {
      try GradientCheck.differences(at: point, gradient: [1], of: f)
    }
    #expect(GradientCheck.defaultTolerance(Float.self) > GradientCheck.defaultTolerance(Double.self))
  }
}
