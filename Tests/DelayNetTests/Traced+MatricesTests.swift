import DelayNet
import TestSupport
import Testing

/// Losses of matrices that are made of a run's output. The network has no edges, so that with a noise gain of 1 output and input
/// are the same and the gradient is the loss's own.
@Suite struct TracedMatricesTests {
  typealias Loss = @Sendable (Traced<Double>) -> TracedScalar<Double>

  static let shape = try! BufferShape(nodes: 5, history: 0, steps: 11)
  static let buffer = try! RandomKey(seed: 1).normal(shape, as: Double.self)
  static let target = try! symmetric(5, seed: 7)

  private static func symmetric(_ n: Int, seed: UInt64) throws -> Matrix<Double> {
    let drawn = try RandomKey(seed: seed).normal(n, n, as: Double.self)
    return try Matrix(rows: n, columns: n) { i, j in i == j ? 1 : (drawn[i, j] + drawn[j, i]) / 4 }
  }

  private static func map(_ nodes: Int) throws -> DelayMap<Double> {
    try DelayMap(Network<Double>(nodes: nodes, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
  }

  /// One of each function, and functions of functions.
  static let losses: [(name: String, loss: Loss)] = [
    ("centred", { ($0.centered().squared() * 0.5).sum() }),
    ("correlation of rows", { b in weighted(b.functionalConnectivity()) }),
    ("correlation with a target", { 1 - $0.functionalConnectivity().correlation(with: target) }),
    ("correlation with numbers", { $0.squared().rows(1..<2).correlation(with: (0..<11).map { Double($0 * $0) }) }),
    ("columns", { weighted($0.dropping(first: 3).columns(1..<6).squared()) }),
    ("upper triangle", { weighted($0.columns(0..<5).upperTriangle().squared()) }),
    ("product of two", { b in weighted(b.squared().matrixProduct(b.transposed())) }),
    ("product with itself", { b in weighted(b.matrixProduct(b.transposed()).matrixProduct(b)) }),
    (
      "product with a constant",
      { b in weighted(b.matrixProduct(try! RandomKey(seed: 3).normal(11, 4, as: Double.self))) }
    ),
    (
      "function of the user",
      { bold in
        let energy = bold.applying { x in
          Linearization(
            value: x.map { $0 * $0 },
            pullback: { v in Linearization.product(v, x) { 2 * $0 * $1 } },
            pushforward: { dx in Linearization.product(dx, x) { 2 * $0 * $1 } })
        }
        return weighted(energy)
      }
    ),
    (
      "error of covariances beside their correlation",
      { b in
        let z = b.dropping(first: 1).centered()
        let covariance = z.matrixProduct(z.transposed()) / 10
        let error = (covariance - Buffer(b.shape, of: target)).squared().mean().squareRoot()
        return error + 0.3 * (1 - b.functionalConnectivity().correlation(with: target)) + 0.01 * b.squared().sum()
      }
    ),
  ]

  /// A sum in which every entry counts differently, and not linearly.
  private static func weighted(_ x: Traced<Double>) -> TracedScalar<Double> {
    let weights = try! RandomKey(seed: 9).normal(x.shape, as: Double.self)
    return (x * weights).sum() + 0.1 * (x * weights).squared().sum()
  }

  @Test(arguments: losses.indices) func gradientsAreThoseOfDifferences(of index: Int) throws {
    let (map, loss) = (try Self.map(5), Self.losses[index].loss)
    let (_, gradient) = try map.valueWithGradient(at: Self.buffer, of: loss)
    let direction = try RandomKey(seed: 4).normal(Self.buffer.shape.count, as: Double.self)
    func value(_ x: [Double]) throws -> Double {
      try map.value(at: Buffer(nodes: 5, history: 0, steps: 11, values: x), of: loss)
    }
    let (x, g) = (Self.buffer.values, gradient.buffer.values)
    #expect(g.contains { $0 != 0 })
    let differences = try GradientCheck.differences(at: x, gradient: g, of: value)
    #expect(differences.passed, "\(Self.losses[index].name): \(differences)")
    #expect(try GradientCheck.taylor(at: x, gradient: g, along: direction, of: value).passed)
  }

  @Test func correlationsAreThoseOfPlainSums() throws {
    var found: Traced<Double>?
    _ = try Self.map(5).valueWithGradient(at: Self.buffer) { b in
      found = b.functionalConnectivity().detached()
      return b.sum()
    }
    let matrix = try #require(found)
    #expect(matrix.shape == (try BufferShape(nodes: 5, history: 0, steps: 5)))
    for i in 0..<5 {
      for j in 0..<5 {
        let (x, y) = (Self.buffer.row(i), Self.buffer.row(j))
        let (a, b) = (x.reduce(0, +) / 11, y.reduce(0, +) / 11)
        let xy = zip(x, y).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) }
        let (xx, yy) = (x.reduce(0) { $0 + ($1 - a) * ($1 - a) }, y.reduce(0) { $0 + ($1 - b) * ($1 - b) })
        let entry = try Self.map(5).value(at: Self.buffer) { b in
          b.functionalConnectivity().sum(nodes: i..<(i + 1), steps: j..<(j + 1))
        }
        #expect(abs(entry - xy / (xx * yy).squareRoot()) < 1e-14)
      }
    }
  }

