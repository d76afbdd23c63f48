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
    for element in try problem.elements(inputs) {
      let (name, input) = (problem.name(of: element), problem.description(of: element))
      let (point, own) = (try input.value(run).values, gradient[name] ?? [])
      // As large as the array's own numbers: parameters of one model can lie five orders of magnitude apart.
      let largest = point.map(abs).max() ?? 0
      let size = largest > 0 ? largest : 1
      let number = element.parameter.map { 16 + $0 } ?? Input.allCases.firstIndex(of: element.input)!
      let change = try keys[number % 16].folding(in: UInt64(number)).normal(point.count, as: Scalar.self)
        .map { size * $0 }
      func value(_ moved: [Scalar]) throws -> Scalar {
        var (problem, begin) = (problem, begin)
        try input.set(moved, run, &problem, &begin)
        return try problem.value(steps: steps, from: begin, of: loss)
      }
      reports.append(
        Report.Input(
          name: name,
          differences: try differences(
            at: point, gradient: own, input: name, entries: entries, key: keys[15], tolerance: tolerance,
            place: { run.place(of: input, $0) }, of: value),
          taylor: try taylor(at: point, gradient: own, along: change, of: value)))
      if element.parameter != nil {
        direction.parameters[name] = change.count == 1 ? .uniform(change[0]) : .perNode(change)
      } else {
        direction[element] = try run.array(input.layout(run), values: change)
      }
    }

    // ⟨u, J v⟩ against ⟨Jᵀu, v⟩, for a random u and for the loss's own cotangent.
    let tangent = try problem.jvp(steps: steps, along: direction, from: begin).tangent.rows
    let cotangent = try keys[14].normal(series.rows.shape, as: Scalar.self)
    let pulled = try tape.pullback(array(cotangent), withRespectTo: inputs)
    let size = (cotangent.dot(cotangent) * tangent.dot(tangent)).squareRoot()
    let dotGap = abs(cotangent.dot(tangent) - pulled.dot(direction))
    let (forward, reverse) = (lossCotangent.dot(tangent), gradient.dot(direction))
    let lossSize = (lossCotangent.dot(lossCotangent) * tangent.dot(tangent)).squareRoot()
    return Report(
      inputs: reports, dotProductError: dotGap == 0 ? 0 : dotGap / size,
      directionalError: forward == reverse ? 0 : abs(forward - reverse) / lossSize,
      adjointTolerance: 1e4 * Double(Scalar.ulpOfOne))
  }
}
