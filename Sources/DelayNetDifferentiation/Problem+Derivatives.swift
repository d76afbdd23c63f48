/// What a loss of a stochastic network may depend on: weights, delays and speed, coupling, parameters, σ, stimuli, initial
/// state, history and noise.
///
/// Its tangent has a field of the same name for each; arrays in the same order.
public struct NetworkVariables<Scalar: DelayNetScalar & Differentiable>: Differentiable, Sendable
where Scalar.TangentVector == Scalar {
  /// The weight of every edge, in the order of the network's.
  public var weights: [Scalar]
  /// The delay of every edge in steps where the problem was given fractional ones; else empty.
  ///
  /// A network's history has to be long enough for all that are tried.
  public var delays: [Scalar]
  /// The conduction speed in mm/ms of fractional delays that come from tracts, if it is finite; else 0, and constant.
  public var conductionSpeed: Scalar
  /// G.
  public var coupling: Scalar
  /// The values of every parameter of the model, in its order: one, or one a node, as the problem has them.
  public var parameters: [Scalar]
  /// σ: one a state, or a state and node, as the problem has it; empty without noise.
  public var sigma: [Scalar]
  /// The problem's dense stimulus, a row for every state and node, a column for each of its steps; without columns if there is
  /// none.
  public var stimulus: Buffer<Scalar>
  /// The amplitudes of the stimuli that are switched on and off.
  public var amplitudes: [Scalar]
  /// The state that the run begins with, a row for every state and node, one column.
  public var initial: Buffer<Scalar>
  /// The history, a row for every coupling variable and node; oldest first.
  public var history: Buffer<Scalar>
  /// Standard normal numbers, (steps, states, nodes), the nodes innermost; empty for the problem's own noise.
  public var noise: [Scalar]

  /// A problem's own values; the noise stays the problem's.
  ///
  /// - Throws: what the `start()` of the problem throws, and `DelayNetError` for a σ that does not fit.
  public init(_ problem: Problem<Scalar>) throws(DelayNetError) {
    try problem.parameters.check()
    weights = problem.weights
    delays = if case .fractional(let given) = problem.delays { given.map { Scalar($0) } } else { [] }
    conductionSpeed =
      if case .tracts(_, let speed, true) = problem.delays, speed.isFinite { Scalar(speed) } else { 0 }
    coupling = problem.coupling
    parameters = problem.model.parameters.flatMap {
      problem.parameters[$0.name]?.values ?? [Scalar($0.defaultValue)]
    }
    sigma = problem.noise == .none ? [] : try problem.sigma.resolved(for: problem.model, nodes: problem.nodes)
    stimulus =
      if let stimulus = problem.stimulus { stimulus.rows } else {
        try StateArray<Scalar>(variables: problem.model.states.count, nodes: problem.nodes, columns: 0).rows
      }
    amplitudes = problem.stimuli.map(\.amplitude)
    let carry = try problem.start()
    initial = carry.state.rows
    history = carry.history.rows
    noise = []
  }
}

extension Problem where Scalar: Differentiable, Scalar.TangentVector == Scalar {
  /// The states of a run, to be differentiated with respect to everything that went in.
  ///
  ///     let slope = gradient(at: try NetworkVariables(problem)) { v in
  ///       (problem.differentiableSimulate(v, steps: 1000) - target).squared().mean()
  ///     }
  ///     slope.coupling                                             // ∂loss/∂G
  ///
  /// It computes what `simulate` computes, but does not throw. Where `simulate` would, because the numbers left the finite
  /// ones, the task was cancelled or memory ran out, every value is NaN and so is its gradient; where only the pullback
  /// would, the gradient is.
  ///
  /// - Parameters:
  ///   - variables: of this problem.
  ///   - steps: T, how many steps.
  ///   - memory: how much the gradient may take.
  /// - Returns: a row for every state and node, a column for each of the first monitor's.
  /// - Precondition: the variables are as many as the problem's, and there is memory for the states.
  /// - Postcondition: values and gradient have the bits of `simulate` and of the tape's `pullback`.
  public func differentiableSimulate(
    _ variables: NetworkVariables<Scalar>, steps: Int, memory: TapeMemory = .everything
  ) -> Buffer<Scalar> {
    do throws(DelayNetError) {
      let moved = try with(variables, steps: steps)
      return try moved.simulate(steps: steps).series.rows
    } catch {
      Self.stop(at: error)
      return notANumber(steps)
    }
  }

  @derivative(of: differentiableSimulate, wrt: variables)
  @usableFromInline
  func vjpSimulate(
    _ variables: NetworkVariables<Scalar>, steps: Int, memory: TapeMemory
  ) -> (
    value: Buffer<Scalar>, pullback: (Buffer<Scalar>.TangentVector) -> NetworkVariables<Scalar>.TangentVector
  ) {
    do throws(DelayNetError) {
      let moved = try with(variables, steps: steps)
      let inputs = Self.inputs(named: moved.differentiableInputs.filter { $0 != "noise" || !variables.noise.isEmpty })
      let (trajectory, pullback) = try moved.simulateWithPullback(
        steps: steps, withRespectTo: inputs, memory: memory)
      let series = trajectory.series
      return (
        series.rows,
        { v in
          if v.isEmpty { return .zero }
          do throws(DelayNetError) {
            let cotangent = try StateArray(
              variables: series.variables, nodes: series.nodes, columns: series.columns,
              values: v.buffer(of: series.rows.shape).values)
            return moved.tangent(try pullback(cotangent), variables)
          } catch {
            Self.stop(at: error)
            return Self.notANumber(variables)
          }
        }
      )
    } catch {
      Self.stop(at: error)
      return (notANumber(steps), { v in v.isEmpty ? .zero : Self.notANumber(variables) })
    }
  }

