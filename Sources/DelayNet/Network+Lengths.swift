extension Network {
  /// A network from tract lengths: delay = length / (conduction speed · time step), rounded half to even.
  ///
  /// Connections of weight 0 are no edges; the others are numbered row by row.
  ///
  /// - Parameters:
  ///   - weights: shape (nodes, nodes), row = target, column = source.
  ///   - lengths: in mm, the same shape.
  ///   - conductionSpeed: in mm/ms, which is m/s.
  ///   - timeStep: in ms.
  ///   - history: columns kept before step 0; by default one more than the longest delay.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, ``DelayNetError/optionOutOfRange(name:value:)``;
  ///   ``DelayNetError/invalidValue(name:index:value:)`` for a length that is negative, not finite or too long to count;
  ///   ``DelayNetError/delayExceedsHistory(edge:delay:history:)``.
  public init(
    weights: Matrix<Scalar>, lengths: Matrix<Double>, conductionSpeed: Double = 3, timeStep: Double,
    history: Int? = nil
  ) throws(DelayNetError) {
    let nodes = weights.rows
    guard weights.columns == nodes else {
      throw .shapeMismatch(name: "weights", expected: [nodes, nodes], found: [nodes, weights.columns])
    }
    guard lengths.rows == nodes, lengths.columns == nodes else {
      throw .shapeMismatch(name: "lengths", expected: [nodes, nodes], found: [lengths.rows, lengths.columns])
    }
    guard conductionSpeed > 0, conductionSpeed.isFinite else {
      throw .optionOutOfRange(name: "conductionSpeed", value: conductionSpeed)
    }
    guard timeStep > 0, timeStep.isFinite else { throw .optionOutOfRange(name: "timeStep", value: timeStep) }

    var (sources, targets, delays): ([Int32], [Int32], [Int32]) = ([], [], [])
    var edgeWeights: [Scalar] = []
    for index in weights.values.indices where weights.values[index] != 0 {
      let length = lengths.values[index]
      let steps = (length / conductionSpeed / timeStep).rounded(.toNearestOrEven)
      guard length >= 0, let delay = Int32(exactly: steps) else {
        throw .invalidValue(name: "lengths", index: index, value: length)
      }
      sources.append(Int32(index % nodes))
      targets.append(Int32(index / nodes))
      edgeWeights.append(weights.values[index])
      delays.append(delay)
    }
    try self.init(
      nodes: nodes, sources: sources, targets: targets, weights: edgeWeights, delays: delays, history: history,
      timeStep: timeStep)
  }
}
