import Synchronization

/// The steps of a fit, made as they are asked for.
public struct FitSteps<Scalar: DelayNetScalar>: AsyncSequence, Sendable {
  /// Makes the steps.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let run: FitRun<Scalar>

    /// The next step; nil after the last.
    public mutating func next() async throws -> FitStep? { try run.step() }
  }

  private let run: FitRun<Scalar>

  init(_ run: FitRun<Scalar>) { self.run = run }

  /// Goes on where the fit stands.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(run: run) }

  /// Makes the next step in the calling thread; nil after the last.
  ///
  /// - Throws: what is wrong with the fit, before the first step; what a run and its gradient throw. The fit's state is that of the
  ///   last whole step, and another call tries again.
  public func next() throws(DelayNetError) -> FitStep? { try run.step() }
}

/// An optimiser on its way.
final class FitRun<Scalar: DelayNetScalar>: Sendable {
  private struct Progress {
    var state: FitState?
    var objective: FitObjective<Scalar>?
    var isBusy = false
  }

  private let fit: Fit<Scalar>
  private let optimizer: Optimizer
  private let iterations: Int
  private let patience: Int?
  private let improvement: Double
  private let resumed: FitState?
  private let now: Mutex<Progress>

  init(
    _ fit: Fit<Scalar>, _ optimizer: Optimizer, iterations: Int, patience: Int?, improvement: Double,
    resuming state: FitState?
  ) {
    self.fit = fit
    self.optimizer = optimizer
    self.iterations = iterations
    self.patience = patience
    self.improvement = improvement
    resumed = state
    now = Mutex(Progress())
  }

  var state: FitState? { now.withLock { $0.state } }

  var best: FitBest<Scalar> {
    let (state, objective) = now.withLock { ($0.state, $0.objective) }
    guard let state, let objective, let vector = state.best,
      let step = state.log.last(where: \.isBest), let problem = try? objective.parametrization.problem(at: vector)
    else { return FitBest(loss: .infinity, problem: fit.problem, values: [], iteration: nil) }
    var own = problem
    own.monitors = fit.problem.monitors
    return FitBest(loss: step.loss, problem: own, values: step.values, iteration: step.number)
  }

  /// What a state has to agree with.
  private func settings() throws(DelayNetError) -> [String: String] {
    var settings = [
      "steps": "\(fit.steps)", "discarding": "\(fit.discarding)", "realizations": "\(fit.realizations)",
      "noise of the fit": fit.noise.rawValue, "precision": Scalar.self == Float.self ? "float32" : "float64",
      "truncation": fit.truncation.map(String.init) ?? "none", "first step": "\(fit.carry?.step ?? 0)",
    ]
    if !fit.lossName.isEmpty { settings["loss"] = fit.lossName }
    // Where runs begin, for telling it apart from others.
    var digest = Digest()
    for value in (fit.carry?.state ?? fit.problem.initial).values { digest.add(Double(value)) }
    for value in (fit.carry?.history ?? fit.problem.history)?.values ?? [] { digest.add(Double(value)) }
    for value in fit.carry?.monitored.values ?? [] { digest.add(Double(value)) }
    settings["start"] = digest.text
    var problem = fit.problem
    problem.monitors = [fit.monitor]
    for setting in try problem.fingerprint().settings { settings[setting.name] = setting.value }
    return settings
  }

