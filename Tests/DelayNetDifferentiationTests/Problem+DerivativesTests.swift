import DelayNetDifferentiation
import TestSupport
import Testing

@Suite struct ProblemDerivativesTests {
  private func example() throws -> ProblemCase<Double> {
    try ProblemCase(model: .montbrioPazoRoxin, nodes: 4, steps: 15, stimulated: false)
  }

  @Test func hasTheBitsOfTheExplicitPullback() throws {
    let example = try example()
    let (problem, steps) = (example.problem, example.steps)
    let target = try problem.simulate(steps: steps).series.rows
    let shift = try Buffer<Double>(target.shape, repeating: 0.5)
    var variables = try NetworkVariables(problem)
    for withNoise in [false, true] {
      if withNoise, case .samples(let samples) = problem.noise {
        variables.noise = Array(samples.values.prefix(steps * 2 * 4))
      }
      let (loss, slope) = valueWithGradient(at: variables) { v in
        (problem.differentiableSimulate(v, steps: steps) - target + shift).squared().sum()
      }
      let (value, gradient) = try problem.valueWithGradient(steps: steps) {
        ($0 - target + shift).squared().sum()
      }
      #expect(loss == value)
      #expect(slope.weights.base == gradient.weights && slope.coupling == gradient.coupling)
      #expect(slope.parameters.base == problem.model.parameters.flatMap { gradient.parameter($0.name) })
      #expect(slope.sigma.base == gradient.sigma)
      #expect(slope.initial.buffer(of: variables.initial.shape) == gradient.initial.rows)
      #expect(slope.history.buffer(of: variables.history.shape) == gradient.history.rows)
      #expect(slope.noise.base == (withNoise ? gradient.noise.values : []))
    }
  }

  @Test func stepsDownhill() throws {
    let example = try example()
    let (problem, steps) = (example.problem, example.steps)
    var variables = try NetworkVariables(problem)
    func loss(_ v: NetworkVariables<Double>) -> Double {
      problem.differentiableSimulate(v, steps: steps).squared().mean()
    }
    let before = loss(variables)
    let slope = gradient(at: variables) { v in
      problem.differentiableSimulate(v, steps: steps).squared().mean()
    }
    variables.move(
      by: .init(
        weights: .zero, coupling: -0.01 * slope.coupling, parameters: .zero, sigma: .zero,
        initial: -0.01 * slope.initial, history: .zero, noise: .zero))
    #expect(loss(variables) < before)
  }

  @Test func anEmptyTangentMeansZero() throws {
    let example = try example()
    let variables = try NetworkVariables(example.problem)
    let slope = gradient(at: variables) { v in
      0 * v.coupling + withoutDerivative(at: example.problem.differentiableSimulate(v, steps: 3)).sum()
    }
    #expect(slope.weights.base.isEmpty && slope.initial.isEmpty)
  }

  @Test func whatIsNotFiniteIsNaN() throws {
    let example = try example()
    var variables = try NetworkVariables(example.problem)
    variables.coupling = .infinity
    let (loss, slope) = valueWithGradient(at: variables) { v in
      example.problem.differentiableSimulate(v, steps: 5).sum()
    }
    #expect(loss.isNaN && slope.coupling.isNaN && slope.weights.base.count == 16)
    #expect(slope.weights.base.allSatisfy { $0.isNaN })
  }

  @Test func mistakesEndTheProgram() async {
    await #expect(processExitsWith: .failure) {
      let problem = try ProblemCase<Double>(model: .linear).problem
      var variables = try NetworkVariables(problem)
      variables.weights = [1]
      _ = problem.differentiableSimulate(variables, steps: 3)
    }
    await #expect(processExitsWith: .success) {
      let problem = try ProblemCase<Double>(model: .linear).problem
      _ = problem.differentiableSimulate(try NetworkVariables(problem), steps: 3)
    }
  }
}
