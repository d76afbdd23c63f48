import Foundation
import Testing

@testable import DelayNetCommand

@Suite("Pictures of sweeps")
struct SweepPanelTests {
  private let coupling = SweepPanel.Axis(name: "coupling", values: (0..<21).map { Double($0) / 20 })
  private let speed = SweepPanel.Axis(name: "speed", unit: "mm/ms", values: [1, 2, 3, 5, 10])
  private let sigma = SweepPanel.Axis(name: "sigma", values: [0.001, 0.01, 0.1])

  @Test("over two axes, the best point is marked in its cell and said with its values")
  func two() throws {
    var values = [Double](repeating: 1, count: 105)
    values[8 * 5 + 3] = 0.25
    values[20 * 5 + 0] = 2
    let panel = SweepPanel(title: "Loss", axes: [coupling, speed], values: values, quantity: "rmse", best: .lowest)
    #expect(panel.bestIndices == [8, 3] && panel.note == "best 0.25 at coupling 0.4, speed 5 mm/ms")
    let drawing = try Drawing(Figure(panel).svg)
    let grid = drawing.elements.first { $0.name == "g" && $0.attributes["transform"] != nil }!.attributes["transform"]!
      .split { !"0123456789.-".contains($0) }.compactMap { Double($0) }
    let ring = try #require(drawing.elements.first { $0.name == "circle" })
    // The second axis runs upwards: the fourth of five values is in the second row from above.
    #expect(abs(ring.number("cx")! - (grid[0] + 8.5 * grid[2])) < 0.01)
    #expect(abs(ring.number("cy")! - (grid[1] + 1.5 * grid[3])) < 0.01)
    for color in [panel.colors.color(level: 0), panel.colors.color(level: 64)] {
      let path = try #require(drawing.elements.first { $0.attributes["stroke"] == color && $0.name == "path" })
      #expect(path.attributes["d"] == (color == "#faf4de" ? "M8 1.5h1" : "M20 4.5h1"))
    }
    for text in ["coupling", "speed (mm/ms)", "10", "0.2"] { #expect(drawing.texts.contains(text), "\(text)") }
    #expect(drawing.collisions == [])
    #expect(
      SweepPanel(title: "", axes: [coupling, speed], values: values, quantity: "", best: .highest).bestIndices == [
        20, 0,
      ])
  }

