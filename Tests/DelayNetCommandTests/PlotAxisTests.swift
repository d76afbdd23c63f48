import Testing

@testable import DelayNetCommand

@Suite("Axes of pictures: scale and ticks")
struct PlotAxisTests {
  @Test("values have their places")
  func places() {
    let linear = PlotAxis(from: -1, to: 3)
    #expect([-1, 0, 1, 3].map(linear.place) == [0, 0.25, 0.5, 1])
    #expect(linear.place(-2) == 0 && linear.place(9) == 1)
    #expect(linear.place(.nan) == nil && linear.place(.infinity) == nil)
    let logarithmic = PlotAxis(from: 0.01, to: 100, isLogarithmic: true)
    #expect([0.01, 1, 100].map(logarithmic.place) == [0, 0.5, 1])
    #expect(logarithmic.place(0) == nil && logarithmic.place(-1) == nil)
  }

  @Test("an axis is logarithmic where positive values span more than one and a half decades")
  func choice() {
    #expect(!PlotAxis(covering: [1, 30], isLogarithmic: nil).isLogarithmic)
    #expect(PlotAxis(covering: [1, 33], isLogarithmic: nil).isLogarithmic)
    #expect(!PlotAxis(covering: [0, 33], isLogarithmic: nil).isLogarithmic)
    #expect(!PlotAxis(covering: [-1, 33], isLogarithmic: nil).isLogarithmic)
    #expect(!PlotAxis(covering: [], isLogarithmic: nil).isLogarithmic)
  }

  @Test("axes cover the finite values")
  func covering() {
    let axis = PlotAxis(covering: [.nan, 2, .infinity, -2], padding: 0.25)
    #expect(axis.lowest == -3 && axis.highest == 3)
    let positive = PlotAxis(covering: [-3, 0, 0.1, 1000], isLogarithmic: true)
    #expect(positive.lowest == 0.1 && positive.highest == 1000)
    let constant = PlotAxis(covering: [5, 5])
    #expect(constant.lowest == 2.5 && constant.highest == 7.5)
  }

  @Test("ticks are round and have the digits that tell them apart")
  func ticks() {
    func texts(_ low: Double, _ high: Double, _ count: Int, log: Bool = false) -> [String] {
      PlotAxis(from: low, to: high, isLogarithmic: log).ticks(atMost: count).map(\.text)
    }
    #expect(texts(0, 1, 6) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(texts(0.231, 0.309, 6) == ["0.24", "0.26", "0.28", "0.30"])
    #expect(texts(0, 300, 7) == ["0", "50", "100", "150", "200", "250", "300"])
    #expect(texts(-1, 1, 5) == ["−1.0", "−0.5", "0", "0.5", "1.0"])
    #expect(texts(0, 22_500, 5) == ["0", "5,000", "10,000", "15,000", "20,000"])
    #expect(texts(-3e-5, 3e-5, 7) == ["−3e−5", "−2e−5", "−1e−5", "0", "1e−5", "2e−5", "3e−5"])
    #expect(texts(1e7, 1.3e7, 4) == ["1e7", "1.1e7", "1.2e7", "1.3e7"])
    #expect(texts(0.01, 100, 6, log: true) == ["0.01", "0.1", "1", "10", "100"])
    #expect(texts(0.9, 60, 10, log: true) == ["1", "2", "5", "10", "20", "50"])
    #expect(texts(1e-9, 1, 4, log: true) == ["1e−9", "1e−6", "0.001", "1"])
  }

  @Test(
    "at the ends of what numbers can be, places are numbers and ticks few",
    arguments: [
      (-Double.greatestFiniteMagnitude, Double.greatestFiniteMagnitude), (0, .greatestFiniteMagnitude),
      (.greatestFiniteMagnitude, .greatestFiniteMagnitude), (0, .leastNonzeroMagnitude),
      (.leastNonzeroMagnitude, .leastNonzeroMagnitude), (-.leastNormalMagnitude, .leastNormalMagnitude), (0, 0),
      (1, 1.0.nextUp), (1e15, 1e15 + 1), (-7, -7),
    ])
  func extremes(low: Double, high: Double) throws {
    for isLogarithmic in [false, true] where low > 0 || !isLogarithmic {
      let axis = PlotAxis(covering: [low, high], isLogarithmic: isLogarithmic, padding: 0.05)
      #expect(axis.lowest < axis.highest)
      let (a, b) = (try #require(axis.place(low)), try #require(axis.place(high)))
      #expect(0 <= a && a <= b && b <= 1, "\(a) \(b)")
      for count in [1, 2, 6, 20] {
        let ticks = axis.ticks(atMost: count)
        #expect(1...max(2 * count, 3) ~= ticks.count, "\(ticks)")
        #expect(ticks.allSatisfy { axis.place($0.value) != nil })
        #expect(!ticks.contains { $0.text.contains("nan") || $0.text.contains("inf") })
      }
    }
  }
}
