import Foundation

/// Square matrices side by side on one scale of colours: functional connectivity observed and target, covariance, FCD.
///
/// Large matrices are drawn as means of blocks, no more than 200 in a row.
struct MatrixPanel: Panel {
  struct Matrix {
    var name: String
    /// Row-major; what is not finite is drawn as missing.
    var values: [Double]
    /// The number of rows.
    let size: Int

    init(name: String = "", _ values: [Double]) {
      size = Int(Double(values.count).squareRoot().rounded())
      precondition(values.count == size * size, "\(values.count) values are no square matrix")
      (self.name, self.values) = (name, values)
    }
  }

  enum Scale {
    /// −1 … 1, diverging.
    case correlation
    /// From 0, sequential, where there are no negative values, and otherwise symmetric about 0 to the largest absolute value,
    /// diverging.
    case automatic
    /// Symmetric about 0 to the largest absolute value, diverging.
    case symmetric
  }

  enum Axis {
    case regions(labels: [String]? = nil, groups: [String]? = nil)
    /// Windows: the time of the first one's middle, and from one to the next, in minutes.
    case minutes(first: Double, step: Double)
  }

  var title: String
  var note = ""
  var matrices: [Matrix]
  /// What the values are, beside the bar of colours.
  var quantity = ""
  var scale = Scale.automatic
  /// Whether the diagonal is left blank, and does not count for the scale: it is 1 in a correlation, and 0 in some files.
  var hidesDiagonal = false
  var axis = Axis.regions()

  static let maximumCells = 200
  private static let maximumSide = 400.0
  private static let (gap, nameHeight) = (18.0, 18.0)

  private struct Layout {
    let side, left, bottom, bar: Double
  }

  private func regionTicks(_ size: Int, side: Double) -> RegionTicks {
    guard case .regions(let labels, let groups) = axis else { preconditionFailure() }
    return RegionTicks(count: size, labels: labels, groups: groups, cell: side / Double(max(size, 1)))
  }

  private func timeAxis(_ size: Int) -> PlotAxis {
    guard case .minutes(let first, let step) = axis else { preconditionFailure() }
    return PlotAxis(from: first - step / 2, to: first + (Double(max(size, 1)) - 0.5) * step)
  }

  private func layout(width: Double) -> Layout {
    let count = Double(max(matrices.count, 1))
    // The bar's ticks do not depend on its exact height: half of the width does for a first guess.
    let bar = 12 + colors.barWidth(height: min(width / count, Self.maximumSide), name: quantity)
    func side(_ left: Double) -> Double {
      min(Self.maximumSide, (width - left - bar - Self.gap * (count - 1)) / count)
    }
    switch axis {
    case .minutes: return Layout(side: max(side(46), 20), left: 46, bottom: 38, bar: bar)
    case .regions:
      let size = matrices.map(\.size).max() ?? 0
      let first = regionTicks(size, side: side(60))
      let labels = first.width(atMost: 90)
      return Layout(
        side: max(side(labels + 10), 20), left: labels + 10, bottom: first.isUpright ? labels + 10 : 20, bar: bar)
    }
  }

  private var names: Double { matrices.contains { !$0.name.isEmpty } ? Self.nameHeight : 6 }

  func height(width: Double) -> Double {
    let layout = layout(width: width)
    return names + layout.side + layout.bottom
  }

