// What a loss needs of matrices: a function that is not element by element is evaluated when it is written down, and is a leaf
// of what is made of it; the gradient pulls the leaf's cotangent back through the function.

extension Traced {
  /// A function of the whole output, taken as a matrix with a row a row and a column a column, history columns included.
  ///
  /// - Parameter function: called once, with the values in `Double`; returns its value and derivative, see ``Linearization``.
  ///   What it throws, the gradient throws.
  /// - Complexity: one evaluation of the expression, and one on the way back.
  public func applying(_ function: (Matrix<Double>) throws(DelayNetError) -> Linearization) -> Traced {
    guard mistake == nil else { return self }
    do throws(DelayNetError) {
      let result = try function(matrix)
      let isConstant = call == nil
      return Self.computed(result.value, of: call, [self]) { [isConstant ? nil : result.pullback($0)] }
    } catch {
      return Traced(expression, shape, of: call, error)
    }
  }

  /// A leaf of a value that was computed, with the cotangents that it gives to its operands.
  private static func computed(
    _ value: Matrix<Double>, of call: LossCall<Scalar>.Identity?, _ operands: [Traced],
    pullback: @escaping (Matrix<Double>) -> [Matrix<Double>?]
  ) -> Traced {
    let buffer = Buffer<Scalar>(filledWith: value)
    guard call != nil else { return Traced(Expression(.constant(buffer)), buffer.shape, of: nil) }
    let leaf = Computed(value: buffer, shapes: operands.map(\.shape), pullback: pullback)
    return Traced(Expression(.computed(leaf), of: operands.map(\.expression)), buffer.shape, of: call)
  }

  /// The values in `Double`. Nothing with a mistake in it is ever evaluated.
  private var matrix: Matrix<Double> {
    let all = Reduction(expression, rows: 0..<shape.nodes, columns: 0..<shape.columns, rowLength: shape.columns)
    return all.values(shape).matrix
  }

  /// Every row minus its mean over time, history columns included.
  public func centered() -> Traced { applying { x throws(DelayNetError) in .centered(x) } }

  /// Rows and columns exchanged.
  public func transposed() -> Traced { applying { x throws(DelayNetError) in .transposed(x) } }

  /// Some columns; the loss throws ``DelayNetError/optionOutOfRange(name:value:)`` where they are not there.
  public func columns(_ range: Range<Int>) -> Traced {
    applying { x throws(DelayNetError) in try .columns(range, of: x) }
  }

  /// All columns but the first ones, such as those of a transient.
  public func dropping(first count: Int) -> Traced {
    applying { x throws(DelayNetError) in
      guard 0...x.columns ~= count else { throw .optionOutOfRange(name: "columns", value: Double(count)) }
      return try .columns(count..<x.columns, of: x)
    }
  }

  /// Some rows; the loss throws ``DelayNetError/optionOutOfRange(name:value:)`` where they are not there.
  public func rows(_ range: Range<Int>) -> Traced { applying { x throws(DelayNetError) in try .rows(range, of: x) } }

  /// The entries above the diagonal of a square matrix, row after row, as one row.
  public func upperTriangle() -> Traced { applying { x throws(DelayNetError) in try .upperTriangle(of: x) } }

  /// The product of two matrices, shape (rows of this one, columns of the other one).
  public func matrixProduct(_ other: Traced) -> Traced {
    let (call, foreign) = LossCall<Scalar>.merge(call, other.call)
    if let mistake = mistake ?? other.mistake ?? foreign { return Traced(expression, shape, of: call, mistake) }
    guard shape.columns == other.shape.nodes else {
      return Traced(
        expression, shape, of: call,
        .shapeMismatch(
          name: "right factor", expected: [shape.columns, other.shape.columns],
          found: [other.shape.nodes, other.shape.columns]))
    }
    let (a, b) = (matrix, other.matrix)
    let needs = (self.call != nil, other.call != nil)
    return Self.computed(a.times(b), of: call, [self, other]) { v in
      [needs.0 ? v.times(b.transposed) : nil, needs.1 ? a.transposed.times(v) : nil]
    }
  }

