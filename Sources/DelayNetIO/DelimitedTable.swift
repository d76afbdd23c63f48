/// Fields of a text file: lines of fields that commas, semicolons, tabs or blanks separate, with or without a line of column
/// names and a column of row names.
///
/// The separator is the first of tab, semicolon and comma that stands in the first line, else blanks. Fields may stand in
/// double quotes. Empty lines and lines that begin with `#` are skipped, as are a byte order mark and carriage returns. Where
/// fields are separated by semicolons or tabs, and every number has a comma and none a point, commas are decimal points.
struct DelimitedTable {
  /// A field and where it begins.
  struct Field {
    let text: String
    let line, column: Int
  }

  /// The lines that hold something, header and row names included.
  private(set) var lines: [[Field]] = []
  private let name: FileName
  private let isBlankSeparated: Bool

  /// - Parameter separator: 0x20 for blanks and tabs alike; found in the first line unless given.
  init(_ bytes: [UInt8], name: FileName, separator given: UInt8? = nil) throws(FileError) {
    self.name = name
    let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let newline = UInt8(ascii: "\n")
    var separator = given
    for (number, line) in bytes[start...].split(separator: newline, omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == 0x20 || $0 == 0x0d }
      if trimmed.allSatisfy({ Self.isBlank($0) }) || trimmed.first == UInt8(ascii: "#") { continue }
      if separator == nil {
        separator = [UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: ",")].first { line.contains($0) } ?? 0x20
      }
      lines.append(try Self.fields(line, separator ?? 0x20, number + 1, name))
    }
    isBlankSeparated = separator == 0x20
    guard !lines.isEmpty else {
      throw name.error(.mismatch, found: "no numbers", expected: "at least one line of them")
    }
    if separator == UInt8(ascii: ";") || separator == UInt8(ascii: "\t") { exchangeDecimalCommas() }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  private static func fields(
    _ line: ArraySlice<UInt8>, _ separator: UInt8, _ number: Int, _ name: FileName
  ) throws(FileError) -> [Field] {
    var fields: [Field] = []
    var place = line.startIndex
    let isBlankSeparated = separator == 0x20
    while true {
      while place < line.endIndex, line[place] == 0x20 || (isBlankSeparated && isBlank(line[place])) { place += 1 }
      if isBlankSeparated, place == line.endIndex { return fields }
      let begin = place
      var text: [UInt8] = []
      if place < line.endIndex, line[place] == UInt8(ascii: "\"") {
        place += 1
        while place < line.endIndex {
          if line[place] == UInt8(ascii: "\"") {
            guard place + 1 < line.endIndex, line[place + 1] == UInt8(ascii: "\"") else { break }
            place += 1
          }
          text.append(line[place])
          place += 1
        }
        guard place < line.endIndex else {
          throw name.error(
            .malformed, at: .text(line: number, column: begin - line.startIndex + 1), found: "the end of the line",
            expected: "the quotation mark that closes the field")
        }
        place += 1
        while place < line.endIndex, line[place] != separator, isBlank(line[place]) { place += 1 }
        guard place == line.endIndex || line[place] == separator || (isBlankSeparated && isBlank(line[place - 1]))
        else {
          throw name.error(
            .malformed, at: .text(line: number, column: place - line.startIndex + 1), found: quoted([line[place]]),
            expected: "the end of the field")
        }
      } else {
        while place < line.endIndex, isBlankSeparated ? !isBlank(line[place]) : line[place] != separator {
          text.append(line[place])
          place += 1
        }
        while let last = text.last, isBlank(last) { text.removeLast() }
      }
      fields.append(
        Field(text: String(decoding: text, as: UTF8.self), line: number, column: begin - line.startIndex + 1))
      if place == line.endIndex { return fields }
      if !isBlankSeparated { place += 1 }
      // A separator at the line's end closes the last field, as some programs write it, if the first line does so, too.
    }
  }

  private mutating func exchangeDecimalCommas() {
    let texts = lines.joined().map(\.text)
    let isComma = texts.contains {
      $0.contains(",") && Self.number($0) == nil && Self.number(Self.exchanged($0)) != nil
    }
    guard isComma, !texts.contains(where: { $0.contains(".") && Self.number($0) != nil }) else { return }
    lines = lines.map { line in
      line.map { field in
        let other = Self.exchanged(field.text)
        return Self.number(other) == nil ? field : Field(text: other, line: field.line, column: field.column)
      }
    }
  }

  private static func exchanged(_ text: String) -> String { String(text.map { $0 == "," ? "." : $0 }) }

  static func number(_ text: String) -> Double? {
    let bytes = Array(text.utf8)
    return decimalNumber(bytes, 0..<bytes.count)
  }

  /// The table's numbers, shape (rows, columns), row-major, with the names of columns and rows where there are some.
  ///
  /// The first line holds names if one of its fields, but for the first, is no number, or if it begins with an empty field; the
  /// first column does if its first field below that is no number, or if the line of names begins with an empty field or has
  /// one field less. Where a table has a line, or a column, more than makes it square, and that counts from 0 or 1, it is an
  /// index, as data frames write it, and holds names as well.
  func numbers(
    allowed: TextTable.Allowed = .finite
  ) throws(FileError) -> (values: [Double], rows: Int, columns: Int, rowNames: [String]?, columnNames: [String]?) {
    var body = lines[...]
    var header: [Field]?
    if let first = body.first, lines.count > 1,
      (first.count > 1 && first[0].text.isEmpty) || first.dropFirst().contains(where: { Self.number($0.text) == nil })
        || (first.count > 1 && lines.count == first.count + 1 && Self.isIndex(first))
    {
      header = first
      body = body.dropFirst()
    }
    guard let firstRow = body.first else {
      throw name.error(.mismatch, found: "no numbers", expected: "at least one line of them")
    }
    let hasRowNames =
      Self.number(firstRow.first?.text ?? "") == nil && firstRow.count > 1
      || (header?.first?.text == "" && header?.count == firstRow.count) || header?.count == firstRow.count - 1
      || (body.count > 1 && firstRow.count == body.count + 1 && Self.isIndex(body.compactMap(\.first)))
    var values: [Double] = []
    var rowNames: [String] = []
    let width = firstRow.count
    for row in body {
      guard row.count == width else {
        throw name.error(
          .mismatch, at: .text(line: row[0].line, column: 1), found: "\(row.count) fields",
          expected: "\(width) as in line \(firstRow[0].line)")
      }
      if hasRowNames { rowNames.append(row[0].text) }
      for field in row.dropFirst(hasRowNames ? 1 : 0) {
        let position = FileError.Position.text(line: field.line, column: field.column)
        guard let value = Self.number(field.text) else {
          throw name.error(.malformed, at: position, found: quoted(field.text.utf8), expected: "a number")
        }
        guard TextTable.isAllowed(value, allowed) else {
          throw name.error(
            .invalidValue, at: position, found: quoted(field.text.utf8), expected: TextTable.sentence(allowed))
        }
        values.append(value)
      }
    }
    let columns = width - (hasRowNames ? 1 : 0)
    var columnNames = header?.map(\.text)
    if let names = columnNames, names.count > columns { columnNames = Array(names.dropFirst(names.count - columns)) }
    if columnNames?.count != columns { columnNames = nil }
    // Where one of the two is an index, the other has the names.
    if hasRowNames, columnNames != nil, rowNames.allSatisfy({ Self.number($0) != nil }) { rowNames = [] }
    return (values, body.count, columns, hasRowNames && !rowNames.isEmpty ? rowNames : nil, columnNames)
  }

  /// Whether fields count from 0 or 1.
  private static func isIndex(_ fields: [Field]) -> Bool {
    guard let first = number(fields.first?.text ?? ""), first == 0 || first == 1 else { return false }
    return fields.enumerated().allSatisfy { number($1.text) == first + Double($0) }
  }

  /// The words of a list of names: of several columns that called label or name, or else the first whose fields are no
  /// numbers. A first line that is one more than wanted, or `label` or `name` itself, is not one of them. Where nothing but
  /// blanks separates, they belong to the names; a number before every name, and three or more behind each, do not.
  func words(count: Int) -> [String] {
    if isBlankSeparated, lines.count >= count, count > 1 { return phrases(count: count) }
    let titles: Set = ["label", "labels", "name", "names", "region", "regions", "region_labels", "roi", "rois"]
    let head = lines[0].map { $0.text.lowercased() }
    let column =
      head.firstIndex { titles.contains($0) }
      ?? (lines.last?.firstIndex { Self.number($0.text) == nil } ?? 0)
    var words = lines.map { $0.indices.contains(column) ? $0[column].text : "" }
    // A line of names is all of them.
    if lines.count == 1, count != 1 { words = lines[0].map(\.text) }
    let isHeader = titles.contains(words[0].lowercased()) || (words.count == count + 1 && lines[0].count > 1)
    return isHeader && words.count == count + 1 ? Array(words.dropFirst()) : words
  }

  private func phrases(count: Int) -> [String] {
    // A line more than wanted is a title.
    let body = lines.count == count + 1 ? lines.dropFirst() : lines[...]
    func isNumber(_ field: Field) -> Bool { Self.number(field.text) != nil }
    let start = body.allSatisfy { $0.count > 1 && isNumber($0[0]) && !$0.allSatisfy(isNumber) } ? 1 : 0
    let behind = body.map { line in line.count - (line.lastIndex { !isNumber($0) } ?? line.count - 1) - 1 }.min() ?? 0
    return body.map { line in
      line[start..<(line.count - (behind >= 3 ? behind : 0))].map(\.text).joined(separator: " ")
    }
  }
}
