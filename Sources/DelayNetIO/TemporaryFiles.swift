#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The names of the temporary files that this process is writing, for a handler of signals that ends the process.
///
/// A handler may interrupt any code, so it takes no lock and no memory: it reads a fixed row of pointers.
package enum TemporaryFiles {
  private static let count = 64
  // Written under the lock, read by a handler without it: a pointer is stored whole.
  nonisolated(unsafe) private static let names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = {
    let names = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count)
    names.initialize(repeating: nil, count: count)
    return names
  }()
  nonisolated(unsafe) private static let lock: UnsafeMutablePointer<pthread_mutex_t> = {
    let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    return lock
  }()

  /// Makes what a handler reads; to be called before a handler can run.
  package static func prepare() { _ = names }

  /// Removes all of them. May be called by a handler of signals.
  package static func removeAll() {
    for slot in 0..<count {
      if let name = names[slot] { unlink(name) }
    }
  }

  /// Takes a name in; where there is no room for it, a handler does not remove its file.
  static func insert(_ name: String) {
    guard let copy = strdup(name) else { return }
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if let slot = (0..<count).first(where: { names[$0] == nil }) { names[slot] = copy } else { free(copy) }
  }

  /// Takes a name out, whose file has another name now, or is gone.
  static func remove(_ name: String) {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    for slot in 0..<count {
      guard let there = names[slot], strcmp(there, name) == 0 else { continue }
      names[slot] = nil
      free(there)
      return
    }
  }
}
