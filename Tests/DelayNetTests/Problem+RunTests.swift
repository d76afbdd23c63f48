import DelayNet
import TestSupport
import Testing

@Suite struct ProblemRunTests {
  @Test(arguments: ProblemCase<Double>.all) func equalsReference(example: ProblemCase<Double>) throws {
    let reference = ReferenceNetwork(example.problem)
    let start = try example.problem.start()
    let expected = reference.run(steps: example.steps, from: start)
    let found = try example.problem.simulate(steps: example.steps)
    #expect(relativeError(found.series.values, expected.series) < 1e-13)
    #expect(found.clamps == expected.clamps)
    #expect(relativeError(found.carry.state.values, expected.state.flatMap { $0 }) < 1e-11)
    #expect(found.carry.step == example.steps && found.steps == 0..<example.steps)
  }

  @Test(arguments: ProblemCase<Double>.all) func anyChunksGiveTheSameBits(example: ProblemCase<Double>) throws {
    var problem = example.problem
    for noise in [problem.noise, .drawn(RandomKey(seed: 3), member: 5)] {
      problem.noise = noise
      let whole = try problem.simulate(steps: example.steps)
      for chunk in [1, 2, 7, 16] {
        var carry = try problem.start()
        var parts: [[UInt64]] = []
        while carry.step < example.steps {
          let part = try problem.advance(&carry, steps: min(chunk, example.steps - carry.step))
          for row in 0..<part.series.rows.nodes {
            if parts.count <= row { parts.append([]) }
            parts[row] += part.series.rows.row(row).map(\.bitPattern)
          }
        }
        if example.steps > 0 {
          let isEqual = parts.flatMap { $0 } == whole.series.rows.bits
          #expect(isEqual && carry == whole.carry, "chunks of \(chunk)")
        }
      }
    }
  }

