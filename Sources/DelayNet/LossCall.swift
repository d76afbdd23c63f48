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
    let pointers = cotangents.map(\.base)
    for term in loss.terms { term.reduction.pull(seed: term.partial, into: pointers) }
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
