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

/// Values by name: a model's parameters, or numbers for some of its states.
///
/// A literal stands for it: `["eta": -4.6, "J": [14, 15]]`. A literal that gives a name twice is no contradiction yet, but
/// whoever uses it throws ``DelayNetError/duplicateName(_:)``.
public struct NamedValues<Scalar: DelayNetScalar>: Sendable, Equatable {
  private var values: [String: NodeValues<Scalar>]
  /// A name that was given twice.
  private(set) var duplicate: String?

  /// The values of a dictionary; none unless given.
  public init(_ values: [String: NodeValues<Scalar>] = [:]) { self.values = values }

  /// The values of a name; nil where there are none. Setting nil removes the name.
  public subscript(name: String) -> NodeValues<Scalar>? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The names, sorted.
  public var names: [String] { values.keys.sorted() }
  /// The number of names.
  public var count: Int { values.count }
  /// Whether there are no names.
  public var isEmpty: Bool { values.isEmpty }

  /// Takes the values of others, also of names that have some.
  public mutating func merge(_ others: NamedValues) {
    values.merge(others.values) { $1 }
    duplicate = duplicate ?? others.duplicate
  }

  /// Throws what is wrong with the literal.
  package func check() throws(DelayNetError) {
    if let duplicate { throw .duplicateName(duplicate) }
  }
}

extension NamedValues: ExpressibleByDictionaryLiteral, Sequence {
  /// Values for the names.
  public init(dictionaryLiteral elements: (String, NodeValues<Scalar>)...) {
    self.init()
    for (name, value) in elements { add(name, value) }
  }

  fileprivate mutating func add(_ name: String, _ value: NodeValues<Scalar>) {
    if values.updateValue(value, forKey: name) != nil { duplicate = duplicate ?? name }
  }

  /// Goes through the names and their values, sorted by name.
  public func makeIterator() -> some IteratorProtocol<(name: String, values: NodeValues<Scalar>)> {
    names.lazy.map { (name: $0, values: values[$0]!) }.makeIterator()
  }
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
  case states(NamedValues<Scalar>)
  /// Numbers in the model's order: one a state, (states), or one a state and node, (states, nodes).
  case values([Scalar])

  /// The numbers in the order of a model: none, one a state, or one a state and node.
  ///
  /// - Throws: ``DelayNetError/unknownState(name:model:known:)``, ``DelayNetError/shapeMismatch(name:expected:found:)``,
  ///   ``DelayNetError/duplicateName(_:)``; for nodes that no network has, ``DelayNetError/optionOutOfRange(name:value:)``,
  ///   ``DelayNetError/tooLarge`` or ``DelayNetError/outOfMemory``.
  public func resolved(for model: NodeModel, nodes: Int) throws(DelayNetError) -> [Scalar] {
    let states = model.states.count
    try checkExtent("nodes", nodes)
    let count = try product(states, nodes)
    switch self {
    case .none: return []
    case .all(let value): return Array(repeating: value, count: states)
    case .values(let values):
      guard values.count == states || values.count == count else {
        throw .shapeMismatch(name: "sigma", expected: [states, nodes], found: [values.count])
      }
      return values
    case .states(let named):
      try named.check()
      var isUniform = true
      for (name, values) in named {
        _ = try model.index(ofState: name)
        guard case .perNode(let list) = values else { continue }
        isUniform = false
        guard list.count == nodes else {
          throw .shapeMismatch(name: "sigma of \(name)", expected: [nodes], found: [list.count])
        }
      }
      if !isUniform { try requireMemory(count, of: Scalar.self) }
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
    self = .states(elements.reduce(into: NamedValues()) { $0.add($1.0, $1.1) })
  }
}
