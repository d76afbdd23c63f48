import DelayNetIO
import Foundation
import Testing

/// Files that NumPy 2.4 wrote, and a connectome of The Virtual Brain's format in miniature.
enum Fixture {
  /// `savez(w=float32 [[0, .5, 1], [1.5, 2, 2.5]], labels=strings, d=int32 [1, -2, 3])`: stored, zip64 headers.
  static let savez = decode(
    """
    UEsDBC0AAAAAAAAAIQALwLB2//////////8FABQAdy5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rl\
    c2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAAD8AAIA/AADAPwAAAEAAACBA\
    UEsDBC0AAAAAAAAAIQAh7uaY//////////8KABQAbGFiZWxzLm5weQEAEACQAAAAAAAAAJAAAAAAAAAAk05VTVBZAQB2\
    AHsnZGVzY3InOiAnPFUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIApsAAAAQQAAAHIAAADEAAAAUEsD\
    BC0AAAAAAAAAIQCe53kQ//////////8FABQAZC5ucHkBABAAjAAAAAAAAACMAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2Ny\
    JzogJzxpNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAQAAAP7///8DAAAAUEsBAi0DLQAAAAAAAAAh\
    AAvAsHaYAAAAmAAAAAUAAAAAAAAAAAAAAIABAAAAAHcubnB5UEsBAi0DLQAAAAAAAAAhACHu5piQAAAAkAAAAAoAAAAA\
    AAAAAAAAAIABzwAAAGxhYmVscy5ucHlQSwECLQMtAAAAAAAAACEAnud5EIwAAACMAAAABQAAAAAAAAAAAAAAgAGbAQAA\
    ZC5ucHlQSwUGAAAAAAMAAwCeAAAAXgIAAAAA
    """)

  /// `savez_compressed(w=float64 [[0, .5, 1], [1.5, 2, 2.5]], größe=int64 7)`: deflated, zip64 headers.
  static let savezCompressed = decode(
    """
    UEsDBC0AAAAIAAAAIQA8EQPJ//////////8FABQAdy5ucHkBABAAsAAAAAAAAABYAAAAAAAAAJvsF+obEMnIUMZQrZ6S\
    WpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYU8MAeQn+A0j+gNIMD\
    hGJxAABQSwMELQAACAgAAAAhACO48Gz//////////wsAFABncsO2w59lLm5weQEAEACIAAAAAAAAAEYAAAAAAAAAm+wX\
    6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS52BggAAFBL\
    AQItAy0AAAAIAAAAIQA8EQPJWAAAALAAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQItAy0AAAgIAAAAIQAjuPBs\
    RgAAAIgAAAALAAAAAAAAAAAAAACAAY8AAABncsO2w59lLm5weVBLBQYAAAAAAgACAGwAAAASAQAAAAA=
    """)

  /// `save` of big-endian int32 [[0, 0, 1], [1, 2, 2]] in Fortran order.
  static let fortranBigEndian = decode(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0g\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAQAA\
    AAAAAAACAAAAAQAAAAI=
    """)

  /// `write_array(version=(2, 0))` of float32 [[1.5]].
  static let version2 = decode(
    """
    k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwgMSks\
    IH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/
    """)

  /// `write_array(version=(3, 0))` of the int64 −1 without axes.
  static let version3 = decode(
    """
    k05VTVBZAwB0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoKSwgfSAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr//////////w==
    """)

  /// `save` of float32 0 … 23, shape (2, 3, 4), in Fortran order.
  static let fortranCube = decode(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCks\
    IH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAABAQQAA\
    gEAAAIBBAAAAQQAAoEEAAIA/AABQQQAAoEAAAIhBAAAQQQAAqEEAAABAAABgQQAAwEAAAJBBAAAgQQAAsEEAAEBAAABw\
    QQAA4EAAAJhBAAAwQQAAuEE=
    """)

  /// Two regions, compressed with bzip2.
  static let bzip2: [(path: String, bytes: [UInt8])] = [
    (
      "weights.txt.bz2",
      decode(
        """
        QlpoOTFBWSZTWTCO4qIAAANYAAAQQAFSACAAIaabQMAhfQJ3C7kinChIGEdxUQA=
        """)
    ),
    (
      "tract_lengths.txt.bz2",
      decode(
        """
        QlpoOTFBWSZTWdqGBm0AAAPYAAAQQAFqACAAIhkzUIYDsFYVNni7kinChIbUMDNo
        """)
    ),
    (
      "centres.txt.bz2",
      decode(
        """
        QlpoOTFBWSZTWcVeRWMAAApZgAAQQAJgAAPkFAAgADEA0ACVNDQzKaHBJnZiV1W7E/i7kinChIYq8isY
        """)
    ),
  ]

