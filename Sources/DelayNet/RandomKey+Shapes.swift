internal import CKernels

// Arrays of two extents are drawn as JAX draws them: element (i, j) is number i · columns + j of the flat array. They throw
// what arrays of one do.

extension RandomKey {
  private static func count(_ rows: Int, _ columns: Int) throws(DelayNetError) -> Int {
    try checkExtent("rows", rows)
    try checkExtent("columns", columns)
    return try product(rows, columns)
  }

  /// A matrix of uniform numbers, `jax.random.uniform(key, (rows, columns), minval, maxval)`.
  public func uniform<Scalar: DelayNetScalar>(
    _ rows: Int, _ columns: Int, in range: Range<Double> = 0..<1, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> Matrix<Scalar> {
    Matrix(unchecked: rows, columns, try uniform(Self.count(rows, columns), in: range, as: type))
  }

  /// A matrix of uniform integers, `jax.random.randint(key, (rows, columns), lower, upper)`.
  public func integers(in range: Range<Int32>, _ rows: Int, _ columns: Int) throws(DelayNetError) -> Matrix<Int32> {
    Matrix(unchecked: rows, columns, try integers(in: range, Self.count(rows, columns)))
  }

  /// A matrix of standard normal numbers, `jax.random.normal(key, (rows, columns))`.
  public func normal<Scalar: DelayNetScalar>(
    _ rows: Int, _ columns: Int, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> Matrix<Scalar> {
    Matrix(unchecked: rows, columns, try normal(Self.count(rows, columns), as: type))
  }

  /// A buffer of uniform numbers, `jax.random.uniform(key, (nodes, history + steps), minval, maxval)`.
  public func uniform<Scalar: DelayNetScalar>(
    _ shape: BufferShape, in range: Range<Double> = 0..<1, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> Buffer<Scalar> {
    var buffer = try Buffer<Scalar>(uninitialized: shape)
    buffer.withUnsafeMutableBufferPointer {
      Scalar.kernels.uniform(key, 0, Scalar(range.lowerBound), Scalar(range.upperBound), $0)
    }
    return buffer
  }

  /// A buffer of standard normal numbers, `jax.random.normal(key, (nodes, history + steps))`.
  public func normal<Scalar: DelayNetScalar>(
    _ shape: BufferShape, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> Buffer<Scalar> {
    var buffer = try Buffer<Scalar>(uninitialized: shape)
    buffer.withUnsafeMutableBufferPointer { Scalar.kernels.normal(key, 0, $0) }
    return buffer
  }

  /// Noise samples addressed by node and absolute step, for runs cut into chunks.
  ///
  /// Row i holds the numbers `steps` of the stream of `folding(in: i)`: however a run is cut, step t of node i draws the
  /// same number.
  ///
  /// - Parameters:
  ///   - nodes: how many rows.
  ///   - steps: absolute steps, from 0 on.
  ///   - type: `Float` or `Double`.
  /// - Returns: standard normal numbers, shape (nodes, 0 + steps.count).
  /// - Throws: ``DelayNetError/outOfMemory`` and what ``BufferShape/init(nodes:history:steps:)`` throws.
  public func noise<Scalar: DelayNetScalar>(
    nodes: Int, steps: Range<Int>, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> Buffer<Scalar> {
    try checkExtent("steps", steps.lowerBound)
    var buffer = try Buffer<Scalar>(uninitialized: BufferShape(nodes: nodes, history: 0, steps: steps.count))
    buffer.withUnsafeMutableBufferPointer { values in
      for i in 0..<nodes where !steps.isEmpty {
        let row = UnsafeMutableBufferPointer(rebasing: values[(i * steps.count)..<((i + 1) * steps.count)])
        Scalar.kernels.normal(folding(in: UInt64(i)).key, UInt64(steps.lowerBound), row)
      }
    }
    return buffer
  }
}
