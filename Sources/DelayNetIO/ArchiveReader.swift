import CArchive

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where an archive's bytes are.
enum ArchiveSource: Sendable {
  case file(path: String)
  case memory([UInt8], name: String)

  var name: FileName {
    switch self {
    case .file(let path): FileName(file: path)
    case .memory(_, let name): FileName(file: name)
    }
  }

  /// Opens the zip and calls `body` with it.
  func withReader<Result>(
    _ body: (borrowing ArchiveReader) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    try withUTF8Names { () throws(FileError) in
      switch self {
      case .file(let path):
        return try body(ArchiveReader(zip: InputFile(path: path)))
      case .memory(let bytes, _):
        return try bytes.span.withUnsafeBytes { bytes throws(FileError) in
          try body(ArchiveReader(zip: bytes, name: name))
        }
      }
    }
  }
}

/// A zip being read from its first member to its last, by way of libarchive.
///
/// Only zips with a central directory are taken, so that a file cut short is refused at once.
struct ArchiveReader: ~Copyable {
  /// A member of an archive.
  struct Member: Sendable, Hashable {
    /// The path inside the archive; "#3" for the third member if its name cannot be read.
    var path: String
    /// How many members come before it, directories included.
    var ordinal: Int
    /// Whether it holds bytes: neither a directory nor a link.
    var isFile: Bool
    var isEncrypted: Bool
  }

  /// The whole archive's number of bytes.
  let byteCount: Int
  let name: FileName
  private let handle: OpaquePointer
  /// Kept open for as long as libarchive reads from it.
  private let file: InputFile?

  /// Opens a zip file.
  init(zip file: consuming InputFile) throws(FileError) {
    let descriptor = file.descriptor
    let start = file.firstBytes()
    handle = try Self.open(file.name, start: start) {
      archive_read_support_format_zip_seekable($0) == ARCHIVE_OK
        && archive_read_open_fd($0, descriptor, 1 << 16) == ARCHIVE_OK
    }
    name = file.name
    byteCount = file.size
    self.file = consume file
  }

  /// Opens a zip in memory that has to outlive the reader.
  init(zip bytes: UnsafeRawBufferPointer, name: FileName) throws(FileError) {
    handle = try Self.open(name, start: Array(bytes.prefix(FileFormat.byteCount))) {
      archive_read_support_format_zip_seekable($0) == ARCHIVE_OK
        && archive_read_open_memory($0, bytes.baseAddress, bytes.count) == ARCHIVE_OK
    }
    self.name = name
    byteCount = bytes.count
    file = nil
  }

  /// Opens a `.bz2` in memory, which has to outlive the reader, as an archive of one member.
  private init(bzip2 bytes: UnsafeRawBufferPointer, name: FileName) throws(FileError) {
    handle = try Self.open(name) {
      // Appended, not merely supported: a supported filter is applied as often as the bytes look like it.
      archive_read_append_filter($0, ARCHIVE_FILTER_BZIP2) == ARCHIVE_OK
        && archive_read_set_format($0, ARCHIVE_FORMAT_RAW) == ARCHIVE_OK
        && archive_read_open_memory($0, bytes.baseAddress, bytes.count) == ARCHIVE_OK
    }
    self.name = name
    byteCount = bytes.count
    file = nil
  }

  deinit { archive_read_free(handle) }

