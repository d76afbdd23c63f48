/// A method that moves a vector of numbers to where a function is small.
///
///     var state = try Optimizer.adam(rate: 0.01).start(at: [1, 2])
///     for _ in 0..<100 { _ = try optimizer.step(&state, of: function) }
///
/// Methods are deterministic: everything that a step depends on is in the state, sums have a fixed order, and elementary
/// functions are the library's own. The same state and function give the same bits on every machine.
public struct Optimizer: Sendable, Hashable, Codable {
  /// Which method, with its settings.
  public enum Method: Sendable, Hashable, Codable {
    /// See ``Optimizer/adam(rate:beta1:beta2:epsilon:clipping:)`` and ``Optimizer/adamW(rate:weightDecay:beta1:beta2:epsilon:clipping:)``.
    case adam(rate: LearningRate, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, clipping: Double?)
    /// See ``Optimizer/lbfgs(memory:tolerance:)``.
    case lbfgs(memory: Int, tolerance: Double)
    /// See ``Optimizer/cmaES(spread:population:key:)``.
    case cmaES(spread: Double, population: Int?, key: SIMD2<UInt32>)
  }

  /// Which method, with its settings.
  public let method: Method

  init(_ method: Method) { self.method = method }

  /// Adam, as optax has it; with bounds, every step ends on the nearest point within them.
  ///
  /// Source: Kingma and Ba, arXiv:1412.6980.
  ///
  /// - Parameters:
  ///   - rate: a number, or a schedule.
  ///   - beta1: how much of the mean gradient a step keeps.
  ///   - beta2: how much of the mean squared gradient a step keeps.
  ///   - epsilon: added to the root of the latter.
  ///   - clipping: the largest norm of a gradient; longer ones are scaled down to it. Nil for none.
  public static func adam(
    rate: LearningRate, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, clipping: Double? = nil
  ) -> Optimizer {
    Optimizer(
      .adam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: 0, clipping: clipping))
  }

  /// Adam with decay of the numbers themselves, as optax's `adamw`.
  ///
  /// Source: Loshchilov and Hutter, arXiv:1711.05101.
  public static func adamW(
    rate: LearningRate, weightDecay: Double = 1e-4, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    clipping: Double? = nil
  ) -> Optimizer {
    Optimizer(
      .adam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, clipping: clipping))
  }

  /// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno, projected on the bounds, with a line search. For functions
  /// that are the same at every call: frozen noise.
  ///
  /// A step takes one evaluation and more. Numbers that are on a bound, and would leave it, stay. Source: Nocedal and Wright,
  /// Numerical Optimization (2006), algorithms 7.4 and 3.5; the projection as in Bertsekas, SIAM J. Control Optim. 20, 221 (1982).
  ///
  /// - Parameters:
  ///   - memory: how many steps are remembered.
  ///   - tolerance: it has converged where no entry of the gradient that a bound does not hold back is larger.
  public static func lbfgs(memory: Int = 10, tolerance: Double = 1e-9) -> Optimizer {
    Optimizer(.lbfgs(memory: memory, tolerance: tolerance))
  }

  /// Evolution with adaptation of the covariance matrix, for functions without a gradient. A step is a generation.
  ///
  /// Source: Hansen, arXiv:1604.00772, with the default settings of its table 1. Points outside of the bounds are moved to the
  /// nearest one inside, and count as having been drawn there.
  ///
  /// For up to 2000 numbers; a step takes O(n³) besides the evaluations.
  ///
  /// - Parameters:
  ///   - spread: the standard deviation of the first generation around the start.
  ///   - population: the points of a generation; 4 + ⌊3 ln n⌋ unless given.
  ///   - key: draws them.
  public static func cmaES(
    spread: Double, population: Int? = nil, key: RandomKey = RandomKey(seed: 0)
  ) -> Optimizer {
    Optimizer(.cmaES(spread: spread, population: population, key: key.words))
  }

  /// Whether steps need the function's gradient.
  public var needsGradient: Bool {
    if case .cmaES = method { false } else { true }
  }
}

