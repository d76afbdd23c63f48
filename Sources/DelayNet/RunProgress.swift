/// How far a call is, in steps summed over its runs.
public struct RunProgress: Sendable, Equatable {
  /// The steps that are finished.
  public let done: Int
  /// The steps of the whole call.
  public let total: Int
  /// The finished part, 0 … 1.
  public var fraction: Double { total == 0 ? 1 : Double(done) / Double(total) }

  /// The progress of a call that is made of others.
  package init(done: Int, total: Int) { (self.done, self.total) = (done, total) }
}

/// Called now and then by the thread that made the call; returns whether to continue.
///
/// Returning false cancels the call, as cancelling the surrounding `Task` does: the call stops at the end of a block of
/// steps and throws ``DelayNetError/cancelled(steps:)``.
public typealias ProgressHandler = (RunProgress) -> Bool
