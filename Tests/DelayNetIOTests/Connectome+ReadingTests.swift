import DelayNetIO
import Foundation
import Testing

@Suite struct ConnectomeReadingTests {
  func checkTiny(_ connectome: Connectome) {
    #expect(connectome.regions == 2)
    #expect(connectome.labels == ["left", "right"])
    #expect(connectome.weights == [0, 2, 0.5, 0])
    #expect(connectome.tractLengths == [0, 30, 31.5, 0])
    #expect(connectome.centres == [-1, 0, 0, 1, 0, 0])
  }

  @Test func zipWithEverything() throws {
    let connectome = try Connectome(bytes: zip(Fixture.connectome))
    checkTiny(connectome)
    #expect(connectome.areas == [10, 11])
    #expect(connectome.orientations == [1, 0, 0, 0, -1, 0])
    #expect(connectome.cortical == [true, false])
    #expect(connectome.hemispheres == [false, true])
  }

  @Test func compressedFiles() throws {
    let connectome = try Connectome(bytes: zip(Fixture.bzip2))
    checkTiny(connectome)
    #expect(connectome.areas == nil)
    #expect(connectome.orientations == nil)
    #expect(connectome.cortical == nil)
    #expect(connectome.hemispheres == nil)
  }

  @Test func filesAndFoldersOnDisk() throws {
    try withTemporaryFolder { folder in
      try save(zip(Fixture.connectome), to: folder + "/a.zip")
      checkTiny(try Connectome(path: folder + "/a.zip"))
      for (path, bytes) in Fixture.connectome { try save(bytes, to: "\(folder)/a/\(path)") }
      checkTiny(try Connectome(path: folder + "/a"))
      checkTiny(try Connectome(path: folder + "/a/"))
      checkTiny(try Connectome(path: folder + "/a/tiny"))
      for (path, bytes) in Fixture.bzip2 { try save(bytes, to: "\(folder)/b/\(path)") }
      checkTiny(try Connectome(path: folder + "/b"))

      try save(text("0 1\n1 x\n"), to: folder + "/a/tiny/weights.txt")
      let error = #expect(throws: FileError.self) { try Connectome(path: folder + "/a/tiny") }
      #expect(error?.file == folder + "/a/tiny/weights.txt")
      #expect(error?.position == .text(line: 2, column: 3))
      let many = #expect(throws: FileError.self) {
        try Connectome(path: folder + "/a", limits: ArchiveLimits(entries: 6))
      }
      #expect(many?.kind == .limit)
      #expect(throws: FileError.self) { try Connectome(path: folder + "/none") }
    }
  }

  @Test(
    arguments: [
      ["tiny/centres.txt": nil, "tiny/region_Centers.TXT": "left -1 0 0\nright 1 0 0\n"],
      ["__MACOSX/tiny/weights.txt": "rubbish", "tiny/._weights.txt": "rubbish"],
      ["tiny/old_weights.txt": "rubbish", "tiny/weights.png": "rubbish"],
      ["tiny/subcortical.txt": "rubbish", "tiny/info.txt": "weights_unit = \"au\""],
      ["tiny/weights.txt": nil, "../weights.txt": "0 2\n0.5 0"],
      ["tiny/weights.txt": nil, "/weights.txt": "0 2\n0.5 0"],
      ["tiny/weights.txt": nil, "tiny\\weights.txt": "0 2\n0.5 0"],
      ["tiny/centres.txt": "left\t-1e0\t0\t0\r\nright 1 0 0"], ["folder/": ""],
    ] as [[String: String?]])
  func names(_ changes: [String: String?]) throws {
    checkTiny(try Connectome(bytes: zip(Fixture.connectome(changes))))
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    var changes: [String: String?]
    var sentence: String
    init(_ sentence: String, _ changes: [String: String?]) {
      self.changes = changes
      self.sentence = sentence
    }
    var testDescription: String { sentence }
  }

  @Test(arguments: [
    Bad(
      """
      a.zip: found 'tiny/tract_lengths.txt', 'tiny/centres.txt', 'tiny/areas.txt', \
      'tiny/average_orientations.txt', 'tiny/cortical.txt', 'tiny/hemispheres.txt', \
      expected a file with 'weights' in its name that ends in .txt, .csv or .tsv, or with .bz2 behind it
      """, ["tiny/weights.txt": nil]),
    Bad(
      """
      a.zip: found 'tiny/weights.txt', 'tiny/centres.txt', 'tiny/areas.txt', 'tiny/average_orientations.txt', \
      'tiny/cortical.txt', 'tiny/hemispheres.txt', expected a file with 'tract_lengths' or 'lengths' in its name that ends \
      in .txt, .csv or .tsv, or with .bz2 behind it; --no-delays does without
      """, ["tiny/tract_lengths.txt": nil]),
    Bad(
      "a.zip: found 'tiny/weights.txt', 'other/weights.txt', expected one file with 'weights' in its name",
      ["other/weights.txt": "0 1\n1 0"]),
    Bad(
      "a.zip: found 'a_weights.txt', 'b_weights.txt', expected one file with 'weights' in its name",
      ["tiny/weights.txt": nil, "a_weights.txt": "", "b_weights.txt": ""]),
    Bad(
      "a.zip, member tiny/weights.txt: found shape [2, 3], expected a square matrix",
      ["tiny/weights.txt": "0 1 2\n3 4 5"]),
    Bad(
      """
      a.zip, member tiny/tract_lengths.txt: found shape [3, 3], expected shape [2, 2], for as many regions \
      as weights
      """, ["tiny/tract_lengths.txt": "0 0 0\n0 0 0\n0 0 0"]),
    Bad(
      """
      a.zip, member tiny/tract_lengths.txt, line 2, column 1: found '-31.5', \
      expected a finite number that is not negative
      """, ["tiny/tract_lengths.txt": "0 30\n-31.5 0\n"]),
    Bad(
      "a.zip, member tiny/weights.txt, line 1, column 3: found 'nan', expected a finite number",
      ["tiny/weights.txt": "0 nan\n1 0"]),
    Bad(
      "a.zip, member tiny/weights.txt: found no numbers, expected at least one line of them",
      ["tiny/weights.txt": ""]),
    Bad(
      "a.zip, member tiny/centres.txt: found shape [1, 3], expected shape [2, 3], for as many regions as weights",
      ["tiny/centres.txt": "left 0 0 0"]),
    Bad(
      "a.zip, member tiny/centres.txt, line 2, column 7: found 'x', expected a number",
      ["tiny/centres.txt": "left 0 0 0\nright x 0 0"]),
    Bad(
      """
      a.zip, member tiny/areas.txt: found shape [3, 1], expected shape [2], for as many regions \
      as weights
      """, ["tiny/areas.txt": "1\n2\n3"]),
    Bad(
      "a.zip, member tiny/cortical.txt, line 2, column 1: found '2', expected 0 or 1",
      ["tiny/cortical.txt": "1\n2\n"]),
  ])
  func mistakesAreNamed(_ bad: Bad) {
    let error = #expect(throws: FileError.self) {
      try Connectome(bytes: zip(Fixture.connectome(bad.changes)), name: "a.zip")
    }
    #expect(error?.description == bad.sentence)
  }

  @Test func twoMembersOfOneName() {
    let error = #expect(throws: FileError.self) {
      try Connectome(bytes: zip(Fixture.connectome + Fixture.connectome))
    }
    #expect(error?.kind == .ambiguous)
    #expect(error?.found == "'tiny/weights.txt', 'tiny/weights.txt'")
  }

  @Test func encryptedMember() {
    let error = #expect(throws: FileError.self) {
      try Connectome(bytes: zip(Fixture.connectome, isEncrypted: true))
    }
    #expect(error?.kind == .unsupported)
    #expect(error?.member == "tiny/weights.txt")
  }

  @Test(arguments: [zip(Fixture.connectome), zip(Fixture.bzip2)])
  func damageIsReadOrRefused(_ bytes: [UInt8]) {
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) { try Connectome(bytes: Array(bytes[..<length])) }
    }
    for bytes in damaged(bytes) {
      if let connectome = try? Connectome(bytes: bytes) { #expect(connectome.regions == 2) }
    }
  }

  @Test(.needs("connectivity_76.zip"))
  func connectivity76() throws {
    let connectome = try Connectome(path: RealData.path("connectivity_76.zip"))
    #expect(connectome.regions == 76)
    #expect(connectome.labels.prefix(3) == ["rA1", "rA2", "rAMYG"])
    #expect(connectome.centres?.prefix(3) == [-9.885591, -47.084818, -3.139360])
    #expect(connectome.areas?[0] == 396.44065)
    #expect(connectome.orientations?.count == 228)
    #expect(connectome.cortical == Array(repeating: true, count: 76))
    #expect(connectome.hemispheres == nil)
    #expect(connectome.weights.prefix(3) == [2, 2, 0])
    #expect(connectome.tractLengths[1] == 20.330072)
    let edges = connectome.edges()
    #expect(edges.count == 1560)
    let selfConnections = (0..<edges.count).filter { edges.sources[$0] == edges.targets[$0] }
    #expect(selfConnections.count == 66)
    #expect(selfConnections.allSatisfy { edges.lengths[$0] == 0 })
    // Maximum and sum of numpy.rint(lengths / 3 / 0.1) where weights != 0, for this file and the next.
    let delays = try edges.delays(timeStep: 0.1).map(Int.init)
    #expect(delays.max() == 462)
    #expect(delays.reduce(0, +) == 296_468)
  }

  @Test(.needs("connectivity_998.zip"))
  func connectivity998() throws {
    let connectome = try Connectome(path: RealData.path("connectivity_998.zip"))
    #expect(connectome.regions == 998)
    let edges = connectome.edges()
    #expect(edges.count == 35_730)
    let delays = try edges.delays(timeStep: 0.1).map(Int.init)
    #expect(delays.max() == 632)
    #expect(delays.reduce(0, +) == 4_795_420)
    let weights = connectome.weights
    let isSymmetric = stride(from: 0, to: weights.count, by: 1).allSatisfy { place in
      let (row, column) = place.quotientAndRemainder(dividingBy: 998)
      return weights[place] == weights[column * 998 + row]
    }
    #expect(!isSymmetric)
  }
}
