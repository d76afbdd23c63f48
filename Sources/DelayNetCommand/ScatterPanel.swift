import Foundation

/// One list of numbers against another, with the line where both are equal and their correlation: the upper triangles of two
/// matrices.
struct ScatterPanel: Panel {
  var title: String
  /// As many as there are in `y`.
  var x, y: [Double]
  var xName, yName: String

  /// The largest number of points that are drawn.
  static let maximumPoints = 3500

  init(title: String, x: [Double], y: [Double], xName: String, yName: String) {
    precondition(x.count == y.count)
    (self.title, self.x, self.y, self.xName, self.yName) = (title, x, y, xName, yName)
  }

  /// The upper triangle of a square matrix without its diagonal, row by row.
  static func upperTriangle(_ matrix: [Double]) -> [Double] {
    let size = Int(Double(matrix.count).squareRoot().rounded())
    precondition(matrix.count == size * size)
    return (0..<size).flatMap { row in matrix[(row * size + row + 1)..<((row + 1) * size)] }
  }

  /// The pairs of which both are finite.
  private var pairs: [(x: Double, y: Double)] {
    zip(x, y).filter { $0.0.isFinite && $0.1.isFinite }.map { (x: $0.0, y: $0.1) }
  }

  /// Pearson's correlation of the pairs that are finite; nil where it is not defined.
  var correlation: Double? {
    let pairs = pairs
    // Around 1, so that squares are numbers.
    func centred(_ values: [Double]) -> [Double] {
      let largest = values.reduce(0) { max($0, abs($1)) }
      guard largest > 0 else { return values }
      let scaled = values.map { $0 / largest.binade }
      let mean = scaled.reduce(0, +) / Double(scaled.count)
      return scaled.map { $0 - mean }
    }
    let (a, b) = (centred(pairs.map(\.x)), centred(pairs.map(\.y)))
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (aa, bb) = (dot(a, a), dot(b, b))
    // The mean of equal numbers may differ from them in the last digits.
    let noise = 1e-26 * Double(pairs.count)
    return aa > noise && bb > noise ? dot(a, b) / (aa.squareRoot() * bb.squareRoot()) : nil
  }

  private var stride: Int { max(1, (pairs.count + Self.maximumPoints - 1) / Self.maximumPoints) }

  var note: String {
    let (count, stride) = (pairs.count, stride)
    let r = correlation.map { "r = \(fixed($0, 3))".replacing("-", with: "−") } ?? "r not defined"
    let drawn = stride > 1 ? ", \(grouped((count + stride - 1) / stride)) drawn" : ""
    return "\(r) · \(grouped(count)) pairs\(drawn)"
  }

  func height(width: Double) -> Double { min(width * 0.86, 380) }

  func elements(in frame: Frame) -> [String] {
    let pairs = pairs
    let axis = PlotAxis(covering: pairs.lazy.flatMap { [$0.x, $0.y] }, padding: 0.04)
    let axes = Axes(x: axis, y: axis, xName: xName, yName: yName, in: frame)
    var elements = axes.elements
    elements.append(
      #"<path d="\#(SVG.path([SIMD2(axes.plot.left, axes.plot.bottom), SIMD2(axes.plot.right, axes.plot.top)]))" "#
        + #"stroke="\#(SVG.faint)" stroke-dasharray="5 4"/>"#)
    let points = Swift.stride(from: 0, to: pairs.count, by: stride).compactMap { axes.point(pairs[$0].x, pairs[$0].y) }
    // The points of one path do not darken one another, those of several do.
    let layers = min(8, points.count)
    for layer in 0..<layers {
      let part = Swift.stride(from: layer, to: points.count, by: layers).map { points[$0] }
      elements.append(
        Axes.dots(
          part, color: Axes.colors[0], diameter: points.count > 300 ? 3.4 : 5, opacity: points.count > 300 ? 0.35 : 0.7)
      )
    }
    return elements
  }
}
