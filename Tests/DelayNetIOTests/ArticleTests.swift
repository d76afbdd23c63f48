import DelayNet
import DelayNetIO
import TestSupport
import Testing

/// The examples of the documentation, as they stand there.
@Suite struct ArticleTests {
  @Test func everyExampleIsRun() throws {
    #expect(try examplesNotRun(of: "DelayNetIO", in: #filePath) == [])
  }

  @Test func arrays() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/buffer.npy"
      let buffer = RandomKey(seed: 0).normal(BufferShape(nodes: 3, history: 2, steps: 5))

      try NPYArray(buffer.values, shape: [buffer.nodes, buffer.columns]).write(to: path)
      let again: [Float] = try NPYArray(path: path).values(as: Float.self, shape: [buffer.nodes, buffer.columns])

      #expect(again == buffer.values)
    }
  }

  @Test func connectomes() throws {
    try withTemporaryFolder { path in
      for file in Fixture.connectome { try save(file.bytes, to: "\(path)/\(file.path)") }

      let connectome = try Connectome(path: path)
      let edges = connectome.edges()
      let network = try Network(
        nodes: connectome.regions, sources: edges.sources, targets: edges.targets, weights: edges.weights,
        delays: edges.delays(speed: 3, timeStep: 0.5), timeStep: 0.5)

      #expect(network.edges == edges.count)
    }
  }
}
