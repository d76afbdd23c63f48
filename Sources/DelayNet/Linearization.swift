/// A function of a matrix at a point: its value, and its derivative there in both directions.
///
/// ``Traced/applying(_:)`` puts one into a loss, so that a loss may use any function whose derivative its author knows:
///
///     let energy = bold.applying { x in
///       Linearization(
///         value: x.map { $0 * $0 },
///         pullback: { v in Linearization.product(v, x) { 2 * $0 * $1 } },
///         pushforward: { dx in Linearization.product(dx, x) { 2 * $0 * $1 } })
///     }
///
/// Everything is in `Double`, whatever the precision of the run.
public struct Linearization: Sendable {
  /// The function's value.
  public let value: Matrix<Double>
  /// The cotangent of the point for one of the value.
  public let pullback: @Sendable (Matrix<Double>) -> Matrix<Double>
  /// The change of the value for one of the point.
  public let pushforward: @Sendable (Matrix<Double>) -> Matrix<Double>

  /// A function's value and its derivative in both directions.
  ///
  /// - Parameters:
  ///   - value: of any extents.
  ///   - pullback: takes a cotangent of the value's extents, returns one of the point's.
  ///   - pushforward: takes a tangent of the point's extents, returns one of the value's.
  public init(
    value: Matrix<Double>, pullback: @escaping @Sendable (Matrix<Double>) -> Matrix<Double>,
    pushforward: @escaping @Sendable (Matrix<Double>) -> Matrix<Double>
  ) {
    self.value = value
    self.pullback = pullback
    self.pushforward = pushforward
  }

  /// A matrix of a function of the entries of two.
  ///
  /// - Precondition: their extents are equal.
  public static func product(
    _ a: Matrix<Double>, _ b: Matrix<Double>, _ function: (Double, Double) -> Double
  ) -> Matrix<Double> {
    precondition(a.rows == b.rows && a.columns == b.columns, "matrices of different extents")
    return Matrix(unchecked: a.rows, a.columns, zip(a.values, b.values).map(function))
  }

  /// This function and then another one of its value.
  ///
  /// - Throws: what `next` throws.
  public func then(
    _ next: (Matrix<Double>) throws(DelayNetError) -> Linearization
  ) throws(DelayNetError) -> Linearization {
    let (first, second) = (self, try next(value))
    return Linearization(
      value: second.value, pullback: { first.pullback(second.pullback($0)) },
      pushforward: { second.pushforward(first.pushforward($0)) })
  }
}

extension Linearization {
  /// A linear function.
  private init(
    _ value: Matrix<Double>, linear: @escaping @Sendable (Matrix<Double>) -> Matrix<Double>,
    transposed: @escaping @Sendable (Matrix<Double>) -> Matrix<Double>
  ) {
    self.init(value: value, pullback: transposed, pushforward: linear)
  }

  /// Every row minus its mean.
  public static func centered(_ x: Matrix<Double>) -> Linearization {
    // A projection is its own transpose.
    Linearization(centeredRows(x), linear: centeredRows, transposed: centeredRows)
  }

  /// Some columns.
  ///
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for columns that are not there.
  public static func columns(_ range: Range<Int>, of x: Matrix<Double>) throws(DelayNetError) -> Linearization {
    for bound in [range.lowerBound, range.upperBound] where !(0...x.columns ~= bound) {
      throw .optionOutOfRange(name: "columns", value: Double(bound))
    }
    let columns = x.columns
    return Linearization(
      x.part(columns: range), linear: { $0.part(columns: range) }, transposed: { $0.placed(range, of: columns) })
  }

  /// Some rows.
  ///
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for rows that are not there.
  public static func rows(_ range: Range<Int>, of x: Matrix<Double>) throws(DelayNetError) -> Linearization {
    for bound in [range.lowerBound, range.upperBound] where !(0...x.rows ~= bound) {
      throw .optionOutOfRange(name: "rows", value: Double(bound))
    }
    let (rows, columns) = (x.rows, x.columns)
    @Sendable func part(_ x: Matrix<Double>) -> Matrix<Double> {
      Matrix(
        unchecked: range.count, columns, Array(x.values[(range.lowerBound * columns)..<(range.upperBound * columns)]))
    }
    return Linearization(
      part(x), linear: { part($0) },
      transposed: { v in
        var all = [Double](repeating: 0, count: rows * columns)
        all.replaceSubrange((range.lowerBound * columns)..<(range.upperBound * columns), with: v.values)
        return Matrix(unchecked: rows, columns, all)
      })
  }

  /// Rows and columns exchanged.
  public static func transposed(_ x: Matrix<Double>) -> Linearization {
    Linearization(x.transposed, linear: { $0.transposed }, transposed: { $0.transposed })
  }

