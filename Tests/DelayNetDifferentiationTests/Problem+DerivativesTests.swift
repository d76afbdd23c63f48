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

  @Test func weightsOfCouplingVariablesAreVariables() throws {
    let example = try example()
    var problem = example.problem
    problem.parameters["cv"] = .uniform(0.5)
    problem.weights += problem.weights.map { -0.5 * $0 }
    let variables = try NetworkVariables(problem)
    #expect(variables.weights == problem.weights)
    let (loss, slope) = valueWithGradient(at: variables) { v in
      problem.differentiableSimulate(v, steps: example.steps).squared().sum()
    }
    let (value, gradient) = try problem.valueWithGradient(steps: example.steps) { $0.squared().sum() }
    #expect(loss == value && slope.weights.base == gradient.weights && gradient.weights.count == 32)
  }

  @Test(arguments: [false, true]) func delaysSpeedAndStimuliAreVariables(ofTracts: Bool) throws {
    let example = try ProblemCase<Double>(
      model: .montbrioPazoRoxin, nodes: 4, steps: 15, delays: 1..<9, fractional: true, monitor: .subsample(every: 4))
    let steps = example.steps
    var problem = example.problem
    if ofTracts {
      let lengths = problem.delaysInSteps.map { $0 * problem.timeStep * 7 }
      problem = try problem.with(delays: .tracts(lengths: lengths, conductionSpeed: 7, fractional: true))
      problem.history = nil
    }
    problem.stimuli = [
      Stimulus(nodes: [1, 2], onsets: [0.03, 0.09], length: 0.02, amplitude: 0.5),
      Stimulus(nodes: [0], onsets: [0.01], length: 0.12, amplitude: -0.25, state: "V"),
    ]
    let variables = try NetworkVariables(problem)
    #expect(variables.delays.isEmpty == ofTracts && (variables.conductionSpeed == 7) == ofTracts)
    let (loss, slope) = valueWithGradient(at: variables) { v in
      problem.differentiableSimulate(v, steps: steps).squared().sum()
    }
    let (value, gradient) = try problem.valueWithGradient(steps: steps) { $0.squared().sum() }
    #expect(loss == value)
    #expect(slope.amplitudes.base == gradient.amplitudes && slope.weights.base == gradient.weights)
    if ofTracts {
      #expect(slope.conductionSpeed == gradient.conductionSpeed && slope.conductionSpeed != 0)
      #expect(slope.delays.base == [])
    } else {
      #expect(slope.delays.base == gradient.delays && slope.conductionSpeed == 0)
    }
    // The stimulus goes on behind the run: there it has no influence.
    let ofStimulus = slope.stimulus.buffer(of: variables.stimulus.shape)
    for row in 0..<8 {
      for column in 0..<(steps + 40) {
        let expected = column < steps ? gradient.stimulus[row / 4, row % 4, column] : 0
        #expect(ofStimulus[row, column] == expected)
      }
    }
    // Moved variables are another problem's.
    var moved = variables
    var step = NetworkVariables<Double>.TangentVector.zero
    step.amplitudes = .init(gradient.amplitudes.map { -1e-4 * $0 })
    step.delays = .init(slope.delays.base.map { -1e-6 * $0 })
    step.conductionSpeed = -1e-6 * slope.conductionSpeed
    step.stimulus = -1e-6 * slope.stimulus
    moved.move(by: step)
    let after = problem.differentiableSimulate(moved, steps: steps).squared().sum()
    #expect(after < loss)
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
    var step = NetworkVariables<Double>.TangentVector.zero
    step.coupling = -0.01 * slope.coupling
    step.initial = -0.01 * slope.initial
    variables.move(by: step)
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
