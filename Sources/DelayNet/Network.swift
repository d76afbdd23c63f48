/// Nodes, and edges with a weight and a delay each.
///
/// Edges are numbered in the order in which they were given. In a dense network edge `i * nodes + j` goes from source `j`
/// to target `i`: matrices have a row per target and a column per source, and an entry of weight 0 is an edge.
public struct Network<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// Which edges a network has.
  public enum Topology: Sendable, Equatable {
    /// Every node receives from every node, itself included.
    case dense
    /// The listed edges; duplicates and self-connections count as edges of their own.
    case edges(sources: [Int32], targets: [Int32])
  }

  /// N, the number of nodes.
  public let nodes: Int
  /// Which edges there are.
  public let topology: Topology
  /// The weight of every edge.
  public let weights: [Scalar]
  /// The delay of every edge, in steps.
  public let delays: [Int32]
  /// H, the number of columns before step 0 that a run needs; no delay is longer.
  public let history: Int
  /// The time step in ms, where the delays came from times; nil where they were given in steps.
  public let timeStep: Double?

  /// E, the number of edges.
  public var edges: Int { delays.count }

  /// A dense network.
  ///
  /// - Parameters:
  ///   - weights: shape (nodes, nodes), row = target, column = source.
  ///   - delays: in steps, the same shape.
  ///   - history: columns kept before step 0; by default one more than the longest delay, as in vbjax's notebook.
  ///   - timeStep: in ms, for information.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, and with the edge
  ///   ``DelayNetError/negativeDelay(edge:delay:)``, ``DelayNetError/delayExceedsHistory(edge:delay:history:)``.
  public init(
    weights: Matrix<Scalar>, delays: Matrix<Int32>, history: Int? = nil, timeStep: Double? = nil
  ) throws(DelayNetError) {
    let nodes = weights.rows
    guard weights.columns == nodes else {
      throw .shapeMismatch(name: "weights", expected: [nodes, nodes], found: [nodes, weights.columns])
    }
    guard delays.rows == nodes, delays.columns == nodes else {
      throw .shapeMismatch(name: "delays", expected: [nodes, nodes], found: [delays.rows, delays.columns])
    }
    try self.init(
      nodes: nodes, topology: .dense, weights: weights.values, delays: delays.values, history: history,
      timeStep: timeStep)
  }

  /// A network of listed edges.
  ///
  /// - Parameters:
  ///   - nodes: the number of nodes.
  ///   - sources: where each edge comes from.
  ///   - targets: where each edge goes to; as many as `sources`, like `weights` and `delays`.
  ///   - weights: of each edge.
  ///   - delays: of each edge, in steps.
  ///   - history: columns kept before step 0; by default one more than the longest delay.
  ///   - timeStep: in ms, for information.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, and with the edge
  ///   ``DelayNetError/nodeOutOfRange(edge:nodes:)``, ``DelayNetError/negativeDelay(edge:delay:)``,
  ///   ``DelayNetError/delayExceedsHistory(edge:delay:history:)``.
  public init(
    nodes: Int, sources: [Int32], targets: [Int32], weights: [Scalar], delays: [Int32], history: Int? = nil,
    timeStep: Double? = nil
  ) throws(DelayNetError) {
    guard nodes >= 0, nodes <= Int(Int32.max) else { throw .optionOutOfRange(name: "nodes", value: Double(nodes)) }
    let counts = [("targets", targets.count), ("weights", weights.count), ("delays", delays.count)]
    for (name, count) in counts where count != sources.count {
      throw .shapeMismatch(name: name, expected: [sources.count], found: [count])
    }
    for e in sources.indices {
      guard 0 <= sources[e], sources[e] < nodes, 0 <= targets[e], targets[e] < nodes else {
        throw .nodeOutOfRange(edge: e, nodes: nodes)
      }
    }
    try self.init(
      nodes: nodes, topology: .edges(sources: sources, targets: targets), weights: weights, delays: delays,
      history: history, timeStep: timeStep)
  }

  init(
    nodes: Int, topology: Topology, weights: [Scalar], delays: [Int32], history: Int?, timeStep: Double?
  ) throws(DelayNetError) {
    if let history, history < 0 { throw .optionOutOfRange(name: "history", value: Double(history)) }
    if let timeStep, !(timeStep > 0 && timeStep.isFinite) { throw .optionOutOfRange(name: "timeStep", value: timeStep) }
    let horizon = history ?? delays.max().map { Int($0) + 1 } ?? 0
    for (e, delay) in delays.enumerated() {
      if delay < 0 { throw .negativeDelay(edge: e, delay: Int(delay)) }
      if delay > horizon { throw .delayExceedsHistory(edge: e, delay: Int(delay), history: horizon) }
    }
    self.nodes = nodes
    self.topology = topology
    self.weights = weights
    self.delays = delays
    self.history = horizon
    self.timeStep = timeStep
  }
}

extension Network {
  /// One edge of a network.
  public struct Edge: Sendable, Equatable {
    /// Where it comes from.
    public let source: Int
    /// Where it goes to.
    public let target: Int
    /// What its source's value is multiplied with.
    public let weight: Scalar
    /// How many steps its source's value takes to arrive.
    public let delay: Int
  }

  /// The edge of a number.
  ///
  /// - Precondition: the number is in `0 ..< edges`.
  public func edge(_ number: Int) -> Edge {
    let (source, target) =
      switch topology {
      case .dense: (number % nodes, number / nodes)
      case .edges(let sources, let targets): (Int(sources[number]), Int(targets[number]))
      }
    return Edge(source: source, target: target, weight: weights[number], delay: Int(delays[number]))
  }

  /// The same network with other weights, in the order of the edges.
  ///
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` unless there is one weight for every edge.
  public func with(weights: [Scalar]) throws(DelayNetError) -> Network {
    guard weights.count == edges else {
      throw .shapeMismatch(name: "weights", expected: [edges], found: [weights.count])
    }
    return try Network(
      nodes: nodes, topology: topology, weights: weights, delays: delays, history: history, timeStep: timeStep)
  }

  /// The same network with another history.
  ///
  /// - Throws: ``DelayNetError/delayExceedsHistory(edge:delay:history:)``, ``DelayNetError/optionOutOfRange(name:value:)``.
  public func with(history: Int) throws(DelayNetError) -> Network {
    try Network(
      nodes: nodes, topology: topology, weights: weights, delays: delays, history: history, timeStep: timeStep)
  }

  /// A number for every edge as a matrix, shape (nodes, nodes), row = target, column = source: weights, or their gradient.
  ///
  /// Duplicate edges are added up; where there is no edge the entry is 0.
  ///
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` unless there is one value for every edge; what
  ///   ``Matrix/init(rows:columns:repeating:)`` throws.
  public func matrix(_ values: [Scalar]) throws(DelayNetError) -> Matrix<Scalar> {
    guard values.count == edges else {
      throw .shapeMismatch(name: "values", expected: [edges], found: [values.count])
    }
    guard case .edges(let sources, let targets) = topology else { return Matrix(unchecked: nodes, nodes, values) }
    var matrix = try Matrix<Scalar>(rows: nodes, columns: nodes, repeating: 0)
    for e in values.indices { matrix[Int(targets[e]), Int(sources[e])] += values[e] }
    return matrix
  }
}
