import Testing

@testable import DelayNetCommand

@Suite("Ticks of regions")
struct RegionTicksTests {
  @Test("few regions have their labels, as many as there is room for")
  func labels() {
    let labels = (0..<5).map { "L\($0)" }
    let all = RegionTicks(count: 5, labels: labels, groups: nil, cell: 20)
    #expect(all.ticks.map(\.text) == labels && all.ticks.map(\.place) == [0.5, 1.5, 2.5, 3.5, 4.5])
    #expect(all.isUpright && !all.isNumbered && all.boundaries == [])
    let half = RegionTicks(count: 5, labels: labels, groups: nil, cell: 6)
    #expect(half.ticks.map(\.text) == ["L0", "L2", "L4"])
  }

  @Test("many regions have the names of their groups, or numbers")
  func many() {
    let labels = (0..<84).map { "L\($0)" }
    let groups = (0..<84).map { $0 < 42 ? "left" : "right" }
    let grouped = RegionTicks(count: 84, labels: labels, groups: groups, cell: 4)
    #expect(grouped.ticks.map(\.text) == ["left", "right"] && grouped.ticks.map(\.place) == [21, 63])
    #expect(grouped.boundaries == [42] && !grouped.isUpright && !grouped.isNumbered)
    #expect(RegionTicks(count: 84, labels: nil, groups: groups, cell: 0.4).isUpright)
    let numbered = RegionTicks(count: 84, labels: labels, groups: nil, cell: 4)
    #expect(numbered.ticks.map(\.text) == ["0", "10", "20", "30", "40", "50", "60", "70", "80"])
    #expect(numbered.isNumbered && !numbered.isUpright)
  }

  @Test("lists of another length are not used, and no region has no tick")
  func lengths() {
    let ticks = RegionTicks(count: 3, labels: ["a"], groups: ["b", "c"], cell: 50)
    #expect(ticks.ticks.map(\.text) == ["0", "1", "2"] && ticks.boundaries == [])
    #expect(RegionTicks(count: 0, labels: [], groups: nil, cell: 1).ticks.isEmpty)
    #expect(RegionTicks(count: 10_000_000, labels: nil, groups: nil, cell: 1e-5).ticks.count < 100)
  }
}
