/// One call of a loss: the outputs that are passed to it, and whose they are.
///
/// Every leaf of an expression knows its call by ``Identity``. A leaf that was kept from another call would be
/// differentiated with respect to an output that this call does not have, so that it is refused.
struct LossCall<Scalar: DelayNetScalar> {
  /// Tells a call from every other one that still has a leaf somewhere.
  final class Identity: Sendable {}

  private let identity = Identity()
  private let outputs: [Buffer<Scalar>]

  /// A call of a loss of these outputs, one a member of an ensemble.
  init(_ outputs: [Buffer<Scalar>]) { self.outputs = outputs }

  /// What is passed to the loss.
  var leaves: [Traced<Scalar>] {
    outputs.enumerated().map { member, output in
      Traced(Expression(.output(output, member: member)), output.shape, of: identity)
    }
  }

  /// The value of what the loss has returned.
  func value(of loss: TracedScalar<Scalar>) throws(DelayNetError) -> Scalar {
    if let mistake = loss.mistake { throw mistake }
    if let call = loss.call, call !== identity { throw .foreignTraced }
    return loss.value
  }

  /// The cotangent of each output.
  func cotangents(of loss: TracedScalar<Scalar>) throws(DelayNetError) -> [Buffer<Scalar>] {
    _ = try value(of: loss)
    var cotangents: [Buffer<Scalar>] = []
    for output in outputs { cotangents.append(try Buffer(output.shape)) }
    var nodes = ComputedNodes<Scalar>()
    for term in loss.terms { try nodes.add(term.reduction) }
    let outputs = cotangents.map(\.base)
    for term in loss.terms { term.reduction.pull(seed: term.partial, into: nodes.pointers(term.reduction, outputs)) }
    nodes.pullBack(into: outputs)
    extendLifetime(cotangents)
    return cotangents
  }

  /// The call that two parts of an expression belong to, nil for constants alone; a mistake where there are two.
  static func merge(
    _ a: Identity?, _ b: Identity?
  ) -> (call: Identity?, mistake: DelayNetError?) {
    guard let a, let b else { return (a ?? b, nil) }
    return (a, a === b ? nil : .foreignTraced)
  }
}

/// The computed values that a loss is made of, each with its cotangent.
private struct ComputedNodes<Scalar: DelayNetScalar> {
  private struct Node {
    let depth: Int
    let leaf: Computed<Scalar>
    let operands: [Reduction<Scalar>]
    let cotangent: Buffer<Scalar>
  }

  private var nodes: [Node] = []
  private var places: [ObjectIdentifier: Int] = [:]

  /// Adds what a reduction is made of, and what that is made of.
  mutating func add(_ reduction: Reduction<Scalar>) throws(DelayNetError) {
    // Without recursion: a loss that was written down in a loop is as deep as the loop is long.
    var pending = [reduction]
    while let next = pending.popLast() {
      for target in next.targets {
        guard case .computed(let expression, let leaf) = target, places[ObjectIdentifier(leaf)] == nil else { continue }
        let operands = zip(expression.operands, leaf.shapes).map { operand, shape in
          Reduction(operand, rows: 0..<shape.nodes, columns: 0..<shape.columns, rowLength: shape.columns)
        }
        places[ObjectIdentifier(leaf)] = nodes.count
        nodes.append(
          Node(depth: expression.depth, leaf: leaf, operands: operands, cotangent: try Buffer(leaf.value.shape)))
        pending += operands
      }
    }
  }

  /// Where the cotangents of a reduction's targets are.
  func pointers(
    _ reduction: Reduction<Scalar>, _ outputs: [UnsafeMutablePointer<Scalar>]
  ) -> [UnsafeMutablePointer<Scalar>] {
    reduction.targets.map { target in
      switch target {
      case .output(let member): outputs[member]
      case .computed(_, let leaf): nodes[places[ObjectIdentifier(leaf)]!].cotangent.base
      }
    }
  }

  /// Pulls every cotangent back to what its value was made of, those first that nothing else depends on.
  func pullBack(into outputs: [UnsafeMutablePointer<Scalar>]) {
    let order = nodes.indices.sorted { (-nodes[$0].depth, $0) < (-nodes[$1].depth, $1) }
    for node in order.map({ nodes[$0] }) {
      for (operand, cotangent) in zip(node.operands, node.leaf.pullback(node.cotangent.matrix)) {
        guard let cotangent else { continue }
        let seeds = Buffer<Scalar>(filledWith: cotangent)
        operand.pull(seed: 1, seeds: UnsafePointer(seeds.base), into: pointers(operand, outputs))
        extendLifetime(seeds)
      }
    }
    extendLifetime(nodes)
  }
}