  private func begin() throws(DelayNetError) -> (FitState, FitObjective<Scalar>) {
    guard iterations >= 0 else { throw .optionOutOfRange(name: "iterations", value: Double(iterations)) }
    if let patience { try require("patience", patience, 1...Int.max) }
    guard improvement >= 0, improvement.isFinite else {
      throw .optionOutOfRange(name: "improvement", value: improvement)
    }
    if case .adam = optimizer.method {
    } else if fit.noise == .renewed {
      throw .notDifferentiable("renewed noise, which this method cannot do with")
    }
    let objective = try fit.objective()
    let start = try optimizer.start(at: objective.parametrization.start)
    let settings = try settings()
    guard let resumed else {
      return (FitState(optimizer: optimizer, optimizerState: start, free: fit.free, settings: settings), objective)
    }
    guard resumed.optimizer == optimizer else { throw .foreignState("the optimizer is \(resumed.optimizer.method)") }
    guard resumed.free == fit.free else {
      throw .foreignState(
        "what was free is \(resumed.free.map(\.name).joined(separator: ", ")), or free in another way")
    }
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) where resumed.settings[name] != value {
      throw .foreignState("\(name) is \(value) instead of \(resumed.settings[name] ?? "none")")
    }
    if let other = resumed.settings.keys.sorted().first(where: { settings[$0] == nil }) {
      throw .foreignState("\(other) is none instead of \(resumed.settings[other]!)")
    }
    guard resumed.optimizerState.point.count == start.point.count,
      resumed.log.count == resumed.optimizerState.iteration, (resumed.best == nil) == resumed.log.isEmpty,
      resumed.best.map({ $0.count == start.point.count }) ?? true
    else { throw .foreignState("its parts contradict each other") }
    return (resumed, objective)
  }

  /// The number of the last step that was better than the one before it of that kind, by ``improvement``.
  private func lastImprovement(_ log: [FitStep]) -> Int {
    var (number, loss) = (0, Double.infinity)
    for step in log where step.loss < loss - improvement { (number, loss) = (step.number, step.loss) }
    return number
  }

  func step() throws(DelayNetError) -> FitStep? {
    let isTaken = now.withLock { progress in
      defer { progress.isBusy = true }
      return progress.isBusy
    }
    if isTaken { throw .inUse("fit") }
    defer { now.withLock { $0.isBusy = false } }
    if Task.isCancelled { throw .cancelled(steps: []) }
    let known = now.withLock { ($0.state, $0.objective) }
    var (state, objective): (FitState, FitObjective<Scalar>)
    if let ownState = known.0, let ownObjective = known.1 {
      (state, objective) = (ownState, ownObjective)
    } else {
      (state, objective) = try begin()
      now.withLock { ($0.state, $0.objective) = (state, objective) }
    }
    let number = state.optimizerState.iteration
    guard number < iterations, !state.hasConverged else { return nil }
    if let patience, number - lastImprovement(state.log) > patience { return nil }

    objective.iteration = number
    let bounds = objective.parametrization.bounds
    let isBounded = bounds.contains { $0.lowerBound > -.infinity || $0.upperBound < .infinity }
    let found: OptimizerStep
    if case .adam = optimizer.method {
      // There is no other point to try: what is wrong with this one is told.
      found = try optimizer.step(&state.optimizerState, within: isBounded ? bounds : [], of: Strict(objective))
    } else {
      found = try optimizer.step(&state.optimizerState, within: isBounded ? bounds : [], of: objective)
    }
    let isBest = state.best == nil || found.value < state.log.last(where: \.isBest)?.loss ?? .infinity
    let step = FitStep(
      number: number, loss: found.value, gradientNorm: found.gradientNorm,
      values: try objective.parametrization.values(at: found.point), evaluations: found.evaluations, isBest: isBest)
    if isBest { state.best = found.point }
    state.log.append(step)
    state.hasConverged = found.hasConverged
    now.withLock { $0.state = state }
    return step
  }
}

/// An objective whose runs have to stay finite.
private struct Strict<Scalar: DelayNetScalar>: ObjectiveFunction {
  let objective: FitObjective<Scalar>

  init(_ objective: FitObjective<Scalar>) { self.objective = objective }

  func values(at points: [[Double]]) throws(DelayNetError) -> [Double] { try objective.values(at: points) }
  func valueWithGradient(at point: [Double]) throws(DelayNetError) -> (value: Double, gradient: [Double]) {
    try objective.finiteValueWithGradient(at: point)
  }
}
