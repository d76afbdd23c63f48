import DelayNetFit
import TestSupport
import Testing

@Suite struct LossTests {
  static let target = try! Golden.matrix(Golden.archive("observables"), "target")
  static let targetDynamics = try! Golden.matrix(Golden.archive("observables"), "target_dynamics").values

  private static func fc(
    _ loss: @escaping @Sendable (Matrix<Double>) throws(DelayNetError) -> Linearization
  ) -> @Sendable (Matrix<Double>) throws(DelayNetError) -> Linearization {
    { x throws(DelayNetError) in try Linearization.correlation(ofRows: x).then(loss) }
  }

  private static let entries = triangle(of: target)

  private static func triangle(of matrix: Matrix<Double>) -> Matrix<Double> {
    try! Linearization.upperTriangle(of: matrix).value
  }

  static let cases: [ObservableCase] = [
    .init(
      "loss_correlation",
      fc { r throws(DelayNetError) in
        try Linearization.upperTriangle(of: r).then { x throws(DelayNetError) in
          let r = try Linearization.correlation(of: x, with: entries)
          return Linearization(
            value: r.value.map { 1 - $0 }, pullback: { r.pullback($0.map { -$0 }) },
            pushforward: { r.pushforward($0).map { -$0 } })
        }
      }),
    .init("loss_rmse", fc { r throws(DelayNetError) in try .rootMeanSquareError(of: r, to: target) }),
    .init(
      "loss_zero_diagonal",
      fc { r throws(DelayNetError) in
        try .rootMeanSquareError(of: r, to: target, over: .zeroDiagonal)
      }),
    .init(
      "loss_fisher",
      fc { r throws(DelayNetError) in
        let goal = try Linearization.fisher(of: entries, "target").value
        return try Linearization.upperTriangle(of: r)
          .then { x throws(DelayNetError) in try .fisher(of: x, "correlations") }
          .then { z throws(DelayNetError) in try .rootMeanSquareError(of: z, to: goal, over: .all) }
      }),
    .init("loss_wasserstein") { x throws(DelayNetError) in
      try FunctionalConnectivityDynamics(window: 20, step: 7).linearized(at: x)
        .then { r throws(DelayNetError) in try .upperTriangle(of: r) }
        .then { a throws(DelayNetError) in try .wassersteinDistance(of: a, to: targetDynamics) }
    },
  ]

