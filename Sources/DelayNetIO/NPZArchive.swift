/// A `.npz` file: a zip of `.npy` arrays, each under a name.
///
/// Opening reads the names only; an array is read when asked for, so that members of other types, such as strings, are
/// no obstacle to the rest.
///
/// ```swift
/// let archive = try NPZArchive(path: "connectome.npz")
/// let weights = try archive["weights"].values(as: Double.self, shape: [84, 84])
/// ```
public struct NPZArchive: Sendable {
  /// The arrays' names, in the archive's order: the members' paths without `.npy`.
  public let names: [String]

  /// How far the archive may be unpacked.
  public let limits: ArchiveLimits

  private let source: ArchiveSource
  private let members: [String: ArchiveReader.Member]

  /// Opens a `.npz` file and reads the names of its arrays.
  ///
  /// The file is opened again for each array that is read, so it has to stay where it is.
  ///
  /// - Parameters:
  ///   - path: a regular file.
  ///   - limits: how many members it may have, and how many bytes one of them may unpack to.
  /// - Throws: ``FileError``: `system` if it cannot be opened, `malformed` if it is no zip or a damaged one,
  ///   `ambiguous` if two members have the same name, `limit` for too many members.
  public init(path: String, limits: ArchiveLimits = ArchiveLimits()) throws(FileError) {
    try self.init(.file(path: path), limits: limits)
  }

  /// Reads the names of the arrays in the bytes of a `.npz` file.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what to call it in errors.
  ///   - limits: how many members it may have, and how many bytes one of them may unpack to.
  /// - Throws: ``FileError`` of kind `malformed`, `ambiguous` or `limit`, as for ``init(path:limits:)``.
  public init(
    bytes: [UInt8], name: String = "bytes", limits: ArchiveLimits = ArchiveLimits()
  ) throws(FileError) {
    try self.init(.memory(bytes, name: name), limits: limits)
  }

  private init(_ source: ArchiveSource, limits: ArchiveLimits) throws(FileError) {
    var names: [String] = []
    var members: [String: ArchiveReader.Member] = [:]
    try source.withReader { reader throws(FileError) in
      var budget = ArchiveBudget(limits: limits, packedBytes: reader.byteCount)
      try reader.forEachMember(budget: &budget) { member, _ throws(FileError) in
        guard member.isFile else { return true }
        let name = member.path.hasSuffix(".npy") ? String(member.path.dropLast(4)) : member.path
        if let other = members.updateValue(member, forKey: name) {
          throw source.name.error(
            .ambiguous,
            found: "two members for the name '\(name)': '\(other.path)', the archive's number "
              + "\(other.ordinal + 1), and '\(member.path)', number \(member.ordinal + 1)",
            expected: "one")
        }
        names.append(name)
        return true
      }
    }
    self.source = source
    self.limits = limits
    self.names = names
    self.members = members
  }

  /// Reads the array of that name.
  ///
  /// - Parameter name: one of ``names``, or a member's whole path, `weights` as well as `weights.npy`.
  /// - Throws: ``FileError``: `missing` with the names there are; `unsupported` if it is encrypted or has elements of
  ///   another type; `malformed` or `truncated` if its bytes, or the archive's, are damaged; `limit` where it would
  ///   unpack to more than ``limits`` allows.
  /// - Complexity: O(members before it + bytes of the array); twice the array's memory while it is read.
  public subscript(name: String) -> NPYArray {
    get throws(FileError) {
      let (bytes, name) = try bytes(of: name)
      return try NPYArray(bytes: bytes.span, name: name)
    }
  }

  /// The bytes of a member, and what to call it in errors.
  private func bytes(of name: String) throws(FileError) -> ([UInt8], FileName) {
    let short = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
    guard let wanted = members[name] ?? members[short] else {
      throw source.name.error(
        .missing, found: listed(names), expected: "a member '\(name)'")
    }
    let bytes = try source.withReader { reader throws(FileError) in
      var budget = ArchiveBudget(limits: limits, packedBytes: reader.byteCount)
      var bytes: [UInt8]?
      try reader.forEachMember(budget: &budget) { member, budget throws(FileError) in
        guard member == wanted else { return true }
        bytes = try reader.readBytes(of: member, budget: &budget)
        return false
      }
      return bytes
    }
    let name = FileName(file: source.name.file, member: wanted.path)
    guard let bytes else {
      throw name.error(
        .missing, found: "an archive that has changed since it was opened",
        expected: "this member")
    }
    return (bytes, name)
  }
}

