/// The output of a run, or something computed from it element by element, while a loss is being written down.
///
/// ``DelayMap/valueWithGradient(at:withRespectTo:weights:threads:workspace:progress:of:)->(_,DelayMap<Scalar>.Gradient)``
/// hands one to the loss. Arithmetic only writes the expression down; ``sum()`` evaluates it, a few hundred values at a
/// time, without temporary buffers, and the gradient walks it backwards in the same way. Buffers and numbers are constants
/// of the loss.
public struct Traced<Scalar: DelayNetScalar> {
  let expression: Expression<Scalar>
  /// The extents: those of the run's buffer.
  public let shape: BufferShape
  /// The first mistake in writing the expression down; the gradient throws it.
  let mistake: DelayNetError?

  init(_ expression: Expression<Scalar>, _ shape: BufferShape, _ mistake: DelayNetError? = nil) {
    self.expression = expression
    self.shape = shape
    self.mistake = mistake
  }

  /// The `member`-th output of an ensemble.
  init(output: Buffer<Scalar>, member: Int) {
    self.init(Expression(.output(output, member: member)), output.shape)
  }
}

/// A node of an expression; reference identity tells shared parts.
final class Expression<Scalar: DelayNetScalar> {
  enum Operation {
    case output(Buffer<Scalar>, member: Int)
    case constant(Buffer<Scalar>)
    case add(Expression, Expression)
    case subtract(Expression, Expression)
    case multiply(Expression, Expression)
    case divide(Expression, Expression)
    case scale(Expression, Scalar)
    case shift(Expression, Scalar)
    case square(Expression)
    case apply(Expression, (Scalar) -> Scalar, derivative: (Scalar) -> Scalar)
  }

  let operation: Operation

  init(_ operation: Operation) { self.operation = operation }
}

extension Traced {
  private static func combine(
    _ a: Traced, _ b: Traced, _ operation: (Expression<Scalar>, Expression<Scalar>) -> Expression<Scalar>.Operation
  ) -> Traced {
    var mistake = a.mistake ?? b.mistake
    if mistake == nil, a.shape != b.shape {
      mistake = .shapeMismatch(name: "buffer in the loss", expected: a.shape.extents, found: b.shape.extents)
    }
    return Traced(Expression(operation(a.expression, b.expression)), a.shape, mistake)
  }

  private static func constant(_ buffer: Buffer<Scalar>) -> Traced {
    Traced(Expression(.constant(buffer)), buffer.shape)
  }

  private func with(_ operation: Expression<Scalar>.Operation) -> Traced {
    Traced(Expression(operation), shape, mistake)
  }

  /// The element-wise sum.
  public static func + (a: Traced, b: Traced) -> Traced { combine(a, b) { .add($0, $1) } }
  /// The element-wise sum with a constant.
  public static func + (a: Traced, b: Buffer<Scalar>) -> Traced { a + constant(b) }
  /// The element-wise sum with a constant.
  public static func + (a: Buffer<Scalar>, b: Traced) -> Traced { b + a }
  /// Every value plus a number.
  public static func + (a: Traced, number: Scalar) -> Traced { a.with(.shift(a.expression, number)) }
  /// Every value plus a number.
  public static func + (number: Scalar, a: Traced) -> Traced { a + number }

  /// The element-wise difference.
  public static func - (a: Traced, b: Traced) -> Traced { combine(a, b) { .subtract($0, $1) } }
  /// The element-wise difference to a constant.
  public static func - (a: Traced, b: Buffer<Scalar>) -> Traced { a - constant(b) }
  /// The element-wise difference from a constant.
  public static func - (a: Buffer<Scalar>, b: Traced) -> Traced { constant(a) - b }
  /// Every value minus a number.
  public static func - (a: Traced, number: Scalar) -> Traced { a + (-number) }
  /// A number minus every value.
  public static func - (number: Scalar, a: Traced) -> Traced { -a + number }
  /// Every value with its sign turned.
  public static prefix func - (a: Traced) -> Traced { a.with(.scale(a.expression, -1)) }

  /// The element-wise product.
  public static func * (a: Traced, b: Traced) -> Traced { combine(a, b) { .multiply($0, $1) } }
  /// The element-wise product with a constant, such as a mask or a table of precisions.
  public static func * (a: Traced, b: Buffer<Scalar>) -> Traced { a * constant(b) }
  /// The element-wise product with a constant, such as a mask or a table of precisions.
  public static func * (a: Buffer<Scalar>, b: Traced) -> Traced { b * a }
  /// Every value times a number.
  public static func * (a: Traced, number: Scalar) -> Traced { a.with(.scale(a.expression, number)) }
  /// Every value times a number.
  public static func * (number: Scalar, a: Traced) -> Traced { a * number }

  /// The element-wise quotient.
  public static func / (a: Traced, b: Traced) -> Traced { combine(a, b) { .divide($0, $1) } }
  /// The element-wise quotient by a constant.
  public static func / (a: Traced, b: Buffer<Scalar>) -> Traced { a / constant(b) }
  /// Every value divided by a number.
  public static func / (a: Traced, number: Scalar) -> Traced { a * (1 / number) }

  /// Every value times itself.
  public func squared() -> Traced { with(.square(expression)) }

  /// A function of every value.
  ///
  /// - Parameters:
  ///   - function: called for each value.
  ///   - derivative: the function's derivative at the same value; ``GradientCheck`` finds a wrong one.
  public func map(_ function: @escaping (Scalar) -> Scalar, derivative: @escaping (Scalar) -> Scalar) -> Traced {
    with(.apply(expression, function, derivative: derivative))
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
    let steps = steps ?? 0..<shape.steps
    return sum(
      nodes: nodes ?? 0..<shape.nodes,
      columns: (shape.history + steps.lowerBound)..<(shape.history + steps.upperBound))
  }

  private func sum(nodes: Range<Int>, columns: Range<Int>) -> TracedScalar<Scalar> {
    var mistake = mistake
    if mistake == nil {
      if !(0...shape.nodes ~= nodes.lowerBound && nodes.upperBound <= shape.nodes) {
        mistake = .optionOutOfRange(name: "nodes", value: Double(nodes.upperBound))
      } else if !(0...shape.columns ~= columns.lowerBound && columns.upperBound <= shape.columns) {
        mistake = .optionOutOfRange(name: "steps", value: Double(columns.upperBound - shape.history))
      }
    }
    guard mistake == nil else { return TracedScalar(value: .nan, terms: [], mistake: mistake) }
    let reduction = Reduction(expression, rows: nodes, columns: columns, rowLength: shape.columns)
    return TracedScalar(
      value: Scalar(reduction.value()), terms: [.init(reduction: reduction, partial: 1)], mistake: nil)
  }
}
