internal import CKernels

/// What a plan is made of, and what runs with it cost.
public struct PlanReport: Sendable, Equatable {
  /// Edges whose delays are treated alike.
  public struct DelayClass: Sendable, Equatable {
    /// The delays of the class, in steps.
    public let delays: ClosedRange<Int>
    /// How many edges have such a delay.
    public let edges: Int
  }

  /// A size in each precision.
  public struct Bytes: Sendable, Equatable {
    /// In `Float`.
    public let float: Int
    /// In `Double`.
    public let double: Int
  }

  /// N, the number of nodes.
  public let nodes: Int
  /// E, the number of edges.
  public let edges: Int
  /// H, the history columns that a run needs.
  public let history: Int
  /// The shortest delay, in steps.
  public let shortestDelay: Int
  /// The longest delay, in steps.
  public let longestDelay: Int
  /// The median delay, in steps.
  public let medianDelay: Double
  /// The instruction set of the kernels.
  public let instructionSet: InstructionSet
  /// The columns that the longest delays cover at once.
  public let block: Int
  /// The number of source tiles of the longest delays.
  public let tiles: Int
  /// The sources in each tile.
  public let tileSources: Int
  /// The classes of delays, in the order in which their edges are added.
  public let classes: [DelayClass]
  /// The memory of the plan, in bytes.
  public let planBytes: Int
  /// The workspace of one run, in bytes.
  public let runBytes: Bytes
  /// The workspace of one pullback that asks for everything, in bytes.
  public let pullbackBytes: Bytes
  /// Floating-point operations of a step: a multiplication and an addition for every edge.
  public let operationsPerStep: Double
  /// A time in each precision.
  public struct Nanoseconds: Sendable, Equatable {
    /// In `Float`.
    public let float: Double
    /// In `Double`.
    public let double: Double
  }

  /// The time of a step of a delay map, or of the delayed sums of a network's step, with one thread, in ns: from counted
  /// operations at 3 GHz, within a factor of 2 of what was measured. A model's own arithmetic comes on top.
  public let expectedNanosecondsPerStep: Nanoseconds

  init(_ report: dn_plan_report) {
    nodes = report.nodes
    edges = report.edges
    history = report.history
    shortestDelay = Int(report.delay_min)
    longestDelay = Int(report.delay_max)
    medianDelay = report.delay_median
    instructionSet = InstructionSet(code: report.isa)
    block = Int(report.block)
    tiles = Int(report.tiles)
    tileSources = Int(report.tile_sources)
    classes = Self.classes(report)
    planBytes = Int(report.plan_bytes)
    runBytes = Bytes(float: Int(report.run_bytes_f32), double: Int(report.run_bytes_f64))
    pullbackBytes = Bytes(float: Int(report.vjp_bytes_f32), double: Int(report.vjp_bytes_f64))
    operationsPerStep = report.operations_per_step
    expectedNanosecondsPerStep = Nanoseconds(
      float: report.expected_ns_per_step_f32, double: report.expected_ns_per_step_f64)
  }

  private static func classes(_ report: dn_plan_report) -> [DelayClass] {
    // C arrays arrive as tuples; their elements lie in memory as they do in C.
    func elements<Tuple, Element>(_ tuple: Tuple, _: Element.Type) -> [Element] {
      withUnsafeBytes(of: tuple) { Array($0.bindMemory(to: Element.self)) }
    }
    let shortest = elements(report.class_shortest, Int32.self)
    let longest = elements(report.class_longest, Int32.self)
    let counts = elements(report.class_edges, Int.self)
    return (0..<Int(report.classes)).map {
      DelayClass(delays: Int(shortest[$0])...Int(max(shortest[$0], longest[$0])), edges: counts[$0])
    }
  }
}

extension PlanReport: CustomStringConvertible {
  /// A few lines for people.
  public var description: String {
    let density = nodes == 0 ? 0 : Double(edges) / (Double(nodes) * Double(nodes))
    var lines = [
      "\(nodes) nodes, \(edges) edges (density \(Self.rounded(density)))",
      "delays \(shortestDelay) … \(longestDelay) steps, median \(Self.rounded(medianDelay)); history \(history)",
      "instruction set \(instructionSet); blocks of \(block) steps; \(tiles) tiles of \(tileSources) sources",
    ]
    lines += classes.filter { $0.edges > 0 }.map {
      "  delays \($0.delays.lowerBound) … \($0.delays.upperBound): \($0.edges) edges"
    }
    lines.append(
      "plan \(planBytes) bytes; a run \(runBytes.float) (float) or \(runBytes.double) (double); "
        + "a pullback \(pullbackBytes.float) or \(pullbackBytes.double)")
    lines.append(
      "\(Self.rounded(operationsPerStep)) operations a step; "
        + "expected \(Self.rounded(expectedNanosecondsPerStep.float)) ns a step (float, one thread) or "
        + "\(Self.rounded(expectedNanosecondsPerStep.double)) (double), without a model's own arithmetic")
    return lines.joined(separator: "\n")
  }

  private static func rounded(_ x: Double) -> String {
    x == x.rounded() && abs(x) < 1e15 ? String(Int(x)) : String((x * 1000).rounded() / 1000)
  }
}
