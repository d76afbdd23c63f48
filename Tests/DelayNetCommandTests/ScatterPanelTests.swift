import Testing

@testable import DelayNetCommand

@Suite("Pictures of one matrix against another")
struct ScatterPanelTests {
  private func panel(_ x: [Double], _ y: [Double]) -> ScatterPanel {
    ScatterPanel(title: "FC", x: x, y: y, xName: "target", yName: "observed")
  }

  /// The points of a drawing, by the number of dots in its paths.
  private func points(_ drawing: Drawing) -> Int {
    drawing.elements.filter { $0.attributes["stroke-linecap"] == "round" }
      .reduce(0) { $0 + $1.attributes["d"]!.count { $0 == "M" } }
  }

  @Test("the upper triangle is read row by row")
  func triangle() {
    #expect(ScatterPanel.upperTriangle([0, 1, 2, 3, 4, 5, 6, 7, 8]) == [1, 2, 5])
    #expect(ScatterPanel.upperTriangle([1]) == [] && ScatterPanel.upperTriangle([]) == [])
  }

  @Test("r is Pearson's correlation of the finite pairs")
  func correlation() throws {
    // By hand: (−1.5, −0.5, 0.5, 1.5) and (−2, 1, −1, 2) about their means.
    let r = try #require(panel([1, 2, 3, 4], [1, 4, 2, 5]).correlation)
    #expect(abs(r - 5 / (5.0 * 10).squareRoot()) < 1e-15)
    let gaps = try #require(panel([1, 2, .nan, 3, 4, 9], [1, 4, 7, 2, 5, .infinity]).correlation)
    #expect(gaps == r)
    let huge = try #require(panel([1e307, 2e307, 3e307, 4e307], [1e-300, 4e-300, 2e-300, 5e-300]).correlation)
    #expect(abs(huge - r) < 1e-14)
    let opposite = try #require(panel([1, 2, 3], [3, 2, 1]).correlation)
    #expect(abs(opposite + 1) < 1e-15)
    for constant in [[0.1, 0.1, 0.1], [0, 0, 0]] { #expect(panel([1, 2, 3], constant).correlation == nil) }
    #expect(panel([], []).correlation == nil && panel([1], [2]).correlation == nil)
    #expect(panel([1, 2, 3, 4], [1, 4, 2, 5]).note == "r = 0.707 · 4 pairs")
    #expect(panel([1, 2, 3], [3, 2, 1]).note == "r = −1.000 · 3 pairs")
    #expect(panel([1, 2, 3], [1, 1, 1]).note == "r not defined · 3 pairs")
  }

  @Test("all of few points are drawn and a part of many, which is said")
  func number() throws {
    let few = try Drawing(Figure(panel([0, 1], [0, 1])).svg)
    #expect(points(few) == 2)
    let (x, y) = (scattered(499_500), scattered(499_500, seed: 3))
    let many = panel(x, y)
    let drawing = try Drawing(Figure(many).svg)
    let drawn = points(drawing)
    #expect(3000...ScatterPanel.maximumPoints ~= drawn)
    #expect(many.note.hasSuffix("499,500 pairs, \(grouped(drawn)) drawn"))
    #expect(drawing.bytes < 100_000 && drawing.elements.count < 80 && drawing.collisions == [])
  }

  @Test("both axes are the same, so that the line of equal values is the diagonal")
  func identity() throws {
    let drawing = try Drawing(Figure(panel([0, 1, 0.5], [0, 1, 0.25])).svg)
    let line = drawing.elements.first { $0.attributes["stroke-dasharray"] == "5 4" }!.attributes["d"]!
    let dots = drawing.elements.filter { $0.attributes["stroke-linecap"] == "round" }.map { $0.attributes["d"]! }
    #expect(dots.count == 3)
    func numbers(_ path: String) -> [Double] {
      path.replacing("-", with: " -").split { !"0123456789.-".contains($0) }.compactMap { Double($0) }
    }
    let (start, first, last) = (numbers(line), numbers(dots[0]), numbers(dots[1]))
    for point in [first, last] {
      let share = (point[0] - start[0]) / start[2]
      #expect(abs((point[1] - start[1]) / start[3] - share) < 0.002, "\(point) is not on \(start)")
    }
    // The axes cover 0 … 1 and 4 % at both ends.
    #expect(abs((first[0] - start[0]) / start[2] - 0.04 / 1.08) < 0.002)
  }

  @Test("no, one, equal, missing and huge values are drawn")
  func extremes() throws {
    let cases: [[Double]] = [
      [], [0], [1, 1, 1], [.nan, .nan], [1e308, -1e308, 1.7e308], [.leastNonzeroMagnitude, 0], [.infinity, 1, 2],
    ]
    for values in cases {
      let drawing = try Drawing(Figure(panel(values, values.reversed())).svg)
      #expect(drawing.elements.count < 100 && drawing.collisions == [])
    }
  }
}
