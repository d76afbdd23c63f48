#if MATLAB || HDF5
  import CApart

  #if canImport(Darwin)
    import Darwin
  #elseif canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// The arrays of a file that another library reads, in a process of its own: such libraries are large, and a damaged file may
  /// crash them.
  struct ServedFile: NamedArrays {
    let fileName: FileName
    let names: [String]
    private let size: Int
    private let limits: ArchiveLimits
    private let server: dn_serve
    /// What the file is: "an HDF5 file".
    private let kind: String

    init(path: String, server: @escaping dn_serve, kind: String, limits: ArchiveLimits) throws(FileError) {
      (fileName, size, self.server, self.kind, self.limits) = (
        FileName(file: path), try InputFile(path: path).size, server, kind, limits
      )
      var answer = Answer(try Self.ask(server, path, nil, limits, size, fileName, kind))
      var names: [String] = []
      while !answer.isAtEnd {
        guard let name = answer.text() else {
          throw fileName.error(.malformed, found: "\(kind) with damaged names", expected: "a whole one")
        }
        guard names.count < limits.entries else {
          throw fileName.error(
            .limit, found: "more than \(limits.entries) arrays", expected: "at most that many (ArchiveLimits.entries)")
        }
        names.append(name)
      }
      self.names = names
    }

    func content(of name: String) throws(FileError) -> FieldContent {
      let place = FileName(file: fileName.file, member: name)
      var answer = Answer(try Self.ask(server, fileName.file, name, limits, size, place, kind))
      func damaged() -> FileError {
        place.error(.malformed, found: "an array that is damaged or cut short", expected: "a whole one")
      }
      guard let kind = answer.number(), let rank = answer.number(), rank <= 32 else { throw damaged() }
      var shape: [Int] = []
      for _ in 0..<rank {
        guard let length = answer.number() else { throw damaged() }
        shape.append(length)
      }
      guard let count = elementCount(shape) else { throw damaged() }
      if kind == 1 {
        guard let values = answer.doubles(count) else { throw damaged() }
        return .numbers(values, shape: shape)
      }
      var words: [String] = []
      for _ in 0..<count {
        guard let word = answer.text() else { throw damaged() }
        words.append(word)
      }
      return .words(words)
    }

    /// What the server answers; names to nil, an array to a name.
    private static func ask(
      _ server: @escaping dn_serve, _ path: String, _ name: String?, _ limits: ArchiveLimits, _ size: Int,
      _ place: FileName,
      _ kind: String
    ) throws(FileError) -> [UInt8] {
      let allowed = min(limits.bytes, size.multipliedReportingOverflow(by: limits.ratio).partialValue)
      var descriptor: CInt = -1
      let process = dn_apart_begin(server, path, name ?? "", UInt64(max(allowed, 0)), &descriptor)
      guard process >= 0 else {
        throw place.error(.system, found: "no process to read it in", expected: "success")
      }
      var bytes: [UInt8] = []
      var isTooLarge = false
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        // The lengths of texts and axes come on top.
        isTooLarge = bytes.count > 2 * allowed + (1 << 16)
        if isTooLarge { break }
        bytes.append(contentsOf: buffer.prefix(count))
      }
      buffer.deallocate()
      close(descriptor)
      let status = dn_apart_end(process)
      switch status {
      case CInt(DN_SERVED) where !isTooLarge: return bytes
      case CInt(DN_UNSUPPORTED):
        throw place.error(
          .unsupported, found: "a sparse or complex matrix, a struct, numbers in another file or the like",
          expected: "a full matrix of real numbers, or texts")
      case CInt(DN_BEYOND_LIMIT):
        throw place.error(
          .limit, found: "more than \(allowed) bytes", expected: "at most that many (ArchiveLimits.bytes and ratio)")
      default:
        throw place.error(.malformed, found: "\(kind) that is damaged or cut short", expected: "a whole one")
      }
    }

    /// Takes a server's answer apart.
    private struct Answer {
      private let bytes: [UInt8]
      private var place = 0

      init(_ bytes: [UInt8]) { self.bytes = bytes }

      var isAtEnd: Bool { place == bytes.count }

      mutating func number() -> Int? {
        guard bytes.count - place >= 8 else { return nil }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
        place += 8
        return Int(exactly: value)
      }

      mutating func text() -> String? {
        guard let length = number(), length <= bytes.count - place else { return nil }
        defer { place += length }
        return String(decoding: bytes[place..<(place + length)], as: UTF8.self)
      }

      mutating func doubles(_ count: Int) -> [Double]? {
        guard count <= (bytes.count - place) / 8 else { return nil }
        defer { place += 8 * count }
        return bytes.withUnsafeBytes { bytes in
          (0..<count).map { bytes.loadUnaligned(fromByteOffset: place + 8 * $0, as: Double.self) }
        }
      }
    }
  }
#endif
