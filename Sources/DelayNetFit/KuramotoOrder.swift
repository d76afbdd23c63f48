/// Kuramoto's order parameter of rows that are phases in radians: how synchronous they are, from 0 to 1.
///
///     R(t) = |Σ_i e^{iθ_i(t)}| / N
///
/// Metastability is the standard deviation of R over time (Shanahan, Chaos 20, 013108 (2010)). Where R, or the deviation, is 0, it
/// has no derivative; 0 stands for it.
public struct KuramotoOrder: SeriesObservable {
  /// What is made of R(t).
  public enum Summary: Sendable, Hashable {
    /// Every sample's, shape (1, samples).
    case series
    /// The mean over time, shape (1, 1).
    case mean
    /// Metastability: the standard deviation over time (divided by K), shape (1, 1).
    case metastability
  }

  /// What is made of R(t).
  public var summary: Summary

  /// The order parameter.
  public init(_ summary: Summary = .series) { self.summary = summary }

  /// `"order"`, or `"metastability"`.
  public var name: String { summary == .metastability ? "metastability" : "order" }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    try require("samples", series.columns, 1...Int.max)
    try require("rows", series.rows, 1...Int.max)
    let order = try Self.order(series)
    switch summary {
    case .series: return order
    case .mean: return try order.then { r throws(DelayNetError) in try Mean().linearized(at: r) }
    case .metastability:
      return try order.then { r throws(DelayNetError) in
        try Variance().linearized(at: r).then { v throws(DelayNetError) in
          let deviation = v.values[0].squareRoot()
          let slope = deviation > 0 ? 0.5 / deviation : 0
          let scaled = { @Sendable (x: Matrix<Double>) in x.map { slope * $0 } }
          return Linearization(value: Matrix(unchecked: 1, 1, [deviation]), pullback: scaled, pushforward: scaled)
        }
      }
    }
  }

  private static func order(_ phases: Matrix<Double>) throws(DelayNetError) -> Linearization {
    try phases.requireFinite("phases")
    let (n, k) = (phases.rows, phases.columns)
    let circle = phases.values.map(sineAndCosine)
    var (sines, cosines) = ([Double](repeating: 0, count: k), [Double](repeating: 0, count: k))
    for i in 0..<n {
      for t in 0..<k {
        sines[t] += circle[i * k + t].sine
        cosines[t] += circle[i * k + t].cosine
      }
    }
    let r = (0..<k).map { (sines[$0] * sines[$0] + cosines[$0] * cosines[$0]).squareRoot() / Double(n) }
    // dR(t)/dθ_i(t)
    var slopes = [Double](repeating: 0, count: n * k)
    for i in 0..<n {
      for t in 0..<k where r[t] > 0 {
        let (s, c) = circle[i * k + t]
        slopes[i * k + t] = (sines[t] * c - cosines[t] * s) / (Double(n) * Double(n) * r[t])
      }
    }
    let slope = slopes
    return Linearization(
      value: Matrix(unchecked: 1, k, r),
      pullback: { v in Matrix(filling: n, k) { slope[$0 * k + $1] * v.values[$1] } },
      pushforward: { dx in
        Matrix(filling: 1, k) { _, t in (0..<n).reduce(0.0) { $0 + slope[$1 * k + t] * dx.values[$1 * k + t] } }
      })
  }
}

extension SeriesObservable where Self == KuramotoOrder {
  /// How synchronous phases are.
  public static func kuramotoOrder(_ summary: KuramotoOrder.Summary = .series) -> Self { KuramotoOrder(summary) }
  /// The standard deviation of the order parameter over time.
  public static var metastability: Self { KuramotoOrder(.metastability) }
}
