@testable import DelayNetFit
import Synchronization
import TestSupport
import Testing

@Suite struct SweepTests {
  static let steps = 60

  /// Five regions whose delays come from tracts, with noise that is drawn.
  static func problem<Scalar: DelayNetScalar>(_: Scalar.Type = Double.self) throws -> Problem<Scalar> {
    let keys = try RandomKey(seed: 3).split(3)
    let weights = try keys[0].uniform(5, 5, in: 0..<0.4, as: Scalar.self)
    let network = try Network(weights: weights, delays: Matrix(rows: 5, columns: 5, repeating: Int32(0)))
    let lengths = try keys[1].uniform(25, in: 1..<20, as: Double.self)
    var problem = try Problem(
      network, model: .wongWang, timeStep: 1,
      delays: .tracts(lengths: lengths, conductionSpeed: 3, fractional: false))
    problem.sigma = ["S": 0.01]
    problem.noise = .drawn(keys[2])
    return problem
  }

  static func sweep<Scalar: DelayNetScalar>(
    _: Scalar.Type = Double.self, realizations: Int = 1, noise: Sweep<Scalar>.NoiseOfPoints = .shared
  ) throws -> Sweep<Scalar> {
    let target = try RandomKey(seed: 9).uniform(5, 5, in: -1..<1, as: Scalar.self)
    return try Sweep<Scalar>(
      problem(Scalar.self),
      over: [SweepAxis(.coupling, [0.1, 0.5]), SweepAxis("speed=2,5,1"), SweepAxis("sigma:S=0.01,0.03")],
      steps: steps, discarding: 11, monitor: .average(over: 2),
      observing: [
        .functionalConnectivity(), .functionalConnectivityDynamics(window: 8, step: 4), .mean, .variance,
        .powerSpectrum(segment: 8, samplingStep: 2), KuramotoOrder(.mean),
      ],
      loss: { series in series.functionalConnectivity().rootMeanSquareError(to: target) }, realizations: realizations,
      noise: noise)
  }

  /// The bits of every output at every point.
  static func bits(_ results: SweepResults) -> [[UInt64]] {
    results.outputs.map { results[$0.name]!.values.map(\.bitPattern) }
  }

