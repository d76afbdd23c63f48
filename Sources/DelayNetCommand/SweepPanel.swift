import Foundation

/// A value at every point of a sweep: a curve over one axis, colours over two, and over more a slice of the first two through
/// the best point.
///
/// Cells are of equal size whatever the distances of an axis's values, so that a logarithmic axis reads as well as a linear
/// one, and a list as either. Colours are logarithmic where all values are positive and span more than one and a half decades.
struct SweepPanel: Panel {
  struct Axis {
    var name: String
    /// Empty for none.
    var unit = ""
    var values: [Double]

    var text: String { unit.isEmpty ? name : "\(name) (\(unit))" }

    /// The axis at one of its values.
    func text(at index: Int) -> String {
      "\(name) \(SVG.value(values[index]))\(unit.isEmpty ? "" : " \(unit)")"
    }
  }

  let title: String
  let axes: [Axis]
  /// Row-major over the axes, the last one innermost; what is not finite is drawn as missing.
  let values: [Double]
  /// What the values are.
  let quantity: String
  let best: CurvePanel.Best?
  /// The indices of the best point on every axis; nil where there is none.
  let bestIndices: [Int]?

  static let maximumCells = 200

  /// - Parameter best: nil where no value is better than another.
  init(title: String, axes: [Axis], values: [Double], quantity: String, best: CurvePanel.Best? = nil) {
    precondition(!axes.isEmpty && axes.reduce(1) { $0 * $1.values.count } == values.count)
    (self.title, self.axes, self.values, self.quantity, self.best) = (title, axes, values, quantity, best)
    let finite = values.indices.filter { values[$0].isFinite }
    let place = best.flatMap { best in
      finite.dropFirst().reduce(finite.first) { held, index in
        (best == .lowest ? values[index] < values[held!] : values[index] > values[held!]) ? index : held
      }
    }
    bestIndices = place.map { place in
      var (rest, indices) = (place, axes.map { _ in 0 })
      for axis in axes.indices.reversed() {
        (rest, indices[axis]) = rest.quotientAndRemainder(dividingBy: axes[axis].values.count)
      }
      return indices
    }
  }

  /// Where the axes beyond the second are cut: at the best point, or in their middle.
  private var cut: [Int] { bestIndices ?? axes.map { max($0.values.count - 1, 0) / 2 } }

  private func value(_ indices: [Int]) -> Double {
    values[zip(indices, axes).reduce(0) { $0 * $1.1.values.count + $1.0 }]
  }

  private var bestValue: Double? { bestIndices.map(value) }

  var note: String {
    guard values.contains(where: \.isFinite) else { return "no finite value" }
    if let bestIndices, let bestValue {
      let places = axes.indices.map { axes[$0].text(at: bestIndices[$0]) }
      let slice = places.dropFirst(2).joined(separator: ", ")
      let best = "best \(SVG.value(bestValue)) at \(places.prefix(2).joined(separator: ", "))"
      return slice.isEmpty ? best : "\(best); slice at \(slice)"
    }
    if axes.count < 3 { return "" }
    return "slice at " + axes.indices.dropFirst(2).map { axes[$0].text(at: cut[$0]) }.joined(separator: ", ")
  }

  func height(width: Double) -> Double { axes.count == 1 ? curve.height(width: width) : min(width * 0.72, 360) }

  func elements(in frame: Frame) -> [String] { axes.count == 1 ? curve.elements(in: frame) : map(in: frame) }

  /// The panel of one axis.
  private var curve: CurvePanel {
    CurvePanel(
      title: title, curves: [.init(x: axes[0].values, y: values)], xName: axes[0].text, yName: quantity, best: best,
      hasDots: true, isXLogarithmic: isEvenlyLogarithmic(axes[0].values) ? true : false)
  }

  /// Whether values are positive and each is to the next as all others are, rather than as far from it.
  private func isEvenlyLogarithmic(_ values: [Double]) -> Bool {
    guard values.count > 2, values.allSatisfy({ $0.isFinite && $0 > 0 }) else { return false }
    let steps = zip(values.dropFirst(), values).map { log10($0) - log10($1) }
    return steps[0] != 0 && steps.allSatisfy { abs($0 - steps[0]) < 0.01 * abs(steps[0]) }
  }
}

// ---- Two axes --------------------------------------------------------------------------------------------------------

extension SweepPanel {
  /// The scale of the whole sweep's values, so that slices compare.
  var colors: ColorScale {
    ColorScale(kind: .sequential, axis: PlotAxis(covering: values, isLogarithmic: nil))
  }

  /// The first axis to the right, the second upwards; of more values than fit, every second, third …
  private func shown(_ axis: Int) -> [Int] {
    let count = axes[axis].values.count
    return Array(stride(from: 0, to: count, by: max(1, (count + Self.maximumCells - 1) / Self.maximumCells)))
  }

