/// What connects a vector of unconstrained numbers, as an optimiser moves it, to a problem: there and, by the chain rule, back.
///
///     let parametrization = try Parametrization(problem, free: [.coupling(.positive), .parameter("w", .perRegion)])
///     let moved = try parametrization.problem(at: parametrization.start)
public struct Parametrization<Scalar: DelayNetScalar>: Sendable {
  /// One free parameter's part of the vector.
  struct Block: Sendable {
    let free: FreeParameter
    let transform: BoundTransform
    /// Numbers of the problem in the order of its arrays, as they were at the start.
    let elements: [Double]
    /// For each of them: its place among the block's variables, or −1 where it is kept.
    let variable: [Int]
    /// Where the block's variables begin in the vector, and how many they are.
    let first, count: Int
    /// For each value that is reported: an element that has it.
    let reported: [Int]
  }

  /// The problem that the fit starts from.
  public let problem: Problem<Scalar>
  /// What is free.
  public let free: [FreeParameter]
  /// The unconstrained numbers of the problem as it was given.
  public let start: [Double]
  /// Within which an optimiser holds the unconstrained numbers; infinite but for ``FreeParameter/Transform/clamped(_:)``.
  public let bounds: [ClosedRange<Double>]
  let blocks: [Block]

  /// The number of unconstrained numbers.
  public var count: Int { start.count }

  /// Connects a problem with what is free in it.
  ///
  /// - Throws: `DelayNetError.unknownParameter(name:model:known:)`, `DelayNetError.unknownState(name:model:known:)`;
  ///   `DelayNetError.notDifferentiable(_:)` for delays or a speed that are not fractional, noise that is not there,
  ///   stimuli that are not there; `DelayNetError.duplicateName(_:)` for a part that is free twice;
  ///   `DelayNetError.optionOutOfRange(name:value:)` or `DelayNetError.invalidValue(name:index:value:)` for a
  ///   number that its transform cannot make, such as one on a bound, for bounds that are none, and for groups or kept regions
  ///   that are none; `DelayNetError.shapeMismatch(name:expected:found:)` for groups of another number of regions, and
  ///   where nothing is free.
  public init(_ problem: Problem<Scalar>, free: [FreeParameter]) throws(DelayNetError) {
    var problem = problem
    var claimed: Set<FreeParameter.Quantity> = []
    for parameter in free {
      for part in Self.parts(of: parameter.quantity, problem.model) where !claimed.insert(part).inserted {
        throw .duplicateName(parameter.name)
      }
    }
    let movesInitial = free.contains { if case .initial = $0.quantity { true } else { false } }
    if movesInitial, problem.history == nil {
      // It would follow the initial state, and has a gradient of its own.
      if claimed.contains(.delays) { throw .notDifferentiable("initial, beside delays and without a history") }
      problem.history = try problem.start().history
    }
    var (blocks, start, bounds): ([Block], [Double], [ClosedRange<Double>]) = ([], [], [])
    for parameter in free {
      let block = try Self.block(parameter, problem, first: start.count)
      var values = [Double?](repeating: nil, count: block.count)
      for (index, value) in block.elements.enumerated() where block.variable[index] >= 0 {
        func misfit() -> DelayNetError {
          block.elements.count == 1
            ? .optionOutOfRange(name: parameter.name, value: value)
            : .invalidValue(name: parameter.name, index: index, value: value)
        }
        guard let u = block.transform.inverse(value) else { throw misfit() }
        // Those that share a number have to begin with the same.
        if let known = values[block.variable[index]], known != u { throw misfit() }
        values[block.variable[index]] = u
      }
      start += values.map { $0 ?? 0 }
      bounds += [ClosedRange<Double>](repeating: block.transform.bounds, count: block.count)
      blocks.append(block)
    }
    guard !start.isEmpty else { throw .shapeMismatch(name: "free parameters", expected: [1], found: [0]) }
    (self.problem, self.free, self.blocks, self.start, self.bounds) = (problem, free, blocks, start, bounds)
  }

  /// What a quantity is made of: a speed is a change of all delays, σ of all states one of each.
  private static func parts(of quantity: FreeParameter.Quantity, _ model: NodeModel) -> [FreeParameter.Quantity] {
    switch quantity {
    case .conductionSpeed: [.delays]
    case .sigma(nil): model.states.map { .sigma($0.name) }
    case .initial(nil): model.states.map { .initial($0.name) }
    default: [quantity]
    }
  }

