/// The number types that a `.npy` file may hold here: `Float`, `Double`, `Int32` and `Int64`.
///
/// The protocol exists to constrain generic functions; it is not meant for types of your own.
public protocol NPYElement: Sendable, Hashable {
  /// What ``NPYArray/elementType`` is for arrays of this type.
  static var npyElementType: NPYArray.ElementType { get }

  /// Wraps values, in row-major order, as an array's storage.
  static func npyStorage(_ values: [Self]) -> NPYArray.Storage

  /// The number as this type: rounded to the nearest if this is a floating-point type, exact otherwise.
  ///
  /// - Returns: `nil` for a finite number beyond this type's range, and for a fraction or NaN as an integer.
  static func npyConverted(_ value: Double) -> Self?

  /// The number as this type, exactly.
  ///
  /// - Returns: `nil` where this type does not hold exactly that number.
  static func npyConverted(_ value: Int64) -> Self?
}

extension Float: NPYElement {
  /// ``NPYArray/ElementType/float32``.
  public static var npyElementType: NPYArray.ElementType { .float32 }
  /// Wraps values as an array's storage.
  public static func npyStorage(_ values: [Float]) -> NPYArray.Storage { .float32(values) }
  /// The nearest `Float`, or `nil` for a finite number beyond the range.
  public static func npyConverted(_ value: Double) -> Float? {
    let float = Float(value)
    return float.isInfinite && value.isFinite ? nil : float
  }
  /// The same number, or `nil` where a `Float` would round it.
  public static func npyConverted(_ value: Int64) -> Float? { Float(exactly: value) }
}

extension Double: NPYElement {
  /// ``NPYArray/ElementType/float64``.
  public static var npyElementType: NPYArray.ElementType { .float64 }
  /// Wraps values as an array's storage.
  public static func npyStorage(_ values: [Double]) -> NPYArray.Storage { .float64(values) }
  /// The number itself.
  public static func npyConverted(_ value: Double) -> Double? { value }
  /// The same number, or `nil` where a `Double` would round it.
  public static func npyConverted(_ value: Int64) -> Double? { Double(exactly: value) }
}

extension Int32: NPYElement {
  /// ``NPYArray/ElementType/int32``.
  public static var npyElementType: NPYArray.ElementType { .int32 }
  /// Wraps values as an array's storage.
  public static func npyStorage(_ values: [Int32]) -> NPYArray.Storage { .int32(values) }
  /// The same whole number, or `nil` for a fraction, NaN, or a number out of range.
  public static func npyConverted(_ value: Double) -> Int32? { Int32(exactly: value) }
  /// The same number, or `nil` if it is out of range.
  public static func npyConverted(_ value: Int64) -> Int32? { Int32(exactly: value) }
}

extension Int64: NPYElement {
  /// ``NPYArray/ElementType/int64``.
  public static var npyElementType: NPYArray.ElementType { .int64 }
  /// Wraps values as an array's storage.
  public static func npyStorage(_ values: [Int64]) -> NPYArray.Storage { .int64(values) }
  /// The same whole number, or `nil` for a fraction, NaN, or a number out of range.
  public static func npyConverted(_ value: Double) -> Int64? { Int64(exactly: value) }
  /// The number itself.
  public static func npyConverted(_ value: Int64) -> Int64? { value }
}
