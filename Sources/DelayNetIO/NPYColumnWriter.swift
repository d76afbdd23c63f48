import DelayNet

/// Writes a `.npy` array whose last axis is time, some columns at a time, so that memory does not grow with the length.
///
/// ```swift
/// var writer = try NPYColumnWriter(path: "out.npy", rows: [2, 76], columns: 100_000, as: Float.self)
/// try writer.append(chunk, columns: 1000)
/// try writer.finish()
/// ```
///
/// The bytes go to a temporary file beside `path`, which takes the name in ``finish()``; a writer that goes out of use
/// without that leaves nothing behind.
public struct NPYColumnWriter<Element: NPYElement>: ~Copyable {
  /// The columns that were appended.
  public private(set) var written = 0
  private let file: OutputFile
  private let rows: [Int]
  private let columns: Int
  private let headerBytes: Int

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - path: the file to make or to replace.
  ///   - rows: the lengths of all axes but the last.
  ///   - columns: the largest number of columns; fewer may be appended.
  ///   - type: the elements' type.
  /// - Throws: ``FileError`` of kind `system` if no file can be made there, `mismatch` for sizes that overflow.
  public init(
    path: String, rows: [Int], columns: Int, as type: Element.Type = Element.self
  ) throws(FileError) {
    let name = FileName(file: path)
    guard let count = elementCount(rows + [columns, 16]), count < 1 << 62 else {
      throw name.error(.mismatch, found: "shape \(rows + [columns])", expected: "one that can be addressed")
    }
    file = try OutputFile(path: path)
    self.rows = rows
    self.columns = columns
    headerBytes = NPYHeader.encoded(elementType: Element.npyElementType, shape: rows + [columns]).count
  }

  /// Writes the next columns.
  ///
  /// - Parameters:
  ///   - values: row after row, `count` of each.
  ///   - count: how many columns.
  /// - Throws: ``FileError`` of kind `system` if they cannot be written, `mismatch` for another number of values or more
  ///   columns than there is room for.
  public mutating func append(_ values: [Element], columns count: Int) throws(FileError) {
    let (rows, width) = (rows.reduce(1, *), Element.npyElementType.byteCount)
    guard count >= 0, values.count == rows * count, written + count <= columns else {
      throw file.name.error(
        .mismatch, found: "\(values.count) values of \(count) columns after \(written)",
        expected: "\(rows) rows, and \(columns) columns at most")
    }
    let array = NPYArray(checkedShape: [values.count], storage: Element.npyStorage(values))
    let written = written
    try array.withElementBytes { bytes throws(FileError) in
      for row in 0..<rows where count > 0 {
        try writeBytes(
          UnsafeRawBufferPointer(rebasing: bytes[(row * count * width)..<((row + 1) * count * width)]),
          to: file.descriptor, at: headerBytes + (row * columns + written) * width, file.name)
      }
    }
    self.written += count
  }

  /// Writes the header for the columns that were appended, and gives the file its name.
  ///
  /// - Throws: ``FileError`` of kind `system`; no file is left behind then.
  public consuming func finish() throws(FileError) {
    let (rows, width) = (self.rows.reduce(1, *), Element.npyElementType.byteCount)
    let header = NPYHeader.encoded(elementType: Element.npyElementType, shape: self.rows + [written])
    // Rows of fewer columns than there was room for move together. A header for fewer columns is not longer.
    if written < columns {
      for row in 0..<rows {
        try moveBytes(
          written * width, from: headerBytes + row * columns * width, to: header.count + row * written * width,
          in: file.descriptor, file.name)
      }
    }
    try header.span.withUnsafeBytes { bytes throws(FileError) in
      try writeBytes(bytes, to: file.descriptor, at: 0, file.name)
    }
    try setSize(header.count + rows * written * width, of: file.descriptor, file.name)
    try file.finish()
  }
}
