/// The extents of a buffer.
public struct BufferShape: Sendable, Hashable, CustomStringConvertible {
  /// N, the number of nodes (rows).
  public let nodes: Int
  /// H, the number of history columns.
  public let history: Int
  /// T, the number of steps after the history.
  public let steps: Int

  /// The shape of a buffer of `nodes` rows and `history + steps` columns.
  public init(nodes: Int, history: Int, steps: Int) {
    precondition(nodes >= 0 && history >= 0 && steps >= 0, "a buffer cannot have negative extents")
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

  init(uninitialized shape: BufferShape) {
    self.shape = shape
    storage = BufferStorage(count: shape.count)
  }

  /// A buffer with the same value everywhere.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public init(_ shape: BufferShape, repeating value: Scalar = 0) {
    self.init(uninitialized: shape)
    fill(storage.pointer, shape.count, value)
  }

  /// A buffer with the same value everywhere.
  public init(nodes: Int, history: Int, steps: Int, repeating value: Scalar = 0) {
    self.init(BufferShape(nodes: nodes, history: history, steps: steps), repeating: value)
  }

  /// A buffer of the values that `values` returns for their number.
  ///
  /// - Parameters:
  ///   - nodes: the number of nodes.
  ///   - history: the number of history columns.
  ///   - steps: the number of steps.
  ///   - values: called once with `nodes * (history + steps)`; must return that many values, row after row.
  public init(nodes: Int, history: Int, steps: Int, _ values: (Int) throws -> [Scalar]) rethrows {
    let shape = BufferShape(nodes: nodes, history: history, steps: steps)
    let array = try values(shape.count)
    precondition(array.count == shape.count, "a buffer \(shape) needs \(shape.count) values, not \(array.count)")
    self.init(shape, unchecked: array)
  }

  /// A buffer of the given values.
  ///
  /// - Parameters:
  ///   - nodes: the number of nodes.
  ///   - history: the number of history columns.
  ///   - steps: the number of steps.
  ///   - values: row after row, `nodes * (history + steps)` of them.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` when the number of values is another one.
  public init(nodes: Int, history: Int, steps: Int, values: [Scalar]) throws(DelayNetError) {
    let shape = BufferShape(nodes: nodes, history: history, steps: steps)
    guard values.count == shape.count else {
      throw .shapeMismatch(name: "values", expected: [nodes, history + steps], found: [values.count])
    }
    self.init(shape, unchecked: values)
  }

  private init(_ shape: BufferShape, unchecked values: [Scalar]) {
    self.init(uninitialized: shape)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { storage.pointer.update(from: base, count: shape.count) }
    }
  }

  /// A copy of the values, row after row.
  public var values: [Scalar] { withUnsafeBufferPointer { Array($0) } }

  /// The value of a node at a column; column `history + t` is step `t`.
  public subscript(node: Int, column: Int) -> Scalar {
    get { storage.pointer[offset(node, column)] }
    set {
      let place = offset(node, column)
      makeUnique()
      storage.pointer[place] = newValue
    }
  }

  /// The value of a node at a step; history columns are the steps `-history ..< 0`.
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
    let part = Buffer(uninitialized: BufferShape(nodes: nodes, history: history, steps: range.count - history))
    part.copyRows(from: self, column: range.lowerBound, to: 0, count: range.count)
    return part
  }

  /// A copy of one node's series, history first.
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
      let copy = BufferStorage<Scalar>(count: shape.count)
      copy.pointer.update(from: storage.pointer, count: shape.count)
      storage = copy
    }
  }

  /// Copies columns of every row. Only for a buffer that nobody else shares yet.
  func copyRows(from other: Buffer, column: Int, to first: Int, count: Int) {
    for i in 0..<nodes {
      (base + i * columns + first).update(from: other.base + i * other.columns + column, count: count)
    }
    extendLifetime(other)
  }

  /// Writes zeros into columns of every row. Only for a buffer that nobody else shares yet.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func clearRows(from first: Int, count: Int) {
    for i in 0..<nodes { fill(base + i * columns + first, count, 0) }
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

  init(count: Int) {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Scalar>.stride, alignment: 64)
    pointer = raw.bindMemory(to: Scalar.self, capacity: max(count, 1))
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