  /// The problem with the variables' values.
  private func with(_ variables: NetworkVariables<Scalar>, steps: Int) throws(DelayNetError) -> Problem {
    var moved = self
    if !variables.delays.isEmpty {
      moved = try with(delays: .fractional(variables.delays.map { Double($0) }))
    } else if variables.conductionSpeed != 0 {
      moved = try with(conductionSpeed: Double(variables.conductionSpeed))
    }
    let (states, couplings) = (model.states.count, model.couplings.count)
    moved.weights = variables.weights
    moved.coupling = variables.coupling
    var rest = variables.parameters[...]
    for parameter in model.parameters {
      let count = parameters[parameter.name]?.values.count ?? 1
      guard rest.count >= count else {
        throw .shapeMismatch(name: "parameters", expected: [count], found: [rest.count])
      }
      let values = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      if case .perNode = parameters[parameter.name] {
        moved.parameters[parameter.name] = .perNode(values)
      } else {
        moved.parameters[parameter.name] = .uniform(values[0])
      }
    }
    guard rest.isEmpty else { throw .shapeMismatch(name: "parameters", expected: [0], found: [rest.count]) }
    moved.sigma = variables.sigma.isEmpty ? .none : .values(variables.sigma)
    if let stimulus {
      moved.stimulus = try StateArray(
        variables: states, nodes: nodes, columns: stimulus.columns, values: variables.stimulus.values)
    }
    guard variables.amplitudes.count == stimuli.count else {
      throw .shapeMismatch(name: "amplitudes", expected: [stimuli.count], found: [variables.amplitudes.count])
    }
    for (k, amplitude) in variables.amplitudes.enumerated() { moved.stimuli[k].amplitude = amplitude }
    moved.initial = try StateArray(variables: states, nodes: nodes, values: variables.initial.values)
    moved.history = try StateArray(
      variables: couplings, nodes: nodes, columns: moved.horizon, values: variables.history.values)
    if !variables.noise.isEmpty {
      moved.noise = .samples(try NoiseSamples(steps: steps, states: states, nodes: nodes, values: variables.noise))
    }
    return moved
  }

  private func tangent(
    _ gradient: Gradient, _ variables: NetworkVariables<Scalar>
  ) -> NetworkVariables<Scalar>.TangentVector {
    let ofParameters = model.parameters.flatMap { gradient.parameter($0.name) }
    return .init(
      weights: .init(gradient.weights), delays: .init(variables.delays.isEmpty ? [] : gradient.delays),
      conductionSpeed: variables.conductionSpeed == 0 ? 0 : gradient.conductionSpeed, coupling: gradient.coupling,
      parameters: .init(ofParameters), sigma: .init(variables.sigma.isEmpty ? [] : gradient.sigma),
      stimulus: stimulus == nil ? .zero : .init(whole(gradient.stimulus)),
      amplitudes: .init(variables.amplitudes.isEmpty ? [] : gradient.amplitudes), initial: .init(gradient.initial.rows),
      history: .init(gradient.history.rows), noise: .init(variables.noise.isEmpty ? [] : gradient.noise.values))
  }

  /// The gradient by a run's steps of the stimulus, with zeros for the stimulus's other steps.
  private func whole(_ gradient: StateArray<Scalar>) -> Buffer<Scalar> {
    guard let stimulus, stimulus.columns != gradient.columns else { return gradient.rows }
    do throws(DelayNetError) {
      var whole = try StateArray<Scalar>(variables: stimulus.variables, nodes: nodes, columns: stimulus.columns)
      whole.replace(columnsFrom: -stimulusFirstStep, with: gradient)
      return whole.rows
    } catch {
      fatalError(error.description)
    }
  }

  private func notANumber(_ steps: Int) -> Buffer<Scalar> {
    do throws(DelayNetError) {
      return try StateArray(
        variables: model.states.count, nodes: nodes,
        columns: (monitors.first ?? .subsample()).columns(in: 0..<max(steps, 0)), repeating: .nan
      ).rows
    } catch {
      fatalError(error.description)
    }
  }

  private static func notANumber(
    _ variables: NetworkVariables<Scalar>
  ) -> NetworkVariables<Scalar>.TangentVector {
    func array(_ count: Int) -> [Scalar].TangentVector { .init([Scalar](repeating: .nan, count: count)) }
    return .init(
      weights: array(variables.weights.count), delays: array(variables.delays.count),
      conductionSpeed: variables.conductionSpeed == 0 ? 0 : .nan, coupling: .nan,
      parameters: array(variables.parameters.count), sigma: array(variables.sigma.count),
      stimulus: .init(repeating: .nan, variables.stimulus.shape), amplitudes: array(variables.amplitudes.count),
      initial: .init(repeating: .nan, variables.initial.shape),
      history: .init(repeating: .nan, variables.history.shape), noise: array(variables.noise.count))
  }

  /// Ends the program at a mistake that is in the program, not in the numbers.
  private static func stop(at error: DelayNetError) {
    switch error {
    case .shapeMismatch, .optionOutOfRange, .duplicateName, .unknownParameter, .unknownState, .foreignCarry,
      .notDifferentiable,
      .budgetTooSmall, .tooLarge, .unexpected:
      fatalError(error.description)
    default: break
    }
  }
}
