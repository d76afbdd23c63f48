import DelayNetDifferentiation
import TestSupport
import Testing

@Suite struct BufferMatricesTests {
  static let shape = try! BufferShape(nodes: 4, history: 2, steps: 7)
  let a = try! RandomKey(seed: 1).normal(Self.shape, as: Double.self)
  let b = try! RandomKey(seed: 2).normal(Self.shape, as: Double.self)

  private func check(
    _ f: @differentiable(reverse) (Buffer<Double>, Buffer<Double>) -> Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (da, db) = gradient(at: a, b, of: f)
    func buffer(_ values: ArraySlice<Double>) throws -> Buffer<Double> {
      try Buffer(nodes: 4, history: 2, steps: 7, values: Array(values))
    }
    let report = try GradientCheck.differences(
      at: a.values + b.values, gradient: da.buffer(of: Self.shape).values + db.buffer(of: Self.shape).values
    ) { try f(buffer($0[..<36]), buffer($0[36...])) }
    #expect(report.passed, "\(String(describing: report.worst))", sourceLocation: sourceLocation)
  }

  private static let target = try! Matrix<Double>(
    rows: 4, columns: 4, values: [1, 0.5, 0.3, 0.2, 0.5, 1.01, 0.6, 0.3, 0.3, 0.6, 1.04, 0.5, 0.2, 0.3, 0.5, 1])

  @Test func functionsOfMatrices() throws {
    let weights = try RandomKey(seed: 3).normal(BufferShape(nodes: 4, history: 0, steps: 4), as: Double.self)
    try check { a, b in (a.centered() * b).squared().sum() }
    try check { a, b in (a * b).functionalConnectivity().dot(weights) }
    try check { a, b in a.squared().matrixProduct(b.transposed()).dot(weights) }
    try check { a, b in a.matrixProduct(b.transposed()).upperTriangle().squared().sum() }
    try check { a, b in 1 - (a + b).functionalConnectivity().correlation(with: Self.target) }
    try check { a, b in
      (a - b).applying { x throws(DelayNetError) in try Linearization.columns(3..<8, of: x) }.squared().sum()
    }
  }

  /// The same loss as an expression of `Traced`, through a run.
  @Test func agreesWithTracedLosses() throws {
    let example = NetworkCase<Double>(nodes: 3, steps: 40, kind: .oneShort)
    let target = try Matrix<Double>(rows: 3, columns: 3, values: [1, 0.2, -0.4, 0.2, 1, 0.1, -0.4, 0.1, 1])
    let traced = try example.map.valueWithGradient(at: example.buffer) { b in
      1 - b.functionalConnectivity().correlation(with: target)
    }
    let (value, slope) = valueWithGradient(at: example.buffer) { b in
      1 - example.map.differentiableRun(b).functionalConnectivity().correlation(with: target)
    }
    #expect(value == traced.value)
    #expect(slope.buffer(of: example.buffer.shape) == traced.gradient.buffer)
  }

  @Test func constantRowsHaveNoNumber() throws {
    var constant = a
    for t in 0..<9 { constant[2, t] = 0.7 }
    let fc = constant.functionalConnectivity().values
    #expect(fc.count == 16 && fc.filter { !$0.isNaN }.isEmpty)
    let (value, slope) = valueWithGradient(at: constant) { b in
      b.functionalConnectivity().correlation(with: Self.target)
    }
    let slopes = slope.buffer(of: Self.shape).values
    #expect(value.isNaN && slopes.filter { !$0.isNaN }.isEmpty)
  }
}
