/// A number for every node: the same one, or one each.
///
/// Literals stand for it: `["eta": -4.6, "J": [14, 15]]`.
public enum NodeValues<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// The same number at all nodes.
  case uniform(Scalar)
  /// One number a node.
  case perNode([Scalar])

  /// The numbers: one, or one a node. This is how gradients are returned, too.
  public var values: [Scalar] {
    switch self {
    case .uniform(let value): [value]
    case .perNode(let values): values
    }
  }

  /// The same layout with other numbers, as many as ``values`` has.
  func with(_ values: [Scalar]) -> NodeValues {
    switch self {
    case .uniform: .uniform(values[0])
    case .perNode: .perNode(values)
    }
  }
}

extension NodeValues: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// The same number at all nodes.
  public init(floatLiteral value: Double) { self = .uniform(Scalar(value)) }
  /// The same number at all nodes.
  public init(integerLiteral value: Int) { self = .uniform(Scalar(value)) }
  /// One number a node.
  public init(arrayLiteral values: Scalar...) { self = .perNode(values) }
}

/// How strong a network's noise is: σ for the states, per square root of the unit of time.
///
/// Literals stand for it: `0.01` for all states, `["r": 0.01, "V": 0.02]` for some.
public enum Sigma<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// No noise.
  case none
  /// The same number for all states.
  case all(Scalar)
  /// A number, or one a node, for the states that are named; the others have no noise.
  case states([String: NodeValues<Scalar>])
  /// Numbers in the model's order: one a state, (states), or one a state and node, (states, nodes).
  case values([Scalar])

  /// The numbers in the order of a model: none, one a state, or one a state and node.
  ///
  /// - Throws: ``DelayNetError/unknownState(name:model:)``, ``DelayNetError/shapeMismatch(name:expected:found:)``.
  public func resolved(for model: NodeModel, nodes: Int) throws(DelayNetError) -> [Scalar] {
    let states = model.states.count
    switch self {
    case .none: return []
    case .all(let value): return Array(repeating: value, count: states)
    case .values(let values):
      guard values.count == states || values.count == states * nodes else {
        throw .shapeMismatch(name: "sigma", expected: [states, nodes], found: [values.count])
      }
      return values
    case .states(let named):
      var isUniform = true
      for (name, values) in named {
        _ = try model.index(ofState: name)
        guard case .perNode(let list) = values else { continue }
        isUniform = false
        guard list.count == nodes else {
          throw .shapeMismatch(name: "sigma of \(name)", expected: [nodes], found: [list.count])
        }
      }
      return model.states.flatMap { state -> [Scalar] in
        switch named[state.name] ?? .uniform(0) {
        case .uniform(let value): Array(repeating: value, count: isUniform ? 1 : nodes)
        case .perNode(let values): values
        }
      }
    }
  }
}

extension Sigma: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral {
  /// The same number for all states.
  public init(floatLiteral value: Double) { self = .all(Scalar(value)) }
  /// The same number for all states.
  public init(integerLiteral value: Int) { self = .all(Scalar(value)) }
  /// Numbers for the states that are named.
  public init(dictionaryLiteral elements: (String, NodeValues<Scalar>)...) {
    self = .states(Dictionary(elements) { $1 })
  }
}