  @Test("over one axis, a sweep is a curve, on a logarithmic axis where values are spaced so")
  func one() throws {
    let panel = SweepPanel(title: "r", axes: [sigma], values: [0.1, 0.5, 0.2], quantity: "r", best: .highest)
    #expect(panel.note == "best 0.5 at sigma 0.01")
    let drawing = try Drawing(Figure(panel).svg)
    let ring = try #require(drawing.elements.first { $0.name == "circle" })
    let tick = try #require(drawing.texts { $0.text == "0.01" && $0.attributes["text-anchor"] == "middle" }.first)
    #expect(abs(ring.number("cx")! - tick.number("x")!) < 0.01 && drawing.collisions == [])
    let left = try #require(drawing.texts { $0.text == "0.001" }.first?.number("x"))
    let right = try #require(
      drawing.texts { $0.text == "0.1" && $0.attributes["text-anchor"] == "middle" }.first?.number("x"))
    #expect(abs((left + right) / 2 - tick.number("x")!) < 0.01)
    let linear = try Drawing(
      Figure(SweepPanel(title: "r", axes: [coupling], values: coupling.values, quantity: "r")).svg)
    #expect(linear.texts.contains("0.2") && linear.count("circle") == 0)
  }

  @Test("over three axes, the slice of the first two goes through the best point, or the middle")
  func three() throws {
    let values = (0..<21 * 5 * 3).map { index -> Double in
      let (g, v, s) = (index / 15, index / 3 % 5, index % 3)
      let distance = (g - 4) * (g - 4) + (v - 1) * (v - 1)
      return Double(s == 2 ? distance : distance + 1000)
    }
    let panel = SweepPanel(title: "", axes: [coupling, speed, sigma], values: values, quantity: "", best: .lowest)
    #expect(panel.bestIndices == [4, 1, 2])
    #expect(panel.note == "best 0 at coupling 0.2, speed 2 mm/ms; slice at sigma 0.1")
    // The slice has the low values of the whole scale alone.
    let drawing = try Drawing(Figure(panel).svg)
    let highest = panel.colors.color(level: panel.colors.level(1256)!)
    #expect(!drawing.elements.contains { $0.name == "path" && $0.attributes["stroke"] == highest })
    let plain = SweepPanel(title: "", axes: [coupling, speed, sigma], values: values, quantity: "")
    #expect(plain.bestIndices == nil && plain.note == "slice at sigma 0.01")
    let through = try Drawing(Figure(plain).svg)
    #expect(through.elements.contains { $0.name == "path" && $0.attributes["stroke"] == highest })
    #expect(drawing.collisions == [] && through.collisions == [])
  }

  @Test("colours are logarithmic where positive values span more than one and a half decades")
  func logarithmic() {
    func scale(_ values: [Double]) -> ColorScale {
      SweepPanel(
        title: "", axes: [.init(name: "a", values: [1, 2]), .init(name: "b", values: [1, 2])], values: values,
        quantity: ""
      ).colors
    }
    #expect(scale([1, 10, 100, 1000]).level(10) == 21 && scale([1, 10, 100, 1000]).axis.isLogarithmic)
    #expect(!scale([0, 10, 100, 1000]).axis.isLogarithmic && !scale([1, 2, 3, 4]).axis.isLogarithmic)
    #expect(scale([-3, -1, 0, 1]).kind == .sequential && scale([-3, -1, 0, 1]).level(-3) == 0)
  }

  @Test("points that failed are hatched, and a sweep of nothing else says so")
  func missing() throws {
    var values = scattered(105)
    values[104] = .nan
    let drawing = try Drawing(Figure(SweepPanel(title: "", axes: [coupling, speed], values: values, quantity: "")).svg)
    let hatching = drawing.elements.filter { $0.attributes["fill"] == "url(#missing)" }
    #expect(hatching.count == 1 && hatching[0].attributes["d"]!.count { $0 == "M" } == 1)
    let none = SweepPanel(
      title: "", axes: [coupling, speed], values: values.map { _ in .nan }, quantity: "", best: .lowest)
    #expect(none.note == "no finite value" && none.bestIndices == nil)
    #expect(try Drawing(Figure(none).svg).collisions == [])
  }

  @Test("ticks leave room for their texts, and prefer short ones")
  func ticks() {
    func texts(_ values: [Double], _ room: Double) -> [String] {
      SweepPanel.ticks(values) { (room, $0 + 10) }.map(\.text)
    }
    #expect(texts([1, 2, 3, 5, 10], 40) == ["1", "2", "3", "5", "10"])
    #expect(texts((0...30).map { pow(10, -4 + Double($0) / 10) }, 25) == ["0.0001", "0.001", "0.01", "0.1"])
    #expect(texts((0...40).map { -6 + Double($0) / 10 }, 10) == ["−6", "−5", "−4", "−3", "−2"])
    #expect(texts([], 40) == [] && texts([7], 1) == ["7"])
    #expect(texts([1.00001, 1.00002], 100) == ["1.00001", "1.00002"])
  }

  @Test("many points, one, equal and extreme values are drawn")
  func extremes() throws {
    func axis(_ count: Int) -> SweepPanel.Axis {
      .init(name: "a long name of an axis & <more>", unit: "ms", values: (0..<count).map { Double($0) * 1e-7 + 1e5 })
    }
    let large = SweepPanel(
      title: "", axes: [axis(1000), axis(700)], values: scattered(700_000), quantity: "q", best: .highest)
    let drawing = try Drawing(Figure(large).svg)
    #expect(drawing.bytes < 500_000 && drawing.elements.count < 250 && drawing.collisions == [])
    for values in [[1], [.nan], [1e308], [0], [.leastNonzeroMagnitude]] as [[Double]] {
      for count in 1...3 {
        let axes = (0..<count).map { _ in axis(1) }
        let panel = SweepPanel(title: "", axes: axes, values: values, quantity: "q", best: .lowest)
        #expect(try Drawing(Figure(panel).svg).collisions == [])
      }
    }
    let ends = [-Double.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude, .infinity]
    let wide = SweepPanel(title: "", axes: [axis(2), axis(2)], values: ends, quantity: "q", best: .lowest)
    #expect(wide.bestIndices == [0, 0])
    #expect(try Drawing(Figure(wide).svg).collisions == [])
    let empty = SweepPanel(title: "", axes: [axis(0), axis(3)], values: [], quantity: "q", best: .lowest)
    #expect(try Drawing(Figure(empty).svg).collisions == [])
  }
}
