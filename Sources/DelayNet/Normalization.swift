/// What the weights of a network are divided by, with ``Network/normalized(by:)``.
///
/// Connectomes come in any unit: numbers of tracts, areas, probabilities. Divided, a coupling strength means the same for all
/// of them.
public enum Normalization: String, Sendable, CaseIterable {
  /// Nothing: the weights stay as they are.
  case none
  /// The largest |w| of all edges.
  case max
  /// The sum of the weights of all edges into the same target: every node then hears a weighted mean.
  case row
  /// The spectral radius of the matrix of weights: the linear network then neither grows nor fades.
  case radius
}

extension Network {
  /// The same network with its weights divided.
  ///
  /// Weights that are all 0 stay 0: those of a row with ``Normalization/row``, all with ``Normalization/max``.
  ///
  /// - Parameter normalization: by what; with ``Normalization/row`` and ``Normalization/radius`` no weight may be negative.
  /// - Throws: ``DelayNetError/notNormalizable(by:edge:reason:)`` for a weight that is negative or not a finite number, and
  ///   for a spectral radius of 0, where no path along the edges comes back to where it began.
  /// - Complexity: O(edges); for the radius O(edges) some hundred times.
  public func normalized(by normalization: Normalization) throws(DelayNetError) -> Network {
    try with(weights: DividedWeights(self, by: normalization).values)
  }

  /// The same network with its weights divided, and the function that takes a gradient by the divided weights to the one
  /// by the weights as they were given.
  ///
  ///     let (network, pullback) = try given.normalizedWithPullback(by: .max)
  ///     let gradient = try Problem(network, model: .linear).valueWithGradient(steps: 100) { $0.mean() }.gradient
  ///     let byGivenWeights = try pullback(gradient.weights)
  ///
  /// The derivative goes through the divisor. Where several edges share the largest |w|, each has an equal part in its
  /// derivative: that is exact for every direction which keeps them equal, such as those of a symmetric matrix. So it is
  /// with several strongly connected parts of the same spectral radius. Weights that are all 0 have no derivative, and get 0.
  ///
  /// - Parameter normalization: by what.
  /// - Returns: the network, and the pullback: of as many numbers as there are edges, which it throws
  ///   ``DelayNetError/shapeMismatch(name:expected:found:)`` without.
  /// - Throws: what ``normalized(by:)`` throws.
  public func normalizedWithPullback(
    by normalization: Normalization
  ) throws(DelayNetError) -> (
    value: Network, pullback: @Sendable ([Scalar]) throws(DelayNetError) -> [Scalar]
  ) {
    let divided = try DividedWeights(self, by: normalization)
    return (
      try with(weights: divided.values),
      { (cotangent: [Scalar]) throws(DelayNetError) -> [Scalar] in try divided.pullback(cotangent) }
    )
  }

  /// The same network with its weights divided, and how the divided weights change when the given ones do.
  ///
  /// - Parameters:
  ///   - normalization: by what.
  ///   - direction: the change of every weight as given.
  /// - Returns: the network, and the change of every divided weight.
  /// - Throws: what ``normalized(by:)`` throws; ``DelayNetError/shapeMismatch(name:expected:found:)`` unless there is a
  ///   change for every edge.
  public func normalizedWithTangent(
    by normalization: Normalization, along direction: [Scalar]
  ) throws(DelayNetError) -> (value: Network, tangent: [Scalar]) {
    let divided = try DividedWeights(self, by: normalization)
    return (try with(weights: divided.values), try divided.tangent(direction))
  }
}

/// Weights divided by a number for each group of edges, with the derivative of those numbers.
///
/// A group's edges are all that its divisor n depends on: w' = w / n with dn = Σ c dw, so that dw' = (dw − w' Σ c dw) / n
/// and, backwards, g = (g' − c Σ g' w') / n.
private struct DividedWeights<Scalar: DelayNetScalar>: Sendable {
  let values: [Scalar]
  /// w', before it is rounded.
  private let divided: [Double]
  /// The group of every edge: its target, where rows are divided.
  private let groups: [Int]
  /// The divisor of every group, in `unit`s: weights are counted in a power of two near the largest, lest sums overflow.
  private let divisors: [Double]
  private let unit: Double
  /// ∂n/∂w for every edge and its group's divisor.
  private let slopes: [Double]

