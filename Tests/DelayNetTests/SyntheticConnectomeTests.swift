import DelayNet
import Testing

@Suite struct SyntheticConnectomeTests {
  let connectome = try! SyntheticConnectome(regions: 84, key: RandomKey(seed: 1))

  @Test func lengthsAreThoseOfABrain() {
    for i in 0..<84 {
      #expect(connectome.lengths[i, i] == 0 && connectome.weights[i, i] == 0)
      for j in 0..<84 where i != j {
        #expect(10...250 ~= connectome.lengths[i, j])
        let d = connectome.centres[i] - connectome.centres[j]
        #expect(connectome.lengths[i, j] >= (d * d).sum().squareRoot())
      }
      let relative = connectome.centres[i] / SIMD3(65, 82, 55)
      #expect((relative * relative).sum() <= 1)
      #expect((connectome.centres[i].x < 0) == (i < 42))
    }
  }

  @Test func weightsFallWithLength() throws {
    let dense = try SyntheticConnectome(regions: 120, key: RandomKey(seed: 2), density: 1)
    #expect(dense.weights.values.max() == 1 && dense.weights.values.count { $0 > 0 } == 120 * 119)
    // ln w = const − length / 30 + normal noise: the regression finds slope and spread.
    var (n, sx, sy, sxx, sxy) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var samples: [(Double, Double)] = []
    for i in 0..<120 {
      for j in 0..<i { samples.append((dense.lengths[i, j], naturalLogarithm(dense.weights[i, j]))) }
    }
    for (x, y) in samples { (n, sx, sy, sxx, sxy) = (n + 1, sx + x, sy + y, sxx + x * x, sxy + x * y) }
    let slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    let residuals = samples.map { $0.1 - sy / n - slope * ($0.0 - sx / n) }
    let spread = (residuals.reduce(0) { $0 + $1 * $1 } / n).squareRoot()
    #expect(abs(slope + 1 / 30.0) < 0.002 && abs(spread - 1) < 0.05)
    let skew = residuals.reduce(0) { $0 + $1 * $1 * $1 } / n
    #expect(abs(skew) < 0.15)
  }

  @Test func symmetryIsAsAsked() throws {
    #expect(connectome.weights == connectome.weights.transposed && connectome.lengths == connectome.lengths.transposed)
    let asymmetric = try SyntheticConnectome(regions: 84, key: RandomKey(seed: 1), density: 1, asymmetric: true)
    var differing = 0
    for i in 0..<84 {
      for j in 0..<i {
        if asymmetric.weights[i, j] != asymmetric.weights[j, i] { differing += 1 }
        #expect(asymmetric.lengths[i, j] != asymmetric.lengths[j, i])
        #expect(abs(asymmetric.lengths[i, j] / asymmetric.lengths[j, i] - 1) < 0.05)
        #expect(10...250 ~= asymmetric.lengths[i, j])
      }
    }
    #expect(differing == 84 * 83 / 2)
  }

  @Test func densityIsKept() throws {
    let kept = connectome.weights.values.count { $0 > 0 }
    #expect(abs(Double(kept) / (84 * 83) - 0.3) < 0.02)
    let sparse = try SyntheticConnectome(regions: 84, key: RandomKey(seed: 1), density: 0)
    for i in 0..<84 { #expect((0..<84).contains { sparse.weights[i, $0] > 0 }) }
    #expect(throws: DelayNetError.optionOutOfRange(name: "density", value: 1.5)) {
      try SyntheticConnectome(regions: 3, key: RandomKey(seed: 1), density: 1.5)
    }
    #expect(throws: DelayNetError.optionOutOfRange(name: "regions", value: -1)) {
      try SyntheticConnectome(regions: -1, key: RandomKey(seed: 1))
    }
  }

  @Test func theKeyDeterminesEverything() throws {
    #expect(try SyntheticConnectome(regions: 84, key: RandomKey(seed: 1)) == connectome)
    #expect(try SyntheticConnectome(regions: 84, key: RandomKey(seed: 2)) != connectome)
    #expect(try SyntheticConnectome(regions: 0, key: RandomKey(seed: 1)).centres.isEmpty)
    #expect(try SyntheticConnectome(regions: 1, key: RandomKey(seed: 1)).weights.values == [0])
  }

  @Test func becomesANetwork() throws {
    let network = try connectome.network(conductionSpeed: 5, timeStep: 0.5, as: Double.self)
    #expect(network.edges == connectome.weights.values.count { $0 > 0 } && network.timeStep == 0.5)
    let edge = network.edge(100)
    let length = connectome.lengths[edge.target, edge.source]
    #expect(edge.delay == Int((length / 5 / 0.5).rounded(.toNearestOrEven)))
    #expect(edge.weight == connectome.weights[edge.target, edge.source])
    #expect(network.delays.min()! >= 4 && network.delays.max()! <= 100)
  }

  /// ln x = k ln 2 + 2 artanh((m − 1)/(m + 1)).
  private func naturalLogarithm(_ x: Double) -> Double {
    let (m, k) = (x.significand, Double(x.exponent))
    let s = (m - 1) / (m + 1)
    let series = stride(from: 1.0, through: 41, by: 2).reduce((0.0, s)) { ($0.0 + $0.1 / $1, $0.1 * s * s) }
    return k * 0.6931471805599453 + 2 * series.0
  }
}
