extension NPYArray {
  /// Writes the array as a `.npy` file: version 1.0, row-major, this machine's byte order, elements from a multiple of
  /// 64 bytes on.
  ///
  /// - Parameter path: the file to make or to replace. The bytes go to a temporary file beside it, which takes the
  ///   name once it is complete, so that the path never names half an array.
  /// - Throws: ``FileError`` of kind `system`; no file is left behind then.
  public func write(to path: String) throws(FileError) {
    let header = NPYHeader.encoded(elementType: elementType, shape: shape)
    try writeFile(path) { descriptor, name throws(FileError) in
      try header.span.withUnsafeBytes { bytes throws(FileError) in
        try writeBytes(bytes, to: descriptor, name)
      }
      try withElementBytes { bytes throws(FileError) in
        try writeBytes(bytes, to: descriptor, name)
      }
    }
  }

  /// The bytes of the `.npy` file that ``write(to:)`` would write.
  public func encoded() -> [UInt8] {
    var bytes = NPYHeader.encoded(elementType: elementType, shape: shape)
    withElementBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Calls `body` with the elements as they are in memory.
  func withElementBytes<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    switch storage {
    case .float32(let values): try values.span.withUnsafeBytes(body)
    case .float64(let values): try values.span.withUnsafeBytes(body)
    case .int32(let values): try values.span.withUnsafeBytes(body)
    case .int64(let values): try values.span.withUnsafeBytes(body)
    }
  }
}
