/// The delay map: it steps through a buffer and rewrites each noise sample with the computed series.
///
///     x_i(t) = scale · Σ_{e → i} w_e · b[j_e, t − d_e]  +  noiseGain · b[i, t];  then b[i, t] ← x_i(t) for all i
///
/// A zero delay reads the noise sample, so with `noiseGain` 0 noise reaches the series only through zero delays. A map is
/// a value; copies share the plan. Every result has the same bits for each number of threads, each instruction set and
/// each way to cut a run into chunks.
public struct DelayMap<Scalar: DelayNetScalar>: Sendable {
  /// What the sum over a node's edges is multiplied with.
  public enum Scale: Sendable, Equatable {
    /// One over the number of nodes: the mean over a dense row.
    case mean
    /// One.
    case sum
    /// Any finite number.
    case number(Scalar)
  }

  /// What a derivative is taken with respect to. A gradient costs only what is asked for.
  public struct Inputs: OptionSet, Sendable {
    /// The set's bits.
    public let rawValue: Int
    /// The inputs of the given bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The input buffer: history and noise samples.
    public static var buffer: Inputs { Inputs(rawValue: 1) }
    /// The weight of every edge.
    public static var weights: Inputs { Inputs(rawValue: 2) }
    /// The number that ``DelayMap/scaleFactor`` is.
    public static var scale: Inputs { Inputs(rawValue: 4) }
    /// The noise gain.
    public static var noiseGain: Inputs { Inputs(rawValue: 8) }
    /// Everything that the map can be differentiated by.
    public static var all: Inputs { [.buffer, .weights, .scale, .noiseGain] }
  }

  /// Topology, delays and the weights that runs use unless they are given others.
  public let network: Network<Scalar>
  /// The sorted network; copies of the map share it.
  public let plan: Plan
  /// What the sum over a node's edges is multiplied with.
  public var scale: Scale
  /// How much of its noise sample a node keeps: 0 for the deterministic map, 1 for a stochastic linear network.
  public var noiseGain: Scalar

  /// The map of a network.
  ///
  /// - Parameters:
  ///   - network: topology, delays and weights.
  ///   - scale: what the sum over a node's edges is multiplied with.
  ///   - noiseGain: how much of its noise sample a node keeps.
  ///   - instructionSet: forces one; the results have the same bits with any.
  /// - Throws: what ``Plan/init(_:instructionSet:block:tileSources:)`` throws.
  /// - Complexity: O(edges + nodes + history), once; copies are free.
  public init(
    _ network: Network<Scalar>, scale: Scale = .mean, noiseGain: Scalar = 0,
    instructionSet: InstructionSet = .automatic
  ) throws(DelayNetError) {
    let plan = try Plan(network, instructionSet: instructionSet)
    self.network = network
    self.plan = plan
    self.scale = scale
    self.noiseGain = noiseGain
  }

  /// The map of a network whose plan exists: in the other precision, or with other weights.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - plan: of a network with the same topology, delays and history; only the extents are checked.
  ///   - scale: what the sum over a node's edges is multiplied with.
  ///   - noiseGain: how much of its noise sample a node keeps.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` when nodes, edges or history differ.
  public init(
    _ network: Network<Scalar>, plan: Plan, scale: Scale = .mean, noiseGain: Scalar = 0
  ) throws(DelayNetError) {
    let found = [plan.nodes, plan.edges, plan.history]
    guard found == [network.nodes, network.edges, network.history] else {
      throw .shapeMismatch(name: "plan", expected: [network.nodes, network.edges, network.history], found: found)
    }
    self.network = network
    self.plan = plan
    self.scale = scale
    self.noiseGain = noiseGain
  }

  /// The number that the sum over a node's edges is multiplied with.
  public var scaleFactor: Scalar {
    switch scale {
    case .mean: network.nodes == 0 ? 1 : 1 / Scalar(network.nodes)
    case .sum: 1
    case .number(let number): number
    }
  }
}

// ---- What all calls share ------------------------------------------------------------------------------------------

extension DelayMap {
  /// Checks that a buffer has this network's nodes and enough history.
  func check(_ buffer: Buffer<Scalar>, _ name: String) throws(DelayNetError) {
    guard buffer.nodes == network.nodes, buffer.history >= network.history else {
      throw .shapeMismatch(
        name: name, expected: [network.nodes, network.history, buffer.steps], found: buffer.shape.extents)
    }
  }

  /// Checks that a buffer has a given shape.
  func check(_ buffer: Buffer<Scalar>, _ name: String, is shape: BufferShape) throws(DelayNetError) {
    guard buffer.shape == shape else {
      throw .shapeMismatch(name: name, expected: shape.extents, found: buffer.shape.extents)
    }
  }

  /// Checks the number of weights.
  func check(weights: [Scalar]?) throws(DelayNetError) -> [Scalar] {
    let weights = weights ?? network.weights
    guard weights.count == network.edges else {
      throw .shapeMismatch(name: "weights", expected: [network.edges], found: [weights.count])
    }
    return weights
  }

  /// The C description of a run whose buffers are laid out alike: noise read from `input`, series in `output`.
  ///
  /// A history longer than the network's is read from its end.
  func primal(
    input: Buffer<Scalar>, output: Buffer<Scalar>, weights: UnsafePointer<Scalar>?
  ) -> MapPrimal<Scalar> {
    let stride = input.columns
    return MapPrimal(
      weights: weights, scale: scaleFactor, noiseGain: noiseGain,
      history: UnsafePointer(input.base + (input.history - network.history)), historyStride: stride,
      noise: UnsafePointer(input.base + input.history), noiseStride: stride,
      steps: input.steps, firstStep: 0,
      series: output.base + input.history, seriesStride: stride)
  }

  /// Runs one map per primal.
  func run(
    _ primals: [MapPrimal<Scalar>], _ options: CallOptions
  ) throws(DelayNetError) {
    var results = Array(repeating: MapResult<Scalar>(nextHistory: nil), count: primals.count)
    let outcome = try results.withUnsafeMutableBufferPointer { results throws(DelayNetError) in
      try primals.withUnsafeBufferPointer { primals throws(DelayNetError) in
        try options.withC(plan: plan) { options, place in
          Scalar.kernels.run(plan.handle, primals, results, options, place)
        }
      }
    }
    try DelayNet.check(outcome, stepsDone: results.map(\.stepsDone))
  }
}
