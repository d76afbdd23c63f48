internal import CKernels

extension Problem {
  /// Runs the network and returns its states.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - threads: how many may share the run, 0 for as many as pay: a network of 76 regions takes one, one of 998 two and more.
  ///   - progress: called now and then.
  ///   - onStop: called, before an error is thrown, with what was computed up to there; its carry can be gone on with.
  /// - Returns: the columns that ``thinning`` keeps, shape (states, nodes, columns).
  /// - Throws: ``DelayNetError/shapeMismatch(name:expected:found:)``, ``DelayNetError/unknownParameter(name:model:)``,
  ///   ``DelayNetError/unknownState(name:model:)``, ``DelayNetError/notFiniteState(run:node:state:step:)`` and the other
  ///   `notFinite…` cases with their place, ``DelayNetError/cancelled(steps:)``, ``DelayNetError/outOfMemory``.
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
  /// - Throws: what ``simulate(steps:from:threads:progress:onStop:)`` throws, with absolute steps as places.
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
  let series, state, history, partial: StateArray<Scalar>
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
    outputs.append(
      NetworkOutput(
        series: try StateArray(uninitialized: states, nodes, keepsSeries ? run.columns : 0),
        state: try StateArray(uninitialized: states, nodes, 1),
        history: try StateArray(uninitialized: run.problem.model.couplings.count, nodes, run.problem.horizon),
        partial: try StateArray(variables: states, nodes: nodes)))
  }
  var results = runs.indices.map { r in
    let averages = runs[r].problem.thinning.code == DN_THIN_AVERAGE
    return NetworkResult<Scalar>(
      series: keepsSeries ? outputs[r].series.rows.base : nil, seriesStride: runs[r].columns,
      nextInitial: outputs[r].state.rows.base,
      nextHistory: outputs[r].history.rows.base, nextHistoryStride: runs[r].problem.horizon,
      nextPartial: averages ? outputs[r].partial.rows.base : nil, tape: tapes.isEmpty ? nil : tapes[r])
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
        model: problem.model.name, step: run.carry.step + done.stepsDone,
        state: isMoved ? outputs[r].state : run.carry.state,
        history: isMoved ? outputs[r].history : run.carry.history,
        partial: isMoved ? outputs[r].partial : run.carry.partial, thinning: problem.thinning, goal: run.carry.goal,
        fingerprint: run.carry.fingerprint)
      let series = outputs[r].series
      list.append(
        Trajectory(
          series: !keepsSeries || done.columnsDone == run.columns ? series : series.columns(0..<done.columnsDone),
          states: problem.model.states.map(\.name), steps: run.carry.step..<(run.carry.step + done.stepsDone),
          thinning: problem.thinning, timeStep: problem.timeStep, clamps: Int(done.clamps), carry: carry))
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
