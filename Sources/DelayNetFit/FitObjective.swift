/// The loss of a fit as a function of its free parameters' unconstrained numbers, checked.
///
/// For other optimisers than this module's, and for `GradientCheck`:
///
///     let objective = try fit.objective()
///     let (loss, gradient) = try objective.valueWithGradient(at: objective.parametrization.start)
public struct FitObjective<Scalar: DelayNetScalar>: ObjectiveFunction, Sendable {
  /// What connects numbers and problems.
  public let parametrization: Parametrization<Scalar>
  /// Which step's noise is drawn, where it is renewed.
  public var iteration = 0
  private let runs: Runs

  init(_ fit: Fit<Scalar>) throws(DelayNetError) {
    runs = try Runs(fit)
    parametrization = try Parametrization(runs.fit.problem, free: fit.free)
    if fit.free.contains(where: { if case .initial = $0.quantity { true } else { false } }) {
      if fit.carry != nil { throw .notDifferentiable("initial, beside a carry") }
      if fit.truncation != nil { throw .notDifferentiable("initial, beside truncated gradients") }
    }
  }

  /// The losses at some points, runs side by side, one a thread; infinite where a run leaves the finite numbers, or where the loss is
  /// not defined.
  ///
  /// - Throws: what a run throws for other reasons.
  public func values(at points: [[Double]]) throws(DelayNetError) -> [Double] {
    var problems: [Problem<Scalar>] = []
    for point in points { problems.append(try parametrization.problem(at: point)) }
    var values: [Double]
    do throws(DelayNetError) {
      values = try runs.values(problems, iteration: iteration)
    } catch {
      guard error.isOfNumbers else { throw error }
      // One by one: those that can be evaluated are.
      values = []
      for problem in problems {
        do throws(DelayNetError) {
          values += try runs.values([problem], iteration: iteration)
        } catch {
          guard error.isOfNumbers else { throw error }
          values.append(.infinity)
        }
      }
    }
    for (k, point) in points.enumerated() { values[k] += try parametrization.penalty(at: point).value }
    return values
  }

  /// The loss and its gradient; an infinite loss where a run leaves the finite numbers, or where the loss is not defined.
  ///
  /// - Throws: what a run throws for other reasons.
  public func valueWithGradient(at point: [Double]) throws(DelayNetError) -> (value: Double, gradient: [Double]) {
    do throws(DelayNetError) {
      return try finiteValueWithGradient(at: point)
    } catch {
      guard error.isOfNumbers else { throw error }
      return (.infinity, [Double](repeating: .nan, count: point.count))
    }
  }

  /// The loss and its gradient.
  ///
  /// - Throws: what the run and its gradient throw.
  public func finiteValueWithGradient(
    at point: [Double]
  ) throws(DelayNetError) -> (value: Double, gradient: [Double]) {
    let problem = try parametrization.problem(at: point)
    var (value, gradient) = try parametrization.penalty(at: point)
    let members = try runs.valuesWithGradients(problem, parametrization.inputs, iteration: iteration)
    for member in members {
      value += Double(member.value) / Double(members.count)
      for part in member.gradients {
        let own = try parametrization.gradient(part, at: point)
        for k in own.indices { gradient[k] += own[k] / Double(members.count) }
      }
    }
    return (value, gradient)
  }
}

extension FitObjective {
  /// How a fit runs a problem.
  struct Runs: Sendable {
    /// The fit, its problem with the fit's monitor.
    let fit: Fit<Scalar>
    private let firstColumn: Int

    init(_ fit: Fit<Scalar>) throws(DelayNetError) {
      var fit = fit
      fit.problem.monitors = [fit.monitor]
      // Times in milliseconds become steps.
      let resolved = try fit.problem.resolvedMonitors()
      fit.problem.monitors = resolved
      fit.monitor = resolved[0]
      guard fit.steps >= 1 else { throw .optionOutOfRange(name: "steps", value: Double(fit.steps)) }
      guard fit.monitor.stepsPerColumn >= 1 else {
        throw .optionOutOfRange(name: "stepsPerColumn", value: Double(fit.monitor.stepsPerColumn))
      }
      guard 0..<fit.steps ~= fit.discarding else {
        throw .optionOutOfRange(name: "discarding", value: Double(fit.discarding))
      }
      try require("realizations", fit.realizations, 1...1_000_000)
      let begin = fit.carry?.step ?? 0
      guard begin.addingReportingOverflow(fit.steps).overflow == false else { throw .tooLarge }
      firstColumn = fit.monitor.columns(in: begin..<(begin + fit.discarding))
      let columns = fit.monitor.columns(in: begin..<(begin + fit.steps)) - firstColumn
      guard columns > 0 else { throw .optionOutOfRange(name: "discarding", value: Double(fit.discarding)) }
      if let window = fit.truncation {
        // Inside of a column the monitor's memory would lose its part of the gradient.
        guard window >= 1, window % fit.monitor.stepsPerColumn == 0, begin % fit.monitor.stepsPerColumn == 0 else {
          throw .optionOutOfRange(name: "truncation", value: Double(window))
        }
      }
      switch fit.problem.noise {
      case .drawn: break
      case .none, .samples:
        if fit.realizations > 1 { throw .notDifferentiable("several realizations of noise that is not drawn") }
        if fit.noise == .renewed { throw .notDifferentiable("renewed noise that is not drawn") }
      }
      self.fit = fit
      // A run of no steps finds what is wrong with the problem.
      _ = try fit.problem.simulate(steps: 0, from: carry(for: fit.problem))
      try tryLoss(columns)
    }

