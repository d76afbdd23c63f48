import DelayNet
import Testing

@Suite struct NetworkTests {
  @Test func denseEdgesGoFromColumnToRow() throws {
    let network = try Network<Float>(
      weights: Matrix(rows: 2, columns: 2, values: [1, 2, 3, 4]),
      delays: Matrix(rows: 2, columns: 2, values: [5, 6, 7, 8]))
    #expect(network.nodes == 2 && network.edges == 4 && network.history == 9 && network.topology == .dense)
    let edge = network.edge(2)
    #expect(edge.target == 1 && edge.source == 0 && edge.weight == 3 && edge.delay == 7)
    #expect(try network.matrix(network.weights).values == [1, 2, 3, 4])
  }

  @Test func listedEdges() throws {
    let network = try Network<Double>(
      nodes: 3, sources: [0, 2, 0], targets: [1, 1, 1], weights: [1, 2, 3], delays: [0, 4, 2], history: 4)
    #expect(network.history == 4 && network.edge(1).source == 2)
    #expect(try network.matrix(network.weights).values == [0, 0, 0, 4, 0, 2, 0, 0, 0])
    #expect(try network.with(weights: [5, 6, 7]).weights == [5, 6, 7])
    #expect(throws: DelayNetError.shapeMismatch(name: "weights", expected: [3], found: [1])) {
      try network.with(weights: [5])
    }
  }

  @Test func noNodesAndNoEdges() throws {
    #expect(try Network<Float>(nodes: 0, sources: [], targets: [], weights: [], delays: []).history == 0)
    #expect(
      try Network<Float>(
        weights: Matrix(rows: 0, columns: 0, repeating: 0), delays: Matrix(rows: 0, columns: 0, repeating: 0)
      ).edges == 0)
  }

  @Test func lengthsBecomeDelaysRoundedHalfToEven() throws {
    let network = try Network<Float>(
      weights: Matrix(rows: 2, columns: 3, values: [1, 1, 1, 0, 1, 1]).square(3),
      lengths: Matrix(rows: 2, columns: 3, values: [1.5, 4.5, 7.4, 99, 0, 10.6]).square(3),
      conductionSpeed: 3, timeStep: 1)
    // 0.5 → 0, 1.5 → 2, 2.47 → 2; weight 0 is no edge; 0 → 0; 3.53 → 4.
    #expect(network.delays == [0, 2, 2, 0, 4] && network.edges == 5 && network.timeStep == 1)
    #expect(network.edge(4).target == 1 && network.edge(4).source == 2)
    let finer = try Network<Float>(
      weights: Matrix(rows: 1, columns: 1, repeating: 1), lengths: Matrix(rows: 1, columns: 1, repeating: 30),
      conductionSpeed: 6, timeStep: 0.1)
    #expect(finer.delays == [50] && finer.history == 51)
  }
}

extension Matrix where Element: ExpressibleByIntegerLiteral {
  /// The rows that are there, and zeros below.
  fileprivate func square(_ size: Int) -> Matrix {
    try! Matrix(rows: size, columns: size) { i, j in i < rows ? self[i, j] : 0 }
  }
}