  /// The entries above the diagonal of a square matrix, row after row, as one row.
  ///
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` for a matrix that is not square.
  public static func upperTriangle(of x: Matrix<Double>) throws(DelayNetError) -> Linearization {
    let n = x.rows
    try x.requireSquare("matrix")
    return Linearization(
      x.upperTriangle, linear: { $0.upperTriangle },
      transposed: { v in
        var all = [Double](repeating: 0, count: n * n)
        var next = 0
        for i in 0..<n {
          for j in (i + 1)..<max(n, i + 1) {
            all[i * n + j] = v.values[next]
            next += 1
          }
        }
        return Matrix(unchecked: n, n, all)
      })
  }

  /// The product with a constant on its right, x b.
  ///
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)`` unless the constant has a row for every column of x.
  public static func product(_ x: Matrix<Double>, _ b: Matrix<Double>) throws(DelayNetError) -> Linearization {
    guard b.rows == x.columns else {
      throw .shapeMismatch(name: "right factor", expected: [x.columns, b.columns], found: [b.rows, b.columns])
    }
    let value = x.times(b)
    return Linearization(value, linear: { $0.times(b) }, transposed: { $0.times(b.transposed) })
  }

  /// Pearson's correlation of every two rows, a symmetric matrix with ones on its diagonal.
  ///
  /// The adjoint: with z the rows centred and of length c = 1, and S = R̄ + R̄ᵀ without its diagonal,
  /// x̄_i = (Σ_j S_ij z_j − z_i Σ_j S_ij R_ij) / c_i.
  ///
  /// - Parameters:
  ///   - x: a row a region, a column a sample.
  ///   - name: of the series, for errors.
  /// - Throws: ``DelayNetError/constantSeries(name:row:)`` where a row's values are all the same, so that it has no
  ///   correlation; ``DelayNetError/notFiniteEntry(name:row:column:)``.
  /// - Complexity: O(rows² · columns), like its derivatives.
  public static func correlation(
    ofRows x: Matrix<Double>, name: String = "series"
  ) throws(DelayNetError) -> Linearization {
    let (n, k) = (x.rows, x.columns)
    try Matrix<Double>.requireRoom(n, n)
    let (z, lengths) = try x.standardized(name)
    var r = [Double](repeating: 0, count: n * n)
    multiplyTransposed(z.values, n, z.values, n, k, into: &r, isSymmetric: true)
    for i in 0..<n { r[i * n + i] = 1 }
    let value = Matrix(unchecked: n, n, r)
    return Linearization(
      value: value,
      pullback: { v in
        var m = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
          var own = 0.0
          for j in 0..<n where j != i {
            let s = v.values[i * n + j] + v.values[j * n + i]
            m[i * n + j] = s / lengths[i]
            own += s * value.values[i * n + j]
          }
          m[i * n + i] = -own / lengths[i]
        }
        var dx = [Double](repeating: 0, count: n * k)
        addProduct(m, n, n, z.values, k, into: &dx)
        return Matrix(unchecked: n, k, dx)
      },
      pushforward: { dx in
        let dz = z.tangent(ofStandardized: dx, lengths)
        var half = [Double](repeating: 0, count: n * n)
        multiplyTransposed(dz.values, n, z.values, n, k, into: &half)
        return Matrix(filling: n, n) { i, j in i == j ? 0 : half[i * n + j] + half[j * n + i] }
      })
  }

  /// Pearson's correlation of all entries of a matrix with those of another, one number.
  ///
  /// - Throws: what ``correlation(ofRows:name:)`` throws, for the matrix or the target, as row 0;
  ///   ``DelayNetError/shapeMismatch(name:expected:found:)``.
  public static func correlation(
    of x: Matrix<Double>, with target: Matrix<Double>
  ) throws(DelayNetError) -> Linearization {
    try target.require(x.rows, x.columns, "target")
    let flat = Matrix(unchecked: 1, x.values.count, x.values)
    let (z, lengths) = try flat.standardized("what is compared")
    let (y, _) = try Matrix(unchecked: 1, x.values.count, target.values).standardized("target")
    let r = dotProduct(z.values, y.values, z.columns)
    let (rows, columns) = (x.rows, x.columns)
    return Linearization(
      value: Matrix(unchecked: 1, 1, [r]),
      pullback: { v in
        let factor = v.values[0] / lengths[0]
        return Matrix(unchecked: rows, columns, zip(y.values, z.values).map { factor * ($0 - r * $1) })
      },
      pushforward: { dx in
        let along =
          dotProduct(y.values, dx.values, dx.values.count) - r * dotProduct(z.values, dx.values, dx.values.count)
        return Matrix(unchecked: 1, 1, [along / lengths[0]])
      })
  }
}

private func centeredRows(_ x: Matrix<Double>) -> Matrix<Double> {
  let (n, k) = (x.rows, x.columns)
  var values = x.values
  values.withUnsafeMutableBufferPointer { all in
    for i in 0..<n where k > 0 {
      let row = all.baseAddress! + i * k
      let mean = sumOf(row, k) / Double(k)
      for t in 0..<k { row[t] -= mean }
    }
  }
  return Matrix(unchecked: n, k, values)
}

extension Matrix where Element == Double {
  /// Throws where an entry is not a finite number.
  package func requireFinite(_ name: String) throws(DelayNetError) {
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFiniteEntry(name: name, row: index / columns, column: index % columns)
    }
  }

  /// Throws unless the matrix has these extents.
  package func require(_ rows: Int, _ columns: Int, _ name: String) throws(DelayNetError) {
    guard self.rows == rows, self.columns == columns else {
      throw .shapeMismatch(name: name, expected: [rows, columns], found: [self.rows, self.columns])
    }
  }

  /// Throws where there is no memory for a matrix of such extents.
  package static func requireRoom(_ rows: Int, _ columns: Int) throws(DelayNetError) {
    try DelayNet.requireMemory(product(rows, columns), of: Double.self)
  }

  /// Throws unless the matrix is square.
  package func requireSquare(_ name: String) throws(DelayNetError) { try require(rows, rows, name) }

  /// Rows with a mean of 0 and a length of 1, and the lengths that they had when centred.
  package func standardized(_ name: String) throws(DelayNetError) -> (rows: Matrix, lengths: [Double]) {
    try requireFinite(name)
    for i in 0..<rows {
      // Compared exactly: the rounding of a mean leaves a constant row a length that is not 0.
      let row = values[(i * columns)..<((i + 1) * columns)]
      guard let first = row.first, row.contains(where: { $0 != first }) else {
        throw .constantSeries(name: name, row: i)
      }
    }
    var (z, lengths) = (centeredRows(self).values, [Double](repeating: 0, count: rows))
    z.withUnsafeMutableBufferPointer { all in
      for i in 0..<rows {
        let row = all.baseAddress! + i * columns
        lengths[i] = dotProduct(row, row, columns).squareRoot()
        for t in 0..<columns { row[t] /= lengths[i] }
      }
    }
    for i in 0..<rows where !(lengths[i] > 0 && lengths[i].isFinite) { throw .constantSeries(name: name, row: i) }
    return (Matrix(unchecked: rows, columns, z), lengths)
  }

  /// The change of standardized rows for a change of the rows that they were made of.
  package func tangent(ofStandardized dx: Matrix, _ lengths: [Double]) -> Matrix {
    var dz = centeredRows(dx).values
    values.withUnsafeBufferPointer { z in
      dz.withUnsafeMutableBufferPointer { all in
        for i in 0..<rows where columns > 0 {
          let (own, change) = (z.baseAddress! + i * columns, all.baseAddress! + i * columns)
          let along = dotProduct(own, change, columns)
          for t in 0..<columns { change[t] = (change[t] - along * own[t]) / lengths[i] }
        }
      }
    }
    return Matrix(unchecked: rows, columns, dz)
  }

  /// The product with another matrix on its right; the extents fit.
  package func times(_ b: Matrix) -> Matrix {
    var product = [Double](repeating: 0, count: rows * b.columns)
    addProduct(values, rows, columns, b.values, b.columns, into: &product)
    return Matrix(unchecked: rows, b.columns, product)
  }

  /// The entries above the diagonal as one row.
  package var upperTriangle: Matrix {
    var entries: [Double] = []
    entries.reserveCapacity(rows * max(rows - 1, 0) / 2)
    for i in 0..<rows { entries += values[(i * columns + min(i + 1, columns))..<((i + 1) * columns)] }
    return Matrix(unchecked: 1, entries.count, entries)
  }

  /// A copy of some columns that are there.
  package func part(columns range: Range<Int>) -> Matrix {
    var part: [Double] = []
    part.reserveCapacity(rows * range.count)
    for i in 0..<rows { part += values[(i * columns + range.lowerBound)..<(i * columns + range.upperBound)] }
    return Matrix(unchecked: rows, range.count, part)
  }

  /// The columns of a wider matrix that is zero elsewhere.
  package func placed(_ range: Range<Int>, of columns: Int) -> Matrix {
    var all = [Double](repeating: 0, count: rows * columns)
    for i in 0..<rows {
      for t in 0..<range.count { all[i * columns + range.lowerBound + t] = values[i * self.columns + t] }
    }
    return Matrix(unchecked: rows, columns, all)
  }
}
