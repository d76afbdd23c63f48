/// A number computed from a run's output, while a loss is being written down.
///
/// It carries its partial derivative with respect to each sum that it was made of. Like a ``Traced`` it belongs to the call
/// that it was made in; ``detached()``, or its ``value``, is a constant.
public struct TracedScalar<Scalar: DelayNetScalar> {
  struct Term {
    let reduction: Reduction<Scalar>
    var partial: Scalar
  }

  /// The number.
  public let value: Scalar
  let terms: [Term]
  /// The call whose outputs the number depends on; nil for a constant.
  let call: LossCall<Scalar>.Identity?
  let mistake: DelayNetError?

  init(
    value: Scalar, terms: [Term], of call: LossCall<Scalar>.Identity?, _ mistake: DelayNetError? = nil
  ) {
    self.value = value
    self.terms = terms
    self.call = call
    self.mistake = mistake
  }

  /// A constant.
  public init(_ value: Scalar) { self.init(value: value, terms: [], of: nil) }

  /// The number as a constant, with a derivative of zero; it may be kept and used by the losses of other calls.
  public func detached() -> TracedScalar { TracedScalar(value: value, terms: [], of: nil, mistake) }

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
    var call: LossCall<Scalar>.Identity?
    var mistake: DelayNetError?
    for (part, factor) in parts {
      let merged = LossCall<Scalar>.merge(call, part.call)
      call = merged.call
      mistake = mistake ?? part.mistake ?? merged.mistake
      for term in part.terms {
        if let known = terms.firstIndex(where: { $0.reduction === term.reduction }) {
          terms[known].partial += factor * term.partial
        } else {
          terms.append(Term(reduction: term.reduction, partial: factor * term.partial))
        }
      }
    }
    return TracedScalar(value: value, terms: terms, of: call, mistake)
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
