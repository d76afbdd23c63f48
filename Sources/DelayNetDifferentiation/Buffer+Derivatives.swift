// The derivatives of a buffer's arithmetic. Cotangents are `d` + the name of what they belong to; `v` is the result's.

// ---- Element by element ----------------------------------------------------------------------------------------------

extension Buffer {
  @derivative(of: +)
  @usableFromInline
  static func vjpAdd(
    _ a: Buffer, _ b: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> (TangentVector, TangentVector)) {
    (a + b, { v in (v, v) })
  }

  @derivative(of: -)
  @usableFromInline
  static func vjpSubtract(
    _ a: Buffer, _ b: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> (TangentVector, TangentVector)) {
    (a - b, { v in (v, -1 * v) })
  }

  @derivative(of: -, wrt: a)
  @usableFromInline
  static func vjpSubtractConstant(
    _ a: Buffer, _ b: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    (a - b, { v in v })
  }

  @derivative(of: *)
  @usableFromInline
  static func vjpMultiply(
    _ a: Buffer, _ b: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> (TangentVector, TangentVector)) {
    (a * b, { v in (v.times(b), v.times(a)) })
  }

  @derivative(of: *, wrt: a)
  @usableFromInline
  static func vjpMultiplyByConstant(
    _ a: Buffer, _ b: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    (a * b, { v in v.times(b) })
  }

  @derivative(of: *, wrt: b)
  @usableFromInline
  static func vjpMultiplyConstant(
    _ a: Buffer, _ b: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    (a * b, { v in v.times(a) })
  }

  @derivative(of: +=)
  @usableFromInline
  static func vjpAddAssign(
    _ a: inout Buffer, _ b: Buffer
  ) -> (value: Void, pullback: (inout TangentVector) -> TangentVector) {
    a += b
    return ((), { v in v })
  }

  @derivative(of: -=)
  @usableFromInline
  static func vjpSubtractAssign(
    _ a: inout Buffer, _ b: Buffer
  ) -> (value: Void, pullback: (inout TangentVector) -> TangentVector) {
    a -= b
    return ((), { v in -1 * v })
  }

  @derivative(of: squared)
  @usableFromInline
  func vjpSquared() -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    (squared(), { v in (2 * v).times(self) })
  }

  @derivative(of: *, wrt: a)
  @usableFromInline
  static func vjpScaleByConstant(
    _ number: Scalar, _ a: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    (number * a, { v in number * v })
  }

  @derivative(of: *, wrt: a)
  @usableFromInline
  static func vjpScaleByConstant(
    _ a: Buffer, _ number: Scalar
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    (a * number, { v in number * v })
  }
}

// ---- Numbers -----------------------------------------------------------------------------------------------------

extension Buffer where Scalar: Differentiable, Scalar.TangentVector == Scalar {
  @derivative(of: *)
  @usableFromInline
  static func vjpScale(
    _ number: Scalar, _ a: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> (Scalar, TangentVector)) {
    (number * a, { v in (Scalar(v.dot(a)), number * v) })
  }

  @derivative(of: *)
  @usableFromInline
  static func vjpScale(
    _ a: Buffer, _ number: Scalar
  ) -> (value: Buffer, pullback: (TangentVector) -> (TangentVector, Scalar)) {
    (a * number, { v in (number * v, Scalar(v.dot(a))) })
  }

  @derivative(of: sum)
  @usableFromInline
  func vjpSum() -> (value: Scalar, pullback: (Scalar) -> TangentVector) {
    let shape = shape
    return (sum(), { v in TangentVector(repeating: v, shape) })
  }

  @derivative(of: mean)
  @usableFromInline
  func vjpMean() -> (value: Scalar, pullback: (Scalar) -> TangentVector) {
    let shape = shape
    return (mean(), { v in TangentVector(repeating: v * (1 / Scalar(shape.count)), shape) })
  }
}

extension Buffer {
  @derivative(of: dot)
  @usableFromInline
  func vjpDot(
    _ other: Buffer
  ) -> (value: Double, pullback: (Double) -> (TangentVector, TangentVector)) {
    (dot(other), { v in (TangentVector(Scalar(v) * other), TangentVector(Scalar(v) * self)) })
  }

