/// Which entries of two matrices a loss compares.
public enum ComparedEntries: Sendable, Hashable {
  /// Those above the diagonal of square matrices.
  case upperTriangle
  /// All, with the diagonals taken as zero: the error is summed over N (N − 1) entries and divided by N². So tvboptim's fits do.
  case zeroDiagonal
  /// All.
  case all
}

// Every loss is evaluated in `Double`, and is one number with one cotangent.

extension Traced {
  /// The root of the mean squared difference to a target.
  ///
  /// Where it is 0 its derivative is taken as 0. The loss throws `DelayNetError.shapeMismatch(name:expected:found:)`
  /// for a target of other extents, or a matrix that is not square and would have to be.
  public func rootMeanSquareError(
    to target: Matrix<Scalar>, over entries: ComparedEntries = .upperTriangle
  ) -> TracedScalar<Scalar> {
    let target = target.map { Double($0) }
    return number { x throws(DelayNetError) in
      try .rootMeanSquareError(of: x, to: target, over: entries)
    }
  }

  /// The root of the mean squared difference of Fisher's z = artanh r to a target's, over the entries above the diagonal.
  ///
  /// The loss throws `DelayNetError.invalidValue(name:index:value:)` where one of them is 1, −1 or beyond, with its
  /// index in the upper triangle.
  public func fisherRootMeanSquareError(to target: Matrix<Scalar>) -> TracedScalar<Scalar> {
    let target = target.map { Double($0) }
    return number { x throws(DelayNetError) in
      try x.requireSquare("matrix")
      try target.require(x.rows, x.columns, "target")
      let goal = try Linearization.fisher(of: target.upperTriangle, "target").value
      return try Linearization.upperTriangle(of: x)
        .then { r throws(DelayNetError) in try .fisher(of: r, "correlations") }
        .then { z throws(DelayNetError) in try .rootMeanSquareError(of: z, to: goal, over: .all) }
    }
  }

  /// Wasserstein's distance W₁ of the distribution of the entries above the diagonal to a target's, such as that of functional
  /// connectivity dynamics.
  ///
  /// Both matrices are square; they need not have the same extents, as two recordings need not have the same windows. See
  /// `Linearization.wassersteinDistance(of:to:)`.
  public func wassersteinDistance(to target: Matrix<Scalar>) -> TracedScalar<Scalar> {
    let target = target.map { Double($0) }
    return number { x throws(DelayNetError) in
      try target.requireSquare("target")
      let goal = target.upperTriangle
      return try Linearization.upperTriangle(of: x).then { x throws(DelayNetError) in
        try .wassersteinDistance(of: x, to: goal.values)
      }
    }
  }

  /// Wasserstein's distance W₁ of the distribution of all entries to that of given numbers.
  public func wassersteinDistance(to target: [Scalar]) -> TracedScalar<Scalar> {
    let target = target.map { Double($0) }
    return number { x throws(DelayNetError) in try .wassersteinDistance(of: x, to: target) }
  }

  private func number(
    _ loss: (Matrix<Double>) throws(DelayNetError) -> Linearization
  ) -> TracedScalar<Scalar> {
    applying(loss).sum()
  }
}

extension Linearization {
  /// A number that depends on a matrix through a gradient.
  init(_ value: Double, gradient: Matrix<Double>) {
    self.init(
      value: Matrix(unchecked: 1, 1, [value]),
      pullback: { v in gradient.map { v.values[0] * $0 } },
      pushforward: { dx in
        Matrix(unchecked: 1, 1, [dotProduct(gradient.values, dx.values, dx.values.count)])
      })
  }

  /// The root of the mean squared difference to a target, one number.
  ///
  /// - Throws: `DelayNetError.shapeMismatch(name:expected:found:)`,
  ///   `DelayNetError.optionOutOfRange(name:value:)` where nothing is left to compare.
  public static func rootMeanSquareError(
    of x: Matrix<Double>, to target: Matrix<Double>, over entries: ComparedEntries = .upperTriangle
  ) throws(DelayNetError) -> Linearization {
    if entries != .all { try x.requireSquare("matrix") }
    try target.require(x.rows, x.columns, "target")
    try target.requireFinite("target")
    let (rows, columns) = (x.rows, x.columns)
    var difference = product(x, target, -)
    if entries != .all {
      difference = Matrix(filling: rows, columns) { i, j in
        i < j || (i > j && entries == .zeroDiagonal) ? difference.values[i * columns + j] : 0
      }
    }
    let count = entries == .upperTriangle ? rows * (rows - 1) / 2 : rows * columns
    guard count > 0 else { throw .optionOutOfRange(name: "compared entries", value: 0) }
    let root = (dotProduct(difference.values, difference.values, rows * columns) / Double(count)).squareRoot()
    let slope = root > 0 ? 1 / (root * Double(count)) : 0
    return Linearization(root, gradient: difference.map { slope * $0 })
  }

