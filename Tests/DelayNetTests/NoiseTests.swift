import DelayNet
import Foundation
import Testing

@Suite struct NoiseTests {
  @Test func numbersDependOnTheirPlaceAlone() throws {
    let key = RandomKey(seed: 7)
    let whole = try NoiseSamples<Float>(drawnFrom: key, member: 3, steps: 0..<50, states: 2, nodes: 5)
    for steps in [0..<1, 7..<20, 31..<50] {
      let part = try NoiseSamples<Float>(drawnFrom: key, member: 3, steps: steps, states: 2, nodes: 5)
      #expect(part.firstStep == steps.lowerBound && part.steps == steps.count)
      #expect(part.values == Array(whole.values[(steps.lowerBound * 10)..<(steps.upperBound * 10)]))
    }
    #expect(try whole != NoiseSamples(drawnFrom: key, member: 4, steps: 0..<50, states: 2, nodes: 5))
    let double = try NoiseSamples<Double>(drawnFrom: key, member: 3, steps: 0..<50, states: 2, nodes: 5)
    #expect(zip(whole.values, double.values).allSatisfy { abs(Double($0) - $1) < 1e-6 * exp($1 * $1 / 2) })
  }

  @Test func momentsAreThoseOfTheNormalDistribution() throws {
    let values = try NoiseSamples<Double>(drawnFrom: RandomKey(seed: 1), steps: 0..<4000, states: 2, nodes: 5).values
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + $1 * $1 } / n
    #expect(abs(mean) < 4 / n.squareRoot() && abs(variance - 1) < 4 * (2 / n).squareRoot())
  }

  @Test func placesAndShapes() throws {
    var samples = try NoiseSamples<Double>(steps: 2, states: 2, nodes: 3, values: (0..<12).map { Double($0) })
    #expect(samples[step: 1, 0, 2] == 8)
    samples[step: 1, 0, 2] = -1
    #expect(samples.values[8] == -1)
    #expect(throws: DelayNetError.shapeMismatch(name: "noise", expected: [2, 2, 3], found: [1])) {
      try NoiseSamples<Double>(steps: 2, states: 2, nodes: 3, values: [1])
    }
  }

  @Test func columnsEndAtMultiples() {
    #expect(Monitor.subsample().columns(in: 3..<10) == 7)
    #expect(Monitor.subsample(every: 4).columns(in: 0..<10) == 2)
    #expect(Monitor.average(over: 4).columns(in: 3..<4) == 1 && Monitor.average(over: 4).columns(in: 4..<7) == 0)
  }
}
