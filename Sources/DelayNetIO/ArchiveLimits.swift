/// How far an archive may be unpacked before reading stops with an error.
///
/// A few kilobytes of archive can unpack to terabytes, or to millions of empty members; a file from elsewhere is
/// therefore read against these limits.
public struct ArchiveLimits: Sendable, Hashable {
  /// The largest number of members, directories included. Default 10,000.
  public var entries: Int
  /// The largest number of bytes that one call unpacks, over all members that it reads. Default 2 GiB.
  public var bytes: Int
  /// The largest ratio of bytes unpacked by one call to the bytes of the whole archive.
  ///
  /// The default, 1100, is just more than the 1032 that a zip's usual compression can reach, so that an array of
  /// zeros passes.
  public var ratio: Int

  /// Makes limits; each is at its default unless given.
  public init(entries: Int = 10_000, bytes: Int = 2 << 30, ratio: Int = 1100) {
    self.entries = entries
    self.bytes = bytes
    self.ratio = ratio
  }
}

/// Counts what one call has taken from an archive, and throws before a limit is passed.
struct ArchiveBudget {
  let limits: ArchiveLimits
  /// Size of the archive itself, the divisor of the ratio.
  let packedBytes: Int
  private(set) var entries = 0
  private(set) var bytes = 0

  init(limits: ArchiveLimits, packedBytes: Int) {
    self.limits = limits
    self.packedBytes = packedBytes
  }

  mutating func countEntry(in name: FileName) throws(FileError) {
    guard entries < limits.entries else {
      throw name.error(
        .limit, found: "more than \(limits.entries) members",
        expected: "at most that many (ArchiveLimits.entries)")
    }
    entries += 1
  }

  mutating func countBytes(_ count: Int, of name: FileName) throws(FileError) {
    let (sum, overflow) = bytes.addingReportingOverflow(count)
    guard !overflow, sum <= limits.bytes else {
      throw name.error(
        .limit, found: "more than \(limits.bytes) bytes unpacked",
        expected: "at most that many (ArchiveLimits.bytes)")
    }
    let (allowed, unlimited) = packedBytes.multipliedReportingOverflow(by: limits.ratio)
    guard unlimited && limits.ratio > 0 || sum <= allowed else {
      throw name.error(
        .limit,
        found: "more than \(limits.ratio) times the archive's \(packedBytes) bytes unpacked",
        expected: "at most that many (ArchiveLimits.ratio)")
    }
    bytes = sum
  }
}
