extension Connectome {
  /// The connections of a connectome, one element of each array for each.
  public struct Edges: Sendable, Hashable {
    /// The region that each edge comes from.
    public let sources: [Int32]
    /// The region that each edge goes to.
    public let targets: [Int32]
    /// The edges' weights; none is 0.
    public let weights: [Double]
    /// The edges' lengths in mm.
    public let lengths: [Double]

    /// The number of edges, E.
    public var count: Int { sources.count }

    /// Each edge's delay in time steps.
    ///
    /// - Parameters:
    ///   - speed: conduction speed in mm/ms; 3 unless given; infinity for no delays.
    ///   - timeStep: in ms.
    /// - Returns: length / speed / timeStep, rounded to the nearest whole number, halves to even; E of them.
    /// - Throws: ``FileError`` of kind `invalidValue` for a speed or time step that is NaN or not positive, and for a
    ///   delay beyond `Int32.max`; its position is (target, source) then.
    public func delays(speed: Double = 3, timeStep: Double) throws(FileError) -> [Int32] {
      let steps = try DelaySteps(speed: speed, timeStep: timeStep)
      var delays: [Int32] = []
      delays.reserveCapacity(count)
      for edge in 0..<count {
        delays.append(
          try steps(lengths[edge], target: Int(targets[edge]), source: Int(sources[edge])))
      }
      return delays
    }
  }

  /// The connections whose weight is not 0, by target first and by source second.
  ///
  /// Self-connections are among them.
  ///
  /// - Complexity: O(N²).
  public func edges() -> Edges {
    let count = weights.count { $0 != 0 }
    var sources: [Int32] = []
    var targets: [Int32] = []
    var edgeWeights: [Double] = []
    var lengths: [Double] = []
    sources.reserveCapacity(count)
    targets.reserveCapacity(count)
    edgeWeights.reserveCapacity(count)
    lengths.reserveCapacity(count)
    for target in 0..<regions {
      for source in 0..<regions {
        let place = target * regions + source
        if weights[place] == 0 { continue }
        sources.append(Int32(source))
        targets.append(Int32(target))
        edgeWeights.append(weights[place])
        lengths.append(tractLengths[place])
      }
    }
    return Edges(sources: sources, targets: targets, weights: edgeWeights, lengths: lengths)
  }

  /// The delay of each pair of regions in time steps, as a matrix.
  ///
  /// - Parameters:
  ///   - speed: conduction speed in mm/ms; 3 unless given; infinity for no delays.
  ///   - timeStep: in ms.
  /// - Returns: shape (N, N), row = target, column = source: length / speed / timeStep, rounded to the nearest whole
  ///   number, halves to even. Pairs of weight 0 have delay 0, so that they do not lengthen a history.
  /// - Throws: ``FileError`` of kind `invalidValue` for a speed or time step that is NaN or not positive, and for a
  ///   delay beyond `Int32.max`; its position is (target, source) then.
  public func delays(speed: Double = 3, timeStep: Double) throws(FileError) -> [Int32] {
    let steps = try DelaySteps(speed: speed, timeStep: timeStep)
    var delays = [Int32](repeating: 0, count: weights.count)
    for target in 0..<regions {
      for source in 0..<regions {
        let place = target * regions + source
        if weights[place] == 0 { continue }
        delays[place] = try steps(tractLengths[place], target: target, source: source)
      }
    }
    return delays
  }
}

/// Turns lengths into delays, in the order of operations of The Virtual Brain, so that the same halves are rounded.
private struct DelaySteps {
  let speed: Double
  let timeStep: Double

  init(speed: Double, timeStep: Double) throws(FileError) {
    guard speed > 0 else {
      throw FileName(file: "speed").error(
        .invalidValue, found: "\(speed) mm/ms", expected: "a positive speed")
    }
    guard timeStep > 0, timeStep.isFinite else {
      throw FileName(file: "timeStep").error(
        .invalidValue, found: "\(timeStep) ms", expected: "a positive, finite time step")
    }
    self.speed = speed
    self.timeStep = timeStep
  }

  func callAsFunction(_ length: Double, target: Int, source: Int) throws(FileError) -> Int32 {
    let steps = (length / speed / timeStep).rounded(.toNearestOrEven)
    guard let delay = Int32(exactly: steps) else {
      throw FileName(file: "delays").error(
        .invalidValue, at: .index([target, source]), found: "\(steps) steps",
        expected: "at most \(Int32.max)")
    }
    return delay
  }
}
