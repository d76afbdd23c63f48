internal import CKernels

/// Everything that one run reads, checked, in memory that stays where it is: the kernels keep pointers to it.
final class NetworkArrays<Scalar: DelayNetScalar>: @unchecked Sendable {
  // Unchecked: nothing is written after init.
  let problem: Problem<Scalar>
  let carry: NetworkCarry<Scalar>
  let steps: Int
  /// The columns of each monitor that end in the run, and the states that it reads.
  let columns, variables: [Int]
  /// The rows of each state's columns: nodes, or the sensors of a projection.
  let rows: [Int]
  /// (S) or (S, N); empty without noise.
  let sigma: [Scalar]
  /// What each of the model's parameters is set to; nil for the default.
  let parameters: [NodeValues<Scalar>?]
  private let weights: Buffer<Scalar>
  private let fractions: Buffer<Scalar>?
  private let sigmaBuffer: Buffer<Scalar>
  private let parameterBuffers: [Buffer<Scalar>?]
  private let noise: NoiseSamples<Scalar>?
  let pulses: [NetworkPulse<Scalar>]
  private let monitors: UnsafeMutablePointer<dn_monitor>
  private let monitorStates: UnsafeMutablePointer<Int32>
  /// Constants and gains of all monitors.
  private let monitorNumbers: UnsafeMutablePointer<Double>

  deinit {
    monitors.deallocate()
    monitorStates.deallocate()
    monitorNumbers.deallocate()
  }

  init(_ problem: Problem<Scalar>, _ carry: NetworkCarry<Scalar>, steps: Int) throws(DelayNetError) {
    guard steps >= 0, carry.step.addingReportingOverflow(steps).overflow == false else {
      throw .optionOutOfRange(name: "steps", value: Double(steps))
    }
    var problem = problem
    problem.monitors = try problem.resolvedMonitors()
    var chosen: [[Int32]?] = []
    for (k, monitor) in problem.monitors.enumerated() {
      try Self.check(monitor, k, nodes: problem.nodes)
      guard monitor.stepsPerColumn >= 1 else {
        throw .optionOutOfRange(name: "steps of a monitor", value: Double(monitor.stepsPerColumn))
      }
      guard let names = monitor.states else {
        chosen.append(nil)
        continue
      }
      var list: [Int32] = []
      for name in names { list.append(Int32(try problem.model.index(ofReadable: name))) }
      chosen.append(list)
    }
    try problem.check(carry)
    let (model, nodes) = (problem.model, problem.nodes)
    let end = carry.step + steps
    let (count, edges) = (problem.weights.count, problem.network.edges)
    guard count == edges || count == model.couplings.count * edges else {
      throw .shapeMismatch(name: "weights", expected: [problem.network.edges], found: [problem.weights.count])
    }
    var parameters: [NodeValues<Scalar>?] = model.parameters.map { _ in nil }
    try problem.parameters.check()
    for (name, values) in problem.parameters {
      if case .perNode(let list) = values, list.count != nodes {
        throw .shapeMismatch(name: name, expected: [nodes], found: [list.count])
      }
      parameters[try model.index(ofParameter: name)] = values
    }
    if let stimulus = problem.stimulus {
      let first = problem.stimulusFirstStep
      guard stimulus.variables == model.states.count, stimulus.nodes == nodes, 0...carry.step ~= first,
        stimulus.columns >= end - first
      else {
        throw .shapeMismatch(
          name: "stimulus", expected: [model.states.count, nodes, end - max(0, min(first, carry.step))],
          found: stimulus.shape)
      }
    }
    if case .samples(let samples) = problem.noise {
      guard samples.states == model.states.count, samples.nodes == nodes, Self.holds(samples, carry.step..<end)
      else {
        throw .shapeMismatch(
          name: "noise", expected: [end - max(0, min(samples.firstStep, carry.step)), model.states.count, nodes],
          found: [samples.steps, samples.states, samples.nodes])
      }
      noise = samples
    } else {
      noise = nil
    }
    pulses = try problem.pulses()
    sigma = problem.noise == .none ? [] : try problem.sigma.resolved(for: model, nodes: nodes)
    self.problem = problem
    self.carry = carry
    self.steps = steps
    self.parameters = parameters
    columns = problem.monitors.map { $0.columns(in: carry.step..<end) }
    variables = problem.monitors.map { $0.variables(of: model.states.count) }
    rows = problem.monitors.map { $0.rows(of: nodes) }
    func buffer(_ values: [Scalar]) throws(DelayNetError) -> Buffer<Scalar> { try Buffer(row: values) }
    weights = try buffer(problem.weights)
    fractions = try problem.fractions.map(buffer)
    sigmaBuffer = try buffer(sigma)
    var parameterBuffers: [Buffer<Scalar>?] = []
    for values in parameters { parameterBuffers.append(try (values?.values).map(buffer)) }
    self.parameterBuffers = parameterBuffers
    monitors = .allocate(capacity: max(problem.monitors.count, 1))
    monitorStates = .allocate(capacity: max(chosen.reduce(0) { $0 + ($1?.count ?? 0) }, 1))
    monitorNumbers = .allocate(
      capacity: max(problem.monitors.reduce(0) { $0 + $1.constants.count + ($1.gain?.values?.count ?? 0) }, 1))
    var numbers = monitorNumbers
    func kept(_ values: [Double]?) -> UnsafePointer<Double>? {
      guard let values, !values.isEmpty else { return nil }
      numbers.initialize(from: values, count: values.count)
      defer { numbers += values.count }
      return UnsafePointer(numbers)
    }
    var next = 0
    for (k, monitor) in problem.monitors.enumerated() {
      let list = chosen[k] ?? []
      (monitors + k).initialize(
        to: dn_monitor(
          kind: monitor.kind.code, every: Int64(monitor.stepsPerColumn),
          states: chosen[k] == nil ? nil : UnsafePointer(monitorStates + next), state_count: Int32(list.count),
          parameter_count: Int32(monitor.constants.count), parameters: kept(monitor.constants),
          interim: Int64(monitor.interimSteps), gain: kept(monitor.gain?.values), rows: monitor.gain?.rows ?? 0,
          reference: monitor.gain?.reference.code ?? 0))
      for state in list {
        (monitorStates + next).initialize(to: state)
        next += 1
      }
    }
  }

