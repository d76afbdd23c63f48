extension NPZArchive {
  /// Writes arrays as a `.npz` file, which NumPy's `load` reads.
  ///
  /// - Parameters:
  ///   - arrays: names, without `.npy`, and arrays, in the order wanted.
  ///   - texts: names and lists of texts, such as regions' labels, after the arrays; none unless given.
  ///   - path: the file to make or to replace. The bytes go to a temporary file beside it, which takes the name once
  ///     it is complete.
  ///   - compression: stored unless given.
  /// - Throws: ``FileError``: `missing` for no arrays at all, `ambiguous` for a name given twice, `invalidValue` for an
  ///   empty one, one with a NUL character or one of more than 65,531 bytes, `system` if the file cannot be written; no file is left behind then.
  /// - Postcondition: equal arguments give equal bytes; no date is written.
  public static func write(
    _ arrays: [(name: String, array: NPYArray)], texts: [(name: String, texts: [String])] = [], to path: String,
    compression: ArchiveCompression = .stored
  ) throws(FileError) {
    try checkNames(arrays.map(\.name) + texts.map(\.name), FileName(file: path))
    try writeFile(path) { descriptor, name throws(FileError) in
      try write(arrays, texts, compression: compression, name) { bytes throws(FileError) in
        try writeBytes(bytes, to: descriptor, name)
      }
    }
  }

  /// The bytes of the `.npz` file that ``write(_:texts:to:compression:)`` would write.
  ///
  /// - Parameters:
  ///   - arrays: names, without `.npy`, and arrays, in the order wanted.
  ///   - texts: names and lists of texts, such as regions' labels, after the arrays; none unless given.
  ///   - compression: stored unless given.
  /// - Throws: ``FileError``: `missing` for no arrays at all, `ambiguous` for a name given twice, `invalidValue` for an
  ///   empty one, one with a NUL character or one of more than 65,531 bytes.
  public static func encoded(
    _ arrays: [(name: String, array: NPYArray)], texts: [(name: String, texts: [String])] = [],
    compression: ArchiveCompression = .stored
  ) throws(FileError) -> [UInt8] {
    let name = FileName(file: "npz")
    try checkNames(arrays.map(\.name) + texts.map(\.name), name)
    let result = Bytes()
    try write(arrays, texts, compression: compression, name) { result.bytes.append(contentsOf: $0) }
    return result.bytes
  }

  private static let ending = ".npy"

  private final class Bytes {
    var bytes: [UInt8] = []
  }

  private static func checkNames(_ names: [String], _ file: FileName) throws(FileError) {
    // libarchive does not recognise a zip without members when it comes to reading it.
    guard !names.isEmpty else {
      throw file.error(.missing, found: "no arrays", expected: "at least one")
    }
    var seen: Set<String> = []
    for name in names {
      guard !name.isEmpty, !name.utf8.contains(0) else {
        throw file.error(
          .invalidValue, found: "the name \(quoted(name.utf8))",
          expected: "one that is not empty and has no NUL character")
      }
      let bytes = (name + ending).utf8.count
      guard bytes <= ArchiveWriter.longestName else {
        throw file.error(
          .invalidValue, found: "the name \(quoted(name.utf8)) of \(bytes) bytes with its ending",
          expected: "at most \(ArchiveWriter.longestName)")
      }
      guard seen.insert(name).inserted else {
        throw file.error(.ambiguous, found: "two arrays named '\(name)'", expected: "one")
      }
    }
  }

  private static func write(
    _ arrays: [(name: String, array: NPYArray)], _ texts: [(name: String, texts: [String])],
    compression: ArchiveCompression, _ name: FileName,
    emit: @escaping (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    try withUTF8Names { () throws(FileError) in
      let writer = try ArchiveWriter(name, compression: compression, emit: emit)
      for (name, array) in arrays {
        let header = NPYHeader.encoded(elementType: array.elementType, shape: array.shape)
        try header.span.withUnsafeBytes { header throws(FileError) in
          try array.withElementBytes { elements throws(FileError) in
            try writer.add(name + ending, [header, elements])
          }
        }
      }
      for (name, texts) in texts {
        // Code points, filled up with zeros to the longest text.
        let width = max(texts.map(\.unicodeScalars.count).max() ?? 0, 1)
        let header = NPYHeader.encoded(type: "U\(width)", shape: [texts.count])
        let codes = texts.flatMap { text in
          text.unicodeScalars.map(\.value) + [UInt32](repeating: 0, count: width - text.unicodeScalars.count)
        }
        try header.span.withUnsafeBytes { header throws(FileError) in
          try codes.span.withUnsafeBytes { codes throws(FileError) in
            try writer.add(name + ending, [header, codes])
          }
        }
      }
      try writer.finish()
    }
  }
}
