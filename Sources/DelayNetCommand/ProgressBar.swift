import DelayNet
import Foundation

/// Shows on the standard error how far a long call is, and stops the call when the user interrupts it.
///
/// The bar appears where the standard error is a terminal and the call has taken a second.
final class ProgressBar {
  private let title: String
  private let start = ContinuousClock.now
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastDrawn: ContinuousClock.Instant?
  private var fraction = 0.0

  /// A bar with a word or two of title.
  init(_ title: String) { self.title = title }

  /// To be passed to the library's calls.
  var handler: ProgressHandler {
    { progress in
      self.show(progress.fraction)
      return !Interruption.isRequested
    }
  }

  /// Draws the bar if it is time to.
  func show(_ fraction: Double) {
    self.fraction = fraction
    guard isTerminal else { return }
    let now = ContinuousClock.now
    let elapsed = (now - start).seconds
    guard elapsed >= 1, lastDrawn == nil || (now - lastDrawn!).seconds >= 0.1 else { return }
    lastDrawn = now
    writeToStandardError("\r" + Self.line(title, fraction, elapsed: elapsed) + "\u{1b}[K")
  }

  /// What to say when the call was interrupted: how far it got.
  ///
  /// - Parameter total: the number of `units` in the whole call.
  func interruption(of total: Int, _ units: String) -> Failure {
    let done = Int((fraction * Double(total)).rounded(.down))
    return Failure(.unfinished, "interrupted while \(title), after \(grouped(done)) of \(grouped(total)) \(units)")
  }

  /// Wipes the bar away.
  func clear() {
    if lastDrawn != nil { writeToStandardError("\r\u{1b}[K") }
    lastDrawn = nil
  }

  /// The text of a bar: title, forty cells, percentage, and the time that is left.
  static func line(_ title: String, _ fraction: Double, elapsed: Double) -> String {
    let cells = 40
    let full = min(max(Int(fraction * Double(cells)), 0), cells)
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
    let left = fraction > 0 ? ", \(fixed(elapsed / fraction - elapsed, 0)) s left" : ""
    return "\(title) \(bar) \(fixed(fraction * 100, 0)) %\(left)"
  }
}
