import DelayNet
import TestSupport
import Testing

@Suite struct EnsembleTests {
  private func ensemble() throws -> Ensemble<Double> {
    let good = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    var problem = try Problem(
      good.network, model: .montbrioPazoRoxin, timeStep: 0.01,
      delays: .tracts(
        lengths: (0..<25).map { 0.03 + 0.01 * Double($0 % 7) }, conductionSpeed: 1, fractional: true))
    problem.sigma = 0.05
    problem.noise = .drawn(RandomKey(seed: 4), member: 10)
    return try Ensemble(
      problem,
      members: [
        .init(),
        .init(parameters: ["eta": -4.6], coupling: 0.3),
        .init(conductionSpeed: 2),
        .init(conductionSpeed: 2, sigma: ["V": 0.1]),
        .init(initial: StateArray(variables: 2, nodes: 5, repeating: 0.1), noise: .drawn(RandomKey(seed: 5))),
      ])
  }

  @Test func membersAreRunsByThemselves() throws {
    let ensemble = try ensemble()
    let expected = try ensemble.problems.map { try $0.simulate(steps: 40) }
    for threads in [0, 1, 2, 3, 8] { #expect(try ensemble.simulate(steps: 40, threads: threads) == expected) }
    #expect(expected[0].series != expected[1].series)
    #expect(ensemble.problems[0].noise == .drawn(RandomKey(seed: 4), member: 10))
    #expect(ensemble.problems[3].noise == .drawn(RandomKey(seed: 4), member: 13))
    // One plan for each speed.
    #expect(ensemble.problems[2].plan === ensemble.problems[3].plan)
    #expect(ensemble.problems[0].plan === ensemble.problems[1].plan)
    #expect(ensemble.problems[0].plan !== ensemble.problems[2].plan)
    let again = try ensemble.simulate(steps: 25, from: expected.map(\.carry))
    #expect(again[3] == (try ensemble.problems[3].simulate(steps: 25, from: expected[3].carry)))
  }

  @Test func gradientsAreThoseOfEachMember() throws {
    let ensemble = try ensemble()
    let inputs: Problem<Double>.Inputs = [.weights, .coupling, .conductionSpeed, .parameters]
    for threads in [1, 3] {
      let (value, gradients) = try ensemble.valueWithGradient(steps: 15, withRespectTo: inputs, threads: threads) {
        (all: [Traced<Double>]) throws(DelayNetError) -> TracedScalar<Double> in
        all.dropFirst().reduce(all[0].squared().sum()) { $0 + $1.squared().sum() }
      }
      var sum = 0.0
      for (problem, gradient) in zip(ensemble.problems, gradients) {
        let (part, own) = try problem.valueWithGradient(steps: 15, withRespectTo: inputs) { $0.squared().sum() }
        sum += part
        #expect(gradient.weights == own.weights && gradient.coupling == own.coupling)
        #expect(gradient.conductionSpeed == own.conductionSpeed && gradient.parameters == own.parameters)
      }
      #expect(abs(value - sum) < 1e-12 * sum)
    }
  }

  @Test func cotangentsArePulledBackThroughEachMember() throws {
    let ensemble = try ensemble()
    let inputs: Problem<Double>.Inputs = [.weights, .coupling, .conductionSpeed, .sigma, .initial]
    let alone = try ensemble.problems.map { try $0.simulateWithPullback(steps: 15, withRespectTo: inputs) }
    let cotangents = try alone.indices.map { r in
      try StateArray(
        variables: 2, nodes: 5, columns: 15, values: RandomKey(seed: UInt64(r)).normal(150, as: Double.self))
    }
    for threads in [1, 3] {
      for memory in [TapeMemory.everything, .bytes(5 << 20)] {
        let (value, pullback) = try ensemble.simulateWithPullback(
          steps: 15, withRespectTo: inputs, memory: memory, threads: threads)
        #expect(value == alone.map(\.value))
        for _ in 0..<2 {
          for (r, gradient) in try pullback(cotangents).enumerated() {
            let own = try alone[r].pullback(cotangents[r])
            #expect(gradient.weights == own.weights && gradient.coupling == own.coupling)
            #expect(gradient.conductionSpeed == own.conductionSpeed && gradient.sigma == own.sigma)
            #expect(gradient.initial == own.initial && gradient.weights.contains { $0 != 0 })
          }
        }
        #expect(throws: DelayNetError.shapeMismatch(name: "cotangents", expected: [5], found: [4])) {
          _ = try pullback(cotangents.dropLast())
        }
      }
    }
  }

  @Test func cancelledMembersAreGoneOnWith() throws {
    let ensemble = try ensemble()
    let whole = try ensemble.simulate(steps: 6000)
    for threads in [1, 2] {
      var (seen, stopped): ([RunProgress], [Trajectory<Double>]) = ([], [])
      let error = #expect(throws: DelayNetError.self) {
        try ensemble.simulate(
          steps: 6000, threads: threads,
          progress: {
            seen.append($0)
            return $0.done < 8000
          }, onStop: { stopped = $0 })
      }
      #expect(error == .cancelled(steps: stopped.map(\.steps.count)))
      #expect(seen.allSatisfy { $0.total == 30_000 } && seen.last!.done >= 8000 && seen.last!.done < 30_000)
      for (r, part) in stopped.enumerated() {
        let done = part.steps.count
        #expect(part.series == whole[r].series.columns(0..<done))
        let rest = try ensemble.problems[r].simulate(steps: 6000 - done, from: part.carry)
        #expect(rest.series == whole[r].series.columns(done..<6000) && rest.carry == whole[r].carry)
      }
    }
  }

  @Test func aMistakeNamesTheMember() throws {
    var problems = try ensemble().problems
    problems[2].coupling = .nan
    #expect(throws: DelayNetError.notFiniteModelParameter(run: 2, parameter: "coupling", node: nil)) {
      try Ensemble(problems).simulate(steps: 3)
    }
    #expect(throws: DelayNetError.shapeMismatch(name: "carries", expected: [5], found: [0])) {
      try Ensemble(problems).simulate(steps: 3, from: [])
    }
    let whole = try ProblemCase<Double>(model: .linear).problem
    #expect(throws: DelayNetError.notDifferentiable("conductionSpeed")) {
      try Ensemble(whole, members: [.init(conductionSpeed: 2)])
    }
    #expect(try Ensemble<Double>([]).simulate(steps: 3) == [])
  }
}