  private static func block(
    _ free: FreeParameter, _ problem: Problem<Scalar>, first: Int
  ) throws(DelayNetError) -> Block {
    guard free.spreadPenalty >= 0, free.spreadPenalty.isFinite else {
      throw .optionOutOfRange(name: "penalty of \(free.name)", value: free.spreadPenalty)
    }
    let (model, nodes) = (problem.model, problem.nodes)
    let isRegional = free.sharing != .shared
    var range: ClosedRange<Double>?
    var elements: [Double]
    // Regions behind the elements; nil where they are edges or stimuli, each with a number of its own.
    var regions: [Int]? = nil
    var isFree: (Int) -> Bool = { _ in true }
    switch free.quantity {
    case .coupling: (elements, regions) = ([Double(problem.coupling)], [])
    case .parameter(let name):
      guard let parameter = model.parameters.first(where: { $0.name == name }) else {
        throw model.unknownParameter(name)
      }
      range = parameter.range
      elements = (problem.parameters[name]?.values ?? [Scalar(parameter.defaultValue)]).map { Double($0) }
      guard elements.count == 1 || elements.count == nodes else {
        throw .shapeMismatch(name: name, expected: [nodes], found: [elements.count])
      }
      if isRegional && elements.count == 1 { elements = [Double](repeating: elements[0], count: nodes) }
      regions = elements.count == nodes && (isRegional || nodes > 1) ? Array(0..<nodes) : []
    case .sigma(let state):
      guard problem.noise != .none, problem.sigma != .none else { throw .notDifferentiable("sigma") }
      let values = try problem.sigma.resolved(for: model, nodes: nodes).map { Double($0) }
      let states = try Self.states(state, model)
      let isSpread = isRegional || values.count != model.states.count
      elements = states.flatMap { s in
        (0..<(isSpread ? nodes : 1)).map { values.count == model.states.count ? values[s] : values[s * nodes + $0] }
      }
      regions = isSpread ? states.flatMap { _ in 0..<nodes } : []
    case .weights:
      elements = problem.weights.map { Double($0) }
      isFree = { problem.weights[$0] != 0 }
    case .conductionSpeed:
      guard case .tracts(_, let speed, true) = problem.delays, speed.isFinite else {
        throw .notDifferentiable("conductionSpeed")
      }
      (elements, regions) = ([speed], [])
    case .delays:
      guard problem.delays.areFractional else { throw .notDifferentiable("delays") }
      elements = problem.delaysInSteps
      // Of coupling variables with weights of their own, one that is not 0 is enough.
      let (weights, edges) = (problem.weights, problem.network.edges)
      isFree = { edge in stride(from: edge, to: weights.count, by: edges).contains { weights[$0] != 0 } }
    case .initial(let state):
      let states = try Self.states(state, model)
      let all = problem.initial
      guard all.shape == [model.states.count, nodes, 1] else {
        throw .shapeMismatch(name: "initial", expected: [model.states.count, nodes, 1], found: all.shape)
      }
      elements = states.flatMap { s in (0..<nodes).map { Double(all[s, $0, 0]) } }
      regions = states.flatMap { _ in 0..<nodes }
    case .amplitudes:
      guard !problem.stimuli.isEmpty else { throw .notDifferentiable("amplitudes") }
      elements = problem.stimuli.map { Double($0.amplitude) }
    }
    let own = Array(elements.indices)
    for region in free.kept.sorted() where !(0..<max(regions.map { _ in nodes } ?? elements.count, 1) ~= region) {
      throw .invalidValue(name: "kept regions of \(free.name)", index: region, value: Double(region))
    }
    // Which number each element has, before those that are kept are left out.
    let numbers: [Int]
    switch (free.sharing, regions) {
    case (.shared, .some): numbers = own.map { _ in 0 }
    case (_, nil): numbers = own
    case (_, .some(let places)) where places.isEmpty: numbers = own.map { _ in 0 }
    case (.groups(let groups), .some(let places)):
      guard groups.count == nodes else {
        throw .shapeMismatch(name: "groups of \(free.name)", expected: [nodes], found: [groups.count])
      }
      let count = Set(groups).count
      for (index, group) in groups.enumerated() where !(0..<count ~= group) {
        throw .invalidValue(name: "groups of \(free.name)", index: index, value: Double(group))
      }
      // All states of a region have their own groups' numbers.
      numbers = own.map { $0 / max(nodes, 1) * count + groups[places[$0]] }
    case (.perRegion, .some): numbers = own
    }
    var (variable, place): ([Int], [Int: Int]) = ([], [:])
    for element in own {
      let region = regions.map { $0.isEmpty ? 0 : $0[element] } ?? element
      // What all share is kept as a whole or not at all.
      let isKept = free.kept.contains(region) && (free.sharing != .shared || elements.count == 1)
      guard isFree(element), !isKept else {
        variable.append(-1)
        continue
      }
      let known = place[numbers[element]] ?? place.count
      place[numbers[element]] = known
      variable.append(known)
    }
    let reported =
      regions == nil || !isRegional || free.sharing == .perRegion
      ? (free.sharing == .shared && regions != nil ? Array(own.prefix(1)) : own)
      : own.filter { numbers.firstIndex(of: numbers[$0]) == $0 }.sorted { numbers[$0] < numbers[$1] }
    return Block(
      free: free, transform: try Self.transform(free, range), elements: elements, variable: variable, first: first,
      count: place.count, reported: reported)
  }

