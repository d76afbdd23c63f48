/// A stochastic network of neural masses: nodes with a model's equations, coupled with delays.
///
///     c_i(t) = Σ_{e → i} w_e · y_{j_e}(t − d_e);    ds_i = (F(s_i, G·c_i, θ_i) + u_i) dt + σ_i dW_i
///
/// y are the coupling variables of a node's states s. A problem is a value: set its parts, copy it, run it.
///
///     var problem = try Problem(network, model: .montbrioPazoRoxin, timeStep: 0.1)
///     problem.coupling = 0.5
///     problem.parameters = ["eta": -4.6]
///     problem.sigma = 0.01
///     let trajectory = try problem.simulate(steps: 10_000)
public struct Problem<Scalar: DelayNetScalar>: Sendable {
  /// Where the edges' delays come from.
  public enum Delays: Sendable, Equatable {
    /// The network's own, whole steps.
    case network
    /// A real number of steps for every edge; between two columns the coupling is interpolated.
    case fractional([Double])
    /// length / (conduction speed · time step) for every edge; lengths in mm, the speed in mm/ms.
    ///
    /// Rounded half to even when not fractional.
    case tracts(lengths: [Double], conductionSpeed: Double, fractional: Bool)

    /// Whether there are derivatives with respect to delays.
    public var areFractional: Bool {
      switch self {
      case .network: false
      case .fractional: true
      case .tracts(_, _, let fractional): fractional
      }
    }
  }

  /// Topology, weights and whole delays. Runs use the problem's own ``weights``, and delays as ``delays`` says.
  public let network: Network<Scalar>
  /// The nodes' equations.
  public let model: NodeModel
  /// dt, in ms.
  public let timeStep: Double
  /// Where the edges' delays come from.
  public let delays: Delays
  /// The sorted edges; copies of the problem share it. With fractional delays it has two for each of the network's.
  public let plan: Plan
  let fractions: [Scalar]?

  /// The scheme of the steps.
  public var scheme = Scheme.heun
  /// What the second stage of Heun's scheme is coupled to.
  public var stage = CouplingStage.aware
  /// Whether nodes are coupled to what others send, or to its difference from their own.
  public var couplingKind = CouplingKind.linear
  /// The weight of every edge, in the order of the network's. All coupling variables share them, or there are as many for each of them,
  /// one coupling variable's behind the other's: long-range excitation and inhibition may be two matrices on the same edges.
  public var weights: [Scalar]
  /// G, what every sum over edges is multiplied with.
  public var coupling: Scalar = 1
  /// The model's parameters by name; those that are not named have their defaults.
  public var parameters = NamedValues<Scalar>()
  /// How strong the noise is.
  public var sigma = Sigma<Scalar>.none
  /// Where the noise comes from.
  public var noise = Noise<Scalar>.drawn(RandomKey(seed: 0))
  /// u, added to the drift, shape (states, nodes, steps): column t from step ``stimulusFirstStep`` + t to the next, absolute
  /// steps. Nil for none.
  public var stimulus: StateArray<Scalar>?
  /// The absolute number of the step of the stimulus' first column.
  public var stimulusFirstStep = 0
  /// Stimuli that are switched on and off, added to u without taking memory for every step.
  public var stimuli: [Stimulus<Scalar>] = []
  /// s(0), shape (states, nodes, 1). At first drawn uniformly from the model's usual ranges, with the seed 0.
  public var initial: StateArray<Scalar>
  /// y(−H) … y(−1), oldest first, shape (coupling variables, nodes, ``horizon``). Nil: constant at y(s(0)).
  public var history: StateArray<Scalar>?
  /// What a run returns; the first one's columns are the trajectory's series. By default every state at every step.
  public var monitors: [Monitor] = [.subsample()]

  /// N, the number of nodes.
  public var nodes: Int { network.nodes }
  /// H, the columns of a history.
  public var horizon: Int { plan.history }

  /// A problem with default parameters and without noise.
  ///
  /// - Parameters:
  ///   - network: topology, weights and delays.
  ///   - model: the nodes' equations.
  ///   - timeStep: in ms; the network's unless given.
  ///   - delays: where the edges' delays come from; the network's whole ones unless given.
  ///   - instructionSet: forces one; the results have the same bits with any.
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a time step or speed that is missing, not positive or
  ///   not finite; ``DelayNetError/shapeMismatch(name:expected:found:)``; ``DelayNetError/invalidValue(name:index:value:)``
  ///   for a length or delay that is negative or not finite; what ``Plan/init(_:instructionSet:block:tileSources:)`` throws.
  public init(
    _ network: Network<Scalar>, model: NodeModel, timeStep: Double? = nil, delays: Delays = .network,
    instructionSet: InstructionSet = .automatic
  ) throws(DelayNetError) {
    guard let timeStep = timeStep ?? network.timeStep, timeStep > 0, timeStep.isFinite else {
      throw .optionOutOfRange(name: "timeStep", value: timeStep ?? .nan)
    }
    let steps = try delays.inSteps(network, timeStep: timeStep)
    self.network = network
    self.model = model
    self.timeStep = timeStep
    self.delays = delays
    fractions = delays.areFractional ? steps?.map { Scalar($0 - $0.rounded(.down)) } : nil
    plan = try Plan(
      delays.whole(network, steps: steps), fractional: fractions != nil, instructionSet: instructionSet)
    weights = network.weights
    initial = try Self.initial(of: model, nodes: network.nodes, key: RandomKey(seed: 0))
  }

