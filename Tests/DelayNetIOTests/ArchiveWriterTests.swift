import DelayNetIO
import Testing

@Suite struct ArchiveWriterTests {
  @Test func bytesAreWhatAZipHasToBe() throws {
    let array = try NPYArray([1.0])
    let bytes = try NPZArchive.encoded([("ä", array)])
    // A local header with the flag for UTF-8 (bit 11), without compression, dated 1980-01-01 whatever the time zone.
    #expect(bytes.prefix(4) == text("PK")[...] + [3, 4])
    #expect(bytes[7] & 0x08 != 0)
    #expect(bytes[8..<10] == [0, 0])
    #expect(bytes[10..<14] == [0, 0, 0x21, 0])
    #expect(bytes[30...].starts(with: text("ä.npy")))
    // Nothing after the end record, in which the comment's length, 0, is last.
    #expect(bytes.suffix(22).starts(with: text("PK") + [5, 6]))
  }

  @Test func equalArraysGiveEqualBytes() throws {
    for compression in ArchiveCompression.allCases {
      let arrays = [("a", try NPYArray([1.0, 2])), ("b", try NPYArray([Int32(3)]))]
      #expect(
        try NPZArchive.encoded(arrays, compression: compression)
          == NPZArchive.encoded(arrays, compression: compression))
    }
  }
}
