import Foundation

/// A part of a picture in pixels.
struct Frame: Equatable {
  var left, top, width, height: Double
  var right: Double { left + width }
  var bottom: Double { top + height }
  var middle: Double { top + height / 2 }
  var center: Double { left + width / 2 }

  /// A thin line around the frame, where cells at its edges are as light as the page.
  var outline: String {
    #"<rect x="\#(SVG.number(left))" y="\#(SVG.number(top))" width="\#(SVG.number(width))" "#
      + #"height="\#(SVG.number(height))" fill="none" stroke="\#(SVG.grid)"/>"#
  }

  /// The frame without margins.
  func inset(left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0) -> Frame {
    Frame(
      left: self.left + left, top: self.top + top, width: max(width - left - right, 1),
      height: max(height - top - bottom, 1))
  }
}

/// One plot of a figure.
protocol Panel {
  var title: String { get }
  /// A line or two below the title; empty for none.
  var note: String { get }
  /// The height that the plot needs at a width, both without title and note. It may get more, to end where its neighbours do.
  func height(width: Double) -> Double
  func elements(in frame: Frame) -> [String]
}

/// A picture of several plots, in rows, with a common title, as a self-contained SVG.
///
/// All plots take any numbers: what is not finite is left out or drawn as missing.
struct Figure {
  /// A plot's place in its row.
  struct Cell {
    let panel: any Panel
    /// Its width is to the row's as this is to the sum of the row's shares.
    var share = 1.0
  }

  var title: String
  var subtitle: String
  var rows: [[Cell]]

  init(title: String, subtitle: String, rows: [[any Panel]]) {
    (self.title, self.subtitle) = (title, subtitle)
    self.rows = rows.map { row in row.map { Cell(panel: $0) } }
  }

  init(title: String, subtitle: String, cells: [[Cell]]) {
    (self.title, self.subtitle, rows) = (title, subtitle, cells)
  }

  // Sizes in pixels.
  static let (left, right, top, bottom) = (34.0, 34.0, 84.0, 22.0)
  static let (columnGap, rowGap) = (34.0, 30.0)
  private static let (titleHeight, noteHeight) = (22.0, 17.0)

  /// The whole file.
  var svg: String {
    var elements: [String] = []
    var y = Self.top
    let width = SVG.width - Self.left - Self.right
    for row in rows where !row.isEmpty {
      let shares = row.reduce(0) { $0 + $1.share }
      let free = width - Self.columnGap * Double(row.count - 1)
      let widths = row.map { $0.share / shares * free }
      let notes = zip(row, widths).map { SVG.wrapped($0.panel.note, width: $1, size: 11, lines: 2) }
      let head = Self.titleHeight + Double(notes.map(\.count).max() ?? 0) * Self.noteHeight
      let height = zip(row, widths).map { $0.panel.height(width: $1) }.max() ?? 0
      var x = Self.left
      for ((cell, panelWidth), note) in zip(zip(row, widths), notes) {
        elements.append(
          SVG.text(
            SVG.fitted(cell.panel.title, width: panelWidth, size: 14), x: x, y: y + 12, size: 14, color: SVG.ink,
            attributes: #"font-weight="bold""#))
        for (index, line) in note.enumerated() {
          elements.append(
            SVG.text(line, x: x, y: y + 12 + Double(index + 1) * Self.noteHeight, size: 11, color: SVG.faint))
        }
        elements += cell.panel.elements(in: Frame(left: x, top: y + head, width: panelWidth, height: height))
        x += panelWidth + Self.columnGap
      }
      y += head + height + Self.rowGap
    }
    return SVG.document(
      title: SVG.fitted(title, width: width, size: 17), subtitle: SVG.fitted(subtitle, width: width, size: 12),
      x: Self.left, height: y - Self.rowGap + Self.bottom, definitions: ColorScale.definitions, elements)
  }
}
