import DelayNet

/// A small stochastic network, named after what is peculiar about it. Asymmetric throughout.
package struct ProblemCase<Scalar: DelayNetScalar>: Sendable, CustomStringConvertible {
  package let name: String
  package let problem: Problem<Scalar>
  package let steps: Int

  package var description: String { name }

  /// - Parameters:
  ///   - model: with time step, coupling and noise that suit it.
  ///   - nodes: the number of nodes.
  ///   - steps: the number of steps.
  ///   - delays: whole steps; some are 0 when the range begins there.
  ///   - fractional: whether every delay gets a part of a step, too.
  package init(
    model: NodeModel, nodes: Int = 5, steps: Int = 23, delays: Range<Int32> = 0..<9, fractional: Bool = false,
    scheme: Scheme = .heun, stage: CouplingStage = .aware, monitor: Monitor = .subsample(), stimulated: Bool = true,
    coupling kind: CouplingKind = .linear
  ) throws {
    name =
      "\(model.name), \(nodes) nodes, \(steps) steps, \(scheme), \(stage), \(monitor.kind.name) \(monitor.stepsPerColumn), \(kind)\(fractional ? ", fractional" : "")"
    let keys = try RandomKey(seed: UInt64(nodes + 31 * steps)).split(8)
    let weights = try keys[0].uniform(nodes, nodes, in: -0.5..<1, as: Scalar.self).map { $0 / Scalar(nodes) }
    let whole = try keys[1].integers(in: delays, nodes, nodes)
    let network = try Network(weights: weights, delays: whole)
    let parts = try keys[2].uniform(nodes * nodes, in: 0.2..<0.8, as: Double.self)
    let (timeStep, coupling, sigma): (Double, Double, Double) =
      switch model.name {
      case "wong_wang": (1, 0.5, 0.003)
      case "mpr": (0.01, 1, 0.05)
      case "jansen_rit": (0.25, 16, 0.001)
      default: (0.05, 0.5, 0.1)
      }
    var problem = try Problem(
      network, model: model, timeStep: timeStep,
      delays: fractional ? .fractional(zip(whole.values, parts).map { Double($0) + $1 }) : .network)
    problem.coupling = Scalar(coupling)
    problem.scheme = scheme
    problem.stage = stage
    problem.couplingKind = kind
    // An angle has no mean.
    problem.monitors = [
      model.states.contains(where: \.isPeriodic) ? .subsample(every: monitor.stepsPerColumn) : monitor
    ]
    problem.sigma = .all(Scalar(sigma))
    let states = model.states.count
    if let first = model.parameters.first {
      problem.parameters[first.name] = .perNode(
        try keys[3].uniform(nodes, in: 0.9..<1.1, as: Scalar.self).map { Scalar(first.defaultValue) * $0 })
    }
    problem.initial = try Problem<Scalar>.initial(of: model, nodes: nodes, key: keys[4])
    // States well inside their bounds, so that differences do not cross one.
    let ranges = model.states.map { $0.initialRange ?? 0...1 }
    for k in 0..<states {
      let width = Scalar(ranges[k].upperBound - ranges[k].lowerBound)
      for i in 0..<nodes {
        problem.initial[k, i, 0] = Scalar(ranges[k].lowerBound) + width * Scalar(0.3 + 0.05 * Double(i % 5))
      }
    }
    problem.history = try StateArray(variables: model.couplings.count, nodes: nodes, columns: problem.horizon)
    let past = try keys[5].uniform(
      model.couplings.count * nodes * problem.horizon, in: 0.1..<0.9, as: Scalar.self)
    problem.history = try StateArray(
      variables: model.couplings.count, nodes: nodes, columns: problem.horizon, values: past)
    problem.noise = .samples(
      try NoiseSamples(drawnFrom: keys[6], steps: 0..<(steps + 40), states: states, nodes: nodes))
    if stimulated {
      problem.stimulus = try StateArray(
        variables: states, nodes: nodes, columns: steps + 40,
        values: keys[7].normal(states * nodes * (steps + 40), as: Scalar.self).map { $0 * Scalar(0.01 * sigma) })
    }
    self.problem = problem
    self.steps = steps
  }

  /// Every model that has a plain reference, with each scheme and stage, fractional delays, means, every fourth step, and odd sizes.
  package static var all: [ProblemCase] {
    NodeModel.native.flatMap { model in
      [
        try! ProblemCase(model: model),
        try! ProblemCase(model: model, stage: .frozen),
        try! ProblemCase(model: model, scheme: .eulerMaruyama),
        try! ProblemCase(model: model, delays: 1..<9),
        try! ProblemCase(model: model, delays: 0..<1),
        try! ProblemCase(model: model, fractional: true),
        try! ProblemCase(model: model, delays: 1..<9, coupling: .difference),
        try! ProblemCase(model: model, fractional: true, stage: .frozen, coupling: .difference),
        try! ProblemCase(model: model, scheme: .eulerMaruyama, monitor: .average(over: 5)),
        try! ProblemCase(model: model, fractional: true, monitor: .subsample(every: 4), stimulated: false),
        try! ProblemCase(model: model, nodes: 1, steps: 17),
        try! ProblemCase(model: model, nodes: 2, steps: 0),
        try! ProblemCase(model: model, nodes: 17, steps: 40, delays: 0..<30),
      ]
    }
  }

  /// One of each model for expensive tests.
  package static var small: [ProblemCase] {
    NodeModel.native.map { model in
      try! ProblemCase(
        model: model, nodes: 3, steps: 7, delays: 0..<4, fractional: true)
    }
      + [
        try! ProblemCase(model: .montbrioPazoRoxin, nodes: 3, steps: 8, delays: 0..<4, monitor: .average(over: 3)),
        try! ProblemCase(model: .montbrioPazoRoxin, nodes: 3, steps: 8, delays: 0..<4, scheme: .eulerMaruyama),
        try! ProblemCase(model: .montbrioPazoRoxin, nodes: 3, steps: 8, delays: 0..<4, stage: .frozen),
        try! ProblemCase(
          model: .montbrioPazoRoxin, nodes: 3, steps: 8, delays: 0..<4, fractional: true, coupling: .difference),
      ]
  }
}

extension StateArray {
  /// The values in `Double`.
  package var doubles: [Double] { rows.doubles }
}

extension NodeModel {
  /// The models with kernels of their own, which have plain references in the tests.
  package static var native: [NodeModel] { all.filter { $0.report == nil } }
}