  func elements(in frame: Frame) -> [String] {
    let (layout, colors) = (layout(width: frame.width), colors)
    var elements: [String] = []
    var square = Frame(
      left: frame.left + layout.left, top: frame.top + names, width: layout.side, height: layout.side)
    for (index, matrix) in matrices.enumerated() {
      if !matrix.name.isEmpty {
        elements.append(
          SVG.text(
            SVG.fitted(matrix.name, width: layout.side, size: 12), x: square.center, y: square.top - 6, size: 12,
            color: SVG.ink, attributes: #"text-anchor="middle""#))
      }
      elements += grid(matrix).elements(in: square, colors)
      elements.append(square.outline)
      elements += ticks(matrix, square, isFirst: index == 0)
      square.left += layout.side + Self.gap
    }
    let bar = Frame(left: square.left - Self.gap + 12, top: square.top, width: 12, height: layout.side)
    return elements + colors.bar(in: bar, name: quantity)
  }
}

// ---- Values ----------------------------------------------------------------------------------------------------------

extension MatrixPanel {
  /// The scale that all matrices share.
  var colors: ColorScale {
    if case .correlation = scale { return .diverging(1) }
    var (low, high) = (0.0, 0.0)
    for matrix in matrices {
      for (index, value) in matrix.values.enumerated() where value.isFinite {
        if hidesDiagonal, index % (matrix.size + 1) == 0 { continue }
        (low, high) = (min(low, value), max(high, value))
      }
    }
    if case .automatic = scale, low == 0 {
      return ColorScale(kind: .sequential, axis: PlotAxis(from: 0, to: high > 0 ? high : 1))
    }
    return .diverging(max(-low, high))
  }

  /// The cells that are drawn: of a large matrix, means of the finite values of blocks.
  func grid(_ matrix: Matrix) -> CellGrid {
    let (size, colors) = (matrix.size, colors)
    let block = max(1, (size + Self.maximumCells - 1) / Self.maximumCells)
    let count = (size + block - 1) / block
    var cells: [CellGrid.Cell] = []
    cells.reserveCapacity(count * count)
    for row in 0..<count {
      for column in 0..<count {
        var (mean, counted, hidden) = (0.0, 0, 0)
        for i in (row * block)..<min((row + 1) * block, size) {
          for j in (column * block)..<min((column + 1) * block, size) {
            if hidesDiagonal, i == j {
              hidden += 1
              continue
            }
            let value = matrix.values[i * size + j]
            guard value.isFinite else { continue }
            counted += 1
            // The mean grows from one to the next: a sum of large numbers need not be finite.
            mean += value / Double(counted) - mean / Double(counted)
          }
        }
        if counted > 0 {
          cells.append(colors.level(mean).map(CellGrid.Cell.level) ?? .missing)
        } else {
          cells.append(hidden > 0 ? .blank : .missing)
        }
      }
    }
    return CellGrid(rows: count, columns: count, cells: cells)
  }
}

// ---- Ticks -----------------------------------------------------------------------------------------------------------

extension MatrixPanel {
  private func ticks(_ matrix: Matrix, _ square: Frame, isFirst: Bool) -> [String] {
    switch axis {
    case .minutes: timeTicks(matrix, square, isFirst: isFirst)
    case .regions: regionTicks(matrix, square, isFirst: isFirst)
    }
  }

  private func regionTicks(_ matrix: Matrix, _ square: Frame, isFirst: Bool) -> [String] {
    let ticks = regionTicks(matrix.size, side: square.width)
    let cell = square.width / Double(max(matrix.size, 1))
    var elements: [String] = []
    if !ticks.boundaries.isEmpty {
      let path = ticks.boundaries.map { boundary in
        let (x, y) = (square.left + Double(boundary) * cell, square.top + Double(boundary) * cell)
        return "M\(SVG.number(x)) \(SVG.number(square.top))v\(SVG.number(square.height))"
          + "M\(SVG.number(square.left)) \(SVG.number(y))h\(SVG.number(square.width))"
      }
      elements.append(
        #"<path d="\#(path.joined())" fill="none" stroke="\#(SVG.ink)" stroke-width="0.7" stroke-opacity="0.7"/>"#)
    }
    for (place, text) in ticks.ticks {
      let (x, y) = (square.left + place * cell, square.top + place * cell)
      let label = SVG.shortened(text, width: 90, size: RegionTicks.size)
      if isFirst {
        elements.append(
          SVG.text(
            label, x: square.left - 5, y: y + 3.5, size: RegionTicks.size, color: SVG.faint,
            attributes: #"text-anchor="end""#))
      }
      if ticks.isUpright {
        let (dx, dy) = (x + 3.5, square.bottom + 5)
        elements.append(
          SVG.text(
            label, x: dx, y: dy, size: RegionTicks.size, color: SVG.faint,
            attributes: #"text-anchor="end" transform="rotate(-90 \#(SVG.number(dx)) \#(SVG.number(dy)))""#))
      } else {
        elements.append(
          SVG.text(
            text, x: x, y: square.bottom + 14, size: RegionTicks.size, color: SVG.faint,
            attributes: #"text-anchor="middle""#))
      }
    }
    return elements
  }

  private func timeTicks(_ matrix: Matrix, _ square: Frame, isFirst: Bool) -> [String] {
    let axis = timeAxis(matrix.size)
    var elements: [String] = []
    for (value, text) in axis.ticks(atMost: max(2, Int(square.width / 40))) {
      guard let place = axis.place(value) else { continue }
      let (x, y) = (square.left + place * square.width, square.top + place * square.height)
      elements.append(
        #"<path d="M\#(SVG.number(x)) \#(SVG.number(square.bottom))v4" stroke="\#(SVG.faint)"/>"#)
      elements.append(
        SVG.text(text, x: x, y: square.bottom + 16, size: 11, color: SVG.faint, attributes: #"text-anchor="middle""#))
      guard isFirst else { continue }
      elements.append(#"<path d="M\#(SVG.number(square.left)) \#(SVG.number(y))h-4" stroke="\#(SVG.faint)"/>"#)
      elements.append(
        SVG.text(text, x: square.left - 7, y: y + 4, size: 11, color: SVG.faint, attributes: #"text-anchor="end""#))
    }
    elements.append(
      SVG.text(
        "time (min)", x: square.center, y: square.bottom + 33, size: 12, color: SVG.ink,
        attributes: #"text-anchor="middle""#))
    return elements
  }
}