    /// Shows the loss random numbers of the extents that it will get, for the mistakes that do not depend on the numbers.
    private func tryLoss(_ columns: Int) throws(DelayNetError) {
      let rows =
        (fit.monitor.states?.count ?? fit.problem.model.states.count) * (fit.monitor.gain?.rows ?? fit.problem.nodes)
      guard rows > 0 else { return }
      let numbers = try RandomKey(seed: 0).uniform(rows, columns, in: 0.1..<0.9, as: Double.self)
      do throws(DelayNetError) {
        _ = try TracedScalar<Scalar>.evaluate(on: numbers, fit.loss)
      } catch {
        switch error {
        case .shapeMismatch, .optionOutOfRange, .foreignTraced, .invalidValue(name: "target", _, _),
          .notFiniteEntry(name: "target", _, _), .constantSeries(name: "target", _):
          throw error
        default: return
        }
      }
    }

    /// The members of a problem: the realisations of its noise.
    private func members(_ problems: [Problem<Scalar>], _ iteration: Int) throws(DelayNetError) -> Ensemble<Scalar> {
      var all: [Problem<Scalar>] = []
      for problem in problems {
        var own = problem
        if fit.noise == .renewed, case .drawn(let key, let member) = own.noise {
          own.noise = .drawn(key.folding(in: UInt64(iteration)), member: member)
        }
        all += try Ensemble(own, members: (0..<fit.realizations).map { _ in .init() }).problems
      }
      return Ensemble(all)
    }

    /// Where a problem's runs begin; its history may be longer or shorter than that of the fit's own.
    private func carry(for problem: Problem<Scalar>) throws(DelayNetError) -> NetworkCarry<Scalar>? {
      guard let carry = fit.carry else { return nil }
      guard carry.history.columns != problem.horizon, problem.horizon != fit.problem.horizon else { return carry }
      return try NetworkCarry(
        model: carry.model, step: carry.step, state: carry.state, history: carry.history.resized(to: problem.horizon),
        monitors: carry.monitors, monitored: carry.monitored)
    }

    private func carries(_ ensemble: Ensemble<Scalar>) throws(DelayNetError) -> [NetworkCarry<Scalar>]? {
      guard fit.carry != nil else { return nil }
      var carries: [NetworkCarry<Scalar>] = []
      for problem in ensemble.problems { if let own = try carry(for: problem) { carries.append(own) } }
      return carries
    }

    /// The loss of each problem, a mean over realisations.
    func values(_ problems: [Problem<Scalar>], iteration: Int) throws(DelayNetError) -> [Double] {
      let ensemble = try members(problems.map { monitored($0) }, iteration)
      let values = try ensemble.values(
        steps: fit.steps, firstColumn: firstColumn, from: carries(ensemble), threads: fit.threads,
        progress: fit.progress, of: fit.loss)
      let r = fit.realizations
      return problems.indices.map { k in
        values[(k * r)..<((k + 1) * r)].reduce(0.0) { $0 + Double($1) / Double(r) }
      }
    }

    /// The loss of every realisation of a problem, and the parts of its gradient.
    func valuesWithGradients(
      _ problem: Problem<Scalar>, _ inputs: Problem<Scalar>.Inputs, iteration: Int
    ) throws(DelayNetError) -> [(value: Scalar, gradients: [Problem<Scalar>.Gradient])] {
      let ensemble = try members([monitored(problem)], iteration)
      if let window = fit.truncation {
        return try ensemble.truncatedValuesWithGradients(
          steps: fit.steps, window: window, firstColumn: firstColumn, withRespectTo: inputs, from: carries(ensemble),
          memory: fit.memory, threads: fit.threads, progress: fit.progress, of: fit.loss)
      }
      return try ensemble.valuesWithGradients(
        steps: fit.steps, firstColumn: firstColumn, withRespectTo: inputs, from: carries(ensemble), memory: fit.memory,
        threads: fit.threads, progress: fit.progress, of: fit.loss
      ).map { (value: $0.value, gradients: [$0.gradient]) }
    }

    private func monitored(_ problem: Problem<Scalar>) -> Problem<Scalar> {
      var problem = problem
      problem.monitors = [fit.monitor]
      return problem
    }
  }
}

extension DelayNetError {
  /// Whether the numbers of a run are at fault, not its settings.
  var isOfNumbers: Bool {
    switch self {
    case .notFiniteState, .notFiniteSeries, .notFiniteCotangent, .notFiniteGradient, .notFiniteTangent, .notFiniteInput,
      .notFiniteHistory, .notFiniteWeight, .notFiniteParameter, .notFiniteModelParameter, .constantSeries,
      .notFiniteEntry,
      .invalidValue:
      true
    default: false
    }
  }
}
