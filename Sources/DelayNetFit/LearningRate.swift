/// The size of an optimiser's steps, by their number n = 0, 1, ….
///
///     .adam(rate: .warmUp(10, from: 0, then: .cosine(0.1, steps: 90, floor: 0.1)))
///
/// The schedules are optax's.
public indirect enum LearningRate: Sendable, Hashable, Codable {
  /// Always the same.
  case constant(Double)
  /// rate · ((1 − floor) (1 + cos(π min(n, steps) / steps)) / 2 + floor).
  case cosine(Double, steps: Int, floor: Double = 0)
  /// rate · decay^(n / steps).
  case exponential(Double, steps: Int, decay: Double)
  /// A straight line over so many steps from a rate to the other schedule's first, and then that schedule.
  case warmUp(Int, from: Double = 0, then: LearningRate)

  /// The rate of step n.
  public func rate(at step: Int) -> Double {
    switch self {
    case .constant(let rate): return rate
    case .cosine(let rate, let steps, let floor):
      let angle = Double.pi * Double(min(step, steps)) / Double(steps)
      return rate * ((1 - floor) * 0.5 * (1 + sineAndCosine(angle).cosine) + floor)
    case .exponential(let rate, let steps, let decay):
      return rate * DelayNet.exponential(naturalLogarithm(decay) * Double(step) / Double(steps))
    case .warmUp(let steps, let from, let next):
      guard step < steps else { return next.rate(at: step - steps) }
      return from + (next.rate(at: 0) - from) * Double(step) / Double(steps)
    }
  }

  /// Throws for a rate that is negative or not finite, or for no steps.
  func check() throws(DelayNetError) {
    func number(_ name: String, _ value: Double) throws(DelayNetError) {
      guard value >= 0, value.isFinite else { throw .optionOutOfRange(name: name, value: value) }
    }
    switch self {
    case .constant(let rate): try number("rate", rate)
    case .cosine(let rate, let steps, let floor):
      try number("rate", rate)
      try number("floor of the rate", floor)
      try require("steps of the rate", steps, 1...Int.max)
    case .exponential(let rate, let steps, let decay):
      try number("rate", rate)
      try require("steps of the rate", steps, 1...Int.max)
      guard decay > 0, decay.isFinite else { throw .optionOutOfRange(name: "decay of the rate", value: decay) }
    case .warmUp(let steps, let from, let next):
      try number("rate", from)
      try require("steps of the rate", steps, 1...Int.max)
      try next.check()
    }
  }
}

extension LearningRate: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// Always the same.
  public init(floatLiteral value: Double) { self = .constant(value) }
  /// Always the same.
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}
