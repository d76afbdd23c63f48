import DelayNet

extension CheckpointedRun {
  /// How far a run goes, from where, and whether it completes an output: known before the problem is.
  public struct Course: Sendable {
    /// Where the run begins; nil for the problem's start.
    public let resumed: NetworkCarry<Scalar>?
    /// The `.npy` file to make, to replace or to complete; nil for none.
    public let output: String?
    /// How many steps it takes.
    public let steps: Int
    /// Whether it continues the output that a killed run left.
    public let completesOutput: Bool
    /// Whether it is the end of an earlier run, by the goal in its checkpoint.
    public let isRest: Bool
    /// How many steps were asked for.
    let asked: Int?

    /// The absolute step at which the run begins.
    public var firstStep: Int { resumed?.step ?? 0 }
    /// The absolute step at which it ends.
    public var goal: Int { firstStep + steps }
    /// The output that is completed.
    var unfinished: String? { output.map { NPYColumnWriter<Scalar>.unfinishedPath(of: $0) } }

    /// Decides how far to go. Looks for an unfinished output, and neither opens nor writes any file.
    ///
    /// - Parameters:
    ///   - steps: how many steps; where an unfinished output is completed, those of the whole run. Nil for what the run
    ///     that is resumed still lacks.
    ///   - carry: where to begin, usually read from a checkpoint; nil for the problem's start.
    ///   - output: the `.npy` file to make or to replace; nil for none.
    /// - Throws: ``CheckpointedRunError``: `unfinishedOutput` if there is one and no carry to complete it from;
    ///   `lengthUnknown`, `reachedGoal`, `tooManySteps` or, of the kind `network`, `optionOutOfRange` for steps that
    ///   cannot be run; `foreignCheckpoint` and `otherLength` for a carry and steps that are not those of the
    ///   unfinished output.
    public init(
      steps: Int?, resuming carry: NetworkCarry<Scalar>? = nil, output: String? = nil
    ) throws(CheckpointedRunError) {
      if let steps, steps < 0 { throw .network(.optionOutOfRange(name: "steps", value: Double(steps))) }
      (resumed, self.output, asked) = (carry, output, steps)
      let unfinished = output.flatMap {
        NPYColumnWriter<Scalar>.isUnfinished($0) ? NPYColumnWriter<Scalar>.unfinishedPath(of: $0) : nil
      }
      completesOutput = unfinished != nil
      guard let carry else {
        if let unfinished { throw .unfinishedOutput(unfinished) }
        guard let steps else { throw .lengthUnknown }
        (self.steps, isRest) = (steps, false)
        return
      }
      guard let unfinished else {
        if let steps {
          guard steps <= .max - carry.step else { throw .tooManySteps(steps, from: carry.step) }
          (self.steps, isRest) = (steps, false)
          return
        }
        guard let goal = carry.goal, goal > carry.step else { throw .reachedGoal(step: carry.step) }
        (self.steps, isRest) = (goal - carry.step, true)
        return
      }
      guard let goal = carry.goal, goal >= carry.step else { throw .foreignCheckpoint(output: unfinished) }
      if let steps, !(goal - carry.step...goal ~= steps) {
        throw .otherLength(output: unfinished, goal: goal, steps: steps)
      }
      (self.steps, isRest) = (goal - carry.step, true)
    }

    /// For how many steps, up to the run's ``goal``, an input with numbers for every step has to have them: for
    /// ``steps``, or, where this is the rest of an earlier run, for those of the whole run.
    ///
    /// - Parameter found: for how many steps the input has numbers, if that is known.
    public func stepsGiven(_ found: Int?) -> Int {
      guard isRest, let found, steps...goal ~= found else { return steps }
      return found
    }
  }
}

extension NPYColumnWriter {
  /// Whether a writer for `path` that was not finished has left its file; see ``unfinishedPath(of:)``.
  public static func isUnfinished(_ path: String) -> Bool { isThere(unfinishedPath(of: path)) }
}
