/// An array of numbers with a shape, as NumPy's `.npy` files hold it.
///
/// Elements are in row-major order ("C order"): the last axis is innermost, whatever order the file was in.
///
/// ```swift
/// let weights = try NPYArray(path: "weights.npy")
/// let values = try weights.values(as: Double.self, shape: [84, 84])
/// ```
public struct NPYArray: Sendable, Hashable {
  /// The type of an array's elements.
  public enum ElementType: String, Sendable, Hashable, CaseIterable {
    /// `Float`, NumPy's `float32`.
    case float32 = "f4"
    /// `Double`, NumPy's `float64`.
    case float64 = "f8"
    /// `Int32`, NumPy's `int32`.
    case int32 = "i4"
    /// `Int64`, NumPy's `int64`.
    case int64 = "i8"

    /// Bytes of one element: 4 or 8.
    public var byteCount: Int {
      switch self {
      case .float32, .int32: 4
      case .float64, .int64: 8
      }
    }
  }

  /// The elements in row-major order, as the type they have in the file.
  public enum Storage: Sendable, Hashable {
    /// Elements of NumPy's type `float32`.
    case float32([Float])
    /// Elements of NumPy's type `float64`.
    case float64([Double])
    /// Elements of NumPy's type `int32`.
    case int32([Int32])
    /// Elements of NumPy's type `int64`.
    case int64([Int64])
  }

  /// The largest number of axes: 32.
  public static let maximumRank = 32

  /// The length of each axis; empty for a single number (rank 0).
  public let shape: [Int]

  /// The elements in row-major order; their number is the product of `shape`.
  public let storage: Storage

  /// An array from values in row-major order.
  ///
  /// - Parameters:
  ///   - values: the elements, in row-major order.
  ///   - shape: the length of each axis; one axis that holds all values unless given. `[]` makes a single number.
  /// - Throws: ``FileError`` of kind `mismatch` unless the product of `shape` is the number of values, no length is
  ///   negative and there are at most 32 axes.
  public init<Element: NPYElement>(_ values: [Element], shape: [Int]? = nil) throws(FileError) {
    let shape = shape ?? [values.count]
    let name = FileName(file: "array")
    guard shape.count <= Self.maximumRank else {
      throw name.error(
        .mismatch, found: "\(shape.count) axes", expected: "at most \(Self.maximumRank)")
    }
    guard elementCount(shape) == values.count else {
      throw name.error(
        .mismatch, found: "\(values.count) values for shape \(shape)",
        expected: "as many values as the product of the shape")
    }
    self.init(checkedShape: shape, storage: Element.npyStorage(values))
  }

  /// Trusts that the storage has as many elements as the shape says.
  init(checkedShape shape: [Int], storage: Storage) {
    self.shape = shape
    self.storage = storage
  }

  /// The type of the elements.
  public var elementType: ElementType {
    switch storage {
    case .float32: .float32
    case .float64: .float64
    case .int32: .int32
    case .int64: .int64
    }
  }

  /// The number of elements: the product of ``shape``, 1 for rank 0.
  public var count: Int {
    switch storage {
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    }
  }

  /// The elements in row-major order as another type, or as their own without a copy.
  ///
  /// `Double` becomes `Float` by rounding to the nearest; every other conversion is exact or an error, so that whole
  /// numbers stored as floating-point ones may be read as integers and the other way round.
  ///
  /// - Parameters:
  ///   - type: the type wanted.
  ///   - expected: the shape that the array has to have; any unless given.
  /// - Throws: ``FileError`` of kind `mismatch` for another shape, of kind `invalidValue` with the first element (its
  ///   indices are the error's position) that `type` cannot hold.
  /// - Complexity: O(1) for the array's own type, otherwise O(``count``).
  public func values<Element: NPYElement>(
    as type: Element.Type, shape expected: [Int]? = nil
  ) throws(FileError) -> [Element] {
    if let expected, expected != shape {
      throw FileName(file: "array").error(
        .mismatch, found: "shape \(shape)", expected: "shape \(expected)")
    }
    switch storage {
    case .float32(let values): return try convert(values) { Element.npyConverted(Double($0)) }
    case .float64(let values): return try convert(values) { Element.npyConverted($0) }
    case .int32(let values): return try convert(values) { Element.npyConverted(Int64($0)) }
    case .int64(let values): return try convert(values) { Element.npyConverted($0) }
    }
  }

  private func convert<Source: NPYElement, Target: NPYElement>(
    _ values: [Source], _ converted: (Source) -> Target?
  ) throws(FileError) -> [Target] {
    // As a value of any type: a cast from one array to another converts, and copies, element by element.
    if let same = values as Any as? [Target] { return same }
    var result: [Target] = []
    result.reserveCapacity(values.count)
    for (offset, value) in values.enumerated() {
      guard let target = converted(value) else {
        throw FileName(file: "array").error(
          .invalidValue, at: .index(indices(ofElement: offset)), found: "\(value)",
          expected: "a number that \(Target.self) can hold")
      }
      result.append(target)
    }
    return result
  }

  /// The indices, one for each axis, of an element counted in row-major order.
  private func indices(ofElement offset: Int) -> [Int] {
    var rest = offset
    var indices = shape
    for axis in shape.indices.reversed() {
      (rest, indices[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis])
    }
    return indices
  }
}

/// The product of the lengths of all axes, or `nil` for a negative length, or where the product overflows.
///
/// An axis of length 0 does not excuse the others: the product of the rest has to fit, too.
func elementCount(_ shape: [Int]) -> Int? {
  var product = 1
  for length in shape where length != 0 {
    let (next, overflow) = product.multipliedReportingOverflow(by: length)
    if length < 0 || overflow { return nil }
    product = next
  }
  return shape.contains(0) ? 0 : product
}
