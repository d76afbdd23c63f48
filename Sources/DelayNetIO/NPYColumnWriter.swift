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
///
/// With `keepsUnfinished` the bytes go to the file that ``unfinishedPath(of:)`` names. It is an array of the full shape from
/// the start, zeros where no column has been written yet, and stays when the writer goes out of use or the process is
/// killed; ``init(resuming:rows:columnsLeft:as:)`` continues it.
public struct NPYColumnWriter<Element: NPYElement>: ~Copyable {
  /// The columns that were appended.
  public private(set) var written = 0
  /// The largest number of columns.
  public let columns: Int
  private let file: OutputFile
  private let rows: [Int]
  private let headerBytes: Int

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - path: the file to make or to replace.
  ///   - rows: the lengths of all axes but the last.
  ///   - columns: the largest number of columns; fewer may be appended.
  ///   - type: the elements' type.
  ///   - keepsUnfinished: whether the unfinished file outlives the writer.
  /// - Throws: ``FileError`` of kind `system` if no file can be made there, or an unfinished one is there that was kept;
  ///   `mismatch` for sizes that overflow and for more axes than an array may have.
  public init(
    path: String, rows: [Int], columns: Int, as type: Element.Type = Element.self, keepsUnfinished: Bool = false
  ) throws(FileError) {
    let name = FileName(file: path)
    guard rows.count < NPYArray.maximumRank else {
      throw name.error(
        .mismatch, found: "\(rows.count + 1) axes", expected: "at most \(NPYArray.maximumRank)")
    }
    guard let count = elementCount(rows + [columns, 16]), count < 1 << 62 else {
      throw name.error(.mismatch, found: "shape \(rows + [columns])", expected: "one that can be addressed")
    }
    let header = NPYHeader.encoded(elementType: Element.npyElementType, shape: rows + [columns])
    if keepsUnfinished {
      let size = header.count + rows.reduce(columns, *) * Element.npyElementType.byteCount
      file = try OutputFile(path: path, keeping: Self.unfinishedPath(of: path)) { descriptor, name throws(FileError) in
        try header.span.withUnsafeBytes { bytes throws(FileError) in
          try writeBytes(bytes, to: descriptor, at: 0, name)
        }
        try setSize(size, of: descriptor, name)
      }
    } else {
      file = try OutputFile(path: path)
    }
    self.rows = rows
    self.columns = columns
    headerBytes = header.count
  }

  /// Resumes the unfinished file of a writer that kept it.
  ///
  /// - Parameters:
  ///   - path: the file to make or to replace, as it was named for that writer.
  ///   - rows: the lengths of all axes but the last.
  ///   - columnsLeft: how many columns are still to come, the last ones; ``written`` is the number of those before. Columns
  ///     that had been written beyond them are written again.
  ///   - type: the elements' type.
  /// - Throws: ``FileError`` of kind `system` if there is no such file, or another process is writing it; `mismatch` if it
  ///   has another shape or type, or fewer columns; what reading a header throws.
  public init(
    resuming path: String, rows: [Int], columnsLeft: Int, as type: Element.Type = Element.self
  ) throws(FileError) {
    let header: NPYHeader
    (file, header) = try Self.unfinished(path, rows, columnsLeft)
    self.rows = rows
    columns = header.shape.last!
    headerBytes = header.dataOffset
    written = columns - columnsLeft
  }

  private static func unfinished(
    _ path: String, _ rows: [Int], _ columnsLeft: Int
  ) throws(FileError) -> (OutputFile, NPYHeader) {
    let name = FileName(file: unfinishedPath(of: path))
    let file = try OutputFile(path: path, goingOnWith: name.file)
    let (start, size) = try readStart(of: file.descriptor, count: NPYHeader.maximumByteCount, name)
    let header = try NPYHeader(start, fileSize: size, name: name)
    let mine = NPYHeader.encoded(elementType: Element.npyElementType, shape: header.shape)
    guard header.shape.count == rows.count + 1, Array(header.shape.dropLast()) == rows, start.starts(with: mine),
      0...header.shape.last! ~= columnsLeft
    else {
      throw name.error(
        .mismatch, found: "shape \(header.shape) of \(header.elementType)",
        expected: "\(rows + [columnsLeft]) or more columns, of \(Element.npyElementType)")
    }
    return (file, header)
  }

  /// Where the unfinished file of a writer for `path` is kept.
  public static func unfinishedPath(of path: String) -> String { path + ".unfinished" }

  /// Waits until the columns that were appended are on the disk.
  ///
  /// - Throws: ``FileError`` of kind `system`.
  public mutating func synchronize() throws(FileError) { try DelayNetIO.synchronize(file.descriptor, file.name) }

  /// Writes the next columns.
  ///
  /// - Parameters:
  ///   - values: row after row, `count` of each.
  ///   - count: how many columns.
  /// - Throws: ``FileError`` of kind `system` if they cannot be written, `mismatch` for another number of values or more
  ///   columns than there is room for.
  public mutating func append(_ values: [Element], columns count: Int) throws(FileError) {
    let (rows, width) = (rows.reduce(1, *), Element.npyElementType.byteCount)
    // In this order, in which nothing overflows.
    guard 0...(columns - written) ~= count, values.count == rows * count else {
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
  /// - Returns: the array's shape.
  /// - Throws: ``FileError`` of kind `system`; no file is left behind then, but the unfinished one if that is kept.
  @discardableResult
  public consuming func finish() throws(FileError) -> [Int] {
    let shape = self.rows + [written]
    let (rows, width) = (self.rows.reduce(1, *), Element.npyElementType.byteCount)
    let header = NPYHeader.encoded(elementType: Element.npyElementType, shape: shape)
    if file.isKept {
      guard written < columns else {
        try file.finish()
        return shape
      }
      // Rows moved within the kept file would be lost if the process were killed meanwhile.
      try writeFile(file.name.file) { descriptor, name throws(FileError) in
        try header.span.withUnsafeBytes { bytes throws(FileError) in
          try writeBytes(bytes, to: descriptor, at: 0, name)
        }
        for row in 0..<rows {
          try moveBytes(
            written * width, from: headerBytes + row * columns * width, of: file.descriptor,
            to: header.count + row * written * width, of: descriptor, name)
        }
        try DelayNetIO.synchronize(descriptor, name)
      }
      try file.remove()
      return shape
    }
    // Rows of fewer columns than there was room for move together. A header for fewer columns is not longer.
    if written < columns {
      for row in 0..<rows {
        try moveBytes(
          written * width, from: headerBytes + row * columns * width, of: file.descriptor,
          to: header.count + row * written * width, of: file.descriptor, file.name)
      }
    }
    try header.span.withUnsafeBytes { bytes throws(FileError) in
      try writeBytes(bytes, to: file.descriptor, at: 0, file.name)
    }
    try setSize(header.count + rows * written * width, of: file.descriptor, file.name)
    try file.finish()
    return shape
  }
}
