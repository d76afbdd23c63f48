/// Numbers from a text file: rows are lines, columns are separated by spaces or tabs.
///
/// Empty lines and whatever follows a `#` in a line are skipped, as are a byte order mark and carriage returns. A
/// number is decimal, `1`, `-0.5`, `.5`, `1.0e-01`; the notation does not depend on the locale.
struct TextTable {
  private(set) var rows = 0
  private(set) var columns = 0
  /// Shape (rows, columns), row-major.
  private(set) var values: [Double] = []
  /// The first field of each row where rows start with a label; empty otherwise.
  private(set) var labels: [String] = []

  /// What a file's numbers may be. All have to be finite.
  enum Allowed {
    case finite
    case nonNegative
    /// 0 and 1.
    case flag
  }

  /// - Parameters:
  ///   - isLabelled: whether each line starts with a word that is no number.
  ///   - allowed: the numbers allowed.
  /// - Throws: ``FileError`` with line and column: `malformed` for a field that is no number, `invalidValue` for a
  ///   number that is not allowed, `mismatch` for lines of different lengths and for a file without numbers.
  init(
    _ bytes: [UInt8], name: FileName, isLabelled: Bool = false, allowed: Allowed = .finite
  ) throws(FileError) {
    let newline = UInt8(ascii: "\n")
    var place = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var line = 1
    var lineStart = place
    var firstLine = 1
    while place < bytes.count {
      var fields = 0
      let rowStart = values.count
      while place < bytes.count, bytes[place] != newline {
        let byte = bytes[place]
        if Self.isSpace(byte) {
          place += 1
          continue
        }
        if byte == UInt8(ascii: "#") {
          while place < bytes.count, bytes[place] != newline { place += 1 }
          break
        }
        let start = place
        while place < bytes.count, !Self.endsField(bytes[place]) { place += 1 }
        fields += 1
        if isLabelled, fields == 1 {
          labels.append(String(decoding: bytes[start..<place], as: UTF8.self))
          continue
        }
        let position = FileError.Position.text(line: line, column: start - lineStart + 1)
        guard let value = decimalNumber(bytes, start..<place) else {
          throw name.error(
            .malformed, at: position, found: quoted(bytes[start..<place]), expected: "a number")
        }
        guard Self.isAllowed(value, allowed) else {
          throw name.error(
            .invalidValue, at: position, found: quoted(bytes[start..<place]),
            expected: Self.sentence(allowed))
        }
        values.append(value)
      }
      let width = values.count - rowStart
      if fields > 0 {
        if rows == 0 {
          columns = width
          firstLine = line
        }
        guard width == columns else {
          throw name.error(
            .mismatch, at: .text(line: line, column: 1), found: "\(width) numbers",
            expected: "\(columns) as in line \(firstLine)")
        }
        rows += 1
      }
      place += 1
      line += 1
      lineStart = place
    }
    guard rows > 0 else {
      throw name.error(.mismatch, found: "no numbers", expected: "at least one line of them")
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0b || byte == 0x0c
  }

  private static func endsField(_ byte: UInt8) -> Bool {
    byte <= 0x23 && (isSpace(byte) || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "#"))
  }

  static func isAllowed(_ value: Double, _ allowed: Allowed) -> Bool {
    switch allowed {
    case .finite: value.isFinite
    case .nonNegative: value.isFinite && value >= 0
    case .flag: value == 0 || value == 1
    }
  }

  static func sentence(_ allowed: Allowed) -> String {
    switch allowed {
    case .finite: "a finite number"
    case .nonNegative: "a finite number that is not negative"
    case .flag: "0 or 1"
    }
  }
}

/// The number that some bytes spell in decimal notation, correctly rounded; NaN and infinities included; `nil` for
/// anything else.
func decimalNumber(_ bytes: [UInt8], _ range: Range<Int>) -> Double? {
  // Up to 19 digits fit an integer. If the integer fits a Double's 53 bits and the power of ten is one of those that a
  // Double holds exactly, 10^0 … 10^22, a single multiplication or division rounds correctly (Clinger 1990, "How to
  // read floating point numbers accurately", fast path). The rest is left to the standard library.
  var place = range.lowerBound
  let end = range.upperBound
  guard place < end else { return nil }
  let isNegative = bytes[place] == UInt8(ascii: "-")
  if isNegative || bytes[place] == UInt8(ascii: "+") { place += 1 }

  var digits = 0
  var significant = 0
  var mantissa: UInt64 = 0
  var exponent = 0
  var isFraction = false
  while place < end {
    let byte = bytes[place]
    if byte >= 0x30, byte <= 0x39 {
      digits += 1
      if significant > 0 || byte != 0x30 { significant += 1 }
      if significant <= 19 {
        mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
        if isFraction { exponent -= 1 }
      }
    } else if byte == UInt8(ascii: "."), !isFraction {
      isFraction = true
    } else {
      break
    }
    place += 1
  }
  if digits == 0 { return specialNumber(bytes[range]) }

  var isExponentSmall = true
  if place < end {
    guard bytes[place] | 0x20 == UInt8(ascii: "e") else { return nil }
    place += 1
    guard place < end else { return nil }
    let isExponentNegative = bytes[place] == UInt8(ascii: "-")
    if isExponentNegative || bytes[place] == UInt8(ascii: "+") { place += 1 }
    guard place < end else { return nil }
    var power = 0
    while place < end {
      let byte = bytes[place]
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      power = min(power * 10 + Int(byte &- 0x30), 100_000)
      place += 1
    }
    isExponentSmall = power < 100_000
    exponent += isExponentNegative ? -power : power
  }

  if significant == 0 { return isNegative ? -0.0 : 0.0 }
  if significant <= 19, mantissa <= 1 << 53, isExponentSmall, (-22...22).contains(exponent) {
    let whole = Double(mantissa)
    let power = exactPowersOfTen[abs(exponent)]
    let value = exponent < 0 ? whole / power : whole * power
    return isNegative ? -value : value
  }
  return Double(String(decoding: bytes[range], as: UTF8.self))
}

/// NaN and infinity in the spellings of C and Python, in any case.
private func specialNumber(_ bytes: ArraySlice<UInt8>) -> Double? {
  switch String(decoding: bytes.prefix(10), as: UTF8.self).lowercased() {
  case "nan", "+nan", "-nan": .nan
  case "inf", "+inf", "infinity", "+infinity": .infinity
  case "-inf", "-infinity": -.infinity
  default: nil
  }
}

private let exactPowersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]
