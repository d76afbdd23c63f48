import DelayNet
import TestSupport
import Testing

/// A run in `Float` is one of the same process as the run in `Double`: moments of 65,536 steps, with the same noise. Hours are
/// in bench/peers/precision.py.
@Suite struct FloatPrecisionTests {
  struct Moments {
    var mean = 0.0
    var deviation = 0.0
  }

  /// Of each state, over nodes and steps; of a phase those of its turn a step.
  func moments<Scalar: DelayNetScalar>(of model: NodeModel, as type: Scalar.Type) throws -> [Moments] {
    let (nodes, steps) = (8, 65_536)
    let keys = try RandomKey(seed: 23).split(3)
    let network = try Network(
      weights: try keys[0].uniform(nodes, nodes, in: 0..<0.125, as: Float.self).map { Scalar($0) },
      delays: try keys[1].integers(in: 1..<21, nodes, nodes))
    var problem = try Problem(network, model: model, timeStep: 0.1)
    let (coupling, sigma): (Double, [Double]) =
      switch model.name {
      case "mpr": (0.4, [0.05, 0.4])
      case "wong_wang": (0.1, [0.003])
      case "jansen_rit": (1, [0, 0, 0, 0, 1, 0])
      default: (0.05, .init(repeating: 0.05, count: model.states.count))
      }
    problem.coupling = Scalar(coupling)
    problem.sigma = .values(sigma.map { Scalar($0) })
    problem.noise = .drawn(keys[2])
    problem.initial = try StateArray(
      variables: model.states.count, nodes: nodes,
      values: model.states.flatMap { state in
        let range = state.initialRange ?? 0...1
        return (0..<nodes).map {
          Scalar(range.lowerBound + (range.upperBound - range.lowerBound) * (0.3 + 0.05 * Double($0)))
        }
      })
    let series = try problem.simulate(steps: steps).series
    return model.states.indices.map { s in
      var (count, sum, squares) = (0.0, 0.0, 0.0)
      for i in 0..<nodes {
        for t in 1..<steps {
          var x = Double(series[s, i, t])
          if model.states[s].isPeriodic {
            x -= Double(series[s, i, t - 1])
            x -= 2 * .pi * (x / (2 * .pi)).rounded()
          }
          (count, sum, squares) = (count + 1, sum + x, squares + x * x)
        }
      }
      let mean = sum / count
      return Moments(mean: mean, deviation: (squares / count - mean * mean).squareRoot())
    }
  }

  @Test(arguments: NodeModel.native) func floatIsOfTheSameProcess(model: NodeModel) throws {
    let narrow = try moments(of: model, as: Float.self), wide = try moments(of: model, as: Double.self)
    for ((a, b), state) in zip(zip(narrow, wide), model.states) {
      #expect(b.deviation > 0, "\(state.name) does not move")
      let apart = max(abs(a.mean - b.mean), abs(a.deviation - b.deviation)) / b.deviation
      // Measured: 7e-6 at most, and 1.6e-4 where oscillators slip past one another.
      #expect(apart <= (state.isPeriodic ? 5e-4 : 2e-5), "\(state.name): \(a) in Float, \(b) in Double")
    }
  }
}
