/// What a run of a stochastic network leaves behind: states of all nodes, and where the run stands.
public struct Trajectory<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// What each of ``monitors`` gave out, shape (states that it reads, nodes, columns), time innermost. A
  /// projection has sensors in the place of nodes.
  public let outputs: [StateArray<Scalar>]
  /// What the run gave out.
  public let monitors: [Monitor]
  /// The columns of the first monitor. With that of every step column t is s(t + 1).
  public let series: StateArray<Scalar>
  /// The names of the states in ``series``.
  public let states: [String]
  /// The absolute steps that were run.
  public let steps: Range<Int>
  /// dt, in ms.
  public let timeStep: Double
  /// How often a state was held at a bound of the model, counting stages, nodes and steps.
  public let clamps: Int
  /// Where the run stands: it can be resumed from there.
  public let carry: NetworkCarry<Scalar>

  /// N, the number of nodes.
  public var nodes: Int { series.nodes }
  /// K, the number of columns.
  public var columns: Int { series.columns }

  /// The series of a state and node.
  ///
  /// - Precondition: the model has a state of that name.
  public subscript(state: String, node node: Int) -> [Scalar] {
    guard let index = states.firstIndex(of: state) else {
      preconditionFailure("there is no state \(state) but \(states)")
    }
    return series.series(index, node: node)
  }

  init(
    columns: [StateArray<Scalar>], monitors: [Monitor], modelStates: [String], nodes: Int, steps: Range<Int>,
    timeStep: Double, clamps: Int, carry: NetworkCarry<Scalar>
  ) throws(DelayNetError) {
    outputs = columns
    self.monitors = monitors
    series = if let first = columns.first { first } else { try StateArray(variables: 0, nodes: nodes, columns: 0) }
    states = monitors.first.map { $0.states ?? modelStates } ?? []
    self.steps = steps
    self.timeStep = timeStep
    self.clamps = clamps
    self.carry = carry
  }

  /// The time in ms at the end of the last step of one of the first monitor's columns.
  public func time(ofColumn column: Int) -> Double {
    // In Double, where no column is too far; exact as far as whole numbers are.
    let m = monitors.first?.stepsPerColumn ?? 1
    return (Double(steps.lowerBound / m) + Double(column) + 1) * Double(m) * timeStep
  }
}
