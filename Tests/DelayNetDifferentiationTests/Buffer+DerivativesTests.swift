import DelayNetDifferentiation
import TestSupport
import Testing

@Suite struct BufferDerivativesTests {
  static let shape = try! BufferShape(nodes: 3, history: 2, steps: 5)
  let a = try! RandomKey(seed: 1).normal(Self.shape, as: Double.self)
  let b = try! RandomKey(seed: 2).normal(Self.shape, as: Double.self)

  private func buffer(_ values: ArraySlice<Double>) throws -> Buffer<Double> {
    try Buffer(nodes: 3, history: 2, steps: 5, values: Array(values))
  }

  /// Compares the gradient of a function of two buffers with differences, and with the gradient of the first alone.
  private func check(
    _ f: @differentiable(reverse) (Buffer<Double>, Buffer<Double>) -> Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (da, db) = gradient(at: a, b, of: f)
    let report = try GradientCheck.differences(
      at: a.values + b.values, gradient: da.buffer(of: Self.shape).values + db.buffer(of: Self.shape).values
    ) { try f(buffer($0[..<21]), buffer($0[21...])) }
    #expect(report.passed, "\(String(describing: report.worst))", sourceLocation: sourceLocation)
    let alone = gradient(at: a) { [b] a in f(a, b) }
    #expect(alone == da, sourceLocation: sourceLocation)
  }

  @Test func arithmetic() throws {
    try check { a, b in (a + b).squared().sum() }
    try check { a, b in (a - b).squared().sum() }
    try check { a, b in (a * b).squared().sum() }
    try check { a, b in (a * a - b).squared().mean() }
    try check { a, b in (a.sum() * b + 3 * a * b.mean()).squared().sum() }
    try check { a, b in (a * b * 2).dot(a - b) }
    try check { a, b in
      var c = a * a
      c += b
      c -= a * b
      return (c * c).sum()
    }
  }

  @Test func constantsOfTheLoss() throws {
    let c = try RandomKey(seed: 3).normal(Self.shape, as: Double.self)
    try check { a, b in (c + a).squared().sum() + (b + c).squared().sum() }
    try check { a, b in (c - a).squared().sum() + (b - c).squared().sum() }
    try check { a, b in (c * a).squared().sum() + (b * c).squared().sum() }
    try check { a, b in (2 * a).squared().sum() + (b * 3).squared().sum() + a.sum() * (c * b.sum()).sum() }
    try check { a, b in a.squared().dot(c) + c.dot(b.squared()) }
  }

  @Test func parts() throws {
    try check { a, b in a[1, 3] * b[2, 0] + a[0, 0] * a[0, 0] }
    try check { a, b in a[node: 1, step: -1] * b[node: 2, step: 4] * b[node: 2, step: 4] }
    try check { a, b in a.columns(2..<6, history: 1).dot(b.columns(1..<5, history: 1).squared()) }
    try check { a, b in
      let (x, y) = (a.row(1), b.row(2))
      return x[0] * y[6] * y[6] + x[5]
    }
    try check { a, b in
      let (x, y) = (a.values, b.values)
      var sum = 0.0
      for n in 0..<withoutDerivative(at: x.count) { sum += x[n] * y[20 - n] * y[20 - n] }
      return sum
    }
    try check { a, b in
      let again = Buffer(Self.shape, values: a.values)
      return (again * b).squared().sum()
    }
  }

  @Test func functionsOfEveryValue() throws {
    try check { a, b in (a.differentiableMap { $0 * $0 * $0 } * b.differentiableMap { 1 / (1 + $0 * $0) }).sum() }
    #expect(a.differentiableMap { 2 * $0 } == 2 * a)
  }

  @Test func floatAsWell() throws {
    let x = try RandomKey(seed: 1).normal(Self.shape)
    let (value, gradient) = valueWithGradient(at: x) { x in (0.5 * x * x).mean() + x.squared().sum() * x[1, 1] }
    #expect(abs(value - (0.5 * x * x).mean() - x.squared().sum() * x[1, 1]) == 0)
    let (s, p) = (x.squared().sum(), x[1, 1])
    let expected = x.values.indices.map { n in x.values[n] / 21 + 2 * x.values[n] * p + (n == 8 ? s : 0) }
    #expect(relativeError(gradient.buffer(of: Self.shape).values, expected) < 1e-6)
  }

  @Test func emptyTangentsStayEmpty() {
    #expect(pullback(at: a, b) { $0 + $1 }(.zero) == (.zero, .zero))
    #expect(pullback(at: a, b) { $0 - $1 }(.zero).1.isEmpty)
    #expect(pullback(at: a, b) { $0 * $1 }(.zero).0.isEmpty)
    #expect(pullback(at: a) { $0.squared() }(.zero).isEmpty)
    #expect(pullback(at: a) { $0.differentiableMap { $0 * $0 } }(.zero).isEmpty)
    #expect(pullback(at: a) { $0.columns(1..<4, history: 0) }(.zero).isEmpty)
    #expect(pullback(at: a) { $0.values }(.zero).isEmpty)
    #expect(pullback(at: a) { $0.row(1) }(.zero).isEmpty)
    #expect(pullback(at: 2, a) { $0 * $1 }(.zero).0 == 0)
  }

  // ---- Tangents themselves ----------------------------------------------------------------------------------------------

  @Test func tangentsAreAVectorSpace() throws {
    let (u, v) = (Buffer<Double>.TangentVector(a), Buffer<Double>.TangentVector(b))
    #expect((u + v).buffer(of: Self.shape) == a + b)
    #expect((u - v).buffer(of: Self.shape) == a - b)
    #expect((3 * (u + v)).buffer(of: Self.shape) == 3 * (a + b))
    #expect(u + .zero == u && .zero + u == u && u - u == .zero && .zero - u == -1 * u)
    #expect(u != v && u != .zero)
    #expect(try Buffer<Double>.TangentVector.zero.buffer(of: Self.shape) == Buffer(Self.shape))
    #expect(Buffer<Double>.TangentVector.zero.isEmpty && !u.isEmpty)
    let other = Buffer<Double>.TangentVector(try Buffer(nodes: 1, history: 0, steps: 1, repeating: 1))
    #expect(u != other)
  }

  @Test func buffersMove() {
    var moved = a
    moved.move(by: .init(b))
    #expect(moved == a + b)
    moved.move(by: .zero)
    #expect(moved == a + b)
  }

  @Test func aLoopLeavesNoDeepRecursion() throws {
    // A chain of 200,000 terms, added up and freed on a test thread's small stack.
    let long = try Buffer<Double>(nodes: 1, history: 0, steps: 1000, repeating: 1)
    let gradient = gradient(at: long) { b in
      var sum = 0.0
      for n in 0..<200_000 { sum += b[0, n % 1000] * 0.5 }
      return sum
    }
    #expect(gradient.buffer(of: long.shape).values.allSatisfy { $0 == 100 })
  }
}
