/// A number computed from a run's output, while a loss is being written down.
///
/// It carries its partial derivative with respect to each sum that it was made of.
public struct TracedScalar<Scalar: DelayNetScalar> {
  struct Term {
    let reduction: Reduction<Scalar>
    var partial: Scalar
  }

  /// The number.
  public let value: Scalar
  let terms: [Term]
  let mistake: DelayNetError?

  init(value: Scalar, terms: [Term], mistake: DelayNetError?) {
    self.value = value
    self.terms = terms
    self.mistake = mistake
  }

  /// A constant.
  public init(_ value: Scalar) { self.init(value: value, terms: [], mistake: nil) }

  /// A function of this number.
  ///
  /// - Parameters:
  ///   - function: called once.
  ///   - derivative: the function's derivative at the same number.
  public func map(_ function: (Scalar) -> Scalar, derivative: (Scalar) -> Scalar) -> TracedScalar {
    Self.linear(function(value), (self, derivative(value)))
  }

  /// A number with the given value and partial derivatives with respect to others.
  private static func linear(_ value: Scalar, _ parts: (TracedScalar, Scalar)...) -> TracedScalar {
    var terms: [Term] = []
    for (part, factor) in parts {
      for term in part.terms {
        if let known = terms.firstIndex(where: { $0.reduction === term.reduction }) {
          terms[known].partial += factor * term.partial
        } else {
          terms.append(Term(reduction: term.reduction, partial: factor * term.partial))
        }
      }
    }
    return TracedScalar(value: value, terms: terms, mistake: parts.lazy.compactMap { $0.0.mistake }.first)
  }

  /// The sum.
  public static func + (a: TracedScalar, b: TracedScalar) -> TracedScalar {
    linear(a.value + b.value, (a, 1), (b, 1))
  }
  /// The sum with a constant.
  public static func + (a: TracedScalar, b: Scalar) -> TracedScalar { linear(a.value + b, (a, 1)) }
  /// The sum with a constant.
  public static func + (a: Scalar, b: TracedScalar) -> TracedScalar { b + a }
  /// The difference.
  public static func - (a: TracedScalar, b: TracedScalar) -> TracedScalar {
    linear(a.value - b.value, (a, 1), (b, -1))
  }
  /// The difference to a constant.
  public static func - (a: TracedScalar, b: Scalar) -> TracedScalar { linear(a.value - b, (a, 1)) }
  /// The difference from a constant.
  public static func - (a: Scalar, b: TracedScalar) -> TracedScalar { linear(a - b.value, (b, -1)) }
  /// The number with its sign turned.
  public static prefix func - (a: TracedScalar) -> TracedScalar { linear(-a.value, (a, -1)) }
  /// The product.
  public static func * (a: TracedScalar, b: TracedScalar) -> TracedScalar {
    linear(a.value * b.value, (a, b.value), (b, a.value))
  }
  /// The product with a constant.
  public static func * (a: TracedScalar, b: Scalar) -> TracedScalar { linear(a.value * b, (a, b)) }
  /// The product with a constant.
  public static func * (a: Scalar, b: TracedScalar) -> TracedScalar { b * a }
  /// The quotient.
  public static func / (a: TracedScalar, b: TracedScalar) -> TracedScalar {
    linear(a.value / b.value, (a, 1 / b.value), (b, -a.value / (b.value * b.value)))
  }
  /// The quotient by a constant.
  public static func / (a: TracedScalar, b: Scalar) -> TracedScalar { linear(a.value / b, (a, 1 / b)) }

  /// The number times itself.
  public func squared() -> TracedScalar { self * self }

  /// The square root.
  public func squareRoot() -> TracedScalar {
    let root = value.squareRoot()
    return Self.linear(root, (self, 1 / (2 * root)))
  }
}
