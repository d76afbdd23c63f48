// Operators on two buffers have the precondition that their shapes are equal.

extension Buffer {
  /// The element-wise sum of two buffers of one shape.
  public static func + (a: Buffer, b: Buffer) -> Buffer { combine(a, b, .add) }
  /// The element-wise difference of two buffers of one shape.
  public static func - (a: Buffer, b: Buffer) -> Buffer { combine(a, b, .subtract) }
  /// The element-wise product of two buffers of one shape.
  public static func * (a: Buffer, b: Buffer) -> Buffer { combine(a, b, .multiply) }
  /// Every value times a number.
  public static func * (number: Scalar, a: Buffer) -> Buffer { a.scaled(by: number) }
  /// Every value times a number.
  public static func * (a: Buffer, number: Scalar) -> Buffer { a.scaled(by: number) }
  /// Adds another buffer of the same shape.
  public static func += (a: inout Buffer, b: Buffer) { a = a + b }
  /// Subtracts another buffer of the same shape.
  public static func -= (a: inout Buffer, b: Buffer) { a = a - b }

  /// Every value times itself.
  public func squared() -> Buffer { self * self }

  /// The sum of all values, taken in `Double` and rounded once.
  public func sum() -> Scalar { Scalar(Self.sum(base, shape.count, keeping: self)) }

  /// The mean of all values; NaN for an empty buffer.
  public func mean() -> Scalar { Scalar(Self.sum(base, shape.count, keeping: self) / Double(shape.count)) }

  /// Σ a·b over all values of two buffers of one shape, taken in `Double`.
  public func dot(_ other: Buffer) -> Double {
    precondition(shape == other.shape, "buffers of shapes \(shape) and \(other.shape) have no product")
    return Self.dot(self, other)
  }

  private enum Operation { case add, subtract, multiply }

  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func combine(_ a: Buffer, _ b: Buffer, _ operation: Operation) -> Buffer {
    precondition(a.shape == b.shape, "buffers of shapes \(a.shape) and \(b.shape) cannot be combined")
    let result = Buffer(copyOf: a.shape)
    let (x, y, z) = (a.base, b.base, result.base)
    switch operation {
    case .add: for n in 0..<a.shape.count { z[n] = x[n] + y[n] }
    case .subtract: for n in 0..<a.shape.count { z[n] = x[n] - y[n] }
    case .multiply: for n in 0..<a.shape.count { z[n] = x[n] * y[n] }
    }
    extendLifetime(a)
    extendLifetime(b)
    return result
  }

  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private func scaled(by number: Scalar) -> Buffer {
    let result = Buffer(copyOf: shape)
    let (x, z) = (base, result.base)
    for n in 0..<shape.count { z[n] = number * x[n] }
    extendLifetime(self)
    return result
  }

  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func sum(_ x: UnsafeMutablePointer<Scalar>, _ count: Int, keeping owner: Buffer) -> Double {
    var lanes = SIMD8<Double>()
    sumLanes(x, count, into: &lanes)
    extendLifetime(owner)
    return lanes.sum()
  }

  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func dot(_ a: Buffer, _ b: Buffer) -> Double {
    var lanes = SIMD8<Double>()
    let (x, y) = (a.base, b.base)
    let (count, whole) = (a.shape.count, a.shape.count & ~7)
    var n = 0
    while n < whole {
      lanes += eight(x + n) * eight(y + n)
      n += 8
    }
    while n < count {
      lanes[n & 7] += Double(x[n]) * Double(y[n])
      n += 1
    }
    extendLifetime(a)
    extendLifetime(b)
    return lanes.sum()
  }
}

/// Adds `count` values into eight running sums, value `n` into lane `n mod 8`, so that the order does not depend on the
/// processor and the loop need not wait for each addition.
@inline(__always)
func sumLanes<Scalar: DelayNetScalar>(
  _ x: UnsafePointer<Scalar>, _ count: Int, into lanes: inout SIMD8<Double>
) {
  var n = 0
  while n + 8 <= count {
    lanes += eight(x + n)
    n += 8
  }
  while n < count {
    lanes[n & 7] += Double(x[n])
    n += 1
  }
}

/// Eight consecutive values in `Double`.
@inline(__always)
private func eight<Scalar: DelayNetScalar>(_ x: UnsafePointer<Scalar>) -> SIMD8<Double> {
  SIMD8(
    Double(x[0]), Double(x[1]), Double(x[2]), Double(x[3]), Double(x[4]), Double(x[5]), Double(x[6]), Double(x[7]))
}
