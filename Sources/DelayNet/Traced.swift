/// The output of a run, or something computed from it element by element, while a loss is being written down.
///
/// ``DelayMap/valueWithGradient(at:withRespectTo:weights:threads:workspace:progress:of:)->(_,DelayMap<Scalar>.Gradient)``
/// passes one to the loss. Arithmetic only writes the expression down; ``sum()`` evaluates it, a few hundred values at
/// a time, without temporary buffers, and the gradient walks it backwards in the same way. Buffers and numbers are constants
/// of the loss.
///
/// Functions of the whole output, such as ``functionalConnectivity()`` and ``matrixProduct(_:)-(Traced<Scalar>)``, are evaluated at once
/// and make an expression of their own shape.
///
/// It belongs to the call that passed it. A loss that uses one of another call, kept from an earlier step of a fit or
/// taken from a loss around it, throws ``DelayNetError/foreignTraced``; ``detached()`` makes a constant of it, which may be
/// kept.
public struct Traced<Scalar: DelayNetScalar> {
  let expression: Expression<Scalar>
  /// The extents: those of the run's buffer, or of the matrix that was made of it.
  public let shape: BufferShape
  /// The call whose outputs the expression depends on; nil for a constant.
  let call: LossCall<Scalar>.Identity?
  /// The first mistake in writing the expression down; the gradient throws it.
  let mistake: DelayNetError?

  init(
    _ expression: Expression<Scalar>, _ shape: BufferShape, of call: LossCall<Scalar>.Identity?,
    _ mistake: DelayNetError? = nil
  ) {
    self.expression = expression
    self.shape = shape
    self.call = call
    self.mistake = mistake
  }
}

/// A node of an expression; reference identity tells shared parts.
final class Expression<Scalar: DelayNetScalar> {
  enum Operation {
    case output(Buffer<Scalar>, member: Int)
    case constant(Buffer<Scalar>)
    case computed(Computed<Scalar>)
    case add, subtract, multiply, divide
    case scale(Scalar)
    case shift(Scalar)
    case square
    case apply((Scalar) -> Scalar, derivative: (Scalar) -> Scalar)
  }

  let operation: Operation
  /// What the operation is applied to.
  private(set) var operands: [Expression]
  /// How many computed values stand one behind the other in it: those of a larger number are pulled back first.
  let depth: Int

  convenience init(_ operation: Operation, _ operands: Expression...) { self.init(operation, of: operands) }

  init(_ operation: Operation, of operands: [Expression]) {
    (self.operation, self.operands) = (operation, operands)
    let deepest = operands.reduce(0) { max($0, $1.depth) }
    depth = if case .computed = operation { deepest + 1 } else { deepest }
  }

  // An expression that was written down in a loop is as deep as the loop is long. Freeing it by recursion would exhaust the
  // stack, so a node that nobody else holds hands over its operands before it goes.
  deinit {
    var pending = takeOperands()
    while var node = pending.popLast() {
      if isKnownUniquelyReferenced(&node) { pending += node.takeOperands() }
    }
  }

  private func takeOperands() -> [Expression] {
    defer { operands = [] }
    return operands
  }
}

extension Traced {
  private static func combine(
    _ a: Traced, _ b: Traced, _ operation: Expression<Scalar>.Operation
  ) -> Traced {
    let (call, foreign) = LossCall<Scalar>.merge(a.call, b.call)
    var mistake = a.mistake ?? b.mistake ?? foreign
    if mistake == nil, a.shape != b.shape {
      mistake = .shapeMismatch(name: "buffer in the loss", expected: a.shape.extents, found: b.shape.extents)
    }
    return Traced(Expression(operation, a.expression, b.expression), a.shape, of: call, mistake)
  }

  private static func constant(_ buffer: Buffer<Scalar>) -> Traced {
    Traced(Expression(.constant(buffer)), buffer.shape, of: nil)
  }

  private func with(_ operation: Expression<Scalar>.Operation) -> Traced {
    Traced(Expression(operation, expression), shape, of: call, mistake)
  }

  /// The values as a constant: the same numbers, with a derivative of zero.
  ///
  /// A constant may be kept and used by the losses of other calls, such as those of the next steps of a fit:
  ///
  ///     var previous: Traced<Double>?
  ///     for _ in 0..<10 {
  ///       let step = try map.valueWithGradient(at: buffer) { b in
  ///         defer { previous = b.detached() }
  ///         return (b - (previous ?? b.detached())).squared().sum() + b.squared().sum()
  ///       }
  ///       buffer -= 0.1 * step.gradient.buffer
  ///     }
  ///
  /// - Complexity: one evaluation of the expression and a buffer of its values; constant for an output itself.
  public func detached() -> Traced {
    // Nothing with a mistake in it is ever evaluated.
    guard mistake == nil else { return Traced(expression, shape, of: nil, mistake) }
    switch expression.operation {
    case .constant: return self
    case .output(let buffer, _): return Self.constant(buffer)
    case .computed(let leaf): return Self.constant(leaf.value)
    default:
      let all = Reduction(
        expression, rows: 0..<shape.nodes, columns: 0..<shape.columns, rowLength: shape.columns)
      return Self.constant(all.values(shape))
    }
  }

