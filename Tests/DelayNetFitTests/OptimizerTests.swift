@testable import DelayNetFit
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// A function in closed form.
struct Plain: ObjectiveFunction {
  let function: @Sendable ([Double]) -> (value: Double, gradient: [Double])

  func values(at points: [[Double]]) throws(DelayNetError) -> [Double] { points.map { function($0).value } }
  func valueWithGradient(at point: [Double]) throws(DelayNetError) -> (value: Double, gradient: [Double]) {
    function(point)
  }

  /// Σ 100 (x_{i+1} − x_i²)² + (1 − x_i)², whose minimum is 0 at 1.
  static let rosenbrock = Plain { x in
    var (value, gradient) = (0.0, x.map { _ in 0.0 })
    for i in 0..<(x.count - 1) {
      let (a, b) = (x[i + 1] - x[i] * x[i], 1 - x[i])
      value += 100 * a * a + b * b
      gradient[i] += -400 * a * x[i] - 2 * b
      gradient[i + 1] += 200 * a
    }
    return (value, gradient)
  }

  /// ½ (x − c)ᵀ A (x − c) with a condition of 10⁶, rotated so that no axis is an eigenvector; c_i = i.
  static func quadratic(_ n: Int) -> Plain {
    // A reflection's columns are orthonormal.
    let w = (0..<n).map { 1 + Double($0) / Double(n) }
    let square = w.reduce(0) { $0 + $1 * $1 }
    @Sendable func reflect(_ x: [Double]) -> [Double] {
      let along = 2 * zip(w, x).reduce(0) { $0 + $1.0 * $1.1 } / square
      return zip(x, w).map { $0 - along * $1 }
    }
    let scales = (0..<n).map { i in
      (0..<i).reduce(1.0) { product, _ in product * Double(1e6).squareRoot().squareRoot() }
    }
    return Plain { x in
      let y = reflect(x.enumerated().map { $1 - Double($0) })
      let scaled = zip(scales, y).map { $0 * $1 }
      return (0.5 * zip(scaled, y).reduce(0) { $0 + $1.0 * $1.1 }, reflect(scaled))
    }
  }
}

@Suite struct OptimizerTests {
  @discardableResult
  private func run(
    _ optimizer: Optimizer, _ function: Plain, from start: [Double], _ steps: Int,
    within bounds: [ClosedRange<Double>] = []
  ) throws -> (state: OptimizerState, steps: [OptimizerStep]) {
    var state = try optimizer.start(at: start)
    var path: [OptimizerStep] = []
    for _ in 0..<steps {
      path.append(try optimizer.step(&state, within: bounds, of: function))
      if path.last!.hasConverged { break }
    }
    return (state, path)
  }

  static let likeOptax: [(String, Optimizer)] = [
    ("adam", .adam(rate: 0.05)),
    ("adam_betas", .adam(rate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-6)),
    ("adamw", .adamW(rate: 0.05, weightDecay: 0.1)),
    ("adam_clipped", .adam(rate: 0.05, clipping: 2)),
    ("adam_cosine", .adam(rate: .cosine(0.1, steps: 40, floor: 0.1))),
    ("adam_exponential", .adam(rate: .exponential(0.1, steps: 10, decay: 0.5))),
    ("adam_warm", .adam(rate: .warmUp(10, from: 0, then: .cosine(0.1, steps: 40, floor: 0.1)))),
  ]

  /// Step by step optax's points; Golden/README.md says how they were made.
  @Test(arguments: likeOptax.indices) func adamIsOptax(_ index: Int) throws {
    let (name, optimizer) = Self.likeOptax[index]
    let golden = try Golden.archive("optimizers")
    let (scales, start) = (try Golden.matrix(golden, "scales").values, try Golden.matrix(golden, "start").values)
    let path = try Golden.matrix(golden, name)
    let function = Plain { x in
      (
        zip(scales, x).reduce(0) { $0 + 0.5 * $1.0 * $1.1 * $1.1 + sin($1.1) },
        zip(scales, x).map { $0 * $1 + cos($1) }
      )
    }
    var state = try optimizer.start(at: start)
    for step in 0..<path.rows {
      let found = try optimizer.step(&state, of: function)
      let expected = (0..<path.columns).map { path[step, $0] }
      #expect(relativeError(state.point, expected) < 1e-12, "\(name), step \(step)")
      #expect(found.gradientNorm != nil && found.evaluations == 1)
    }
  }

