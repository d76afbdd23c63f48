/// The extents of a buffer.
public struct BufferShape: Sendable, Hashable, CustomStringConvertible {
  /// N, the number of nodes (rows).
  public let nodes: Int
  /// H, the number of history columns.
  public let history: Int
  /// T, the number of steps after the history.
  public let steps: Int

  /// The shape of a buffer of `nodes` rows and `history + steps` columns.
  ///
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a negative extent, ``DelayNetError/tooLarge`` for a buffer
  ///   that cannot be addressed.
  public init(nodes: Int, history: Int, steps: Int) throws(DelayNetError) {
    try checkExtent("nodes", nodes)
    try checkExtent("history", history)
    try checkExtent("steps", steps)
    _ = try product(nodes, sum(history, steps))
    self.init(unchecked: nodes, history, steps)
  }

  /// A part of a shape that was checked, or one of values that are there.
  init(unchecked nodes: Int, _ history: Int, _ steps: Int) {
    self.nodes = nodes
    self.history = history
    self.steps = steps
  }

  /// The columns of a row: history + steps.
  public var columns: Int { history + steps }
  /// The values of a buffer: nodes × columns.
  public var count: Int { nodes * columns }
  /// "(nodes, history + steps)".
  public var description: String { "(\(nodes), \(history) + \(steps))" }

  var extents: [Int] { [nodes, history, steps] }
}

/// The time series of all nodes: history columns first, then one column a step.
///
/// Shape (nodes, history + steps), time innermost: row `i` is node `i`'s series and column `history + t` is step `t`.
/// Before a run the step columns hold noise samples, after it the computed series. A buffer is a value; copies share their
/// memory until one of them is changed.
public struct Buffer<Scalar: DelayNetScalar>: Sendable {
  /// The extents.
  public let shape: BufferShape
  private var storage: BufferStorage<Scalar>

  /// N, the number of nodes.
  public var nodes: Int { shape.nodes }
  /// H, the number of history columns.
  public var history: Int { shape.history }
  /// T, the number of steps.
  public var steps: Int { shape.steps }
  /// The columns of a row: history + steps.
  public var columns: Int { shape.columns }

  init(uninitialized shape: BufferShape) throws(DelayNetError) {
    guard let storage = BufferStorage<Scalar>(count: shape.count) else { throw .outOfMemory }
    self.shape = shape
    self.storage = storage
  }

  /// A buffer of values that are there already. Like those of an array, its copies end the program where memory does.
  init(copyOf shape: BufferShape) {
    self.shape = shape
    storage = BufferStorage(copyOf: shape.count)
  }

  /// A buffer with the same value everywhere, as large as one that is there.
  package init(alike shape: BufferShape, repeating value: Scalar = 0) {
    self.init(copyOf: shape)
    fill(storage.pointer, shape.count, value)
  }