  /// What the kernels would refuse without a word for it: numbers that a kind does not have, a matrix of other nodes.
  private static func check(_ monitor: Monitor, _ k: Int, nodes: Int) throws(DelayNetError) {
    if !monitor.constants.isEmpty, monitor.constants.count != monitor.kind.constants.count {
      throw .shapeMismatch(
        name: "constants of monitor \(k)", expected: [monitor.kind.constants.count], found: [monitor.constants.count])
    }
    if monitor.kind.hasInterim, monitor.stepsPerColumn >= 1 {
      guard monitor.interimSteps >= 1 else {
        throw .optionOutOfRange(name: "interimSteps", value: Double(monitor.interimSteps))
      }
      guard monitor.stepsPerColumn % monitor.interimSteps == 0 else {
        throw .optionOutOfRange(
          name: "steps of a column, no multiple of interimSteps", value: Double(monitor.stepsPerColumn))
      }
    }
    guard monitor.kind.isProjection else { return }
    guard let gain = monitor.gain, let values = gain.values else { throw .badGain(monitor: k, node: nil) }
    guard gain.nodes == nodes, gain.rows >= 1, values.count == gain.rows * nodes else {
      throw .shapeMismatch(
        name: "gain of monitor \(k)", expected: [max(gain.rows, 1), nodes], found: [gain.rows, gain.nodes])
    }
    if case .row(let row) = gain.reference, !(0..<gain.rows).contains(row) {
      throw .optionOutOfRange(name: "reference of monitor \(k)", value: Double(row))
    }
  }

  /// Whether samples, whose first step may be any number, are there for steps from 0 on.
  private static func holds(_ samples: NoiseSamples<Scalar>, _ steps: Range<Int>) -> Bool {
    let (needed, overflow) = steps.upperBound.subtractingReportingOverflow(samples.firstStep)
    return samples.firstStep <= steps.lowerBound && !overflow && samples.steps >= needed
  }

