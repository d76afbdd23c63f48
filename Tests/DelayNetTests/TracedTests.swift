import DelayNet
import TestSupport
import Testing

/// Losses of the output itself: the network has no edges, so that with a noise gain of 1 output and input are the same
/// and the gradient is the loss's own.
@Suite struct TracedTests {
  static let shape = try! BufferShape(nodes: 3, history: 2, steps: 300)
  let map = try! DelayMap(
    Network<Double>(nodes: 3, sources: [], targets: [], weights: [], delays: []), noiseGain: 1)
  let buffer = try! RandomKey(seed: 1).uniform(Self.shape, in: 0.5..<2, as: Double.self)
  let other = try! RandomKey(seed: 2).uniform(Self.shape, in: 0.5..<2, as: Double.self)

  private func expect(
    _ loss: (Traced<Double>) -> TracedScalar<Double>, value: Double, gradient: (Double, Double) -> Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (found, foundGradient) = try map.valueWithGradient(at: buffer, of: loss)
    #expect(abs(found - value) <= 1e-12 * abs(value), sourceLocation: sourceLocation)
    let expected = zip(buffer.values, other.values).map { gradient($0, $1) }
    #expect(relativeError(foundGradient.buffer.values, expected) < 1e-12, sourceLocation: sourceLocation)
  }

  private func total(_ term: (Double, Double) -> Double) -> Double {
    zip(buffer.values, other.values).reduce(0) { $0 + term($1.0, $1.1) }
  }

  @Test func sumsOfElements() throws {
    try expect({ $0.sum() }, value: total { x, _ in x }) { _, _ in 1 }
    try expect({ $0.mean() }, value: total { x, _ in x } / 906) { _, _ in 1 / 906 }
    try expect({ ($0 + other).sum() }, value: total { $0 + $1 }) { _, _ in 1 }
    try expect({ (other + $0 + $0).sum() }, value: total { 2 * $0 + $1 }) { _, _ in 2 }
    try expect({ (2 - $0).squared().sum() }, value: total { x, _ in (2 - x) * (2 - x) }) { x, _ in 2 * (x - 2) }
    try expect({ (other - $0).squared().sum() }, value: total { ($1 - $0) * ($1 - $0) }) { 2 * ($0 - $1) }
    try expect({ ($0 - 1).squared().sum() }, value: total { x, _ in (x - 1) * (x - 1) }) { x, _ in 2 * (x - 1) }
    try expect({ (1 + $0 * 3).sum() }, value: total { x, _ in 1 + 3 * x }) { _, _ in 3 }
  }

  @Test func productsAndQuotients() throws {
    try expect({ ($0 * other).sum() }, value: total { $0 * $1 }) { _, y in y }
    try expect({ (other * $0 * $0).sum() }, value: total { $1 * $0 * $0 }) { 2 * $0 * $1 }
    try expect({ ($0 / other).sum() }, value: total { $0 / $1 }) { _, y in 1 / y }
    try expect({ ($0 / 4).sum() }, value: total { x, _ in x / 4 }) { _, _ in 0.25 }
    try expect({ b in ((b + 1) / (b * b)).sum() }, value: total { x, _ in (x + 1) / (x * x) }) { x, _ in
      -(x + 2) / (x * x * x)
    }
    try expect({ (-$0).squared().sum() }, value: total { x, _ in x * x }) { x, _ in 2 * x }
  }

  @Test func functionsOfTheUser() throws {
    try expect(
      { $0.map({ $0.squareRoot() }, derivative: { 0.5 / $0.squareRoot() }).sum() },
      value: total { x, _ in x.squareRoot() }
    ) { x, _ in 0.5 / x.squareRoot() }
  }

  @Test func partsAndNumbers() throws {
    let (value, gradient) = try map.valueWithGradient(at: buffer) { b in
      b.squared().sum(nodes: 1..<3, steps: -1..<4)
    }
    var expected = try Buffer<Double>(Self.shape)
    var sum = 0.0
    for i in 1..<3 {
      for t in -1..<4 {
        sum += buffer[node: i, step: t] * buffer[node: i, step: t]
        expected[node: i, step: t] = 2 * buffer[node: i, step: t]
      }
    }
    #expect(abs(value - sum) < 1e-13 && gradient.buffer == expected)

    // log-like combinations: the norm, and a ratio of two sums.
    let norm = total { x, _ in x * x }.squareRoot()
    try expect({ $0.squared().sum().squareRoot() }, value: norm) { x, _ in x / norm }
    let (a, b) = (total { x, _ in x }, total { $0 * $1 })
    try expect({ x in (x.sum() * x.sum() - 1) / (x * other).sum() }, value: (a * a - 1) / b) { _, y in
      2 * a / b - (a * a - 1) * y / (b * b)
    }
    try expect({ x in 5 - 2 * x.sum() + (-x.sum()).squared() + 1 }, value: 6 - 2 * a + a * a) { _, _ in 2 * a - 2 }
    try expect({ x in x.sum().map({ 1 / $0 }, derivative: { -1 / ($0 * $0) }) - 3 }, value: 1 / a - 3) { _, _ in
      -1 / (a * a)
    }
  }
}
