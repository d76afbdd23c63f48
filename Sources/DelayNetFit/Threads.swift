#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Synchronization

/// Calls `body` on so many threads at once, one of them the calling one; returns when all have returned.
///
/// Where the system refuses a thread, those that are there do the work.
///
/// - Parameters:
///   - count: how many threads, 1 or more.
///   - body: told whether it is on the calling thread.
///   - whileWaiting: called now and then by the calling thread, once its own call has returned and as long as others have not.
func onThreads(_ count: Int, _ body: (_ isCaller: Bool) -> Void, whileWaiting: () -> Void) {
  withoutActuallyEscaping(body) { body in
    let work = Work(body)
    var threads: [pthread_t] = []
    for _ in 1..<max(count, 1) {
      // The thread's own reference, which it takes over.
      let context = Unmanaged.passRetained(work)
      #if canImport(Darwin)
        var thread: pthread_t?
        let status = pthread_create(&thread, nil, { Work.begin($0) }, context.toOpaque())
      #else
        var own = pthread_t()
        let status = pthread_create(&own, nil, { $0.flatMap { Work.begin($0) } }, context.toOpaque())
        let thread: pthread_t? = own
      #endif
      guard status == 0, let thread else {
        context.release()
        break
      }
      threads.append(thread)
    }
    body(true)
    while work.finished.load(ordering: .acquiring) < threads.count {
      usleep(5000)
      whileWaiting()
    }
    for thread in threads { pthread_join(thread, nil) }
  }
}

private final class Work: @unchecked Sendable {
  // Unchecked: the closure is called by several threads at once, which is what it is made for.
  private let body: (Bool) -> Void
  let finished = Atomic(0)

  init(_ body: @escaping (Bool) -> Void) { self.body = body }

  static func begin(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
    work.body(false)
    work.finished.add(1, ordering: .releasing)
    return nil
  }
}