  /// States drawn uniformly from the model's usual ranges, shape (states, nodes, 1).
  ///
  /// - Throws: what ``StateArray/init(variables:nodes:columns:repeating:)`` throws.
  public static func initial(
    of model: NodeModel, nodes: Int, key: RandomKey
  ) throws(DelayNetError) -> StateArray<Scalar> {
    var initial = try StateArray<Scalar>(uninitialized: model.states.count, nodes, 1)
    initial.rows.withUnsafeMutableBufferPointer { all in
      for (s, state) in model.states.enumerated() {
        let range = state.initialRange ?? 0...0
        Scalar.kernels.uniform(
          key.folding(in: UInt64(s)).key, 0, Scalar(range.lowerBound), Scalar(range.upperBound),
          UnsafeMutableBufferPointer(rebasing: all[(s * nodes)..<((s + 1) * nodes)]))
      }
    }
    return initial
  }

  /// The same problem with other delays.
  ///
  /// A history that was set is kept where its length still fits, and dropped otherwise.
  ///
  /// - Throws: what ``init(_:model:timeStep:delays:instructionSet:)`` throws.
  public func with(delays: Delays) throws(DelayNetError) -> Problem {
    var other = try Problem(
      network, model: model, timeStep: timeStep, delays: delays, instructionSet: plan.report.instructionSet)
    other.scheme = scheme
    other.stage = stage
    other.couplingKind = couplingKind
    other.weights = weights
    other.coupling = coupling
    other.parameters = parameters
    other.sigma = sigma
    other.noise = noise
    other.stimulus = stimulus
    other.stimulusFirstStep = stimulusFirstStep
    other.stimuli = stimuli
    other.initial = initial
    other.history = history?.columns == other.horizon ? history : nil
    other.monitors = monitors
    return other
  }

  /// The same problem with another conduction speed.
  ///
  /// - Parameter conductionSpeed: in mm/ms.
  /// - Throws: ``DelayNetError/notDifferentiable(_:)`` unless the delays come from ``Delays/tracts(lengths:conductionSpeed:fractional:)``;
  ///   what ``with(delays:)`` throws.
  public func with(conductionSpeed: Double) throws(DelayNetError) -> Problem {
    guard case .tracts(let lengths, _, let fractional) = delays else { throw .notDifferentiable("conductionSpeed") }
    return try with(delays: .tracts(lengths: lengths, conductionSpeed: conductionSpeed, fractional: fractional))
  }

  /// The delay of every edge in steps.
  public var delaysInSteps: [Double] {
    // They were checked when the problem was made.
    ((try? delays.inSteps(network, timeStep: timeStep)) ?? nil) ?? network.delays.map { Double($0) }
  }
}

extension Problem.Delays {
  /// Every edge's delay in steps, rounded unless fractional; nil for the network's own.
  func inSteps(_ network: Network<Scalar>, timeStep: Double) throws(DelayNetError) -> [Double]? {
    var steps: [Double]
    switch self {
    case .network: return nil
    case .fractional(let given):
      steps = given
    case .tracts(let lengths, let speed, let fractional):
      guard speed > 0, !speed.isNaN else { throw .optionOutOfRange(name: "conductionSpeed", value: speed) }
      guard lengths.count == network.edges else {
        throw .shapeMismatch(name: "lengths", expected: [network.edges], found: [lengths.count])
      }
      steps = lengths.map { $0 / speed / timeStep }
      for (edge, length) in lengths.enumerated() where !(length >= 0 && steps[edge] < 1e9) {
        throw .invalidValue(name: "lengths", index: edge, value: length)
      }
      if !fractional { steps = steps.map { $0.rounded(.toNearestOrEven) } }
    }
    guard steps.count == network.edges else {
      throw .shapeMismatch(name: "delays", expected: [network.edges], found: [steps.count])
    }
    for (edge, delay) in steps.enumerated() where !(delay >= 0 && delay < 1e9) {
      throw .invalidValue(name: "delays", index: edge, value: delay)
    }
    return steps
  }

  /// The network with the whole steps of the delays; where they are fractional, its history has room for one more.
  func whole(_ network: Network<Scalar>, steps: [Double]?) throws(DelayNetError) -> Network<Scalar> {
    guard let steps else { return network }
    let whole = steps.map { Int32($0.rounded(.down)) }
    return try Network(
      nodes: network.nodes, topology: network.topology, weights: network.weights, delays: whole,
      history: max(network.history, Int(whole.max() ?? -1) + 1), timeStep: network.timeStep)
  }
}