/// Everything that an optimiser's next step depends on, besides its settings and the function.
public struct OptimizerState: Sendable, Hashable, Codable {
  /// The number of the next step.
  public var iteration: Int
  /// Where the optimiser is.
  public var point: [Double]
  /// What the method remembers, by name.
  public var arrays: [String: [Double]]

  /// A state of the given parts, for instance from a file.
  public init(iteration: Int, point: [Double], arrays: [String: [Double]]) {
    (self.iteration, self.point, self.arrays) = (iteration, point, arrays)
  }
}

/// What a step has found.
public struct OptimizerStep: Sendable, Hashable {
  /// The function's value at ``point``.
  public let value: Double
  /// Where the function was evaluated: of several points, the best one.
  public let point: [Double]
  /// The gradient's Euclidean norm there; nil without a gradient.
  public let gradientNorm: Double?
  /// How often the function was evaluated.
  public let evaluations: Int
  /// Whether further steps will find nothing better.
  public let hasConverged: Bool
}

/// A function that can be minimized.
public protocol ObjectiveFunction {
  /// The values at some points, which may be computed side by side; infinite or NaN where there is none.
  func values(at points: [[Double]]) throws(DelayNetError) -> [Double]
  /// The value and gradient at a point; a value that is infinite or NaN where there is none.
  func valueWithGradient(at point: [Double]) throws(DelayNetError) -> (value: Double, gradient: [Double])
}

extension Optimizer {
  /// The state of a method that has taken no step.
  ///
  /// - Throws: `DelayNetError.optionOutOfRange(name:value:)` for settings outside of their range,
  ///   `DelayNetError.invalidValue(name:index:value:)` for a number that is not finite.
  public func start(at point: [Double]) throws(DelayNetError) -> OptimizerState {
    for (index, value) in point.enumerated() where !value.isFinite {
      throw .invalidValue(name: "start", index: index, value: value)
    }
    func limits(_ name: String, _ value: Double, _ allowed: ClosedRange<Double>) throws(DelayNetError) {
      guard allowed ~= value, value.isFinite else { throw .optionOutOfRange(name: name, value: value) }
    }
    let zeros = [Double](repeating: 0, count: point.count)
    switch method {
    case .adam(let rate, let beta1, let beta2, let epsilon, let weightDecay, let clipping):
      try rate.check()
      try limits("beta1", beta1, 0...1.0.nextDown)
      try limits("beta2", beta2, 0...1.0.nextDown)
      try limits("epsilon", epsilon, 0 ... .greatestFiniteMagnitude)
      try limits("weightDecay", weightDecay, 0 ... .greatestFiniteMagnitude)
      if let clipping { try limits("clipping", clipping, Double.leastNonzeroMagnitude ... .greatestFiniteMagnitude) }
      return OptimizerState(iteration: 0, point: point, arrays: ["mean": zeros, "square": zeros, "powers": [1, 1]])
    case .lbfgs(let memory, let tolerance):
      try require("memory", memory, 1...10_000)
      try limits("tolerance", tolerance, 0 ... .greatestFiniteMagnitude)
      return OptimizerState(iteration: 0, point: point, arrays: ["moves": [], "changes": []])
    case .cmaES(let spread, let population, _):
      try limits("spread", spread, Double.leastNonzeroMagnitude ... .greatestFiniteMagnitude)
      if let population { try require("population", population, 4...1_000_000) }
      let n = point.count
      // A generation costs n³, and there are many.
      try require("numbers that evolve", n, 0...2000)
      var covariance = [Double](repeating: 0, count: n * n)
      for i in 0..<n { covariance[i * n + i] = 1 }
      return OptimizerState(
        iteration: 0, point: point,
        arrays: ["spread": [spread], "covariance": covariance, "path": zeros, "spreadPath": zeros])
    }
  }