  @Test func aStimulusMayBeginLater() throws {
    var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    let columns = 30
    let stimulus = try StateArray(
      variables: 2, nodes: 5, columns: columns, values: RandomKey(seed: 4).normal(2 * 5 * columns, as: Double.self))
    problem.noise = .none
    problem.stimulus = stimulus
    let whole = try problem.simulate(steps: columns)
    var quiet = problem
    quiet.stimulus = nil
    #expect(try quiet.simulate(steps: columns).series != whole.series)
    var carry = try problem.start()
    _ = try problem.advance(&carry, steps: 12)
    for first in [3, 12] {
      problem.stimulus = stimulus.columns(first..<columns)
      problem.stimulusFirstStep = first
      #expect(try problem.simulate(steps: 18, from: carry).carry == whole.carry)
      #expect(try problem.with(delays: .network).simulate(steps: 18, from: carry).carry == whole.carry)
      #expect(
        throws: DelayNetError.shapeMismatch(name: "stimulus", expected: [2, 5, 31 - first], found: [2, 5, 30 - first])
      ) {
        try problem.simulate(steps: 19, from: carry)
      }
    }
    problem.stimulusFirstStep = 13
    #expect(throws: DelayNetError.self) { try problem.simulate(steps: 17, from: carry) }
    problem.stimulusFirstStep = -1
    #expect(throws: DelayNetError.self) { try problem.simulate(steps: 17, from: carry) }
  }

  @Test func drawnNoiseEqualsItsSamples() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin)
    var (drawn, given) = (example.problem, example.problem)
    drawn.noise = .drawn(RandomKey(seed: 8), member: 2)
    given.noise = .samples(
      try NoiseSamples(drawnFrom: RandomKey(seed: 8), member: 2, steps: 0..<example.steps, states: 2, nodes: 5))
    let expected = try drawn.simulate(steps: example.steps)
    #expect(try given.simulate(steps: example.steps) == expected)
    // Samples may begin later, where a chunk begins.
    var carry = try drawn.start()
    _ = try drawn.advance(&carry, steps: 10)
    given.noise = .samples(
      try NoiseSamples(drawnFrom: RandomKey(seed: 8), member: 2, steps: 10..<example.steps, states: 2, nodes: 5))
    #expect(try given.simulate(steps: 13, from: carry).carry == expected.carry)
    #expect(throws: DelayNetError.self) { try given.simulate(steps: 13) }
  }

  @Test func theDefaultPastStandsStill() throws {
    let example = try ProblemCase<Double>(model: .montbrioPazoRoxin, delays: 3..<9)
    var problem = example.problem
    problem.history = nil
    let start = try problem.start()
    for c in 0..<2 {
      for i in 0..<5 { #expect(start.history.series(c, node: i).allSatisfy { $0 == problem.initial[c, i, 0] }) }
    }
  }

  @Test func aNumberThatIsNotFiniteKeepsTheStepsBefore() throws {
    var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, steps: 20, stimulated: true).problem
    problem.stimulus?[1, 3, 12] = .infinity
    #expect(throws: DelayNetError.notFiniteInput("stimulus", run: 0, node: 3, state: "V", step: 12)) {
      try problem.simulate(steps: 20)
    }
    // A number, but the square of what it leads to is not.
    problem.stimulus?[1, 3, 12] = 1e300
    var kept: Trajectory<Double>?
    var carry = try problem.start()
    let error = #expect(throws: DelayNetError.self) {
      try problem.advance(&carry, steps: 20, onStop: { kept = $0 })
    }
    guard case .notFiniteState(0, 3, _, 13) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(carry.step == 12 && kept?.columns == 12 && kept?.carry == carry)
    var before = problem
    before.stimulus?[1, 3, 12] = 0
    #expect(try before.simulate(steps: 12).series == kept?.series)
    #expect("\(error!)".contains("node 3") && "\(error!)".contains("step 13"))
  }

  @Test func cancelledRunsCanBeResumed() throws {
    let example = try ProblemCase<Double>(
      model: .montbrioPazoRoxin, steps: 60, delays: 1..<20, monitor: .average(over: 7))
    var problem = example.problem
    problem.noise = .drawn(RandomKey(seed: 1))
    problem.stimulus = nil
    let whole = try problem.simulate(steps: 6000)
    var carry = try problem.start()
    var columns = 0
    #expect(throws: DelayNetError.self) {
      try problem.advance(&carry, steps: 6000, progress: { $0.done == 0 }, onStop: { columns = $0.columns })
    }
    #expect(carry.step < 6000)
    let rest = try problem.advance(&carry, steps: 6000 - carry.step)
    #expect(carry == whole.carry)
    #expect(columns + rest.columns == whole.columns)
  }

  @Test func mistakesNameTheirPlace() throws {
    let good = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    func fails(_ expected: DelayNetError, steps: Int = 5, _ change: (inout Problem<Double>) -> Void) {
      var problem = good
      change(&problem)
      #expect(throws: expected) { try problem.simulate(steps: steps) }
    }
    fails(.unknownParameter(name: "beta", model: "mpr")) { $0.parameters["beta"] = 1 }
    fails(.unknownState(name: "x", model: "mpr")) { $0.sigma = ["x": 1] }
    fails(.shapeMismatch(name: "eta", expected: [5], found: [2])) { $0.parameters["eta"] = [1, 2] }
    fails(.shapeMismatch(name: "sigma of r", expected: [5], found: [1])) { $0.sigma = ["r": [1]] }
    fails(.shapeMismatch(name: "sigma", expected: [2, 5], found: [3])) { $0.sigma = .values([1, 2, 3]) }
    fails(.shapeMismatch(name: "weights", expected: [25], found: [1])) { $0.weights = [1] }
    fails(.shapeMismatch(name: "initial", expected: [2, 5, 1], found: [1, 5, 1])) {
      $0.initial = try! StateArray(variables: 1, nodes: 5)
    }
    fails(.shapeMismatch(name: "history", expected: [2, 5, good.horizon], found: [2, 5, 2])) {
      $0.history = try! StateArray(variables: 2, nodes: 5, columns: 2)
    }
    fails(.shapeMismatch(name: "stimulus", expected: [2, 5, 5], found: [2, 5, 4])) {
      $0.stimulus = try! StateArray(variables: 2, nodes: 5, columns: 4)
    }
    fails(.shapeMismatch(name: "noise", expected: [5, 2, 5], found: [4, 2, 5])) {
      $0.noise = .samples(try! NoiseSamples(steps: 4, states: 2, nodes: 5))
    }
    fails(.optionOutOfRange(name: "steps", value: -1), steps: -1) { _ in }
    fails(.optionOutOfRange(name: "steps of a monitor", value: 0)) { $0.monitors = [.average(over: 0)] }
    fails(.notFiniteModelParameter(run: 0, parameter: "coupling", node: nil)) { $0.coupling = .nan }
    fails(.notFiniteModelParameter(run: 0, parameter: "eta", node: nil)) { $0.parameters["eta"] = .uniform(.nan) }
    fails(.notFiniteModelParameter(run: 0, parameter: "J", node: 2)) {
      $0.parameters["J"] = [1, 2, .infinity, 4, 5]
    }
    fails(.notFiniteWeight(run: 0, edge: 7)) { $0.weights[7] = .nan }
    #expect(throws: DelayNetError.optionOutOfRange(name: "timeStep", value: 0)) {
      try Problem(good.network, model: .linear, timeStep: 0)
    }
    #expect(throws: DelayNetError.self) { try Problem(good.network, model: .linear) }
    #expect(throws: DelayNetError.invalidValue(name: "delays", index: 3, value: -0.5)) {
      try good.with(delays: .fractional((0..<25).map { $0 == 3 ? -0.5 : 1 }))
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "lengths", expected: [25], found: [1])) {
      try good.with(delays: .tracts(lengths: [1], conductionSpeed: 3, fractional: true))
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "conductionSpeed", value: 0)) {
      try good.with(
        delays: .tracts(lengths: [Double](repeating: 1, count: 25), conductionSpeed: 0, fractional: true))
    }
    #expect("\(DelayNetError.unknownParameter(name: "beta", model: "mpr"))".contains("tau, I, Delta, J, eta, cr, cv"))
  }

  @Test func carriesOfOthersAreRefused() throws {
    var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, monitor: .average(over: 4)).problem
    var carry = try problem.start()
    _ = try problem.advance(&carry, steps: 6)
    problem.monitors = [.subsample()]
    #expect(throws: DelayNetError.self) { try problem.simulate(steps: 2, from: carry) }
    problem.monitors = [.average(over: 3)]
    #expect(throws: DelayNetError.self) { try problem.simulate(steps: 2, from: carry) }
    let linear = try ProblemCase<Double>(model: .linear).problem
    #expect(throws: DelayNetError.foreignCarry("it is of the model mpr, not linear")) {
      try linear.simulate(steps: 2, from: carry)
    }
  }

  @Test func wholeTractsAreRoundedHalfToEven() throws {
    let good = try ProblemCase<Double>(model: .linear).problem
    let lengths = (0..<25).map { 0.05 * Double($0) }  // 0.5 · n steps at 1 mm/ms and 0.1 ms … rounded below
    let problem = try Problem(
      good.network, model: .linear, timeStep: 0.1,
      delays: .tracts(lengths: lengths, conductionSpeed: 1, fractional: false))
    #expect(problem.delaysInSteps == lengths.map { ($0 / 1 / 0.1).rounded(.toNearestOrEven) })
    #expect(try problem.with(conductionSpeed: 2).delaysInSteps.max() == 6)
    #expect(throws: DelayNetError.notDifferentiable("conductionSpeed")) { try good.with(conductionSpeed: 2) }
  }

  @Test func nothingToDo() throws {
    let empty = try Problem(
      Network<Double>(nodes: 0, sources: [], targets: [], weights: [], delays: []), model: .linear, timeStep: 1)
    #expect(try empty.simulate(steps: 4).columns == 4)
    let alone = try Problem(
      Network<Double>(nodes: 1, sources: [], targets: [], weights: [], delays: []), model: .linear, timeStep: 0.1)
    let decay = try alone.simulate(steps: 3).series.values
    #expect(decay.count == 3 && abs(decay[0]) < abs(alone.initial[0, 0, 0]))
    #expect(try alone.simulate(steps: 0).columns == 0)
  }
}
