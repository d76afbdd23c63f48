/// Where a run of a stochastic network stands: everything that the steps to come depend on.
///
/// A carry is an ordinary value: keep it to continue later, copy it to continue in two ways, save it with DelayNetIO.
/// Continuing from a carry gives the bits of an uninterrupted run.
public struct NetworkCarry<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// The name of the nodes' model; of one that was read from a text with the text's digest behind it.
  public let model: String
  /// The absolute number of the next step.
  public internal(set) var step: Int
  /// The state at that step, shape (states, nodes, 1).
  public internal(set) var state: StateArray<Scalar>
  /// The coupling variables of the columns before, oldest first, shape (coupling variables, nodes, history).
  public internal(set) var history: StateArray<Scalar>
  /// What the monitors keep between steps, one after the other, shape (rows, nodes, 1): of an average, for each state that it
  /// reads, the sum since its last column; of a subsample nothing.
  public internal(set) var monitored: StateArray<Scalar>
  /// The monitors that it belongs to.
  public internal(set) var monitors: [Monitor]
  /// The absolute number of the step that the run was to reach, for whoever continues it; nil if nobody said. The steps
  /// to come do not depend on it.
  public var goal: Int?
  /// With which settings the run was made, for whoever continues it; nil if nobody said. The steps to come do not depend
  /// on it, and steps leave it as it is.
  public var fingerprint: Fingerprint?

  /// A carry of the given parts, for instance from a file.
  ///
  /// - Parameters:
  ///   - model: the name of the nodes' model.
  ///   - step: the absolute number of the next step.
  ///   - state: shape (states, nodes, 1).
  ///   - history: shape (coupling variables, nodes, history).
  ///   - monitors: what the run returned.
  ///   - monitored: what they keep, shape (rows, nodes, 1); nil for zeros, with which columns begin and BOLD is at rest.
  ///   - goal: the step that the run was to reach, if anybody said.
  ///   - fingerprint: the settings that the run was made with, if anybody said.
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a negative step or a monitor of fewer steps than 1,
  ///   ``DelayNetError/shapeMismatch(name:expected:found:)`` where the arrays contradict each other.
  public init(
    model: String, step: Int, state: StateArray<Scalar>, history: StateArray<Scalar>, monitors: [Monitor],
    monitored: StateArray<Scalar>? = nil, goal: Int? = nil, fingerprint: Fingerprint? = nil
  ) throws(DelayNetError) {
    guard step >= 0 else { throw .optionOutOfRange(name: "step", value: Double(step)) }
    for monitor in monitors where monitor.stepsPerColumn < 1 {
      throw .optionOutOfRange(name: "steps of a monitor", value: Double(monitor.stepsPerColumn))
    }
    guard state.columns == 1 else {
      throw .shapeMismatch(name: "state", expected: [state.variables, state.nodes, 1], found: state.shape)
    }
    let rows = [monitoredRows(monitors, states: state.variables), state.nodes, 1]
    let kept: StateArray<Scalar> =
      if let monitored { monitored } else { try StateArray(variables: rows[0], nodes: rows[1]) }
    guard kept.shape == rows else { throw .shapeMismatch(name: "monitored", expected: rows, found: kept.shape) }
    guard history.nodes == state.nodes else {
      throw .shapeMismatch(
        name: "history", expected: [history.variables, state.nodes, history.columns], found: history.shape)
    }
    self.model = model
    self.step = step
    self.state = state
    self.history = history
    self.monitored = kept
    self.monitors = monitors
    self.goal = goal
    self.fingerprint = fingerprint
  }
}

extension Problem {
  /// The carry of a run that has not begun: step 0, ``initial`` and ``history``.
  ///
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, ``DelayNetError/tooLarge``,
  ///   ``DelayNetError/outOfMemory``.
  public func start() throws(DelayNetError) -> NetworkCarry<Scalar> {
    var carry = try emptyStart()
    if history == nil, horizon > 0, nodes > 0 { carry.history = try standingStill(carry) }
    return carry
  }

