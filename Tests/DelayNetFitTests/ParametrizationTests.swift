@testable import DelayNetFit
import TestSupport
import Testing

@Suite struct ParametrizationTests {
  static let steps = 12

  /// Everything that can be free: fractional delays, noise, stimuli, a parameter that differs from region to region.
  static func problem(tracts: Bool = false) throws -> Problem<Double> {
    var problem = try ProblemCase<Double>(
      model: .montbrioPazoRoxin, nodes: 4, steps: steps, delays: 1..<4, fractional: true
    ).problem
    if tracts {
      let lengths = problem.delaysInSteps.map { $0 * 0.03 }
      problem = try problem.with(delays: .tracts(lengths: lengths, conductionSpeed: 2.7, fractional: true))
    }
    problem.weights[5] = 0
    problem.stimuli = [
      Stimulus(nodes: [0, 2], onsets: [0, 0.06], length: 0.03, amplitude: 0.4),
      Stimulus(nodes: [1], onsets: [0.02], length: 0.05, amplitude: -0.3, state: "V"),
    ]
    return problem
  }

  static let cases: [[FreeParameter]] = [
    [.coupling], [.coupling(.positive)], [.coupling(.bounded(0...3))], [.coupling(.clamped(0...3))],
    [.parameter("J")], [.parameter("eta", .perRegion, in: -8...(-2))], [.parameter("eta", .shared, .identity)],
    [.parameter("J", .groups([0, 1, 1, 0]), .positive)],
    [.parameter("Delta", .perRegion, .positive).keeping([1, 3]).penalizingSpread(0.7)],
    [.sigma()], [.sigma("V")], [.sigma("r", .perRegion)], [.sigma("V", .groups([1, 0, 1, 2]), .identity)],
    [.sigma(nil, .perRegion, .bounded(0...1))],
    [.weights(.identity)], [.weights(.identity).keeping([0, 7])], [.delays], [.conductionSpeed],
    [.initial()], [.initial("V")], [.initial("r", .perRegion, .positive).keeping([2])], [.amplitudes],
    [
      .coupling(.positive), .parameter("eta", .perRegion, in: -9...0), .sigma("r"), .sigma("V", .perRegion),
      .weights(.identity), .delays, .amplitudes,
    ],
  ]

  @Test(arguments: cases) func theChainRuleReachesEveryNumber(_ free: [FreeParameter]) throws {
    let problem = try Self.problem(tracts: free == [.conductionSpeed])
    let parametrization = try Parametrization(problem, free: free)
    let x = parametrization.start
    func value(_ x: [Double]) throws -> Double {
      try parametrization.problem(at: x).value(steps: Self.steps) { s in (s - 0.3).squared().mean() }
        + parametrization.penalty(at: x).value
    }
    // At the start, the problem is the one that was given, but for the rounding of transforms.
    let own = try problem.value(steps: Self.steps) { s in (s - 0.3).squared().mean() }
    #expect(abs(try value(x) - parametrization.penalty(at: x).value - own) < 1e-12)

    // Elsewhere, so that numbers that were alike differ.
    let y = zip(x, try RandomKey(seed: 5).uniform(x.count, in: -0.03..<0.03, as: Double.self)).map { $0 + $1 }
    let gradient = try parametrization.problem(at: y).valueWithGradient(
      steps: Self.steps, withRespectTo: parametrization.inputs
    ) { s in (s - 0.3).squared().mean() }.gradient
    let (own1, penalty) = (try parametrization.gradient(gradient, at: y), try parametrization.penalty(at: y).gradient)
    let g = zip(own1, penalty).map { $0 + $1 }
    #expect(g.contains { $0 != 0 })
    let differences = try GradientCheck.differences(at: y, gradient: g, of: value)
    #expect(differences.passed, "\(free.map(\.name)): \(differences)")
    let direction = try RandomKey(seed: 6).normal(x.count, as: Double.self)
    #expect(try GradientCheck.taylor(at: y, gradient: g, along: direction, of: value).passed)
  }