  /// What the kernels read. Valid as long as these arrays are alive.
  var primal: NetworkPrimal<Scalar> {
    let (states, nodes) = (problem.model.states.count, problem.nodes)
    var primal = NetworkPrimal<Scalar>(
      plan: problem.plan.handle, model: problem.model.handle, scheme: problem.scheme.code, stage: problem.stage.code,
      couplingKind: problem.couplingKind.code, timeStep: problem.timeStep, weights: UnsafePointer(weights.base),
      weightSets: problem.weights.count == problem.network.edges ? 1 : Int32(problem.model.couplings.count),
      fractions: fractions.map { UnsafePointer($0.base) }, coupling: problem.coupling,
      parameters: parameterBuffers.map { (values: $0.map { UnsafePointer($0.base) }, count: $0?.steps ?? 0) },
      sigma: sigma.isEmpty ? nil : UnsafePointer(sigmaBuffer.base), sigmaCount: sigma.count,
      noise: noise.map { UnsafePointer($0.buffer.base + (carry.step - $0.firstStep) * states * nodes) },
      stimulus: problem.stimulus.map { UnsafePointer($0.rows.base + carry.step - problem.stimulusFirstStep) },
      stimulusStride: problem.stimulus?.columns ?? 0, pulses: pulses,
      initial: UnsafePointer(carry.state.rows.base), history: UnsafePointer(carry.history.rows.base),
      historyStride: problem.horizon, steps: steps, firstStep: Int64(carry.step),
      monitors: UnsafePointer(monitors), monitorCount: problem.monitors.count,
      // Another run's monitors keep what is not these ones'; where they stand, nothing is kept.
      monitored: carry.monitors == problem.monitors ? UnsafePointer(carry.monitored.rows.base) : nil)
    if case .drawn(let key, let member) = problem.noise {
      primal.key = key.key
      primal.member = member
    }
    return primal
  }

  // ---- Inputs by the register ---------------------------------------------------------------------------------------

  /// The extents of a layout as callers know them.
  func shape(_ layout: InputDescription<Scalar>.Layout) -> [Int] {
    switch layout {
    case .list(let count): [count]
    case .states(let variables, let columns): [variables.count, problem.nodes, columns]
    case .samples: [steps, problem.model.states.count, problem.nodes]
    }
  }

  /// Zeros in the layout in which the kernels have the derivatives of an array.
  func kernelZeros(_ element: InputElement) throws(DelayNetError) -> Buffer<Scalar> {
    let description = problem.description(of: element)
    if let change = description.change { return try Buffer(nodes: 1, history: 0, steps: change.count(self)) }
    switch description.layout(self) {
    case .list(let count): return try Buffer(nodes: 1, history: 0, steps: count)
    case .states(let variables, let columns):
      return try StateArray(variables: variables.count, nodes: problem.nodes, columns: columns).rows
    case .samples:
      return try Buffer(nodes: 1, history: 0, steps: product(steps, problem.model.states.count, problem.nodes))
    }
  }

  /// A buffer of the kernels as callers know it.
  func array(_ layout: InputDescription<Scalar>.Layout, of buffer: Buffer<Scalar>) -> InputValues<Scalar>.Array {
    switch layout {
    case .list: return .list(buffer.values)
    case .states(let variables, _):
      return .states(StateArray(variables: variables.count, nodes: problem.nodes, rows: buffer))
    case .samples:
      var samples = NoiseSamples(
        steps: steps, states: problem.model.states.count, nodes: problem.nodes, buffer: buffer)
      samples.firstStep = carry.step
      return .samples(samples)
    }
  }

  /// The same of numbers in one row.
  func array(
    _ layout: InputDescription<Scalar>.Layout, values: [Scalar]
  ) throws(DelayNetError) -> InputValues<Scalar>.Array {
    if case .states(let variables, let columns) = layout {
      return .states(
        try StateArray(variables: variables.count, nodes: problem.nodes, columns: columns, values: values))
    }
    return array(layout, of: try Buffer(row: values))
  }

  /// Where an entry of an array is.
  func place(of input: InputDescription<Scalar>, _ index: Int) -> String {
    guard case .states(let variables, let columns) = input.layout(self) else { return input.place(self, index) }
    let (row, column) = index.quotientAndRemainder(dividingBy: max(columns, 1))
    let (variable, node) = row.quotientAndRemainder(dividingBy: max(problem.nodes, 1))
    return "\(variables[variable].name) of node \(node), column \(column)"
  }

  /// The standard normal numbers of the run's own steps, drawn or given.
  func noiseOfSteps() throws(DelayNetError) -> NoiseSamples<Scalar> {
    let (states, nodes, first) = (problem.model.states.count, problem.nodes, carry.step)
    var samples: NoiseSamples<Scalar>
    switch problem.noise {
    case .none: samples = try NoiseSamples(steps: steps, states: states, nodes: nodes)
    case .drawn(let key, let member):
      samples = try NoiseSamples(
        drawnFrom: key, member: member, steps: first..<(first + steps), states: states, nodes: nodes)
    case .samples(let given):
      let start = (first - given.firstStep) * states * nodes
      samples = NoiseSamples(
        steps: steps, states: states, nodes: nodes,
        buffer: given.buffer.columns(start..<(start + steps * states * nodes)))
    }
    samples.firstStep = first
    return samples
  }