  @derivative(of: dot, wrt: self)
  @usableFromInline
  func vjpDotConstant(_ other: Buffer) -> (value: Double, pullback: (Double) -> TangentVector) {
    (dot(other), { v in TangentVector(Scalar(v) * other) })
  }
}

// ---- Parts -----------------------------------------------------------------------------------------------------------

extension Buffer where Scalar: Differentiable, Scalar.TangentVector == Scalar {
  @derivative(of: subscript(_:_:).get)
  @usableFromInline
  func vjpSubscript(
    _ node: Int, _ column: Int
  ) -> (value: Scalar, pullback: (Scalar) -> TangentVector) {
    let shape = shape
    return (self[node, column], { v in TangentVector(v, at: node * shape.columns + column, shape) })
  }

  @derivative(of: subscript(node:step:).get)
  @usableFromInline
  func vjpSubscript(
    node: Int, step: Int
  ) -> (value: Scalar, pullback: (Scalar) -> TangentVector) {
    let shape = shape
    return (
      self[node: node, step: step],
      { v in TangentVector(v, at: node * shape.columns + shape.history + step, shape) }
    )
  }

  @derivative(of: row)
  @usableFromInline
  func vjpRow(_ node: Int) -> (value: [Scalar], pullback: ([Scalar].TangentVector) -> TangentVector) {
    let shape = shape
    return (row(node), { v in Self.tangent(v.base, from: node * shape.columns, count: shape.columns, shape) })
  }

  @derivative(of: values.get)
  @usableFromInline
  func vjpValues() -> (value: [Scalar], pullback: ([Scalar].TangentVector) -> TangentVector) {
    let shape = shape
    return (values, { v in Self.tangent(v.base, from: 0, count: shape.count, shape) })
  }

  /// A buffer of the given values; a loss may depend on them.
  ///
  /// - Parameters:
  ///   - shape: the extents.
  ///   - values: row after row.
  /// - Precondition: there are `shape.count` values.
  public init(_ shape: BufferShape, values: [Scalar]) {
    precondition(values.count == shape.count, "a buffer \(shape) needs \(shape.count) values, not \(values.count)")
    self.init(alike: shape)
    withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: values) }
  }

  @derivative(of: init(_:values:), wrt: values)
  @usableFromInline
  static func vjpInit(
    _ shape: BufferShape, values: [Scalar]
  ) -> (value: Buffer, pullback: (TangentVector) -> [Scalar].TangentVector) {
    (Buffer(shape, values: values), { v in .init(v.isEmpty ? [] : v.buffer(of: shape).values) })
  }

  /// A tangent that is zero but for consecutive values; an empty array means zeros.
  private static func tangent(
    _ values: [Scalar], from first: Int, count: Int, _ shape: BufferShape
  ) -> TangentVector {
    if values.isEmpty { return .zero }
    precondition(values.count == count, "a tangent of \(count) values has \(values.count)")
    var buffer = Buffer(alike: shape)
    buffer.withUnsafeMutableBufferPointer { all in
      for n in 0..<count { all[first + n] = values[n] }
    }
    return TangentVector(buffer)
  }
}

extension Buffer {
  @derivative(of: columns(_:history:), wrt: self)
  @usableFromInline
  func vjpColumns(
    _ range: Range<Int>, history: Int
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    let shape = shape
    let part = columns(range, history: history)
    let partShape = part.shape
    return (
      part,
      { v in
        if v.isEmpty { return .zero }
        var whole = Buffer(alike: shape)
        whole.withUnsafeMutableBufferPointer { whole in
          v.buffer(of: partShape).withUnsafeBufferPointer { part in
            for i in 0..<shape.nodes {
              for c in 0..<range.count {
                whole[i * shape.columns + range.lowerBound + c] = part[i * range.count + c]
              }
            }
          }
        }
        return TangentVector(whole)
      }
    )
  }
}
