import DelayNetIO
import Testing

@Suite struct ArchiveLimitsTests {
  static let zeros = [("zeros", try! NPYArray([Double](repeating: 0, count: 100_000)))]

  @Test func entries() throws {
    let bytes = zip((0..<5).map { ("\($0).txt", []) })
    #expect(try NPZArchive(bytes: bytes, limits: ArchiveLimits(entries: 5)).names.count == 5)
    let error = #expect(throws: FileError.self) {
      try NPZArchive(bytes: bytes, limits: ArchiveLimits(entries: 4))
    }
    #expect(error?.kind == .limit)
    #expect(error?.found == "more than 4 members")
  }

  @Test func bytes() throws {
    let packed = try NPZArchive.encoded(Self.zeros)
    let size = 800_128
    #expect(try NPZArchive(bytes: packed, limits: ArchiveLimits(bytes: size))["zeros"].count > 0)
    let archive = try NPZArchive(bytes: packed, limits: ArchiveLimits(bytes: size - 1))
    let error = #expect(throws: FileError.self) { try archive["zeros"] }
    #expect(error?.kind == .limit)
    #expect(error?.member == "zeros.npy")
  }

  @Test func ratio() throws {
    let packed = try NPZArchive.encoded(Self.zeros, compression: .deflated)
    // What is most compressible of all passes the default.
    #expect(try NPZArchive(bytes: packed)["zeros"].count == 100_000)
    let archive = try NPZArchive(bytes: packed, limits: ArchiveLimits(ratio: 100))
    let error = #expect(throws: FileError.self) { try archive["zeros"] }
    #expect(error?.kind == .limit)
    #expect(error?.found.hasPrefix("more than 100 times") == true)
  }

  @Test func connectomesToo() throws {
    let files = Fixture.connectome
    let total = files.reduce(0) { $0 + $1.bytes.count }
    #expect(throws: Never.self) {
      try Connectome(bytes: zip(files), limits: ArchiveLimits(entries: files.count, bytes: total))
    }
    for limits in [ArchiveLimits(entries: files.count - 1), ArchiveLimits(bytes: total - 1)] {
      let error = #expect(throws: FileError.self) {
        try Connectome(bytes: zip(files), limits: limits)
      }
      #expect(error?.kind == .limit)
    }
    // 13 bytes of text in 47 bytes of bzip2 count as 60.
    let packed = Fixture.bzip2.reduce(0) { $0 + $1.bytes.count }
    let error = #expect(throws: FileError.self) {
      try Connectome(bytes: zip(Fixture.bzip2), limits: ArchiveLimits(bytes: packed))
    }
    #expect(error?.kind == .limit)
  }
}
