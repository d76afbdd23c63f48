internal import CKernels
import Synchronization

/// A network's topology and delays, sorted for the kernels. Immutable; any number of threads may share it.
///
/// Making a plan costs O(edges + nodes + history) and 20 to 40 bytes an edge; a ``DelayMap`` makes one and its copies
/// share it.
public final class Plan: Sendable {
  // Unchecked: the C plan never changes after its creation.
  nonisolated(unsafe) let handle: OpaquePointer
  /// N, the number of nodes.
  public let nodes: Int
  /// E, the number of edges.
  public let edges: Int
  /// H, the history columns that a run needs.
  public let history: Int
  /// The shortest delay, in steps; 0 without edges.
  public let shortestDelay: Int
  /// The longest delay, in steps; 0 without edges.
  public let longestDelay: Int

  /// A plan of a network.
  ///
  /// - Parameters:
  ///   - network: its weights are not part of the plan.
  ///   - instructionSet: forces one; the results have the same bits with any.
  ///   - block: columns that the longest delays cover at once, 16, 32, 64, 128 or 256; 0 chooses.
  ///   - tileSources: sources whose windows are kept in cache together; 0 chooses.
  /// - Throws: ``DelayNetError/instructionSetUnavailable(_:)``, ``DelayNetError/optionOutOfRange(name:value:)``,
  ///   ``DelayNetError/tooLarge``, ``DelayNetError/outOfMemory``.
  public convenience init<Scalar>(
    _ network: Network<Scalar>, instructionSet: InstructionSet = .automatic, block: Int = 0, tileSources: Int = 0
  ) throws(DelayNetError) {
    try self.init(
      network, fractional: false, instructionSet: instructionSet, block: block, tileSources: tileSources)
  }

  /// A plan whose runs read, where it is fractional, between each delay and one a step longer.
  init<Scalar>(
    _ network: Network<Scalar>, fractional: Bool, instructionSet: InstructionSet, block: Int = 0, tileSources: Int = 0
  ) throws(DelayNetError) {
    guard dn_isa_available(instructionSet.code) != 0 else { throw .instructionSetUnavailable(instructionSet) }
    guard [0, 16, 32, 64, 128, 256].contains(block) else {
      throw .optionOutOfRange(name: "block", value: Double(block))
    }
    guard let tileSources = Int32(exactly: tileSources), tileSources >= 0 else {
      throw .optionOutOfRange(name: "tileSources", value: Double(tileSources))
    }
    var options = dn_plan_options()
    options.isa = instructionSet.code
    options.block = Int32(block)
    options.tile_sources = tileSources

    var created: OpaquePointer?
    var place = dn_place(run: -1, edge: -1, node: -1, step: -1, state: -1, parameter: -1, pulse: -1, monitor: -1)
    let (sources, targets): ([Int32], [Int32]) =
      switch network.topology {
      case .dense: ([], [])
      case .edges(let sources, let targets): (sources, targets)
      }
    let status = sources.withUnsafeBufferPointer { sources in
      targets.withUnsafeBufferPointer { targets in
        network.delays.withUnsafeBufferPointer { delays in
          let dense = network.topology == .dense
          var description = dn_network()
          description.nodes = network.nodes
          description.edges = network.edges
          description.history = network.history
          description.sources = dense ? nil : sources.baseAddress
          description.targets = dense ? nil : targets.baseAddress
          description.delays = delays.baseAddress
          description.fractional = fractional ? 1 : 0
          return dn_plan_create(&description, &options, &created, &place)
        }
      }
    }
    try check((status, place))
    guard let created else { throw .unexpected(status: 0, message: "no plan was made") }
    handle = created
    nodes = network.nodes
    edges = network.edges
    history = network.history
    shortestDelay = Int(network.delays.min() ?? 0)
    longestDelay = network.delays.max().map { Int($0) + (fractional ? 1 : 0) } ?? 0
  }

  deinit { dn_plan_destroy(handle) }

  /// What the plan is made of, and what runs with it cost.
  public var report: PlanReport {
    var report = dn_plan_report()
    dn_plan_describe(handle, &report)
    return PlanReport(report)
  }
}

/// Memory that calls of one kind and size reuse, so that a loop of them allocates nothing in the kernels.
///
/// A workspace belongs to one call at a time and is therefore not `Sendable`; it keeps its plan alive. A call that is handed
/// one which another call has, of another thread or further out, throws ``DelayNetError/inUse(_:)``. A gradient has it until
/// it returns, so that its loss and its progress handler cannot use it.
public final class Workspace {
  let handle: OpaquePointer
  let plan: Plan
  private let isTaken = Atomic(false)

  /// An empty workspace; it grows on first use.
  ///
  /// - Throws: ``DelayNetError/outOfMemory``.
  public init(_ plan: Plan) throws(DelayNetError) {
    var created: OpaquePointer?
    try check(
      (
        dn_workspace_create(plan.handle, &created),
        dn_place(run: -1, edge: -1, node: -1, step: -1, state: -1, parameter: -1, pulse: -1, monitor: -1)
      ))
    guard let created else { throw .outOfMemory }
    handle = created
    self.plan = plan
  }

  deinit { dn_workspace_destroy(handle) }

  /// Makes it the caller's, until ``giveBack()``.
  func take() throws(DelayNetError) {
    guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      throw .inUse("workspace")
    }
  }

  /// Leaves it to others.
  func giveBack() { isTaken.store(false, ordering: .releasing) }
}
