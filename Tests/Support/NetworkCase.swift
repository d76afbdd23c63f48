import DelayNet

/// A small network with an input buffer, named after what is peculiar about it. Asymmetric throughout.
package struct NetworkCase<Scalar: DelayNetScalar>: Sendable, CustomStringConvertible {
  package let name: String
  package let map: DelayMap<Scalar>
  package let buffer: Buffer<Scalar>

  package var steps: Int { buffer.steps }
}

/// How the delays of a case are drawn.
package enum DelayKind: String, CaseIterable, Sendable {
  case equal, zero, history, uniform, oneShort, sparse, roomy
}

extension NetworkCase {
  package var description: String { name }

  package init(
    nodes: Int, steps: Int, kind: DelayKind, noiseGain: Scalar = 0.5, instructionSet: InstructionSet = .automatic
  ) {
    let keys = try! RandomKey(seed: UInt64(1000 * nodes + steps)).folding(
      in: UInt64(DelayKind.allCases.firstIndex(of: kind)!)
    )
    .split(6)
    let longest: Int32 = kind == .equal ? 7 : kind == .history ? 20 : kind == .oneShort ? 200 : 254
    var weights = try! keys[0].uniform(nodes, nodes, in: -0.9..<0.9, as: Scalar.self)
    var delays = try! Matrix<Int32>(rows: nodes, columns: nodes, repeating: longest)
    var history: Int? = nil
    switch kind {
    case .equal: history = 9
    case .history: history = 20
    case .zero: delays = try! Matrix(rows: nodes, columns: nodes, repeating: 0)
    case .uniform: delays = try! keys[1].integers(in: 0..<255, nodes, nodes)
    case .oneShort:
      delays = try! keys[1].integers(in: 150..<201, nodes, nodes)
      delays[nodes / 2, 0] = 1
    case .roomy:
      delays = try! keys[1].integers(in: 0..<40, nodes, nodes)
      history = 61
      for i in 0..<nodes { weights[i, (i * 7 + 3) % nodes] = 0 }
    case .sparse: break
    }
    let network: Network<Scalar>
    if kind == .sparse {
      // Node nodes − 1 is isolated unless it is the only one; edges come twice and as self-connections.
      let (count, last) = (4 * nodes, Int32(max(nodes - 1, 1)))
      var sources = try! keys[1].integers(in: 0..<last, count)
      var targets = try! keys[2].integers(in: 0..<last, count)
      let delays = try! keys[3].integers(in: 0..<100, count)
      (sources[1], targets[1]) = (sources[0], targets[0])
      targets[2] = sources[2]
      network = try! Network(
        nodes: nodes, sources: sources, targets: targets,
        weights: keys[0].uniform(count, in: -0.9..<0.9, as: Scalar.self), delays: delays)
    } else {
      network = try! Network(weights: weights, delays: delays, history: history)
    }
    name = "\(kind.rawValue), \(nodes) nodes, \(steps) steps"
    map = try! DelayMap(network, noiseGain: noiseGain, instructionSet: instructionSet)
    buffer = try! keys[4].normal(
      BufferShape(nodes: nodes, history: network.history, steps: steps), as: Scalar.self)
  }

  /// Every kind with every size, and every kind with every number of steps.
  package static var all: [NetworkCase] {
    DelayKind.allCases.flatMap { kind in
      [1, 2, 3, 84].map { NetworkCase(nodes: $0, steps: 129, kind: kind) }
        + [0, 1, 15, 16, 17, 129].map { NetworkCase(nodes: 17, steps: $0, kind: kind) }
    }
  }

  /// A few small ones for expensive tests.
  package static var small: [NetworkCase] {
    DelayKind.allCases.map { NetworkCase(nodes: 3, steps: 17, kind: $0) }
  }
}
