/// The spectral radius of a matrix of numbers from 0 on, given by its edges, and its derivative.
///
/// The matrix is cut into its strongly connected parts, for its eigenvalues are theirs. Each part is irreducible, so that its
/// radius is a simple eigenvalue with positive vectors u to the left and v to the right (Perron 1907, Frobenius 1912), and
/// ∂radius/∂w of the edge from j to i is u_i v_j / u·v. The vectors are found by powers and, where those are slow, by Noda's
/// iteration (Numer. Math. 17, 1971); for every positive x the least and the largest (W x)_i / x_i enclose the radius
/// (Collatz 1942, Wielandt 1950), which tells when they are good.
struct SpectralRadius {
  typealias Ends = (source: Int, target: Int)

  /// 0 where no path along edges comes back to where it began.
  private(set) var value = 0.0
  /// ∂value/∂w for every edge; parts of equal radius have equal shares in it.
  private(set) var gradient: [Double]

  /// - Complexity: O(edges) times the number of powers, some hundred.
  init(nodes: Int, edges: [Ends], _ weights: [Double]) {
    gradient = [Double](repeating: 0, count: edges.count)
    let heavy = edges.indices.filter { weights[$0] > 0 }
    let parts = stronglyConnectedParts(nodes: nodes, heavy.map { edges[$0] })
    var inside: [Int: [Int]] = [:]
    for e in heavy where parts[edges[e].source] == parts[edges[e].target] {
      inside[parts[edges[e].source], default: []].append(e)
    }
    let radii = inside.keys.sorted().map {
      (edges: inside[$0]!, pair: PerronPair(inside[$0]!.map { edges[$0] }, inside[$0]!.map { weights[$0] }))
    }
    value = radii.reduce(0) { max($0, $1.pair.radius) }
    let largest = radii.filter { $0.pair.radius >= value * (1 - 1e-12) }
    for (members, pair) in largest {
      for (e, slope) in zip(members, pair.gradient) { gradient[e] = slope / Double(largest.count) }
    }
  }
}

/// The radius of an irreducible matrix with its derivative by every edge's weight.
private struct PerronPair {
  let radius: Double
  let gradient: [Double]

  init(_ edges: [SpectralRadius.Ends], _ weights: [Double]) {
    // Nodes are numbered anew in the order in which the edges name them.
    var numbers: [Int: Int] = [:]
    func number(_ node: Int) -> Int {
      if let known = numbers[node] { return known }
      numbers[node] = numbers.count
      return numbers.count - 1
    }
    let ends = edges.map { (source: number($0.source), target: number($0.target)) }
    let right = Self.vector(numbers.count, ends, weights)
    let left = Self.vector(numbers.count, ends.map { (source: $0.target, target: $0.source) }, weights)
    let product = zip(left, right).reduce(0.0) { $0 + $1.0 * $1.1 }
    gradient = ends.map { left[$0.target] * right[$0.source] / product }
    // uᵀ W v / uᵀ v: its error is the product of the two vectors'.
    radius = zip(gradient, weights).reduce(0.0) { $0 + $1.0 * $1.1 }
  }

