/// A made-up connectome with the coarse statistics of a human one.
///
/// Regions lie at random in an ellipsoid of a brain's size, half of them in each hemisphere. Tract lengths are the
/// distances, stretched by a random tortuosity, 10 to 250 mm. Weights follow the exponential distance rule
/// (Ercsey-Ravasz et al. 2013, Neuron 80:184) times a log-normal number; the strongest connections are kept. Everything is
/// determined by the key, with the same bits on every machine.
public struct SyntheticConnectome: Sendable, Equatable {
  /// Connection weights, shape (regions, regions), row = target, column = source; the largest is 1, the diagonal 0.
  public let weights: Matrix<Double>
  /// Tract lengths in mm, the same shape; 0 on the diagonal.
  public let lengths: Matrix<Double>
  /// The regions' centres in mm: right, anterior and superior of the middle; the left hemisphere first.
  public let centres: [SIMD3<Double>]

  /// The number of regions.
  public var regions: Int { centres.count }

  /// A connectome drawn from a key.
  ///
  /// - Parameters:
  ///   - regions: how many.
  ///   - key: determines everything.
  ///   - density: the part of all possible connections that is kept, 0 … 1; each region keeps its strongest in any case.
  ///   - asymmetric: whether the two directions of a connection differ, in weight and a little in length.
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)``; ``DelayNetError/tooLarge`` or ``DelayNetError/outOfMemory`` for
  ///   more regions than can be held.
  /// - Complexity: O(regions² · log regions).
  public init(
    regions: Int, key: RandomKey, density: Double = 0.3, asymmetric: Bool = false
  ) throws(DelayNetError) {
    guard regions >= 0 else { throw .optionOutOfRange(name: "regions", value: Double(regions)) }
    guard 0...1 ~= density else { throw .optionOutOfRange(name: "density", value: density) }
    try requireMemory(product(regions, regions), of: Double.self)
    let keys = try key.split(6)
    var centres: [SIMD3<Double>] = []
    for region in 0..<regions { centres.append(try Self.centre(region, of: regions, keys[0])) }

    // Numbers of a pair, drawn for both orders; without asymmetry both directions use those of the lower triangle.
    let tortuosity = try keys[1].uniform(regions, regions, in: 1.1..<1.45, as: Double.self)
    let strength = try keys[2].normal(regions, regions, as: Double.self)
    let ownStrength = try keys[3].normal(regions, regions, as: Double.self)
    let ownLength = try keys[4].uniform(regions, regions, in: -0.02..<0.02, as: Double.self)

    let lengths = try Matrix(rows: regions, columns: regions) { i, j in
      guard i != j else { return 0.0 }
      let (a, b) = (max(i, j), min(i, j))
      let own = asymmetric ? 1 + ownLength[i, j] : 1
      // Two grey-matter ends of some millimetres add in squares: no tract is shorter than 10 mm.
      let tract = tortuosity[a, b] * own * Self.distance(centres[i], centres[j])
      return (Self.shortest * Self.shortest + tract * tract).squareRoot()
    }
    let drawn = try Matrix(rows: regions, columns: regions) { i, j in
      guard i != j else { return 0.0 }
      let (a, b) = (max(i, j), min(i, j))
      let spread = asymmetric ? 0.8 * strength[a, b] + 0.6 * ownStrength[i, j] : strength[a, b]
      return exponential(Self.spread * spread - lengths[i, j] / Self.range)
    }
    weights = Self.strongest(drawn, density: density)
    self.lengths = lengths
    self.centres = centres
  }

  // Half axes of the ellipsoid, shortest tract, decay length of the distance rule (mm); spread of ln weight.
  private static let axes = SIMD3<Double>(65, 82, 55)
  private static let shortest = 10.0
  private static let range = 30.0
  private static let spread = 1.0

  private static func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    ((a - b) * (a - b)).sum().squareRoot()
  }

  /// A point in a hemisphere's half of the ellipsoid: the first of the draws in the box that lies inside.
  private static func centre(_ region: Int, of regions: Int, _ key: RandomKey) throws(DelayNetError) -> SIMD3<Double> {
    let side = region < regions / 2 ? -1.0 : 1.0
    let draws = try key.folding(in: UInt64(region)).uniform(3 * 64, in: -1..<1, as: Double.self)
    var point = SIMD3<Double>()
    for n in 0..<64 {
      point = SIMD3(draws[3 * n], draws[3 * n + 1], draws[3 * n + 2])
      if (point * point).sum() <= 1 { break }
      point /= 2  // the last of 64 draws, one time in 10²⁰
    }
    return SIMD3(side * abs(point.x), point.y, point.z) * axes
  }

  /// The strongest connections and each row's strongest; the others become 0, and the largest weight 1.
  private static func strongest(_ weights: Matrix<Double>, density: Double) -> Matrix<Double> {
    let n = weights.rows
    guard n > 1 else { return weights }
    let sorted = weights.values.sorted(by: >)
    let kept = Int((density * Double(n * (n - 1))).rounded())
    let threshold = kept == 0 ? Double.infinity : sorted[kept - 1]
    var strongest = [Double](repeating: 0, count: n)
    for i in 0..<n { for j in 0..<n { strongest[i] = max(strongest[i], weights[i, j], weights[j, i]) } }
    return Matrix(filling: n, n) { i, j in
      let weight = weights[i, j]
      let keep = weight >= threshold || weight == strongest[i] || weight == strongest[j]
      return keep ? weight / sorted[0] : 0
    }
  }

  /// The connectome as a network: delay = length / (speed · time step), rounded half to even; weight 0 is no edge.
  ///
  /// - Parameters:
  ///   - conductionSpeed: in mm/ms.
  ///   - timeStep: in ms.
  ///   - history: columns kept before step 0; by default one more than the longest delay.
  ///   - type: `Float` or `Double`.
  /// - Throws: what ``Network/init(weights:lengths:conductionSpeed:timeStep:history:)`` throws.
  public func network<Scalar: DelayNetScalar>(
    conductionSpeed: Double = 3, timeStep: Double, history: Int? = nil, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> Network<Scalar> {
    try Network(
      weights: weights.map { Scalar($0) }, lengths: lengths, conductionSpeed: conductionSpeed, timeStep: timeStep,
      history: history)
  }
}
