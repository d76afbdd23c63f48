import DelayNet

/// The first state of some nodes while a long run goes by: means over as many columns as keep the picture small.
struct Picture {
  private let nodes: [Int]
  private let group: Int
  private let columnTime: Double
  private var sums: [Double]
  private var counted = 0
  private var traces: [[Double]]

  init(nodes: [Int], columns: Int, timeStep: Double, stepsPerColumn: Int) {
    self.nodes = nodes
    group = max(1, columns / 8192)
    columnTime = timeStep * Double(stepsPerColumn)
    sums = nodes.map { _ in 0 }
    traces = nodes.map { _ in [] }
  }

  mutating func add<Scalar>(_ series: StateArray<Scalar>) {
    guard series.variables > 0 else { return }
    let rows = nodes.map { series.series(0, node: $0) }
    for column in 0..<series.columns {
      for row in rows.indices { sums[row] += Double(rows[row][column]) / Double(group) }
      counted += 1
      if counted == group {
        for row in rows.indices { traces[row].append(sums[row]) }
        sums = nodes.map { _ in 0 }
        counted = 0
      }
    }
  }

  func svg(_ title: String, _ subtitle: String, _ labels: [String]?) -> String {
    SeriesPlot(
      title: title,
      subtitle: group > 1 ? "\(subtitle) · means over \(rounded(columnTime * Double(group))) ms" : subtitle,
      traces: zip(nodes, traces).map { .init(label: labels?[$0] ?? "\($0)", values: $1) },
      timeStep: columnTime * Double(group)
    ).svg
  }
}
