#if canImport(Glibc)
  @preconcurrency import Glibc
#elseif canImport(Musl)
  @preconcurrency import Musl
#else
  @preconcurrency import Darwin
#endif

/// Sends what was printed on its way; whether everything that was printed could be written.
func isStandardOutputWritten() -> Bool { fflush(stdout) == 0 && ferror(stdout) == 0 }
