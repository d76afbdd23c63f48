import Testing

@testable import DelayNetCommand

@Suite("Pictures of matrices")
struct MatrixPanelTests {
  @Test("matrices side by side share a scale, and the diagonal does not count where it is hidden")
  func scale() {
    func axis(_ panel: MatrixPanel) -> (ColorScale.Kind, Double, Double) {
      (panel.colors.kind, panel.colors.axis.lowest, panel.colors.axis.highest)
    }
    let (a, b) = (MatrixPanel.Matrix([1, 0.2, 0.2, 1]), MatrixPanel.Matrix([1, -0.6, .nan, 1]))
    var panel = MatrixPanel(title: "", matrices: [a, b])
    #expect(axis(panel) == (.diverging, -1, 1))
    panel.hidesDiagonal = true
    #expect(axis(panel) == (.diverging, -0.6, 0.6))
    panel.matrices = [a]
    #expect(axis(panel) == (.sequential, 0, 0.2))
    panel.scale = .symmetric
    #expect(axis(panel) == (.diverging, -0.2, 0.2))
    panel.scale = .correlation
    #expect(axis(panel) == (.diverging, -1, 1))
  }

  @Test("cells have the levels of their values; the hidden diagonal is blank and what is not finite is missing")
  func cells() {
    let matrix = MatrixPanel.Matrix([1, -1, 0, 0.5, 1, .nan, 1, .infinity, 1])
    var panel = MatrixPanel(title: "", matrices: [matrix], scale: .correlation)
    let shown = panel.grid(matrix)
    #expect(shown.rows == 3 && shown.columns == 3)
    #expect(
      shown.cells == [
        .level(64), .level(0), .level(32), .level(48), .level(64), .missing, .level(64), .missing, .level(64),
      ])
    panel.hidesDiagonal = true
    #expect(
      panel.grid(matrix).cells == [
        .blank, .level(0), .level(32), .level(48), .blank, .missing, .level(64), .missing, .blank,
      ])
  }

  @Test("a large matrix is drawn as means of blocks")
  func blocks() {
    // Blocks of 2 × 2, each of which holds its row's share with ±0.1, whose mean is the share.
    let size = 400
    let values = (0..<size * size).map { index in
      let (row, column) = (index / size, index % size)
      return Double(row / 2) / 400 + (column % 2 == 0 ? 0.1 : -0.1)
    }
    let matrix = MatrixPanel.Matrix(values)
    let panel = MatrixPanel(title: "", matrices: [matrix], scale: .correlation)
    let grid = panel.grid(matrix)
    #expect(grid.rows == 200 && grid.cells.count == 40_000)
    for row in [3, 50, 121, 199] {
      let level = panel.colors.level(Double(row) / 400 + 1e-12)!
      #expect(grid.cells[(row * 200)..<((row + 1) * 200)].allSatisfy { $0 == .level(level) || $0 == .level(level - 1) })
    }
    // The last block is smaller.
    let odd = MatrixPanel.Matrix([Double](repeating: 0.5, count: 401 * 401))
    let merged = panel.grid(odd)
    #expect(merged.rows == 134 && Set(merged.cells) == [.level(48)])
  }

  @Test("two matrices of 1000 nodes make a well-formed file below a megabyte with few elements")
  func large() throws {
    let panel = MatrixPanel(
      title: "FC", matrices: [.init(name: "a", correlations(1000)), .init(name: "b", correlations(1000, seed: 2))],
      quantity: "correlation")
    let drawing = try Drawing(Figure(panel).svg)
    #expect(drawing.bytes < 1_000_000 && drawing.elements.count < 300)
    #expect(drawing.collisions == [])
  }

  @Test("squares are in place beside each other, with labels beside the first and below all")
  func layout() throws {
    let labels = ["one", "two", "three & <four>"]
    let values = correlations(3)
    let panel = MatrixPanel(
      title: "FC", matrices: [.init(name: "observed", values), .init(name: "target", values)], quantity: "r",
      axis: .regions(labels: labels))
    let drawing = try Drawing(Figure(panel).svg)
    let groups = drawing.elements.filter { $0.name == "g" }.map { $0.attributes["transform"] ?? "" }
    #expect(groups.count == 2)
    for label in labels { #expect(drawing.texts.count { $0 == label } == 3, "\(label)") }
    #expect(drawing.collisions == [])
    let numbers = groups.map { $0.split { !"0123456789.-".contains($0) }.compactMap { Double($0) } }
    #expect(numbers[0][0] < numbers[1][0] && numbers[0][1] == numbers[1][1])
    // Side and gap.
    #expect(abs(numbers[1][0] - numbers[0][0] - 3 * numbers[0][2] - 18) < 0.01)
    #expect(abs(numbers[0][2] - numbers[0][3]) < 1e-6)
  }

  @Test("windows have times in minutes")
  func minutes() throws {
    // 61 windows, from half a minute to ten and a half.
    let panel = MatrixPanel(
      title: "FCD", matrices: [.init(correlations(61))], scale: .correlation, axis: .minutes(first: 0.5, step: 1.0 / 6))
    let drawing = try Drawing(Figure(panel).svg)
    #expect(drawing.texts.contains("time (min)"))
    for minute in ["2", "4", "6", "8", "10"] { #expect(drawing.texts.count { $0 == minute } == 2, "\(minute)") }
    // The tick of minute 2 is 9.5 cells from the edge.
    let square = drawing.elements.first { $0.name == "g" }!.attributes["transform"]!
      .split { !"0123456789.-".contains($0) }.compactMap { Double($0) }
    let tick = drawing.texts { $0.text == "2" && $0.attributes["text-anchor"] == "middle" }[0]
    #expect(abs(tick.number("x")! - square[0] - 9.5 * square[2]) < 0.01)
    #expect(drawing.collisions == [])
  }

  @Test(
    "constant, huge, tiny, missing and empty matrices are drawn",
    arguments: [
      [], [0], [1], [.nan], [0, 0, 0, 0], [3, 3, 3, 3], [.nan, .nan, .nan, .nan],
      [1e308, -1e308, 1.7e308, .greatestFiniteMagnitude],
      [.leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude], [.infinity, 1, -.infinity, 2],
      [Double](repeating: .greatestFiniteMagnitude, count: 401 * 401),
    ] as [[Double]])
  func extremes(values: [Double]) throws {
    for scale in [MatrixPanel.Scale.automatic, .symmetric, .correlation] {
      for hidesDiagonal in [false, true] {
        for axis in [MatrixPanel.Axis.regions(), .minutes(first: 0, step: 1), .minutes(first: 0, step: 0)] {
          let panel = MatrixPanel(
            title: "t", matrices: [.init(name: "a", values)], quantity: "q", scale: scale,
            hidesDiagonal: hidesDiagonal, axis: axis)
          let drawing = try Drawing(Figure(panel).svg)
          #expect(drawing.elements.count < 300 && drawing.collisions == [])
        }
      }
    }
    #expect(try Drawing(Figure(MatrixPanel(title: "none", matrices: [])).svg).texts.contains("none"))
  }
}
