internal import CKernels

/// Where the standard normal numbers of a stochastic network come from.
public enum Noise<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// None: the network is deterministic, whatever σ.
  case none
  /// Drawn while running, addressed by key, member, state, node and absolute step: the same for every chunking, every
  /// number of threads and every split of an ensemble; nothing is stored.
  case drawn(RandomKey, member: UInt64 = 0)
  /// Handed in, for the absolute steps from ``NoiseSamples/firstStep`` on.
  case samples(NoiseSamples<Scalar>)
}

/// Standard normal numbers for every step, state and node; shape (steps, states, nodes), the nodes innermost.
public struct NoiseSamples<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// T, the number of steps.
  public let steps: Int
  /// S, the number of states.
  public let states: Int
  /// N, the number of nodes.
  public let nodes: Int
  /// The absolute number of the first of the steps.
  public var firstStep = 0
  var buffer: Buffer<Scalar>

  init(steps: Int, states: Int, nodes: Int, buffer: Buffer<Scalar>) {
    (self.steps, self.states, self.nodes, self.buffer) = (steps, states, nodes, buffer)
  }

  private static func count(_ steps: Int, _ states: Int, _ nodes: Int) throws(DelayNetError) -> Int {
    try checkExtent("steps", steps)
    try checkExtent("states", states)
    try checkExtent("nodes", nodes)
    return try product(steps, states, nodes)
  }

  /// Samples with the same value everywhere.
  ///
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a negative extent, ``DelayNetError/tooLarge`` or
  ///   ``DelayNetError/outOfMemory`` for one that cannot be held.
  public init(steps: Int, states: Int, nodes: Int, repeating value: Scalar = 0) throws(DelayNetError) {
    let count = try Self.count(steps, states, nodes)
    self.init(
      steps: steps, states: states, nodes: nodes,
      buffer: try Buffer(BufferShape(unchecked: 1, 0, count), repeating: value))
  }

  /// Samples of the given values.
  ///
  /// - Parameters:
  ///   - steps: the number of steps.
  ///   - states: the number of states.
  ///   - nodes: the number of nodes.
  ///   - values: `steps * states * nodes` of them, the nodes innermost.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` when the number of values is another one; what
  ///   ``init(steps:states:nodes:repeating:)`` throws.
  public init(steps: Int, states: Int, nodes: Int, values: [Scalar]) throws(DelayNetError) {
    guard try values.count == Self.count(steps, states, nodes) else {
      throw .shapeMismatch(name: "noise", expected: [steps, states, nodes], found: [values.count])
    }
    self.init(steps: steps, states: states, nodes: nodes, buffer: try Buffer(row: values))
  }

  /// Samples that `fill` writes to where they belong: all of them, the nodes innermost.
  ///
  /// - Throws: what `fill` and ``init(steps:states:nodes:repeating:)`` throw.
  package init(
    steps: Int, states: Int, nodes: Int, filling fill: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) throws {
    let count = try Self.count(steps, states, nodes)
    let buffer = try Buffer<Scalar>(uninitialized: BufferShape(unchecked: 1, 0, count))
    try fill(UnsafeMutableBufferPointer(start: buffer.base, count: count))
    self.init(steps: steps, states: states, nodes: nodes, buffer: buffer)
  }

  /// The numbers that a run draws from a key.
  ///
  /// - Parameters:
  ///   - key: as of ``Noise/drawn(_:member:)``.
  ///   - member: the member of an ensemble.
  ///   - steps: absolute steps, from 0 on.
  ///   - states: the number of states.
  ///   - nodes: the number of nodes.
  /// - Throws: what ``init(steps:states:nodes:repeating:)`` throws.
  public init(
    drawnFrom key: RandomKey, member: UInt64 = 0, steps: Range<Int>, states: Int, nodes: Int
  ) throws(DelayNetError) {
    try checkExtent("steps", steps.lowerBound)
    let count = try Self.count(steps.count, states, nodes)
    let buffer = try Buffer<Scalar>(uninitialized: BufferShape(unchecked: 1, 0, count))
    let status = Scalar.kernels.network.noise(
      key.key, member, states, nodes, Int64(steps.lowerBound), steps.count, buffer.base)
    try check((status, noPlace))
    self.init(steps: steps.count, states: states, nodes: nodes, buffer: buffer)
    firstStep = steps.lowerBound
  }

  /// A copy of the values, the nodes innermost.
  public var values: [Scalar] { buffer.values }

  /// The number of a step, state and node.
  ///
  /// - Precondition: there are such a step, state and node.
  public subscript(step step: Int, state: Int, node: Int) -> Scalar {
    get { buffer[0, place(step, state, node)] }
    set { buffer[0, place(step, state, node)] = newValue }
  }

  private func place(_ step: Int, _ state: Int, _ node: Int) -> Int {
    precondition(
      0..<steps ~= step && 0..<states ~= state && 0..<nodes ~= node, "noise index out of range")
    return (step * states + state) * nodes + node
  }
}
