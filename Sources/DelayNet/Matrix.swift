/// A dense table of values, row-major.
///
/// In a network's matrices a row is a target and a column a source.
public struct Matrix<Element: Sendable>: Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The values, row after row; `rows * columns` of them.
  public private(set) var values: [Element]

  /// A matrix of the given values.
  ///
  /// - Parameters:
  ///   - rows: the number of rows.
  ///   - columns: the number of columns.
  ///   - values: row after row, `rows * columns` of them.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` when the number of values is another one.
  public init(rows: Int, columns: Int, values: [Element]) throws(DelayNetError) {
    guard rows >= 0, columns >= 0, try values.count == product(rows, columns) else {
      throw .shapeMismatch(name: "values", expected: [rows, columns], found: [values.count])
    }
    self.init(unchecked: rows, columns, values)
  }

  /// A matrix with the same value everywhere.
  ///
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a negative extent, ``DelayNetError/tooLarge`` or
  ///   ``DelayNetError/outOfMemory`` for one that cannot be held.
  public init(rows: Int, columns: Int, repeating value: Element) throws(DelayNetError) {
    self.init(unchecked: rows, columns, try array(repeating: value, count: Self.count(rows, columns)))
  }

  /// A matrix whose entry at row `i` and column `j` is `entry(i, j)`.
  ///
  /// - Throws: what ``init(rows:columns:repeating:)`` throws.
  public init(rows: Int, columns: Int, _ entry: (Int, Int) -> Element) throws(DelayNetError) {
    try requireMemory(Self.count(rows, columns), of: Element.self)
    self.init(filling: rows, columns, entry)
  }

  private static func count(_ rows: Int, _ columns: Int) throws(DelayNetError) -> Int {
    try checkExtent("rows", rows)
    try checkExtent("columns", columns)
    return try product(rows, columns)
  }

  /// A matrix as large as one that is there.
  package init(filling rows: Int, _ columns: Int, _ entry: (Int, Int) -> Element) {
    var values: [Element] = []
    values.reserveCapacity(rows * columns)
    for i in 0..<rows where columns > 0 { for j in 0..<columns { values.append(entry(i, j)) } }
    self.init(unchecked: rows, columns, values)
  }

  package init(unchecked rows: Int, _ columns: Int, _ values: [Element]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The entry at a row and a column.
  ///
  /// - Precondition: there are such a row and column.
  public subscript(row: Int, column: Int) -> Element {
    get {
      precondition(0 <= row && row < rows && 0 <= column && column < columns, "matrix index out of range")
      return values[row * columns + column]
    }
    set {
      precondition(0 <= row && row < rows && 0 <= column && column < columns, "matrix index out of range")
      values[row * columns + column] = newValue
    }
  }

  /// The matrix of `transform` applied to every entry.
  public func map<Result, Failure>(
    _ transform: (Element) throws(Failure) -> Result
  ) throws(Failure) -> Matrix<Result> {
    Matrix<Result>(unchecked: rows, columns, try values.map(transform))
  }

  /// The matrix with rows and columns exchanged.
  public var transposed: Matrix {
    Matrix(filling: columns, rows) { self[$1, $0] }
  }
}

extension Matrix: Equatable where Element: Equatable {}
extension Matrix: Hashable where Element: Hashable {}
