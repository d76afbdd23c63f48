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
      return try NPYArray(bytes: bytes.span, name: name)
    }
  }
}

/// Names as they are listed in a message: the first ten, and how many more.
func listed(_ names: [String]) -> String {
  if names.isEmpty { return "nothing" }
  let first = names.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > 10 ? "\(first) and \(names.count - 10) more" : first
}