  /// A buffer with the same value everywhere.
  ///
  /// - Throws: ``DelayNetError/outOfMemory``.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public init(_ shape: BufferShape, repeating value: Scalar = 0) throws(DelayNetError) {
    try self.init(uninitialized: shape)
    fill(storage.pointer, shape.count, value)
  }

  /// A buffer with the same value everywhere.
  ///
  /// - Throws: ``DelayNetError/outOfMemory`` and what ``BufferShape/init(nodes:history:steps:)`` throws.
  public init(nodes: Int, history: Int, steps: Int, repeating value: Scalar = 0) throws(DelayNetError) {
    try self.init(BufferShape(nodes: nodes, history: history, steps: steps), repeating: value)
  }

  /// A buffer of the values that `values` returns for their number.
  ///
  /// - Parameters:
  ///   - nodes: the number of nodes.
  ///   - history: the number of history columns.
  ///   - steps: the number of steps.
  ///   - values: called once with `nodes * (history + steps)`; must return that many values, row after row.
  /// - Throws: what `values` throws, and what ``init(nodes:history:steps:values:)`` throws.
  public init(nodes: Int, history: Int, steps: Int, _ values: (Int) throws -> [Scalar]) throws {
    let shape = try BufferShape(nodes: nodes, history: history, steps: steps)
    try self.init(shape, checked: values(shape.count))
  }

  /// A buffer of the given values.
  ///
  /// - Parameters:
  ///   - nodes: the number of nodes.
  ///   - history: the number of history columns.
  ///   - steps: the number of steps.
  ///   - values: row after row, `nodes * (history + steps)` of them.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` when the number of values is another one;
  ///   ``DelayNetError/outOfMemory``; what ``BufferShape/init(nodes:history:steps:)`` throws.
  public init(nodes: Int, history: Int, steps: Int, values: [Scalar]) throws(DelayNetError) {
    try self.init(BufferShape(nodes: nodes, history: history, steps: steps), checked: values)
  }

  private init(_ shape: BufferShape, checked values: [Scalar]) throws(DelayNetError) {
    guard values.count == shape.count else {
      throw .shapeMismatch(name: "values", expected: [shape.nodes, shape.columns], found: [values.count])
    }
    try self.init(uninitialized: shape)
    copy(values)
  }

  /// A buffer of one row.
  init(row values: [Scalar]) throws(DelayNetError) {
    try self.init(uninitialized: BufferShape(unchecked: 1, 0, values.count))
    copy(values)
  }

  private func copy(_ values: [Scalar]) {
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { storage.pointer.update(from: base, count: shape.count) }
    }
  }

  /// A copy of the values, row after row.
  public var values: [Scalar] { withUnsafeBufferPointer { Array($0) } }

  /// The value of a node at a column; column `history + t` is step `t`.
  ///
  /// - Precondition: there are such a node and column.
  public subscript(node: Int, column: Int) -> Scalar {
    get { storage.pointer[offset(node, column)] }
    set {
      let place = offset(node, column)
      makeUnique()
      storage.pointer[place] = newValue
    }
  }

  /// The value of a node at a step; history columns are the steps `-history ..< 0`.
  ///
  /// - Precondition: there are such a node and step.
  public subscript(node node: Int, step step: Int) -> Scalar {
    get { self[node, history + step] }
    set { self[node, history + step] = newValue }
  }

  private func offset(_ node: Int, _ column: Int) -> Int {
    precondition(0 <= node && node < nodes && 0 <= column && column < columns, "buffer index out of range")
    return node * columns + column
  }

  /// A copy of some columns, in a buffer whose first `history` columns count as history.
  ///
  /// - Precondition: `range` lies within the columns, and `history` within the range.
  public func columns(_ range: Range<Int>, history: Int = 0) -> Buffer {
    precondition(0 <= range.lowerBound && range.upperBound <= columns, "columns out of range")
    precondition(0...range.count ~= history, "history out of range")
    let part = Buffer(copyOf: BufferShape(unchecked: nodes, history, range.count - history))
    part.copyRows(from: self, column: range.lowerBound, to: 0, count: range.count)
    return part
  }

  /// A copy of one node's series, history first.
  ///
  /// - Precondition: there is such a node.
  public func row(_ node: Int) -> [Scalar] {
    precondition(0 <= node && node < nodes, "node out of range")
    return Array(UnsafeBufferPointer(start: storage.pointer + node * columns, count: columns))
  }

  /// Calls `body` with the values in place, row after row.
  public func withSpan<Result: ~Copyable, Failure>(
    _ body: (Span<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = try body(UnsafeBufferPointer(start: storage.pointer, count: shape.count).span)
    extendLifetime(storage)
    return result
  }

  /// Calls `body` with the values in place, row after row, to be changed.
  public mutating func withMutableSpan<Result: ~Copyable, Failure>(
    _ body: (inout MutableSpan<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { extendLifetime(storage) }
    var span = UnsafeMutableBufferPointer(start: storage.pointer, count: shape.count).mutableSpan
    return try body(&span)
  }

  /// Calls `body` with the values in place, row after row.
  public func withUnsafeBufferPointer<Result: ~Copyable, Failure>(
    _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(storage) }
    return try body(UnsafeBufferPointer(start: storage.pointer, count: shape.count))
  }

  /// Calls `body` with the values in place, row after row, to be changed.
  public mutating func withUnsafeMutableBufferPointer<Result: ~Copyable, Failure>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { extendLifetime(storage) }
    return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: shape.count))
  }
}

extension Buffer: Equatable {
  /// Whether shapes and values are equal; as for any floating-point value, 0 equals −0 and NaN equals nothing.
  public static func == (a: Buffer, b: Buffer) -> Bool {
    guard a.shape == b.shape else { return false }
    return a.withUnsafeBufferPointer { x in b.withUnsafeBufferPointer { y in x.elementsEqual(y) } }
  }
}

// ---- What the rest of the library uses: stable addresses -------------------------------------------------------------

extension Buffer {
  /// The first value. Valid while some copy of this buffer is alive (see `extendLifetime`); only its sole owner may write.
  var base: UnsafeMutablePointer<Scalar> { storage.pointer }

  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = BufferStorage<Scalar>(copyOf: shape.count)
      copy.pointer.update(from: storage.pointer, count: shape.count)
      storage = copy
    }
  }

  /// Copies columns of every row. Only for a buffer that nobody else shares yet.
  func copyRows(from other: Buffer, column: Int, to first: Int, count: Int) {
    for i in 0..<nodes where count > 0 {
      (base + i * columns + first).update(from: other.base + i * other.columns + column, count: count)
    }
    extendLifetime(other)
  }

  /// Writes zeros into columns of every row. Only for a buffer that nobody else shares yet.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func clearRows(from first: Int, count: Int) {
    for i in 0..<nodes where count > 0 { fill(base + i * columns + first, count, 0) }
  }
}

/// Writes one value `count` times. The standard library's own loop is not specialised for generic callers.
@inline(never)
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func fill<Scalar: DelayNetScalar>(_ memory: UnsafeMutablePointer<Scalar>, _ count: Int, _ value: Scalar) {
  for n in 0..<count { memory[n] = value }
}

/// Memory at a fixed address, aligned to a cache line.
private final class BufferStorage<Scalar: DelayNetScalar>: @unchecked Sendable {
  // Unchecked: written through a Buffer that is its only owner, read by any number.
  let pointer: UnsafeMutablePointer<Scalar>

  init?(count: Int) {
    guard let memory = allocateAligned(bytes: max(count, 1) * MemoryLayout<Scalar>.stride) else { return nil }
    pointer = memory.bindMemory(to: Scalar.self, capacity: max(count, 1))
  }

  convenience init(copyOf count: Int) {
    self.init(count: count)!
  }

  deinit { freeAligned(pointer) }
}
