import Testing

@testable import DelayNetCommand

@Suite("Figures of several plots")
struct FigureTests {
  private struct Box: Panel {
    var title: String
    var note = ""
    var size = 100.0

    func height(width: Double) -> Double { size }

    func elements(in frame: Frame) -> [String] {
      [
        #"<rect class="\#(SVG.escaped(title))" x="\#(SVG.number(frame.left))" y="\#(SVG.number(frame.top))" "#
          + #"width="\#(SVG.number(frame.width))" height="\#(SVG.number(frame.height))"/>"#
      ]
    }
  }

  private func frames(_ drawing: Drawing) -> [String: Frame] {
    var frames: [String: Frame] = [:]
    for element in drawing.elements {
      guard let name = element.attributes["class"] else { continue }
      frames[name] = Frame(
        left: element.number("x")!, top: element.number("y")!, width: element.number("width")!,
        height: element.number("height")!)
    }
    return frames
  }

  @Test("plots are in rows, as wide as their shares and as high as the highest of the row")
  func grid() throws {
    let figure = Figure(
      title: "A & <B>", subtitle: "s",
      cells: [
        [.init(panel: Box(title: "a", size: 50)), .init(panel: Box(title: "b", note: "note", size: 120), share: 2)],
        [], [.init(panel: Box(title: "c"))],
      ])
    let drawing = try Drawing(figure.svg)
    let frames = frames(drawing)
    #expect(frames["a"] == Frame(left: 34, top: 123, width: 286, height: 120))
    #expect(frames["b"] == Frame(left: 354, top: 123, width: 572, height: 120))
    #expect(frames["c"] == Frame(left: 34, top: 295, width: 892, height: 100))
    #expect(drawing.elements[0].attributes["height"] == "417" && drawing.elements[0].attributes["width"] == "960")
    #expect(drawing.texts == ["A & <B>", "s", "a", "b", "note", "c"])
    #expect(drawing.collisions == [])
  }

  @Test("long titles and notes stay in their plots")
  func long() throws {
    let text = (0..<60).map { "word\($0)" }.joined(separator: " ")
    let figure = Figure(
      title: text, subtitle: text, rows: [[Box(title: text, note: text), Box(title: text, note: text)]])
    let drawing = try Drawing(figure.svg)
    #expect(drawing.texts.count == 8 && drawing.texts.allSatisfy { $0.hasSuffix("…") || $0.hasPrefix("word0 ") })
    #expect(drawing.collisions == [])
  }

  @Test("a figure without plots is a title")
  func empty() throws {
    let drawing = try Drawing(Figure(title: "t", subtitle: "", rows: []).svg)
    #expect(drawing.texts.filter { !$0.isEmpty } == ["t"])
  }

  @Test("the figure of a fit is small, and no texts overlap")
  func fit() throws {
    let size = 84
    let (observed, target) = (correlations(size), correlations(size, seed: 2))
    let groups = (0..<size).map { $0 < size / 2 ? "left" : "right" }
    let figure = Figure(
      title: "brain · 84 regions · rmse 0.3 → 0.23", subtitle: "adam",
      rows: [
        [
          MatrixPanel(
            title: "Functional connectivity",
            matrices: [.init(name: "observed", observed), .init(name: "target", target)], quantity: "correlation",
            hidesDiagonal: true, axis: .regions(groups: groups))
        ],
        [
          ScatterPanel(
            title: "Observed against target", x: ScatterPanel.upperTriangle(target),
            y: ScatterPanel.upperTriangle(observed), xName: "target", yName: "observed"),
          CurvePanel(
            title: "Loss", curves: [.init((0..<100).map { 1 / Double($0 + 1) })], xName: "iteration", yName: "rmse",
            best: .lowest),
        ],
        [RegionPanel(title: "w", values: scattered(size), start: scattered(size, seed: 5), name: "w", groups: groups)],
        [SharedParametersPanel(title: "Shared", parameters: [.init(name: "coupling", start: 0.1, fitted: 0.2)])],
      ])
    let drawing = try Drawing(figure.svg)
    #expect(drawing.bytes < 250_000 && drawing.elements.count < 400)
    #expect(drawing.collisions == [])
  }
}