  /// The same with zeros for a history that is not given: what is needed to know how large things are.
  func emptyStart() throws(DelayNetError) -> NetworkCarry<Scalar> {
    let couplings = model.couplings.count
    let shape = [couplings, nodes, horizon]
    if let history, history.shape != shape {
      throw .shapeMismatch(name: "history", expected: shape, found: history.shape)
    }
    guard initial.shape == [model.states.count, nodes, 1] else {
      throw .shapeMismatch(name: "initial", expected: [model.states.count, nodes, 1], found: initial.shape)
    }
    let past: StateArray<Scalar> =
      if let history { history } else { try StateArray(variables: couplings, nodes: nodes, columns: horizon) }
    return try NetworkCarry(
      model: model.identity, step: 0, state: initial, history: past,
      monitors: resolvedMonitors())
  }

  /// A history whose columns all hold y(s(0)): the column that one step of the unforced nodes leaves behind.
  private func standingStill(_ carry: NetworkCarry<Scalar>) throws(DelayNetError) -> StateArray<Scalar> {
    var (unforced, moved) = (self, carry)
    unforced.scheme = .eulerMaruyama
    unforced.noise = .none
    unforced.stimulus = nil
    unforced.stimuli = []
    unforced.monitors = []
    do throws(DelayNetError) {
      _ = try unforced.advance(&moved, steps: 1)
    } catch {
      // Numbers that are not finite are the real run's to report.
      switch error {
      case .notFiniteState, .notFiniteInput, .notFiniteModelParameter, .notFiniteWeight: return carry.history
      default: throw error
      }
    }
    var history = carry.history
    let rows = history.variables * nodes
    moved.history.rows.withUnsafeBufferPointer { last in
      history.rows.withUnsafeMutableBufferPointer { all in
        // Row by row: an element through a subscript costs as much as several steps of a node.
        for row in 0..<rows { fill(all.baseAddress! + row * horizon, horizon, last[row * horizon + horizon - 1]) }
      }
    }
    return history
  }

  /// Checks that a carry belongs to this problem.
  func check(_ carry: NetworkCarry<Scalar>) throws(DelayNetError) {
    guard carry.model == model.identity else {
      throw .foreignCarry("it is of the model \(carry.model), not \(model.identity)")
    }
    let (states, couplings) = (model.states.count, model.couplings.count)
    guard carry.state.shape == [states, nodes, 1] else {
      throw .shapeMismatch(name: "the carry's state", expected: [states, nodes, 1], found: carry.state.shape)
    }
    guard carry.history.shape == [couplings, nodes, horizon] else {
      throw .shapeMismatch(
        name: "the carry's history", expected: [couplings, nodes, horizon], found: carry.history.shape)
    }
    guard carry.monitors != monitors else { return }
    func isInside(_ monitor: Monitor) -> Bool {
      monitor.kind.memory > 0 && monitor.stepsPerColumn > 0 && carry.step % monitor.stepsPerColumn != 0
    }
    if let old = carry.monitors.first(where: isInside) {
      throw .foreignCarry("it ends inside a column of the monitor \(old.text)")
    }
    if let new = monitors.first(where: isInside) {
      throw .foreignCarry(
        "it ends inside a column of the monitor \(new.text), whose first part it does not have")
    }
    // What blood remembers outlasts a column. At a run's beginning it is at rest; later on, a start from rest has to be said.
    if carry.step > 0, let new = monitors.first(where: \.kind.hasInterim) {
      let old = carry.monitors.isEmpty ? "none" : carry.monitors.map(\.text).joined(separator: "; ")
      throw .foreignCarry(
        "the monitor \(new.text) would begin from rest at step \(carry.step), since the carry's monitors are others: \(old)"
      )
    }
  }
}
