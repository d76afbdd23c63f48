import DelayNet
import Foundation

/// Stochastic networks as they are defined, in plain `Double` loops over nodes and edges.
///
/// No code is shared with the library's kernels; the equations are written down from their papers once more.
package struct ReferenceNetwork {
  /// A model's equations: F(s, G·c, θ) with parameters by name, and the coupling variables y(s, θ).
  package struct Equations: Sendable {
    package let drift: @Sendable (_ s: [Double], _ c: [Double], _ p: [String: Double]) -> [Double]
    package let observe: @Sendable (_ s: [Double], _ p: [String: Double]) -> [Double]
    /// Where states are held: by clamping, or by whole turns if they are angles.
    package var bounds: [Int: ClosedRange<Double>] = [:]
    package var angles: Set<Int> = []
  }

  /// Every model of the register, by its name.
  package static let equations: [String: Equations] = [
    "linear": Equations(
      drift: { s, c, p in [-p["lambda"]! * s[0] + p["mu"]! + c[0]] }, observe: { s, _ in s }),
    // z' = (a + iω − |z|²) z with z = x + iy: Deco et al., Sci. Rep. 7, 3095 (2017), eqs. 1 and 2.
    "stuart_landau": Equations(
      drift: { s, c, p in
        let (x, y, squared) = (s[0], s[1], s[0] * s[0] + s[1] * s[1])
        return [
          p["a"]! * x - squared * x - p["omega"]! * y + p["cx"]! * c[0],
          p["a"]! * y - squared * y + p["omega"]! * x + p["cy"]! * c[1],
        ]
      }, observe: { s, _ in s }),
    // Σ w sin(θ_j − θ_i) = cos θ_i · Σ w sin θ_j − sin θ_i · Σ w cos θ_j
    "kuramoto": Equations(
      drift: { s, c, p in [p["omega"]! + c[0] * cos(s[0]) - c[1] * sin(s[0])] },
      observe: { s, _ in [sin(s[0]), cos(s[0])] }, angles: [0]),
    // Montbrió, Pazó, Roxin, Phys. Rev. X 5, 021028 (2015), eq. 12.
    "mpr": Equations(
      drift: { s, c, p in
        let (r, v, tau) = (s[0], s[1], p["tau"]!)
        let field = p["eta"]! + p["J"]! * tau * r + p["I"]! + p["cr"]! * c[0] + p["cv"]! * c[1]
        let u = Double.pi * tau * r
        return [(p["Delta"]! / (Double.pi * tau) + 2 * r * v) / tau, (v * v - u * u + field) / tau]
      }, observe: { s, _ in s }, bounds: [0: 0...(.infinity)]),
    // Deco et al., J. Neurosci. 33, 11239 (2013), eqs. 6 to 8.
    "wong_wang": Equations(
      drift: { s, c, p in
        let x = p["w"]! * p["J_N"]! * s[0] + p["J_N"]! * c[0] + p["I_o"]!
        let u = p["a"]! * x - p["b"]!
        let z = p["d"]! * u
        // expm1 keeps the digits of 1 − exp(−z) where z is small.
        let rate = z == 0 ? 1 / p["d"]! : u / -expm1(-z)
        return [-s[0] / p["tau_s"]! + (1 - s[0]) * p["gamma"]! * rate]
      }, observe: { s, _ in s }, bounds: [0: 0...1]),
    // Wilson, Cowan, Biophys. J. 12, 1 (1972), eqs. 11 and 12; responses as in eq. 15, times an amplitude.
    "wilson_cowan": Equations(
      drift: { s, c, p in
        func response(_ x: Double, _ population: String) -> Double {
          let (a, b) = (p["a_\(population)"]!, p["b_\(population)"]!)
          let atRest = p["shift"]! / (1 + exp(a * b))
          return p["c_\(population)"]! * (1 / (1 + exp(-a * (x - b))) - atRest)
        }
        let (e, i) = (s[0], s[1])
        let toE = p["c_ee"]! * e - p["c_ei"]! * i + p["P"]! - p["theta_e"]! + c[0]
        let toI = p["c_ie"]! * e - p["c_ii"]! * i + p["Q"]! - p["theta_i"]!
        return [
          (-e + (p["k_e"]! - p["r_e"]! * e) * response(p["alpha_e"]! * toE, "e")) / p["tau_e"]!,
          (-i + (p["k_i"]! - p["r_i"]! * i) * response(p["alpha_i"]! * toI, "i")) / p["tau_i"]!,
        ]
      }, observe: { s, _ in [s[0]] }),
    // Jansen, Rit, Biol. Cybern. 73, 357 (1995), eq. 6; what columns send each other as in their eq. 7, without its filter.
    "jansen_rit": Equations(
      drift: { s, c, p in
        func rate(_ v: Double) -> Double { 2 * p["nu_max"]! / (1 + exp(p["r"]! * (p["v0"]! - v))) }
        func response(_ height: Double, _ speed: Double, _ input: Double, _ y: Double, _ slope: Double) -> Double {
          height * speed * input - 2 * speed * slope - speed * speed * y
        }
        let j = p["J"]!
        let (a, b) = (p["a"]!, p["b"]!)
        let excitation = p["mu"]! + p["a_2"]! * j * rate(p["a_1"]! * j * s[0]) + c[0]
        let inhibition = p["a_4"]! * j * rate(p["a_3"]! * j * s[0])
        return [
          s[3], s[4], s[5],
          response(p["A"]!, a, rate(s[1] - s[2]), s[0], s[3]),
          response(p["A"]!, a, excitation, s[1], s[4]),
          response(p["B"]!, b, inhibition, s[2], s[5]),
        ]
      },
      observe: { s, p in
        let (low, high) = (p["cmin"]!, p["cmax"]!)
        return [low + (high - low) / (1 + exp(p["steepness"]! * (p["midpoint"]! - (s[1] - s[2]))))]
      }),
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

  /// The reference of a problem; a model that is not written down here is a mistake of the tests.
  package init(_ problem: Problem<Double>) {
    guard let equations = Self.equations[problem.model.name] else {
      preconditionFailure("\(problem.model.name) has no equations in ReferenceNetwork.swift")
    }
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
    for k in equations.angles {
      s[k] = s[k].map { $0 - 2 * Double.pi * (($0 + Double.pi) / (2 * Double.pi)).rounded(.down) }
    }
    var outcome = Outcome(state: s)

    let parameters = (0..<nodes).map { i in
      Dictionary(
        uniqueKeysWithValues: problem.model.parameters.map { parameter in
          let values = problem.parameters[parameter.name]?.values ?? [parameter.defaultValue]
          return (parameter.name, values[values.count == 1 ? 0 : i])
        })
    }
    func observed(_ s: [[Double]]) -> [[Double]] {
      let values = (0..<nodes).map { i in equations.observe(s.map { $0[i] }, parameters[i]) }
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
          if problem.couplingKind == .difference { read -= y[horizon + t][c][edge.target] }
          sums[c][edge.target] += problem.weights[e] * read
        }
      }
      return sums
    }
    func drift(_ s: [[Double]], _ c: [[Double]]) -> [[Double]] {
      var result = s
      for i in 0..<nodes {
        let f = equations.drift(s.map { $0[i] }, c.map { problem.coupling * $0[i] }, parameters[i])
        for k in 0..<states { result[k][i] = f[k] }
      }
      return result
    }
    func held(_ s: [[Double]]) -> [[Double]] {
      s.enumerated().map { k, row in
        row.map { x in
          if equations.angles.contains(k) {
            let turns = ((x + Double.pi) / (2 * Double.pi)).rounded(.down)
            return x - 2 * Double.pi * turns
          }
          guard let bounds = equations.bounds[k] else { return x }
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
    let monitor = problem.monitors.first ?? .subsample()
    let m = monitor.stepsPerColumn
    var sum = s.map { $0.map { _ in 0.0 } }
    y.append(observed(s))
    for t in 0..<steps {
      let n = increments(t)
      let f = drift(s, coupled(t))
      func moved(_ slope: [[Double]]) -> [[Double]] {
        (0..<states).map { k in (0..<nodes).map { i in s[k][i] + dt * slope[k][i] + n[k][i] } }
      }
      var next = held(moved(f))
      if problem.scheme == .heun {
        y.append(observed(next))
        let g = drift(next, coupled(problem.stage == .aware ? t + 1 : t))
        y.removeLast()
        next = held(moved(zip(f, g).map { zip($0, $1).map { ($0 + $1) / 2 } }))
      }
      s = next
      y.append(observed(s))
      for k in 0..<states { for i in 0..<nodes { sum[k][i] += s[k][i] } }
      if (t + 1) % m == 0 {
        if monitor.kind == .average {
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
