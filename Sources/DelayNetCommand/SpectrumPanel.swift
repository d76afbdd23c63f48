import Foundation

/// Power spectra of regions on logarithmic axes: their median, the band from their tenth to their ninetieth percentile, and
/// some of them as lines.
struct SpectrumPanel: Panel {
  let title: String
  /// In Hz; those above 0 are drawn.
  let frequencies: [Double]
  /// (regions, frequencies), row-major; what is not positive is left out.
  let power: [Double]
  /// The regions that have lines, with their names.
  let lines: [(region: Int, name: String)]
  /// The unit of the power; empty for none.
  let unit: String

  static let maximumLines = 3

  /// - Parameter labels: the regions' names; without, their numbers.
  init(
    title: String, frequencies: [Double], power: [Double], labels: [String]? = nil, lines: [Int]? = nil,
    unit: String = ""
  ) {
    let regions = frequencies.isEmpty ? 0 : power.count / frequencies.count
    precondition(power.count == regions * frequencies.count)
    (self.title, self.frequencies, self.power, self.unit) = (title, frequencies, power, unit)
    // The line of a single region is the median.
    let chosen =
      lines ?? (regions > Self.maximumLines ? [0, regions / 2, regions - 1] : Array(0..<(regions > 1 ? regions : 0)))
    self.lines = chosen.prefix(Axes.colors.count - 1).filter { (0..<regions).contains($0) }.map { region in
      (region, labels.flatMap { region < $0.count ? $0[region] : nil } ?? "region \(region)")
    }
  }

  private var regions: Int { frequencies.isEmpty ? 0 : power.count / frequencies.count }

  var note: String {
    if !power.contains(where: { $0.isFinite && $0 > 0 }) { return "no positive power" }
    return regions == 1 ? "one region" : "median and 10–90 % of \(grouped(regions)) regions"
  }

  /// A percentile of the positive values of one frequency, between neighbours by their distance; NaN where there are none.
  static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    if sorted.isEmpty { return .nan }
    let place = share * Double(sorted.count - 1)
    let index = min(Int(place), sorted.count - 1)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] * (1 - (place - Double(index))) + sorted[next] * (place - Double(index))
  }

  func height(width: Double) -> Double { min(width * 0.7, 340) + 20 }

  func elements(in frame: Frame) -> [String] {
    let used = frequencies.indices.filter { frequencies[$0].isFinite && frequencies[$0] > 0 }
    let count = frequencies.count
    let x = used.map { frequencies[$0] }
    let sorted = used.map { frequency in
      (0..<regions).map { power[$0 * count + frequency] }.filter { $0.isFinite && $0 > 0 }.sorted()
    }
    let (low, middle, high) = (
      sorted.map { Self.quantile(0.1, of: $0) }, sorted.map { Self.quantile(0.5, of: $0) },
      sorted.map { Self.quantile(0.9, of: $0) }
    )
    let curves = lines.map { line in used.map { power[line.region * count + $0] } }
    let axes = Axes(
      x: PlotAxis(covering: x, isLogarithmic: true, padding: 0.01),
      y: PlotAxis(covering: ([low, high] + curves).lazy.flatMap { $0 }, isLogarithmic: true, padding: 0.03),
      xName: "frequency (Hz)", yName: unit.isEmpty ? "power" : "power (\(unit))", in: frame.inset(top: 20))
    var elements = axes.elements
    elements += band(axes, x, low, high)
    for (index, curve) in curves.enumerated() {
      elements += axes.line(
        x, curve, color: Axes.colors[index + 1], width: 1, attributes: #"stroke-opacity="0.85""#)
    }
    elements += axes.line(x, middle, color: Axes.colors[0], width: 2.2)
    let named = lines.enumerated().map { ($1.name, Axes.colors[$0 + 1], "") }
    if regions > 1 {
      elements += Axes.legend(
        [("median", Axes.colors[0], "")] + named,
        in: Frame(left: axes.plot.left, top: frame.top, width: axes.plot.width, height: 18))
    }
    return elements
  }

  /// The band, interrupted where a frequency has no positive power.
  private func band(_ axes: Axes, _ x: [Double], _ low: [Double], _ high: [Double]) -> [String] {
    var (path, upper, lower) = ("", [SIMD2<Double>](), [SIMD2<Double>]())
    func close() {
      if upper.count > 1 { path += SVG.path(upper + lower.reversed()) + "z" }
      (upper, lower) = ([], [])
    }
    let stride = max(1, x.count / 1000)
    for index in Swift.stride(from: 0, to: x.count, by: stride) {
      guard let top = axes.point(x[index], high[index]), let bottom = axes.point(x[index], low[index]) else {
        close()
        continue
      }
      upper.append(top)
      lower.append(bottom)
    }
    close()
    return path.isEmpty ? [] : [#"<path d="\#(path)" fill="\#(Axes.colors[0])" fill-opacity="0.2"/>"#]
  }
}
