// Whoever imports this module writes losses with DelayNet's types and calls `gradient(at:of:)`.
@_exported import DelayNet
@_exported import _Differentiation

extension Buffer: Differentiable {
  /// A direction in the space of buffers, or the gradient of a number with respect to a buffer.
  ///
  /// Zero has no shape: ``zero`` is the zero of every shape, and a gradient that nothing was added to is that one. Adding
  /// two tangents takes constant time, however large the buffers: a tangent remembers its terms, and ``buffer(of:)`` adds
  /// them up. So a loss may read single values in a loop: each read costs one term, not one buffer.
  public struct TangentVector: Sendable {
    let term: TangentTerm<Scalar>?

    init(_ term: TangentTerm<Scalar>?) { self.term = term }

    /// A tangent of the given values.
    public init(_ buffer: Buffer) { term = TangentTerm(.buffer(buffer), buffer.shape) }

    /// Whether nothing was added to the tangent: it is zero, whatever the shape.
    public var isEmpty: Bool { term == nil }

    /// The values, in a buffer.
    ///
    /// - Parameter shape: of the buffer that this is a tangent of.
    /// - Returns: zeros for an empty tangent.
    /// - Precondition: a tangent that is not empty has this shape.
    /// - Complexity: O(terms + values); constant for a tangent with one buffer as its only term.
    public func buffer(of shape: BufferShape) -> Buffer {
      guard let term else { return Buffer(alike: shape) }
      precondition(term.shape == shape, "a tangent of shape \(term.shape) does not belong to a buffer \(shape)")
      return term.buffer()
    }
  }

  /// Adds a tangent to the values, the history's included.
  ///
  /// - Precondition: the tangent is empty or has the buffer's shape.
  public mutating func move(by offset: TangentVector) {
    if !offset.isEmpty { self += offset.buffer(of: shape) }
  }
}

extension Buffer.TangentVector: AdditiveArithmetic, Differentiable {
  /// A tangent belongs to its own space.
  public typealias TangentVector = Self

  /// The empty tangent: zero for every shape.
  public static var zero: Self { Self(nil) }

  /// The sum.
  ///
  /// - Precondition: the shapes are equal, unless a tangent is empty.
  public static func + (a: Self, b: Self) -> Self {
    guard let x = a.term else { return b }
    guard let y = b.term else { return a }
    precondition(x.shape == y.shape, "tangents of shapes \(x.shape) and \(y.shape) cannot be added")
    return Self(TangentTerm(.sum(x, y), x.shape))
  }

  /// The difference.
  ///
  /// - Precondition: the shapes are equal, unless a tangent is empty.
  public static func - (a: Self, b: Self) -> Self { a + (-1) * b }

  /// Every value times a number.
  public static func * (number: Scalar, a: Self) -> Self {
    guard let term = a.term else { return a }
    switch term.content {
    case .uniform(let value): return Self(TangentTerm(.uniform(number * value), term.shape))
    case .entry(let index, let value): return Self(TangentTerm(.entry(index, number * value), term.shape))
    case .buffer, .sum: return Self(number * term.buffer())
    }
  }

  /// Whether the values are equal; the empty tangent equals zeros of every shape.
  public static func == (a: Self, b: Self) -> Bool {
    guard let shape = a.term?.shape ?? b.term?.shape else { return true }
    guard shape == b.term?.shape ?? shape else { return false }
    return a.buffer(of: shape) == b.buffer(of: shape)
  }

  /// A tangent with the same value everywhere.
  init(repeating value: Scalar, _ shape: BufferShape) { term = TangentTerm(.uniform(value), shape) }

  /// A tangent that is zero but for one value.
  init(_ value: Scalar, at index: Int, _ shape: BufferShape) { term = TangentTerm(.entry(index, value), shape) }

  /// The element-wise product with a buffer of the same shape.
  @usableFromInline
  func times(_ other: Buffer<Scalar>) -> Self {
    guard let term else { return self }
    switch term.content {
    case .uniform(let value): return Self(value * other)
    case .entry(let index, let value):
      let factor = other.withUnsafeBufferPointer { $0[index] }
      return Self(TangentTerm(.entry(index, value * factor), term.shape))
    case .buffer, .sum: return Self(term.buffer() * other)
    }
  }

  /// ⟨tangent, buffer⟩, taken in `Double`.
  func dot(_ other: Buffer<Scalar>) -> Double { term == nil ? 0 : buffer(of: other.shape).dot(other) }
}

/// A sum of buffers, constants and single values, not added up yet. Immutable, so that tangents may share terms.
final class TangentTerm<Scalar: DelayNetScalar>: @unchecked Sendable {
  // Unchecked: only deinit changes a term.
  enum Content {
    case buffer(Buffer<Scalar>)
    case uniform(Scalar)
    case entry(Int, Scalar)
    case sum(TangentTerm, TangentTerm)
  }

  private(set) var content: Content
  let shape: BufferShape

  init(_ content: Content, _ shape: BufferShape) {
    self.content = content
    self.shape = shape
  }

  // A loss that reads values in a loop leaves a chain of sums as long as the loop. Freeing it by recursion would exhaust
  // the stack, so a term that nobody else holds hands over its parts before it goes.
  deinit {
    var pending = takeParts()
    while var term = pending.popLast() {
      if isKnownUniquelyReferenced(&term) { pending += term.takeParts() }
    }
  }

  private func takeParts() -> [TangentTerm] {
    guard case .sum(let a, let b) = content else { return [] }
    content = .uniform(0)
    return [a, b]
  }

  /// The values, added from the first term to the last.
  func buffer() -> Buffer<Scalar> {
    var pending = [self]
    var sum: Buffer<Scalar>?
    while let term = pending.popLast() {
      switch term.content {
      case .sum(let a, let b): pending += [b, a]
      case .buffer(let buffer): sum = sum.map { $0 + buffer } ?? buffer
      case .uniform(let value):
        let buffer = Buffer(alike: shape, repeating: value)
        sum = sum.map { $0 + buffer } ?? buffer
      case .entry(let index, let value):
        if sum == nil { sum = Buffer(alike: shape) }
        sum?.withUnsafeMutableBufferPointer { $0[index] += value }
      }
    }
    return sum ?? Buffer(alike: shape)
  }
}
