// The header of a .npy file, numpy.lib.format versions 1.0, 2.0 and 3.0:
//
//   bytes 0–5   \x93NUMPY
//   bytes 6–7   version, major and minor
//   then        length of the rest: 2 bytes (version 1) or 4 bytes (2 and 3), little-endian
//   then        a Python dictionary: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }, padded with spaces

/// What a `.npy` file says about its elements before they come.
struct NPYHeader: Equatable {
  var elementType: NPYArray.ElementType
  /// Whether the elements' bytes stand in the other order than this machine's.
  var isByteSwapped = false
  var isFortranOrder = false
  var shape: [Int]
  /// The offset of the first element in bytes.
  var dataOffset = 0
  /// The product of `shape`.
  var count = 0

  /// The most bytes that a header may have; a shape of 32 axes needs fewer than 1000.
  static let maximumByteCount = 1 << 16

  /// The first six bytes of every file.
  static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

  private static let byteOrderOfThisMachine: Character = 1.littleEndian == 1 ? "<" : ">"

  /// Reads a header and holds it against the size of the file that it is from.
  ///
  /// - Parameters:
  ///   - bytes: the start of the file: all of it, or at least `maximumByteCount` bytes.
  ///   - fileSize: bytes in the whole file.
  /// - Postcondition: `dataOffset` + `count` elements is exactly `fileSize`.
  init(_ bytes: [UInt8], fileSize: Int, name: FileName) throws(FileError) {
    for (offset, byte) in Self.magic.enumerated() {
      guard offset < bytes.count else {
        throw name.error(
          .truncated, at: .byte(offset), found: "the end", expected: "\\x93NUMPY at the start")
      }
      guard bytes[offset] == byte else {
        throw name.wrongFormat(
          start: bytes, magic: Self.magic.count, expected: "a .npy array, which begins with \\x93NUMPY")
      }
    }
    guard bytes.count >= 8 else {
      throw name.error(.truncated, at: .byte(bytes.count), found: "the end", expected: "a version")
    }
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw name.error(
        .unsupported, at: .byte(6), found: "version \(bytes[6]).\(bytes[7])",
        expected: "version 1.0, 2.0 or 3.0")
    }
    let start = bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else {
      throw name.error(
        .truncated, at: .byte(bytes.count), found: "the end", expected: "the header's length")
    }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= fileSize - start else {
      throw name.error(
        .truncated, at: .byte(8), found: "a header of \(length) bytes",
        expected: "at most the file's remaining \(fileSize - start)")
    }
    guard start + length <= Self.maximumByteCount else {
      throw name.error(
        .unsupported, at: .byte(8), found: "a header of \(length) bytes",
        expected: "at most \(Self.maximumByteCount - start)")
    }
    var parser = NPYHeaderParser(bytes: bytes[start..<start + length], name: name)
    self = try parser.parse()
    dataOffset = start + length

    let product = elementCount(shape)
    let (byteCount, overflow) = (product ?? .max).multipliedReportingOverflow(
      by: elementType.byteCount)
    guard let product, !overflow else {
      throw name.error(
        .malformed, at: .byte(start), found: "shape \(shape)",
        expected: "a product that can be counted")
    }
    let available = fileSize - dataOffset
    guard byteCount <= available else {
      throw name.error(
        .truncated, at: .byte(fileSize), found: "\(available) bytes of data",
        expected: "\(byteCount) for shape \(shape) of \(elementType)")
    }
    guard byteCount == available else {
      throw name.error(
        .malformed, at: .byte(dataOffset + byteCount),
        found: "\(available - byteCount) bytes after the data", expected: "the end")
    }
    count = product
  }

  init(elementType: NPYArray.ElementType, isByteSwapped: Bool, isFortranOrder: Bool, shape: [Int]) {
    self.elementType = elementType
    self.isByteSwapped = isByteSwapped
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  /// The header of a file with elements in row-major order and this machine's byte order, as version 1.0.
  ///
  /// Version 1.0 always does: its 65,535 bytes are never reached with at most 32 axes.
  ///
  /// - Postcondition: the number of bytes is a multiple of 64, so that mapped elements are aligned.
  static func encoded(elementType: NPYArray.ElementType, shape: [Int]) -> [UInt8] {
    encoded(type: elementType.rawValue, shape: shape)
  }

  /// The same for a type by NumPy's letter and width, such as U7.
  static func encoded(type: String, shape: [Int]) -> [UInt8] {
    let order = byteOrderOfThisMachine
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let type = "\(order)\(type)"
    var dictionary = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(lengths)), }"
    let unpadded = magic.count + 4 + dictionary.utf8.count + 1
    dictionary += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(dictionary.utf8.count)
    return magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(dictionary.utf8)
  }

  /// Element type and byte order from NumPy's notation, for example `<f8`.
  static func parseType(
    _ text: String
  ) -> (type: NPYArray.ElementType, isByteSwapped: Bool)? {
    guard let order = text.first,
      let type = NPYArray.ElementType(rawValue: String(text.dropFirst()))
    else { return nil }
    switch order {
    case "=", "|": return (type, false)
    case "<", ">": return (type, order != byteOrderOfThisMachine)
    default: return nil
    }
  }
}

