import DelayNet

/// The delay map as it is defined, in plain `Double` loops: forward, tangent and adjoint.
///
/// Arrays are flat, shape (nodes, history + steps), row after row. No code is shared with the library's kernels.
package struct ReferenceMap {
  package var nodes: Int
  package var history: Int
  package var sources: [Int] = []
  package var targets: [Int] = []
  package var delays: [Int] = []
  package var weights: [Double] = []
  package var scale: Double
  package var noiseGain: Double

  package init<Scalar>(_ map: DelayMap<Scalar>) {
    nodes = map.network.nodes
    history = map.network.history
    scale = Double(map.scaleFactor)
    noiseGain = Double(map.noiseGain)
    for e in 0..<map.network.edges {
      let edge = map.network.edge(e)
      sources.append(edge.source)
      targets.append(edge.target)
      delays.append(edge.delay)
      weights.append(Double(edge.weight))
    }
  }

  /// The buffer with its noise columns rewritten.
  package func run(_ buffer: [Double], steps: Int) -> [Double] {
    var b = buffer
    let columns = history + steps
    for t in 0..<steps {
      var x = [Double](repeating: 0, count: nodes)
      for e in sources.indices { x[targets[e]] += weights[e] * b[sources[e] * columns + history + t - delays[e]] }
      for i in 0..<nodes { b[i * columns + history + t] = scale * x[i] + noiseGain * b[i * columns + history + t] }
    }
    return b
  }

  /// What every edge reads at every step, (edges, steps): the values that a weight's derivative needs.
  package func reads(_ buffer: [Double], steps: Int) -> [[Double]] {
    let (output, columns) = (run(buffer, steps: steps), history + steps)
    return sources.indices.map { e in
      (0..<steps).map { t in
        let place = sources[e] * columns + history + t - delays[e]
        return delays[e] == 0 ? buffer[place] : output[place]
      }
    }
  }

  package struct Direction {
    package var buffer: [Double]
    package var weights: [Double]
    package var scale: Double
    package var noiseGain: Double

    package init(buffer: [Double], weights: [Double], scale: Double, noiseGain: Double) {
      self.buffer = buffer
      self.weights = weights
      self.scale = scale
      self.noiseGain = noiseGain
    }
  }

  /// The output's derivative along a direction of all inputs.
  package func jvp(_ buffer: [Double], steps: Int, along v: Direction) -> [Double] {
    let (reads, columns) = (reads(buffer, steps: steps), history + steps)
    var tangent = v.buffer
    for t in 0..<steps {
      var x = [Double](repeating: 0, count: nodes)
      for e in sources.indices {
        let moved = tangent[sources[e] * columns + history + t - delays[e]]
        x[targets[e]] +=
          scale * weights[e] * moved + (v.scale * weights[e] + scale * v.weights[e]) * reads[e][t]
      }
      for i in 0..<nodes {
        let place = i * columns + history + t
        tangent[place] = x[i] + noiseGain * tangent[place] + v.noiseGain * buffer[place]
      }
    }
    return tangent
  }

  /// The cotangent of all inputs for one of the output, history columns passed through.
  package func vjp(_ buffer: [Double], steps: Int, cotangent: [Double]) -> Direction {
    let (reads, columns) = (reads(buffer, steps: steps), history + steps)
    var b = cotangent
    var (weightSum, scaleSum, gainSum) = ([Double](repeating: 0, count: weights.count), 0.0, 0.0)
    for t in (0..<steps).reversed() {
      let g = (0..<nodes).map { b[$0 * columns + history + t] }
      for i in 0..<nodes {
        gainSum += g[i] * buffer[i * columns + history + t]
        b[i * columns + history + t] = noiseGain * g[i]
      }
      for e in sources.indices {
        b[sources[e] * columns + history + t - delays[e]] += scale * weights[e] * g[targets[e]]
        weightSum[e] += scale * g[targets[e]] * reads[e][t]
        scaleSum += weights[e] * g[targets[e]] * reads[e][t]
      }
    }
    return Direction(buffer: b, weights: weightSum, scale: scaleSum, noiseGain: gainSum)
  }
}
