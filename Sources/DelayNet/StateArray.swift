/// Numbers for variables, nodes and columns: a trajectory, a history, a stimulus, an initial state.
///
/// Shape (variables, nodes, columns), time innermost. Variables are the model's states, or its coupling variables in a
/// history; an initial state has one column. A value; copies share their memory until one of them is changed.
public struct StateArray<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// The number of variables.
  public let variables: Int
  /// N, the number of nodes.
  public let nodes: Int
  /// The number of columns.
  public var columns: Int { rows.steps }
  /// The same values as a buffer: row `variable · nodes + node`, no history.
  public internal(set) var rows: Buffer<Scalar>

  init(variables: Int, nodes: Int, rows: Buffer<Scalar>) {
    (self.variables, self.nodes, self.rows) = (variables, nodes, rows)
  }

  init(uninitialized variables: Int, _ nodes: Int, _ columns: Int) throws(DelayNetError) {
    self.init(
      variables: variables, nodes: nodes, rows: try Buffer(uninitialized: Self.shape(variables, nodes, columns)))
  }

  private static func shape(
    _ variables: Int, _ nodes: Int, _ columns: Int
  ) throws(DelayNetError) -> BufferShape {
    try checkExtent("variables", variables)
    try checkExtent("nodes", nodes)
    try checkExtent("columns", columns)
    _ = try product(variables, nodes, columns)
    return BufferShape(unchecked: variables * nodes, 0, columns)
  }

  /// An array with the same value everywhere.
  ///
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a negative extent, ``DelayNetError/tooLarge`` or
  ///   ``DelayNetError/outOfMemory`` for one that cannot be held.
  public init(variables: Int, nodes: Int, columns: Int = 1, repeating value: Scalar = 0) throws(DelayNetError) {
    self.init(
      variables: variables, nodes: nodes,
      rows: try Buffer(Self.shape(variables, nodes, columns), repeating: value))
  }

  /// An array that `fill` writes to where it belongs: all values, row after row.
  ///
  /// - Throws: what `fill` and ``init(variables:nodes:columns:repeating:)`` throw.
  package init(
    variables: Int, nodes: Int, columns: Int, filling fill: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) throws {
    let shape = try Self.shape(variables, nodes, columns)
    let rows = try Buffer<Scalar>(uninitialized: shape)
    try fill(UnsafeMutableBufferPointer(start: rows.base, count: shape.count))
    self.init(variables: variables, nodes: nodes, rows: rows)
  }

  /// An array of the given values.
  ///
  /// - Parameters:
  ///   - variables: the number of variables.
  ///   - nodes: the number of nodes.
  ///   - columns: the number of columns.
  ///   - values: row after row, `variables * nodes * columns` of them.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` when the number of values is another one; what
  ///   ``init(variables:nodes:columns:repeating:)`` throws.
  public init(variables: Int, nodes: Int, columns: Int = 1, values: [Scalar]) throws(DelayNetError) {
    let shape = try Self.shape(variables, nodes, columns)
    guard values.count == shape.count else {
      throw .shapeMismatch(name: "values", expected: [variables, nodes, columns], found: [values.count])
    }
    self.init(
      variables: variables, nodes: nodes,
      rows: try Buffer(nodes: shape.nodes, history: 0, steps: columns, values: values))
  }

  /// [variables, nodes, columns].
  public var shape: [Int] { [variables, nodes, columns] }

  /// A copy of the values, row after row.
  public var values: [Scalar] { rows.values }

  /// The value of a variable and node at a column.
  ///
  /// - Precondition: there are such a variable, node and column.
  public subscript(variable: Int, node: Int, column: Int) -> Scalar {
    get { rows[row(variable, node), column] }
    set { rows[row(variable, node), column] = newValue }
  }

  /// A copy of the columns of a variable and node.
  ///
  /// - Precondition: there are such a variable and node.
  public func series(_ variable: Int, node: Int) -> [Scalar] { rows.row(row(variable, node)) }

  /// A copy of some columns.
  ///
  /// - Precondition: they lie within the array's.
  public func columns(_ range: Range<Int>) -> StateArray {
    StateArray(variables: variables, nodes: nodes, rows: rows.columns(range))
  }

  /// Overwrites the columns from `first` on with those of an array of as many variables and nodes.
  package mutating func replace(columnsFrom first: Int, with other: StateArray) {
    let (count, all) = (other.columns, columns)
    let rows = variables * nodes
    other.rows.withUnsafeBufferPointer { from in
      self.rows.withUnsafeMutableBufferPointer { to in
        for row in 0..<rows { for t in 0..<count { to[row * all + first + t] = from[row * count + t] } }
      }
    }
  }

  private func row(_ variable: Int, _ node: Int) -> Int {
    precondition(0..<variables ~= variable && 0..<nodes ~= node, "variable or node out of range")
    return variable * nodes + node
  }

  /// The element-wise difference of two arrays.
  ///
  /// - Precondition: the shapes are equal.
  public static func - (a: StateArray, b: StateArray) -> StateArray {
    precondition(a.shape == b.shape, "arrays of shapes \(a.shape) and \(b.shape) cannot be combined")
    return StateArray(variables: a.variables, nodes: a.nodes, rows: a.rows - b.rows)
  }
}
