import DelayNet
import Testing

@Suite struct NormalizationTests {
  /// Listed edges with one twice, one to itself and nodes that nothing enters or leaves: strongly connected are 0 … 3 and
  /// 5, 6.
  private static func network<Scalar: DelayNetScalar>(negative: Bool = false) throws -> Network<Scalar> {
    let ends: [(Int32, Int32)] = [
      (0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (0, 2), (2, 2), (4, 0), (3, 5), (5, 6), (6, 5), (6, 7), (2, 1), (1, 0),
    ]
    var weights = try RandomKey(seed: 3).uniform(ends.count, in: 0.3..<1.7, as: Scalar.self)
    if negative { for e in stride(from: 1, to: weights.count, by: 3) { weights[e] *= -1 } }
    return try Network(
      nodes: 9, sources: ends.map(\.0), targets: ends.map(\.1), weights: weights,
      delays: ends.indices.map { Int32($0 % 5) })
  }

  private static func dense(_ nodes: Int) throws -> Network<Double> {
    try Network(
      weights: RandomKey(seed: 8).uniform(nodes, nodes, in: 0.1..<2, as: Double.self),
      delays: Matrix(rows: nodes, columns: nodes, repeating: 1))
  }

  private static let divided: [Normalization] = [.max, .row, .radius]

  @Test func everyDivisorIsWhatItsNameSays() throws {
    let network: Network<Double> = try Self.network()
    #expect(try network.normalized(by: .none) == network)
    let signed: Network<Double> = try Self.network(negative: true)
    let largest = signed.weights.map { abs($0) }.max()!
    #expect(try signed.normalized(by: .max).weights == signed.weights.map { $0 / largest })
    let rows = try network.normalized(by: .row)
    let matrix = try rows.matrix(rows.weights)
    for i in 0..<9 {
      let sum = (0..<9).reduce(0.0) { $0 + matrix[i, $1] }
      // Nothing enters 4 and 8.
      #expect(abs(sum - (i == 4 || i == 8 ? 0 : 1)) < 1e-15)
    }
    // Powers of the matrix grow by its radius; over 12 steps, which the circles of this graph divide.
    let unit = try network.normalized(by: .radius)
    let powers = try unit.matrix(unit.weights)
    var (x, growth) = ([Double](repeating: 1, count: 9), 0.0)
    for _ in 0..<40 {
      for _ in 0..<12 { x = (0..<9).map { i in (0..<9).reduce(0.0) { $0 + powers[i, $1] * x[$1] } } }
      growth = x.max()!
      x = x.map { $0 / growth }
    }
    #expect(abs(growth - 1) < 1e-12)
  }

  @Test func radiusOfWhatIsKnown() throws {
    func radius(_ values: [Double], _ n: Int) throws -> Double {
      let network = try Network(
        weights: Matrix(rows: n, columns: n, values: values), delays: Matrix(rows: n, columns: n, repeating: 0))
      let heavy = values.firstIndex { $0 != 0 }!
      return try values[heavy] / network.normalized(by: .radius).weights[heavy]
    }
    #expect(abs(try radius([0, 4, 9, 0], 2) - 6) < 1e-13)
    #expect(try radius([3], 1) == 3)
    // A circle with 40 weights from 0.01 to 20 has the radius of their geometric mean, and powers take long to find it.
    let factors = (0..<40).map { power in (0..<power).reduce(0.01) { value, _ in value * 1.2 } }
    var circle = [Double](repeating: 0, count: 1600)
    for k in 0..<40 { circle[k * 40 + (k + 1) % 40] = factors[k * 17 % 40] }
    #expect(abs(try radius(circle, 40) / (factors[19] * (1.2).squareRoot()) - 1) < 1e-12)
    // Two parts, the second of which is the heavier.
    #expect(abs(try radius([1, 0, 0, 0, 0, 2, 0, 8, 0], 3) - 4) < 1e-13)
    // Numbers whose sums and products would overflow or vanish.
    let huge = try Network(
      weights: Matrix(rows: 2, columns: 2, repeating: 1e308), delays: Matrix(rows: 2, columns: 2, repeating: 0))
    #expect(try huge.normalized(by: .radius).weights == [0.5, 0.5, 0.5, 0.5])
    #expect(try huge.normalized(by: .row).weights == [0.5, 0.5, 0.5, 0.5])
    #expect(abs(try radius([1e-300, 1e-300, 1e-300, 1e-300], 2) / 2e-300 - 1) < 1e-13)
  }

  @Test(arguments: divided) func gradientIsThatOfDifferencesAndOfTheTaylorExpansion(by normalization: Normalization)
    throws
  {
    for network in [try Self.network(), try Self.dense(6)] {
      let weights = network.weights
      let target = try RandomKey(seed: 12).normal(network.edges, as: Double.self)
      func loss(_ weights: [Double]) throws -> Double {
        let divided = try network.with(weights: weights).normalized(by: normalization).weights
        return zip(divided, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      let (value, pullback) = try network.normalizedWithPullback(by: normalization)
      let gradient = try pullback(zip(value.weights, target).map { 2 * ($0 - $1) })
      let differences = try GradientCheck.differences(at: weights, gradient: gradient, of: loss)
      #expect(differences.passed && differences.compared == network.edges, "\(differences)")
      let direction = try RandomKey(seed: 13).normal(network.edges, as: Double.self)
      let taylor = try GradientCheck.taylor(at: weights, gradient: gradient, along: direction, of: loss)
      #expect(taylor.passed && taylor.rates.count >= 3, "\(taylor)")
    }
  }

  @Test(arguments: Normalization.allCases) func dotProducts(by normalization: Normalization) throws {
    for network in [try Self.network(), try Self.dense(6)] {
      let keys = try RandomKey(seed: 14).split(2)
      let (u, v) = (
        try keys[0].normal(network.edges, as: Double.self), try keys[1].normal(network.edges, as: Double.self)
      )
      let (value, tangent) = try network.normalizedWithTangent(by: normalization, along: v)
      #expect(try value == network.normalized(by: normalization))
      let pulled = try network.normalizedWithPullback(by: normalization).pullback(u)
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      let size = (dot(u, u) * dot(tangent, tangent)).squareRoot()
      #expect(abs(dot(u, tangent) - dot(pulled, v)) < 1e-14 * size)
    }
  }

  /// The whole way: a loss of a stochastic network's series, by the weights as they were given.
  @Test(arguments: divided) func gradientOfARunByTheGivenWeights(by normalization: Normalization) throws {
    let given: Network<Double> = try Self.network()
    func problem(_ weights: [Double]) throws -> Problem<Double> {
      var problem = try Problem(
        given.with(weights: weights).normalized(by: normalization), model: .montbrioPazoRoxin, timeStep: 0.01)
      problem.sigma = 0.05
      return problem
    }
    func value(_ weights: [Double]) throws -> Double {
      try problem(weights).value(steps: 30) { $0.squared().mean() }
    }
    let byDivided = try problem(given.weights).valueWithGradient(steps: 30, withRespectTo: .weights) {
      $0.squared().mean()
    }.gradient.weights
    let gradient = try given.normalizedWithPullback(by: normalization).pullback(byDivided)
    #expect(gradient != byDivided)
    let direction = try RandomKey(seed: 15).normal(given.edges, as: Double.self)
    let differences = try GradientCheck.differences(at: given.weights, gradient: gradient, tolerance: 1e-6, of: value)
    #expect(differences.passed, "\(differences)")
    #expect(try GradientCheck.taylor(at: given.weights, gradient: gradient, along: direction, of: value).passed)
  }

  @Test func tiesShareTheDerivative() throws {
    let network = try Network(
      weights: Matrix(rows: 2, columns: 2, values: [1.0, 4, 4, 2]), delays: Matrix(rows: 2, columns: 2, repeating: 1))
    let pullback = try network.normalizedWithPullback(by: .max).pullback
    // w' = w / 4; both 4s move together in a symmetric matrix: d(w'₀₀) = −1 / 16 for each unit of that.
    #expect(try pullback([1, 0, 0, 0]) == [0.25, -1.0 / 32, -1.0 / 32, 0])
    let circles = try Network<Double>(
      nodes: 3, sources: [0, 1, 2], targets: [0, 1, 2], weights: [2, 2, 1], delays: [0, 0, 0])
    #expect(try circles.normalizedWithPullback(by: .radius).pullback([0, 0, 1]) == [-0.125, -0.125, 0.5])
  }

  @Test func zerosStay() throws {
    let network = try Network(
      weights: Matrix(rows: 2, columns: 2, values: [0, 0, 1.0, 3]), delays: Matrix(rows: 2, columns: 2, repeating: 1))
    let (rows, pullback) = try network.normalizedWithPullback(by: .row)
    #expect(rows.weights == [0, 0, 0.25, 0.75])
    #expect(try pullback([1, 1, 0, 0]) == [0, 0, 0, 0])
    let zeros = try network.with(weights: [0, 0, 0, 0])
    #expect(try zeros.normalized(by: .max).weights == [0, 0, 0, 0])
    #expect(try zeros.normalized(by: .row).weights == [0, 0, 0, 0])
    let none = try Network<Float>(nodes: 0, sources: [], targets: [], weights: [], delays: [])
    for normalization in Normalization.allCases { #expect(try none.normalized(by: normalization) == none) }
  }

  @Test func mistakesAreNamed() throws {
    func network(_ weights: [Double]) throws -> Network<Double> {
      try Network(
        weights: Matrix(rows: 2, columns: 2, values: weights), delays: Matrix(rows: 2, columns: 2, repeating: 1))
    }
    func edge(_ weights: [Double], _ normalization: Normalization) throws -> Int? {
      do {
        _ = try network(weights).normalized(by: normalization)
      } catch DelayNetError.notNormalizable(let by, let edge, let reason) {
        #expect(by == normalization && !reason.isEmpty)
        return edge ?? -1
      }
      return nil
    }
    for normalization in Self.divided {
      #expect(try edge([1, 2, .nan, 3], normalization) == 2)
      #expect(try edge([1, .infinity, 0, 3], normalization) == 1)
    }
    for normalization in [Normalization.row, .radius] { #expect(try edge([1, 2, 3, -4], normalization) == 3) }
    #expect(try edge([1, 2, 3, -4], .max) == nil)
    // A triangle, and nothing at all.
    #expect(try edge([0, 2, 0, 0], .radius) == -1)
    #expect(try edge([0, 0, 0, 0], .radius) == -1)
    // 1e305 divided by the radius 1e-10.
    #expect(try edge([1e-10, 1e305, 0, 0], .radius) == 1)
    let good = try network([1, 2, 3, 4])
    #expect(throws: DelayNetError.shapeMismatch(name: "cotangent of weights", expected: [4], found: [3])) {
      try good.normalizedWithPullback(by: .row).pullback([1, 2, 3])
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "direction of weights", expected: [4], found: [5])) {
      try good.normalizedWithTangent(by: .row, along: [1, 2, 3, 4, 5])
    }
    #expect(
      DelayNetError.notNormalizable(by: .row, edge: 3, reason: "its weight is -4.0, and none may be negative")
        .description
        == "the weights cannot be normalized by row: edge 3: its weight is -4.0, and none may be negative")
  }
}
