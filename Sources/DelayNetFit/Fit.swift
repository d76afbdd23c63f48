/// A fit of a problem to what was recorded: what is free, what is observed of a run, and how far it is from the data.
///
///     var fit = Fit(problem, steps: 22_500, discarding: 20_000, monitor: .average(over: 250, of: ["S"])) { bold in
///       1 - bold.functionalConnectivity().correlation(with: target)
///     }
///     fit.free = [.coupling(.positive), .parameter("w", .perRegion, in: 0...1)]
///     for try await step in fit.minimize(.adam(rate: 0.01), iterations: 100) { print(step.number, step.loss) }
///     print(fit.best.loss, fit.best.problem.coupling)
///
/// The gradient is exact: it goes back through the loss, the monitor, and every step of the run, those of the transient included.
public struct Fit<Scalar: DelayNetScalar>: Sendable {
  /// A loss of a monitor's columns: a row a region (of a state, where the monitor reads several), a column a sample.
  public typealias Loss = @Sendable (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>

  /// Whether the noise stays the same.
  public enum NoiseUse: String, Sendable, Hashable, Codable {
    /// Every step has the same noise: the loss is a function of the parameters alone.
    case frozen
    /// Every step of the optimiser draws its own.
    case renewed
  }

  /// Where the fit starts.
  public var problem: Problem<Scalar>
  /// T, the steps of a run.
  public var steps: Int
  /// The steps at the beginning of a run whose columns the loss does not see.
  public var discarding: Int
  /// What is observed of a run.
  public var monitor: Monitor
  /// How far the observed is from the data.
  public var loss: Loss
  /// What the loss is and of what target, for whoever resumes: a state is refused by a fit that says something else.
  public var lossName = ""
  /// What may change.
  public var free: [FreeParameter] = []
  /// R: every loss is a mean over so many realisations of the noise, one a thread.
  public var realizations = 1
  /// Whether every step of the optimiser has the same noise. Methods other than Adam need it frozen.
  public var noise = NoiseUse.frozen
  /// How much memory a gradient may take; the same bits for every amount.
  public var memory = TapeMemory.everything
  /// The steps of a window at whose beginning gradients end, a multiple of the monitor's steps a column; nil for the exact gradient.
  ///
  /// Gradients of chaotic runs grow with their length, until they say nothing about the parameters. Truncated ones count the state that
  /// a window begins with, that of the monitor included, as a constant. Every step is done twice, and the memory is that of a window.
  public var truncation: Int?
  /// How many threads may be used, 0 for as many as pay; the same bits for every number.
  public var threads = 0
  /// Where runs begin, such as behind a transient that was run once, with the fit's monitor; at the problem's initial state
  /// when nil.
  public var carry: NetworkCarry<Scalar>?
  /// Called now and then while a run or its gradient is computed; returns whether to continue.
  public var progress: (@Sendable (RunProgress) -> Bool)?
  private var run: FitRun<Scalar>?

  /// A fit of which nothing is free yet.
  ///
  /// - Parameters:
  ///   - problem: where the fit starts; its monitors are not used.
  ///   - steps: T, the steps of a run.
  ///   - discarding: the steps at its beginning whose columns the loss does not see.
  ///   - monitor: what is observed of a run.
  ///   - loss: of the monitor's columns.
  public init(
    _ problem: Problem<Scalar>, steps: Int, discarding: Int = 0, monitor: Monitor, loss: @escaping Loss
  ) {
    (self.problem, self.steps, self.discarding, self.monitor, self.loss) = (problem, steps, discarding, monitor, loss)
  }

  /// The loss as a function of the free parameters' unconstrained numbers.
  ///
  /// - Throws: everything that can be known before a run: what ``Parametrization/init(_:free:)`` throws;
  ///   `DelayNetError.optionOutOfRange(name:value:)` for steps, a discard or realisations outside of their range, a discard
  ///   that leaves no column; `DelayNetError.shapeMismatch(name:expected:found:)` for a target of other extents than the
  ///   observed; `DelayNetError.notDifferentiable(_:)` for a free initial state beside a carry or truncated gradients, and several
  ///   realisations of noise that is not drawn.
  public func objective() throws(DelayNetError) -> FitObjective<Scalar> { try FitObjective(self) }

  /// The loss of a problem, such as that of the best, without a gradient.
  ///
  /// - Throws: what ``objective()`` and the run throw.
  public func loss(of problem: Problem<Scalar>) throws(DelayNetError) -> Double {
    try FitObjective.Runs(self).values([problem], iteration: 0)[0]
  }

  /// Steps of an optimiser towards the smallest loss.
  ///
  /// A step evaluates the loss, and then moves. Steps are made as they are asked for, with `for try await` or with
  /// ``FitSteps/next()``. Cancelling the task, or the progress handler, stops a step half-way and loses nothing else: the sequence
  /// throws `DelayNetError.cancelled(steps:)`, and ``state`` is that of the last whole step.
  ///
  /// - Parameters:
  ///   - optimizer: the method.
  ///   - iterations: the number of steps, counted from the fit's beginning also where it is resumed.
  ///   - patience: stop after so many steps that have not improved the best loss; nil for never.
  ///   - improvement: by how much a loss has to be smaller to count as an improvement.
  ///   - state: of a fit that was interrupted, to go on with the same bits.
  /// - Returns: the steps. What is wrong with the fit, they throw before the first step is made.
  public mutating func minimize(
    _ optimizer: Optimizer, iterations: Int, patience: Int? = nil, improvement: Double = 0,
    resuming state: FitState? = nil
  ) -> FitSteps<Scalar> {
    let run = FitRun(
      self, optimizer, iterations: iterations, patience: patience, improvement: improvement, resuming: state)
    self.run = run
    return FitSteps(run)
  }

  /// The best that the last ``minimize(_:iterations:patience:improvement:resuming:)`` has found so far; the start, with an infinite
  /// loss, before its first step.
  public var best: FitBest<Scalar> {
    run?.best ?? FitBest(loss: .infinity, problem: problem, values: [], iteration: nil)
  }

  /// Every step so far.
  public var log: [FitStep] { run?.state?.log ?? [] }

  /// All that the steps to come depend on; save it, and resume from it. Nil before the first step was asked for.
  public var state: FitState? { run?.state }
}

/// A step of a fit.
public struct FitStep: Sendable, Hashable, Codable {
  /// Which one, from 0 on.
  public let number: Int
  /// The loss at ``values``, penalties included.
  public let loss: Double
  /// The norm of the gradient by the unconstrained numbers; nil where the method has none.
  public let gradientNorm: Double?
  /// The free parameters at which the loss was evaluated, in physical numbers.
  public let values: [FittedParameter]
  /// How often the loss was evaluated.
  public let evaluations: Int
  /// Whether it is the smallest loss so far.
  public let isBest: Bool
}

/// The best that a fit has found.
public struct FitBest<Scalar: DelayNetScalar>: Sendable {
  /// The smallest loss.
  public let loss: Double
  /// The problem that has it.
  public let problem: Problem<Scalar>
  /// Its free parameters.
  public let values: [FittedParameter]
  /// The number of the step that found it; nil before the first.
  public let iteration: Int?
}

/// All that the next steps of a fit depend on, besides the fit itself. To be saved: text, whole numbers and `Double`s.
public struct FitState: Sendable, Hashable, Codable {
  /// The method.
  public var optimizer: Optimizer
  /// Where it stands.
  public var optimizerState: OptimizerState
  /// What is free.
  public var free: [FreeParameter]
  /// Every step so far.
  public var log: [FitStep]
  /// The unconstrained numbers of the smallest loss; nil before the first step.
  public var best: [Double]?
  /// The settings of the fit and of the problem that it started from, by name.
  public var settings: [String: String]
  /// Whether the method has found that further steps would find nothing better.
  public var hasConverged: Bool

  /// A state of the given parts, for instance from a file.
  public init(
    optimizer: Optimizer, optimizerState: OptimizerState, free: [FreeParameter], log: [FitStep] = [],
    best: [Double]? = nil, settings: [String: String], hasConverged: Bool = false
  ) {
    self.optimizer = optimizer
    self.optimizerState = optimizerState
    self.free = free
    self.log = log
    self.best = best
    self.settings = settings
    self.hasConverged = hasConverged
  }
}
