/// A `.npy` file whose header has been read and whose numbers have not: they are read to where they belong, once.
package final class NPYFile {
  private let file: InputFile
  private let header: NPYHeader
  /// What of the numbers' bytes came with the header.
  private let start: ArraySlice<UInt8>

  /// Opens a file and reads its header.
  ///
  /// - Throws: what ``NPYArray/init(path:)`` throws, but for what is wrong behind the header.
  package init(path: String) throws(FileError) {
    let file = try InputFile(path: path)
    let bytes = try file.read(count: min(file.size, NPYHeader.maximumByteCount))
    header = try NPYHeader(bytes, fileSize: file.size, name: file.name)
    start = bytes[header.dataOffset...]
    self.file = file
  }

  /// The length of each axis.
  package var shape: [Int] { header.shape }
  /// The type of the elements.
  package var elementType: NPYArray.ElementType { header.elementType }

  /// The bytes of memory that reading the numbers as a type takes.
  package func bytesOfReading<Element: NPYElement>(as type: Element.Type) -> Double {
    let numbers = Double(header.count)
    return numbers * Double(MemoryLayout<Element>.stride)
      + (isReadInPlace(as: type) ? 0 : numbers * Double(header.elementType.byteCount))
  }

  /// Whether the file has the numbers as memory does.
  private func isReadInPlace<Element: NPYElement>(as type: Element.Type) -> Bool {
    header.elementType == Element.npyElementType && !header.isFortranOrder
  }

  /// Reads the numbers as an array.
  ///
  /// - Throws: what ``NPYArray/init(path:)`` throws.
  func array() throws(FileError) -> NPYArray {
    try NPYArray(header, file.name) { target throws(FileError) in try read(into: target) }
  }

  /// Reads the numbers in row-major order to where they belong; those of another type or order by way of an array.
  ///
  /// - Parameter target: memory for as many elements as the shape says.
  /// - Throws: what ``NPYArray/init(path:)`` and ``NPYArray/values(as:shape:)`` throw.
  /// - Complexity: one read of the file, straight into the memory.
  package func read<Element: NPYElement>(
    into target: UnsafeMutableBufferPointer<Element>
  ) throws(FileError) {
    precondition(target.count == header.count, "memory of another size")
    guard isReadInPlace(as: Element.self) else {
      let path = file.name.file
      do throws(FileError) {
        _ = target.update(from: try array().values(as: Element.self))
      } catch {
        throw FileError(error.kind, file: path, position: error.position, found: error.found, expected: error.expected)
      }
      return
    }
    let bytes = UnsafeMutableRawBufferPointer(target)
    try read(into: bytes)
    if header.isByteSwapped { swapBytes(bytes, width: header.elementType.byteCount) }
  }

  private func read(into target: UnsafeMutableRawBufferPointer) throws(FileError) {
    target.copyBytes(from: start)
    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: target[start.count...]))
  }
}