  /// Calls `body` with each member until it returns false.
  func forEachMember(
    budget: inout ArchiveBudget,
    _ body: (Member, inout ArchiveBudget) throws(FileError) -> Bool
  ) throws(FileError) {
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(handle, &entry)
      if status == ARCHIVE_EOF { return }
      // A warning concerns the member's attributes, such as its times or the letters of its name.
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else {
        throw Self.error(handle, name)
      }
      let ordinal = budget.entries
      try budget.countEntry(in: name)
      let path = (archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)).map {
        String(cString: $0)
      }
      let type = UInt32(archive_entry_filetype(entry))
      let member = Member(
        path: path ?? "#\(ordinal + 1)", ordinal: ordinal, isFile: type == 0o100000 || type == 0,
        isEncrypted: archive_entry_is_encrypted(entry) != 0)
      if try !body(member, &budget) { return }
    }
  }

  /// The bytes of the member that `forEachMember` has come to.
  func readBytes(of member: Member, budget: inout ArchiveBudget) throws(FileError) -> [UInt8] {
    let name = FileName(file: name.file, member: member.path)
    guard !member.isEncrypted else {
      throw name.error(.unsupported, found: "an encrypted member", expected: "a readable one")
    }
    return try readBytes(name, budget: &budget)
  }

  private func readBytes(
    _ name: FileName, budget: inout ArchiveBudget
  ) throws(FileError) -> [UInt8] {
    // Grows with what arrives. The size in the archive's directory is a claim, not a reason to take memory.
    var bytes: [UInt8] = []
    while true {
      var block: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let status = archive_read_data_block(handle, &block, &count, &offset)
      if status == ARCHIVE_EOF { return bytes }
      guard status == ARCHIVE_OK else { throw Self.error(handle, name) }
      try budget.countBytes(count, of: name)
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: block, count: count))
    }
  }

  /// Unpacks a `.bz2` in memory.
  static func unpackBzip2(
    _ bytes: [UInt8], name: FileName, budget: inout ArchiveBudget
  ) throws(FileError) -> [UInt8] {
    guard bytes.starts(with: [0x42, 0x5a, 0x68]) else {
      throw name.error(
        .malformed, at: .byte(0), found: quoted(bytes.prefix(3)), expected: "'BZh' (bzip2)")
    }
    return try bytes.span.withUnsafeBytes { packed throws(FileError) in
      let reader = try ArchiveReader(bzip2: packed, name: name)
      var entry: OpaquePointer?
      let status = archive_read_next_header(reader.handle, &entry)
      if status == ARCHIVE_EOF { return [] }
      guard status == ARCHIVE_OK else { throw error(reader.handle, name) }
      return try reader.readBytes(name, budget: &budget)
    }
  }

  /// - Parameter start: the first bytes of what should be a zip, to name it by if it is none.
  private static func open(
    _ name: FileName, start: [UInt8]? = nil, _ steps: (OpaquePointer) -> Bool
  ) throws(FileError) -> OpaquePointer {
    guard let handle = archive_read_new() else {
      throw name.error(.system, found: "no memory", expected: "enough to open an archive")
    }
    guard steps(handle) else {
      let error = error(handle, name)
      archive_read_free(handle)
      if let start, let format = FileFormat.name(start: start, file: name.file) {
        guard start.starts(with: [0x50, 0x4b]) else {
          throw name.error(.malformed, at: .byte(0), found: format, expected: "a zip archive")
        }
        throw name.error(
          .malformed, found: "\(format) that is damaged or cut short", expected: "an intact one")
      }
      throw error
    }
    return handle
  }

  private static func error(_ handle: OpaquePointer, _ name: FileName) -> FileError {
    let message = archive_error_string(handle).map { String(cString: $0) }
    return name.error(
      .malformed, found: message ?? "an unreadable archive", expected: "an intact archive")
  }
}

/// Calls `body` with UTF-8 as this thread's character set, in which alone libarchive tells names outside ASCII.
///
/// A program that never called `setlocale` is in the "C" locale, where such a name would come back empty. Only names
/// are affected, not the notation of numbers, and the thread's own locale is back when the function returns.
func withUTF8Names<Result>(_ body: () throws(FileError) -> Result) throws(FileError) -> Result {
  #if canImport(Darwin)
    let locale = newlocale(LC_CTYPE_MASK, "UTF-8", nil)
  #else
    let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
  #endif
  guard let locale else { return try body() }
  let previous = uselocale(locale)
  defer {
    uselocale(previous)
    freelocale(locale)
  }
  return try body()
}