  /// The positive eigenvector, its largest entry 1.
  private static func vector(_ nodes: Int, _ ends: [SpectralRadius.Ends], _ weights: [Double]) -> [Double] {
    func product(_ x: [Double]) -> [Double] {
      var image = [Double](repeating: 0, count: nodes)
      for (e, (source, target)) in ends.enumerated() { image[target] += weights[e] * x[source] }
      return image
    }
    func bounds(_ x: [Double], _ image: [Double]) -> (lower: Double, upper: Double) {
      zip(image, x).reduce((.infinity, 0)) { (min($0.0, $1.0 / $1.1), max($0.1, $1.0 / $1.1)) }
    }
    func scaled(_ x: [Double]) -> [Double] {
      let largest = x.max()!
      return x.map { max($0 / largest, 1e-280) }
    }
    // What rounding leaves of a sum.
    let tolerance = max(1e-14, Double(nodes) * 0x1p-52)
    var x = [Double](repeating: 1, count: nodes)
    for _ in 0..<1000 {
      let image = product(x)
      let (lower, upper) = bounds(x, image)
      if upper - lower <= tolerance * upper { return x }
      // The shift keeps an eigenvalue of the same size and another sign from being a match for the radius.
      x = scaled(zip(image, x).map { $0 + upper / 2 * $1 })
    }
    // Noda's equations are dense.
    guard nodes <= 2048 else {
      for _ in 0..<20_000 {
        let image = product(x)
        let (lower, upper) = bounds(x, image)
        if upper - lower <= tolerance * upper { return x }
        x = scaled(zip(image, x).map { $0 + upper / 2 * $1 })
      }
      return x
    }
    for _ in 0..<40 {
      let (lower, upper) = bounds(x, product(x))
      guard upper - lower > tolerance * upper, let next = solution(of: upper, ends, weights, x) else { return x }
      x = scaled(next)
    }
    return x
  }

  /// The solution y of (μ − W) y = x; nil where rounding leaves none, because μ is the radius.
  ///
  /// The matrix is an M-matrix: elimination needs no other pivots than those of the diagonal.
  private static func solution(
    of shift: Double, _ ends: [SpectralRadius.Ends], _ weights: [Double], _ x: [Double]
  ) -> [Double]? {
    let n = x.count
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n { matrix[i * n + i] = shift }
    for (e, (source, target)) in ends.enumerated() { matrix[target * n + source] -= weights[e] }
    var y = x
    let isSolved = matrix.withUnsafeMutableBufferPointer { a in
      for k in 0..<n {
        guard a[k * n + k] > 0 else { return false }
        for i in (k + 1)..<max(n, k + 1) where a[i * n + k] != 0 {
          let factor = a[i * n + k] / a[k * n + k]
          for j in (k + 1)..<max(n, k + 1) { a[i * n + j] -= factor * a[k * n + j] }
          y[i] -= factor * y[k]
        }
      }
      for k in (0..<n).reversed() {
        for j in (k + 1)..<max(n, k + 1) { y[k] -= a[k * n + j] * y[j] }
        y[k] /= a[k * n + k]
      }
      return true
    }
    return isSolved && y.allSatisfy { $0 > 0 && $0.isFinite } ? y : nil
  }
}

/// The number of every node's strongly connected part: nodes of one part reach each other along edges (Tarjan 1972).
private func stronglyConnectedParts(nodes: Int, _ edges: [SpectralRadius.Ends]) -> [Int] {
  var leaving = [[Int]](repeating: [], count: nodes)
  for (source, target) in edges { leaving[source].append(target) }
  var (order, lowest) = ([Int](repeating: -1, count: nodes), [Int](repeating: 0, count: nodes))
  var parts = [Int](repeating: -1, count: nodes)
  var (found, number) = (0, 0)
  var open: [Int] = []
  // The path from a root, and how many edges of each of its nodes have been followed.
  var path: [(node: Int, followed: Int)] = []
  for root in 0..<nodes where order[root] < 0 {
    path.append((root, 0))
    while let (node, followed) = path.last {
      if followed == 0 {
        (order[node], lowest[node]) = (found, found)
        found += 1
        open.append(node)
      } else {
        let child = leaving[node][followed - 1]
        if parts[child] < 0 { lowest[node] = min(lowest[node], lowest[child]) }
      }
      var next = followed
      while next < leaving[node].count {
        let child = leaving[node][next]
        if order[child] < 0 { break }
        if parts[child] < 0 { lowest[node] = min(lowest[node], order[child]) }
        next += 1
      }
      if next < leaving[node].count {
        path[path.count - 1].followed = next + 1
        path.append((leaving[node][next], 0))
        continue
      }
      path.removeLast()
      if lowest[node] == order[node] {
        while let member = open.popLast() {
          parts[member] = number
          if member == node { break }
        }
        number += 1
      }
    }
  }
  return parts
}
