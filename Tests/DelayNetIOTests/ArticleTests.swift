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
      let buffer = try RandomKey(seed: 0).normal(BufferShape(nodes: 3, history: 2, steps: 5))

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

  @Test func carries() throws {
    try withTemporaryFolder { folder in
      let carryPath = "\(folder)/carry"
      let network = try Network<Double>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [3])
      let problem = try Problem(network, model: .montbrioPazoRoxin, timeStep: 0.1)
      let carry = try problem.simulate(steps: 10).carry

      try carry.write(to: carryPath)
      var later = try NetworkCarry<Double>(path: carryPath)

      #expect(later == carry)
      #expect(try problem.advance(&later, steps: 5).carry == problem.simulate(steps: 15).carry)
    }
  }

  @Test func longRuns() throws {
    try withTemporaryFolder { folder in
      let (output, checkpoint, isStopped) = ("\(folder)/x.npy", "\(folder)/x.carry", false)
      let network = try Network<Float>(nodes: 2, sources: [0], targets: [1], weights: [1], delays: [3])
      let problem = try Problem(network, model: .montbrioPazoRoxin, timeStep: 0.1)

      let killed: NetworkCarry<Float>? =
        NPYColumnWriter<Float>.isUnfinished(output) ? try NetworkCarry(path: checkpoint) : nil
      let run = try CheckpointedRun(
        problem, steps: 36_000, resuming: killed, output: output, checkpoint: checkpoint, discarding: 1000)
      let outcome = try run.run(progress: { _ in !isStopped })

      #expect(outcome.output == [2, 2, 35_000] && outcome.carry.step == 36_000)
    }
  }
}
