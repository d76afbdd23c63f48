/// A rectangle of coloured cells as paths: one for each colour, of its runs of equal cells, row by row.
///
/// The commonest colour is a rectangle below the others. There are no more elements than colours, and a cell that differs from
/// its neighbours takes six bytes or so: 200 × 200 of them a quarter of a megabyte.
struct CellGrid {
  enum Cell: Hashable {
    case level(Int)
    /// Drawn grey, and hatched where cells are large enough.
    case missing
    /// In the page's colour.
    case blank
  }

  let rows, columns: Int
  /// Row-major, the first row on top.
  let cells: [Cell]

  func elements(in frame: Frame, _ scale: ColorScale) -> [String] {
    if cells.isEmpty { return [] }
    var counts: [Cell: Int] = [:]
    for cell in cells { counts[cell, default: 0] += 1 }
    let levels = (0..<ColorScale.levels).map(Cell.level).filter { counts[$0] != nil }
    let kinds = levels + [.missing, .blank].filter { counts[$0] != nil }
    let ground = kinds.max { counts[$0]! < counts[$1]! }!
    func color(_ cell: Cell) -> String {
      switch cell {
      case .level(let level): scale.color(level: level)
      case .missing: ColorScale.missing
      case .blank: SVG.ground
      }
    }
    let paths = paths(except: ground)
    // Cells are the unit of length; without anti-aliasing the page does not show between neighbours.
    let (x, y) = (frame.width / Double(columns), frame.height / Double(rows))
    var elements = [
      #"<g transform="translate(\#(SVG.number(frame.left)) \#(SVG.number(frame.top))) "#
        + #"scale(\#(SVG.number(x)) \#(SVG.number(y)))" fill="none" shape-rendering="crispEdges">"#,
      #"<rect width="\#(columns)" height="\#(rows)" fill="\#(color(ground))"/>"#,
    ]
    for kind in kinds where kind != ground {
      elements.append(#"<path stroke="\#(color(kind))" d="\#(paths[kind]!)"/>"#)
    }
    elements.append("</g>")
    if counts[.missing] != nil, min(x, y) >= 6 { elements.append(hatching(frame, x, y)) }
    return elements
  }

  /// The runs of each kind as horizontal lines of width 1 through the middle of their rows.
  private func paths(except ground: Cell) -> [Cell: String] {
    var paths: [Cell: String] = [:]
    var ends: [Cell: SIMD2<Int>] = [:]
    forEachRun { kind, row, column, length in
      if kind == ground { return }
      if let end = ends[kind] {
        let (dx, dy) = (column - end.x, row - end.y)
        paths[kind]! += "m\(dx)\(dy < 0 ? "" : " ")\(dy)h\(length)"
      } else {
        paths[kind] = "M\(column) \(row).5h\(length)"
      }
      ends[kind] = SIMD2(column + length, row)
    }
    return paths
  }

  private func forEachRun(_ body: (_ kind: Cell, _ row: Int, _ column: Int, _ length: Int) -> Void) {
    for row in 0..<rows {
      var column = 0
      while column < columns {
        let kind = cells[row * columns + column]
        var end = column + 1
        while end < columns, cells[row * columns + end] == kind { end += 1 }
        body(kind, row, column, end - column)
        column = end
      }
    }
  }

  /// In pixels: the pattern is not scaled with the cells.
  private func hatching(_ frame: Frame, _ x: Double, _ y: Double) -> String {
    var path = ""
    forEachRun { kind, row, column, length in
      guard kind == .missing else { return }
      let (left, top) = (frame.left + Double(column) * x, frame.top + Double(row) * y)
      path += "M\(SVG.number(left)) \(SVG.number(top))h\(SVG.number(Double(length) * x))v\(SVG.number(y))"
      path += "H\(SVG.number(left))z"
    }
    return #"<path d="\#(path)" fill="url(#missing)"/>"#
  }
}