  /// Takes a step.
  ///
  /// - Parameters:
  ///   - state: moves on; unchanged where the function throws.
  ///   - bounds: within which every number stays; none when empty.
  ///   - function: evaluated once or more often.
  /// - Throws: what the function throws; `DelayNetError.shapeMismatch(name:expected:found:)` for bounds of another number,
  ///   or a state of another method.
  public func step(
    _ state: inout OptimizerState, within bounds: [ClosedRange<Double>] = [], of function: some ObjectiveFunction
  ) throws(DelayNetError) -> OptimizerStep {
    let n = state.point.count
    guard bounds.isEmpty || bounds.count == n else {
      throw .shapeMismatch(name: "bounds", expected: [n], found: [bounds.count])
    }
    let box = Box(bounds)
    switch method {
    case .adam(let rate, let beta1, let beta2, let epsilon, let weightDecay, let clipping):
      return try adamStep(
        &state, box, function, rate: rate.rate(at: state.iteration), beta1, beta2, epsilon, weightDecay, clipping)
    case .lbfgs(let memory, let tolerance): return try lbfgsStep(&state, box, function, memory, tolerance)
    case .cmaES(_, let population, let words):
      return try cmaESStep(&state, box, function, population, RandomKey(words: words))
    }
  }

  /// An array of the state.
  func array(_ state: OptimizerState, _ name: String, _ count: Int) throws(DelayNetError) -> [Double] {
    guard let array = state.arrays[name], array.count == count else {
      throw .shapeMismatch(
        name: "\(name) of the optimizer's state", expected: [count], found: [state.arrays[name]?.count ?? 0])
    }
    return array
  }

  private func adamStep(
    _ state: inout OptimizerState, _ box: Box, _ function: some ObjectiveFunction, rate: Double, _ beta1: Double,
    _ beta2: Double, _ epsilon: Double, _ weightDecay: Double, _ clipping: Double?
  ) throws(DelayNetError) -> OptimizerStep {
    let n = state.point.count
    var (mean, square) = (try array(state, "mean", n), try array(state, "square", n))
    var powers = try array(state, "powers", 2)
    let (value, raw) = try function.valueWithGradient(at: state.point)
    let length = norm(raw)
    let scale = clipping.map { length < $0 ? 1 : $0 / length } ?? 1
    powers = [powers[0] * beta1, powers[1] * beta2]
    let evaluated = state.point
    for i in 0..<n {
      let g = scale == 1 ? raw[i] : raw[i] * scale
      mean[i] = (1 - beta1) * g + beta1 * mean[i]
      square[i] = (1 - beta2) * (g * g) + beta2 * square[i]
      let direction = mean[i] / (1 - powers[0]) / ((square[i] / (1 - powers[1])).squareRoot() + epsilon)
      state.point[i] = box.nearest(evaluated[i] - rate * (direction + weightDecay * evaluated[i]), i)
    }
    state.arrays = ["mean": mean, "square": square, "powers": powers]
    state.iteration += 1
    return OptimizerStep(value: value, point: evaluated, gradientNorm: length, evaluations: 1, hasConverged: false)
  }
}

/// Bounds of numbers.
struct Box {
  private let bounds: [ClosedRange<Double>]

  init(_ bounds: [ClosedRange<Double>]) { self.bounds = bounds }

  /// The nearest number within the bounds of number i; NaN stays NaN.
  func nearest(_ x: Double, _ i: Int) -> Double {
    guard !bounds.isEmpty else { return x }
    return x < bounds[i].lowerBound ? bounds[i].lowerBound : x > bounds[i].upperBound ? bounds[i].upperBound : x
  }

  func nearest(_ x: [Double]) -> [Double] { bounds.isEmpty ? x : x.indices.map { nearest(x[$0], $0) } }

  /// Whether number i is on a bound that a step against the gradient would leave.
  func holds(_ x: Double, _ g: Double, _ i: Int) -> Bool {
    guard !bounds.isEmpty else { return false }
    return (x <= bounds[i].lowerBound && g > 0) || (x >= bounds[i].upperBound && g < 0)
  }
}

/// √ Σ x².
func norm(_ x: [Double]) -> Double { dotProduct(x, x, x.count).squareRoot() }
