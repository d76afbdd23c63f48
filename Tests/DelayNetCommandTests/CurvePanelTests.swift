import Foundation
import Testing

@testable import DelayNetCommand

@Suite("Pictures of curves")
struct CurvePanelTests {
  private func panel(_ y: [Double], best: CurvePanel.Best? = .lowest) -> CurvePanel {
    CurvePanel(title: "Loss", curves: [.init(y)], xName: "iteration", yName: "rmse", best: best)
  }

  @Test("the best value of the first curve is marked and said, the first of equals")
  func best() throws {
    #expect(panel([3, 1, .nan, 1, 2]).note == "best 1 at iteration 1")
    #expect(panel([3, 1, 4, 4], best: .highest).note == "best 4 at iteration 2")
    #expect(panel([3, -.infinity, 2]).note == "best 2 at iteration 2")
    #expect(panel([3, 1], best: nil).note == "" && panel([.nan]).note == "no finite value")
    let drawing = try Drawing(Figure(panel([3, 1, 2])).svg)
    let rings = drawing.elements.filter { $0.name == "circle" }
    #expect(rings.count == 2 && rings[0].number("cx") == rings[1].number("cx"))
    // The middle of three iterations, and 5 % of the range above the axis.
    let grid = drawing.elements.filter { $0.attributes["stroke"] == SVG.grid }.map { $0.attributes["d"]! }
    let middle = drawing.texts { $0.text == "1.0" || $0.text == "1" }.first { $0.attributes["text-anchor"] == "middle" }
    #expect(abs(rings[0].number("cx")! - (try #require(middle)).number("x")!) < 0.01, "\(grid)")
    #expect(try Drawing(Figure(panel([3, 1], best: nil)).svg).count("circle") == 0)
  }

  @Test("the axis of values is logarithmic where they span more than one and a half decades")
  func logarithmic() throws {
    let decades = try Drawing(Figure(panel([1000, 10, 0.1, 0.01])).svg)
    let ticks = decades.texts { $0.attributes["text-anchor"] == "end" }.map(\.text)
    #expect(ticks == ["0.01", "0.1", "1", "10", "100", "1000"])
    let linear = try Drawing(Figure(panel([1000, 10, 0, 0.01])).svg)
    #expect(linear.texts.contains("0") && !linear.texts.contains("0.01"))
  }

  @Test("curves have a legend where there are several")
  func legend() throws {
    let panel = CurvePanel(
      title: "Loss", curves: [.init(name: "training", [3, 2, 1]), .init(name: "held out", [3, 2.5, 2])],
      xName: "iteration", yName: "loss", best: .lowest)
    let drawing = try Drawing(Figure(panel).svg)
    #expect(drawing.texts.contains("training") && drawing.texts.contains("held out"))
    #expect(drawing.elements.contains { $0.attributes["stroke-dasharray"] == Axes.dashes[1] })
    #expect(try !Drawing(Figure(self.panel([1, 2])).svg).texts.contains("training"))
    #expect(drawing.collisions == [])
  }

  @Test("no, one, equal, missing and extreme values are drawn, and very many in few bytes")
  func extremes() throws {
    let cases: [[Double]] = [
      [], [1], [.nan], [2, 2, 2], [.nan, 1, .nan], [1e308, -1e308], [.greatestFiniteMagnitude, 1e-308],
      [.leastNonzeroMagnitude, .leastNonzeroMagnitude],
      [0, 0], [.infinity, 1, -.infinity], (0..<100_000).map { sin(Double($0)) },
    ]
    for values in cases {
      let drawing = try Drawing(Figure(panel(values)).svg)
      #expect(drawing.elements.count < 100 && drawing.bytes < 30_000 && drawing.collisions == [])
    }
    let none = CurvePanel(title: "none", curves: [], xName: "x", yName: "y", best: .lowest)
    #expect(try Drawing(Figure(none).svg).texts.contains("no finite value"))
  }
}