  /// The product with a constant matrix on the right, such as a transposed lead field or a projection.
  public func matrixProduct(_ other: Matrix<Scalar>) -> Traced {
    let constant = other.map { Double($0) }
    return applying { x throws(DelayNetError) in try .product(x, constant) }
  }

  /// Functional connectivity: Pearson's correlation over time of every two rows, shape (rows, rows).
  ///
  /// The loss throws ``DelayNetError/constantSeries(name:row:)`` where a row does not change, so that its correlation is not
  /// defined.
  public func functionalConnectivity() -> Traced {
    applying { x throws(DelayNetError) in try .correlation(ofRows: x) }
  }

  /// Pearson's correlation of the entries above the diagonal with those of a target.
  ///
  ///     let loss = 1 - bold.functionalConnectivity().correlation(with: target)
  ///
  /// The loss throws ``DelayNetError/shapeMismatch(name:expected:found:)`` for a target of other extents or a matrix that is
  /// not square, and ``DelayNetError/constantSeries(name:row:)`` where all entries are the same.
  public func correlation(with target: Matrix<Scalar>) -> TracedScalar<Scalar> {
    let target = target.map { Double($0) }
    return applying { x throws(DelayNetError) in
      try x.requireSquare("matrix")
      try target.require(x.rows, x.columns, "target")
      let entries = target.upperTriangle
      return try Linearization.upperTriangle(of: x).then { x throws(DelayNetError) in
        try .correlation(of: x, with: entries)
      }
    }.sum()
  }

  /// Pearson's correlation of all entries with given ones, row after row.
  ///
  /// The loss throws ``DelayNetError/shapeMismatch(name:expected:found:)`` for another number of them.
  public func correlation(with target: [Scalar]) -> TracedScalar<Scalar> {
    applying { x throws(DelayNetError) in
      guard target.count == x.values.count else {
        throw .shapeMismatch(name: "target", expected: [x.rows, x.columns], found: [target.count])
      }
      return try .correlation(of: x, with: Matrix(unchecked: x.rows, x.columns, target.map { Double($0) }))
    }.sum()
  }
}

/// A value that is no sum of elements, and how its cotangent goes back.
final class Computed<Scalar: DelayNetScalar> {
  let value: Buffer<Scalar>
  /// The extents of the operands.
  let shapes: [BufferShape]
  /// The operands' cotangents; nil for constants.
  let pullback: (Matrix<Double>) -> [Matrix<Double>?]

  init(value: Buffer<Scalar>, shapes: [BufferShape], pullback: @escaping (Matrix<Double>) -> [Matrix<Double>?]) {
    (self.value, self.shapes, self.pullback) = (value, shapes, pullback)
  }
}

extension Buffer {
  /// The values in `Double`, shape (nodes, history + steps).
  package var matrix: Matrix<Double> {
    Matrix(unchecked: nodes, columns, withUnsafeBufferPointer { inDouble($0) })
  }

  /// A buffer without history of a matrix's entries.
  package init(filledWith matrix: Matrix<Double>) {
    self.init(alike: BufferShape(unchecked: matrix.rows, 0, matrix.columns))
    withUnsafeMutableBufferPointer { fromDouble(matrix.values, $0) }
  }
}

@inline(never)
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func inDouble<Scalar: DelayNetScalar>(_ values: UnsafeBufferPointer<Scalar>) -> [Double] {
  [Double](unsafeUninitializedCapacity: values.count) { memory, count in
    for n in 0..<values.count { memory.baseAddress!.advanced(by: n).initialize(to: Double(values[n])) }
    count = values.count
  }
}

@inline(never)
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func fromDouble<Scalar: DelayNetScalar>(_ values: [Double], _ memory: UnsafeMutableBufferPointer<Scalar>) {
  values.withUnsafeBufferPointer { source in
    for n in 0..<source.count { memory[n] = Scalar(source[n]) }
  }
}
