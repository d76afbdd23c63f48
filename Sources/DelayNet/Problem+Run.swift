internal import CKernels

extension Problem {
  /// Runs the network and returns its states.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - threads: how many may share the run, 0 for as many as pay: a network of 76 regions takes one, one of 998 two and more.
  ///   - progress: called now and then.
  ///   - onStop: called, before an error is thrown, with what was computed up to there; the run can be resumed from its carry.
  /// - Returns: the columns of ``monitors``, those of the first as its series, shape (states, nodes, columns).
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, ``DelayNetError/unknownParameter(name:model:known:)``,
  ///   ``DelayNetError/unknownState(name:model:known:)``, ``DelayNetError/notFiniteState(run:node:state:step:)`` and the other
  ///   `notFinite…` cases with their location, ``DelayNetError/cancelled(steps:)``, ``DelayNetError/outOfMemory``.
  /// - Complexity: O(edges · steps) multiply–adds.
  /// - Postcondition: the same bits for every number of threads, chunking and instruction set.
  public func simulate(
    steps: Int, from carry: NetworkCarry<Scalar>? = nil, threads: Int = 0, progress: ProgressHandler? = nil,
    onStop: ((Trajectory<Scalar>) -> Void)? = nil
  ) throws(DelayNetError) -> Trajectory<Scalar> {
    let begin: NetworkCarry<Scalar> = if let carry { carry } else { try start() }
    let arrays = try NetworkArrays(self, begin, steps: steps)
    return try runNetworks([arrays], CallOptions(threads: threads, progress: progress)) { onStop?($0[0]) }[0]
  }

  /// Runs the next chunk; the carry moves on by its steps.
  ///
  /// - Parameters:
  ///   - carry: where the run stands; after an error or a cancellation, the last finished step.
  ///   - steps: the steps of the chunk.
  ///   - threads: as for ``simulate(steps:from:threads:progress:onStop:)``, like `progress` and `onStop`.
  ///   - progress: called now and then.
  ///   - onStop: called, before an error is thrown, with what was computed up to there.
  /// - Returns: the columns that end in the chunk.
  /// - Throws: what ``simulate(steps:from:threads:progress:onStop:)`` throws, with absolute steps as locations.
  /// - Postcondition: the same bits as one run over all chunks.
  public func advance(
    _ carry: inout NetworkCarry<Scalar>, steps: Int, threads: Int = 0, progress: ProgressHandler? = nil,
    onStop: ((Trajectory<Scalar>) -> Void)? = nil
  ) throws(DelayNetError) -> Trajectory<Scalar> {
    var stopped: NetworkCarry<Scalar>?
    do throws(DelayNetError) {
      let trajectory = try simulate(steps: steps, from: carry, threads: threads, progress: progress) {
        stopped = $0.carry
        onStop?($0)
      }
      carry = trajectory.carry
      return trajectory
    } catch {
      if let stopped { carry = stopped }
      throw error
    }
  }
}

/// Where a run's numbers go.
private struct NetworkOutput<Scalar: DelayNetScalar> {
  let columns: [StateArray<Scalar>]
  let state, history, monitored: StateArray<Scalar>
}

/// Runs networks, one a thread.
///
/// - Parameters:
///   - tapes: as many as runs, to record them; or none.
///   - keepsSeries: whether the trajectories have their columns.
///   - onStop: gets what was computed when a call stops early.
func runNetworks<Scalar: DelayNetScalar>(
  _ runs: [NetworkArrays<Scalar>], tapes: [OpaquePointer] = [], keepsSeries: Bool = true, _ options: CallOptions,
  onStop: ([Trajectory<Scalar>]) -> Void = { _ in }
) throws(DelayNetError) -> [Trajectory<Scalar>] {
  var outputs: [NetworkOutput<Scalar>] = []
  for run in runs {
    let (states, nodes) = (run.problem.model.states.count, run.problem.nodes)
    var columns: [StateArray<Scalar>] = []
    for k in run.columns.indices {
      columns.append(try StateArray(uninitialized: run.variables[k], run.rows[k], keepsSeries ? run.columns[k] : 0))
    }
    outputs.append(
      NetworkOutput(
        columns: columns,
        state: try StateArray(uninitialized: states, nodes, 1),
        history: try StateArray(uninitialized: run.problem.model.couplings.count, nodes, run.problem.horizon),
        monitored: try StateArray(variables: monitoredRows(run.problem.monitors, states: states), nodes: nodes)))
  }
  var results = runs.indices.map { r in
    return NetworkResult<Scalar>(
      columns: outputs[r].columns.enumerated().map {
        .init(series: keepsSeries ? $1.rows.base : nil, stride: runs[r].columns[$0])
      },
      nextInitial: outputs[r].state.rows.base,
      nextHistory: outputs[r].history.rows.base, nextHistoryStride: runs[r].problem.horizon,
      nextMonitored: outputs[r].monitored.rows.base, tape: tapes.isEmpty ? nil : tapes[r])
  }
  let primals = runs.map(\.primal)
  let outcome = try options.withC { options, place in
    Scalar.kernels.network.run(primals, &results, options, place)
  }
  extendLifetime(runs)
  extendLifetime(outputs)

  func trajectories() throws(DelayNetError) -> [Trajectory<Scalar>] {
    var list: [Trajectory<Scalar>] = []
    for (r, run) in runs.enumerated() {
      let (problem, done) = (run.problem, results[r])
      // A call that was refused has written nothing.
      let isMoved = done.stepsDone > 0 || run.steps == 0 && outcome.status == DN_OK
      let carry = try NetworkCarry(
        model: problem.model.identity, step: run.carry.step + done.stepsDone,
        state: isMoved ? outputs[r].state : run.carry.state,
        history: isMoved ? outputs[r].history : run.carry.history,
        monitors: isMoved ? problem.monitors : run.carry.monitors,
        monitored: isMoved ? outputs[r].monitored : run.carry.monitored, goal: run.carry.goal,
        fingerprint: run.carry.fingerprint)
      let columns = outputs[r].columns.enumerated().map { k, all in
        let kept = done.columns[k].done
        return !keepsSeries || kept == run.columns[k] ? all : all.columns(0..<kept)
      }
      list.append(
        try Trajectory(
          columns: columns, monitors: problem.monitors, modelStates: problem.model.states.map(\.name),
          nodes: problem.nodes, steps: run.carry.step..<(run.carry.step + done.stepsDone),
          timeStep: problem.timeStep, clamps: Int(done.clamps), carry: carry))
    }
    return list
  }
  if outcome.status != DN_OK {
    onStop(try trajectories())
    let culprit = runs.indices.contains(Int(outcome.place.run)) ? Int(outcome.place.run) : 0
    if runs.indices.contains(culprit) {
      try runs[culprit].check(outcome, stepsDone: results.map(\.stepsDone))
    }
    try DelayNet.check(outcome, stepsDone: results.map(\.stepsDone))
  }
  return try trajectories()
}