  /// The same two regions as text, with every optional file.
  static let connectome: [(path: String, bytes: [UInt8])] = [
    ("tiny/weights.txt", text("0 2\n0.5 0\n")),
    ("tiny/tract_lengths.txt", text("0 30\n31.5 0\n")),
    ("tiny/centres.txt", text("left -1 0 0\nright 1 0 0\n")),
    ("tiny/areas.txt", text("10\n 1.1e+01\n")),
    ("tiny/average_orientations.txt", text("1 0 0\n0 -1 0\n")),
    ("tiny/cortical.txt", text("1\n0\n")),
    ("tiny/hemispheres.txt", text("0 1\n")),
  ]

  /// The small connectome with some files replaced, added, or (`nil`) left out.
  static func connectome(_ changes: [String: String?]) -> [(path: String, bytes: [UInt8])] {
    var files = connectome.filter { changes[$0.path] == nil }
    for (path, content) in changes.sorted(by: { $0.key < $1.key }) {
      if let content { files.append((path, text(content))) }
    }
    return files
  }

  private static func decode(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64)!) }
}

func text(_ string: String) -> [UInt8] { Array(string.utf8) }

/// A `.npy` file put together by hand: version 1.0 with this dictionary.
func npy(_ dictionary: String, version: [UInt8] = [1, 0], data: [UInt8] = []) -> [UInt8] {
  let length = dictionary.utf8.count
  var bytes: [UInt8] = [0x93] + text("NUMPY") + version
  bytes += [UInt8(length & 0xff), UInt8(length >> 8 & 0xff)]
  if version[0] > 1 { bytes += [0, 0] }
  return bytes + text(dictionary) + data
}

/// A zip without compression, put together by hand so that it may break rules.
func zip(
  _ members: [(path: String, bytes: [UInt8])], isEncrypted: Bool = false
) -> [UInt8] {
  func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  func common(_ path: String, _ bytes: [UInt8]) -> [UInt8] {
    // Version 2.0, flags (bit 11: names are UTF-8), stored, 1980-01-01 00:00, check sum, sizes, length of the name.
    little(20, 2) + little(isEncrypted ? 0x801 : 0x800, 2) + little(0, 4) + little(0x21, 2)
      + little(Int(crc32(bytes)), 4) + little(bytes.count, 4) + little(bytes.count, 4)
      + little(path.utf8.count, 2) + little(0, 2)
  }
  var result: [UInt8] = []
  var directory: [UInt8] = []
  for (path, bytes) in members {
    let type = path.hasSuffix("/") ? 0o040755 : 0o100644
    directory +=
      text("PK") + [1, 2] + little(0x0314, 2) + common(path, bytes) + little(0, 6)
      + little(type << 16, 4) + little(result.count, 4) + text(path)
    result += text("PK") + [3, 4] + common(path, bytes) + text(path) + bytes
  }
  return result + directory + text("PK") + [5, 6] + little(0, 4) + little(members.count, 2)
    + little(members.count, 2) + little(directory.count, 4) + little(result.count, 4)
    + little(0, 2)
}

func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
  }
}

/// Calls `body` with the path of a new folder and removes it afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.path + "/delaynet-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

func save(_ bytes: [UInt8], to path: String) throws {
  let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// Every proper beginning of some bytes, and the bytes with each single byte changed in three ways.
func damaged(_ bytes: [UInt8]) -> some Sequence<[UInt8]> {
  let cut = (0..<bytes.count).lazy.map { Array(bytes[..<$0]) }
  let flipped = (0..<3 * bytes.count).lazy.map { index in
    var copy = bytes
    copy[index / 3] ^= [0x01, 0x80, 0xff][index % 3]
    return copy
  }
  return [AnySequence(cut), AnySequence(flipped)].lazy.joined()
}

/// Real connectomes that are not part of the package: in `../shared/data`, or where `DELAYNET_DATA` says.
enum RealData {
  static let folder =
    ProcessInfo.processInfo.environment["DELAYNET_DATA"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardized.path

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where a file of real data is absent.
  static func needs(_ name: String) -> Self {
    .enabled(if: RealData.has(name), "\(name) is not in \(RealData.folder); set DELAYNET_DATA")
  }
}