  @Test func detachedMatricesAreConstants() throws {
    let map = try Self.map(5)
    let (value, gradient) = try map.valueWithGradient(at: Self.buffer) { b in
      let fc = b.functionalConnectivity()
      return (fc - fc.detached()).squared().sum() + fc.detached().sum()
    }
    #expect(gradient.buffer == (try Buffer(Self.shape)))
    #expect(value == (try map.value(at: Self.buffer) { $0.functionalConnectivity().sum() }))
  }

  @Test func productsOfOddSizes() throws {
    for (n, m, k) in [(1, 1, 1), (1, 3, 2), (4, 2, 8), (5, 7, 9), (9, 6, 70), (3, 5, 0), (2, 401, 33), (7, 90, 1201)] {
      let a = try RandomKey(seed: 1).normal(n, k, as: Double.self)
      let b = try RandomKey(seed: 2).normal(k, m, as: Double.self)
      let plain = try Matrix(rows: n, columns: m) { i, j in (0..<k).reduce(0.0) { $0 + a[i, $1] * b[$1, j] } }
      let product = try Linearization.product(a, b)
      #expect(k == 0 ? product.value == plain : relativeError(product.value.values, plain.values) < 1e-13)
    }
  }

  /// ⟨v, J u⟩ = ⟨Jᵀ v, u⟩ where both derivatives are there.
  @Test func derivativesInBothDirectionsAgree() throws {
    let x = try RandomKey(seed: 1).normal(6, 6, as: Double.self)
    let b = try RandomKey(seed: 2).normal(6, 6, as: Double.self)
    let functions: [() throws -> Linearization] = [
      { .centered(x) }, { try .columns(1..<4, of: x) }, { try .rows(2..<5, of: x) }, { .transposed(x) },
      { try .upperTriangle(of: x) }, { try .product(x, b) }, { try .correlation(ofRows: x) },
      { try .correlation(of: x, with: b) },
      { try Linearization.centered(x).then { x throws(DelayNetError) in try .product(x, b) } },
    ]
    for (n, function) in functions.enumerated() {
      let f = try function()
      let u = try RandomKey(seed: 3).normal(6, 6, as: Double.self)
      let v = try RandomKey(seed: 4).normal(f.value.rows, f.value.columns, as: Double.self)
      let (forward, back) = (f.pushforward(u), f.pullback(v))
      let a = zip(v.values, forward.values).reduce(0) { $0 + $1.0 * $1.1 }
      let c = zip(u.values, back.values).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(a - c) < 1e-12 * max(1, abs(a)), "function \(n)")
    }
  }

  @Test func singlePrecisionIsNear() throws {
    let single = try DelayMap(Network<Float>(nodes: 5, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
    let buffer = try Buffer<Float>(nodes: 5, history: 0, steps: 11, values: Self.buffer.values.map { Float($0) })
    let target = Self.target.map { Float($0) }
    let near = try single.valueWithGradient(at: buffer) { 1 - $0.functionalConnectivity().correlation(with: target) }
    let exact = try Self.map(5).valueWithGradient(at: Self.buffer) {
      1 - $0.functionalConnectivity().correlation(with: Self.target)
    }
    #expect(abs(Double(near.value) - exact.value) < 1e-6)
    #expect(relativeError(near.gradient.buffer.doubles, exact.gradient.buffer.values) < 1e-5)
  }

  @Test func mistakesNameTheirPlace() throws {
    let map = try Self.map(5)
    func expect(_ error: DelayNetError, _ loss: Loss, at buffer: Buffer<Double> = Self.buffer) {
      #expect(throws: error) { try map.valueWithGradient(at: buffer, of: loss) }
      #expect(throws: error) { try map.value(at: buffer, of: loss) }
    }
    var constant = Self.buffer
    for t in 0..<11 { constant[3, t] = 0.1 }
    expect(.constantSeries(name: "series", row: 3), { $0.functionalConnectivity().sum() }, at: constant)
    expect(.shapeMismatch(name: "target", expected: [5, 5], found: [4, 4])) {
      $0.functionalConnectivity().correlation(with: try! Self.symmetric(4, seed: 1))
    }
    expect(.shapeMismatch(name: "matrix", expected: [5, 5], found: [5, 11])) { $0.correlation(with: Self.target) }
    expect(.shapeMismatch(name: "matrix", expected: [5, 5], found: [5, 11])) { $0.upperTriangle().sum() }
    expect(.shapeMismatch(name: "target", expected: [5, 11], found: [3])) { $0.correlation(with: [1, 2, 3]) }
    expect(.shapeMismatch(name: "right factor", expected: [11, 11], found: [5, 11])) { $0.matrixProduct($0).sum() }
    expect(.optionOutOfRange(name: "columns", value: 12)) { $0.dropping(first: 12).sum() }
    expect(.optionOutOfRange(name: "columns", value: -1)) { $0.dropping(first: -1).sum() }
    expect(.optionOutOfRange(name: "rows", value: 6)) { $0.rows(2..<6).sum() }
    expect(.shapeMismatch(name: "buffer in the loss", expected: [5, 0, 5], found: [5, 0, 11])) {
      ($0.functionalConnectivity() + $0).sum()
    }
    // The first mistake is the one that is told, also where it has been written down inside others.
    expect(.optionOutOfRange(name: "rows", value: 9)) { $0.rows(0..<9).centered().functionalConnectivity().sum() }
    #expect(throws: DelayNetError.notFiniteEntry(name: "series", row: 1, column: 0)) {
      try Linearization.correlation(ofRows: Matrix(rows: 2, columns: 2, values: [1, 2, .nan, 3]))
    }
  }

  @Test func outputsOfAnotherCallAreRefused() throws {
    var kept: Traced<Double>?
    _ = try Self.map(5).valueWithGradient(at: Self.buffer) { b in
      kept = b.functionalConnectivity()
      return b.sum()
    }
    let foreign = try #require(kept)
    #expect(throws: DelayNetError.foreignTraced) {
      try Self.map(5).valueWithGradient(at: Self.buffer) { _ in foreign.sum() }
    }
    #expect(throws: DelayNetError.foreignTraced) {
      try Self.map(5).valueWithGradient(at: Self.buffer) { b in b.matrixProduct(foreign.transposed()).sum() }
    }
  }

  /// An expression that a loop writes down is as deep as the loop is long; neither its gradient nor its end may recurse.
  @Test func deepExpressions() throws {
    let gradient = try Self.map(5).valueWithGradient(at: Self.buffer) { b in
      var x = b
      for _ in 0..<3000 { x = x.transposed() }
      return x.squared().sum()
    }.gradient
    #expect(gradient.buffer == 2 * Self.buffer)
  }
}

extension Buffer {
  fileprivate init(_ shape: BufferShape, of matrix: Matrix<Scalar>) {
    try! self.init(nodes: matrix.rows, history: 0, steps: matrix.columns, values: matrix.values)
  }
}