  @Test func weightsOfCouplingVariablesAreNumbersOfTheirOwn() throws {
    var problem = try Self.problem()
    let edges = problem.network.edges
    problem.parameters["cv"] = .uniform(0.5)
    // An edge has both weights, one of them, or none.
    var weights = [Double](repeating: 0, count: 2 * edges)
    for k in weights.indices where k % edges % 4 != 0 && k % 3 != 0 { weights[k] = 0.1 + 0.01 * Double(k) }
    problem.weights = weights
    let nonzero: Int = weights.filter { $0 != 0 }.count
    let read: Int = (0..<edges).filter { weights[$0] != 0 || weights[edges + $0] != 0 }.count
    let cases: [(free: FreeParameter, count: Int)] = [(.weights(.identity), nonzero), (.delays, read)]
    for (free, count) in cases {
      let parametrization = try Parametrization(problem, free: [free])
      let x = parametrization.start
      #expect(x.count == count)
      func value(_ x: [Double]) throws -> Double {
        try parametrization.problem(at: x).value(steps: Self.steps) { s in (s - 0.3).squared().mean() }
      }
      let gradient = try parametrization.problem(at: x).valueWithGradient(
        steps: Self.steps, withRespectTo: parametrization.inputs
      ) { s in (s - 0.3).squared().mean() }.gradient
      let g = try parametrization.gradient(gradient, at: x)
      let differences = try GradientCheck.differences(at: x, gradient: g, of: value)
      #expect(differences.passed && g.allSatisfy { $0 != 0 }, "\(free.name): \(differences)")
    }
  }

  @Test func numbersAreReportedAsPhysicalOnes() throws {
    var problem = try Self.problem()
    problem.coupling = 0.5
    problem.parameters["eta"] = .perNode([-5, -4, -6, -3])
    let p = try Parametrization(
      problem,
      free: [
        .coupling(.positive), .parameter("eta", .perRegion, in: -8...0).keeping([2]),
        .parameter("J", .groups([1, 0, 0, 1]), .identity), .parameter("Delta", .shared, .clamped(0...2)), .amplitudes,
      ])
    #expect(p.count == 1 + 3 + 2 + 1 + 2)
    #expect(p.bounds[6] == 0...2 && p.bounds[0] == -.infinity ... .infinity)
    var vector = p.start
    vector[4] = 11
    vector[5] = 12
    let values = try p.values(at: vector)
    #expect(values.map(\.name) == ["coupling", "eta", "J", "Delta", "amplitudes"])
    #expect(abs(values[0].values[0] - 0.5) < 1e-15)
    #expect(relativeError(values[1].values, [-5, -4, -6, -3]) < 1e-15)
    // Groups are reported in their order: region 0 is of group 1, whose number is the vector's first.
    #expect(values[2].values == [12, 11])
    let moved = try p.problem(at: vector)
    #expect(moved.parameters["J"] == .perNode([11, 12, 12, 11]))
    #expect(moved.parameters["Delta"] == .uniform(1))
    #expect(relativeError(values[4].values, [0.4, -0.3]) < 1e-15)
  }

