import DelayNet
import Foundation

/// The derivatives of a model at random states and parameters: reverse against forward mode, and both against differences.
///
/// A network of three nodes with delays of 0 to 2 steps is run for a few short steps, and everything that monitors can read of
/// it is multiplied with random numbers: that is the function. Steps are so short that nodes stay where they were put.
struct ModelCheck {
  /// What was compared with differences: the largest relative error over all points.
  struct Row {
    let input: String
    var error = 0.0
    /// Whether the input changes nothing that can be seen at any point.
    var isConstant = true
  }

  static let points = 5
  static let nodes = 3
  static let steps = 4
  static let timeStep = 0.01
  /// Of reverse against forward: rounding of some hundred operations.
  static let dotTolerance = 1e-11
  /// Of differences, the best of several lengths.
  static let tolerance = 1e-6

  private(set) var rows: [Row] = []
  private(set) var dotError = 0.0
  /// At how many points the run stayed finite, and how many were tried.
  private(set) var compared = 0
  private(set) var tried = 0
  /// What the last point that was given up left behind.
  private(set) var failure: String?

  var passed: Bool {
    compared == Self.points && dotError <= Self.dotTolerance && rows.allSatisfy { $0.error <= Self.tolerance }
  }

  init(_ model: NodeModel, seed: UInt64) throws {
    rows = (["initial", "history", "weights", "coupling"] + model.parameters.map(\.name)).map { Row(input: $0) }
    let key = RandomKey(seed: seed)
    while compared < Self.points, tried < 20 * Self.points {
      let point = key.folding(in: UInt64(tried))
      // How far from its only usual value a state may be, nobody has said.
      let spread = [1, 0.1, 0.01, 0.001][tried % 4]
      tried += 1
      do throws(DelayNetError) {
        try compare(Self.problem(model, point, spread: spread), point.folding(in: 1 << 20))
        compared += 1
      } catch {
        switch error {
        case .notFiniteState, .notFiniteInput, .notFiniteTangent, .notFiniteCotangent, .notFiniteGradient:
          failure = "\(error)"
        default: throw error
        }
      }
    }
  }

  /// Three nodes that are all connected, with states from the usual ranges and parameters near their defaults.
  private static func problem(_ model: NodeModel, _ key: RandomKey, spread: Double) throws(DelayNetError) -> Problem<
    Double
  > {
    let network = try Network(
      weights: key.folding(in: 1).uniform(nodes, nodes, in: 0..<1, as: Double.self),
      delays: Matrix<Int32>(rows: nodes, columns: nodes) { Int32(($0 + 2 * $1) % 3) })
    var problem = try Problem(network, model: model, timeStep: timeStep)
    problem.coupling = 0.5
    problem.initial = try Problem<Double>.initial(of: model, nodes: nodes, key: key.folding(in: 2))
    let uniform = try key.folding(in: 3).uniform(model.states.count * nodes, as: Double.self)
    for (s, state) in model.states.enumerated() where state.initialRange.map({ $0.lowerBound == $0.upperBound }) ?? true
    {
      for node in 0..<nodes {
        let value = (state.initialRange?.lowerBound ?? 0) + spread * (2 * uniform[s * nodes + node] - 1)
        problem.initial[s, node, 0] = min(max(value, state.bounds.lowerBound), state.bounds.upperBound)
      }
    }
    let moves = try key.folding(in: 4).uniform(model.parameters.count * nodes, as: Double.self)
    for (p, parameter) in model.parameters.enumerated() {
      let (usual, range) = (parameter.defaultValue, parameter.range)
      problem.parameters[parameter.name] = .perNode(
        (0..<nodes).map { node in
          // A tenth of the way to the end of the range, or of the value where it has none.
          let move = 2 * moves[p * nodes + node] - 1
          let end = move < 0 ? range.lowerBound : range.upperBound
          return usual + 0.1 * abs(move) * (end.isFinite ? end - usual : (move < 0 ? -1 : 1) * max(abs(usual), 0.1))
        })
    }
    problem.monitors = [.subsample(of: model.readable.map(\.name))]
    problem.history = try problem.start().history
    return problem
  }

  private mutating func compare(_ problem: Problem<Double>, _ key: RandomKey) throws(DelayNetError) {
    let tape = try problem.record(steps: Self.steps)
    let series = tape.trajectory.series
    // What is read counts by its size: else what is large would be all that is seen.
    var u = try StateArray(
      variables: series.variables, nodes: series.nodes, columns: series.columns,
      values: key.folding(in: 0).normal(series.rows.shape.count, as: Double.self))
    for v in 0..<series.variables {
      let largest = (0..<series.nodes).flatMap { series.series(v, node: $0) }.map(abs).max() ?? 0
      guard largest > 0 else { continue }
      for node in 0..<series.nodes { for t in 0..<series.columns { u[v, node, t] /= largest } }
    }
    let gradient = try tape.pullback(u, withRespectTo: [.initial, .history, .weights, .coupling, .parameters])

    var whole = Problem<Double>.Tangent()
    var size = 0.0
    for (number, row) in rows.enumerated() {
      let direction = try Self.direction(row.input, problem, key.folding(in: UInt64(number + 1)))
      let slope = gradient.dot(direction)
      Self.add(direction, row.input, to: &whole)
      size += abs(slope)
      // Longer differences are spoilt by higher derivatives and by branches, shorter ones by rounding: the best of them.
      var (best, beyondRounding) = (Double.infinity, Double.infinity)
      for h in [3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6] {
        var values: [Double] = []
        for multiple in [-2.0, -1, 1, 2] {
          do throws(DelayNetError) {
            values.append(try Self.value(Self.moved(problem, row.input, direction, by: multiple * h), u))
          } catch .notFiniteState {
            break  // too far: behind a root's or a logarithm's end
          }
        }
        guard values.count == 4 else { continue }
        let difference = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        let (gap, size) = (abs(slope - difference), max(abs(slope), abs(difference), .leastNormalMagnitude))
        best = min(best, gap / size)
        // A derivative that is too small beside the function: of short differences that could be any.
        let rounding = h < 1e-3 ? 0 : 20 * Double.ulpOfOne * values.map(abs).max()! / h
        beyondRounding = min(beyondRounding, max(0, gap - rounding) / size)
      }
      rows[number].error = max(rows[number].error, best <= Self.tolerance ? best : beyondRounding)
      if slope != 0 { rows[number].isConstant = false }
    }
    let tangent = try problem.jvp(steps: Self.steps, along: whole).tangent
    let forward = zip(tangent.values, u.values).reduce(0) { $0 + $1.0 * $1.1 }
    let gap = abs(forward - gradient.dot(whole))
    if gap != 0 { dotError = max(dotError, gap / max(size, .leastNormalMagnitude)) }
  }