  /// The element-wise sum.
  public static func + (a: Traced, b: Traced) -> Traced { combine(a, b, .add) }
  /// The element-wise sum with a constant.
  public static func + (a: Traced, b: Buffer<Scalar>) -> Traced { a + constant(b) }
  /// The element-wise sum with a constant.
  public static func + (a: Buffer<Scalar>, b: Traced) -> Traced { b + a }
  /// Every value plus a number.
  public static func + (a: Traced, number: Scalar) -> Traced { a.with(.shift(number)) }
  /// Every value plus a number.
  public static func + (number: Scalar, a: Traced) -> Traced { a + number }

  /// The element-wise difference.
  public static func - (a: Traced, b: Traced) -> Traced { combine(a, b, .subtract) }
  /// The element-wise difference to a constant.
  public static func - (a: Traced, b: Buffer<Scalar>) -> Traced { a - constant(b) }
  /// The element-wise difference from a constant.
  public static func - (a: Buffer<Scalar>, b: Traced) -> Traced { constant(a) - b }
  /// Every value minus a number.
  public static func - (a: Traced, number: Scalar) -> Traced { a + (-number) }
  /// A number minus every value.
  public static func - (number: Scalar, a: Traced) -> Traced { -a + number }
  /// Every value with its sign turned.
  public static prefix func - (a: Traced) -> Traced { a.with(.scale(-1)) }

  /// The element-wise product.
  public static func * (a: Traced, b: Traced) -> Traced { combine(a, b, .multiply) }
  /// The element-wise product with a constant, such as a mask or a table of precisions.
  public static func * (a: Traced, b: Buffer<Scalar>) -> Traced { a * constant(b) }
  /// The element-wise product with a constant, such as a mask or a table of precisions.
  public static func * (a: Buffer<Scalar>, b: Traced) -> Traced { b * a }
  /// Every value times a number.
  public static func * (a: Traced, number: Scalar) -> Traced { a.with(.scale(number)) }
  /// Every value times a number.
  public static func * (number: Scalar, a: Traced) -> Traced { a * number }

  /// The element-wise quotient.
  public static func / (a: Traced, b: Traced) -> Traced { combine(a, b, .divide) }
  /// The element-wise quotient by a constant.
  public static func / (a: Traced, b: Buffer<Scalar>) -> Traced { a / constant(b) }
  /// Every value divided by a number.
  public static func / (a: Traced, number: Scalar) -> Traced { a * (1 / number) }

  /// Every value times itself.
  public func squared() -> Traced { with(.square) }

  /// A function of every value.
  ///
  /// - Parameters:
  ///   - function: called for each value.
  ///   - derivative: the function's derivative at the same value; ``GradientCheck`` finds a wrong one.
  public func map(_ function: @escaping (Scalar) -> Scalar, derivative: @escaping (Scalar) -> Scalar) -> Traced {
    with(.apply(function, derivative: derivative))
  }

  /// The sum of all values, history columns included, taken in `Double` and rounded once.
  public func sum() -> TracedScalar<Scalar> { sum(nodes: 0..<shape.nodes, columns: 0..<shape.columns) }

  /// The mean of all values, history columns included.
  public func mean() -> TracedScalar<Scalar> { sum() / Scalar(shape.count) }

  /// The sum over some steps of some nodes.
  ///
  /// - Parameters:
  ///   - nodes: all when nil.
  ///   - steps: `0 ..< steps`, where history columns are negative; all steps without the history when nil.
  public func sum(nodes: Range<Int>? = nil, steps: Range<Int>?) -> TracedScalar<Scalar> {
    let (nodes, steps) = (nodes ?? 0..<shape.nodes, steps ?? 0..<shape.steps)
    // Compared before anything is added: the bounds may be any numbers.
    for (name, range, allowed) in [("nodes", nodes, 0...shape.nodes), ("steps", steps, -shape.history...shape.steps)] {
      for bound in [range.lowerBound, range.upperBound] where !(allowed ~= bound) {
        return TracedScalar(
          value: .nan, terms: [], of: call, mistake ?? .optionOutOfRange(name: name, value: Double(bound)))
      }
    }
    return sum(
      nodes: nodes, columns: (shape.history + steps.lowerBound)..<(shape.history + steps.upperBound))
  }

  /// The sum over nodes and columns that there are.
  private func sum(nodes: Range<Int>, columns: Range<Int>) -> TracedScalar<Scalar> {
    guard mistake == nil else { return TracedScalar(value: .nan, terms: [], of: call, mistake) }
    let reduction = Reduction(expression, rows: nodes, columns: columns, rowLength: shape.columns)
    return TracedScalar(
      value: Scalar(reduction.value()), terms: [.init(reduction: reduction, partial: 1)], of: call)
  }
}
