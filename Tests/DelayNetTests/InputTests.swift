import DelayNet
import TestSupport
import Testing

@Suite struct InputTests {
  private func problem() throws -> Problem<Double> {
    let network = try Network<Double>(
      nodes: 3, sources: [0, 1], targets: [1, 2], weights: [0.5, 0.25], delays: [1, 2])
    var problem = try Problem(network, model: .wongWang, timeStep: 1)
    problem.parameters = ["w": [0.5, 0.6, 0.7], "I_o": 0.3]
    return problem
  }

  @Test func thereIsWhatTheProblemHas() throws {
    var problem = try problem()
    let parameters = problem.model.parameters.map(\.name)
    #expect(problem.differentiableInputs == ["weights", "coupling"] + parameters + ["initial", "history"])

    problem.sigma = 0.01
    problem.stimuli = [Stimulus(nodes: [0], onsets: [0], length: 2, amplitude: 1)]
    problem.stimulus = try StateArray(variables: problem.model.states.count, nodes: 3, columns: 4)
    let noisy = ["initial", "history", "sigma", "noise", "stimulus", "amplitudes"]
    #expect(problem.differentiableInputs == ["weights", "coupling"] + parameters + noisy)
    problem.noise = .none
    #expect(!problem.differentiableInputs.contains("noise") && !problem.differentiableInputs.contains("sigma"))

    let fractional = try problem.with(delays: .tracts(lengths: [3, 7], conductionSpeed: 2, fractional: true))
    #expect(fractional.differentiableInputs.suffix(2) == ["delays", "speed"])
    let still = try problem.with(delays: .tracts(lengths: [3, 7], conductionSpeed: .infinity, fractional: true))
    #expect(!still.differentiableInputs.contains("speed"))
  }

  @Test func namesAreInputsOrParameters() throws {
    typealias Inputs = Problem<Double>.Inputs
    #expect(
      Problem<Double>.inputs(named: ["coupling", "w", "speed"]) == [.coupling, .parameter("w"), .conductionSpeed])
    #expect(
      Problem<Double>.inputs(named: Input.allCases.map(\.rawValue))
        == Inputs(
          arrayLiteral: .weights, .delays, .conductionSpeed,
          .coupling, .parameters, .sigma, .noise, .stimulus, .amplitudes, .initial, .history))
    #expect(throws: DelayNetError.unknownParameter(name: "nothing", model: "wong_wang")) {
      try problem().record(steps: 2).pullback(nil, withRespectTo: Problem<Double>.inputs(named: ["nothing"]))
    }
  }

  @Test func everyInputOfAGradientHasItsShape() throws {
    var problem = try problem()
    problem.sigma = 0.01
    problem.stimuli = [Stimulus(nodes: [0, 2], onsets: [0], length: 2, amplitude: 1)]
    problem.stimulus = try StateArray(variables: problem.model.states.count, nodes: 3, columns: 4)
    let states = problem.model.states.count
    for problem in [problem, try problem.with(delays: .tracts(lengths: [3, 7], conductionSpeed: 2, fractional: true))] {
      let gradient = try problem.valueWithGradient(steps: 4) { $0.squared().sum() }.gradient
      let couplings = problem.model.couplings.count
      var expected: [String: [Int]] = [
        "weights": [2], "coupling": [], "sigma": [states], "noise": [4, states, 3], "stimulus": [states, 3, 4],
        "amplitudes": [1], "initial": [states, 3, 1], "history": [couplings, 3, problem.horizon],
      ]
      if problem.delays.areFractional { expected.merge(["delays": [2], "speed": []]) { $1 } }
      for parameter in problem.model.parameters { expected[parameter.name] = parameter.name == "w" ? [3] : [] }
      #expect(Set(gradient.names) == Set(expected.keys))
      #expect(Set(problem.differentiableInputs) == Set(expected.keys))
      for (name, shape) in expected {
        #expect(gradient.shape(of: name) == shape, "\(name)")
        let values = try #require(gradient[name])
        #expect(values.count == shape.reduce(1, *) && values.allSatisfy(\.isFinite), "\(name)")
      }
      #expect(gradient["nothing"] == nil && gradient.shape(of: "nothing") == nil && gradient["parameters"] == nil)
    }
  }

  @Test func aDirectionHasWhatWasSet() throws {
    var direction = Problem<Double>.Tangent()
    #expect(direction.names.isEmpty)
    direction.coupling = 2
    direction.parameters = ["w": [1, 2, 3]]
    direction.amplitudes = [4]
    #expect(direction.names == ["coupling", "w", "amplitudes"])
    #expect(direction["coupling"] == [2] && direction["w"] == [1, 2, 3] && direction["weights"] == nil)
    #expect(throws: DelayNetError.notDifferentiable("amplitudes")) {
      try problem().jvp(steps: 2, along: direction)
    }
  }
}
