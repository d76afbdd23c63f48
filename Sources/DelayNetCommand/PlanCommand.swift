import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// `delaynet plan`: what the plan of a network is made of.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Prints how a network is sorted for the kernels, and what runs with it cost.",
    discussion: """
      EXAMPLES
        delaynet plan --weights W.npy --delays D.npy
        delaynet plan --connectome connectivity_998.zip --speed 4 --time-step 0.5 --json plan.json
        delaynet plan --synthetic 200 --isa base
        delaynet plan --synthetic 84 --model wong_wang
      """)

  @OptionGroup(title: "Network")
  var network: NetworkOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Add the arithmetic of a model's Heun step, timed here, to what a step is expected to take; a name, or a file with a model.",
      valueName: "name"))
  var model: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Also write the report to a file, as one JSON object.", valueName: "file"))
  var json: String?

  func run() throws {
    try CommandFiles(
      inputs: network.inputFiles + NodeModel.inputFile(model), outputs: CommandFiles.named(["--json": json])
    ).check()
    let model = try model.map(NodeModel.required)
    let loaded = try network.load(as: Double.self)
    let plan = try loaded.naming { try Plan(loaded.network, instructionSet: network.isa.instructionSet) }
    let report = plan.report
    var expected = (float: report.expectedNanosecondsPerStep.float, double: report.expectedNanosecondsPerStep.double)
    if let model {
      expected.float += try ownNanoseconds(of: model, nodes: report.nodes, as: Float.self)
      expected.double += try ownNanoseconds(of: model, nodes: report.nodes, as: Double.self)
    }
    if let json { try writeJSON(PlanObject(report, expected), to: json) }
    print(report)
    if let model {
      print(
        "a Heun step of \(model.name) \(rounded(expected.float)) ns (float, one thread) or "
          + "\(rounded(expected.double)) (double)")
    }
    if let step = loaded.network.timeStep {
      let (shortest, longest) = (Double(report.shortestDelay) * step, Double(report.longestDelay) * step)
      print("a step is \(rounded(step)) ms: delays \(rounded(shortest)) … \(rounded(longest)) ms")
    }
  }
}

/// What a step of nodes without edges takes, one thread, in ns: the least of some short runs.
private func ownNanoseconds<Scalar: DelayNetScalar>(
  of model: NodeModel, nodes: Int, as: Scalar.Type
) throws -> Double {
  let alone = try Network<Scalar>(nodes: nodes, sources: [], targets: [], weights: [], delays: [])
  // So small a step that no model leaves the finite numbers.
  let problem = try Problem(alone, model: model, timeStep: 1e-3)
  let steps = 200
  var least = Duration.seconds(3600)
  for _ in 0..<10 {
    least = min(least, try ContinuousClock().measure { _ = try problem.simulate(steps: steps, threads: 1) })
  }
  return least / .nanoseconds(1) / Double(steps)
}

/// The plan report as it is written to a file.
private struct PlanObject: Encodable {
  struct DelayClass: Encodable {
    let delayMin: Int
    let delayMax: Int
    let edges: Int

    enum CodingKeys: String, CodingKey {
      case edges
      case delayMin = "delay_min"
      case delayMax = "delay_max"
    }
  }

  let nodes, edges, history: Int
  let delayMin: Int
  let delayMedian: Double
  let delayMax: Int
  let instructionSet: String
  let block, tiles, tileSources: Int
  let classes: [DelayClass]
  let planBytes: Int
  let runBytesFloat32, runBytesFloat64, pullbackBytesFloat32, pullbackBytesFloat64: Int
  let operationsPerStep, expectedNsPerStepFloat32, expectedNsPerStepFloat64: Double

  init(_ report: PlanReport, _ expected: (float: Double, double: Double)) {
    nodes = report.nodes
    edges = report.edges
    history = report.history
    delayMin = report.shortestDelay
    delayMedian = report.medianDelay
    delayMax = report.longestDelay
    instructionSet = report.instructionSet.rawValue
    block = report.block
    tiles = report.tiles
    tileSources = report.tileSources
    classes = report.classes.map {
      DelayClass(delayMin: $0.delays.lowerBound, delayMax: $0.delays.upperBound, edges: $0.edges)
    }
    planBytes = report.planBytes
    runBytesFloat32 = report.runBytes.float
    runBytesFloat64 = report.runBytes.double
    pullbackBytesFloat32 = report.pullbackBytes.float
    pullbackBytesFloat64 = report.pullbackBytes.double
    operationsPerStep = report.operationsPerStep
    expectedNsPerStepFloat32 = expected.float
    expectedNsPerStepFloat64 = expected.double
  }

  enum CodingKeys: String, CodingKey {
    case nodes, edges, history, block, tiles, classes
    case delayMin = "delay_min"
    case delayMedian = "delay_median"
    case delayMax = "delay_max"
    case instructionSet = "instruction_set"
    case tileSources = "tile_sources"
    case planBytes = "plan_bytes"
    case runBytesFloat32 = "run_bytes_float32"
    case runBytesFloat64 = "run_bytes_float64"
    case pullbackBytesFloat32 = "pullback_bytes_float32"
    case pullbackBytesFloat64 = "pullback_bytes_float64"
    case operationsPerStep = "operations_per_step"
    case expectedNsPerStepFloat32 = "expected_ns_per_step_float32"
    case expectedNsPerStepFloat64 = "expected_ns_per_step_float64"
  }
}
