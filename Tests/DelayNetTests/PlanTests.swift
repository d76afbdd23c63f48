import DelayNet
import TestSupport
import Testing

@Suite struct PlanTests {
  @Test func reportCountsWhatIsThere() throws {
    let example = NetworkCase<Float>(nodes: 84, steps: 1, kind: .uniform)
    let report = example.map.plan.report
    #expect(report.nodes == 84 && report.edges == 84 * 84 && report.history == 255)
    #expect(report.shortestDelay == 0 && report.longestDelay == 254)
    #expect(abs(report.medianDelay - 127) < 6)
    #expect(report.classes.reduce(0) { $0 + $1.edges } == 84 * 84)
    for delay in 0...254 { #expect(report.classes.count { $0.delays.contains(delay) } == 1) }
    #expect(report.instructionSet == .best && report.operationsPerStep == 2 * 84 * 84)
    #expect([16, 32, 64, 128, 256].contains(report.block) && report.tiles >= 1)
    #expect(report.planBytes > 4 * 84 * 84 && report.runBytes.double > report.runBytes.float)
    #expect(report.pullbackBytes.float >= report.runBytes.float)
    let expected = report.expectedNanosecondsPerStep
    #expect(expected.float > 0 && expected.double > expected.float)
    #expect(report.description.contains("7056 edges") && report == example.map.plan.report)
  }

  @Test func emptyNetworkHasAPlan() throws {
    let plan = try Plan(Network<Float>(nodes: 0, sources: [], targets: [], weights: [], delays: []))
    #expect(plan.nodes == 0 && plan.edges == 0 && plan.longestDelay == 0)
    #expect(plan.report.edges == 0 && !plan.report.description.isEmpty)
  }

  @Test(arguments: [16, 32, 64, 128, 256], [0, 1, 5]) func anyBlockAndTileIsRight(block: Int, tile: Int) throws {
    let example = NetworkCase<Double>(nodes: 17, steps: 129, kind: .uniform)
    let plan = try Plan(example.map.network, block: block, tileSources: tile)
    let map = try DelayMap(example.map.network, plan: plan, noiseGain: 0.5)
    let reference = ReferenceMap(map).run(example.buffer.doubles, steps: 129)
    #expect(plan.report.block == block)
    #expect(try relativeError(map.run(example.buffer).values, reference) < 1e-13)
  }
}
