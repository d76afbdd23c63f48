import DelayNet

/// A network of one model on a synthetic connectome, and its gradient of everything, through the Swift API.
final class ModelCall {
  static let regions = 84, steps = 1000

  private let problem: Problem<Float>
  private let cotangent: StateArray<Float>

  init(_ model: NodeModel) throws {
    let connectome = try SyntheticConnectome(regions: Self.regions, key: RandomKey(seed: 3))
    var problem = try Problem<Float>(
      connectome.network(timeStep: 0.1, as: Float.self), model: model, timeStep: 0.1)
    // Weak enough for every model to stay where it begins.
    problem.coupling = 0.001
    problem.sigma = .all(0.001)
    problem.noise = .drawn(RandomKey(seed: 0))
    problem.initial = try Problem.initial(of: model, nodes: Self.regions, key: RandomKey(seed: 1))
    self.problem = problem
    let shape = try problem.simulate(steps: Self.steps).series
    cotangent = try StateArray(
      variables: shape.variables, nodes: shape.nodes, columns: shape.columns,
      values: RandomKey(seed: 2).normal(shape.values.count))
  }

  func run() throws { _ = try problem.simulate(steps: Self.steps, threads: 1) }

  func gradient() throws { _ = try problem.record(steps: Self.steps).pullback(cotangent) }
}