  @Test func rosenbrockWithAndWithoutBounds() throws {
    let start = [-1.2, 1, -0.5, 0.8]
    let free = try run(.lbfgs(), .rosenbrock, from: start, 200)
    #expect(relativeError(free.state.point, [1, 1, 1, 1]) < 1e-8 && free.steps.last!.hasConverged)
    #expect(free.steps.reduce(0) { $0 + $1.evaluations } < 200)

    // x_0 ≤ 0.5 holds it: with one number at its bound, the other's best is its square.
    let bounds: [ClosedRange<Double>] = [-2...0.5, -2...2]
    let held = try run(.lbfgs(), .rosenbrock, from: [-1.2, 1], 200, within: bounds)
    #expect(held.state.point[0] == 0.5 && abs(held.state.point[1] - 0.25) < 1e-8 && held.steps.last!.hasConverged)
    for step in held.steps { #expect(zip(step.point, bounds).allSatisfy { $1 ~= $0 }) }
    // Bounds that hold the other number: the best x_0 for x_1 = 0.2 solves 200 x³ + (1 − 40) x = 1 … by its own derivative.
    let second = try run(.lbfgs(), .rosenbrock, from: [0.1, 0.1], 200, within: [-2...2, 0...0.2])
    let gradient = Plain.rosenbrock.function(second.state.point).gradient
    #expect(second.state.point[1] == 0.2 && abs(gradient[0]) < 1e-7 && gradient[1] < 0)

    let adam = try run(
      .adam(rate: .exponential(0.02, steps: 2000, decay: 0.3)), .rosenbrock, from: [-1.2, 1], 6000, within: bounds)
    #expect(adam.state.point[0] == 0.5 && abs(adam.state.point[1] - 0.25) < 1e-4)

    let evolved = try run(.cmaES(spread: 0.5), .rosenbrock, from: start, 600)
    #expect(relativeError(evolved.state.point, [1, 1, 1, 1]) < 1e-7)
    let within = try run(.cmaES(spread: 0.3), .rosenbrock, from: [-1.2, 1], 400, within: bounds)
    #expect(abs(within.steps.last!.point[0] - 0.5) < 1e-6 && abs(within.steps.last!.point[1] - 0.25) < 1e-4)
    for step in within.steps { #expect(zip(step.point, bounds).allSatisfy { $1 ~= $0 }) }
  }

  @Test func illConditionedQuadratics() throws {
    for n in [2, 5] {
      let (function, minimum) = (Plain.quadratic(n), (0..<n).map { Double($0) })
      let start = [Double](repeating: 3, count: n)
      let newton = try run(.lbfgs(), function, from: start, 400)
      #expect(relativeError(newton.state.point, minimum) < 1e-6, "\(n)")
      let evolved = try run(.cmaES(spread: 1), function, from: start, 1500)
      #expect(relativeError(evolved.state.point, minimum) < 1e-6, "\(n)")
    }
    // What is at its minimum stays there.
    let still = try run(.lbfgs(), .quadratic(3), from: [0, 1, 2], 3)
    #expect(still.state.point == [0, 1, 2] && still.steps.count == 1 && still.steps[0].hasConverged)
  }

  static let methods: [Optimizer] = [
    .adam(rate: .warmUp(5, then: .cosine(0.1, steps: 30)), clipping: 1), .adamW(rate: 0.02), .lbfgs(memory: 3),
    .cmaES(spread: 0.4, key: RandomKey(seed: 7)),
  ]

  /// A state that was written down and read goes on with the same bits, wherever it is cut.
  @Test(arguments: methods) func resumedMethodsHaveTheSameBits(_ optimizer: Optimizer) throws {
    let bounds = [ClosedRange<Double>](repeating: -1.5...0.9, count: 3)
    let whole = try run(optimizer, .rosenbrock, from: [-1.2, 0.7, 0.3], 24, within: bounds)
    for cut in [0, 1, 2, 9, 23] {
      var state = try optimizer.start(at: [-1.2, 0.7, 0.3])
      for _ in 0..<cut { _ = try optimizer.step(&state, within: bounds, of: Plain.rosenbrock) }
      let text = try JSONEncoder().encode(state)
      var other = try JSONDecoder().decode(OptimizerState.self, from: text)
      #expect(other == state)
      for k in cut..<whole.steps.count {
        #expect(try optimizer.step(&other, within: bounds, of: Plain.rosenbrock) == whole.steps[k])
      }
      #expect(other == whole.state)
    }
    let settings = try JSONDecoder().decode(Optimizer.self, from: JSONEncoder().encode(optimizer))
    #expect(settings == optimizer)
  }

  /// Bits that do not depend on the machine: digests of the points after some steps.
  @Test func bitsAreKept() throws {
    let digests = try Self.methods.map { optimizer in
      try run(optimizer, .rosenbrock, from: [-1.2, 0.7, 0.3], 20).state.point.reduce(UInt64(0)) {
        ($0 ^ $1.bitPattern) &* 0x9e37_79b9_7f4a_7c15
      }
    }
    #expect(
      digests == [
        3_641_436_934_676_261_972, 13_793_346_789_194_400_300, 6_331_950_536_421_050_573, 14_616_929_205_686_261_848,
      ])
  }

  @Test func wallsAreWalkedAround() throws {
    // Beyond x = 1 there is no value, as where a run leaves the finite numbers; the minimum is at 0.9.
    let function = Plain { x in
      x[0] > 1 ? (.infinity, [.nan]) : ((x[0] - 0.9) * (x[0] - 0.9) * 50, [100 * (x[0] - 0.9)])
    }
    let found = try run(.lbfgs(), function, from: [-20], 50)
    #expect(abs(found.state.point[0] - 0.9) < 1e-9)
    let evolved = try run(.cmaES(spread: 1), function, from: [-2], 100)
    #expect(abs(evolved.state.point[0] - 0.9) < 1e-6)
    let nothing = Plain { _ in (.nan, [.nan]) }
    #expect(throws: DelayNetError.self) { try run(.lbfgs(), nothing, from: [0], 1) }
    #expect(throws: DelayNetError.optionOutOfRange(name: "loss of every point", value: .infinity)) {
      try run(.cmaES(spread: 1), nothing, from: [0], 1)
    }
  }