  private func map(in frame: Frame) -> [String] {
    let colors = colors
    let (columns, rows) = (shown(0), shown(1))
    let height = frame.height - 44
    let yTicks = Self.ticks(rows.map { axes[1].values[$0] }) { _ in (height / Double(max(rows.count, 1)), 16) }
    let yWidth = yTicks.map { SVG.textWidth($0.text, size: 11) }.max() ?? 0
    let barWidth = 14 + colors.barWidth(height: height, name: quantity)
    let plot = frame.inset(left: yWidth + 32, top: 4, right: barWidth, bottom: 40)

    let cells = rows.reversed().flatMap { row in
      columns.map { column in
        let value = value([column, row] + cut.dropFirst(2))
        return colors.level(value).map(CellGrid.Cell.level) ?? .missing
      }
    }
    var elements = CellGrid(rows: rows.count, columns: columns.count, cells: cells).elements(in: plot, colors)
    elements.append(plot.outline)
    elements += ticks(plot, columns, rows, yTicks)
    elements += colors.bar(
      in: Frame(left: plot.right + 14, top: plot.top, width: 12, height: plot.height), name: quantity)
    if let bestIndices {
      func place(_ index: Int, _ shown: [Int]) -> Double {
        Double(index / (shown.count > 1 ? shown[1] : 1)) + 0.5
      }
      let x = plot.left + place(bestIndices[0], columns) / Double(columns.count) * plot.width
      let y = plot.bottom - place(bestIndices[1], rows) / Double(rows.count) * plot.height
      elements.append(CurvePanel.mark(SIMD2(x, y)))
    }
    return elements
  }

  private func ticks(
    _ plot: Frame, _ columns: [Int], _ rows: [Int], _ yTicks: [(index: Int, text: String)]
  ) -> [String] {
    var elements: [String] = []
    let (x, y) = (plot.width / Double(max(columns.count, 1)), plot.height / Double(max(rows.count, 1)))
    for (index, text) in Self.ticks(columns.map({ axes[0].values[$0] }), in: { (x, $0 + 10) }) {
      let place = plot.left + (Double(index) + 0.5) * x
      elements.append(
        #"<path d="M\#(SVG.number(place)) \#(SVG.number(plot.bottom))v4" stroke="\#(SVG.faint)"/>"#)
      elements.append(
        SVG.text(
          text, x: place, y: plot.bottom + 17, size: 11, color: SVG.faint, attributes: #"text-anchor="middle""#))
    }
    for (index, text) in yTicks {
      let place = plot.bottom - (Double(index) + 0.5) * y
      elements.append(#"<path d="M\#(SVG.number(plot.left)) \#(SVG.number(place))h-4" stroke="\#(SVG.faint)"/>"#)
      elements.append(
        SVG.text(
          text, x: plot.left - 8, y: place + 4, size: 11, color: SVG.faint, attributes: #"text-anchor="end""#))
    }
    elements.append(
      SVG.text(
        SVG.fitted(axes[0].text, width: plot.width, size: 12), x: plot.center, y: plot.bottom + 36, size: 12,
        color: SVG.ink, attributes: #"text-anchor="middle""#))
    let left = plot.left - (yTicks.map { SVG.textWidth($0.text, size: 11) }.max() ?? 0) - 16
    elements.append(
      SVG.text(
        SVG.fitted(axes[1].text, width: plot.height, size: 12), x: left, y: plot.middle, size: 12, color: SVG.ink,
        attributes: #"text-anchor="middle" transform="rotate(-90 \#(SVG.number(left)) \#(SVG.number(plot.middle)))""#))
    return elements
  }

  /// Which of an axis's values get a tick, and their texts: every first, second … that leaves room, and of those up to five
  /// times as far apart, as long as there are three, the one with the shortest texts: decades and whole numbers.
  ///
  /// - Parameter room: of the width of a text, the room that a value has and the room that a text needs.
  static func ticks(
    _ values: [Double], in room: (_ width: Double) -> (value: Double, text: Double)
  ) -> [(index: Int, text: String)] {
    if values.isEmpty { return [] }
    var digits = 3
    var texts = values.map { SVG.value($0, digits: digits) }
    while digits < 15, zip(texts, texts.dropFirst()).contains(where: ==) {
      digits += 1
      texts = values.map { SVG.value($0, digits: digits) }
    }
    var (least, best): (Int?, (stride: Int, length: Int)?)
    for every in 1...max(values.count, 1) {
      let shown = stride(from: 0, to: values.count, by: every).map { texts[$0] }
      let length = shown.map(\.count).max() ?? 0
      let (value, text) = room(shown.map { SVG.textWidth($0, size: 11) }.max() ?? 0)
      if Double(every) * value < text { continue }
      if let least, every > 5 * least || shown.count < 3 { break }
      least = least ?? every
      if best.map({ length < $0.length }) ?? true { best = (every, length) }
    }
    return stride(from: 0, to: values.count, by: best?.stride ?? values.count).map { ($0, texts[$0]) }
  }
}