  private static func states(_ name: String?, _ model: NodeModel) throws(DelayNetError) -> [Int] {
    guard let name else { return Array(model.states.indices) }
    guard let index = model.states.firstIndex(where: { $0.name == name }) else {
      throw model.unknownState(name)
    }
    return [index]
  }

  private static func transform(
    _ free: FreeParameter, _ range: ClosedRange<Double>?
  ) throws(DelayNetError) -> BoundTransform {
    func bounds(_ given: ClosedRange<Double>?) throws(DelayNetError) -> ClosedRange<Double> {
      let bounds = given ?? range ?? 0...0
      guard bounds.lowerBound.isFinite, bounds.upperBound.isFinite, bounds.lowerBound < bounds.upperBound else {
        throw .optionOutOfRange(name: "bounds of \(free.name)", value: bounds.upperBound)
      }
      return bounds
    }
    switch free.transform {
    case .identity: return .identity
    case .positive: return .positive
    case .bounded(let given):
      let bounds = try bounds(given)
      return .logistic(bounds.lowerBound, bounds.upperBound)
    case .clamped(let given):
      let bounds = try bounds(given)
      return .clamped(bounds.lowerBound, bounds.upperBound)
    }
  }
}

extension Parametrization {
  /// What a gradient has to contain.
  public var inputs: Problem<Scalar>.Inputs {
    free.reduce([]) { inputs, parameter in
      let own: Problem<Scalar>.Inputs =
        switch parameter.quantity {
        case .coupling: .coupling
        case .parameter(let name): .parameter(name)
        case .sigma: .sigma
        case .weights: .weights
        case .conductionSpeed: .conductionSpeed
        case .delays: .delays
        case .initial: .initial
        case .amplitudes: .amplitudes
        }
      return [inputs, own]
    }
  }

  /// The physical numbers of a block, element by element.
  private func elements(_ block: Block, _ vector: [Double]) -> [Double] {
    zip(block.elements, block.variable).map { kept, place in
      place < 0 ? kept : block.transform.forward(vector[block.first + place]).x
    }
  }

  private func check(_ vector: [Double]) throws(DelayNetError) {
    guard vector.count == count else {
      throw .shapeMismatch(name: "unconstrained numbers", expected: [count], found: [vector.count])
    }
  }

  /// The physical numbers of every free parameter.
  ///
  /// - Throws: `DelayNetError.shapeMismatch(name:expected:found:)`.
  public func values(at vector: [Double]) throws(DelayNetError) -> [FittedParameter] {
    try check(vector)
    return blocks.map { block in
      let all = elements(block, vector)
      return FittedParameter(name: block.free.name, values: block.reported.map { all[$0] })
    }
  }

  /// The problem of some unconstrained numbers.
  ///
  /// A history that was given keeps its newest columns where delays change its length; its oldest one stands for what is missing.
  ///
  /// - Throws: `DelayNetError.shapeMismatch(name:expected:found:)`; what `Problem.with(delays:)` throws.
  public func problem(at vector: [Double]) throws(DelayNetError) -> Problem<Scalar> {
    try check(vector)
    var moved = problem
    // First what makes another problem.
    for block in blocks {
      let numbers = elements(block, vector)
      switch block.free.quantity {
      case .conductionSpeed: moved = try moved.with(conductionSpeed: numbers[0])
      case .delays: moved = try moved.with(delays: .fractional(numbers))
      default: continue
      }
      if let history = problem.history { moved.history = try history.resized(to: moved.horizon) }
    }
    var sigma: [Scalar] = []
    for block in blocks {
      let numbers = elements(block, vector).map { Scalar($0) }
      switch block.free.quantity {
      case .coupling: moved.coupling = numbers[0]
      case .parameter(let name):
        let isUniform = numbers.count == 1 && block.free.sharing == .shared
        moved.parameters[name] = isUniform ? .uniform(numbers[0]) : .perNode(numbers)
      case .sigma(let state):
        if sigma.isEmpty { sigma = try spreadSigma() }
        for place in try sigmaPlaces(state, sigma.count) { sigma[place.all] = numbers[place.own] }
        moved.sigma = .values(sigma)
      case .weights: moved.weights = numbers
      case .conductionSpeed, .delays: break
      case .initial(let state):
        for (k, s) in try Self.states(state, problem.model).enumerated() {
          for i in 0..<problem.nodes { moved.initial[s, i, 0] = numbers[k * problem.nodes + i] }
        }
      case .amplitudes: for k in numbers.indices { moved.stimuli[k].amplitude = numbers[k] }
      }
    }
    return moved
  }