  private static func value(_ problem: Problem<Double>, _ u: StateArray<Double>) throws(DelayNetError) -> Double {
    zip(try problem.simulate(steps: steps).series.values, u.values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// A random direction of one input, as large as its numbers.
  private static func direction(
    _ input: String, _ problem: Problem<Double>, _ key: RandomKey
  ) throws(DelayNetError) -> Problem<Double>.Tangent {
    var direction = Problem<Double>.Tangent()
    func normal(_ like: [Double]) throws(DelayNetError) -> [Double] {
      let size = like.map(abs).max() ?? 0
      return try key.normal(like.count, as: Double.self).map { (size > 0 ? size : 1) * $0 }
    }
    // Each state by its own size: they may lie orders of magnitude apart.
    func states(_ like: StateArray<Double>) throws(DelayNetError) -> StateArray<Double> {
      var values = try key.normal(like.values.count, as: Double.self)
      let row = like.nodes * like.columns
      for variable in 0..<like.variables {
        let numbers = (variable * row)..<((variable + 1) * row)
        let size = like.values[numbers].map(abs).max() ?? 0
        for k in numbers where size > 0 { values[k] *= size }
      }
      return try StateArray(variables: like.variables, nodes: like.nodes, columns: like.columns, values: values)
    }
    switch input {
    case "initial": direction.initial = try states(problem.initial)
    case "history": if let history = problem.history { direction.history = try states(history) }
    case "weights": direction.weights = try normal(problem.weights)
    case "coupling": direction.coupling = 1
    default: direction.parameters[input] = .perNode(try normal(problem.parameters[input]?.values ?? []))
    }
    return direction
  }

  private static func add(_ one: Problem<Double>.Tangent, _ input: String, to all: inout Problem<Double>.Tangent) {
    switch input {
    case "initial": all.initial = one.initial
    case "history": all.history = one.history
    case "weights": all.weights = one.weights
    case "coupling": all.coupling = one.coupling
    default: all.parameters[input] = one.parameters[input]
    }
  }

  private static func moved(
    _ problem: Problem<Double>, _ input: String, _ direction: Problem<Double>.Tangent, by h: Double
  ) throws(DelayNetError) -> Problem<Double> {
    var problem = problem
    func sum(_ point: [Double], _ change: [Double]) -> [Double] { zip(point, change).map { $0 + h * $1 } }
    func states(_ point: StateArray<Double>, _ change: StateArray<Double>) throws(DelayNetError) -> StateArray<Double> {
      try StateArray(
        variables: point.variables, nodes: point.nodes, columns: point.columns, values: sum(point.values, change.values)
      )
    }
    switch input {
    case "initial": problem.initial = try states(problem.initial, direction.initial)
    case "history": if let history = problem.history { problem.history = try states(history, direction.history) }
    case "weights": problem.weights = sum(problem.weights, direction.weights)
    case "coupling": problem.coupling += h * direction.coupling
    default:
      problem.parameters[input] = .perNode(
        sum(problem.parameters[input]?.values ?? [], direction.parameters[input]?.values ?? []))
    }
    return problem
  }
}

extension ModelCheck {
  /// What was compared, for people, with a verdict at the end.
  var text: String {
    func verdict(_ passed: Bool) -> String { passed ? "passed" : "FAILED" }
    var lines = [
      "derivatives at \(compared) random states and parameters, \(Self.nodes) nodes, float64"
    ]
    if tried > compared, let failure {
      lines.append("  \(tried - compared) more left the finite numbers: \(failure)")
    }
    guard compared > 0 else { return (lines + ["  nothing could be compared: FAILED"]).joined(separator: "\n") }
    var cells = [["", "relative error", ""]]
    cells.append(["reverse against forward mode", rounded(dotError), verdict(dotError <= Self.dotTolerance)])
    for row in rows {
      cells.append([
        "differences by \(row.input)", row.isConstant ? "no influence" : rounded(row.error),
        verdict(row.error <= Self.tolerance),
      ])
    }
    lines.append(table(cells))
    lines.append(
      passed
        ? "all checks passed" : compared < Self.points ? "too few states were finite: FAILED" : "a check FAILED")
    return lines.joined(separator: "\n")
  }
}