extension NPZArchive {
  /// The texts of an array of NumPy's types for them, such as regions' labels, row by row.
  ///
  /// - Throws: ``FileError``: `missing` where there is no such array, `mismatch` where it has no texts, and what reading it
  ///   throws.
  public func texts(named name: String) throws(FileError) -> [String] {
    guard case .words(let texts) = try content(of: name) else {
      throw FileName(file: source.name.file, member: name).error(.mismatch, found: "numbers", expected: "texts")
    }
    return texts
  }
}

extension NPZArchive: NamedArrays {
  var fileName: FileName { source.name }

  /// An array of numbers, truth values or texts; of other types not.
  func content(of name: String) throws(FileError) -> FieldContent {
    let (bytes, name) = try bytes(of: name)
    if let content = try NPYTexts(bytes, name: name) { return content.content }
    let array = try NPYArray(bytes: bytes.span, name: name)
    return .numbers(try array.values(as: Double.self), shape: array.shape)
  }
}

/// A `.npy` array of the types that hold names and flags, which ``NPYArray`` does not read: texts of a fixed length and bytes.
private struct NPYTexts {
  let content: FieldContent

  /// Nil where the array is of another type; what is damaged is left to ``NPYArray``'s errors.
  init?(_ bytes: [UInt8], name: FileName) throws(FileError) {
    guard bytes.starts(with: NPYHeader.magic), bytes.count >= 12, 1...3 ~= bytes[6] else { return nil }
    let start = bytes[6] == 1 ? 10 : 12
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else { return nil }
    let header = String(decoding: bytes[start..<(start + length)], as: UTF8.self).filter { $0 != " " }
    func text(after key: String, until end: Character) -> Substring? {
      guard let range = header.firstRange(of: key) else { return nil }
      return header[range.upperBound...].prefix { $0 != end }
    }
    guard let type = text(after: "'descr':'", until: "'"), let kind = type.dropFirst().first,
      let width = Int(type.dropFirst(2)), let axes = text(after: "'shape':(", until: ")")
    else { return nil }
    let shape = axes.split(separator: ",").map { Int($0) ?? -1 }
    let element = kind == "U" ? 4 : 1
    guard "USbu".contains(kind), kind == "U" || kind == "S" || width == 1, shape.allSatisfy({ $0 >= 0 }) else {
      return nil
    }
    guard let count = elementCount(shape + [width, element]), count == bytes.count - start - length else {
      throw name.error(
        .malformed, found: "\(bytes.count - start - length) bytes of data",
        expected: "those of shape \(shape) of \(type)")
    }
    let data = bytes[(start + length)...]
    if kind == "b" || kind == "u" {
      content = .numbers(data.map { Double($0) }, shape: shape)
      return
    }
    let words = width == 0 ? 0 : count / (width * element)
    content = .words(
      (0..<words).map { word in
        let own = data.dropFirst(word * width * element).prefix(width * element)
        if kind == "S" { return String(decoding: own.prefix { $0 != 0 }, as: UTF8.self) }
        var scalars = String.UnicodeScalarView()
        for place in stride(from: own.startIndex, to: own.endIndex, by: 4) {
          let order = type.first == ">" ? [0, 1, 2, 3] : [3, 2, 1, 0]
          let code = order.reduce(UInt32(0)) { $0 << 8 | UInt32(own[place + $1]) }
          if code == 0 { break }
          scalars.append(Unicode.Scalar(code) ?? "\u{fffd}")
        }
        return String(scalars)
      })
  }
}

/// Names as they are listed in a message: the first ten, and how many more.
func listed(_ names: [String]) -> String {
  if names.isEmpty { return "nothing" }
  let first = names.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > 10 ? "\(first) and \(names.count - 10) more" : first
}
