extension Optimizer {
  /// The names are Hansen's: m the mean (the state's point), σ the spread, C the covariance, p_σ and p_c the paths.
  func cmaESStep(
    _ state: inout OptimizerState, _ box: Box, _ function: some ObjectiveFunction, _ population: Int?, _ key: RandomKey
  ) throws(DelayNetError) -> OptimizerStep {
    let n = state.point.count
    var c = try array(state, "covariance", n * n)
    var (path, spreadPath) = (try array(state, "path", n), try array(state, "spreadPath", n))
    let sigma = try array(state, "spread", 1)[0]
    let lambda = population ?? 4 + Int(3 * naturalLogarithm(Double(max(n, 1))))
    let mu = lambda / 2

    // Weights and learning rates (table 1; negative weights are left out).
    let size = Double(n)
    var weights = (1...mu).map { naturalLogarithm(Double(lambda + 1) / 2) - naturalLogarithm(Double($0)) }
    let total = weights.reduce(0, +)
    weights = weights.map { $0 / total }
    let effective = 1 / weights.reduce(0) { $0 + $1 * $1 }
    let cSigma = (effective + 2) / (size + effective + 5)
    let damping = 1 + 2 * max(0, ((effective - 1) / (size + 1)).squareRoot() - 1) + cSigma
    let cPath = (4 + effective / size) / (size + 4 + 2 * effective / size)
    let cOne = 2 / ((size + 1.3) * (size + 1.3) + effective)
    let cMu = min(1 - cOne, 2 * (effective - 2 + 1 / effective) / ((size + 2) * (size + 2) + effective))
    let expectedLength = size.squareRoot() * (1 - 1 / (4 * size) + 1 / (21 * size * size))

    // C = B D² Bᵀ; y = B D z.
    let (axes, squares) = eigen(c, n)
    let lengths = squares.map { max($0, 0).squareRoot() }
    let z = try key.folding(in: UInt64(state.iteration)).normal(lambda * n, as: Double.self)
    var moves: [[Double]] = []
    for k in 0..<lambda {
      var y = [Double](repeating: 0, count: n)
      for j in 0..<n {
        let factor = lengths[j] * z[k * n + j]
        for i in 0..<n { y[i] += axes[i * n + j] * factor }
      }
      moves.append(y)
    }
    let points = moves.map { y in (0..<n).map { state.point[$0] + sigma * y[$0] } }
    let inside = points.map(box.nearest)
    let values = try function.values(at: inside)
    guard values.count == lambda else {
      throw .shapeMismatch(name: "values", expected: [lambda], found: [values.count])
    }
    // A point that was moved to the bounds counts as having been drawn there: else the spread would grow beyond them.
    for k in 0..<lambda where points[k] != inside[k] {
      moves[k] = (0..<n).map { (inside[k][$0] - state.point[$0]) / sigma }
    }
    let plain = values.map { $0.isNaN ? .infinity : $0 }
    let ranked: [(value: Double, place: Int)] = (0..<lambda).map { (plain[$0], $0) }
      .sorted { ($0.value, $0.place) < ($1.value, $1.place) }
    guard ranked[0].value.isFinite else { throw .optionOutOfRange(name: "loss of every point", value: ranked[0].value) }
    let winner = ranked[0].place

    var mean = [Double](repeating: 0, count: n)
    for (weight, rank) in zip(weights, ranked) { for i in 0..<n { mean[i] += weight * moves[rank.place][i] } }
    // C^(−1/2) times the mean move = B D⁻¹ Bᵀ.
    var whitened = [Double](repeating: 0, count: n)
    for j in 0..<n where lengths[j] > 0 {
      let along = (0..<n).reduce(0.0) { $0 + axes[$1 * n + j] * mean[$1] } / lengths[j]
      for i in 0..<n { whitened[i] += axes[i * n + j] * along }
    }
    let keep = (cSigma * (2 - cSigma) * effective).squareRoot()
    for i in 0..<n { spreadPath[i] = (1 - cSigma) * spreadPath[i] + keep * whitened[i] }
    let length = norm(spreadPath)
    let decayed = (1 - power(1 - cSigma, 2 * min(state.iteration + 1, 1 << 20))).squareRoot()
    let isSteady = length / decayed < (1.4 + 2 / (size + 1)) * expectedLength
    let pull = isSteady ? (cPath * (2 - cPath) * effective).squareRoot() : 0
    for i in 0..<n { path[i] = (1 - cPath) * path[i] + pull * mean[i] }
    let missing = isSteady ? 0 : cOne * cPath * (2 - cPath)
    for i in 0..<n {
      for j in 0...i {
        var rank = 0.0
        for (weight, one) in zip(weights, ranked) { rank += weight * (moves[one.place][i] * moves[one.place][j]) }
        let entry = (1 - cOne - cMu + missing) * c[i * n + j] + cOne * (path[i] * path[j]) + cMu * rank
        (c[i * n + j], c[j * n + i]) = (entry, entry)
      }
    }
    let spread = sigma * exponential(min(1, cSigma / damping * (length / expectedLength - 1)))
    state.point = (0..<n).map { box.nearest(state.point[$0] + sigma * mean[$0], $0) }
    state.arrays = ["spread": [spread], "covariance": c, "path": path, "spreadPath": spreadPath]
    state.iteration += 1
    let widest = spread * (lengths.max() ?? 0)
    let hasConverged = !(widest > 1e-14 * max(1, state.point.reduce(0) { max($0, abs($1)) })) || !spread.isFinite
    return OptimizerStep(
      value: values[winner], point: inside[winner], gradientNorm: nil, evaluations: lambda, hasConverged: hasConverged)
  }
}

/// Eigenvectors (columns) and eigenvalues of a symmetric matrix by Jacobi's rotations, in sweeps over all entries until they vanish.
///
/// Source: Golub and Van Loan, Matrix Computations, section 8.5. O(n³) a sweep, of which there are less than a dozen.
func eigen(_ matrix: [Double], _ n: Int) -> (vectors: [Double], values: [Double]) {
  var (a, v) = (matrix, [Double](repeating: 0, count: n * n))
  for i in 0..<n { v[i * n + i] = 1 }
  let size = norm(matrix)
  for _ in 0..<50 {
    var rest = 0.0
    for p in 0..<n { for q in 0..<p { rest += a[p * n + q] * a[p * n + q] } }
    if !(rest.squareRoot() > 1e-17 * size) { break }
    for p in 0..<n {
      for q in (p + 1)..<max(n, p + 1) where a[p * n + q] != 0 {
        let ratio = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
        let t = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
        let cosine = 1 / (1 + t * t).squareRoot()
        let sine = t * cosine
        for k in 0..<n {
          let (x, y) = (a[k * n + p], a[k * n + q])
          a[k * n + p] = cosine * x - sine * y
          a[k * n + q] = sine * x + cosine * y
        }
        for k in 0..<n {
          let (x, y) = (a[p * n + k], a[q * n + k])
          a[p * n + k] = cosine * x - sine * y
          a[q * n + k] = sine * x + cosine * y
        }
        (a[p * n + q], a[q * n + p]) = (0, 0)
        for k in 0..<n {
          let (x, y) = (v[k * n + p], v[k * n + q])
          v[k * n + p] = cosine * x - sine * y
          v[k * n + q] = sine * x + cosine * y
        }
      }
    }
  }
  return (v, (0..<n).map { a[$0 * n + $0] })
}
