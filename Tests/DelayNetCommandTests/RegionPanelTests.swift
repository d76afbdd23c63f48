import Testing

@testable import DelayNetCommand

@Suite("Pictures of fitted parameters")
struct RegionPanelTests {
  /// Points of the path of dots.
  private func dots(_ drawing: Drawing) -> Int {
    drawing.elements.first { $0.attributes["stroke-linecap"] == "round" }?.attributes["d"]?.count { $0 == "M" } ?? 0
  }

  @Test("regions have dots in their order, stems from their start, and labels where they are few")
  func few() throws {
    let labels = (0..<34).map { "L.REGION\($0) & <co>" }
    let panel = RegionPanel(
      title: "w", values: scattered(34), start: [Double](repeating: 0.3, count: 34), name: "w", labels: labels)
    let drawing = try Drawing(Figure(panel).svg)
    #expect(dots(drawing) == 34)
    #expect(drawing.texts.count { $0.hasPrefix("L.REG") && $0.hasSuffix("& <co>") } == 34)
    for text in ["fitted", "start", "w"] { #expect(drawing.texts.contains(text)) }
    #expect(drawing.collisions == [])
    // One path of stems.
    let stems = try #require(drawing.elements.first { $0.attributes["stroke-opacity"] == "0.45" })
    #expect(stems.attributes["d"]!.count { $0 == "M" } == 34)
  }

  @Test("many regions have numbers or groups, and very many are thinned")
  func many() throws {
    let numbered = try Drawing(Figure(RegionPanel(title: "w", values: scattered(84), name: "w")).svg)
    #expect(dots(numbered) == 84 && numbered.texts.contains("region") && numbered.texts.contains("80"))
    #expect(!numbered.texts.contains("start") && numbered.collisions == [])
    let groups = (0..<84).map { $0 < 42 ? "left" : "right" }
    let grouped = try Drawing(Figure(RegionPanel(title: "w", values: scattered(84), name: "w", groups: groups)).svg)
    #expect(grouped.texts.contains("left") && !grouped.texts.contains("region") && grouped.collisions == [])
    let large = try Drawing(
      Figure(RegionPanel(title: "w", values: scattered(50_000), start: scattered(50_000), name: "w")).svg)
    #expect(1000...2000 ~= dots(large) && large.bytes < 120_000 && large.collisions == [])
  }

  @Test("a region's dot is above its place on the axis, and at its height")
  func places() throws {
    let drawing = try Drawing(
      Figure(RegionPanel(title: "w", values: [0, 1, 0.5, 1], name: "w", labels: ["a", "b", "c", "d"])).svg)
    let path = drawing.elements.first { $0.attributes["stroke-linecap"] == "round" }!.attributes["d"]!
    let points = path.split(separator: "h0").map { $0.dropFirst().split(separator: " ").compactMap { Double($0) } }
    #expect(points.count == 4)
    for (point, label) in zip(points, ["a", "b", "c", "d"]) {
      // The text is turned about a place half its height to the right.
      let tick = try #require(drawing.texts { $0.text == label }.first?.number("x"))
      #expect(abs(point[0] + 3.5 - tick) < 0.06)
    }
    #expect(points[1][1] == points[3][1] && abs((points[0][1] + points[1][1]) / 2 - points[2][1]) < 0.11)
    #expect(points[0][1] > points[1][1])
  }

  @Test("no, one, equal, missing and extreme values are drawn, and a start of another length is not")
  func extremes() throws {
    let cases: [[Double]] = [
      [], [1], [.nan], [2, 2], [.nan, 1], [1e308, -1e308], [.leastNonzeroMagnitude, 0], [.infinity, 1, -.infinity],
    ]
    for values in cases {
      for start in [nil, values, [1, 2, 3, 4, 5]] {
        let drawing = try Drawing(Figure(RegionPanel(title: "w", values: values, start: start, name: "w")).svg)
        #expect(drawing.elements.count < 80 && drawing.collisions == [])
      }
    }
  }

  @Test("shared parameters are lines of text with start and fitted value")
  func shared() throws {
    let panel = SharedParametersPanel(
      title: "Shared parameters",
      parameters: [
        .init(name: "coupling", start: 0.15, fitted: 0.265875),
        .init(name: "speed", start: 3, fitted: 5.2, unit: "mm/ms"),
        .init(name: "a <b> & c", start: nil, fitted: .nan),
      ])
    let drawing = try Drawing(Figure(panel).svg)
    for text in ["coupling", "0.15", "→", "0.26587", "speed", "3", "5.2 mm/ms", "a <b> & c", "not a number"] {
      #expect(drawing.texts.contains(text), "\(text)")
    }
    #expect(drawing.texts.count { $0 == "→" } == 2 && drawing.collisions == [])
    let many = SharedParametersPanel(
      title: "", parameters: (0..<40).map { .init(name: "p\($0)", start: -1e-9, fitted: 1e308) })
    let long = try Drawing(Figure(many).svg)
    #expect(long.texts.contains("and 24 more") && long.texts.contains("p15") && !long.texts.contains("p16"))
    #expect(long.collisions == [])
  }
}
