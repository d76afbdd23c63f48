import DelayNet
import TestSupport
import Testing

@Suite struct ProblemPullbackTests {
  @Test(arguments: ProblemCase<Double>.small) func gradientsPassEveryCheck(example: ProblemCase<Double>) throws {
    let target = try example.problem.simulate(steps: example.steps).series
    let shift = try Buffer<Double>(target.rows.shape, repeating: 0.25)
    let report = try GradientCheck.run(example.problem, steps: example.steps, entries: 8, tolerance: 1e-6) {
      (s: Traced<Double>) throws(DelayNetError) -> TracedScalar<Double> in (s - target + shift).squared().mean()
    }
    for input in report.inputs {
      #expect(input.differences.passed, "\(input.name): \(report)")
      #expect(input.taylor.passed, "\(input.name): \(report)")
    }
    #expect(report.dotProductError < 1e-12 && report.directionalError < 1e-11)
  }

  @Test func conductionSpeedIsTheChainOfDelays() throws {
    let good = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 3, steps: 12, delays: 1..<4).problem
    var problem = try good.with(
      delays: .tracts(
        lengths: (0..<9).map { 0.0317 + 0.0043 * Double($0) }, conductionSpeed: 1.3, fractional: true))
    problem.history = try StateArray(variables: 2, nodes: 3, columns: problem.horizon, repeating: 0.4)
    let report = try GradientCheck.run(
      problem, steps: 12, withRespectTo: [.conductionSpeed, .delays], tolerance: 1e-6
    ) { (s: Traced<Double>) throws(DelayNetError) -> TracedScalar<Double> in s.squared().mean() }
    #expect(report.passed, "\(report)")
    let gradient = try problem.valueWithGradient(steps: 12, withRespectTo: [.conductionSpeed, .delays]) {
      $0.squared().mean()
    }.gradient
    let chain = zip(problem.delaysInSteps, gradient.delays).reduce(0) { $0 - $1.0 / 1.3 * $1.1 }
    #expect(abs(gradient.conductionSpeed - chain) <= 1e-14 * abs(chain) && chain != 0)
  }

  @Test func wholeDelaysAreNotDifferentiable() throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    for (inputs, name) in [(Problem<Double>.Inputs.delays, "delays"), (.conductionSpeed, "conductionSpeed")] {
      #expect(throws: DelayNetError.notDifferentiable(name)) {
        try problem.valueWithGradient(steps: 4, withRespectTo: inputs) { $0.sum() }
      }
    }
    var direction = Problem<Double>.Tangent()
    direction.delays = [Double](repeating: 1, count: 25)
    #expect(throws: DelayNetError.notDifferentiable("delays")) { try problem.jvp(steps: 4, along: direction) }
    var quiet = problem
    quiet.sigma = .none
    quiet.stimulus = nil
    for (inputs, name) in [(Problem<Double>.Inputs.sigma, "sigma"), (.noise, "noise"), (.stimulus, "stimulus")] {
      #expect(throws: DelayNetError.notDifferentiable(name)) {
        try quiet.valueWithGradient(steps: 4, withRespectTo: inputs) { $0.sum() }
      }
    }
    #expect(throws: DelayNetError.unknownParameter(name: "beta", model: "mpr")) {
      try problem.valueWithGradient(steps: 4, withRespectTo: .parameter("beta")) { $0.sum() }
    }
  }

  @Test func asksForOneInputAtATime() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 3, fractional: true)
    let tape = try example.problem.record(steps: example.steps)
    let cotangent = try StateArray(
      variables: 2, nodes: 3, columns: example.steps,
      values: RandomKey(seed: 6).normal(6 * example.steps, as: Double.self))
    let all = try tape.pullback(cotangent)
    #expect(try tape.pullback(cotangent, withRespectTo: .weights).weights == all.weights)
    #expect(try tape.pullback(cotangent, withRespectTo: .delays).delays == all.delays)
    #expect(try tape.pullback(cotangent, withRespectTo: .coupling).coupling == all.coupling)
    #expect(
      try tape.pullback(cotangent, withRespectTo: .parameter("eta")).parameters == ["eta": all.parameters["eta"]!])
    #expect(try tape.pullback(cotangent, withRespectTo: .parameters).parameters == all.parameters)
    #expect(try tape.pullback(cotangent, withRespectTo: .sigma).sigma == all.sigma)
    #expect(try tape.pullback(cotangent, withRespectTo: .noise).noise == all.noise)
    #expect(try tape.pullback(cotangent, withRespectTo: .stimulus).stimulus == all.stimulus)
    #expect(try tape.pullback(cotangent, withRespectTo: .initial).initial == all.initial)
    #expect(try tape.pullback(cotangent, withRespectTo: .history).history == all.history)
    // tau differs from node to node, the others do not.
    #expect(all.parameter("tau").count == 3 && all.parameter("eta").count == 1)
    let zero = try tape.pullback(nil)
    #expect(zero.weights.allSatisfy { $0 == 0 } && zero.noise.values.allSatisfy { $0 == 0 } && zero.coupling == 0)
  }

  @Test func everyAmountOfMemoryGivesTheSameBits() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, steps: 200, delays: 1..<20)
    var problem = example.problem
    problem.noise = .drawn(RandomKey(seed: 2))
    problem.stimulus = nil
    func gradient(_ memory: TapeMemory) throws -> Problem<Double>.Gradient {
      try problem.valueWithGradient(
        steps: 200, withRespectTo: [.weights, .coupling, .parameters, .sigma, .initial, .history], memory: memory
      ) { $0.squared().mean() }.gradient
    }
    let expected = try gradient(.everything)
    let (everything, least) = try problem.tapeBytes(steps: 200)
    #expect(least <= everything)
    for bytes in [everything, (everything + least) / 2, least + (everything - least) / 10, least] {
      let found = try gradient(.bytes(bytes))
      #expect(found.weights == expected.weights && found.coupling == expected.coupling)
      #expect(found.parameters == expected.parameters && found.sigma == expected.sigma)
      #expect(found.initial == expected.initial && found.history == expected.history)
    }
    #expect(throws: DelayNetError.budgetTooSmall(least: least)) { try gradient(.bytes(1)) }
    #expect(throws: DelayNetError.optionOutOfRange(name: "memory", value: 0)) { try gradient(.bytes(0)) }
  }

  @Test func finalStateHasACotangentOfItsOwn() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 3)
    let tape = try example.problem.record(steps: example.steps)
    let last = try StateArray<Double>(variables: 2, nodes: 3, values: [1, 2, 3, 4, 5, 6])
    var series = try StateArray<Double>(variables: 2, nodes: 3, columns: example.steps)
    for s in 0..<2 { for i in 0..<3 { series[s, i, example.steps - 1] = last[s, i, 0] } }
    let (a, b) = (try tape.pullback(nil, finalState: last), try tape.pullback(series))
    #expect(relativeError(a.weights, b.weights) < 1e-14)
    #expect(relativeError(a.initial.values, b.initial.values) < 1e-14)
  }

  @Test(arguments: [Monitor.subsample(), .subsample(every: 3), .average(over: 4)])
  func aCotangentOfEveryColumnNeedsNoSeries(monitor: Monitor) throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 3, steps: 90)
    var problem = example.problem
    problem.monitors = [monitor]
    // The columns end at multiples of absolute steps: some steps belong to none.
    var carry = try problem.start()
    _ = try problem.advance(&carry, steps: 5)
    let whole = try problem.record(steps: 80, from: carry)
    let columns = whole.trajectory.columns
    #expect(columns == monitor.columns(in: 5..<85))
    let column = try StateArray<Double>(variables: 2, nodes: 3, values: [1, -2, 3, 0.5, 0, 7])
    var series = try StateArray<Double>(variables: 2, nodes: 3, columns: columns)
    for s in 0..<2 { for i in 0..<3 { for k in 0..<columns { series[s, i, k] = column[s, i, 0] } } }
    let expected = try whole.pullback(series, finalState: column)
    let least = try problem.tapeBytes(steps: 80, from: carry).least
    for memory in [TapeMemory.everything, .bytes(least)] {
      let tape = try problem.record(steps: 80, from: carry, memory: memory, keepsSeries: false)
      #expect(tape.trajectory.series.shape == [2, 3, 0])
      #expect(tape.trajectory.carry == whole.trajectory.carry && tape.trajectory.steps == 5..<85)
      for found in [
        try tape.pullback(everyColumn: column, finalState: column), try tape.pullback(series, finalState: column),
      ] {
        #expect(found.weights == expected.weights && found.coupling == expected.coupling)
        #expect(found.parameters == expected.parameters && found.sigma == expected.sigma)
        #expect(found.noise == expected.noise && found.stimulus == expected.stimulus)
        #expect(found.initial == expected.initial && found.history == expected.history)
      }
      #expect(expected.coupling != 0)
      #expect(throws: DelayNetError.shapeMismatch(name: "everyColumn", expected: [2, 3, 1], found: [2, 3, columns])) {
        try tape.pullback(everyColumn: series)
      }
      #expect(throws: DelayNetError.shapeMismatch(name: "cotangent", expected: [2, 3, columns], found: [2, 3, 1])) {
        try tape.pullback(column)
      }
    }
  }

  @Test func whatATapeTakesIsSaidOfAnyLength() throws {
    let problem = try {
      var problem = try ProblemCase<Float>(model: .montbrioPazoRoxin, nodes: 3).problem
      problem.stimulus = nil
      problem.noise = .drawn(RandomKey(seed: 1))
      return problem
    }()
    let (first, second) = (try problem.tapeBytes(steps: 1000), try problem.tapeBytes(steps: 2000))
    let trillion = try problem.tapeBytes(steps: 1_000_000_000_000)
    #expect(trillion.everything == first.everything + (second.everything - first.everything) * 999_999_999)
    let longest = try problem.tapeBytes(steps: 1 << 62)
    #expect(longest.everything == .max)
    #expect(first.least <= second.least && second.least <= trillion.least && trillion.least <= longest.least)
    #expect(longest.least < 1 << 24)
  }

  @Test func theClosureIsTheTape() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, nodes: 3)
    let (value, pullback) = try example.problem.simulateWithPullback(steps: example.steps, withRespectTo: .weights)
    #expect(try value == example.problem.simulate(steps: example.steps))
    let tape = try example.problem.record(steps: example.steps)
    #expect(try pullback(value.series).weights == tape.pullback(value.series, withRespectTo: .weights).weights)
    #expect(throws: DelayNetError.shapeMismatch(name: "cotangent", expected: [2, 3, 23], found: [2, 3, 1])) {
      _ = try pullback(StateArray(variables: 2, nodes: 3))
    }
  }

  @Test func chunksGoOnFromACarry() throws {
    // The gradient with respect to a chunk's first state and history, pulled back through the chunk before.
    let example = try ProblemCase<Double>(model: .linear, nodes: 3, steps: 20, delays: 1..<3)
    let problem = example.problem
    var carry = try problem.start()
    _ = try problem.advance(&carry, steps: 12)
    let report = try GradientCheck.run(problem, steps: 8, from: carry, tolerance: 1e-6) {
      (s: Traced<Double>) throws(DelayNetError) -> TracedScalar<Double> in s.squared().sum()
    }
    #expect(report.passed, "\(report)")
  }

  @Test func mistakesInALossAreThrown() throws {
    let problem = try ProblemCase<Double>(model: .linear).problem
    let shorter = try StateArray<Double>(variables: 1, nodes: 5, columns: 3)
    #expect(throws: DelayNetError.self) {
      try problem.valueWithGradient(steps: 4) { ($0 - shorter).sum() }
    }
  }
}