  /// The columns of the stimulus for the run's own steps.
  func stimulusOfSteps() throws(DelayNetError) -> StateArray<Scalar> {
    guard let stimulus = problem.stimulus else {
      return try StateArray(variables: problem.model.states.count, nodes: problem.nodes, columns: 0)
    }
    let first = carry.step - problem.stimulusFirstStep
    return stimulus.columns(first..<(first + steps))
  }

  /// The error of a status, with the model's names in its location.
  func check(
    _ outcome: (status: dn_status, place: dn_place), stepsDone: @autoclosure () -> [Int] = []
  ) throws(DelayNetError) {
    let (status, place) = outcome
    if status == DN_OK { return }
    let (run, edge, node, step) = (max(Int(place.run), 0), Int(place.edge), Int(place.node), Int(place.step))
    // Monitors read outputs by the numbers behind those of the states.
    let states = problem.model.readable
    let state = states.indices.contains(Int(place.state)) ? states[Int(place.state)].name : "\(place.state)"
    let named = problem.model.parameters
    switch status {
    case DN_NOT_FINITE_STATE: throw .notFiniteState(run: run, node: node, state: state, step: step)
    case DN_NOT_FINITE_INITIAL: throw .notFiniteInput("initial", run: run, node: node, state: state, step: step)
    case DN_NOT_FINITE_NOISE: throw .notFiniteInput("noise", run: run, node: node, state: state, step: step)
    case DN_NOT_FINITE_STIMULUS: throw .notFiniteInput("stimulus", run: run, node: node, state: state, step: step)
    case DN_PERIODIC_AVERAGE: throw .periodicAverage(state: state, model: problem.model.name)
    case DN_NOT_FINITE_MONITOR:
      throw .notFiniteMonitor(run: run, monitor: Int(place.monitor), node: node, state: state, step: step)
    case DN_BAD_GAIN: throw .badGain(monitor: Int(place.monitor), node: node)
    case DN_BAD_MONITOR where problem.monitors.indices.contains(Int(place.monitor)):
      let constants = problem.monitors[Int(place.monitor)].kind.constants
      let known = constants.indices.contains(Int(place.parameter))
      throw .badMonitor(
        monitor: Int(place.monitor), constant: known ? constants[Int(place.parameter)].name : "a constant")
    case DN_NOT_FINITE_PARAMETER:
      let known = named.indices.contains(Int(place.parameter))
      let name = known ? named[Int(place.parameter)].name : problem.coupling.isFinite ? "sigma" : "coupling"
      throw .notFiniteModelParameter(run: run, parameter: name, node: node < 0 ? nil : node)
    case DN_NOT_FINITE_COTANGENT where node < 0:
      let name =
        edge >= 0
        ? "edge \(edge)" : named.indices.contains(Int(place.parameter)) ? named[Int(place.parameter)].name : "a number"
      throw .notFiniteGradient(run: run, input: name)
    case DN_BUDGET_TOO_SMALL: throw .budgetTooSmall(least: (try? problem.tapeBytes(steps: steps).least) ?? 0)
    case DN_NOT_DIFFERENTIABLE: throw .notDifferentiable("delays")
    case DN_BAD_TIME_STEP: throw .optionOutOfRange(name: "timeStep", value: problem.timeStep)
    default: try DelayNet.check(outcome, stepsDone: stepsDone())
    }
  }
}

extension Problem {
  /// What the tape of a run takes, in bytes: with everything kept, and the smallest budget that works.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps; nothing is allocated for them.
  ///   - carry: where the run begins; at step 0 unless given.
  /// - Returns: `Int.max` for what cannot be counted.
  public func tapeBytes(
    steps: Int, from carry: NetworkCarry<Scalar>? = nil
  ) throws(DelayNetError) -> (everything: Int, least: Int) {
    let begin: NetworkCarry<Scalar> = if let carry { carry } else { try emptyStart() }
    let arrays = try NetworkArrays(self, begin, steps: steps)
    let (status, everything, least) = Scalar.kernels.network.tapeBytes(arrays.primal)
    extendLifetime(arrays)
    try DelayNet.check((status, noPlace))
    return (everything, least)
  }
}

/// A location that says nothing.
let noPlace = dn_place(run: -1, edge: -1, node: -1, step: -1, state: -1, parameter: -1, pulse: -1, monitor: -1)
