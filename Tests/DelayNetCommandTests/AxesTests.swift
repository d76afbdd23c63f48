import Testing

@testable import DelayNetCommand

@Suite("Axes with ticks and marks")
struct AxesTests {
  private func axes(_ x: PlotAxis, _ y: PlotAxis, top: Double = 0) -> Axes {
    Axes(x: x, y: y, xName: "x (ms)", yName: "y", in: Frame(left: 0, top: top, width: 400, height: 300))
  }

  @Test("points are between the corners of the plot")
  func points() {
    let axes = axes(PlotAxis(from: 0, to: 2), PlotAxis(from: 1, to: 100, isLogarithmic: true))
    let plot = axes.plot
    #expect(plot.right == 392 && plot.top == 4 && plot.bottom == 260)
    #expect(axes.point(0, 1) == SIMD2(plot.left, 260))
    #expect(axes.point(2, 100) == SIMD2(392, 4))
    let middle = axes.point(1, 10)!
    #expect(abs(middle.x - (plot.left + 392) / 2) < 1e-9 && abs(middle.y - 132) < 1e-9)
    #expect(axes.point(1, 0) == nil && axes.point(.nan, 10) == nil)
  }

  @Test("a line has gaps where values are missing, and dots where they stand alone")
  func gaps() {
    let axes = axes(PlotAxis(from: 0, to: 6), PlotAxis(from: 0, to: 1))
    let elements = axes.line([0, 1, 2, 3, 4, 5, 6], [0, 1, .nan, 0.5, .nan, 1, 0], color: "red")
    #expect(elements.count == 2)
    #expect(elements[0].contains(#"stroke="red""#) && elements[0].split(separator: "M").count == 3)
    #expect(elements[1].contains("h0"))
    #expect(axes.line([0], [.nan], color: "red") == [] && axes.line([], [], color: "red") == [])
  }

  @Test("a long series keeps its extremes")
  func decimation() {
    var values = (0..<100_000).map { Double($0 % 100) }
    (values[31_234], values[77_777]) = (1e6, -1e6)
    let (x, y) = Axes.decimated(values.indices.map(Double.init), values)
    #expect(x.count <= 1000 && x == x.sorted())
    #expect(y.max() == 1e6 && x[y.firstIndex(of: 1e6)!] == 31_234)
    #expect(y.min() == -1e6 && x[y.firstIndex(of: -1e6)!] == 77_777)
    #expect(Axes.decimated([1, 2], [3, 4]).y == [3, 4])
    #expect(Axes.decimated([Double](repeating: 0, count: 5000), [Double](repeating: .nan, count: 5000)).y.count == 500)
  }

  @Test("ticks do not overlap, however long")
  func ticks() throws {
    for (low, high) in [(0.0, 1.0), (0, 123_456), (1.000001, 1.000002), (-1e-7, 1e-7), (1e250, 2e250)] {
      for isLogarithmic in [false, true] where low > 0 || !isLogarithmic {
        let axis = PlotAxis(from: low, to: high, isLogarithmic: isLogarithmic)
        let elements = axes(axis, axis, top: 5).elements.joined()
        let drawing = try Drawing(#"<svg width="500" height="310">\#(elements)</svg>"#)
        #expect(drawing.collisions == [], "\(low) \(high)")
        #expect(drawing.texts.contains("x (ms)") && drawing.texts.contains("y") && drawing.texts.count >= 4)
      }
    }
  }

  @Test("a legend holds what fits")
  func legend() throws {
    let items = (0..<9).map { (text: "curve \($0)", color: "red", dash: "3 3") }
    let elements = Axes.legend(items, in: Frame(left: 5, top: 5, width: 200, height: 18))
    #expect(elements.count == 4 && elements[0].contains("stroke-dasharray"))
    #expect(Axes.legend([], in: Frame(left: 5, top: 5, width: 200, height: 18)) == [])
  }
}
