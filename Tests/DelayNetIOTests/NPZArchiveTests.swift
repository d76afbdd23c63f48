import DelayNetIO
import Testing

@Suite struct NPZArchiveTests {
  @Test func storedByNumPy() throws {
    let archive = try NPZArchive(bytes: Fixture.savez)
    #expect(archive.names == ["w", "labels", "d"])
    #expect(try archive["w"].shape == [2, 3])
    #expect(try archive["w"].storage == .float32([0, 0.5, 1, 1.5, 2, 2.5]))
    #expect(try archive["d.npy"].storage == .int32([1, -2, 3]))
  }

  @Test func compressedByNumPy() throws {
    let archive = try NPZArchive(bytes: Fixture.savezCompressed)
    #expect(archive.names == ["w", "größe"])
    #expect(try archive["w"].storage == .float64([0, 0.5, 1, 1.5, 2, 2.5]))
    #expect(try archive["größe"].storage == .int64([7]))
  }

  @Test func stringsAreRefusedOnlyWhenAskedFor() throws {
    let archive = try NPZArchive(bytes: Fixture.savez, name: "a.npz")
    let error = #expect(throws: FileError.self) { try archive["labels"] }
    #expect(error?.kind == .unsupported)
    #expect(
      error?.description
        == "a.npz, member labels.npy, byte 20: found the type '<U2', "
        + "expected f4, f8, i4 or i8 after one of < > = |")
  }

  @Test func missingNameListsWhatThereIs() throws {
    let archive = try NPZArchive(bytes: Fixture.savez)
    let error = #expect(throws: FileError.self) { try archive["weights"] }
    #expect(error?.kind == .missing)
    #expect(error?.found == "'w', 'labels', 'd'")
    #expect(error?.expected == "a member 'weights'")
  }

  @Test(arguments: [("a.npy", "a.npy"), ("a", "a.npy")])
  func twoMembersOfOneName(_ first: String, _ second: String) {
    let error = #expect(throws: FileError.self) {
      try NPZArchive(bytes: zip([(first, [1]), ("b", []), (second, [2])]))
    }
    #expect(error?.kind == .ambiguous)
    #expect(
      error?.found
        == "two members for the name 'a': '\(first)', the archive's number 1, "
        + "and '\(second)', number 3")
  }

  @Test func fileOnDisk() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try save(Fixture.savez, to: path)
      let archive = try NPZArchive(path: path)
      #expect(try archive["d"].storage == .int32([1, -2, 3]))
      try save(Fixture.savezCompressed, to: path)
      let error = #expect(throws: FileError.self) { try archive["d"] }
      #expect(error?.kind == .missing)
      #expect(throws: FileError.self) { try NPZArchive(path: folder) }
      #expect(throws: FileError.self) { try NPZArchive(path: folder + "/no.npz") }
    }
  }

  @Test(arguments: [Fixture.savez, Fixture.savezCompressed])
  func damageIsReadOrRefused(_ bytes: [UInt8]) {
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) { try NPZArchive(bytes: Array(bytes[..<length])) }
    }
    for bytes in damaged(bytes) {
      guard let archive = try? NPZArchive(bytes: bytes) else { continue }
      for name in archive.names { _ = try? archive[name] }
    }
  }

  @Test(.needs("dk_average_structural.npz"))
  func realConnectome() throws {
    let archive = try NPZArchive(path: RealData.path("dk_average_structural.npz"))
    #expect(archive.names.contains("region_labels"))
    let weights = try archive["weights"].values(as: Double.self, shape: [84, 84])
    let lengths = try archive["lengths"].values(as: Double.self, shape: [84, 84])
    #expect(try archive["n_nodes"].values(as: Int32.self) == [84])
    #expect(throws: FileError.self) { try archive["region_labels"] }
    let connectome = try Connectome(regions: 84, weights: weights, tractLengths: lengths)
    #expect(connectome.edges().count > 0)
  }
}
