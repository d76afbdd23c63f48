import DelayNetFit
import Foundation
import TestSupport
import Testing

/// The examples of the documentation, as they stand there.
@Suite struct ArticleTests {
  @Test func everyExampleIsRun() throws {
    #expect(try examplesNotRun(of: "DelayNetFit", in: #filePath) == [])
  }

  @Test func landingPage() async throws {
    let problem = try FitTests.problem()
    let target = try FitTests.target(FitTests.problem(coupling: 0.9), steps: 400, discarding: 100)

    var fit = Fit(problem, steps: 400, discarding: 100, monitor: .average(over: 5, of: ["S"])) { activity in
      1 - activity.functionalConnectivity().correlation(with: target)
    }
    fit.free = [.coupling(.positive), .parameter("w", .perRegion, in: 0...1)]
    for try await step in fit.minimize(.adam(rate: 0.05), iterations: 10) {
      print(step.number, step.loss, step.gradientNorm ?? 0)
    }
    print(fit.best.loss, fit.best.problem.coupling)
    #expect(fit.best.loss < fit.log[0].loss && fit.log.count == 10)

    try transient(fit)
    try observables(problem)
    try await others(fit, target)
  }

  @Test func fromAConnectomeToAFittedBrain() async throws {
    let problem = try FitTests.problem()
    var other = try FitTests.problem(coupling: 0.9)
    other.monitors = [.bold(.volterra, repetitionTime: 1000, of: ["S"])]
    let columns = try other.simulate(steps: 20_000).series
    let recording = try Matrix(rows: 5, columns: 30) { columns[0, $0, $1 + 10] }

    let target = try FunctionalConnectivity().value(of: recording)
    let bold = Monitor.bold(.volterra, repetitionTime: 1000, of: ["S"])
    var fit = Fit(problem, steps: 20_000, discarding: 5000, monitor: bold) { activity in
      1 - activity.functionalConnectivity().correlation(with: target)
    }
    fit.free = [.coupling(.positive), .parameter("w", in: 0...1)]
    for try await step in fit.minimize(.adam(rate: 0.02), iterations: 5) { print(step.number, step.loss) }
    let shared = fit.best
    #expect(shared.loss <= fit.log[0].loss && fit.log.count == 5)

    fit.problem = fit.best.problem
    fit.free = [.parameter("w", .perRegion, in: 0...1).penalizingSpread(0.1)]
    for try await step in fit.minimize(.adam(rate: 0.005, clipping: 1), iterations: 5) { print(step.number, step.loss) }
    #expect(abs(fit.log[0].loss - shared.loss) <= 1e-9)
    #expect(fit.best.values[0].values.count == 5)
  }

  private func transient(_ fit: Fit<Double>) throws {
    var quick = fit
    quick.problem.monitors = [quick.monitor]
    quick.carry = try quick.problem.simulate(steps: 1000).carry
    quick.discarding = 0
    #expect(try quick.loss(of: quick.problem) != fit.loss(of: fit.problem))
  }

  private func observables(_ problem: Problem<Double>) throws {
    let series = try problem.simulate(steps: 400).series
    let dynamics = try FunctionalConnectivityDynamics(window: 60, step: 10).value(of: series)
    let spectrum = PowerSpectrum(segment: 64, samplingStep: problem.timeStep)
    let power = try spectrum.value(of: series)
    print(dynamics.rows, spectrum.frequencies[1], power[0, 1])
    #expect(dynamics.rows == 35 && power.columns == 33)
  }

  private func others(_ given: Fit<Double>, _ target: Matrix<Double>) async throws {
    var fit = given
    fit.loss = { activity in
      let fc = activity.functionalConnectivity()
      let means = activity.observed(by: .mean)
      return 0.7 * (1 - fc.correlation(with: target)) + 0.3 * fc.rootMeanSquareError(to: target)
        + (means - 0.3).squared().mean()
    }

    let groups = [0, 0, 1, 1, 0]
    fit.free = [
      .coupling(.bounded(0...3)), .sigma("S"),
      .parameter("w", .groups(groups), in: 0...1),
      .parameter("I_o", .perRegion, in: 0.2...0.4).keeping([4]).penalizingSpread(10),
    ]

    fit.realizations = 4
    fit.noise = .renewed
    let schedule = LearningRate.warmUp(5, then: .cosine(0.05, steps: 95))
    for try await _ in fit.minimize(.adam(rate: schedule, clipping: 1), iterations: 3, patience: 20) {}
    #expect(fit.best.values.map(\.name) == ["coupling", "sigma of S", "w", "I_o"])

    let saved = try JSONEncoder().encode(fit.state)
    let state = try JSONDecoder().decode(FitState.self, from: saved)
    for try await _ in fit.minimize(.adam(rate: schedule, clipping: 1), iterations: 5, resuming: state) {}
    print(fit.log.map(\.loss))
    #expect(fit.log.count == 5)

    let objective = try fit.objective()
    let (loss, gradient) = try objective.valueWithGradient(at: objective.parametrization.start)
    #expect(loss > 0 && gradient.count == 8)
  }

  @Test func sweeps() throws {
    let problem = try FitTests.problem()
    let target = try FitTests.target(FitTests.problem(coupling: 0.9), steps: 400, discarding: 100)

    let sweep = try Sweep(
      problem, over: [SweepAxis("coupling=0:1:5"), SweepAxis("w=0.5,0.7,0.9")], steps: 400, discarding: 100,
      monitor: .average(over: 5, of: ["S"]), observing: [.functionalConnectivity(), .mean]
    ) { activity in
      1 - activity.functionalConnectivity().correlation(with: target)
    }
    var results = SweepResults(sweep)
    try sweep.run(into: &results)
    let (shape, fc) = results["fc"]!
    print(shape, fc.count, sweep.coordinates(of: results.leastPoint(of: "loss") ?? 0))
    #expect(shape == [5, 3, problem.nodes, problem.nodes])

    var half = SweepResults(sweep)
    try sweep.run(into: &half, points: stride(from: 0, to: sweep.points, by: 2), threads: 1)
    try sweep.run(into: &half)
    #expect(half["fc"]!.values.map(\.bitPattern) == fc.map(\.bitPattern))
  }
}
