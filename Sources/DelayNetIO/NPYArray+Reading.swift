extension NPYArray {
  /// Reads a `.npy` file.
  ///
  /// Versions 1.0, 2.0 and 3.0; elements `f4`, `f8`, `i4`, `i8` in either byte order; row-major or Fortran order; up
  /// to 32 axes. The array is row-major and in this machine's byte order whatever the file was.
  ///
  /// - Parameter path: a regular file.
  /// - Throws: ``FileError``: `system` if it cannot be opened or read; `malformed`, `truncated` or `unsupported` with
  ///   the offset of the byte that is wrong. The header is held against the file's size before memory for the
  ///   elements is asked for; bytes after the last element are an error.
  /// - Complexity: one read of the file, straight into the array; Fortran order needs memory for a second copy.
  public init(path: String) throws(FileError) {
    self = try NPYFile(path: path).array()
  }

  /// Reads the bytes of a `.npy` file from memory.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what to call it in errors.
  /// - Throws: ``FileError`` of kind `malformed`, `truncated` or `unsupported`, as for ``init(path:)``.
  public init(bytes: [UInt8], name: String = "bytes") throws(FileError) {
    try self.init(bytes: bytes.span, name: FileName(file: name))
  }

  /// Reads the bytes of a `.npy` file from memory without a copy of them.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what to call it in errors.
  /// - Throws: ``FileError`` of kind `malformed`, `truncated` or `unsupported`, as for ``init(path:)``.
  public init(bytes: Span<UInt8>, name: String = "bytes") throws(FileError) {
    try self.init(bytes: bytes, name: FileName(file: name))
  }

  init(bytes: Span<UInt8>, name: FileName) throws(FileError) {
    let start = bytes.extracting(first: NPYHeader.maximumByteCount).withUnsafeBufferPointer {
      Array($0)
    }
    let header = try NPYHeader(start, fileSize: bytes.count, name: name)
    self = try NPYArray(header, name) { target throws(FileError) in
      bytes.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[header.dataOffset...]))
      }
    }
  }

  /// An array whose elements' bytes, as they are in the file, `fill` puts into the memory that it is handed.
  init(
    _ header: NPYHeader, _ name: FileName, fill: (UnsafeMutableRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    func elements<Element: NPYElement>(_ type: Element.Type) throws(FileError) -> Storage {
      try requireMemory(header.count, of: type, name)
      var failure: FileError?
      let values = [Element](unsafeUninitializedCapacity: header.count) { buffer, count in
        let target = UnsafeMutableRawBufferPointer(
          start: buffer.baseAddress, count: header.count * header.elementType.byteCount)
        do throws(FileError) {
          try fill(target)
          if header.isByteSwapped { swapBytes(target, width: header.elementType.byteCount) }
          count = header.count
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return Element.npyStorage(
        header.isFortranOrder ? rowMajor(fromFortranOrder: values, shape: header.shape) : values)
    }
    let storage: Storage
    switch header.elementType {
    case .float32: storage = try elements(Float.self)
    case .float64: storage = try elements(Double.self)
    case .int32: storage = try elements(Int32.self)
    case .int64: storage = try elements(Int64.self)
    }
    self.init(checkedShape: header.shape, storage: storage)
  }
}

/// Reverses the bytes of each number of 4 or 8 bytes.
func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, width: Int) {
  func swap<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) {
    for offset in stride(from: 0, to: bytes.count, by: width) {
      let bits = bytes.load(fromByteOffset: offset, as: Bits.self)
      bytes.storeBytes(of: bits.byteSwapped, toByteOffset: offset, as: Bits.self)
    }
  }
  if width == 4 { swap(UInt32.self) } else { swap(UInt64.self) }
}

/// Elements with the first axis innermost, reordered so that the last one is.
///
/// - Parameter shape: its product is the number of values.
func rowMajor<Element>(fromFortranOrder values: [Element], shape: [Int]) -> [Element] {
  // Axes of length 1 do not move anything; with one other axis both orders are the same.
  let shape = shape.filter { $0 != 1 }
  guard shape.count >= 2, !values.isEmpty else { return values }
  let rows = shape[0]
  let columns = shape[shape.count - 1]
  let middle = Array(shape[1..<shape.count - 1])
  let planes = middle.reduce(1, *)
  let columnStride = rows * planes

  return [Element](unsafeUninitializedCapacity: values.count) { target, count in
    values.withUnsafeBufferPointer { source in
      // A plane is what is left with all middle indices fixed. `plane` counts them in row-major order, where the plane
      // starts in the target at plane · columns; `start` is the same position counted with the first index innermost.
      var indices = [Int](repeating: 0, count: middle.count)
      for plane in 0..<planes {
        var start = 0
        for axis in middle.indices.reversed() { start = start * middle[axis] + indices[axis] }
        start *= rows

        // By tiles: a column of the target touches a new cache line with each element, and 32 of them stay in L1.
        for firstRow in stride(from: 0, to: rows, by: 32) {
          for firstColumn in stride(from: 0, to: columns, by: 32) {
            for row in firstRow..<min(firstRow + 32, rows) {
              let place = (row * planes + plane) * columns
              for column in firstColumn..<min(firstColumn + 32, columns) {
                target.initializeElement(
                  at: place + column, to: source[start + row + column * columnStride])
              }
            }
          }
        }
        for axis in middle.indices.reversed() {
          indices[axis] += 1
          if indices[axis] < middle[axis] { break }
          indices[axis] = 0
        }
      }
    }
    count = values.count
  }
}