  init(_ network: Network<Scalar>, by normalization: Normalization) throws(DelayNetError) {
    let edges = network.edges
    if normalization != .none {
      for (edge, weight) in network.weights.enumerated() {
        guard weight.isFinite else {
          throw .notNormalizable(by: normalization, edge: edge, reason: "its weight is \(weight)")
        }
        guard weight >= 0 || normalization == .max else {
          throw .notNormalizable(
            by: normalization, edge: edge, reason: "its weight is \(weight), and none may be negative")
        }
      }
    }
    let heaviest = network.weights.reduce(0.0) { max($0, abs(Double($1))) }
    let unit = heaviest > 0 && heaviest.isFinite ? heaviest.binade : 1
    let weights = network.weights.map { Double($0) / unit }
    var groups = [Int](repeating: 0, count: edges)
    var slopes = [Double](repeating: 0, count: edges)
    var divisors = [0.0]
    switch normalization {
    case .none: divisors = [1 / unit]
    case .max:
      divisors = [heaviest / unit]
      let ties = Double(weights.count { abs($0) == divisors[0] })
      for e in 0..<edges where weights[e] != 0 && abs(weights[e]) == divisors[0] {
        slopes[e] = (weights[e] < 0 ? -1 : 1) / ties
      }
    case .row:
      divisors = [Double](repeating: 0, count: network.nodes)
      for e in 0..<edges {
        groups[e] = network.edge(e).target
        divisors[groups[e]] += weights[e]
        slopes[e] = 1
      }
    case .radius:
      let radius = SpectralRadius(nodes: network.nodes, edges: (0..<edges).map { network.edge($0).ends }, weights)
      guard radius.value > 0 || edges == 0 else {
        throw .notNormalizable(
          by: normalization, edge: nil,
          reason: "it is 0, for no path along edges of a weight above 0 comes back to where it began")
      }
      divisors = [radius.value]
      slopes = radius.gradient
    }
    // What would be divided by 0 is 0: it stays, and so it does for every change.
    for (e, group) in groups.enumerated() where divisors[group] == 0 { slopes[e] = 0 }
    divisors = divisors.map { $0 == 0 ? .infinity : $0 }
    divided = (0..<edges).map { weights[$0] / divisors[groups[$0]] }
    values = normalization == .none ? network.weights : divided.map { Scalar($0) }
    if normalization != .none, let edge = values.firstIndex(where: { !$0.isFinite }) {
      throw .notNormalizable(
        by: normalization, edge: edge, reason: "\(network.weights[edge]) divided by it is more than can be counted")
    }
    (self.groups, self.divisors, self.unit, self.slopes) = (groups, divisors, unit, slopes)
  }

  func pullback(_ cotangent: [Scalar]) throws(DelayNetError) -> [Scalar] {
    guard cotangent.count == values.count else {
      throw .shapeMismatch(name: "cotangent of weights", expected: [values.count], found: [cotangent.count])
    }
    let sums = sums { Double(cotangent[$0]) * divided[$0] }
    return cotangent.indices.map { e in
      Scalar((Double(cotangent[e]) - slopes[e] * sums[groups[e]]) / unit / divisors[groups[e]])
    }
  }

  func tangent(_ direction: [Scalar]) throws(DelayNetError) -> [Scalar] {
    guard direction.count == values.count else {
      throw .shapeMismatch(name: "direction of weights", expected: [values.count], found: [direction.count])
    }
    let sums = sums { slopes[$0] * Double(direction[$0]) }
    return direction.indices.map { e in
      Scalar((Double(direction[e]) - divided[e] * sums[groups[e]]) / unit / divisors[groups[e]])
    }
  }

  private func sums(_ term: (Int) -> Double) -> [Double] {
    var sums = [Double](repeating: 0, count: divisors.count)
    for e in values.indices where slopes[e] != 0 || divided[e] != 0 { sums[groups[e]] += term(e) }
    return sums
  }
}

extension Network.Edge {
  fileprivate var ends: (source: Int, target: Int) { (source, target) }
}
