/// Why a file could not be read or written: which file, where in it, what was found and what was expected.
///
/// Every function of this module that throws, throws this type, or ``CheckpointedRunError`` with it inside. ``description`` reads, for example,
/// `net.npz, member weights.npy, byte 6: found version 9.0, expected version 1.0, 2.0 or 3.0`.
public struct FileError: Error, Sendable, Hashable {
  /// The sort of mistake, for programs; ``FileError/description`` is for people.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The operating system refused: no such file, no permission, a full disk.
    case system
    /// The file ends before what its own header promises.
    case truncated
    /// The bytes break the rules of the format.
    case malformed
    /// The bytes follow the format but use a part of it that is not read here, such as strings or encryption.
    case unsupported
    /// Sizes or shapes contradict each other.
    case mismatch
    /// A number was read but is not allowed here: not finite, negative, out of range.
    case invalidValue
    /// A file or archive member that has to be there is not.
    case missing
    /// Several files or members answer to the same name.
    case ambiguous
    /// Reading on would exceed a limit that the caller set; see ``ArchiveLimits``.
    case limit
  }

  /// A location inside a file or an array.
  public enum Position: Sendable, Hashable {
    /// The number of bytes before the location.
    case byte(Int)
    /// Line and byte column in a text file, both counted from 1.
    case text(line: Int, column: Int)
    /// Zero-based indices into an array, one for each axis.
    case index([Int])
  }

  /// The sort of mistake.
  public var kind: Kind
  /// The file's path as it was given, or the name of an array or a parameter that was passed in memory.
  public var file: String
  /// The member of the archive `file`, where `file` is one.
  public var member: String?
  /// The location inside the member or file, where there is one.
  public var position: Position?
  /// What was there, as half of a sentence: "found …".
  public var found: String
  /// What should have been there, as half of a sentence: "expected …".
  public var expected: String

  /// Makes an error from its parts.
  public init(
    _ kind: Kind, file: String, member: String? = nil, position: Position? = nil,
    found: String, expected: String
  ) {
    self.kind = kind
    self.file = file
    self.member = member
    self.position = position
    self.found = found
    self.expected = expected
  }
}

extension FileError: CustomStringConvertible {
  /// One sentence: file, member, location, what was found and what was expected.
  public var description: String {
    var place = file
    if let member { place += ", member \(member)" }
    switch position {
    case .byte(let offset): place += ", byte \(offset)"
    case .text(let line, let column): place += ", line \(line), column \(column)"
    case .index(let indices): place += "[" + indices.map(String.init).joined(separator: ", ") + "]"
    case nil: break
    }
    return "\(place): found \(found), expected \(expected)"
  }
}

/// The name of a file, or of a member of an archive, that is being read: the part of a ``FileError`` known beforehand.
struct FileName: Sendable {
  var file: String
  var member: String? = nil

  func error(
    _ kind: FileError.Kind, at position: FileError.Position? = nil, found: String, expected: String
  ) -> FileError {
    FileError(
      kind, file: file, member: member, position: position, found: found, expected: expected)
  }
}

/// Bytes from a file as they may be shown in a message: at most 40 of them, in quotes, control characters escaped.
func quoted(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  var count = 0
  for byte in bytes {
    if count == 40 { return "'\(text)…'" }
    switch byte {
    case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16)
      text += "\\x" + (digits.count == 1 ? "0" : "") + digits
    }
    count += 1
  }
  return "'\(text)'"
}
