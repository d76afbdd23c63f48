import Foundation

/// Two axes with ticks, grid lines and names, and marks between them.
struct Axes {
  let x, y: PlotAxis
  let xName, yName: String
  /// What the axes enclose.
  let plot: Frame
  private let xTicks, yTicks: [(value: Double, text: String)]

  /// Colours of lines, apart for people who see no difference between red and green, and dashes for grey print.
  static let colors = ["#2554a8", "#d5642a", "#008b74", "#9e2e82", "#b98a00"]
  static let dashes = ["", "7 3", "2.5 2.5", "9 3 2 3", "4 2"]

  /// - Parameter frame: what axes, ticks and names have to fit in.
  init(x: PlotAxis, y: PlotAxis, xName: String, yName: String, in frame: Frame) {
    (self.x, self.y, self.xName, self.yName) = (x, y, xName, yName)
    yTicks = y.ticks(atMost: max(2, Int((frame.height - 44) / 40)))
    let widest = yTicks.map { SVG.textWidth($0.text, size: 11) }.max() ?? 0
    plot = frame.inset(left: widest + 12 + (yName.isEmpty ? 0 : 18), top: 4, right: 8, bottom: xName.isEmpty ? 22 : 40)
    xTicks = Self.ticks(x, width: plot.width)
  }

  /// As many ticks as leave room between their texts.
  private static func ticks(_ axis: PlotAxis, width: Double) -> [(value: Double, text: String)] {
    var count = max(2, Int(width / 50))
    while true {
      let ticks = axis.ticks(atMost: count)
      let places = ticks.map { (axis.place($0.value) ?? 0) * width }
      let widths = ticks.map { SVG.textWidth($0.text, size: 11) }
      let overlaps = ticks.indices.dropFirst().contains {
        places[$0] - places[$0 - 1] < (widths[$0] + widths[$0 - 1]) / 2 + 8
      }
      if !overlaps || count <= 1 { return overlaps ? Array(ticks.prefix(1)) : ticks }
      count -= 1
    }
  }

  /// Where a pair of values is; nil where one has no place on its axis.
  func point(_ x: Double, _ y: Double) -> SIMD2<Double>? {
    guard let across = self.x.place(x), let up = self.y.place(y) else { return nil }
    return SIMD2(plot.left + across * plot.width, plot.bottom - up * plot.height)
  }