/// Reads the dictionary of a header: the few forms of Python's literals that NumPy writes, and nothing else.
private struct NPYHeaderParser {
  let bytes: ArraySlice<UInt8>
  let name: FileName
  /// The next byte to look at, counted from the start of the file.
  var place: Int

  init(bytes: ArraySlice<UInt8>, name: FileName) {
    self.bytes = bytes
    self.name = name
    place = bytes.startIndex
  }

  mutating func parse() throws(FileError) -> NPYHeader {
    var type: (NPYArray.ElementType, Bool)?
    var isFortranOrder: Bool?
    var shape: [Int]?

    try expect("{")
    skipSpace()
    while next != UInt8(ascii: "}") {
      let start = place
      let key = try parseString()
      try expect(":")
      skipSpace()
      switch key {
      case "descr" where type == nil: type = try parseType()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try parseBool()
      case "shape" where shape == nil: shape = try parseShape()
      default:
        throw name.error(
          .malformed, at: .byte(start), found: "the key \(quoted(key.utf8))",
          expected: "'descr', 'fortran_order' and 'shape', each once")
      }
      skipSpace()
      guard skip(",") else { break }
      skipSpace()
    }
    try expect("}")
    skipSpace()
    guard place == bytes.endIndex else { throw unexpected("only spaces after the dictionary") }
    guard let type, let isFortranOrder, let shape else {
      let missing =
        type == nil ? "descr" : isFortranOrder == nil ? "fortran_order" : "shape"
      throw name.error(
        .malformed, at: .byte(bytes.startIndex), found: "a dictionary without '\(missing)'",
        expected: "'descr', 'fortran_order' and 'shape'")
    }
    return NPYHeader(
      elementType: type.0, isByteSwapped: type.1, isFortranOrder: isFortranOrder, shape: shape)
  }

  private mutating func parseType() throws(FileError) -> (NPYArray.ElementType, Bool) {
    let start = place
    guard next != UInt8(ascii: "[") else {
      throw name.error(
        .unsupported, at: .byte(start), found: "a structured type",
        expected: "a type f4, f8, i4 or i8")
    }
    let text = try parseString()
    guard let type = NPYHeader.parseType(text) else {
      throw name.error(
        .unsupported, at: .byte(start), found: "the type \(quoted(text.utf8))",
        expected: "f4, f8, i4 or i8 after one of < > = |")
    }
    return type
  }

  private mutating func parseBool() throws(FileError) -> Bool {
    for (word, value) in [("True", true), ("False", false)]
    where bytes[place...].starts(with: word.utf8) {
      place += word.utf8.count
      return value
    }
    throw unexpected("True or False")
  }

  /// A tuple of whole numbers: `()`, `(3,)`, `(3, 4)`, `(3, 4,)`; after a number an `L` as Python 2 wrote it.
  private mutating func parseShape() throws(FileError) -> [Int] {
    let start = place
    var shape: [Int] = []
    var hasComma = false
    try expect("(")
    skipSpace()
    while next != UInt8(ascii: ")") {
      guard shape.isEmpty || hasComma else { throw unexpected("',' or ')'") }
      guard shape.count < NPYArray.maximumRank else {
        throw name.error(
          .unsupported, at: .byte(start), found: "more than \(NPYArray.maximumRank) axes",
          expected: "at most that many")
      }
      shape.append(try parseLength())
      skipSpace()
      hasComma = skip(",")
      skipSpace()
    }
    try expect(")")
    guard shape.count != 1 || hasComma else {
      throw name.error(
        .malformed, at: .byte(start), found: "a number in brackets", expected: "a tuple")
    }
    return shape
  }

  private mutating func parseLength() throws(FileError) -> Int {
    let start = place
    var length = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (tenfold, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else {
        throw name.error(
          .malformed, at: .byte(start), found: "a length beyond \(Int.max)",
          expected: "a length that can be counted")
      }
      length = sum
      place += 1
    }
    guard place > start else { throw unexpected("a length") }
    skip("L")
    return length
  }

  /// A string in single or double quotes, printable ASCII without escapes.
  private mutating func parseString() throws(FileError) -> String {
    guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw unexpected("a string")
    }
    place += 1
    let start = place
    while let byte = next, byte != quote {
      guard (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") else {
        throw unexpected("a printable character")
      }
      place += 1
    }
    guard next == quote else { throw unexpected("the string's closing quote") }
    defer { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private var next: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { place += 1 }
  }

  @discardableResult
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FileError) {
    skipSpace()
    guard skip(character) else { throw unexpected("'\(character)'") }
  }

  private func unexpected(_ expected: String) -> FileError {
    guard let next else {
      return name.error(
        .malformed, at: .byte(place), found: "the header's end", expected: expected)
    }
    return name.error(.malformed, at: .byte(place), found: quoted([next]), expected: expected)
  }
}
