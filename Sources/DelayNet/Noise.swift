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

  /// Samples with the same value everywhere.
  public init(steps: Int, states: Int, nodes: Int, repeating value: Scalar = 0) {
    self.init(
      steps: steps, states: states, nodes: nodes,
      buffer: Buffer(nodes: 1, history: 0, steps: steps * states * nodes, repeating: value))
  }

  /// Samples of the given values.
  ///
  /// - Parameters:
  ///   - steps: the number of steps.
  ///   - states: the number of states.
  ///   - nodes: the number of nodes.
  ///   - values: `steps * states * nodes` of them, the nodes innermost.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``.
  public init(steps: Int, states: Int, nodes: Int, values: [Scalar]) throws(DelayNetError) {
    guard values.count == steps * states * nodes else {
      throw .shapeMismatch(name: "noise", expected: [steps, states, nodes], found: [values.count])
    }
    self.init(
      steps: steps, states: states, nodes: nodes,
      buffer: try Buffer(nodes: 1, history: 0, steps: values.count, values: values))
  }

  /// The numbers that a run draws from a key.
  ///
  /// - Parameters:
  ///   - key: as of ``Noise/drawn(_:member:)``.
  ///   - member: the member of an ensemble.
  ///   - steps: absolute steps.
  ///   - states: the number of states.
  ///   - nodes: the number of nodes.
  public init(drawnFrom key: RandomKey, member: UInt64 = 0, steps: Range<Int>, states: Int, nodes: Int) {
    precondition(steps.lowerBound >= 0 && states >= 0 && nodes >= 0, "steps, states and nodes are counted from 0")
    let buffer = Buffer<Scalar>(
      uninitialized: BufferShape(nodes: 1, history: 0, steps: steps.count * states * nodes))
    let status = Scalar.kernels.network.noise(
      key.key, member, states, nodes, Int64(steps.lowerBound), steps.count, buffer.base)
    precondition(status == DN_OK, "the noise could not be drawn")
    self.init(steps: steps.count, states: states, nodes: nodes, buffer: buffer)
    firstStep = steps.lowerBound
  }

  /// A copy of the values, the nodes innermost.
  public var values: [Scalar] { buffer.values }

  /// The number of a step, state and node.
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
