import Synchronization

/// Runs of one problem over the product of some axes, each observed.
///
///     let sweep = try Sweep(
///       problem, over: [SweepAxis(.coupling, from: 0, to: 1, count: 21), SweepAxis(.parameter("w"), [0.8, 1, 1.2])],
///       steps: 60_000, discarding: 10_000, monitor: .average(over: 10), observing: [.functionalConnectivity(), .mean])
///     var results = SweepResults(sweep)
///     try sweep.run(into: &results)
///     let fc = results["fc"]
///
/// The last axis varies fastest: of axes with n₀, n₁, … values, point ((i₀ n₁ + i₁) n₂ + i₂) … has value i_a of axis a.
/// Points are run side by side, one a thread. A point's numbers depend neither on the number of threads nor on which other points
/// are run with it, so that a sweep may be cut and continued anywhere.
public struct Sweep<Scalar: DelayNetScalar>: Sendable {
  /// A loss of the monitor's columns, row `variable · nodes + node`; the one that a fit has.
  public typealias Loss = @Sendable (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>

  /// Which noise a point has.
  public enum NoiseOfPoints: Sendable, Hashable {
    /// The problem's own at every point: differences between points are those of their values.
    case shared
    /// Every point draws as members of its own: point p with R realizations as members p R … (p + 1) R − 1 from the problem's on.
    case ownToEach
  }

  /// What is common to all points.
  public let problem: Problem<Scalar>
  /// The axes, the one that varies fastest last.
  public let axes: [SweepAxis]
  /// How many steps each run has.
  public let steps: Int
  /// After how many steps columns count.
  public let discarding: Int
  /// What is computed of the monitor's columns.
  public let observables: [any SeriesObservable]
  /// What a point's results are, in order: a matrix for every observable, and last the loss, if there is one.
  public let outputs: [SweepOutput]
  /// How many runs are averaged at a point.
  public let realizations: Int
  /// Which noise a point has.
  public let noise: NoiseOfPoints
  private let loss: Loss?

  /// A sweep, whose every setting is checked and whose observables are tried on made-up columns of the right number.
  ///
  /// - Parameters:
  ///   - problem: what is common to all points. Its monitors are replaced.
  ///   - axes: one or more; their product is swept.
  ///   - steps: T, how many steps each run has.
  ///   - discarding: columns that end in so many first steps are left out.
  ///   - monitor: what observables see.
  ///   - observables: what is computed of its columns; each name once.
  ///   - loss: one number more, called `loss`; nil for none.
  ///   - realizations: how many runs are averaged at a point, as members 0, 1, … of the problem's noise.
  ///   - noise: which noise a point has.
  /// - Throws: ``SweepError``.
  /// - Complexity: one plan, and for a sweep over speeds that of the slowest.
  public init(
    _ problem: Problem<Scalar>, over axes: [SweepAxis], steps: Int, discarding: Int = 0, monitor: Monitor,
    observing observables: [any SeriesObservable], loss: Loss? = nil, realizations: Int = 1,
    noise: NoiseOfPoints = .shared
  ) throws(SweepError) {
    var problem = problem
    var names: Set<String> = []
    for name in axes.map(\.name) + observables.map(\.name) + (loss == nil ? [] : ["loss"])
    where !names.insert(name).inserted {
      throw .nameTwice(name)
    }
    guard !axes.isEmpty else { throw .axis("", reason: "there is none to sweep over") }
    // σ of all states and of one are the same numbers.
    if names.contains("sigma"),
      let other = axes.first(where: { if case .sigma(_?) = $0.quantity { true } else { false } })
    {
      throw .axis(other.name, reason: "sigma of all states is an axis, too")
    }
    for axis in axes { try axis.check(for: problem) }
    var points = 1
    for axis in axes {
      let (product, overflow) = points.multipliedReportingOverflow(by: axis.values.count)
      guard !overflow, product <= 1 << 40 else {
        throw .axis(axis.name, reason: "the points are more than can be counted")
      }
      points = product
    }
    guard realizations >= 1 else { throw .realizations(realizations) }
    if case .drawn(_, let first) = problem.noise {
      let (members, tooMany) = UInt64(realizations).multipliedReportingOverflow(
        by: noise == .shared ? 1 : UInt64(points))
      guard !tooMany, !first.addingReportingOverflow(members).overflow else { throw .realizations(realizations) }
    } else {
      guard realizations == 1, noise == .shared else { throw .realizations(realizations) }
    }
    let columns, stepsPerColumn: Int
    var (outputs, probe): ([SweepOutput], StateArray<Scalar>)
    do throws(DelayNetError) {
      problem.monitors = [monitor]
      // One whose times are in milliseconds has steps from here on.
      problem.monitors = try problem.resolvedMonitors()
      stepsPerColumn = problem.monitors[0].stepsPerColumn
      // What a run of all steps reads: noise, stimuli, parameters. Nothing is allocated for them, and nothing is run.
      _ = try problem.tapeBytes(steps: steps)
      for axis in axes where axis.quantity == .conductionSpeed {
        // The slowest has the longest delays. A history fits one number of them only.
        let speeds = problem.history == nil ? [axis.values.min() ?? 1] : axis.values
        for speed in speeds {
          let own = try problem.with(conductionSpeed: speed)
          if let history = problem.history, own.history == nil {
            throw .shapeMismatch(
              name: "history at a speed of \(speed) mm/ms",
              expected: [history.variables, history.nodes, own.horizon], found: history.shape)
          }
        }
      }
      let empty = try problem.simulate(steps: 0).series
      columns = problem.monitors[0].columns(in: max(discarding, 0)..<max(steps, discarding, 0))
      probe = try Self.probe(empty.variables, empty.nodes, columns)
      outputs = []
    } catch { throw .network(error) }
    guard 0...max(steps, 0) ~= discarding, columns > 0 else {
      throw .nothingLeft(steps: steps, discarding: discarding, stepsPerColumn: stepsPerColumn)
    }
    for observable in observables {
      do throws(DelayNetError) {
        let value = try observable.value(of: probe)
        outputs.append(SweepOutput(name: observable.name, rows: value.rows, columns: value.columns))
      } catch { throw .observable(observable.name, Self.reason(error, columns)) }
    }
    if let loss {
      do throws(DelayNetError) { _ = try probe.value(of: loss) } catch {
        throw .observable("loss", Self.reason(error, columns))
      }
      outputs.append(SweepOutput(name: "loss", rows: 1, columns: 1))
    }
    (self.problem, self.axes, self.steps, self.discarding) = (problem, axes, steps, discarding)
    (self.observables, self.loss, self.outputs) = (observables, loss, outputs)
    (self.realizations, self.noise) = (realizations, noise)
  }

  /// Why made-up columns are refused: in as few as one, rows do not change.
  private static func reason(_ error: DelayNetError, _ columns: Int) -> DelayNetError {
    if case .constantSeries = error {
      .optionOutOfRange(name: "number of columns", value: Double(columns))
    } else {
      error
    }
  }

  /// Columns in which no row is constant and no two are alike.
  private static func probe(_ variables: Int, _ nodes: Int, _ columns: Int) throws(DelayNetError) -> StateArray<Scalar>
  {
    let values = try RandomKey(seed: 0).uniform(max(variables * nodes, 1) * columns, in: -1..<1, as: Scalar.self)
    return try StateArray(
      variables: variables, nodes: nodes, columns: columns, values: Array(values.prefix(variables * nodes * columns)))
  }

  /// The number of values of each axis.
  public var shape: [Int] { axes.map(\.values.count) }
  /// The number of points: the product of ``shape``.
  public var points: Int { shape.reduce(1, *) }

  /// Which value of each axis a point has.
  ///
  /// - Precondition: there is such a point.
  public func indices(of point: Int) -> [Int] {
    precondition(0..<points ~= point, "point out of range")
    var (rest, indices) = (point, shape)
    for axis in axes.indices.reversed() { (rest, indices[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
    return indices
  }

  /// The value of each axis at a point.
  ///
  /// - Precondition: there is such a point.
  public func coordinates(of point: Int) -> [Double] {
    zip(axes, indices(of: point)).map { $0.values[$1] }
  }

  /// The problem that is run at a point, of its first realization.
  ///
  /// - Throws: what `Problem.with(conductionSpeed:)` throws.
  /// - Precondition: there is such a point.
  public func problem(at point: Int) throws(DelayNetError) -> Problem<Scalar> {
    try problem(at: point, from: withSpeed(of: point))
  }

  private var speedAxis: Int? { axes.firstIndex { $0.quantity == .conductionSpeed } }

  /// Which speed a point has.
  private func speed(of point: Int) -> Int { speedAxis.map { indices(of: point)[$0] } ?? 0 }

  private func withSpeed(of point: Int) throws(DelayNetError) -> Problem<Scalar> {
    guard let axis = speedAxis else { return problem }
    return try problem.with(conductionSpeed: axes[axis].values[speed(of: point)])
  }

  private func problem(at point: Int, from base: Problem<Scalar>) throws(DelayNetError) -> Problem<Scalar> {
    var own = base
    for (axis, value) in zip(axes, coordinates(of: point)) { try axis.set(value, in: &own) }
    if noise == .ownToEach, case .drawn(let key, let first) = own.noise {
      own.noise = .drawn(key, member: first + UInt64(point) * UInt64(realizations))
    }
    return own
  }

  // ---- A point -------------------------------------------------------------------------------------------------------

  /// Runs a problem and observes it.
  ///
  /// - Parameter progress: gets the steps that were done since it was last called.
  private func evaluate(
    _ point: Int, _ base: Problem<Scalar>, progress: @escaping (Int) -> Bool
  ) throws(DelayNetError) -> SweepPoint {
    var own = try problem(at: point, from: base)
    var sums = outputs.map { [Double](repeating: 0, count: $0.count) }
    var undefined: SweepPoint.Outcome?
    for realization in 0..<realizations {
      if realization > 0, case .drawn(let key, let member) = own.noise { own.noise = .drawn(key, member: member + 1) }
      var done = 0
      func simulate(_ carry: inout NetworkCarry<Scalar>, _ steps: Int) throws(DelayNetError) -> StateArray<Scalar> {
        let first = done
        let series = try own.advance(&carry, steps: steps, threads: 1) { call in
          defer { done = first + call.done }
          return progress(first + call.done - done)
        }.series
        _ = progress(first + steps - done)
        done = first + steps
        return series
      }
      let series: StateArray<Scalar>
      do throws(DelayNetError) {
        var carry = try own.start()
        // What is discarded is given back before the rest is run.
        if discarding > 0 { _ = try simulate(&carry, discarding) }
        series = try simulate(&carry, steps - discarding)
      } catch .notFiniteState(_, let node, let state, let step) {
        _ = progress(steps - done + (realizations - 1 - realization) * steps)
        return SweepPoint(
          point, outputs.map { [Double](repeating: .nan, count: $0.count) },
          .diverged(.notFiniteState(run: point, node: node, state: state, step: step)))
      }
      let matrix = Matrix(
        unchecked: series.rows.nodes, series.columns, series.values.map { Double($0) })
      for (k, output) in outputs.enumerated() {
        do throws(DelayNetError) {
          let value: [Double]
          if k < observables.count {
            value = try observables[k].linearized(at: matrix).value.values
          } else if let loss {
            value = [Double(try series.value(of: loss))]
          } else {
            continue
          }
          guard value.count == output.count else {
            throw .shapeMismatch(name: output.name, expected: [output.rows, output.columns], found: [value.count])
          }
          for e in value.indices { sums[k][e] += value[e] }
        } catch {
          guard let outcome = SweepPoint.Outcome(ofObservable: error) else { throw error }
          sums[k] = [Double](repeating: .nan, count: output.count)
          undefined = undefined ?? outcome
        }
      }
    }
    if realizations > 1 { sums = sums.map { $0.map { $0 / Double(realizations) } } }
    return SweepPoint(point, sums, undefined ?? .finite)
  }

  // ---- Many ----------------------------------------------------------------------------------------------------------

  /// Runs points side by side and hands over each as soon as it is there.
  ///
  /// - Parameters:
  ///   - chosen: which points; all of them unless given.
  ///   - threads: at most so many points are run at once, each on one thread; 0 means all processors.
  ///   - progress: called now and then by the calling thread, with the steps of all points; returning false cancels the sweep, as
  ///     cancelling the surrounding `Task` does.
  ///   - onPoint: called once a point, in no particular order, by one thread at a time but not always the calling one; returns
  ///     whether to continue.
  /// - Throws: `DelayNetError.cancelled(steps:)`, with nothing for its steps, once the points in hand are given up;
  ///   what `Problem.simulate(steps:from:threads:progress:onStop:)` throws, but for a state that leaves the finite
  ///   numbers, which makes the point's numbers NaN. Points that were handed over stand in any case.
  /// - Precondition: there are such points.
  /// - Complexity: one run at a time a thread is held in memory, and the plans of the speeds at hand.
  /// - Postcondition: the bits of each point by itself.
  public func run(
    points chosen: (some Sequence<Int>)? = Range<Int>?.none, threads: Int = 0, progress: ProgressHandler? = nil,
    onPoint: (SweepPoint) -> Bool
  ) throws(DelayNetError) {
    guard 0...1024 ~= threads else { throw .optionOutOfRange(name: "threads", value: Double(threads)) }
    // Points of one speed one after the other, whichever axis it is: few plans are there at a time.
    var all = Array(0..<points)
    if let chosen { all = Array(chosen) }
    let pending = all.sorted { (speed(of: $0), $0) < (speed(of: $1), $1) }
    guard !pending.isEmpty else { return }
    let workers = min(threads == 0 ? Runtime.availableThreads : threads, pending.count)
    let (product, overflow) = pending.count.multipliedReportingOverflow(by: max(steps, 1) * realizations)
    let total = overflow ? Int.max : product
    try withoutActuallyEscaping(onPoint) { onPoint throws(DelayNetError) in
      let course = Course<Scalar>(speeds: pending.map(speed(of:)), onPoint)
      onThreads(workers) { isCaller in
        while let place = course.next() {
          let point = pending[place]
          do throws(DelayNetError) {
            let base = try course.base(speed(of: point)) { () throws(DelayNetError) in try withSpeed(of: point) }
            let result = try evaluate(point, base) { steps in
              course.add(steps)
              return isCaller ? course.report(progress, total) : !course.isStopped
            }
            course.finish(result, speed(of: point))
          } catch {
            course.fail(error, at: point)
          }
        }
      } whileWaiting: {
        _ = course.report(progress, total)
      }
      if let error = course.error { throw error }
      if course.isStopped { throw .cancelled(steps: []) }
      _ = progress?(RunProgress(done: total, total: total))
    }
  }

  /// Runs the points that results lack, and adds them.
  ///
  /// - Parameters:
  ///   - results: of this sweep; after an error or a cancellation they have what was done until then, and may be continued.
  ///   - chosen: which points, of those that are not there yet; all of them unless given.
  ///   - threads: at most so many points are run at once; 0 means all processors.
  ///   - progress: called now and then by the calling thread; returning false cancels the sweep.
  /// - Throws: what ``run(points:threads:progress:onPoint:)`` throws; `DelayNetError.shapeMismatch(name:expected:found:)`
  ///   for results of another sweep's extents.
  public func run(
    into results: inout SweepResults, points chosen: (some Sequence<Int>)? = Range<Int>?.none, threads: Int = 0,
    progress: ProgressHandler? = nil
  ) throws(DelayNetError) {
    guard results.axes == axes, results.outputs == outputs else {
      throw .shapeMismatch(name: "results", expected: shape, found: results.shape)
    }
    var own = results
    defer { results = own }
    var all = Array(0..<points)
    if let chosen { all = Array(chosen) }
    try run(points: all.filter { own[point: $0] == nil }, threads: threads, progress: progress) { point in
      own.insert(point)
      return true
    }
  }
}

/// What the threads of a sweep share.
private final class Course<Scalar: DelayNetScalar>: @unchecked Sendable {
  // Unchecked: what is not atomic is read and written under the lock.
  private let lock = Mutex(())
  private let count: Int
  private let taken = Atomic(0)
  private let done = Atomic(0)
  private let stopped = Atomic(false)
  private let onPoint: (SweepPoint) -> Bool
  private var bases: [Int: Problem<Scalar>] = [:]
  /// How many points of each speed are not done.
  private var remaining: [Int: Int]
  private var failure: (point: Int, error: DelayNetError)?

  init(speeds: [Int], _ onPoint: @escaping (SweepPoint) -> Bool) {
    count = speeds.count
    remaining = speeds.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    self.onPoint = onPoint
  }

  var isStopped: Bool { stopped.load(ordering: .relaxed) }
  var error: DelayNetError? { failure?.error }

  /// The place of a point that nobody has taken; nil where there is none, or no more are wanted.
  func next() -> Int? {
    if isStopped { return nil }
    let place = taken.add(1, ordering: .relaxed).oldValue
    return place < count ? place : nil
  }

  /// The problem of a speed, whose plan all its points share.
  func base(
    _ speed: Int, _ make: () throws(DelayNetError) -> Problem<Scalar>
  ) throws(DelayNetError) -> Problem<Scalar> {
    try lock.withLock { _ throws(DelayNetError) in
      if let known = bases[speed] { return known }
      let made = try make()
      bases[speed] = made
      return made
    }
  }

  func finish(_ point: SweepPoint, _ speed: Int) {
    lock.withLock { _ in
      remaining[speed, default: 1] -= 1
      if remaining[speed] == 0 { bases[speed] = nil }
      if !onPoint(point) { stopped.store(true, ordering: .relaxed) }
    }
  }

  /// Keeps an error, of several that of the first point; a run that was given up is none.
  func fail(_ error: DelayNetError, at point: Int) {
    lock.withLock { _ in
      if case .cancelled = error, isStopped { return }
      if failure == nil || point < failure!.point { failure = (point, error) }
      stopped.store(true, ordering: .relaxed)
    }
  }

  func add(_ steps: Int) { done.add(steps, ordering: .relaxed) }

  /// Tells the caller's handler how far all are; whether to continue.
  func report(_ progress: ProgressHandler?, _ total: Int) -> Bool {
    let step = RunProgress(done: min(done.load(ordering: .relaxed), total), total: total)
    if progress?(step) == false || Task.isCancelled { stopped.store(true, ordering: .relaxed) }
    return !isStopped
  }
}
