import DelayNetFit
import Foundation
import TestSupport
import Testing

@Suite struct FitTests {
  static let nodes = 5

  /// A small network of Wong and Wang's model with regional excitability, noise drawn from a key, and delays.
  static func problem(coupling: Double = 0.4, w: [Double]? = nil, sigma: Double = 0.02) throws -> Problem<Double> {
    let weights = try RandomKey(seed: 3).uniform(nodes, nodes, in: 0..<1, as: Double.self)
    let delays = try RandomKey(seed: 4).integers(in: 0..<5, nodes, nodes)
    let network = try Network(
      weights: Matrix(rows: nodes, columns: nodes) { $0 == $1 ? 0 : weights[$0, $1] / 3 }, delays: delays)
    var problem = try Problem(network, model: .wongWang, timeStep: 2)
    problem.coupling = coupling
    problem.parameters = ["w": w.map { .perNode($0) } ?? 0.5, "I_o": 0.32]
    problem.sigma = .all(sigma)
    problem.initial = try StateArray(variables: 1, nodes: nodes, columns: 1, repeating: 0.2)
    return problem
  }

  static let monitor = Monitor.average(over: 5, of: ["S"])

  static func target(_ problem: Problem<Double>, steps: Int, discarding: Int) throws -> Matrix<Double> {
    var problem = problem
    problem.monitors = [monitor]
    let series = try problem.simulate(steps: steps).series
    let first = monitor.columns(in: 0..<discarding)
    return try FunctionalConnectivity().value(of: series.columns(first..<series.columns))
  }

  static func fit(steps: Int = 120, discarding: Int = 40, coupling: Double = 0.4) throws -> Fit<Double> {
    let truth = try problem(coupling: 0.9, w: [0.45, 0.5, 0.6, 0.55, 0.4])
    let goal = try target(truth, steps: steps, discarding: discarding)
    var fit = Fit(try problem(coupling: coupling), steps: steps, discarding: discarding, monitor: monitor) { s in
      s.functionalConnectivity().rootMeanSquareError(to: goal)
    }
    fit.free = [.coupling(.positive), .parameter("w", .perRegion, in: 0...1).penalizingSpread(0.2)]
    return fit
  }

  // ---- The loss and its gradient ---------------------------------------------------------------------------------------

  @Test func theGradientIsThatOfTheWholeRun() throws {
    var variants: [(String, Fit<Double>)] = [("plain", try Self.fit())]
    var members = try Self.fit()
    members.realizations = 3
    members.threads = 2
    variants.append(("realizations", members))
    var renewed = members
    renewed.noise = .renewed
    variants.append(("renewed", renewed))
    var carried = try Self.fit()
    carried.problem.monitors = [Self.monitor]
    carried.carry = try carried.problem.simulate(steps: 30).carry
    variants.append(("behind a transient", carried))
    var budget = try Self.fit()
    budget.memory = .bytes(200_000)
    variants.append(("under a budget", budget))
    var losses: [String: Double] = [:]
    for (name, fit) in variants {
      var objective = try fit.objective()
      objective.iteration = 3
      let fixed = objective
      let x = zip(objective.parametrization.start, [0.1, -0.2, 0.3, 0.1, 0, 0.4]).map { $0 + $1 }
      let (value, gradient) = try objective.valueWithGradient(at: x)
      losses[name] = value
      #expect(try fixed.values(at: [x]) == [value])
      func function(_ x: [Double]) throws -> Double { try fixed.values(at: [x])[0] }
      let differences = try GradientCheck.differences(at: x, gradient: gradient, tolerance: 1e-7, of: function)
      #expect(differences.passed, "\(name): \(differences)")
      let along = [0.3, -1, 0.5, 0.8, -0.2, 0.6]
      #expect(try GradientCheck.taylor(at: x, gradient: gradient, along: along, of: function).passed, "\(name)")
    }
    #expect(losses["plain"] == losses["under a budget"])
    #expect(Set(losses.values).count == 4)
  }

