/// Functional connectivity: Pearson's correlation over time of every two rows, shape (rows, rows).
///
///     R_ij(l) = corr(x_i(t + l), x_j(t)),   t = 0 … K − l − 1
///
/// Without a lag it is symmetric, with ones on its diagonal. The lagged one takes the means and deviations of the samples that it
/// compares. Adjoint: see `Linearization.correlation(ofRows:name:)`; O(rows² · samples) both ways.
public struct FunctionalConnectivity: SeriesObservable {
  /// By how many samples the first row is later than the second.
  public var lag: Int

  /// `"fc"`, or what tells it from others of its kind.
  public var name: String

  /// Correlations at a lag in samples; a sweep over several lags gives each a name.
  public init(lag: Int = 0, name: String = "fc") { (self.lag, self.name) = (lag, name) }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    guard lag != 0 else { return try .correlation(ofRows: series) }
    let (n, k) = (series.rows, series.columns)
    try require("lag", lag, 0...max(k - 2, 0))
    try Matrix<Double>.requireRoom(n, n)
    let (late, early) = (lag..<k, 0..<(k - lag))
    let (a, ofLate) = try series.part(columns: late).standardized("series")
    let (b, ofEarly) = try series.part(columns: early).standardized("series")
    var r = [Double](repeating: 0, count: n * n)
    multiplyTransposed(a.values, n, b.values, n, k - lag, into: &r)
    return Linearization(
      value: Matrix(unchecked: n, n, r),
      pullback: { v in
        let da = a.tangent(ofStandardized: v.times(b), ofLate)
        let db = b.tangent(ofStandardized: v.transposed.times(a), ofEarly)
        return da.placed(late, of: k).adding(db.placed(early, of: k))
      },
      pushforward: { dx in
        let da = a.tangent(ofStandardized: dx.part(columns: late), ofLate)
        let db = b.tangent(ofStandardized: dx.part(columns: early), ofEarly)
        var (first, second) = ([Double](repeating: 0, count: n * n), [Double](repeating: 0, count: n * n))
        multiplyTransposed(da.values, n, b.values, n, k - lag, into: &first)
        multiplyTransposed(a.values, n, db.values, n, k - lag, into: &second)
        return Matrix(unchecked: n, n, first).adding(Matrix(unchecked: n, n, second))
      })
  }
}

/// The covariance over time of every two rows, shape (rows, rows), at a lag.
///
///     C_ij(l) = Σ_t z_i(t + l) z_j(t) / (K − l),   z = x − its mean over all K samples
public struct Covariance: SeriesObservable {
  /// By how many samples the first row is later than the second.
  public var lag: Int

  /// `"covariance"`, or what tells it from others of its kind.
  public var name: String

  /// Covariances at a lag in samples; a sweep over several lags gives each a name.
  public init(lag: Int = 0, name: String = "covariance") { (self.lag, self.name) = (lag, name) }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let (n, k) = (series.rows, series.columns)
    try require("lag", lag, 0...max(k - 1, 0))
    try Matrix<Double>.requireRoom(n, n)
    try series.requireFinite("series")
    let (late, early) = (lag..<k, 0..<(k - lag))
    let (z, weight) = (Linearization.centered(series), 1 / Double(max(k - lag, 1)))
    let (a, b) = (z.value.part(columns: late), z.value.part(columns: early))
    @Sendable func product(_ x: Matrix<Double>, _ y: Matrix<Double>) -> Matrix<Double> {
      var c = [Double](repeating: 0, count: n * n)
      multiplyTransposed(x.values, n, y.values, n, late.count, into: &c)
      return Matrix(unchecked: n, n, c.map { $0 * weight })
    }
    return Linearization(
      value: product(a, b),
      pullback: { v in
        let scaled = v.map { $0 * weight }
        let dz = scaled.times(b).placed(late, of: k).adding(scaled.transposed.times(a).placed(early, of: k))
        return z.pullback(dz)
      },
      pushforward: { dx in
        let dz = z.pushforward(dx)
        return product(dz.part(columns: late), b).adding(product(a, dz.part(columns: early)))
      })
  }
}

