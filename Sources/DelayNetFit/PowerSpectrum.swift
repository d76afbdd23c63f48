/// The power spectral density of every row by Welch's method, shape (rows, segment/2 + 1), in the series' unit² per Hz.
///
/// Segments overlap by half (⌊n/2⌋ samples), lose their mean, and are weighted by Hann's window w of n points (periodic); the
/// squared amplitudes of their Fourier transforms are averaged, as `scipy.signal.welch(x, fs, nperseg=n)` does:
///
///     P_k = c_k / (S · f_s · Σ w²) · Σ_s |Σ_t w_t (x_s(t) − x̄_s) e^{−2πikt/n}|²,   c_k = 1 at 0 and f_s/2, else 2
///
/// The transform is a product with a table of n · (n + 2) numbers: segments are short, a matrix product runs at the processor's
/// speed, and the bits are the same everywhere. Source: Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967).
public struct PowerSpectrum: SeriesObservable {
  /// n, the samples of a segment.
  public var segment: Int
  /// The time between samples, in ms.
  public var samplingStep: Double

  /// A spectrum of segments of so many samples.
  ///
  /// - Parameters:
  ///   - segment: n, in samples.
  ///   - samplingStep: in ms, such as a repetition time.
  public init(segment: Int, samplingStep: Double) { (self.segment, self.samplingStep) = (segment, samplingStep) }

  /// `"spectrum"`.
  public var name: String { "spectrum" }

  /// The frequencies of the columns, in Hz; none for a segment that no series has.
  public var frequencies: [Double] {
    guard segment >= 2, (try? requireMemory(segment / 2 + 1, of: Double.self)) != nil else { return [] }
    return (0...(segment / 2)).map { Double($0) * 1000 / (Double(segment) * samplingStep) }
  }

  func check(samples k: Int) throws(DelayNetError) {
    guard samplingStep > 0, samplingStep.isFinite else {
      throw .optionOutOfRange(name: "samplingStep", value: samplingStep)
    }
    guard 2...max(k, 2) ~= segment, segment <= k else {
      throw .optionOutOfRange(name: "segment", value: Double(segment))
    }
    // The table of the transform.
    try Matrix<Double>.requireRoom(2 * (segment / 2 + 1), segment)
  }

  /// Real and imaginary parts of the window's transform, a row each, minus their means: so they take the segment's mean away.
  ///
  /// Row 2k is of frequency k's cosine, row 2k + 1 of its sine, both times √(c_k / (S f_s Σ w²)).
  private func table(segments: Int) -> Matrix<Double> {
    let n = segment
    let turn = (0..<n).map { sineAndCosine(2 * Double.pi * Double($0) / Double(n)) }
    let window = turn.map { 0.5 - 0.5 * $0.cosine }
    let density = Double(segments) * 1000 / samplingStep * window.reduce(0) { $0 + $1 * $1 }
    var rows: [Double] = []
    rows.reserveCapacity(2 * (n / 2 + 1) * n)
    for k in 0...(n / 2) {
      let scale = ((k == 0 || 2 * k == n ? 1 : 2) / density).squareRoot()
      rows += (0..<n).map { scale * window[$0] * turn[k * $0 % n].cosine }
      rows += (0..<n).map { scale * window[$0] * turn[k * $0 % n].sine }
    }
    return Linearization.centered(Matrix(unchecked: 2 * (n / 2 + 1), n, rows)).value
  }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let (rows, k, n) = (series.rows, series.columns, segment)
    try check(samples: k)
    try series.requireFinite("series")
    let starts = Array(stride(from: 0, through: k - n, by: n - n / 2))
    let (table, lines) = (table(segments: starts.count), 2 * (n / 2 + 1))
    let count = rows * starts.count

    // Segment s of row i is row i · S + s.
    @Sendable func segments(_ x: Matrix<Double>) -> Matrix<Double> {
      var all: [Double] = []
      all.reserveCapacity(count * n)
      for i in 0..<rows { for first in starts { all += x.values[(i * k + first)..<(i * k + first + n)] } }
      return Matrix(unchecked: count, n, all)
    }
    @Sendable func transform(_ x: Matrix<Double>) -> [Double] {
      var y = [Double](repeating: 0, count: count * lines)
      multiplyTransposed(segments(x).values, count, table.values, lines, n, into: &y)
      return y
    }
    /// Σ over segments of the products of real and imaginary parts.
    @Sendable func power(_ a: [Double], _ b: [Double], _ factor: Double) -> Matrix<Double> {
      var p = Matrix<Double>(zeros: rows, lines / 2).values
      for i in 0..<rows {
        for s in 0..<starts.count {
          let first = (i * starts.count + s) * lines
          for f in 0..<(lines / 2) {
            p[i * lines / 2 + f] +=
              factor * (a[first + 2 * f] * b[first + 2 * f] + a[first + 2 * f + 1] * b[first + 2 * f + 1])
          }
        }
      }
      return Matrix(unchecked: rows, lines / 2, p)
    }
    let y = transform(series)
    return Linearization(
      value: power(y, y, 1),
      pullback: { v in
        var dy = y
        for i in 0..<rows {
          for s in 0..<starts.count {
            let first = (i * starts.count + s) * lines
            for f in 0..<lines { dy[first + f] *= 2 * v.values[i * lines / 2 + f / 2] }
          }
        }
        var parts = [Double](repeating: 0, count: count * n)
        addProduct(dy, count, lines, table.values, n, into: &parts)
        var dx = [Double](repeating: 0, count: rows * k)
        for i in 0..<rows {
          for (s, first) in starts.enumerated() {
            for t in 0..<n { dx[i * k + first + t] += parts[(i * starts.count + s) * n + t] }
          }
        }
        return Matrix(unchecked: rows, k, dx)
      },
      pushforward: { dx in power(y, transform(dx), 2) })
  }
}