  /// Grid, ticks and names, to be drawn below what the axes are for.
  var elements: [String] {
    var elements: [String] = []
    for (value, text) in xTicks {
      let place = SVG.number(plot.left + (x.place(value) ?? 0) * plot.width)
      elements.append(
        #"<path d="M\#(place) \#(SVG.number(plot.top))v\#(SVG.number(plot.height + 4))" stroke="\#(SVG.grid)"/>"#)
      elements.append(
        SVG.text(
          text, x: plot.left + (x.place(value) ?? 0) * plot.width, y: plot.bottom + 17, size: 11, color: SVG.faint,
          attributes: #"text-anchor="middle""#))
    }
    elements += yElements
    if !xName.isEmpty {
      elements.append(
        SVG.text(
          SVG.fitted(xName, width: plot.width, size: 12), x: plot.center, y: plot.bottom + 36, size: 12, color: SVG.ink,
          attributes: #"text-anchor="middle""#))
    }
    return elements
  }

  /// The grid, ticks and name of the vertical axis alone.
  var yElements: [String] {
    var elements: [String] = []
    for (value, text) in yTicks {
      let place = plot.bottom - (y.place(value) ?? 0) * plot.height
      elements.append(
        #"<path d="M\#(SVG.number(plot.left - 4)) \#(SVG.number(place))h\#(SVG.number(plot.width + 4))" "#
          + #"stroke="\#(SVG.grid)"/>"#)
      elements.append(
        SVG.text(
          text, x: plot.left - 8, y: place + 4, size: 11, color: SVG.faint, attributes: #"text-anchor="end""#))
    }
    if !yName.isEmpty {
      let widest = yTicks.map { SVG.textWidth($0.text, size: 11) }.max() ?? 0
      let (left, middle) = (plot.left - widest - 16, plot.middle)
      elements.append(
        SVG.text(
          SVG.fitted(yName, width: plot.height + 20, size: 12), x: left, y: middle, size: 12, color: SVG.ink,
          attributes: #"text-anchor="middle" transform="rotate(-90 \#(SVG.number(left)) \#(SVG.number(middle)))""#))
    }
    return elements
  }

  // ---- Marks ---------------------------------------------------------------------------------------------------------

  /// A line through pairs of values, with gaps where there is no place for them; a lonely point is a dot.
  func line(_ x: [Double], _ y: [Double], color: String, width: Double = 1.4, attributes: String = "") -> [String] {
    let (x, y) = Self.decimated(x, y)
    var runs: [[SIMD2<Double>]] = [[]]
    for (x, y) in zip(x, y) {
      if let point = point(x, y) { runs[runs.count - 1].append(point) } else if !runs.last!.isEmpty { runs.append([]) }
    }
    let dots = runs.filter { $0.count == 1 }.flatMap { $0 }
    let path = runs.filter { $0.count > 1 }.map(SVG.path).joined()
    var elements: [String] = []
    if !path.isEmpty {
      let space = attributes.isEmpty ? "" : " "
      elements.append(
        #"<path d="\#(path)" fill="none" stroke="\#(color)" stroke-width="\#(SVG.number(width))" "#
          + #"stroke-linejoin="round"\#(space)\#(attributes)/>"#)
    }
    if !dots.isEmpty { elements.append(Self.dots(dots, color: color, diameter: 4)) }
    return elements
  }

  /// Points as one path of round dots.
  static func dots(_ points: [SIMD2<Double>], color: String, diameter: Double, opacity: Double = 1) -> String {
    let path = points.map { SVG.path([$0]) + "h0" }.joined()
    let faded = opacity < 1 ? #" stroke-opacity="\#(SVG.number(opacity))""# : ""
    return #"<path d="\#(path)" fill="none" stroke="\#(color)" stroke-width="\#(SVG.number(diameter))" "#
      + #"stroke-linecap="round"\#(faded)/>"#
  }

  /// Of a long series the lowest and the highest of each of 500 parts, in their order, and what is not finite.
  static func decimated(_ x: [Double], _ y: [Double]) -> (x: [Double], y: [Double]) {
    let (count, parts) = (min(x.count, y.count), 500)
    if count <= 2 * parts { return (x, y) }
    var kept: [Int] = []
    for part in 0..<parts {
      let range = (part * count / parts)..<((part + 1) * count / parts)
      let finite = range.filter { y[$0].isFinite }
      if let low = finite.min(by: { y[$0] < y[$1] }), let high = finite.max(by: { y[$0] < y[$1] }) {
        kept += low == high ? [low] : [min(low, high), max(low, high)]
      } else {
        kept.append(range.lowerBound)
      }
    }
    return (kept.map { x[$0] }, kept.map { y[$0] })
  }

  /// A line of what colours stand for, as much of it as fits.
  static func legend(_ items: [(text: String, color: String, dash: String)], in frame: Frame) -> [String] {
    var elements: [String] = []
    var x = frame.left
    for (text, color, dash) in items {
      let width = SVG.textWidth(text, size: 11)
      if x + 24 + width > frame.right { break }
      let dashes = dash.isEmpty ? "" : #" stroke-dasharray="\#(dash)""#
      elements.append(
        #"<path d="M\#(SVG.number(x)) \#(SVG.number(frame.top + 7))h18" stroke="\#(color)" stroke-width="2"\#(dashes)/>"#
      )
      elements.append(SVG.text(text, x: x + 24, y: frame.top + 11, size: 11, color: SVG.ink))
      x += 24 + width + 14
    }
    return elements
  }
}
