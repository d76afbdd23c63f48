extension GradientCheck {
  /// The outcome of ``run(_:at:withRespectTo:weights:entries:key:tolerance:of:)``.
  public struct Report: Sendable, Equatable, CustomStringConvertible {
    /// One differentiable input.
    public struct Input: Sendable, Equatable {
      /// "buffer", "weights", "scale" or "noiseGain".
      public let name: String
      /// The gradient against differences of the loss.
      public let differences: Differences
      /// How fast the loss's first-order remainder falls along a random direction.
      public let taylor: Taylor
    }

    /// The inputs that were tested.
    public let inputs: [Input]
    /// |⟨u, J v⟩ − ⟨Jᵀu, v⟩| / (‖u‖ ‖J v‖) for a random cotangent u and a random direction v of all inputs at once.
    public let dotProductError: Double
    /// |⟨∇loss, v⟩ − d loss along v| relative to ‖cotangent‖ ‖J v‖, with the derivative from the forward mode.
    public let directionalError: Double
    /// The largest of the two errors above that passes.
    public let adjointTolerance: Double

    /// The worst entry of all inputs.
    public var worst: Entry? { inputs.compactMap(\.differences.worst).max { $0.error < $1.error } }
    /// Whether every test passed.
    public var passed: Bool {
      inputs.allSatisfy { $0.differences.passed && $0.taylor.passed } && dotProductError <= adjointTolerance
        && directionalError <= adjointTolerance
    }

    /// A few lines for people.
    public var description: String {
      var lines = inputs.map { input in
        let (differences, taylor) = (input.differences, input.taylor)
        let rates = taylor.rates.map { String(($0 * 1000).rounded() / 1000) }.joined(separator: " ")
        return "\(input.name): \(differences.passed && taylor.passed ? "passed" : "FAILED"); "
          + "Taylor rates \(rates.isEmpty ? "none, linear" : rates); of \(differences.compared) entries the worst is "
          + (differences.worst?.description ?? "none")
      }
      lines.append("reverse against forward: \(dotProductError), of the loss: \(directionalError)")
      return lines.joined(separator: "\n")
    }
  }

  /// Tests the gradient of a loss of a map's output, and the map's two derivatives against each other.
  ///
  /// - Parameters:
  ///   - map: the map.
  ///   - buffer: the point, shape (nodes, history + steps).
  ///   - inputs: which gradients to test.
  ///   - weights: instead of the network's.
  ///   - entries: how many entries of each array to compare with differences; all when nil.
  ///   - key: draws entries and directions.
  ///   - tolerance: of differences; see ``defaultTolerance(_:)``.
  ///   - loss: the user's own loss.
  /// - Throws: what the map's methods throw.
  /// - Complexity: four runs an entry.
  public static func run<Scalar: DelayNetScalar>(
    _ map: DelayMap<Scalar>, at buffer: Buffer<Scalar>, withRespectTo inputs: DelayMap<Scalar>.Inputs = .all,
    weights: [Scalar]? = nil, entries: Int? = 64, key: RandomKey = RandomKey(seed: 0), tolerance: Double? = nil,
    of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws -> Report {
    let keys = try key.split(8)
    let weights = weights ?? map.network.weights
    let gradient = try map.valueWithGradient(at: buffer, withRespectTo: inputs, weights: weights, of: loss).gradient

    // A random direction of everything that is tested.
    var direction = DelayMap<Scalar>.Tangent()
    if inputs.contains(.buffer) { direction.buffer = try keys[0].normal(buffer.shape, as: Scalar.self) }
    if inputs.contains(.weights) { direction.weights = try keys[1].normal(weights.count, as: Scalar.self) }
    if inputs.contains(.scale) { direction.scale = try keys[2].normal(1, as: Scalar.self)[0] }
    if inputs.contains(.noiseGain) { direction.noiseGain = try keys[3].normal(1, as: Scalar.self)[0] }

    var reports: [Report.Input] = []
    func test(
      _ name: String, _ point: [Scalar], _ gradient: [Scalar], _ direction: [Scalar], _ place: (Int) -> String,
      _ function: ([Scalar]) throws -> Scalar
    ) throws {
      reports.append(
        Report.Input(
          name: name,
          differences: try differences(
            at: point, gradient: gradient, input: name, entries: entries, key: keys[4], tolerance: tolerance,
            place: place, of: function),
          taylor: try taylor(at: point, gradient: gradient, along: direction, of: function)))
    }
    if inputs.contains(.buffer) {
      let shape = buffer.shape
      try test(
        "buffer", buffer.values, gradient.buffer.values, direction.buffer!.values,
        { "node \($0 / shape.columns), step \($0 % shape.columns - shape.history)" },
        { values in
          let moved = try Buffer(nodes: shape.nodes, history: shape.history, steps: shape.steps, values: values)
          return try map.value(at: moved, weights: weights, of: loss)
        })
    }
    if inputs.contains(.weights) {
      try test(
        "weights", weights, gradient.weights, direction.weights!,
        { "edge \($0), \(map.network.edge($0).source) → \(map.network.edge($0).target)" },
        { try map.value(at: buffer, weights: $0, of: loss) })
    }
    if inputs.contains(.scale) {
      try test("scale", [map.scaleFactor], [gradient.scale], [direction.scale], { _ in "" }) {
        var moved = map
        moved.scale = .number($0[0])
        return try moved.value(at: buffer, weights: weights, of: loss)
      }
    }
    if inputs.contains(.noiseGain) {
      try test("noiseGain", [map.noiseGain], [gradient.noiseGain], [direction.noiseGain], { _ in "" }) {
        var moved = map
        moved.noiseGain = $0[0]
        return try moved.value(at: buffer, weights: weights, of: loss)
      }
    }

    // ⟨u, J v⟩ against ⟨Jᵀu, v⟩, for a random u and for the loss's own cotangent.
    let (output, tangent) = try map.jvp(at: buffer, along: direction, weights: weights)
    let cotangent = try keys[5].normal(buffer.shape, as: Scalar.self)
    let pulled = try map.pullback(
      at: buffer, output: output, cotangent: cotangent, withRespectTo: inputs, weights: weights)
    let size = (cotangent.dot(cotangent) * tangent.dot(tangent)).squareRoot()
    let dotGap = abs(cotangent.dot(tangent) - dot(pulled, direction))
    let call = LossCall([output])
    let lossCotangent = try call.cotangents(of: loss(call.leaves[0]))[0]
    let (forward, reverse) = (lossCotangent.dot(tangent), dot(gradient, direction))
    let lossSize = (lossCotangent.dot(lossCotangent) * tangent.dot(tangent)).squareRoot()
    return Report(
      inputs: reports, dotProductError: dotGap == 0 ? 0 : dotGap / size,
      directionalError: forward == reverse ? 0 : abs(forward - reverse) / lossSize,
      adjointTolerance: 1e4 * Double(Scalar.ulpOfOne))
  }

  /// ⟨gradient, direction⟩ over the inputs that the gradient holds, in `Double`.
  static func dot<Scalar: DelayNetScalar>(
    _ gradient: DelayMap<Scalar>.Gradient, _ direction: DelayMap<Scalar>.Tangent
  ) -> Double {
    var sum = 0.0
    if let g = gradient.bufferGradient, let v = direction.buffer { sum += g.dot(v) }
    if let g = gradient.weightGradient, let v = direction.weights {
      sum += zip(g, v).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    if let g = gradient.scaleGradient { sum += Double(g) * Double(direction.scale) }
    if let g = gradient.noiseGainGradient { sum += Double(g) * Double(direction.noiseGain) }
    return sum
  }
}
