#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Tells the calling thread from all others that are running; never 0.
func callingThread() -> UInt {
  // A pointer or a number of a pointer's size, by system.
  withUnsafeBytes(of: pthread_self()) { $0.loadUnaligned(as: UInt.self) }
}
