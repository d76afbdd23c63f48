// A part of a sweep, all numbers little-endian:
//
//   bytes 0–7     \x8fDNSWEEP
//   bytes 8–11    version, 1
//   bytes 12–15   bytes of the settings
//   bytes 16–39   the first point, the number of points P, and of numbers a point Q: 8 bytes each
//   then          the settings, UTF-8: for every one its name, a tab, its value, a line feed; none is empty
//   then          how each point went, 4 bytes each
//   then          the numbers (P, Q), 8 bytes each
//   last 4 bytes  CRC-32 of everything before

/// Consecutive points of a sweep in a file, as one process leaves them for whoever joins all of them.
package struct SweepPart: Sendable {
  /// What the sweep is made with, as its fingerprint has it: a line each, name and value with a tab between.
  package var settings: [String]
  /// The number of the first point.
  package var first: Int
  /// How each point went.
  package var codes: [Int32]
  /// The numbers of each point, one point after the other.
  package var numbers: [Double]

  /// A part of the given points.
  package init(settings: [String], first: Int, codes: [Int32], numbers: [Double]) {
    (self.settings, self.first, self.codes, self.numbers) = (settings, first, codes, numbers)
  }

  private static let magic: [UInt8] = [0x8f] + Array("DNSWEEP".utf8)
  private static let headerBytes = 40

  /// Reads a part.
  ///
  /// - Throws: ``FileError``: `system` if it cannot be opened, `malformed` for another file, a damaged one or one that is cut short.
  package init(path: String) throws(FileError) {
    let file = try InputFile(path: path)
    try self.init(bytes: try file.read(count: file.size), file.name)
  }

  /// Reads the bytes of a part from memory.
  ///
  /// - Throws: ``FileError`` of kind `malformed`, as for ``init(path:)``.
  /// - Postcondition: ``encoded`` are these bytes.
  init(bytes: [UInt8], _ name: FileName = FileName(file: "bytes")) throws(FileError) {
    func damaged(_ found: String, _ expected: String) -> FileError {
      name.error(.malformed, found: found, expected: expected)
    }
    guard bytes.starts(with: Self.magic) else {
      throw name.wrongFormat(start: bytes, magic: 8, expected: "a part of a sweep")
    }
    guard bytes.count >= Self.headerBytes + 4 else { throw damaged("\(bytes.count) bytes", "a whole part of a sweep") }
    let sum = CRC32.of(bytes.dropLast(4))
    let found = littleEndian(bytes[(bytes.count - 4)...])
    guard found == UInt64(sum) else {
      throw damaged("bytes whose checksum is \(sum)", "\(found), the one at the end of the file")
    }
    func number(_ place: Int, _ count: Int) -> UInt64 { littleEndian(bytes[place..<(place + count)]) }
    guard number(8, 4) == 1 else { throw damaged("version \(number(8, 4))", "version 1") }
    // Each held against the file's size before they are added up: what a file claims may be of any size.
    guard let first = Int(exactly: number(16, 8)), let points = Int(exactly: number(24, 8)),
      let width = Int(exactly: number(32, 8)), points > 0 || width == 0, let all = elementCount([points, width]),
      points <= bytes.count / 4, all <= bytes.count / 8,
      Self.headerBytes + Int(number(12, 4)) + 4 * points + 8 * all + 4 == bytes.count
    else { throw damaged("\(bytes.count) bytes", "those of its points") }
    var place = Self.headerBytes + Int(number(12, 4))
    settings = []
    // By bytes: a carriage return and a line feed are one character.
    var lines = bytes[Self.headerBytes..<place].split(separator: 10, omittingEmptySubsequences: false)
    guard lines.popLast()?.isEmpty == true else { throw damaged("settings without an end", "a line feed behind each") }
    for line in lines {
      guard !line.isEmpty, let text = String(validating: line, as: UTF8.self) else {
        throw damaged("settings that are no text", "UTF-8, none of them empty")
      }
      settings.append(text)
    }
    self.first = first
    codes = (0..<points).map { Int32(truncatingIfNeeded: number(place + 4 * $0, 4)) }
    place += 4 * points
    numbers = bytes.withUnsafeBytes { bytes in
      (0..<all).map {
        Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8 * $0, as: UInt64.self)))
      }
    }
  }

  /// The bytes of the file.
  package var encoded: [UInt8] {
    let text = Array(settings.map { $0 + "\n" }.joined().utf8)
    var bytes = Self.magic
    func append(_ value: UInt64, _ count: Int) {
      for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
    }
    append(1, 4)
    append(UInt64(text.count), 4)
    append(UInt64(first), 8)
    append(UInt64(codes.count), 8)
    append(UInt64(codes.isEmpty ? 0 : numbers.count / codes.count), 8)
    bytes += text
    bytes.reserveCapacity(bytes.count + 4 * codes.count + 8 * numbers.count + 4)
    for code in codes { append(UInt64(UInt32(bitPattern: code)), 4) }
    for number in numbers { append(number.bitPattern, 8) }
    append(UInt64(CRC32.of(bytes)), 4)
    return bytes
  }
}

private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
