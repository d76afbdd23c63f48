// Functions of a whole buffer, taken as a matrix with a row a node and a column a column. What is computed is the losses' of
// `Traced`; what would be an error there is NaN here where numbers are at fault, and ends the program where the program is.

extension Buffer {
  /// A function of the buffer as a matrix, history columns included, with a derivative that its author knows.
  ///
  ///     let covariance = b.applying { x in try Covariance(lag: 1).linearized(at: x) }
  ///
  /// - Parameter function: called once, with the values in `Double`.
  /// - Returns: the function's value, without history; NaN where it throws because of the numbers.
  /// - Precondition: the function does not throw for another reason, such as extents that do not fit.
  public func applying(_ function: (Matrix<Double>) throws(DelayNetError) -> Linearization) -> Buffer {
    applied(function).value
  }

  @derivative(of: applying, wrt: self)
  @usableFromInline
  func vjpApplying(
    _ function: (Matrix<Double>) throws(DelayNetError) -> Linearization
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    let (value, pullback) = applied(function)
    return (value, pullback)
  }

  private func applied(
    _ function: (Matrix<Double>) throws(DelayNetError) -> Linearization
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    let shape = shape
    do throws(DelayNetError) {
      let result = try function(matrix)
      let value = Buffer(filledWith: result.value)
      let ofValue = value.shape
      return (
        value,
        { v in
          if v.isEmpty { return .zero }
          return TangentVector(Self.filled(shape, result.pullback(v.buffer(of: ofValue).matrix)))
        }
      )
    } catch {
      switch error {
      case .constantSeries, .notFiniteEntry, .invalidValue: break
      default: fatalError(error.description)
      }
      // The extents are not known: a single NaN makes a NaN of whatever is made of it.
      return (
        Buffer(filledWith: Matrix(unchecked: 1, 1, [.nan])),
        { v in v.isEmpty ? .zero : TangentVector(Buffer(alike: shape, repeating: .nan)) }
      )
    }
  }

  private static func filled(_ shape: BufferShape, _ matrix: Matrix<Double>) -> Buffer {
    var buffer = Buffer(alike: shape)
    buffer.withUnsafeMutableBufferPointer { memory in
      matrix.values.withUnsafeBufferPointer { for n in 0..<$0.count { memory[n] = Scalar($0[n]) } }
    }
    return buffer
  }
}

// ---- What functional connectivity needs ------------------------------------------------------------------------------

extension Buffer {
  /// Every row minus its mean over time, history columns included.
  public func centered() -> Buffer { applied { x throws(DelayNetError) in .centered(x) }.value.shaped(shape) }

  @derivative(of: centered)
  @usableFromInline
  func vjpCentered() -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    // Linear, and its own transpose.
    (centered(), { [shape] v in v.isEmpty ? .zero : TangentVector(v.buffer(of: shape).centered()) })
  }

  private func shaped(_ shape: BufferShape) -> Buffer { Self.filled(shape, matrix) }

  /// Rows and columns exchanged; the result has no history.
  public func transposed() -> Buffer { applied { x throws(DelayNetError) in .transposed(x) }.value }

  @derivative(of: transposed)
  @usableFromInline
  func vjpTransposed() -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    applied { x throws(DelayNetError) in .transposed(x) }
  }

  /// The entries above the diagonal of a square buffer, row after row, as one row.
  ///
  /// - Precondition: there are as many columns as nodes.
  public func upperTriangle() -> Buffer { applied { x throws(DelayNetError) in try .upperTriangle(of: x) }.value }

  @derivative(of: upperTriangle)
  @usableFromInline
  func vjpUpperTriangle() -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    applied { x throws(DelayNetError) in try .upperTriangle(of: x) }
  }

  /// Functional connectivity: Pearson's correlation over time of every two rows, shape (nodes, 0 + nodes).
  ///
  /// NaN throughout where a row does not change, or holds a number that is not finite.
  public func functionalConnectivity() -> Buffer {
    connected().value
  }

  @derivative(of: functionalConnectivity)
  @usableFromInline
  func vjpFunctionalConnectivity() -> (value: Buffer, pullback: (TangentVector) -> TangentVector) { connected() }

  private func connected() -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    let (nodes, shape) = (nodes, shape)
    let result = applied { x throws(DelayNetError) in try .correlation(ofRows: x) }
    guard result.value.nodes != nodes || result.value.columns != nodes || result.value.values.contains(where: \.isNaN)
    else {
      return result
    }
    return (
      Buffer(filledWith: Matrix(filling: nodes, nodes) { _, _ in .nan }),
      { v in v.isEmpty ? .zero : TangentVector(Buffer(alike: shape, repeating: .nan)) }
    )
  }

  /// The product of two matrices, shape (nodes of this one, 0 + columns of the other one).
  ///
  /// - Precondition: the other one has a node for every column of this one.
  public func matrixProduct(_ other: Buffer) -> Buffer {
    precondition(columns == other.nodes, "buffers of shapes \(shape) and \(other.shape) have no matrix product")
    return Buffer(filledWith: matrix.times(other.matrix))
  }

  @derivative(of: matrixProduct)
  @usableFromInline
  func vjpMatrixProduct(
    _ other: Buffer
  ) -> (value: Buffer, pullback: (TangentVector) -> (TangentVector, TangentVector)) {
    let value = matrixProduct(other)
    let ofValue = value.shape
    return (
      value,
      { v in
        if v.isEmpty { return (.zero, .zero) }
        let dv = v.buffer(of: ofValue).matrix
        return (
          TangentVector(Self.filled(self.shape, dv.times(other.matrix.transposed))),
          TangentVector(Self.filled(other.shape, self.matrix.transposed.times(dv)))
        )
      }
    )
  }
}

extension Buffer where Scalar: Differentiable, Scalar.TangentVector == Scalar {
  /// Pearson's correlation of the entries above the diagonal of a square buffer with those of a target.
  ///
  ///     let loss = 1 - map.differentiableRun(b).functionalConnectivity().correlation(with: target)
  ///
  /// NaN where all entries are the same, or one is not finite.
  ///
  /// - Precondition: the target has the buffer's extents, which are square.
  public func correlation(with target: Matrix<Scalar>) -> Scalar { correlated(target).value }

  @derivative(of: correlation, wrt: self)
  @usableFromInline
  func vjpCorrelation(
    with target: Matrix<Scalar>
  ) -> (value: Scalar, pullback: (Scalar) -> TangentVector) {
    correlated(target)
  }

  private func correlated(_ target: Matrix<Scalar>) -> (value: Scalar, pullback: (Scalar) -> TangentVector) {
    let target = target.map { Double($0) }
    let (value, pullback) = applied { x throws(DelayNetError) in
      try x.requireSquare("matrix")
      try target.require(x.rows, x.columns, "target")
      let entries = target.upperTriangle
      return try Linearization.upperTriangle(of: x).then { x throws(DelayNetError) in
        try .correlation(of: x, with: entries)
      }
    }
    let shape = value.shape
    return (value[0, 0], { v in pullback(TangentVector(Buffer(alike: shape, repeating: v))) })
  }
}
