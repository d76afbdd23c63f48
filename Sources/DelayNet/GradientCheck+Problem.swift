extension GradientCheck {
  /// Tests the gradient of a loss of a stochastic network's series, and the network's two derivatives against each other.
  ///
  /// Differences across a state's bound, or across a delay's whole step, cannot follow a gradient.
  ///
  /// - Parameters:
  ///   - problem: the network.
  ///   - steps: how many steps to run.
  ///   - inputs: which gradients to test.
  ///   - carry: where to begin; at the initial state unless given.
  ///   - entries: how many entries of each array to compare with differences; all when nil.
  ///   - key: draws entries and directions.
  ///   - tolerance: of differences; see ``defaultTolerance(_:)``.
  ///   - loss: the user's own loss.
  /// - Throws: what the problem's methods throw.
  /// - Complexity: four runs an entry.
  public static func run<Scalar: DelayNetScalar>(
    _ problem: Problem<Scalar>, steps: Int, withRespectTo inputs: Problem<Scalar>.Inputs = .all,
    from carry: NetworkCarry<Scalar>? = nil, entries: Int? = 16, key: RandomKey = RandomKey(seed: 0),
    tolerance: Double? = nil, of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws -> Report {
    let keys = try key.split(16)
    let begin = try carry ?? problem.start()
    let run = try NetworkArrays(problem, begin, steps: steps)
    let parts = try problem.parts(inputs, sigmaCount: run.sigma.count)
    let tape = try problem.record(steps: steps, from: begin)
    let series = tape.trajectory.series
    let call = LossCall([series.rows])
    let lossCotangent = try call.cotangents(of: loss(call.leaves[0]))[0]
    func array(_ rows: Buffer<Scalar>) -> StateArray<Scalar> {
      StateArray(variables: series.variables, nodes: series.nodes, rows: rows)
    }
    let gradient = try tape.pullback(array(lossCotangent), withRespectTo: inputs)

    var direction = Problem<Scalar>.Tangent()
    var reports: [Report.Input] = []
    func test(
      _ name: String, _ number: Int, _ point: [Scalar], _ gradient: [Scalar], _ place: (Int) -> String,
      _ move: ([Scalar], inout Problem<Scalar>, inout NetworkCarry<Scalar>) throws -> Void
    ) throws -> [Scalar] {
      // As large as the array's own numbers: parameters of one model can lie five orders of magnitude apart.
      let largest = point.map(abs).max() ?? 0
      let size = largest > 0 ? largest : 1
      let change = try keys[number % 16].folding(in: UInt64(number)).normal(point.count, as: Scalar.self)
        .map { size * $0 }
      func value(_ moved: [Scalar]) throws -> Scalar {
        var (problem, begin) = (problem, begin)
        try move(moved, &problem, &begin)
        return try problem.value(steps: steps, from: begin, of: loss)
      }
      reports.append(
        Report.Input(
          name: name,
          differences: try differences(
            at: point, gradient: gradient, input: name, entries: entries, key: keys[15], tolerance: tolerance,
            place: place, of: value),
          taylor: try taylor(at: point, gradient: gradient, along: change, of: value)))
      return change
    }
    func place(_ array: StateArray<Scalar>, _ names: [NodeModel.Variable]) -> (Int) -> String {
      { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: max(array.columns, 1))
        let (variable, node) = row.quotientAndRemainder(dividingBy: max(array.nodes, 1))
        return "\(names[variable].name) of node \(node), column \(column)"
      }
    }
    let (model, nodes) = (problem.model, problem.nodes)
    let edge: (Int) -> String = {
      "edge \($0), \(problem.network.edge($0).source) → \(problem.network.edge($0).target)"
    }
    if parts.contains(.weights) {
      direction.weights = try test("weights", 0, problem.weights, gradient.weights, edge) { values, problem, _ in
        problem.weights = values
      }
    }
    if parts.contains(.delays) {
      direction.delays = try test(
        "delays", 1, problem.delaysInSteps.map { Scalar($0) }, gradient.delays, edge
      ) { values, problem, _ in problem = try problem.with(delays: .fractional(values.map { Double($0) })) }
    }
    if parts.contains(.conductionSpeed), case .tracts(_, let speed, _) = problem.delays {
      direction.conductionSpeed = try test(
        "conductionSpeed", 2, [Scalar(speed)], [gradient.conductionSpeed], { _ in "" }
      ) { values, problem, _ in problem = try problem.with(conductionSpeed: Double(values[0])) }[0]
    }
    if parts.contains(.coupling) {
      direction.coupling = try test("coupling", 3, [problem.coupling], [gradient.coupling], { _ in "" }) {
        values, problem, _ in
        problem.coupling = values[0]
      }[0]
    }
    for (k, parameter) in model.parameters.enumerated() where parts.contains(.parameter(parameter.name)) {
      let values = run.parameters[k] ?? .uniform(Scalar(parameter.defaultValue))
      let change = try test(
        parameter.name, 16 + k, values.values, gradient.parameter(parameter.name), { "node \($0)" }
      ) { moved, problem, _ in problem.parameters[parameter.name] = values.with(moved) }
      direction.parameters[parameter.name] = values.with(change)
    }
    if parts.contains(.sigma) {
      direction.sigma = try test("sigma", 4, run.sigma, gradient.sigma, { _ in "" }) { values, problem, _ in
        problem.sigma = .values(values)
      }
    }
    if parts.contains(.noise) {
      // The run's own numbers as an array.
      let (states, first) = (model.states.count, begin.step)
      let point: [Scalar]
      switch problem.noise {
      case .samples(let samples):
        let start = (first - samples.firstStep) * states * nodes
        point = Array(samples.values[start..<(start + steps * states * nodes)])
      case .drawn(let key, let member):
        point =
          try NoiseSamples(
            drawnFrom: key, member: member, steps: first..<(first + steps), states: states, nodes: nodes
          ).values
      case .none: point = []
      }
      let change = try test("noise", 5, point, gradient.noise.values, { _ in "" }) { values, problem, _ in
        var samples = try NoiseSamples(steps: steps, states: states, nodes: nodes, values: values)
        samples.firstStep = first
        problem.noise = .samples(samples)
      }
      direction.noise = try NoiseSamples(steps: steps, states: states, nodes: nodes, values: change)
    }
    if parts.contains(.stimulus), let stimulus = problem.stimulus {
      let first = begin.step - problem.stimulusFirstStep
      let columns = first..<(first + steps)
      let point = stimulus.columns(columns)
      let change = try test(
        "stimulus", 6, point.values, gradient.stimulus.values, place(point, model.states)
      ) { values, problem, _ in
        let moved = try StateArray(
          variables: point.variables, nodes: nodes, columns: steps, values: values)
        var whole = stimulus
        for s in 0..<point.variables {
          for i in 0..<nodes { for t in 0..<steps { whole[s, i, columns.lowerBound + t] = moved[s, i, t] } }
        }
        problem.stimulus = whole
      }
      direction.stimulus = try StateArray(variables: point.variables, nodes: nodes, columns: steps, values: change)
    }
    if parts.contains(.amplitudes) {
      direction.amplitudes = try test(
        "amplitudes", 9, problem.stimuli.map(\.amplitude), gradient.amplitudes, { "stimulus \($0)" }
      ) { values, problem, _ in
        for (k, value) in values.enumerated() { problem.stimuli[k].amplitude = value }
      }
    }
    if parts.contains(.initial) {
      let point = begin.state
      let change = try test(
        "initial", 7, point.values, gradient.initial.values, place(point, model.states)
      ) { values, _, begin in
        begin.state = try StateArray(variables: point.variables, nodes: nodes, values: values)
      }
      direction.initial = try StateArray(variables: point.variables, nodes: nodes, values: change)
    }
    if parts.contains(.history) {
      let point = begin.history
      let change = try test(
        "history", 8, point.values, gradient.history.values, place(point, model.couplings)
      ) { values, _, begin in
        begin.history = try StateArray(
          variables: point.variables, nodes: nodes, columns: point.columns, values: values)
      }
      direction.history = try StateArray(
        variables: point.variables, nodes: nodes, columns: point.columns, values: change)
    }

    // ⟨u, J v⟩ against ⟨Jᵀu, v⟩, for a random u and for the loss's own cotangent.
    let tangent = try problem.jvp(steps: steps, along: direction, from: begin).tangent.rows
    let cotangent = try keys[14].normal(series.rows.shape, as: Scalar.self)
    let pulled = try tape.pullback(array(cotangent), withRespectTo: inputs)
    let size = (cotangent.dot(cotangent) * tangent.dot(tangent)).squareRoot()
    let dotGap = abs(cotangent.dot(tangent) - dot(pulled, direction))
    let (forward, reverse) = (lossCotangent.dot(tangent), dot(gradient, direction))
    let lossSize = (lossCotangent.dot(lossCotangent) * tangent.dot(tangent)).squareRoot()
    return Report(
      inputs: reports, dotProductError: dotGap == 0 ? 0 : dotGap / size,
      directionalError: forward == reverse ? 0 : abs(forward - reverse) / lossSize,
      adjointTolerance: 1e4 * Double(Scalar.ulpOfOne))
  }

  /// ⟨gradient, direction⟩ over the inputs that the gradient holds, in `Double`.
  static func dot<Scalar: DelayNetScalar>(
    _ gradient: Problem<Scalar>.Gradient, _ direction: Problem<Scalar>.Tangent
  ) -> Double {
    func product(_ g: [Scalar]?, _ v: [Scalar]?) -> Double {
      guard let g, let v else { return 0 }
      return zip(g, v).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    var sum = product(gradient.weightGradient, direction.weights) + product(gradient.delayGradient, direction.delays)
    sum += product(gradient.sigmaGradient, direction.sigma)
    sum += product(gradient.noiseGradient?.values, direction.noise?.values)
    sum += product(gradient.stimulusGradient?.values, direction.stimulus?.values)
    sum += product(gradient.amplitudeGradient, direction.amplitudes)
    sum += product(gradient.initialGradient?.values, direction.initial?.values)
    sum += product(gradient.historyGradient?.values, direction.history?.values)
    for (name, g) in gradient.parameterGradients { sum += product(g.values, direction.parameters[name]?.values) }
    if let g = gradient.couplingGradient { sum += Double(g) * Double(direction.coupling) }
    if let g = gradient.speedGradient { sum += Double(g) * Double(direction.conductionSpeed) }
    return sum
  }
}