  @Test func eigenvectorsDiagonalize() throws {
    for n in [1, 2, 3, 8, 21] {
      let drawn = try RandomKey(seed: UInt64(n)).normal(n, n, as: Double.self)
      let a = try Matrix(rows: n, columns: n) { (drawn[$0, $1] + drawn[$1, $0]) / 2 }
      let (v, values) = eigen(a.values, n)
      for i in 0..<n {
        for j in 0..<n {
          let entry = (0..<n).reduce(0.0) { $0 + v[i * n + $1] * values[$1] * v[j * n + $1] }
          let product = (0..<n).reduce(0.0) { $0 + v[$1 * n + i] * v[$1 * n + j] }
          #expect(abs(entry - a[i, j]) < 1e-13 * Double(n) && abs(product - (i == j ? 1 : 0)) < 1e-13 * Double(n))
        }
      }
    }
  }

  @Test func schedulesKeepTheirEnds() {
    let warm = LearningRate.warmUp(4, from: 0.1, then: .exponential(0.5, steps: 2, decay: 0.25))
    #expect((0..<4).map { warm.rate(at: $0) } == [0.1, 0.2, 0.30000000000000004, 0.4])
    #expect(warm.rate(at: 4) == 0.5 && abs(warm.rate(at: 6) - 0.125) < 1e-16)
    let cosine = LearningRate.cosine(2, steps: 10, floor: 0.5)
    #expect(cosine.rate(at: 0) == 2 && abs(cosine.rate(at: 5) - 1.5) < 1e-15 && cosine.rate(at: 99) == 1)
  }

  @Test func settingsOutOfRangeAreRefused() throws {
    func expect(_ name: String, _ value: Double, _ optimizer: Optimizer) {
      #expect(throws: DelayNetError.optionOutOfRange(name: name, value: value)) { try optimizer.start(at: [1]) }
    }
    expect("rate", -1, .adam(rate: -1))
    expect("beta1", 1, .adam(rate: 1, beta1: 1))
    expect("beta2", -0.5, .adam(rate: 1, beta2: -0.5))
    expect("epsilon", -1, .adam(rate: 1, epsilon: -1))
    expect("clipping", 0, .adam(rate: 1, clipping: 0))
    expect("weightDecay", -1, .adamW(rate: 1, weightDecay: -1))
    expect("steps of the rate", 0, .adam(rate: .cosine(1, steps: 0)))
    expect("steps of the rate", 0, .adam(rate: .warmUp(0, then: 1)))
    expect("decay of the rate", 0, .adam(rate: .exponential(1, steps: 1, decay: 0)))
    expect("floor of the rate", -1, .adam(rate: .cosine(1, steps: 1, floor: -1)))
    expect("memory", 0, .lbfgs(memory: 0))
    expect("tolerance", -1, .lbfgs(tolerance: -1))
    expect("spread", 0, .cmaES(spread: 0))
    expect("population", 3, .cmaES(spread: 1, population: 3))
    #expect(throws: DelayNetError.optionOutOfRange(name: "numbers that evolve", value: 2001)) {
      try Optimizer.cmaES(spread: 1).start(at: [Double](repeating: 0, count: 2001))
    }
    #expect(throws: DelayNetError.self) { try Optimizer.adam(rate: .constant(.nan)).start(at: [1]) }
    #expect(throws: DelayNetError.self) { try Optimizer.adam(rate: 1).start(at: [.nan]) }
    #expect(throws: DelayNetError.shapeMismatch(name: "bounds", expected: [2], found: [1])) {
      try run(.lbfgs(), .rosenbrock, from: [0, 0], 1, within: [0...1])
    }
    // A state of another method.
    for (a, b) in zip(Self.methods, Self.methods.dropFirst(2) + Self.methods.prefix(2)) {
      var state = try a.start(at: [0, 0])
      let before = state
      #expect(throws: DelayNetError.self) { try b.step(&state, of: Plain.rosenbrock) }
      #expect(state == before)
    }
  }
}
