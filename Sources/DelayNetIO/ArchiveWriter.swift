import CArchive

/// How the members of a new archive are stored.
public enum ArchiveCompression: Sendable, Hashable, CaseIterable {
  /// As they are: fastest to write and to read.
  case stored
  /// With zip's usual compression, "deflate".
  case deflated
}

/// A zip being written, member by member, by way of libarchive.
///
/// The bytes depend on the members alone: no dates, owners or machine are written.
struct ArchiveWriter: ~Copyable {
  /// The most bytes that a member's name may have: a zip counts them in 16 bits, and libarchive does not check.
  static let longestName = 65_535

  private let name: FileName
  private let handle: OpaquePointer
  private let sink: ArchiveSink

  /// Starts a zip; `emit` gets its bytes in order.
  init(
    _ name: FileName, compression: ArchiveCompression,
    emit: @escaping (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    let sink = ArchiveSink(emit)
    handle = try Self.open(name, compression, sink)
    self.name = name
    self.sink = sink
  }

  deinit {
    // Without a call of finish() this is an archive given up: what libarchive holds back is not to come out any more.
    sink.isOpen = false
    archive_write_free(handle)
    withExtendedLifetime(sink) {}
  }

  private static func open(
    _ name: FileName, _ compression: ArchiveCompression, _ sink: ArchiveSink
  ) throws(FileError) -> OpaquePointer {
    guard let handle = archive_write_new() else {
      throw name.error(.system, found: "no memory", expected: "enough to write an archive")
    }
    archive_write_set_format_zip(handle)
    switch compression {
    case .stored: archive_write_zip_set_compression_store(handle)
    case .deflated: archive_write_zip_set_compression_deflate(handle)
    }
    archive_write_set_options(handle, "zip:hdrcharset=UTF-8")
    archive_write_set_bytes_in_last_block(handle, 1)
    let status = archive_write_open2(
      handle, Unmanaged.passUnretained(sink).toOpaque(), nil,
      { _, sink, bytes, count in
        Unmanaged<ArchiveSink>.fromOpaque(sink!).takeUnretainedValue()
          .take(UnsafeRawBufferPointer(start: bytes, count: count))
        return count
      }, nil, nil)
    guard status == ARCHIVE_OK else {
      let error = error(handle, name)
      archive_write_free(handle)
      throw error
    }
    return handle
  }

  /// Adds a member whose bytes are the given pieces one after the other.
  func add(_ member: String, _ pieces: [UnsafeRawBufferPointer]) throws(FileError) {
    guard member.utf8.count <= Self.longestName else {
      throw name.error(
        .invalidValue, found: "a member's name of \(member.utf8.count) bytes", expected: "at most \(Self.longestName)")
    }
    guard let entry = archive_entry_new() else {
      throw name.error(.system, found: "no memory", expected: "enough for a member")
    }
    defer { archive_entry_free(entry) }
    archive_entry_update_pathname_utf8(entry, member)
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_size(entry, la_int64_t(pieces.reduce(0) { $0 + $1.count }))
    try check(archive_write_header(handle, entry))
    for piece in pieces {
      var done = 0
      while done < piece.count {
        let rest = UnsafeRawBufferPointer(rebasing: piece[done...])
        let count = archive_write_data(handle, rest.baseAddress, min(rest.count, 1 << 30))
        try check(count > 0 ? ARCHIVE_OK : ARCHIVE_FATAL)
        done += count
      }
    }
    try check(archive_write_finish_entry(handle))
  }

  /// Writes what ends the zip.
  func finish() throws(FileError) {
    try check(archive_write_close(handle))
  }

  private func check(_ status: Int32) throws(FileError) {
    if let failure = sink.failure { throw failure }
    guard status == ARCHIVE_OK else { throw Self.error(handle, name) }
  }

  private static func error(_ handle: OpaquePointer, _ name: FileName) -> FileError {
    let message = archive_error_string(handle).map { String(cString: $0) } ?? "an unknown failure"
    return name.error(.system, found: message, expected: "to write the archive")
  }
}

/// Takes the bytes that libarchive returns, and keeps the first error that hindered passing them on.
///
/// libarchive is never told of the error: it would leave its buffers behind.
private final class ArchiveSink {
  var isOpen = true
  private(set) var failure: FileError?
  private let emit: (UnsafeRawBufferPointer) throws(FileError) -> Void

  init(_ emit: @escaping (UnsafeRawBufferPointer) throws(FileError) -> Void) { self.emit = emit }

  func take(_ bytes: UnsafeRawBufferPointer) {
    guard isOpen, failure == nil else { return }
    do throws(FileError) { try emit(bytes) } catch { failure = error }
  }
}