  @Test func pointsAreInTheOrderOfTheProduct() throws {
    let sweep = try Self.sweep()
    #expect(sweep.shape == [2, 3, 2] && sweep.points == 12)
    #expect(
      sweep.indices(of: 0) == [0, 0, 0] && sweep.indices(of: 1) == [0, 0, 1] && sweep.indices(of: 2) == [0, 1, 0])
    #expect(sweep.coordinates(of: 11) == [0.5, 1, 0.03])
    #expect(sweep.outputs.map(\.name) == ["fc", "fcd", "mean", "variance", "spectrum", "order", "loss"])
    // Columns 6 … 30 of two steps each end behind step 11.
    #expect(sweep.outputs.map(\.shape) == [[5, 5], [5, 5], [5], [5], [5, 5], [], []])
  }

  /// Every point against its problem built by hand, run whole, and observed one by one.
  @Test(arguments: [false, true]) func aPointIsAnOrdinaryRun(inFloat: Bool) throws {
    if inFloat { try aPointIsAnOrdinaryRun(Float.self) } else { try aPointIsAnOrdinaryRun(Double.self) }
  }

  private func aPointIsAnOrdinaryRun<Scalar: DelayNetScalar>(_: Scalar.Type) throws {
    let sweep = try Self.sweep(Scalar.self)
    var results = SweepResults(sweep)
    try sweep.run(into: &results)
    let target = try RandomKey(seed: 9).uniform(5, 5, in: -1..<1, as: Scalar.self)
    var values: [[Double]] = sweep.outputs.map { _ in [] }
    for coupling in [0.1, 0.5] {
      for speed in [2.0, 5, 1] {
        for sigma in [0.01, 0.03] {
          var own = try Self.problem(Scalar.self).with(conductionSpeed: speed)
          own.coupling = Scalar(coupling)
          own.sigma = ["S": .uniform(Scalar(sigma))]
          own.monitors = [.average(over: 2)]
          let series = try own.simulate(steps: Self.steps).series
          let kept = series.columns(5..<30)
          values[0] += try FunctionalConnectivity().value(of: kept).values
          values[1] += try FunctionalConnectivityDynamics(window: 8, step: 4).value(of: kept).values
          values[2] += try Mean().value(of: kept).values
          values[3] += try Variance().value(of: kept).values
          values[4] += try PowerSpectrum(segment: 8, samplingStep: 2).value(of: kept).values
          values[5] += try KuramotoOrder(.mean).value(of: kept).values
          values[6].append(
            Double(
              try kept.value { (s: Traced<Scalar>) throws(DelayNetError) in
                s.functionalConnectivity().rootMeanSquareError(to: target)
              }))
        }
      }
    }
    for (k, output) in sweep.outputs.enumerated() {
      let found = try #require(results[output.name])
      #expect(found.shape == [2, 3, 2] + output.shape)
      #expect(found.values.map(\.bitPattern) == values[k].map(\.bitPattern), "\(output.name)")
    }
    #expect(results.isComplete && results.count(of: 0) == 12)
    let losses = values[6]
    #expect(results.leastPoint(of: "loss") == losses.firstIndex(of: losses.min()!))
  }

  @Test(arguments: [1, 2, 3, 7]) func theBitsAreThoseOfEveryThreadAndSplit(_ parts: Int) throws {
    let sweep = try Self.sweep()
    var whole = SweepResults(sweep)
    try sweep.run(into: &whole, threads: 1)
    var cut = SweepResults(sweep)
    // In an order of their own, the last part first.
    for part in (0..<parts).reversed() {
      try sweep.run(into: &cut, points: stride(from: part, to: sweep.points, by: parts), threads: parts)
    }
    #expect(cut.isComplete && Self.bits(cut) == Self.bits(whole))
  }

  @Test func realizationsAreMeansOverMembers() throws {
    let sweep = try Self.sweep(realizations: 3)
    var results = SweepResults(sweep)
    try sweep.run(into: &results, points: [5])
    var mean = [Double](repeating: 0, count: 5)
    for member in 0..<3 {
      var own = try sweep.problem(at: 5)
      guard case .drawn(let key, 0) = own.noise else { throw DelayNetError.notDifferentiable("noise") }
      own.noise = .drawn(key, member: UInt64(member))
      let value = try Mean().value(of: own.simulate(steps: Self.steps).series.columns(5..<30)).values
      for i in 0..<5 { mean[i] += value[i] }
    }
    #expect(results[point: 5]?.values[2] == mean.map { $0 / 3 })
    #expect(results.missing == Array(0..<5) + Array(6..<12))

    // Other noise at every point: other numbers but at the first, and each by itself the same again.
    let own = try Self.sweep(realizations: 3, noise: .ownToEach)
    var others = SweepResults(own)
    try own.run(into: &others, points: [0, 5])
    guard case .drawn(_, 15) = try own.problem(at: 5).noise else {
      Issue.record("point 5 draws as \(try own.problem(at: 5).noise)")
      return
    }
    #expect(others[point: 5]?.values[2] != results[point: 5]?.values[2])
    var first = SweepResults(sweep)
    try sweep.run(into: &first, points: [0])
    #expect(others[point: 0]?.values == first[point: 0]?.values)
  }

  @Test(arguments: [1, 2]) func aCancelledSweepGoesOnWhereItWas(threads: Int) throws {
    let sweep = try Self.sweep()
    var whole = SweepResults(sweep)
    try sweep.run(into: &whole, threads: 1)
    var results = SweepResults(sweep)
    var calls = 0
    // Stopped again and again, a little later each time.
    for limit in 1..<200 where !results.isComplete {
      calls = 0
      do {
        try sweep.run(into: &results, threads: threads) { _ in
          calls += 1
          return calls < limit
        }
      } catch {
        #expect(error == .cancelled(steps: []))
      }
    }
    #expect(results.isComplete && Self.bits(results) == Self.bits(whole))
  }

  /// BOLD, whose times are in milliseconds, goes through the discarded steps.
  @Test func boldIsThatOfAWholeRun() throws {
    let monitor = Monitor.bold(.balloon(.friston2003), repetitionTime: 20, interim: 4, of: ["S"])
    let sweep = try Sweep(
      Self.problem(Double.self), over: [SweepAxis("coupling=0.1,0.4")], steps: 400, discarding: 150, monitor: monitor,
      observing: [.functionalConnectivity()])
    var results = SweepResults(sweep)
    try sweep.run(into: &results)
    for (point, coupling) in [0.1, 0.4].enumerated() {
      var own = try Self.problem(Double.self)
      own.coupling = coupling
      own.monitors = [monitor]
      // Columns 7 … 19 of 20 steps each.
      let bold = try own.simulate(steps: 400).series.columns(7..<20)
      #expect(try results[point: point]?.values[0] == FunctionalConnectivity().value(of: bold).values)
    }
  }

  @Test func whoeverGetsPointsMayStop() throws {
    let sweep = try Self.sweep()
    let count = Mutex(0)
    #expect(throws: DelayNetError.cancelled(steps: [])) {
      try sweep.run(threads: 1) { _ in
        count.withLock {
          $0 += 1; return $0 < 4
        }
      }
    }
    #expect(count.withLock { $0 } == 4)
  }

  @Test func progressCountsEveryStepOnce() throws {
    let sweep = try Self.sweep(realizations: 2)
    for threads in [1, 2] {
      var last = RunProgress(done: -1, total: 0)
      var results = SweepResults(sweep)
      try sweep.run(into: &results, threads: threads) { progress in
        #expect(progress.done >= last.done && progress.done <= progress.total)
        last = progress
        return true
      }
      #expect(last == RunProgress(done: 12 * 2 * Self.steps, total: 12 * 2 * Self.steps))
    }
  }

  /// The linear model with too much coupling grows beyond all numbers; its neighbours stay.
  @Test func aPointThatLeavesTheNumbersIsNaN() throws {
    let network = try Network(
      weights: Matrix<Double>(rows: 2, columns: 2, values: [0, 1, 1, 0]),
      delays: Matrix(rows: 2, columns: 2, repeating: Int32(1)))
    var problem = try Problem(network, model: .linear, timeStep: 1)
    problem.sigma = 0.1
    let sweep = try Sweep(
      problem, over: [SweepAxis(.coupling, [0.01, 1e6, 0.02])], steps: 200, monitor: .subsample(),
      observing: [.mean, .functionalConnectivity()])
    var results = SweepResults(sweep)
    try sweep.run(into: &results, threads: 2)
    #expect(results.isComplete && results.count(of: 0) == 2 && results.count(of: 1) == 1)
    #expect(results["fc"]!.values[4..<8].allSatisfy { $0.isNaN })
    #expect(!results["fc"]!.values[..<4].contains { $0.isNaN } && !results["fc"]!.values[8...].contains { $0.isNaN })
    guard case .diverged(.notFiniteState(run: 1, _, _, _)) = results[point: 1]?.outcome else {
      Issue.record("\(String(describing: results[point: 1]?.outcome))")
      return
    }
  }

  /// Without noise and at rest no correlation is defined, but means are.
  @Test func anObservableThatIsNotDefinedIsNaN() throws {
    var problem = try Problem(
      Network(
        weights: Matrix<Double>(rows: 2, columns: 2, values: [0, 1, 1, 0]),
        delays: Matrix(rows: 2, columns: 2, repeating: Int32(1))), model: .linear, timeStep: 1)
    problem.initial = try StateArray(variables: 1, nodes: 2)
    problem.sigma = .none
    let sweep = try Sweep(
      problem, over: [SweepAxis("sigma=0,0.1")], steps: 50, monitor: .subsample(),
      observing: [.functionalConnectivity(), .mean])
    var results = SweepResults(sweep)
    try sweep.run(into: &results)
    #expect(results.count(of: 2) == 1 && results.count(of: 0) == 1)
    #expect(results["fc"]!.values[..<4].allSatisfy { $0.isNaN } && results["mean"]!.values[..<2].allSatisfy { $0 == 0 })
    #expect(results[point: 0]?.outcome == .undefined(.constantSeries(name: "series", row: 0)))
  }

  @Test func whatCannotBeSweptIsSaidBeforeTheFirstStep() throws {
    func refused(
      _ axes: [String], steps: Int = 60, discarding: Int = 0, observing: [any SeriesObservable] = [.mean],
      realizations: Int = 1, loss: Sweep<Double>.Loss? = nil, change: (inout Problem<Double>) throws -> Void = { _ in }
    ) -> String {
      do {
        var problem = try Self.problem(Double.self)
        try change(&problem)
        var list: [SweepAxis] = []
        for axis in axes { list.append(try SweepAxis(axis)) }
        _ = try Sweep(
          problem, over: list, steps: steps, discarding: discarding, monitor: .average(over: 2), observing: observing,
          loss: loss, realizations: realizations)
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    #expect(refused(["coupling=0,1"]) == "accepted")
    #expect(refused([]).contains("none to sweep"))
    #expect(refused(["nothing=0,1"]).contains("axis nothing: the model wong_wang has no parameter nothing; it has"))
    #expect(refused(["sigma:V=0,1"]).contains("axis sigma_V: the model wong_wang has no state V; it has S"))
    #expect(refused(["coupling=0,1", "coupling=2,3"]).contains("coupling is there twice"))
    #expect(refused(["sigma=0,1", "sigma:S=2,3"]).contains("sigma"))
    #expect(refused(["speed=0,1"]).contains("0.0 mm/ms is not a positive speed"))
    #expect(
      refused(["speed=1,2"], change: { $0 = try $0.with(delays: .network) }).contains(
        "axis speed: there are no tract lengths"))
    #expect(refused(["speed=1e-12,2"]).contains("lengths"))
    #expect(
      refused(["speed=1,2"], change: { $0.history = try $0.start().history }).contains(
        "history at a speed of 1.0 mm/ms"))
    #expect(refused(["sigma=0,1"], change: { $0.noise = .none }).contains("no noise"))
    #expect(refused(["w=0,1"], discarding: 60).contains("60 of 60 steps are discarded"))
    #expect(refused(["w=0,1"], discarding: 61).contains("no column is left"))
    #expect(refused(["w=0,1"], discarding: -1).contains("no column is left"))
    #expect(refused(["w=0,1"], steps: 1).contains("no column is left"))
    #expect(refused(["w=0,1"], steps: -1).contains("steps is -1"))
    #expect(refused(["w=0,1"], observing: [.mean, .mean]).contains("mean is there twice"))
    #expect(
      refused(["w=0,1"], observing: [.functionalConnectivityDynamics(window: 31, step: 1)]).contains(
        "fcd: window is 31"))
    #expect(refused(["w=0,1"], observing: [.powerSpectrum(segment: 40, samplingStep: 2)]).contains("segment is 40"))
    #expect(refused(["w=0,1"], realizations: 0).contains("0 realizations"))
    #expect(refused(["w=0,1"], realizations: 2, change: { $0.noise = .none }).contains("2 realizations need noise"))
    let large = try Matrix<Double>(rows: 6, columns: 6, repeating: 0.1)
    #expect(
      refused(["w=0,1"], loss: { $0.functionalConnectivity().rootMeanSquareError(to: large) })
        .contains("loss: target has shape (6, 6), but (5, 5) is needed"))
    #expect(
      refused(
        ["w=0,1"],
        change: {
          $0.monitors = []; $0.parameters["w"] = .perNode([1, 2])
        }
      ).contains("w has shape (2)"))
    #expect(
      refused(["a=0:1:20000", "b=0:1:20000", "d=0:1:20000"]).contains("axis d: the points are more than can be counted")
    )
    var problem = try Self.problem(Float.self)
    problem.coupling = 1
    #expect(throws: SweepError.axis("w", reason: "1e+40 is more than Float can hold")) {
      try Sweep(
        problem, over: [SweepAxis("w=1,1e40")], steps: 9, monitor: .subsample(), observing: [.mean])
    }
  }

  @Test func fingerprintsKnowEverySetting() throws {
    func text(
      _ axes: [String] = ["coupling=0,1", "w=1,2"], steps: Int = 60, discarding: Int = 4,
      observing: [any SeriesObservable] = [.functionalConnectivity()], monitor: Monitor = .average(over: 2),
      realizations: Int = 1, noise: Sweep<Double>.NoiseOfPoints = .shared,
      change: (inout Problem<Double>) throws -> Void = { _ in }
    ) throws -> Fingerprint {
      var problem = try Self.problem(Double.self)
      try change(&problem)
      var list: [SweepAxis] = []
      for axis in axes { list.append(try SweepAxis(axis)) }
      return try Sweep(
        problem, over: list, steps: steps, discarding: discarding, monitor: monitor, observing: observing,
        realizations: realizations, noise: noise
      ).fingerprint()
    }
    let own = try text()
    #expect(try own == text())
    let others = [
      try text(["w=1,2", "coupling=0,1"]), try text(["coupling=0,1", "w=1,2.5"]), try text(steps: 61),
      try text(discarding: 5), try text(observing: [.functionalConnectivity(lag: 1)]),
      try text(monitor: .subsample(every: 2)),
      try text(realizations: 2), try text(noise: .ownToEach), try text { $0.initial[0, 2, 0] = 0.123 },
      try text { $0.weights[3] = 0.7 }, try text { $0.noise = .drawn(RandomKey(seed: 77)) },
      try text { $0.history = try $0.start().history },
    ]
    for other in others { #expect(other != own) }
    #expect(Set(others.map(\.settings)).count == others.count)
  }
}
