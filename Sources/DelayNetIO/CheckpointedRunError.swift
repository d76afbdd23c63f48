import DelayNet

/// Why a ``CheckpointedRun`` was refused, or has stopped.
public enum CheckpointedRunError: Error, Sendable, Equatable {
  /// The network's run: settings or a carry that cannot be run, numbers that are not finite, a cancellation.
  case network(DelayNetError)
  /// A file that could not be written, or an unfinished output that could not be continued.
  case file(FileError)
  /// Neither a number of steps was given nor a checkpoint that knows one.
  case lengthUnknown
  /// So many steps from a step on are more than can be counted.
  case tooManySteps(Int, from: Int)
  /// No number of steps was given, and the run that is resumed has reached its end.
  case reachedGoal(step: Int)
  /// The unfinished output of a killed run is at this path, and no checkpoint was given to complete it from.
  case unfinishedOutput(String)
  /// The checkpoint is not of the run whose unfinished output is at this path.
  case foreignCheckpoint(output: String)
  /// The run whose unfinished output is at this path goes to the step `goal`, and not for `steps` steps.
  case otherLength(output: String, goal: Int, steps: Int)
  /// The unfinished output at this path has other columns than a run of `steps` steps.
  case otherColumns(output: String, columns: Int, steps: Int, expected: Int)
  /// The unfinished output at this path is of a run with other settings; each difference says what is set here, and
  /// what was there.
  case otherSettings(output: String, [Fingerprint.Difference])
}

extension CheckpointedRunError: CustomStringConvertible {
  /// One sentence: where, and what is wrong there.
  public var description: String {
    switch self {
    case .network(let error): error.description
    case .file(let error): error.description
    case .lengthUnknown: "neither a number of steps was given nor a checkpoint to take it from"
    case .tooManySteps(let steps, let first): "\(steps) steps from step \(first) on reach beyond step \(Int.max)"
    case .reachedGoal(let step): "the run has reached its end, step \(step)"
    case .unfinishedOutput(let path): "\(path): is the output of a run that was killed"
    case .foreignCheckpoint(let path): "the checkpoint is not of the run whose output is \(path)"
    case .otherLength(let path, let goal, let steps):
      "\(path): is the output of a run to step \(goal), which does not end after \(steps) steps"
    case .otherColumns(let path, let columns, let steps, let expected):
      "\(path): has \(columns) columns, and a run of \(steps) steps \(expected)"
    case .otherSettings(let path, let differences):
      "\(path): is the output of a run with other settings than these, which have "
        + differences.map(\.description).joined(separator: ", and ")
    }
  }
}
