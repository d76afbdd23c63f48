import DelayNetDifferentiation
import TestSupport
import Testing

/// The examples of the documentation, as they stand there.
@Suite struct ArticleTests {
  @Test func everyExampleIsRun() throws {
    #expect(try examplesNotRun(of: "DelayNetDifferentiation", in: #filePath) == [])
  }

  @Test func landingPage() throws {
    let example = NetworkCase<Float>(nodes: 17, steps: 40, kind: .uniform)
    let (map, network, buffer) = (example.map, example.map.network, example.buffer)
    let target = try RandomKey(seed: 1).normal(buffer.shape)

    let (loss, gradient) = valueWithGradient(at: buffer) { b in
      (map.differentiableRun(b) - target).squared().sum()
    }
    let ofBuffer = gradient.buffer(of: buffer.shape)
    let explicit = try map.valueWithGradient(at: buffer) { b in (b - target).squared().sum() }
    #expect(loss == explicit.value && ofBuffer == explicit.gradient.buffer)

    try arguments(map, network, buffer)
    branches(map, buffer)
    parameters(map, network, buffer)
  }

  @Test func networks() throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, steps: 100).problem

    let variables = try NetworkVariables(problem)
    let ofVariables = gradient(at: variables) { v in
      problem.differentiableSimulate(v, steps: 100).squared().mean()
    }
    print(ofVariables.coupling, ofVariables.weights.base.count)

    #expect(ofVariables.coupling != 0 && ofVariables.weights.base.count == 25)
  }

  private func arguments(_ map: DelayMap<Float>, _ network: Network<Float>, _ buffer: Buffer<Float>) throws {
    let (ofHistory, ofWeights) = gradient(at: buffer, network.weights) { b, w in
      map.differentiableRun(b, weights: w).squared().mean()
    }
    let matrix = try network.matrix(ofWeights.base)
    #expect(!ofHistory.isEmpty && matrix.rows == 17)
  }

  private func branches(_ map: DelayMap<Float>, _ buffer: Buffer<Float>) {
    let (penalty, slope) = valueWithGradient(at: buffer) { b in
      let x = map.differentiableRun(b)
      var penalty: Float = 0
      for i in 0..<withoutDerivative(at: x.nodes) {
        for t in 0..<withoutDerivative(at: x.steps) {
          let value = x[node: i, step: t]
          if value > 1 { penalty += (value - 1) * (value - 1) }
        }
      }
      return penalty
    }
    #expect(penalty > 0 && slope != .zero)
  }

  private func parameters(_ map: DelayMap<Float>, _ network: Network<Float>, _ buffer: Buffer<Float>) {
    var model = Model(weights: network.weights, gain: 1, map: map, noise: buffer)
    for _ in 0..<10 {
      let slope = gradient(at: model) { $0.loss() }
      model.move(by: .init(weights: .zero, gain: -0.1 * slope.gain))
    }
    #expect(abs(model.gain) < 1)
  }
}

struct Model: Differentiable {
  var weights: [Float]
  var gain: Float
  @noDerivative let map: DelayMap<Float>
  @noDerivative let noise: Buffer<Float>

  func loss() -> Float {
    map.differentiableRun(gain * noise, weights: weights).squared().mean()
  }
}