  /// σ in the model's order, one number a state, or a state and node where a free σ is regional.
  private func spreadSigma() throws(DelayNetError) -> [Scalar] {
    let (states, nodes) = (problem.model.states.count, problem.nodes)
    let values = try problem.sigma.resolved(for: problem.model, nodes: nodes)
    let isRegional = free.contains {
      if case .sigma = $0.quantity { $0.sharing != .shared } else { false }
    }
    guard isRegional, values.count == states else { return values }
    return values.flatMap { [Scalar](repeating: $0, count: nodes) }
  }

  /// For every number of σ that belongs to a state, or to all: its place in the array, and its element.
  private func sigmaPlaces(
    _ state: String?, _ count: Int
  ) throws(DelayNetError) -> [(all: Int, own: Int)] {
    let (states, nodes) = (try Self.states(state, problem.model), problem.nodes)
    guard let block = blocks.first(where: { $0.free.quantity == .sigma(state) }) else { return [] }
    let perState = count == problem.model.states.count ? 1 : nodes
    let own = block.elements.count / max(states.count, 1)
    return states.enumerated().flatMap { k, s in
      (0..<perState).map { (s * perState + $0, k * own + (own == 1 ? 0 : $0)) }
    }
  }

  /// The gradient by the unconstrained numbers, of a gradient that was taken at ``problem(at:)`` with ``inputs``.
  ///
  /// - Throws: `DelayNetError.shapeMismatch(name:expected:found:)`.
  public func gradient(
    _ gradient: Problem<Scalar>.Gradient, at vector: [Double]
  ) throws(DelayNetError) -> [Double] {
    try check(vector)
    var result = [Double](repeating: 0, count: count)
    for block in blocks {
      let own: [Double]
      switch block.free.quantity {
      case .coupling: own = [Double(gradient.coupling)]
      case .parameter(let name): own = gradient.parameter(name).map { Double($0) }
      case .sigma(let state):
        let all = gradient.sigma
        var sums = [Double](repeating: 0, count: block.elements.count)
        for place in try sigmaPlaces(state, all.count) { sums[place.own] += Double(all[place.all]) }
        own = sums
      case .weights: own = gradient.weights.map { Double($0) }
      case .conductionSpeed: own = [Double(gradient.conductionSpeed)]
      case .delays: own = gradient.delays.map { Double($0) }
      case .initial(let state):
        let (all, nodes) = (gradient.initial, problem.nodes)
        own = try Self.states(state, problem.model).flatMap { s in (0..<nodes).map { Double(all[s, $0, 0]) } }
      case .amplitudes: own = gradient.amplitudes.map { Double($0) }
      }
      guard own.count == block.elements.count else {
        throw .shapeMismatch(
          name: "gradient of \(block.free.name)", expected: [block.elements.count], found: [own.count])
      }
      for (element, place) in block.variable.enumerated() where place >= 0 {
        result[block.first + place] += own[element] * block.transform.forward(vector[block.first + place]).slope
      }
    }
    return result
  }

  /// The sum of the penalties, and its gradient by the unconstrained numbers.
  ///
  /// - Throws: `DelayNetError.shapeMismatch(name:expected:found:)`.
  public func penalty(at vector: [Double]) throws(DelayNetError) -> (value: Double, gradient: [Double]) {
    try check(vector)
    var (value, gradient) = (0.0, [Double](repeating: 0, count: count))
    for block in blocks where block.free.spreadPenalty > 0 && block.count > 1 {
      let numbers = (0..<block.count).map { block.transform.forward(vector[block.first + $0]) }
      let mean = numbers.reduce(0) { $0 + $1.x } / Double(block.count)
      let factor = block.free.spreadPenalty / Double(block.count)
      for (k, number) in numbers.enumerated() {
        value += factor * (number.x - mean) * (number.x - mean)
        gradient[block.first + k] += 2 * factor * (number.x - mean) * number.slope
      }
    }
    return (value, gradient)
  }
}

extension StateArray {
  /// The newest columns, with copies of the oldest one before them where there are too few.
  func resized(to columns: Int) throws(DelayNetError) -> StateArray {
    guard columns != self.columns, self.columns > 0 else { return self }
    var other = try StateArray(variables: variables, nodes: nodes, columns: columns)
    for variable in 0..<variables {
      for node in 0..<nodes {
        for column in 0..<columns {
          other[variable, node, column] = self[variable, node, max(0, column + self.columns - columns)]
        }
      }
    }
    return other
  }
}