  /// Fisher's z = artanh r of every entry.
  ///
  /// - Throws: `DelayNetError.invalidValue(name:index:value:)` for an entry that is not between −1 and 1.
  public static func fisher(of r: Matrix<Double>, _ name: String) throws(DelayNetError) -> Linearization {
    for (index, value) in r.values.enumerated() where !(abs(value) < 1) {
      throw .invalidValue(name: name, index: index, value: value)
    }
    let slope = r.map { 1 / ((1 - $0) * (1 + $0)) }
    let scaled = { @Sendable (x: Matrix<Double>) in product(slope, x, *) }
    return Linearization(
      value: r.map { 0.5 * naturalLogarithm((1 + $0) / (1 - $0)) }, pullback: scaled, pushforward: scaled)
  }

  /// Wasserstein's distance W₁ of the distribution of all entries to that of given numbers: the area between the two distribution
  /// functions, one number.
  ///
  ///     W₁ = ∫₀¹ |F⁻¹(p) − G⁻¹(p)| dp,   for as many numbers mean |sort(a) − sort(b)|
  ///
  /// Where two values are equal, the derivative is that of the order in which they stand; where an entry equals its counterpart,
  /// it is 0.
  ///
  /// - Throws: `DelayNetError.optionOutOfRange(name:value:)` where one of the two is empty,
  ///   `DelayNetError.notFiniteEntry(name:row:column:)`.
  /// - Complexity: O(n log n + m log m).
  public static func wassersteinDistance(
    of x: Matrix<Double>, to target: [Double]
  ) throws(DelayNetError) -> Linearization {
    let goal = Matrix(unchecked: 1, target.count, target)
    for (matrix, name) in [(x, "values"), (goal, "target")] {
      try matrix.requireFinite(name)
      guard !matrix.values.isEmpty else { throw .optionOutOfRange(name: "entries of the \(name)", value: 0) }
    }
    let order = x.values.indices.sorted { (x.values[$0], $0) < (x.values[$1], $1) }
    let sorted = target.sorted()
    let (n, m) = (order.count, sorted.count)
    let scale = 1 / (Double(n) * Double(m))
    var (distance, gradient) = (0.0, [Double](repeating: 0, count: n))
    // Steps of both inverse distribution functions end at multiples of 1/(n m): entry i lasts from i·m to (i + 1)·m.
    var (i, j, place) = (0, 0, 0)
    while i < n && j < m {
      let end = min((i + 1) * m, (j + 1) * n)
      let (length, gap) = (Double(end - place) * scale, x.values[order[i]] - sorted[j])
      distance += length * abs(gap)
      gradient[order[i]] += gap > 0 ? length : gap < 0 ? -length : 0
      if end == (i + 1) * m { i += 1 }
      if end == (j + 1) * n { j += 1 }
      place = end
    }
    return Linearization(distance, gradient: Matrix(unchecked: x.rows, x.columns, gradient))
  }

  /// Kolmogorov's distance of two distributions: the largest difference of their distribution functions. It has no useful
  /// derivative; for reports.
  ///
  /// - Throws: `DelayNetError.optionOutOfRange(name:value:)` where one of the two is empty,
  ///   `DelayNetError.notFiniteEntry(name:row:column:)`.
  public static func kolmogorovDistance(_ a: [Double], _ b: [Double]) throws(DelayNetError) -> Double {
    for (values, name) in [(a, "values"), (b, "target")] {
      try Matrix(unchecked: 1, values.count, values).requireFinite(name)
      guard !values.isEmpty else { throw .optionOutOfRange(name: "entries of the \(name)", value: 0) }
    }
    let (x, y) = (a.sorted(), b.sorted())
    var (i, j, largest) = (0, 0, 0.0)
    while i < x.count && j < y.count {
      let value = min(x[i], y[j])
      while i < x.count && x[i] == value { i += 1 }
      while j < y.count && y[j] == value { j += 1 }
      largest = max(largest, abs(Double(i) / Double(x.count) - Double(j) / Double(y.count)))
    }
    return largest
  }
}
