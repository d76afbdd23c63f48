import DelayNet
import Foundation

/// Stochastic networks as they are defined, in plain `Double` loops over nodes and edges.
///
/// No code is shared with the library's kernels; the equations are written down from their papers once more.
package struct ReferenceNetwork {
  /// A model's equations: F(s, G·c, θ) with parameters by name, and the coupling variables y(s).
  package struct Equations: Sendable {
    package let drift: @Sendable (_ s: [Double], _ c: [Double], _ p: [String: Double]) -> [Double]
    package let observe: @Sendable (_ s: [Double]) -> [Double]
  }

  /// The models that are written down here.
  package static let equations: [String: Equations] = [
    "linear": Equations(
      drift: { s, c, p in [-p["lambda"]! * s[0] + p["mu"]! + c[0]] }, observe: { $0 }),
    // Σ w sin(θ_j − θ_i) = cos θ_i · Σ w sin θ_j − sin θ_i · Σ w cos θ_j
    "kuramoto": Equations(
      drift: { s, c, p in [p["omega"]! + c[0] * cos(s[0]) - c[1] * sin(s[0])] },
      observe: { [sin($0[0]), cos($0[0])] }),
    // Montbrió, Pazó, Roxin, Phys. Rev. X 5, 021028 (2015), eq. 12.
    "mpr": Equations(
      drift: { s, c, p in
        let (r, v, tau) = (s[0], s[1], p["tau"]!)
        let field = p["eta"]! + p["J"]! * tau * r + p["I"]! + p["cr"]! * c[0] + p["cv"]! * c[1]
        let u = Double.pi * tau * r
        return [(p["Delta"]! / (Double.pi * tau) + 2 * r * v) / tau, (v * v - u * u + field) / tau]
      }, observe: { $0 }),
    // Deco et al., J. Neurosci. 33, 11239 (2013).
    "wong_wang": Equations(
      drift: { s, c, p in
        let x = p["w"]! * p["J_N"]! * s[0] + p["J_N"]! * c[0] + p["I_o"]!
        let u = p["a"]! * x - p["b"]!
        let z = p["d"]! * u
        let rate = abs(z) < 1e-6 ? (1 + z / 2) / p["d"]! : u / (1 - exp(-z))
        return [-s[0] / p["tau_s"]! + (1 - s[0]) * p["gamma"]! * rate]
      }, observe: { $0 }),
  ]

  /// What a run leaves behind.
  package struct Outcome {
    /// Shape (states, nodes, columns).
    package var series: [Double] = []
    /// Shape (states, nodes).
    package var state: [[Double]]
    package var clamps = 0
  }

  private let problem: Problem<Double>
  private let equations: Equations

  /// The reference of a problem whose model is written down here.
  package init?(_ problem: Problem<Double>) {
    guard let equations = Self.equations[problem.model.name] else { return nil }
    self.problem = problem
    self.equations = equations
  }

  /// The run from a carry at step 0.
  package func run(steps: Int, from carry: NetworkCarry<Double>) -> Outcome {
    let (nodes, states) = (problem.nodes, problem.model.states.count)
    let (dt, network) = (problem.timeStep, problem.network)
    let horizon = carry.history.columns
    let delays = problem.delaysInSteps
    // y[column][coupling variable][node], column `horizon` is y(0).
    var y = (0..<horizon).map { column in
      (0..<carry.history.variables).map { c in (0..<nodes).map { carry.history[c, $0, column] } }
    }
    var s = (0..<states).map { k in (0..<nodes).map { carry.state[k, $0, 0] } }
    var outcome = Outcome(state: s)

    func observed(_ s: [[Double]]) -> [[Double]] {
      let values = (0..<nodes).map { i in equations.observe(s.map { $0[i] }) }
      return (0..<carry.history.variables).map { c in values.map { $0[c] } }
    }
    func coupled(_ t: Int) -> [[Double]] {
      var sums = [[Double]](repeating: [Double](repeating: 0, count: nodes), count: carry.history.variables)
      for e in 0..<network.edges {
        let edge = network.edge(e)
        let whole = Int(delays[e].rounded(.down))
        let part = delays[e] - Double(whole)
        for c in sums.indices {
          var read = y[horizon + t - whole][c][edge.source]
          if part > 0 { read = (1 - part) * read + part * y[horizon + t - whole - 1][c][edge.source] }
          sums[c][edge.target] += problem.weights[e] * read
        }
      }
      return sums
    }
    func drift(_ s: [[Double]], _ c: [[Double]]) -> [[Double]] {
      var result = s
      for i in 0..<nodes {
        var parameters: [String: Double] = [:]
        for parameter in problem.model.parameters {
          let values = problem.parameters[parameter.name]?.values ?? [parameter.defaultValue]
          parameters[parameter.name] = values[values.count == 1 ? 0 : i]
        }
        let f = equations.drift(s.map { $0[i] }, c.map { problem.coupling * $0[i] }, parameters)
        for k in 0..<states { result[k][i] = f[k] }
      }
      return result
    }
    func clamped(_ s: [[Double]]) -> [[Double]] {
      s.enumerated().map { k, row in
        let bounds = problem.model.states[k].bounds
        return row.map { x in
          let held = min(max(x, bounds.lowerBound), bounds.upperBound)
          if held != x { outcome.clamps += 1 }
          return held
        }
      }
    }
    func increments(_ t: Int) -> [[Double]] {
      (0..<states).map { k in
        (0..<nodes).map { i in
          var sum = dt * (problem.stimulus?[k, i, t] ?? 0)
          if let sigma = sigma(k, i), case .samples(let z) = problem.noise {
            sum += sigma * dt.squareRoot() * z[step: t, k, i]
          }
          return sum
        }
      }
    }

    var columns: [[[Double]]] = []
    let m = problem.thinning.stepsPerColumn
    var sum = s.map { $0.map { _ in 0.0 } }
    y.append(observed(s))
    for t in 0..<steps {
      let n = increments(t)
      let f = drift(s, coupled(t))
      func moved(_ slope: [[Double]]) -> [[Double]] {
        (0..<states).map { k in (0..<nodes).map { i in s[k][i] + dt * slope[k][i] + n[k][i] } }
      }
      var next = clamped(moved(f))
      if problem.scheme == .heun {
        y.append(observed(next))
        let g = drift(next, coupled(problem.stage == .aware ? t + 1 : t))
        y.removeLast()
        next = clamped(moved(zip(f, g).map { zip($0, $1).map { ($0 + $1) / 2 } }))
      }
      s = next
      y.append(observed(s))
      for k in 0..<states { for i in 0..<nodes { sum[k][i] += s[k][i] } }
      if (t + 1) % m == 0 {
        if case .average = problem.thinning {
          columns.append(sum.map { $0.map { $0 / Double(m) } })
        } else {
          columns.append(s)
        }
        sum = s.map { $0.map { _ in 0 } }
      }
    }
    outcome.state = s
    outcome.series = (0..<states).flatMap { k in (0..<nodes).flatMap { i in columns.map { $0[k][i] } } }
    return outcome
  }

  private func sigma(_ state: Int, _ node: Int) -> Double? {
    guard let values = try? problem.sigma.resolved(for: problem.model, nodes: problem.nodes), !values.isEmpty else {
      return nil
    }
    return values.count == problem.model.states.count ? values[state] : values[state * problem.nodes + node]
  }
}
