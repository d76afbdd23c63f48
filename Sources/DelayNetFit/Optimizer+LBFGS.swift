extension Optimizer {
  func lbfgsStep(
    _ state: inout OptimizerState, _ box: Box, _ function: some ObjectiveFunction, _ memory: Int, _ tolerance: Double
  ) throws(DelayNetError) -> OptimizerStep {
    let n = state.point.count
    guard var moves = state.arrays["moves"], var changes = state.arrays["changes"], moves.count == changes.count,
      n == 0 || moves.count % n == 0
    else {
      throw .shapeMismatch(
        name: "moves of the optimizer's state", expected: [memory, n], found: [state.arrays["moves"]?.count ?? 0])
    }
    var evaluations = 0
    var (point, value, gradient): ([Double], Double, [Double])
    if state.arrays["value"] != nil {
      (point, value) = (state.point, try array(state, "value", 1)[0])
      gradient = try array(state, "gradient", n)
    } else {
      point = box.nearest(state.point)
      (value, gradient) = try function.valueWithGradient(at: point)
      evaluations = 1
      guard value.isFinite else { throw .optionOutOfRange(name: "loss at the start", value: value) }
    }
    func finish(_ hasConverged: Bool) -> OptimizerStep {
      state.point = point
      state.arrays = ["moves": moves, "changes": changes, "value": [value], "gradient": gradient]
      state.iteration += 1
      return OptimizerStep(
        value: value, point: point, gradientNorm: norm(gradient), evaluations: evaluations, hasConverged: hasConverged)
    }
    let isFree = (0..<n).map { !box.holds(point[$0], gradient[$0], $0) }
    let steepest = (0..<n).map { isFree[$0] ? -gradient[$0] : 0 }
    if steepest.allSatisfy({ abs($0) <= tolerance }) { return finish(true) }

    var direction = self.direction(steepest, isFree, moves, changes)
    if !(dotProduct(direction, gradient, n) < 0) {
      // What was learnt does not hold here.
      (moves, changes) = ([], [])
      direction = steepest
    }
    var isRetry = false
    while true {
      // Without a memory the function's scale is unknown.
      let first = moves.isEmpty ? min(1, 1 / norm(direction)) : 1
      if let found = try search(point, value, gradient, along: direction, first, box, function, &evaluations) {
        let (move, change) = (difference(found.point, point), difference(found.gradient, gradient))
        let curvature = dotProduct(move, change, n)
        if curvature > 1e-12 * norm(move) * norm(change) {
          (moves, changes) = (moves + move, changes + change)
          if moves.count > memory * n {
            moves.removeFirst(n)
            changes.removeFirst(n)
          }
        }
        // No step of this size changes the value any more.
        let isStill = found.value == value && found.point == point
        (point, value, gradient) = (found.point, found.value, found.gradient)
        return finish(isStill)
      }
      if isRetry || moves.isEmpty { return finish(true) }
      (moves, changes, direction, isRetry) = ([], [], steepest, true)
    }
  }

  /// −H g for the inverse Hessian H that the remembered steps imply, among the numbers that are free (algorithm 7.4).
  private func direction(
    _ steepest: [Double], _ isFree: [Bool], _ moves: [Double], _ changes: [Double]
  ) -> [Double] {
    let n = steepest.count
    let pairs = n == 0 ? 0 : moves.count / n
    func part(_ all: [Double], _ k: Int) -> [Double] { (0..<n).map { isFree[$0] ? all[k * n + $0] : 0 } }
    var used: [(move: [Double], change: [Double], curvature: Double)] = []
    for k in 0..<pairs {
      let (move, change) = (part(moves, k), part(changes, k))
      let curvature = dotProduct(move, change, n)
      if curvature > 1e-12 * norm(move) * norm(change) { used.append((move, change, curvature)) }
    }
    guard let newest = used.last else { return steepest }
    var q = steepest
    var factors: [Double] = []
    for pair in used.reversed() {
      let factor = dotProduct(pair.move, q, n) / pair.curvature
      factors.append(factor)
      for i in 0..<n { q[i] -= factor * pair.change[i] }
    }
    let scale = newest.curvature / dotProduct(newest.change, newest.change, n)
    for i in 0..<n { q[i] *= scale }
    for (pair, factor) in zip(used, factors.reversed()) {
      let back = dotProduct(pair.change, q, n) / pair.curvature
      for i in 0..<n { q[i] += (factor - back) * pair.move[i] }
    }
    return q
  }

  private struct Place {
    let point: [Double]
    let value: Double
    let gradient: [Double]
  }

  /// A step along the projected direction with enough descent (Armijo) and, unless a bound is in the way, not too short
  /// (Wolfe's curvature condition): lengths are doubled or interpolated until both hold.
  private func search(
    _ point: [Double], _ value: Double, _ gradient: [Double], along direction: [Double], _ first: Double, _ box: Box,
    _ function: some ObjectiveFunction, _ evaluations: inout Int
  ) throws(DelayNetError) -> Place? {
    let n = point.count
    let slope = dotProduct(direction, gradient, n)
    var (length, low, high) = (first, 0.0, Double.infinity)
    var best: Place?
    for _ in 0..<40 {
      let trial = box.nearest((0..<n).map { point[$0] + length * direction[$0] })
      let (trialValue, trialGradient) = try function.valueWithGradient(at: trial)
      evaluations += 1
      let move = difference(trial, point)
      let expected = dotProduct(gradient, move, n)
      // Near the minimum, rounding hides what is left of the descent.
      let slack = 1e-15 * abs(value)
      guard trialValue.isFinite, trialValue <= value + 1e-4 * expected + slack, trialGradient.allSatisfy(\.isFinite)
      else {
        high = length
        if let best { return best }
        // The minimum of the parabola through the value, the slope and the new value.
        let bend = trialValue - value - length * slope
        let guess = trialValue.isFinite && bend > 0 ? -slope * length * length / (2 * bend) : 0.1 * length
        length = low + min(max(guess - low, 0.1 * (length - low)), 0.5 * (length - low))
        if !(length > low) || trial == point { return best }
        continue
      }
      let place = Place(point: trial, value: trialValue, gradient: trialGradient)
      let isShort = dotProduct(direction, trialGradient, n) < 0.9 * slope
      let isOnBound = (0..<n).contains { trial[$0] != point[$0] + length * direction[$0] }
      if !isShort || isOnBound || best.map({ $0.value <= trialValue }) ?? false {
        if let best, best.value <= trialValue { return best }
        return place
      }
      best = place
      low = length
      length = high.isFinite ? 0.5 * (low + high) : 2 * length
    }
    return best
  }
}

/// x − y.
func difference(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).map { $0 - $1 } }