/// Functional connectivity dynamics: the correlation between the functional connectivities of windows, shape (windows, windows).
///
/// The upper triangles of the windows' connectivity are compared. Windows begin at every `step`-th sample as long as they fit.
/// Source: Hansen et al., NeuroImage 105, 525 (2015). Usual windows take 60 s in steps of 10 s, or 120 s in steps of 2 s.
public struct FunctionalConnectivityDynamics: SeriesObservable {
  /// The samples of a window.
  public var window: Int
  /// From one window's first sample to the next one's.
  public var step: Int

  /// Windows of so many samples.
  public init(window: Int, step: Int) { (self.window, self.step) = (window, step) }

  /// `"fcd"`.
  public var name: String { "fcd" }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let (n, k) = (series.rows, series.columns)
    try require("step of the windows", step, 1...Int.max)
    try require("window", window, 2...max(k, 2))
    guard window <= k else { throw .optionOutOfRange(name: "window", value: Double(window)) }
    try series.requireFinite("series")
    let starts = Array(stride(from: 0, through: k - window, by: step))
    let entries = n * (n - 1) / 2
    // The windows' vectors, and their regions' rows for the way back.
    try Matrix<Double>.requireRoom(starts.count, max(entries, 1))
    try Matrix<Double>.requireRoom(starts.count, n * window)
    var windows: [Linearization] = []
    var vectors: [Double] = []
    let window = window
    for first in starts {
      let part = try Linearization.correlation(ofRows: series.part(columns: first..<(first + window)))
      let triangle = try part.then { r throws(DelayNetError) in try .upperTriangle(of: r) }
      windows.append(triangle)
      vectors += triangle.value.values
    }
    let dynamics = try Linearization.correlation(
      ofRows: Matrix(unchecked: starts.count, entries, vectors), name: "connectivity of windows")
    let parts = windows
    return Linearization(
      value: dynamics.value,
      pullback: { v in
        let ofVectors = dynamics.pullback(v).values
        var dx = [Double](repeating: 0, count: n * k)
        for (w, first) in starts.enumerated() {
          let own = Matrix(unchecked: 1, entries, Array(ofVectors[(w * entries)..<((w + 1) * entries)]))
          let part = parts[w].pullback(own).values
          for i in 0..<n { for t in 0..<window { dx[i * k + first + t] += part[i * window + t] } }
        }
        return Matrix(unchecked: n, k, dx)
      },
      pushforward: { dx in
        var moved: [Double] = []
        for (w, first) in starts.enumerated() {
          moved += parts[w].pushforward(dx.part(columns: first..<(first + window))).values
        }
        return dynamics.pushforward(Matrix(unchecked: starts.count, entries, moved))
      })
  }
}

extension SeriesObservable where Self == FunctionalConnectivity {
  /// Pearson's correlation of every two rows, at a lag in samples; of several, each has a name.
  public static func functionalConnectivity(lag: Int = 0, name: String = "fc") -> Self {
    FunctionalConnectivity(lag: lag, name: name)
  }
}

extension SeriesObservable where Self == Covariance {
  /// The covariance of every two rows, at a lag in samples; of several, each has a name.
  public static func covariance(lag: Int = 0, name: String = "covariance") -> Self { Covariance(lag: lag, name: name) }
}

extension SeriesObservable where Self == FunctionalConnectivityDynamics {
  /// The correlation between the connectivities of windows, which are given in samples.
  public static func functionalConnectivityDynamics(window: Int, step: Int) -> Self {
    FunctionalConnectivityDynamics(window: window, step: step)
  }
}

extension Matrix where Element == Double {
  /// The sum with a matrix of the same extents.
  func adding(_ other: Matrix) -> Matrix { Linearization.product(self, other) { $0 + $1 } }
}
