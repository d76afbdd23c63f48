import Testing

@testable import DelayNetCommand

@Suite("Coloured cells")
struct CellGridTests {
  private let scale = ColorScale.diverging(1)
  private let frame = Frame(left: 10, top: 20, width: 30, height: 40)

  private func drawing(_ rows: Int, _ columns: Int, _ cells: [CellGrid.Cell], _ frame: Frame? = nil) throws -> Drawing {
    let grid = CellGrid(rows: rows, columns: columns, cells: cells)
    return try Drawing("<svg>" + grid.elements(in: frame ?? self.frame, scale).joined() + "</svg>")
  }

  @Test("runs of equal cells are lines of their colours, over the commonest colour")
  func runs() throws {
    let (a, b, c) = (CellGrid.Cell.level(0), CellGrid.Cell.level(32), CellGrid.Cell.level(64))
    let drawing = try drawing(
      3, 4,
      [
        b, a, a, b,
        c, b, b, c,
        b, b, b, a,
      ])
    #expect(drawing.elements.map(\.name) == ["svg", "g", "rect", "path", "path"])
    #expect(drawing.elements[1].attributes["transform"] == "translate(10 20) scale(7.5 13.3333)")
    let rectangle = drawing.elements[2].attributes
    #expect(rectangle == ["width": "4", "height": "3", "fill": "#f7f6f3"])
    #expect(drawing.elements[3].attributes == ["stroke": "#0d326e", "d": "M1 0.5h2m0 2h1"])
    #expect(drawing.elements[4].attributes == ["stroke": "#701022", "d": "M0 1.5h1m2 0h1"])
  }

  @Test("what is missing is grey, and hatched in pixels where cells are large")
  func missing() throws {
    let cells: [CellGrid.Cell] = [.level(3), .missing, .blank, .level(3)]
    let drawing = try drawing(2, 2, cells)
    #expect(drawing.elements.last?.attributes["fill"] == "url(#missing)")
    #expect(drawing.elements.last?.attributes["d"] == "M25 20h15v20H25z")
    #expect(drawing.elements.contains { $0.attributes["stroke"] == ColorScale.missing })
    #expect(drawing.elements.contains { $0.attributes["stroke"] == SVG.ground })
    let small = try self.drawing(2, 2, cells, Frame(left: 0, top: 0, width: 8, height: 8))
    #expect(!small.elements.contains { $0.attributes["fill"] == "url(#missing)" })
    #expect(try self.drawing(0, 0, []).elements.count == 1)
  }

  @Test("40,000 different cells are no more elements than colours and less than 400 kB")
  func bounded() throws {
    let cells = scattered(40_000).map { scale.level($0).map(CellGrid.Cell.level) ?? .missing }
    let drawing = try drawing(200, 200, cells)
    #expect(drawing.count("path") <= ColorScale.levels && drawing.bytes < 400_000)
  }
}
