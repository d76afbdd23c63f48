// What a file is that a reader cannot take: told by its first bytes, which name a format where its ending may not.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The formats that people hand over where another one is wanted.
enum FileFormat {
  /// How many bytes of a file's start are looked at: HDF5 may begin behind a user block of 512 bytes.
  static let byteCount = 520

  /// What a file is, as it is called in a sentence: "an HDF5 file". Nil where nothing is known by its bytes.
  ///
  /// - Parameters:
  ///   - start: the first ``byteCount`` bytes, or fewer where the file is shorter.
  ///   - file: its path, whose ending tells texts apart.
  static func name(start: some Collection<UInt8>, file: String) -> String? {
    let start = Array(start.prefix(byteCount))
    if start.isEmpty { return "an empty file" }
    func has(_ bytes: [UInt8], at offset: Int = 0) -> Bool { start.dropFirst(offset).starts(with: bytes) }
    func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }
    let ending = ending(of: file)
    if has([0x93] + Array("NUMPY".utf8)) { return "a NumPy array (.npy)" }
    if has([0x8f] + Array("DNCARRY".utf8)) { return "a checkpoint" }
    if let format = ArrayFileFormat(start: start) { return format.title }
    if has([0x1f, 0x8b]) {
      return ["nii.gz": "a gzipped NIfTI image", "tar.gz": "a gzipped tar archive", "tgz": "a gzipped tar archive"][
        ending]
        ?? "a gzip file"
    }
    if has([0x50, 0x4b, 3, 4]) || has([0x50, 0x4b, 5, 6]) {
      return ["npz": "a NumPy archive (.npz)", "xlsx": "an Excel workbook", "ods": "a spreadsheet"][ending]
        ?? "a zip archive"
    }
    if has("BZh") { return "a bzip2 file" }
    if has([0xfd] + Array("7zXZ".utf8) + [0]) { return "an xz file" }
    if has([0x28, 0xb5, 0x2f, 0xfd]) { return "a zstd file" }
    if has([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]) { return "a 7z archive" }
    if has("Rar!") { return "a RAR archive" }
    if has("ustar", at: 257) { return "a tar archive" }
    if has([0x89] + Array("PNG".utf8)) { return "a PNG image" }
    if has([0xff, 0xd8, 0xff]) { return "a JPEG image" }
    if has("%PDF") { return "a PDF document" }
    if has("n+1\0", at: 344) || has("ni1\0", at: 344) { return "a NIfTI image" }
    if has("PAR1") { return "a Parquet file" }
    if has("ARROW1") { return "an Arrow file" }
    if has([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) { return "an Excel workbook" }
    if has([0x7f] + Array("ELF".utf8)) { return "a program" }
    if start.count >= 2, start[0] == 0x80, 2...5 ~= start[1] { return "a Python pickle" }
    return text(start, ending)
  }

  /// The name of a format that holds one array, a table of text or NumPy's; nil for every other.
  static func matrix(start: [UInt8], file: String) -> String? {
    let formats = ["a NumPy array (.npy)", "a CSV text", "a TSV text", "a text file"]
    return name(start: start, file: file).flatMap { formats.contains($0) ? $0 : nil }
  }

  /// Texts: the ones that have a name by their ending or first word, others as what they are.
  private static func text(_ start: [UInt8], _ ending: String) -> String? {
    guard start.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || 0x09...0x0d ~= $0 }) else { return nil }
    let known = ["csv": "a CSV text", "tsv": "a TSV text", "json": "a JSON text"]
    if let name = known[ending] { return name }
    let first = start.drop { $0 <= 0x20 }
    if first.starts(with: Array("<svg".utf8)) || ending == "svg" { return "an SVG image" }
    if first.starts(with: Array("<!DOCTYPE html".utf8)) || first.starts(with: Array("<html".utf8)) {
      return "an HTML page"
    }
    return first.starts(with: Array("<".utf8)) ? "an XML text" : "a text file"
  }

  /// The letters behind a path's last dot, in lower case; "nii.gz" and "tar.gz" where another one stands before ".gz".
  private static func ending(of file: String) -> String {
    let parts = file.split(separator: "/").last?.lowercased().split(separator: ".") ?? []
    guard parts.count >= 2, let last = parts.last else { return "" }
    return last == "gz" && parts.count >= 3 ? "\(parts[parts.count - 2]).gz" : String(last)
  }
}

extension FileName {
  /// The error for a file that is none of the format that is read, from its first bytes: what it is by name where that can
  /// be told, else its bytes. A member of an archive is known by the member's name.
  ///
  /// - Parameters:
  ///   - magic: how many bytes the format that is read begins with.
  ///   - expected: that format.
  func wrongFormat(start: some Collection<UInt8>, magic: Int, expected: String) -> FileError {
    let found = FileFormat.name(start: start, file: member ?? file) ?? quoted(start.prefix(magic))
    return error(.malformed, at: .byte(0), found: found, expected: expected)
  }
}

extension InputFile {
  /// The first bytes, wherever reading has come to.
  func firstBytes(_ count: Int = FileFormat.byteCount) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(size, count))
    // What cannot be read again does not change which error it is.
    let read = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    return Array(bytes.prefix(max(read, 0)))
  }
}
