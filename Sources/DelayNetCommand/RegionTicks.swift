/// What stands beside an axis of regions: their labels where they are few, their groups, or numbers.
struct RegionTicks {
  /// Texts and their places, in regions from the axis's start.
  let ticks: [(place: Double, text: String)]
  /// Where one group ends and the next begins.
  let boundaries: [Int]
  /// Whether they are numbers of regions.
  let isNumbered: Bool
  /// Whether they do not fit side by side and stand upright below a horizontal axis.
  let isUpright: Bool

  /// The largest number of regions whose labels are written.
  static let maximumLabels = 40
  static let size = 10

  /// - Parameters:
  ///   - groups: one per region; neighbours of the same name are a group.
  ///   - cell: pixels per region. Texts have 11 pixels of their own.
  init(count: Int, labels: [String]?, groups: [String]?, cell: Double) {
    let needed = max(1, Int((11 / max(cell, 1e-3)).rounded(.up)))
    let groups = groups.flatMap { $0.count == count ? $0 : nil }
    var boundaries: [Int] = []
    if let groups { boundaries = groups.indices.dropFirst().filter { groups[$0] != groups[$0 - 1] } }
    // More than so many lines would hide what they divide.
    self.boundaries = boundaries.count < Self.maximumLabels ? boundaries : []
    if let labels, labels.count == count, count <= Self.maximumLabels {
      ticks = stride(from: 0, to: count, by: needed).map { (Double($0) + 0.5, labels[$0]) }
      (isNumbered, isUpright) = (false, true)
    } else if let groups, !self.boundaries.isEmpty {
      var ticks: [(Double, String)] = []
      for (first, end) in zip([0] + boundaries, boundaries + [count]) where end - first >= needed {
        ticks.append((Double(first + end) / 2, groups[first]))
      }
      self.ticks = ticks
      isNumbered = false
      isUpright = zip(ticks, ticks.dropFirst()).contains { left, right in
        let widths = SVG.textWidth(left.1, size: Self.size) + SVG.textWidth(right.1, size: Self.size)
        return (right.0 - left.0) * cell < widths / 2 + 6
      }
    } else {
      let width = max(24, SVG.textWidth(grouped(count), size: Self.size) + 8)
      let step =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]
        .first { Double($0) * cell >= width || count <= $0 } ?? max(count, 1)
      ticks = stride(from: 0, to: count, by: step).map { (Double($0) + 0.5, grouped($0)) }
      (isNumbered, isUpright) = (true, false)
    }
  }

  /// The longest text in pixels, no more than a limit.
  func width(atMost limit: Double) -> Double {
    min(ticks.map { SVG.textWidth($0.text, size: Self.size) }.max() ?? 0, limit)
  }
}
