/// What a run of a stochastic network leaves behind: states of all nodes, and where the run stands.
public struct Trajectory<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// The states, shape (states, nodes, columns), time innermost. Without thinning column t is s(t + 1).
  public let series: StateArray<Scalar>
  /// The names of the states.
  public let states: [String]
  /// The absolute steps that were run.
  public let steps: Range<Int>
  /// Which columns were kept.
  public let thinning: Thinning
  /// dt, in ms.
  public let timeStep: Double
  /// How often a state was held at a bound of the model, counting stages, nodes and steps.
  public let clamps: Int
  /// Where the run stands: it may be gone on with.
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

  /// The time in ms at the end of a column's last step.
  public func time(ofColumn column: Int) -> Double {
    // In Double, where no column is too far; exact as far as whole numbers are.
    let m = thinning.stepsPerColumn
    return (Double(steps.lowerBound / m) + Double(column) + 1) * Double(m) * timeStep
  }
}
