import Testing

@testable import DelayNetCommand

@Suite("Pictures of spectra")
struct SpectrumPanelTests {
  private let frequencies = (0..<257).map { Double($0) / 2 }

  private func power(_ regions: Int) -> [Double] {
    (0..<regions).flatMap { region in frequencies.map { Double(region + 1) / ($0 * $0 + 1) } }
  }

  @Test("quantiles are between neighbours by their distance")
  func quantiles() {
    #expect(SpectrumPanel.quantile(0.5, of: [1, 2, 4]) == 2)
    #expect(SpectrumPanel.quantile(0.5, of: [1, 2, 4, 5]) == 3)
    #expect(SpectrumPanel.quantile(0.1, of: (0...10).map(Double.init)) == 1)
    #expect(SpectrumPanel.quantile(0.9, of: [3]) == 3 && SpectrumPanel.quantile(0.5, of: []).isNaN)
    #expect(SpectrumPanel.quantile(0.5, of: [1.7e308, 1.7e308]) == 1.7e308)
  }

  @Test("median, band and some regions are drawn on logarithmic axes without frequency 0")
  func drawn() throws {
    let panel = SpectrumPanel(
      title: "Spectra", frequencies: frequencies, power: power(84), labels: (0..<84).map { "R&\($0)" }, unit: "mV²/Hz")
    #expect(panel.note == "median and 10–90 % of 84 regions")
    #expect(panel.lines.map(\.region) == [0, 42, 83])
    let one = SpectrumPanel(title: "", frequencies: frequencies, power: power(1))
    #expect(one.note == "one region" && one.lines.isEmpty)
    let given = SpectrumPanel(title: "", frequencies: frequencies, power: power(2), lines: [1, 7, -1])
    #expect(given.lines.map(\.name) == ["region 1"])
    let drawing = try Drawing(Figure(panel).svg)
    for text in ["median", "R&0", "R&42", "R&83", "frequency (Hz)", "power (mV²/Hz)", "1", "10", "100"] {
      #expect(drawing.texts.contains(text), "\(text)")
    }
    let band = drawing.elements.filter { $0.attributes["fill-opacity"] == "0.2" }
    #expect(band.count == 1 && band[0].attributes["d"]!.hasSuffix("z"))
    let lines = drawing.elements.filter { $0.attributes["stroke-linejoin"] == "round" }
    #expect(lines.count == 4 && lines.last?.attributes["stroke-width"] == "2.2")
    #expect(drawing.collisions == [] && drawing.bytes < 30_000)
  }

  @Test("a region's line is where its power is")
  func place() throws {
    // A power of 1/f³ over two decades falls by six: from corner to corner, but for 1 % and 3 % at the ends.
    let frequencies = [1.0, 10, 100]
    let panel = SpectrumPanel(title: "", frequencies: frequencies, power: [1, 1e-3, 1e-6])
    let drawing = try Drawing(Figure(panel).svg)
    let median = try #require(drawing.elements.last { $0.attributes["stroke-width"] == "2.2" })
    let numbers = median.attributes["d"]!.replacing("l", with: " ").dropFirst().split(separator: " ")
      .compactMap { Double($0) }
    #expect(numbers.count == 6)
    let tick = try #require(drawing.texts { $0.text == "1" && $0.attributes["text-anchor"] == "middle" }.first)
    #expect(abs(tick.number("x")! - numbers[0]) < 0.06)
    #expect(abs(numbers[2] - numbers[4]) < 0.11 && abs(numbers[3] - numbers[5]) < 0.11)
  }

  @Test("no region, no positive power and extremes are drawn")
  func extremes() throws {
    let many = SpectrumPanel(
      title: "", frequencies: (0..<50_000).map(Double.init), power: (0..<50_000).map { 1 / Double($0 + 1) })
    #expect(try Drawing(Figure(many).svg).bytes < 60_000)
    for power in [
      [], [0, 0, 0], [.nan, .nan, .nan], [1e308, 1, .leastNonzeroMagnitude], [1, 0, 2, -1, .infinity, 3], [1, .nan, 1],
    ]
      as [[Double]]
    {
      let panel = SpectrumPanel(title: "", frequencies: [0, 1, 2], power: power, labels: ["one"])
      #expect(try Drawing(Figure(panel).svg).collisions == [])
    }
    let none = SpectrumPanel(title: "", frequencies: [], power: [])
    #expect(none.note == "no positive power")
    #expect(try Drawing(Figure(none).svg).collisions == [])
  }
}
