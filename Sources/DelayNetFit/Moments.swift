/// The mean over time of every row, shape (rows, 1).
public struct Mean: SeriesObservable {
  /// Means of rows.
  public init() {}
  /// `"mean"`.
  public var name: String { "mean" }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let (n, k) = (series.rows, series.columns)
    try require("samples", k, 1...Int.max)
    try series.requireFinite("series")
    @Sendable func mean(_ x: Matrix<Double>) -> Matrix<Double> {
      Matrix(unchecked: n, 1, (0..<n).map { i in rowPointer(x, i) { sumOf($0, k) } / Double(k) })
    }
    return Linearization(
      value: mean(series),
      pullback: { v in Matrix(filling: n, k) { i, _ in v.values[i] / Double(k) } },
      pushforward: mean)
  }
}

/// The variance over time of every row, Σ (x − x̄)² / K, shape (rows, 1).
public struct Variance: SeriesObservable {
  /// Variances of rows.
  public init() {}
  /// `"variance"`.
  public var name: String { "variance" }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let (n, k) = (series.rows, series.columns)
    try require("samples", k, 1...Int.max)
    try series.requireFinite("series")
    let z = Linearization.centered(series)
    return Linearization(
      value: Matrix(unchecked: n, 1, (0..<n).map { i in rowPointer(z.value, i) { dotProduct($0, $0, k) } / Double(k) }),
      // z has a mean of 0, so that the projection is done.
      pullback: { v in Matrix(filling: n, k) { 2 * v.values[$0] * z.value.values[$0 * k + $1] / Double(k) } },
      pushforward: { dx in
        let dot = zip(z.value.values, dx.values).map { $0 * $1 }
        return Matrix(
          unchecked: n, 1, (0..<n).map { i in 2 * sumOf(Array(dot[(i * k)..<((i + 1) * k)]), k) / Double(k) })
      })
  }
}

/// The integrated autocorrelation time of every row, in ms, shape (rows, 1).
///
///     τ = Δ · (1 + 2 Σ_{l = 1 … L} ρ(l)),   ρ(l) = Σ_t z(t + l) z(t) / Σ_t z(t)²
///
/// z is the row minus its mean, Δ the sampling step, L the last lag: some times as long as the decay, much shorter than the
/// series.
public struct AutocorrelationTime: SeriesObservable {
  /// L, in samples.
  public var lags: Int
  /// Δ, in ms.
  public var samplingStep: Double

  /// A sum over so many lags.
  public init(lags: Int, samplingStep: Double) { (self.lags, self.samplingStep) = (lags, samplingStep) }
  /// `"autocorrelation"`.
  public var name: String { "autocorrelation" }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let (n, k) = (series.rows, series.columns)
    guard samplingStep > 0, samplingStep.isFinite else {
      throw .optionOutOfRange(name: "samplingStep", value: samplingStep)
    }
    try require("lags", lags, 0...max(k - 1, 0))
    let (z, lengths) = try series.standardized("series")
    let (lags, step) = (lags, samplingStep)
    // Σ over lags of the neighbours on both sides: the derivative of the sum of products, a symmetric map.
    var neighbours = [Double](repeating: 0, count: n * k)
    for i in 0..<n {
      for l in stride(from: 1, through: lags, by: 1) {
        for t in 0..<(k - l) {
          neighbours[i * k + t] += z.values[i * k + t + l]
          neighbours[i * k + t + l] += z.values[i * k + t]
        }
      }
    }
    let (around, time) = (Matrix(unchecked: n, k, neighbours), { @Sendable (sum: Double) in step * (1 + sum) })
    func dot(_ a: Matrix<Double>, _ b: Matrix<Double>, _ i: Int) -> Double {
      rowPointer(a, i) { x in rowPointer(b, i) { y in dotProduct(x, y, k) } }
    }
    return Linearization(
      value: Matrix(unchecked: n, 1, (0..<n).map { time(dot(z, around, $0)) }),
      pullback: { v in
        z.tangent(
          ofStandardized: Matrix(filling: n, k) { 2 * step * v.values[$0] * around.values[$0 * k + $1] }, lengths)
      },
      pushforward: { dx in
        let dz = z.tangent(ofStandardized: dx, lengths)
        return Matrix(
          unchecked: n, 1,
          (0..<n).map { i in
            2 * step * rowPointer(dz, i) { x in rowPointer(around, i) { y in dotProduct(x, y, k) } }
          })
      })
  }
}

/// Calls `body` with where a row begins.
func rowPointer<Result>(_ x: Matrix<Double>, _ row: Int, _ body: (UnsafePointer<Double>) -> Result) -> Result {
  x.values.withUnsafeBufferPointer { all in
    // Nothing is read where there are no columns.
    body(all.baseAddress.map { $0 + row * x.columns } ?? UnsafePointer(bitPattern: MemoryLayout<Double>.alignment)!)
  }
}

extension SeriesObservable where Self == Mean {
  /// The mean of every row.
  public static var mean: Self { Mean() }
}

extension SeriesObservable where Self == Variance {
  /// The variance of every row.
  public static var variance: Self { Variance() }
}

extension SeriesObservable where Self == AutocorrelationTime {
  /// The integrated autocorrelation time of every row, in ms.
  public static func autocorrelationTime(lags: Int, samplingStep: Double) -> Self {
    AutocorrelationTime(lags: lags, samplingStep: samplingStep)
  }
}
