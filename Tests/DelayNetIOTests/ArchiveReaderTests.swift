import DelayNetIO
import Testing

/// Zips and bzip2 files that are odd or damaged, read by way of ``NPZArchive`` and ``Connectome``.
@Suite struct ArchiveReaderTests {
  @Test func oddMembers() throws {
    let array = try NPYArray([1.0, 2.0])
    let archive = try NPZArchive(
      bytes: zip([
        ("folder/", []), ("folder/a.npy", array.encoded()), ("/absolute.npy", array.encoded()),
        ("../up.npy", array.encoded()), ("notes.txt", text("hello")), ("", text("nameless")),
      ]))
    #expect(archive.names == ["folder/a", "/absolute", "../up", "notes.txt", ""])
    for name in ["folder/a", "/absolute", "../up.npy"] { #expect(try archive[name] == array) }
    let error = #expect(throws: FileError.self) { try archive["notes.txt"] }
    #expect(error?.kind == .malformed)
    #expect(throws: FileError.self) { try archive["folder"] }
  }

  @Test func encryptedMember() throws {
    let archive = try NPZArchive(bytes: zip([("a.npy", [1, 2, 3])], isEncrypted: true))
    let error = #expect(throws: FileError.self) { try archive["a"] }
    #expect(error?.kind == .unsupported)
    #expect(error?.found == "an encrypted member")
  }

  @Test(arguments: [
    [], text("PK"), zip([]), text("no zip at all"), [UInt8](repeating: 0, count: 1000),
  ])
  func whatIsNoZip(_ bytes: [UInt8]) {
    let error = #expect(throws: FileError.self) { try NPZArchive(bytes: bytes) }
    #expect(error?.kind == .malformed)
  }

  @Test func wrongCheckSum() throws {
    var bytes = Fixture.savez
    // The last element of `w`, which follows 30 + 5 + 20 bytes of zip header and 128 of array header.
    bytes[55 + 128 + 23] ^= 1
    let archive = try NPZArchive(bytes: bytes)
    let error = #expect(throws: FileError.self) { try archive["w"] }
    #expect(error?.kind == .malformed)
    #expect(error?.found.contains("CRC") == true)
    #expect(throws: Never.self) { try archive["d"] }
  }

  @Test func damagedBzip2() throws {
    let whole = try Connectome(bytes: zip(Fixture.bzip2))
    for (index, file) in Fixture.bzip2.enumerated() {
      for bytes in damaged(file.bytes) {
        var files = Fixture.bzip2
        files[index].bytes = bytes
        // A changed byte may be one that bzip2 does not look at; what is read then is still the text.
        if let connectome = try? Connectome(bytes: zip(files)) { #expect(connectome == whole) }
      }
    }
  }
}