  /// In windows the gradient is that of each window by itself, its first state a constant; in one window it is the exact one.
  @Test func truncatedGradientsAreThoseOfWindows() throws {
    var fit = try Self.fit()
    fit.realizations = 2
    let x = try fit.objective().parametrization.start
    let exact = try fit.objective().valueWithGradient(at: x)
    fit.truncation = 200
    #expect(try fit.objective().valueWithGradient(at: x) == exact)
    fit.truncation = 25
    fit.realizations = 1
    let objective = try fit.objective()
    let (value, gradient) = try objective.valueWithGradient(at: x)
    #expect(try objective.values(at: [x]) == [value] && gradient != exact.gradient)

    // The cotangent of the columns, and with it each window's own function of the parameters.
    var problem = try objective.parametrization.problem(at: x)
    problem.monitors = [Self.monitor]
    let columns = try problem.simulate(steps: 120).series
    let loss = fit.loss
    let map = try DelayMap(Network<Double>(nodes: 5, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
    let cotangent = try map.valueWithGradient(at: columns.columns(8..<24).rows, of: loss).gradient.buffer
    var carries = [try problem.start()]
    for w in 0..<4 {
      var next = carries[w]
      _ = try problem.advance(&next, steps: 25)
      carries.append(next)
    }
    let begins = carries
    func sum(_ x: [Double]) throws -> Double {
      var moved = try objective.parametrization.problem(at: x)
      moved.monitors = [Self.monitor]
      var sum = try objective.parametrization.penalty(at: x).value
      for (w, carry) in begins.enumerated() {
        let series = try moved.simulate(steps: w == 4 ? 20 : 25, from: carry).series
        for i in 0..<5 {
          for t in 0..<series.columns where 5 * w + t >= 8 { sum += cotangent[i, 5 * w + t - 8] * series[0, i, t] }
        }
      }
      return sum
    }
    let differences = try GradientCheck.differences(at: x, gradient: gradient, tolerance: 1e-7, of: sum)
    #expect(differences.passed, "\(differences)")
  }

  /// A mean over members is the mean of fits of the members, and the first of them is the one without realisations.
  @Test func realizationsAreAveraged() throws {
    var fit = try Self.fit()
    let x = try fit.objective().parametrization.start
    var sum = 0.0
    for r in 0..<3 {
      fit.problem.noise = .drawn(RandomKey(seed: 0), member: UInt64(r))
      sum += try fit.objective().values(at: [x])[0]
    }
    fit.problem.noise = .drawn(RandomKey(seed: 0))
    fit.realizations = 3
    #expect(abs(try fit.objective().values(at: [x])[0] - sum / 3) < 1e-14)
  }

  @Test func threadsAndBudgetsDoNotChangeABit() async throws {
    var logs: Set<[FitStep]> = []
    for (threads, memory) in [(1, TapeMemory.everything), (2, .everything), (3, .bytes(600_000))] {
      var fit = try Self.fit()
      fit.realizations = 3
      (fit.threads, fit.memory) = (threads, memory)
      for try await _ in fit.minimize(.adam(rate: 0.05), iterations: 4) {}
      logs.insert(fit.log)
    }
    #expect(logs.count == 1 && logs.first?.count == 4)
  }

  @Test func floatIsNearDouble() throws {
    let network = try Self.problem().network
    let single = try Network<Float>(
      weights: Matrix(rows: 5, columns: 5, values: network.weights.map { Float($0) }),
      delays: Matrix(rows: 5, columns: 5, values: network.delays))
    var problem = try Problem(single, model: .wongWang, timeStep: 2)
    problem.coupling = 0.4
    problem.parameters = ["w": 0.5, "I_o": 0.32]
    problem.sigma = 0.02
    problem.initial = try StateArray(variables: 1, nodes: 5, columns: 1, repeating: 0.2)
    var double = try Self.problem()
    let samples = try NoiseSamples<Double>(drawnFrom: RandomKey(seed: 1), steps: 0..<120, states: 1, nodes: 5)
    double.noise = .samples(samples)
    problem.noise = .samples(
      try NoiseSamples(steps: 120, states: 1, nodes: 5, values: samples.values.map { Float($0) }))
    var near = Fit(problem, steps: 120, discarding: 40, monitor: Self.monitor) {
      $0.functionalConnectivity().squared().mean()
    }
    var exact = Fit(double, steps: 120, discarding: 40, monitor: Self.monitor) {
      $0.functionalConnectivity().squared().mean()
    }
    near.free = [.coupling, .parameter("w", .perRegion)]
    exact.free = near.free
    let x = try exact.objective().parametrization.start
    let (a, b) = (try near.objective().valueWithGradient(at: x), try exact.objective().valueWithGradient(at: x))
    #expect(abs(a.value - b.value) < 1e-4)
    #expect(relativeError(a.gradient, b.gradient) < 1e-2)
  }

  // ---- Recovery -------------------------------------------------------------------------------------------------------

  /// A network's own functional connectivity, made with the same noise, gives its parameters back.
  @Test func parametersAreRecovered() async throws {
    let w = [0.45, 0.52, 0.6, 0.55, 0.48]
    let truth = try Self.problem(coupling: 0.9, w: w, sigma: 0.004)
    let goal = try Self.target(truth, steps: 600, discarding: 100)
    var fit = Fit(try Self.problem(coupling: 0.6, sigma: 0.004), steps: 600, discarding: 100, monitor: Self.monitor) {
      s in
      s.functionalConnectivity().rootMeanSquareError(to: goal).squared()
    }
    fit.free = [.coupling(.positive), .parameter("w", .perRegion, in: 0...1)]
    for try await _ in fit.minimize(.lbfgs(memory: 20), iterations: 400) {}
    let values = fit.best.values
    #expect(fit.best.loss < 1e-8 && fit.log[0].loss > 1e-4, "\(fit.best.loss) of \(fit.log[0].loss)")
    #expect(abs(values[0].values[0] - 0.9) < 0.02, "\(values[0].values)")
    #expect(zip(values[1].values, w).allSatisfy { abs($0 - $1) < 0.02 }, "\(values[1].values)")
    #expect(abs(fit.best.problem.coupling - values[0].values[0]) < 1e-12)
    #expect(try abs(fit.loss(of: fit.best.problem) - fit.best.loss) < 1e-12)
  }

  /// The regions' own excitabilities η of Montbrió, Pazó and Roxin's model, from the functional connectivity of their BOLD.
  @Test func regionalExcitabilityIsRecoveredThroughBOLD() async throws {
    let eta = [-4.6, -5.2, -4.9, -5.4, -4.4]
    let connectome = try SyntheticConnectome(regions: 5, key: RandomKey(seed: 3))
    let network = try connectome.network(conductionSpeed: .greatestFiniteMagnitude, timeStep: 0.5, as: Double.self)
      .normalized(by: .max)
    var problem = try Problem(network, model: .montbrioPazoRoxin)
    problem.coupling = 20
    problem.parameters = ["tau": 10, "Delta": 0.7, "eta": -5]
    problem.sigma = ["r": 0.0005, "V": 0.1]
    // Near the state of rest, where the rate of a population with τ = 10 ms is some spikes a second.
    problem.initial = try StateArray(variables: 2, nodes: 5, values: [0.01, -1].flatMap { [$0, $0, $0, $0, $0] })
    let monitor = Monitor.bold(.volterra, repetitionTime: 500, of: ["r"])
    let (steps, discarding) = (80_000, 40_000)

    var truth = problem
    truth.parameters["eta"] = .perNode(eta)
    truth.monitors = [monitor]
    let series = try truth.simulate(steps: steps).series
    let goal = try FunctionalConnectivity().value(of: series.columns(40..<series.columns))
    var fit = Fit(problem, steps: steps, discarding: discarding, monitor: monitor) { bold in
      bold.functionalConnectivity().rootMeanSquareError(to: goal).squared()
    }
    fit.free = [.parameter("eta", .perRegion)]
    for try await _ in fit.minimize(.lbfgs(memory: 10), iterations: 40) {}
    let found = fit.best.values[0].values
    #expect(fit.log[0].loss > 1e-4 && fit.best.loss < 1e-8, "\(fit.best.loss) of \(fit.log[0].loss)")
    #expect(zip(found, eta).allSatisfy { abs($0 - $1) < 0.01 }, "\(found)")
  }

  @Test func aSpeedIsRecoveredThroughFractionalDelays() async throws {
    let connectome = try SyntheticConnectome(regions: 6, key: RandomKey(seed: 5))
    func problem(_ speed: Double) throws -> Problem<Double> {
      let network = try connectome.network(conductionSpeed: 3, timeStep: 0.5, as: Double.self)
      let lengths = (0..<network.edges).map { e in
        let edge = network.edge(e)
        return connectome.lengths[edge.target, edge.source]
      }
      var problem = try Problem(
        network, model: .stuartLandau, timeStep: 0.5,
        delays: .tracts(lengths: lengths, conductionSpeed: speed, fractional: true))
      problem.coupling = 0.3
      problem.sigma = 0.1
      return problem
    }
    var truth = try problem(3.2)
    let monitor = Monitor.subsample(every: 4, of: [truth.model.states[0].name])
    truth.monitors = [monitor]
    let series = try truth.simulate(steps: 400).series
    let goal = try Covariance(lag: 2).value(of: series.columns(10..<100))
    var fit = Fit(try problem(2.9), steps: 400, discarding: 40, monitor: monitor) { s in
      s.observed(by: .covariance(lag: 2)).rootMeanSquareError(to: goal, over: .all).squared()
    }
    fit.free = [.conductionSpeed]
    for try await _ in fit.minimize(.lbfgs(tolerance: 1e-14), iterations: 40) {}
    #expect(abs(fit.best.values[0].values[0] - 3.2) < 0.01, "\(fit.best.values), \(fit.log.map(\.loss))")
  }

  @Test func evolutionNeedsNoGradient() async throws {
    var fit = try Self.fit()
    fit.free = [.coupling(.positive), .parameter("w", .shared, in: 0...1)]
    for try await step in fit.minimize(.cmaES(spread: 0.3), iterations: 6) {
      #expect(step.gradientNorm == nil && step.evaluations == 6)
    }
    #expect(fit.best.loss < fit.log[0].loss || fit.best.iteration == 0)
    #expect(try abs(fit.loss(of: fit.best.problem) - fit.best.loss) < 1e-12)
  }

  // ---- Steps, states, and ends ------------------------------------------------------------------------------------------

  @Test(arguments: [
    Optimizer.adam(rate: .warmUp(3, then: 0.05)), .lbfgs(memory: 4), .cmaES(spread: 0.2, key: RandomKey(seed: 3)),
  ]) func resumedFitsHaveTheSameBits(_ optimizer: Optimizer) async throws {
    var whole = try Self.fit()
    if case .adam = optimizer.method { (whole.noise, whole.realizations) = (.renewed, 2) }
    let plain = whole
    for try await _ in whole.minimize(optimizer, iterations: 7) {}
    #expect(whole.log.count == 7)
    for cut in [0, 1, 4] {
      var first = plain
      for try await _ in first.minimize(optimizer, iterations: cut) {}
      let saved = try JSONEncoder().encode(try #require(first.state))
      var second = plain
      let state = try JSONDecoder().decode(FitState.self, from: saved)
      for try await step in second.minimize(optimizer, iterations: 7, resuming: state) { #expect(step.number >= cut) }
      #expect(second.log == whole.log && second.state == whole.state)
      #expect(second.best.loss == whole.best.loss && second.best.iteration == whole.best.iteration)
    }
  }

  @Test func cancelledStepsLoseNothing() async throws {
    var whole = try Self.fit(steps: 600, discarding: 40)
    let plain = whole
    for try await _ in whole.minimize(.adam(rate: 0.05), iterations: 4) {}

    // The progress handler stops the third step in the middle of its run.
    var stopped = plain
    let calls = Counter()
    stopped.progress = { progress in calls.add() < 1_000_000 && !(calls.stops && progress.done > 100) }
    var steps = 0
    let sequence = stopped.minimize(.adam(rate: 0.05), iterations: 4)
    do {
      for try await _ in sequence {
        steps += 1
        calls.stops = steps == 2
      }
      Issue.record("it was not cancelled")
    } catch let error as DelayNetError {
      guard case .cancelled = error else { throw error }
    }
    #expect(steps == 2 && stopped.log.count == 2 && stopped.log == Array(whole.log.prefix(2)))
    // The same sequence goes on where it stands.
    calls.stops = false
    for try await _ in sequence {}
    #expect(stopped.log == whole.log)

    // A cancelled task.
    let fit = plain
    let task = Task {
      var fit = fit
      withUnsafeCurrentTask { $0?.cancel() }
      var seen = 0
      do {
        for try await _ in fit.minimize(.adam(rate: 0.05), iterations: 4) { seen += 1 }
        return -1
      } catch DelayNetError.cancelled {
        return seen
      }
    }
    #expect(try await task.value == 0)
  }

  private final class Counter: @unchecked Sendable {
    // Unchecked: one thread at a time calls the handler.
    private var count = 0
    var stops = false
    func add() -> Int {
      count += 1
      return count
    }
  }

  @Test func patienceEndsAFit() async throws {
    var fit = try Self.fit()
    // A rate of 0 never improves on the first step.
    for try await _ in fit.minimize(.adam(rate: 0), iterations: 50, patience: 3) {}
    #expect(fit.log.count == 4 && fit.best.iteration == 0)
    var coarse = try Self.fit()
    for try await _ in coarse.minimize(.adam(rate: 1e-4), iterations: 50, patience: 2, improvement: 1) {}
    #expect(coarse.log.count == 3)
    // The smallest is kept, also where it was no improvement to speak of.
    #expect(coarse.best.loss == coarse.log.map(\.loss).min())
  }

  @Test func stepsCanBeMadeOneByOne() throws {
    var fit = try Self.fit()
    #expect(fit.best.loss == .infinity && fit.best.problem.coupling == 0.4 && fit.state == nil)
    let steps = fit.minimize(.adam(rate: 0.05), iterations: 2)
    #expect(try steps.next()?.number == 0)
    #expect(fit.log.count == 1 && fit.best.iteration == 0)
    #expect(try steps.next()?.number == 1)
    #expect(try steps.next() == nil && fit.log.count == 2)
  }

  /// What a run says of numbers that leave the finite ones, a fit by Adam says, and other methods walk around.
  @Test func runsThatDivergeAreTold() throws {
    var problem = try ProblemCase<Double>(model: .stuartLandau, steps: 40).problem
    problem.initial[0, 3, 0] = 1e150
    var fit = Fit(problem, steps: 40, monitor: .subsample()) { $0.squared().mean() }
    fit.free = [.coupling]
    let adam = fit.minimize(.adam(rate: 0.1), iterations: 2)
    do {
      _ = try adam.next()
      Issue.record("the run did not diverge")
    } catch {
      guard case .notFiniteState = error else { throw error }
    }
    #expect(fit.log.isEmpty && fit.state?.optimizerState.iteration == 0)
    #expect(try fit.objective().values(at: [1, 2].map { [$0] }) == [.infinity, .infinity])
  }

  // ---- Mistakes -------------------------------------------------------------------------------------------------------

  @Test func mistakesAreToldBeforeTheFirstStep() throws {
    func expect(_ error: DelayNetError, _ change: (inout Fit<Double>) throws -> Void) throws {
      var fit = try Self.fit()
      let calls = Counter()
      fit.progress = { _ in calls.add() > 0 }
      try change(&fit)
      #expect(throws: error) { try fit.objective() }
      let steps = fit.minimize(.adam(rate: 0.1), iterations: 3)
      #expect(throws: error) { try steps.next() }
      #expect(calls.add() == 1, "a run was made")
    }
    try expect(.optionOutOfRange(name: "steps", value: 0)) { $0.steps = 0 }
    try expect(.optionOutOfRange(name: "discarding", value: 120)) { $0.discarding = 120 }
    try expect(.optionOutOfRange(name: "discarding", value: 500)) { $0.discarding = 500 }
    try expect(.optionOutOfRange(name: "discarding", value: -1)) { $0.discarding = -1 }
    try expect(.optionOutOfRange(name: "discarding", value: 116)) { ($0.discarding, $0.steps) = (116, 119) }
    try expect(.optionOutOfRange(name: "stepsPerColumn", value: 0)) { $0.monitor.stepsPerColumn = 0 }
    try expect(.optionOutOfRange(name: "realizations", value: 0)) { $0.realizations = 0 }
    try expect(.unknownState(name: "V", model: "wong_wang")) { $0.monitor = .average(over: 5, of: ["V"]) }
    try expect(.unknownParameter(name: "eta", model: "wong_wang")) { $0.free = [.parameter("eta")] }
    try expect(.shapeMismatch(name: "free parameters", expected: [1], found: [0])) { $0.free = [] }
    try expect(.notDifferentiable("several realizations of noise that is not drawn")) {
      ($0.problem.noise, $0.realizations) = (.none, 2)
    }
    try expect(.notDifferentiable("renewed noise that is not drawn")) {
      ($0.problem.noise, $0.noise) = (.none, .renewed)
    }
    try expect(.notDifferentiable("initial, beside a carry")) {
      $0.carry = try $0.problem.simulate(steps: 5).carry
      $0.free = [.initial()]
    }
    try expect(.notDifferentiable("initial, beside truncated gradients")) {
      ($0.free, $0.truncation) = ([.initial()], 50)
    }
    for window in [0, -5, 12] {
      try expect(.optionOutOfRange(name: "truncation", value: Double(window))) { $0.truncation = window }
    }
    let small = try Matrix<Double>(rows: 3, columns: 3, repeating: 0)
    try expect(.shapeMismatch(name: "target", expected: [5, 5], found: [3, 3])) {
      $0.loss = { 1 - $0.functionalConnectivity().correlation(with: small) }
    }
    try expect(.optionOutOfRange(name: "window", value: 17)) {
      $0.loss = { $0.observed(by: .functionalConnectivityDynamics(window: 17, step: 1)).sum() }
    }
    var hole = try Matrix<Double>(rows: 5, columns: 5, repeating: 0.1)
    hole[2, 3] = .nan
    let broken = hole
    try expect(.notFiniteEntry(name: "target", row: 2, column: 3)) {
      $0.loss = { $0.functionalConnectivity().rootMeanSquareError(to: broken) }
    }
  }

  @Test func optionsOfTheMinimizationAreChecked() throws {
    var fit = try Self.fit()
    func expect(_ error: DelayNetError, _ steps: FitSteps<Double>) { #expect(throws: error) { try steps.next() } }
    expect(.optionOutOfRange(name: "iterations", value: -1), fit.minimize(.lbfgs(), iterations: -1))
    expect(.optionOutOfRange(name: "patience", value: 0), fit.minimize(.lbfgs(), iterations: 1, patience: 0))
    expect(.optionOutOfRange(name: "improvement", value: -1), fit.minimize(.lbfgs(), iterations: 1, improvement: -1))
    expect(.optionOutOfRange(name: "rate", value: -1), fit.minimize(.adam(rate: -1), iterations: 1))
    fit.noise = .renewed
    expect(.notDifferentiable("renewed noise, which this method cannot do with"), fit.minimize(.lbfgs(), iterations: 1))
  }

  @Test func statesOfOtherFitsAreRefused() throws {
    var fit = try Self.fit()
    _ = try fit.minimize(.adam(rate: 0.1), iterations: 2).next()
    let state = try #require(fit.state)
    func expect(
      _ part: String, _ optimizer: Optimizer = .adam(rate: 0.1),
      _ change: (inout Fit<Double>, inout FitState) throws -> Void
    ) throws {
      var (other, changed) = (try Self.fit(), state)
      try change(&other, &changed)
      do {
        _ = try other.minimize(optimizer, iterations: 2, resuming: changed).next()
        Issue.record("\(part) was taken")
      } catch {
        guard case .foreignState(let text) = error else { throw error }
        #expect(text.contains(part), "\(text)")
      }
    }
    try expect("optimizer", .adam(rate: 0.2)) { _, _ in }
    try expect("coupling") { fit, _ in fit.free = [.coupling] }
    try expect("steps") { fit, _ in fit.steps = 125 }
    try expect("discarding") { fit, _ in fit.discarding = 30 }
    try expect("truncation") { fit, _ in fit.truncation = 20 }
    try expect("realizations") { fit, _ in fit.realizations = 2 }
    try expect("noise of the fit") { fit, _ in fit.noise = .renewed }
    try expect("sigma") { fit, _ in fit.problem.sigma = 0.021 }
    try expect("start") { fit, _ in fit.problem.initial[0, 2, 0] = 0.21 }
    try expect("contradict") { _, state in state.log = [] }
    try expect("contradict") { _, state in state.optimizerState.point = [1] }
  }
}
