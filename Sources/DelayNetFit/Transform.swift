/// A transform whose bounds are known.
enum BoundTransform: Sendable, Hashable {
  case identity, positive
  case logistic(Double, Double)
  case clamped(Double, Double)

  /// The physical number of an unconstrained one, and its derivative.
  func forward(_ u: Double) -> (x: Double, slope: Double) {
    switch self {
    case .identity, .clamped: return (u, 1)
    case .positive:
      let x = exponential(u)
      return (x, x)
    case .logistic(let a, let b):
      // The exponential of a negative number alone: no overflow.
      let e = exponential(-abs(u))
      let (low, high) = (e / (1 + e), 1 / (1 + e))
      let part = u < 0 ? low : high
      return (a + (b - a) * part, (b - a) * low * high)
    }
  }

  /// The unconstrained number of a physical one; nil where there is none.
  func inverse(_ x: Double) -> Double? {
    guard x.isFinite else { return nil }
    switch self {
    case .identity: return x
    case .clamped(let a, let b): return a...b ~= x ? x : nil
    case .positive: return x > 0 ? naturalLogarithm(x) : nil
    case .logistic(let a, let b): return a < x && x < b ? naturalLogarithm((x - a) / (b - x)) : nil
    }
  }

  /// Where the unconstrained number may be.
  var bounds: ClosedRange<Double> {
    if case .clamped(let a, let b) = self { a...b } else { -Double.infinity...Double.infinity }
  }
}