/// The frequency in Hz at which every row's spectrum peaks, shape (rows, 1), smoothly: the mean frequency, weighted by a power of
/// the spectrum.
///
///     f = Σ_k f_k P_k^β / Σ_k P_k^β
///
/// β, the sharpness, is the exponent: for β = 1 the spectrum's centre, for large β its highest line.
public struct PeakFrequency: SeriesObservable {
  /// The spectrum.
  public var spectrum: PowerSpectrum
  /// β.
  public var sharpness: Int
  /// The frequencies among which the peak is looked for, in Hz; all but 0 when nil.
  public var band: ClosedRange<Double>?

  /// The peak of a spectrum.
  ///
  /// - Parameters:
  ///   - spectrum: segments and sampling step.
  ///   - sharpness: β, from 1 on.
  ///   - band: in Hz; all frequencies but 0 when nil.
  public init(_ spectrum: PowerSpectrum, sharpness: Int = 8, band: ClosedRange<Double>? = nil) {
    (self.spectrum, self.sharpness, self.band) = (spectrum, sharpness, band)
  }

  /// `"peak"`.
  public var name: String { "peak" }

  /// The observable and its derivative in both directions; see ``SeriesObservable/linearized(at:)``.
  public func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization {
    try require("sharpness", sharpness, 1...1000)
    try spectrum.check(samples: series.columns)
    let (frequencies, sharpness) = (spectrum.frequencies, sharpness)
    let chosen = frequencies.indices.filter { band?.contains(frequencies[$0]) ?? ($0 > 0) }
    guard !chosen.isEmpty else { throw .optionOutOfRange(name: "band", value: band?.lowerBound ?? 0) }
    return try spectrum.linearized(at: series).then { p throws(DelayNetError) in
      let (rows, lines) = (p.rows, p.columns)
      // The derivative of f by every line of the spectrum.
      var (peaks, slopes) = ([Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows * lines))
      for i in 0..<rows {
        let highest = chosen.reduce(0) { max($0, p[i, $1]) }
        guard highest > 0 else { throw .constantSeries(name: "series", row: i) }
        var (sum, moment) = (0.0, 0.0)
        for f in chosen {
          let weight = power(p[i, f] / highest, sharpness)
          sum += weight
          moment += weight * frequencies[f]
        }
        peaks[i] = moment / sum
        for f in chosen {
          let slope = Double(sharpness) * power(p[i, f] / highest, sharpness - 1) / highest
          slopes[i * lines + f] = slope * (frequencies[f] - peaks[i]) / sum
        }
      }
      let slope = slopes
      return Linearization(
        value: Matrix(unchecked: rows, 1, peaks),
        pullback: { v in Matrix(filling: rows, lines) { slope[$0 * lines + $1] * v.values[$0] } },
        pushforward: { dp in
          Matrix(filling: rows, 1) { i, _ in
            (0..<lines).reduce(0.0) { $0 + slope[i * lines + $1] * dp.values[i * lines + $1] }
          }
        })
    }
  }
}

/// A whole power by repeated squaring.
func power(_ x: Double, _ exponent: Int) -> Double {
  var (result, base, rest) = (1.0, x, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= base }
    base *= base
    rest >>= 1
  }
  return result
}

extension SeriesObservable where Self == PowerSpectrum {
  /// Welch's power spectral density; the segment in samples, the sampling step in ms.
  public static func powerSpectrum(segment: Int, samplingStep: Double) -> Self {
    PowerSpectrum(segment: segment, samplingStep: samplingStep)
  }
}

extension SeriesObservable where Self == PeakFrequency {
  /// The frequency at which a spectrum peaks, in Hz.
  public static func peakFrequency(
    _ spectrum: PowerSpectrum, sharpness: Int = 8, band: ClosedRange<Double>? = nil
  ) -> Self {
    PeakFrequency(spectrum, sharpness: sharpness, band: band)
  }
}
