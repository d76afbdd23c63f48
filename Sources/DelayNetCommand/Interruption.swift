import DelayNetIO
import Foundation
import Synchronization

/// Whether this process was asked to stop: by Ctrl-C, by a cluster or container that ends it, by a terminal that was closed.
///
/// During ``watching(_:)`` the first such signal only sets a flag, so that what was computed can be kept; a second one, or one
/// outside, ends the process at once, without its temporary files. Signals of a write that failed, to a closed pipe or beyond a
/// limit of file sizes, set the flag wherever they come. The exit status is that of the signal: 128 and its number.
enum Interruption {
  /// The signals that ask to stop, and those of writes that failed.
  private static let requests = [SIGINT, SIGTERM, SIGHUP]
  private static let failedWrites = [SIGPIPE, SIGXFSZ]

  private static let first = Atomic<Int32>(0)
  private static let watchers = Atomic<Int>(0)

  /// Whether to stop.
  static var isRequested: Bool { first.load(ordering: .relaxed) != 0 }

  /// The exit status of the signal that came; nil if none did.
  static var status: Int32? {
    let signal = first.load(ordering: .relaxed)
    return signal == 0 ? nil : 128 + signal
  }

  /// Whether whoever reads the standard output has gone away.
  static var isPipeClosed: Bool { first.load(ordering: .relaxed) == SIGPIPE }

  /// Handles the signals from now on. What the process was started to ignore, as by `nohup`, it continues to ignore.
  static func install() {
    TemporaryFiles.prepare()
    _ = (isRequested, watchers.load(ordering: .relaxed))  // made before a handler reads them
    for number in failedWrites {
      handle(number) { Interruption.note($0) }
    }
    for number in requests {
      handle(number) { number in
        let isFirst = Interruption.note(number)
        if isFirst, Interruption.watchers.load(ordering: .relaxed) > 0 { return }
        TemporaryFiles.removeAll()
        _exit(128 + number)
      }
    }
  }

  /// Calls `body`, which looks at ``isRequested`` now and then.
  static func watching<Result: ~Copyable>(_ body: () throws -> Result) rethrows -> Result {
    watchers.add(1, ordering: .relaxed)
    defer { watchers.subtract(1, ordering: .relaxed) }
    return try body()
  }

  private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    let before = signal(number, handler)
    if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
  }

  /// Keeps the first signal that comes; whether it is this one.
  @discardableResult
  private static func note(_ number: Int32) -> Bool {
    first.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
  }
}