  /// The losses as a user writes them, on the golden series: a network without edges passes its input on.
  @Test func expressionsHaveTheSameValuesAndGradients() throws {
    let golden = try Golden.archive("observables")
    let x = try Golden.matrix(golden, "series")
    let map = try DelayMap(
      Network<Double>(nodes: 5, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
    let buffer = try Buffer(nodes: 5, history: 0, steps: 61, values: x.values)
    let losses: [(String, (Traced<Double>) -> TracedScalar<Double>)] = [
      ("loss_correlation", { 1 - $0.functionalConnectivity().correlation(with: Self.target) }),
      ("loss_rmse", { $0.functionalConnectivity().rootMeanSquareError(to: Self.target) }),
      ("loss_zero_diagonal", { $0.functionalConnectivity().rootMeanSquareError(to: Self.target, over: .zeroDiagonal) }),
      ("loss_fisher", { $0.functionalConnectivity().fisherRootMeanSquareError(to: Self.target) }),
      (
        "loss_wasserstein",
        { x in
          x.observed(by: .functionalConnectivityDynamics(window: 20, step: 7)).upperTriangle()
            .wassersteinDistance(to: Self.targetDynamics)
        }
      ),
    ]
    var sum = [Double](repeating: 0, count: x.values.count)
    for (n, (name, loss)) in losses.enumerated() {
      let (value, gradient) = try map.valueWithGradient(at: buffer, of: loss)
      #expect(abs(value - (try Golden.matrix(golden, name)[0, 0])) < 1e-12, "\(name)")
      // The golden gradient has a random cotangent.
      let cotangent = try Golden.matrix(golden, "\(name)_cotangent")[0, 0]
      let vjp = try Golden.matrix(golden, "\(name)_vjp").values
      #expect(relativeError(gradient.buffer.values.map { $0 * cotangent }, vjp) < 1e-11, "\(name)")
      sum = zip(sum, gradient.buffer.values).map { $0 + Double(n + 1) * $1 }
    }
    // A weighted sum has the weighted sum of the gradients.
    let all = try map.valueWithGradient(at: buffer) { b in
      var total = TracedScalar(0.0)
      for (n, (_, loss)) in losses.enumerated() { total = total + Double(n + 1) * loss(b) }
      return total
    }
    #expect(relativeError(all.gradient.buffer.values, sum) < 1e-13)
  }

  @Test func distancesOfDistributions() throws {
    let golden = try Golden.archive("observables")
    let fcd = try Self.triangle(of: Golden.matrix(golden, "fcd")).values
    #expect(try Linearization.kolmogorovDistance(fcd, Self.targetDynamics) == Golden.matrix(golden, "kolmogorov")[0, 0])
    let same = try Matrix<Double>(rows: 1, columns: 4, values: [3, 1, 2, 2])
    let none = try Linearization.wassersteinDistance(of: same, to: [2, 2, 3, 1])
    #expect(none.value.values == [0] && none.pullback(none.value.map { _ in 1.0 }).values == [0, 0, 0, 0])
    #expect(try Linearization.wassersteinDistance(of: same, to: [12, 12, 13, 11]).value.values == [10])
    #expect(try Linearization.kolmogorovDistance([1, 2], [3, 4]) == 1)
  }

  @Test func aPerfectFitHasNoGradient() throws {
    let x = try Golden.matrix(Golden.archive("observables"), "series")
    let fc = try Linearization.correlation(ofRows: x).value
    let error = try Linearization.rootMeanSquareError(of: fc, to: fc)
    #expect(error.value.values == [0] && error.pullback(error.value.map { _ in 1.0 }).values.allSatisfy { $0 == 0 })
  }

  @Test func mistakesNameTheirPlace() throws {
    let map = try DelayMap(
      Network<Double>(nodes: 5, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
    let buffer = try RandomKey(seed: 1).normal(BufferShape(nodes: 5, history: 0, steps: 9), as: Double.self)
    func expect(_ error: DelayNetError, _ loss: (Traced<Double>) -> TracedScalar<Double>) {
      #expect(throws: error) { try map.value(at: buffer, of: loss) }
    }
    let small = try Matrix(rows: 2, columns: 2, values: [1.0, 0, 0, 1])
    for entries in [ComparedEntries.all, .upperTriangle, .zeroDiagonal] {
      expect(.shapeMismatch(name: "target", expected: [5, 5], found: [2, 2])) {
        $0.functionalConnectivity().rootMeanSquareError(to: small, over: entries)
      }
    }
    expect(.shapeMismatch(name: "matrix", expected: [5, 5], found: [5, 9])) { $0.rootMeanSquareError(to: Self.target) }
    expect(.shapeMismatch(name: "target", expected: [5, 5], found: [2, 2])) {
      $0.functionalConnectivity().fisherRootMeanSquareError(to: small)
    }
    expect(.invalidValue(name: "target", index: 0, value: 1)) {
      $0.functionalConnectivity().fisherRootMeanSquareError(to: Self.target.map { _ in 1.0 })
    }
    expect(.optionOutOfRange(name: "entries of the target", value: 0)) { $0.wassersteinDistance(to: []) }
    expect(.notFiniteEntry(name: "target", row: 0, column: 1)) { $0.wassersteinDistance(to: [1, .nan]) }
    expect(.optionOutOfRange(name: "compared entries", value: 0)) {
      $0.rows(0..<1).functionalConnectivity().rootMeanSquareError(to: try! Matrix(rows: 1, columns: 1, values: [1]))
    }
  }
}