  @Test func transformsAreInverses() {
    let transforms: [BoundTransform] = [.identity, .positive, .logistic(-2, 5), .clamped(-3, 4)]
    for transform in transforms {
      for u in [-30, -3, -1e-3, 0, 0.7, 2, 3.9] {
        let (x, slope) = transform.forward(u)
        if case .clamped = transform, !(-3...4 ~= u) { continue }
        #expect(
          transform.inverse(x).map { abs($0 - u) < 1e-2 * exponentialOf(abs(u) - 30) + 1e-9 } ?? false,
          "\(transform) \(u)")
        let h = 1e-6
        let difference = (transform.forward(u + h).x - transform.forward(u - h).x) / (2 * h)
        #expect(abs(slope - difference) < 1e-7 * max(1, abs(slope)))
      }
    }
    #expect(BoundTransform.positive.inverse(0) == nil && BoundTransform.logistic(0, 1).inverse(1) == nil)
    #expect(BoundTransform.logistic(0, 1).forward(800).x == 1 && BoundTransform.logistic(0, 1).forward(-800).x == 0)
  }

  private func exponentialOf(_ x: Double) -> Double { BoundTransform.positive.forward(x).x }

  @Test func historiesFollowTheirHorizon() throws {
    let problem = try Self.problem()
    let p = try Parametrization(problem, free: [.delays])
    let columns = problem.horizon
    let longer = try p.problem(at: p.start.map { $0 + 1 })
    #expect(longer.horizon > columns && longer.history?.columns == longer.horizon)
    #expect(longer.history?[0, 1, longer.horizon - 1] == problem.history?[0, 1, columns - 1])
    #expect(longer.history?[1, 2, 0] == problem.history?[1, 2, 0])
  }

  @Test func mistakesAreToldBeforeAnythingRuns() throws {
    let problem = try Self.problem()
    func expect(_ error: DelayNetError, _ free: [FreeParameter], at given: Problem<Double>? = nil) {
      #expect(throws: error) { try Parametrization(given ?? problem, free: free) }
    }
    var whole = try ProblemCase<Double>(model: .wongWang).problem
    expect(.unknownParameter(name: "speed", model: "mpr"), [.parameter("speed")])
    expect(.unknownState(name: "S", model: "mpr"), [.sigma("S")])
    expect(.unknownState(name: "S", model: "mpr"), [.initial("S")])
    expect(.duplicateName("eta"), [.parameter("eta"), .coupling, .parameter("eta", .perRegion)])
    expect(.duplicateName("sigma of V"), [.sigma(), .sigma("V")])
    expect(.duplicateName("sigma"), [.sigma("V"), .sigma()])
    expect(.notDifferentiable("conductionSpeed"), [.conductionSpeed])
    expect(.notDifferentiable("delays"), [.delays], at: whole)
    expect(.notDifferentiable("amplitudes"), [.amplitudes], at: whole)
    whole.sigma = .none
    expect(.notDifferentiable("sigma"), [.sigma()], at: whole)
    expect(.duplicateName("conductionSpeed"), [.delays, .conductionSpeed], at: try Self.problem(tracts: true))
    expect(.shapeMismatch(name: "free parameters", expected: [1], found: [0]), [])
    expect(
      .shapeMismatch(name: "free parameters", expected: [1], found: [0]),
      [.parameter("J", .perRegion, .identity).keeping(0..<4)])
    expect(
      .shapeMismatch(name: "groups of eta", expected: [4], found: [2]), [.parameter("eta", .groups([0, 1]), .identity)])
    expect(
      .invalidValue(name: "groups of eta", index: 3, value: 3), [.parameter("eta", .groups([0, 1, 1, 3]), .identity)])
    expect(
      .invalidValue(name: "kept regions of eta", index: 4, value: 4),
      [.parameter("eta", .perRegion, .identity).keeping([4])])
    expect(.optionOutOfRange(name: "coupling", value: 1), [.coupling(.bounded(0...1))])
    expect(.optionOutOfRange(name: "coupling", value: 1), [.coupling(.clamped(2...3))])
    expect(.optionOutOfRange(name: "bounds of coupling", value: 0), [.coupling(.bounded(nil))])
    expect(.optionOutOfRange(name: "bounds of coupling", value: .infinity), [.coupling(.bounded(0 ... .infinity))])
    expect(.optionOutOfRange(name: "penalty of J", value: -1), [.parameter("J").penalizingSpread(-1)])
    let negative = try #require(problem.weights.firstIndex { $0 < 0 })
    expect(.invalidValue(name: "weights", index: negative, value: problem.weights[negative]), [.weights])
    // What is shared has to be the same everywhere.
    var differing = problem
    differing.parameters["eta"] = .perNode([-5, -5, -4, -5])
    expect(.invalidValue(name: "eta", index: 2, value: -4), [.parameter("eta", .shared, .identity)], at: differing)
    expect(
      .invalidValue(name: "eta", index: 2, value: -4), [.parameter("eta", .groups([0, 0, 0, 1]), .identity)],
      at: differing)
    var free = problem
    free.history = nil
    expect(.notDifferentiable("initial, beside delays and without a history"), [.delays, .initial()], at: free)
    let p = try Parametrization(problem, free: [.coupling])
    #expect(throws: DelayNetError.shapeMismatch(name: "unconstrained numbers", expected: [1], found: [2])) {
      try p.problem(at: [1, 2])
    }
  }
}
