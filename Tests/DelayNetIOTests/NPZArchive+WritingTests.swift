import DelayNetIO
import Foundation
import Testing

@Suite struct NPZArchiveWritingTests {
  static let arrays: [(name: String, array: NPYArray)] = [
    ("weights", try! NPYArray((0..<10_000).map { Double($0 % 7) }, shape: [100, 100])),
    ("größe/δ", try! NPYArray([Float(1)], shape: [])),
    ("empty", try! NPYArray([Int64](), shape: [0, 3])),
    ("delays", try! NPYArray([Int32(1), 2, 3])),
  ]

  @Test(arguments: ArchiveCompression.allCases)
  func arraysComeBack(_ compression: ArchiveCompression) throws {
    let bytes = try NPZArchive.encoded(Self.arrays, compression: compression)
    #expect(compression == .stored ? bytes.count > 80_000 : bytes.count < 8000)
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try NPZArchive.write(Self.arrays, to: path, compression: compression)
      #expect(FileManager.default.contents(atPath: path) == Data(bytes))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npz"])
      for archive in [try NPZArchive(path: path), try NPZArchive(bytes: bytes)] {
        #expect(archive.names == Self.arrays.map(\.name))
        for (name, array) in Self.arrays { #expect(try archive[name] == array) }
      }
    }
  }

  @Test func textsComeBack() throws {
    let texts = [(name: "labels", texts: ["V1", "", "größe 𝄞", "a\"b"]), (name: "none", texts: [])]
    let archive = try NPZArchive(bytes: NPZArchive.encoded([("x", NPYArray([1.0]))], texts: texts))
    #expect(archive.names == ["x", "labels", "none"])
    for (name, texts) in texts { #expect(try archive.texts(named: name) == texts) }
    let error = #expect(throws: FileError.self) { try archive.texts(named: "x") }
    #expect(error?.kind == .mismatch)
    #expect(throws: FileError.self) { try archive.texts(named: "y") }
    let twice = #expect(throws: FileError.self) {
      try NPZArchive.encoded([("labels", NPYArray([1.0]))], texts: texts)
    }
    #expect(twice?.kind == .ambiguous)
  }

  @Test func noArrays() {
    let error = #expect(throws: FileError.self) { try NPZArchive.encoded([]) }
    #expect(error?.kind == .missing)
  }

  @Test(arguments: ["", "a\0b"])
  func namesThatAreRefused(_ name: String) {
    let error = #expect(throws: FileError.self) {
      try NPZArchive.encoded([(name, NPYArray([1.0]))])
    }
    #expect(error?.kind == .invalidValue)
  }

  @Test func nameGivenTwice() {
    let error = #expect(throws: FileError.self) {
      try NPZArchive.encoded([("a", NPYArray([1.0])), ("a", NPYArray([2.0]))])
    }
    #expect(error?.kind == .ambiguous)
  }
}
