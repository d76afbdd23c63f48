internal import CKernels
import Synchronization

/// How much memory a gradient may take.
public enum TapeMemory: Sendable, Hashable {
  /// What keeping every step takes.
  case everything
  /// At most so many bytes for the tape and the pullback's work: stretches of the run are computed again.
  case bytes(Int)
}

/// A recorded run of a stochastic network, which cotangents can be pulled back through.
///
///     let tape = try problem.record(steps: 1000, memory: .bytes(64 << 20))
///     let gradient = try tape.pullback(cotangent, withRespectTo: [.weights, .coupling])
public struct Tape<Scalar: DelayNetScalar>: ~Copyable, Sendable {
  private let recording: Recording<Scalar>

  init(_ recording: Recording<Scalar>) { self.recording = recording }

  /// What the run left behind.
  public var trajectory: Trajectory<Scalar> { recording.trajectories[0] }

  /// What the tape holds, and what it will compute again.
  public var report: TapeReport { recording.reports[0] }

  /// Pulls a cotangent of the run's output back to its inputs. May be called again with others, and from any number of
  /// threads, which then wait for each other.
  ///
  /// - Parameters:
  ///   - cotangent: of the trajectory's series from column `firstColumn` on; nil for zero.
  ///   - firstColumn: the columns before it have no cotangent, as those of a transient that a loss leaves out.
  ///   - finalState: a cotangent of the state after the last step, shape (states, nodes, 1); nil for zero.
  ///   - inputs: what the gradient contains.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then.
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, ``DelayNetError/notDifferentiable(_:)``,
  ///   ``DelayNetError/notFiniteCotangent(run:node:step:)``, ``DelayNetError/notFiniteGradient(run:input:)``,
  ///   ``DelayNetError/cancelled(steps:)`` without steps; ``DelayNetError/inUse(_:)`` from the progress handler of another
  ///   pullback of the same tape.
  /// - Postcondition: exactly zero for a cotangent of zeros; the same bits for every amount of memory.
  public func pullback(
    _ cotangent: StateArray<Scalar>?, firstColumn: Int = 0, finalState: StateArray<Scalar>? = nil,
    withRespectTo inputs: Problem<Scalar>.Inputs = .all, threads: Int = 0, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Problem<Scalar>.Gradient {
    try recording.pullback(
      [[cotangent]], firstColumn: firstColumn, finalStates: [finalState], inputs,
      CallOptions(threads: threads, progress: progress))[0]
  }

  /// Pulls cotangents of the columns of several monitors back.
  ///
  /// - Parameters:
  ///   - cotangents: one a monitor of the problem, in their order; the shape of ``Trajectory/outputs``, nil for zero.
  ///   - finalState: a cotangent of the state after the last step, shape (states, nodes, 1); nil for zero.
  ///   - inputs: what the gradient contains.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then.
  /// - Throws: what ``pullback(_:firstColumn:finalState:withRespectTo:threads:progress:)`` throws.
  public func pullback(
    outputs cotangents: [StateArray<Scalar>?], finalState: StateArray<Scalar>? = nil,
    withRespectTo inputs: Problem<Scalar>.Inputs = .all, threads: Int = 0, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Problem<Scalar>.Gradient {
    try recording.pullback(
      [cotangents], finalStates: [finalState], inputs, CallOptions(threads: threads, progress: progress))[0]
  }

  /// Pulls a cotangent back that every column of the output has, as that of a mean over time. It takes no memory in T.
  ///
  /// - Parameters:
  ///   - column: of each of the trajectory's columns, shape (states, nodes, 1).
  ///   - firstColumn: the columns before it have none.
  ///   - finalState: a cotangent of the state after the last step, shape (states, nodes, 1); nil for zero.
  ///   - inputs: what the gradient contains.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then.
  /// - Throws: what ``pullback(_:firstColumn:finalState:withRespectTo:threads:progress:)`` throws.
  /// - Postcondition: the bits of a cotangent of the whole series with these columns.
  public func pullback(
    everyColumn column: StateArray<Scalar>, firstColumn: Int = 0, finalState: StateArray<Scalar>? = nil,
    withRespectTo inputs: Problem<Scalar>.Inputs = .all, threads: Int = 0, progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> Problem<Scalar>.Gradient {
    try recording.pullback(
      [[]], everyColumn: [column], firstColumn: firstColumn, finalStates: [finalState], inputs,
      CallOptions(threads: threads, progress: progress))[0]
  }
}

/// What a tape is made of.
public struct TapeReport: Sendable, Equatable {
  /// The memory that the tape holds, with what its pullback will take.
  public let bytes: Int
  /// Levels of checkpoints; 0 where everything is kept.
  public let levels: Int
  /// Checkpoints of all levels together.
  public let checkpoints: Int
  /// Steps that are computed again at once.
  public let segment: Int
  /// Steps of the run that one pullback will do again.
  public let recomputedSteps: Int
}

/// Recorded runs with the memory that their tapes point to.
final class Recording<Scalar: DelayNetScalar>: Sendable {
  private struct Handle: @unchecked Sendable {
    // Unchecked: used under the lock, or by the only owner.
    let tape: OpaquePointer
  }

  private let runs: [NetworkArrays<Scalar>]
  private let tapes: [Handle]
  /// The pullback writes into the tape, so that one at a time may run.
  private let lock = Mutex<Void>(())
  /// The thread that has the lock, 0 for none: it would wait for itself.
  private let owner = Atomic<UInt>(0)
  let reports: [TapeReport]
  let trajectories: [Trajectory<Scalar>]

  init(
    _ runs: [NetworkArrays<Scalar>], memory: TapeMemory, keepsSeries: Bool = true, _ options: CallOptions,
    onStop: ([Trajectory<Scalar>]) -> Void = { _ in }
  ) throws(DelayNetError) {
    var budget = 0
    if case .bytes(let bytes) = memory {
      guard bytes > 0 else { throw .optionOutOfRange(name: "memory", value: Double(bytes)) }
      budget = bytes
    }
    var made: [Handle] = []
    do throws(DelayNetError) {
      for _ in runs {
        var tape: OpaquePointer?
        try DelayNet.check((dn_tape_create(budget, nil, &tape), noPlace))
        guard let tape else { throw .outOfMemory }
        made.append(Handle(tape: tape))
      }
      trajectories = try runNetworks(
        runs, tapes: made.map(\.tape), keepsSeries: keepsSeries, options, onStop: onStop)
    } catch {
      for handle in made { dn_tape_destroy(handle.tape) }
      throw error
    }
    self.runs = runs
    tapes = made
    reports = made.map { handle in
      var report = dn_tape_report()
      dn_tape_describe(handle.tape, &report)
      return TapeReport(
        bytes: Int(report.bytes), levels: Int(report.levels), checkpoints: report.checkpoints, segment: report.segment,
        recomputedSteps: Int(report.recomputed))
    }
  }

  deinit { for handle in tapes { dn_tape_destroy(handle.tape) } }

  /// One vector–Jacobian product a run.
  func pullback(
    _ cotangents: [[StateArray<Scalar>?]], everyColumn columns: [StateArray<Scalar>?] = [], firstColumn: Int = 0,
    finalStates: [StateArray<Scalar>?], _ inputs: Problem<Scalar>.Inputs, _ options: CallOptions
  ) throws(DelayNetError) -> [Problem<Scalar>.Gradient] {
    guard cotangents.count == runs.count, finalStates.count == runs.count else {
      throw .shapeMismatch(name: "cotangents", expected: [runs.count], found: [cotangents.count])
    }
    var gradients: [NetworkGradients<Scalar>] = []
    for (r, run) in runs.enumerated() {
      guard cotangents[r].count <= run.columns.count else {
        throw .shapeMismatch(name: "cotangents", expected: [run.columns.count], found: [cotangents[r].count])
      }
      guard 0...(run.columns.first ?? 0) ~= firstColumn else {
        throw .optionOutOfRange(name: "firstColumn", value: Double(firstColumn))
      }
      for (k, cotangent) in cotangents[r].enumerated() {
        let series = [run.variables[k], run.rows[k], run.columns[k] - (k == 0 ? firstColumn : 0)]
        if let cotangent, cotangent.shape != series {
          throw .shapeMismatch(name: "cotangent", expected: series, found: cotangent.shape)
        }
      }
      let whole = [run.variables.first ?? 0, run.rows.first ?? run.problem.nodes, 1]
      if let column = columns.isEmpty ? nil : columns[r], column.shape != whole {
        throw .shapeMismatch(name: "everyColumn", expected: whole, found: column.shape)
      }
      if let final = finalStates[r], final.shape != run.carry.state.shape {
        throw .shapeMismatch(name: "finalState", expected: run.carry.state.shape, found: final.shape)
      }
      gradients.append(try NetworkGradients(run, inputs))
    }
    let primals = runs.map(\.primal)
    let parts = gradients.indices.map {
      gradients[$0].cotangent(
        cotangents[$0], everyColumn: columns.isEmpty ? nil : columns[$0], firstColumn: firstColumn,
        finalState: finalStates[$0])
    }
    let handles: [OpaquePointer?] = tapes.map(\.tape)
    // The call runs under the lock; what may throw happens outside.
    var outcome: (status: dn_status, place: dn_place) = (DN_OK, noPlace)
    var failure: DelayNetError?
    let thread = callingThread()
    if owner.load(ordering: .relaxed) == thread { throw .inUse("tape") }
    lock.withLock { _ in
      owner.store(thread, ordering: .relaxed)
      defer { owner.store(0, ordering: .relaxed) }
      do throws(DelayNetError) {
        outcome = try options.withC { options, place in
          Scalar.kernels.network.vjp(primals, handles, parts, options, place)
        }
      } catch {
        failure = error
      }
    }
    extendLifetime((runs, cotangents, columns))
    extendLifetime((finalStates, gradients))
    if let failure { throw failure }
    if outcome.status != DN_OK {
      let culprit = runs.indices.contains(Int(outcome.place.run)) ? Int(outcome.place.run) : 0
      if runs.indices.contains(culprit) { try runs[culprit].check(outcome) }
      try DelayNet.check(outcome)
    }
    return gradients.map(\.gradient)
  }
}
