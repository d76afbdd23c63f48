import Foundation

/// Curves on common axes: the loss of every iteration, an observable along one axis of a sweep.
///
/// An axis is logarithmic where its values are positive and span more than one and a half decades.
struct CurvePanel: Panel {
  struct Curve {
    var name: String
    /// As many as there are in `y`.
    var x, y: [Double]

    init(name: String = "", x: [Double], y: [Double]) {
      precondition(x.count == y.count)
      (self.name, self.x, self.y) = (name, x, y)
    }

    /// A curve over 0, 1, 2 …
    init(name: String = "", _ y: [Double]) { self.init(name: name, x: y.indices.map(Double.init), y: y) }
  }

  /// Which value of the first curve is the best.
  enum Best { case lowest, highest }

  var title: String
  var curves: [Curve]
  var xName, yName: String
  var best: Best?
  /// Whether every point has a dot.
  var hasDots = false
  /// Nil chooses by the values; a count of iterations is never logarithmic.
  var isXLogarithmic: Bool? = false

  /// The best point of the first curve, the first of equals.
  var bestPoint: (x: Double, y: Double)? {
    guard let best, let curve = curves.first else { return nil }
    let points = zip(curve.x, curve.y).filter { $0.0.isFinite && $0.1.isFinite }
    let found = points.dropFirst().reduce(points.first) { held, point in
      (best == .lowest ? point.1 < held!.1 : point.1 > held!.1) ? point : held
    }
    return found.map { (x: $0.0, y: $0.1) }
  }

  var note: String {
    if !curves.contains(where: { $0.y.contains(where: \.isFinite) }) { return "no finite value" }
    return bestPoint.map { "best \(SVG.value($0.y)) at \(xName) \(SVG.value($0.x))" } ?? ""
  }

  private var hasLegend: Bool { curves.count > 1 }

  func height(width: Double) -> Double { min(width * 0.62, 300) + (hasLegend ? 20 : 0) }

  func elements(in frame: Frame) -> [String] {
    let axes = Axes(
      x: PlotAxis(covering: curves.lazy.flatMap(\.x), isLogarithmic: isXLogarithmic, padding: 0.02),
      y: PlotAxis(covering: curves.lazy.flatMap(\.y), isLogarithmic: nil, padding: 0.05),
      xName: xName, yName: yName, in: frame.inset(top: hasLegend ? 20 : 0))
    var elements = axes.elements
    if hasLegend {
      elements += Axes.legend(
        curves.enumerated().map { ($1.name, Self.color($0), Self.dash($0)) },
        in: Frame(left: axes.plot.left, top: frame.top, width: axes.plot.width, height: 18))
    }
    for (index, curve) in curves.enumerated() {
      let dash = Self.dash(index)
      elements += axes.line(
        curve.x, curve.y, color: Self.color(index), attributes: dash.isEmpty ? "" : #"stroke-dasharray="\#(dash)""#)
      if hasDots, curve.x.count <= 200 {
        let points = zip(curve.x, curve.y).compactMap { axes.point($0, $1) }
        if !points.isEmpty { elements.append(Axes.dots(points, color: Self.color(index), diameter: 4.5)) }
      }
    }
    if let bestPoint, let point = axes.point(bestPoint.x, bestPoint.y) { elements.append(Self.mark(point)) }
    return elements
  }

  /// The mark of a best point: a ring that shows on any ground.
  static func mark(_ point: SIMD2<Double>, radius: Double = 5.5) -> String {
    let place = #"cx="\#(SVG.number(point.x))" cy="\#(SVG.number(point.y))" r="\#(SVG.number(radius))" fill="none""#
    return #"<g class="best"><circle \#(place) stroke="white" stroke-width="4.5"/>"#
      + #"<circle \#(place) stroke="\#(Axes.colors[1])" stroke-width="2.2"/></g>"#
  }

  private static func color(_ index: Int) -> String { Axes.colors[index % Axes.colors.count] }
  private static func dash(_ index: Int) -> String { Axes.dashes[index % Axes.dashes.count] }
}
