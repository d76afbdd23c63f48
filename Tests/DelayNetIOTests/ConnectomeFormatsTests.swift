import DelayNetIO
import Foundation
import Testing

/// The four regions of every file in Files; `make_files.py` makes these.
enum FourRegions {
  static let weights = [0, 0.4, 0, 0.1, 0.3, 0, 0.2, 0, 0, 0.5, 0, 0.6, 0.1, 0, 0.2, 0]
  static let lengths = [0, 30, 0, 75, 30, 0, 42.5, 0, 0, 42.5, 0, 18, 75, 0, 18, 0]
  static let labels = ["lA1", "lV1", "rA1", "rVö"]
  static let numbers = ["0", "1", "2", "3"]

  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Files", withExtension: nil)).appendingPathComponent(name).path
  }
}

/// A file of a format that is read: what it is called, and what it has beside weights and lengths.
struct FormatCase: CustomTestStringConvertible {
  let name: String
  var fields: [ConnectomeField: String] = [:]
  var labels = FourRegions.labels
  var hasCentres = false
  /// Whether weights are in single precision.
  var isFloat = false
  var testDescription: String { name }

  static let all =
    [
      FormatCase(name: "numpy.npz", hasCentres: true),
      FormatCase(name: "other_names.npz", fields: [.lengths: "my_lengths"], isFloat: true),
    ] + matlab + hdf5

  #if MATLAB
    static let matlab = [
      FormatCase(name: "v5.mat"), FormatCase(name: "v5_compressed.mat"),
      FormatCase(name: "v73.mat", labels: FourRegions.numbers),
    ]
  #else
    static let matlab: [FormatCase] = []
  #endif
  #if HDF5
    static let hdf5 = [FormatCase(name: "tvb.h5", hasCentres: true), FormatCase(name: "strings.h5", isFloat: true)]
  #else
    static let hdf5: [FormatCase] = []
  #endif
}

@Suite struct ConnectomeFormatsTests {
  @Test(arguments: FormatCase.all) func everyFormatHasTheSameNumbers(_ file: FormatCase) throws {
    let read = try Connectome(path: FourRegions.path(file.name), fields: file.fields)
    #expect(read.regions == 4 && read.labels == file.labels)
    #expect(zip(read.weights, FourRegions.weights).allSatisfy { abs($0 - $1) <= (file.isFloat ? 1e-7 : 0) })
    // One file has whole lengths.
    let lengths = file.name == "v5_compressed.mat" ? FourRegions.lengths.map { $0.rounded(.down) } : FourRegions.lengths
    #expect(read.tractLengths == lengths)
    #expect((read.centres != nil) == file.hasCentres)
    if file.hasCentres {
      #expect(read.centres?[3..<6] == [20.5, -12.25, 40] && read.cortical == [true, true, false, true])
    }
    #expect(read.warnings(speed: 3) == [])
  }

  @Test(arguments: FormatCase.all) func namesMayBeGiven(_ file: FormatCase) throws {
    let path = try FourRegions.path(file.name)
    do {
      _ = try Connectome(path: path, fields: [.weights: "none of these"])
      Issue.record("read without an array of that name")
    } catch {
      #expect(error.kind == .missing && error.file == path && error.description.contains("'none of these'"))
    }
    let withoutLengths = try Connectome(path: path, readsLengths: false)
    #expect(withoutLengths.tractLengths.allSatisfy { $0 == 0 } && withoutLengths.labels == file.labels)
  }

  /// Cut at every byte, and with every byte changed: read as something sound, or refused with the file's name. Of files that
  /// another process reads, at some 150 of them.
  @Test(arguments: FormatCase.all) func damageIsReadOrRefused(_ file: FormatCase) throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: FourRegions.path(file.name))))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("damage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent(file.name).path
    func read(_ bytes: [UInt8]) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        let read = try Connectome(path: path, fields: file.fields, limits: ArchiveLimits(bytes: 1 << 20))
        #expect(read.weights.count == read.regions * read.regions && read.weights.allSatisfy { $0.isFinite })
        #expect(
          read.tractLengths.count == read.weights.count && read.tractLengths.allSatisfy { $0.isFinite && $0 >= 0 })
        #expect(read.labels.count == read.regions)
      } catch {
        #expect(error.file == path)
      }
    }
    let step = file.name.hasSuffix(".npz") ? 1 : whole.count / 150 + 1
    for end in stride(from: 0, to: whole.count, by: step) { try read(Array(whole[..<end])) }
    for place in stride(from: 0, to: whole.count, by: step) {
      for mask: UInt8 in [0xff, 0x01] {
        var bytes = whole
        bytes[place] ^= mask
        try read(bytes)
      }
    }
  }

  @Test func aFormatThatIsNotBuiltInIsNamed() throws {
    for (name, trait) in [("v5.mat", "MATLAB"), ("v73.mat", "MATLAB"), ("tvb.h5", "HDF5")] {
      do {
        _ = try Connectome(path: FourRegions.path(name))
      } catch let error as FileError {
        #expect(error.kind == .unsupported && error.description.contains(trait), "\(error)")
      }
    }
    #if MATLAB && HDF5
      #expect(FormatCase.all.count == 7)
    #endif
  }

  @Test func matricesOfTheirOwn() throws {
    let (commas, decimal, tabs) = (
      try FourRegions.path("commas.csv"), try FourRegions.path("decimal_commas.csv"), try FourRegions.path("tabs.tsv")
    )
    for (lengths, labels) in [(decimal, nil), (tabs, nil), (tabs, try FourRegions.path("names.csv"))]
      as [(String, String?)]
    {
      let read = try Connectome(weights: commas, lengths: lengths, labels: labels)
      #expect(read.weights == FourRegions.weights && read.tractLengths == FourRegions.lengths)
      #expect(read.labels == FourRegions.labels)
    }
    #expect(try Connectome(weights: decimal, lengths: nil).labels == FourRegions.numbers)
  }

  /// Tables as data frames are written, with an index for lines, columns or both: all the same matrix.
  @Test(
    arguments: [
      (",0,1,2,3\n0,0,0.4,0,0.1\n1,0.3,0,0.2,0\n2,0,0.5,0,0.6\n3,0.1,0,0.2,0\n", FourRegions.numbers),
      ("0,1,2,3\n0,0.4,0,0.1\n0.3,0,0.2,0\n0,0.5,0,0.6\n0.1,0,0.2,0\n", FourRegions.numbers),
      ("1;0;0,4;0;0,1\n2;0,3;0;0,2;0\n3;0;0,5;0;0,6\n4;0,1;0;0,2;0\n", ["1", "2", "3", "4"]),
      (",a,b,c,d\n0,0,0.4,0,0.1\n1,0.3,0,0.2,0\n2,0,0.5,0,0.6\n3,0.1,0,0.2,0\n", ["a", "b", "c", "d"]),
      ("id,a,b,c,d\n1,0,0.4,0,0.1\n2,0.3,0,0.2,0\n3,0,0.5,0,0.6\n4,0.1,0,0.2,0\n", ["a", "b", "c", "d"]),
      (
        "\"a\" \"b\" \"c\" \"d\"\n\"1\" 0 0.4 0 0.1\n\"2\" 0.3 0 0.2 0\n\"3\" 0 0.5 0 0.6\n\"4\" 0.1 0 0.2 0\n",
        ["a", "b", "c", "d"]
      ),
      (
        "a\tb\tc\td\nw 1\t0\t0.4\t0\t0.1\nx\t0.3\t0\t0.2\t0\ny\t0\t0.5\t0\t0.6\nz\t0.1\t0\t0.2\t0\n",
        ["w 1", "x", "y", "z"]
      ),
    ])
  func tablesWithAnIndex(_ text: String, _ labels: [String]) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).csv").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let read = try Connectome(weights: path, lengths: nil)
    #expect(read.weights == FourRegions.weights && read.labels == labels)
  }

  /// Names with blanks in a list of names, with and without numbers around them.
  @Test(
    arguments: [
      "left A 1\nleft V\nright A\nright V\n", "name\nleft A 1\nleft V\nright A\nright V\n",
      "1 left A 1\n2 left V\n3 right A\n4 right V\n",
      "10 left A 1 0 9 9\n11 left V 0 9 9\n12 right A 0 9 9\n49 right V 0 9 9\n",
      "label\nleft A 1\r\nleft V\r\nright A\r\nright V",
    ])
  func namesWithBlanks(_ names: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).txt").path
    try Data(names.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let read = try Connectome(weights: FourRegions.path("commas.csv"), lengths: nil, labels: path)
    // With three numbers behind every name, one that is part of a name is kept.
    #expect(read.labels == ["left A 1", "left V", "right A", "right V"])
  }

  @Test func whatIsNotReadIsSaid() throws {
    let read = try Connectome(path: FourRegions.path("objects.npz"))
    #expect(read.weights == FourRegions.weights && read.labels == FourRegions.numbers)
    #expect(read.warnings().count == 1 && read.warnings()[0].hasPrefix("'labels' is not read: found "))
    #expect(throws: FileError.self) {
      try Connectome(path: FourRegions.path("objects.npz"), fields: [.labels: "labels"])
    }
  }

  #if HDF5
    @Test func numbersInOtherFilesAreNotRead() throws {
      do {
        _ = try Connectome(path: FourRegions.path("numbers_elsewhere.h5"))
        Issue.record("read numbers of another file")
      } catch let error as FileError {
        #expect(error.kind == .unsupported && error.member == "weights")
      }
    }
  #endif

  /// A table in a text, and the place of what is wrong with it.
  @Test(
    arguments: [
      ("1,2\n3,x\n", "line 2, column 3: found 'x', expected a number"),
      ("a,b\n1,2\n3\n", "line 3, column 1: found 1 fields, expected 2 as in line 2"),
      ("1,2\n3,\n", "line 2, column 3: found '', expected a number"), ("1,nan\n2,3\n", "line 1, column 3"),
      ("", "found an empty"), ("\n\n", "no numbers"), ("1,2\n", "expected a square matrix"),
      ("\"1,2\n3,4\n", "line 1, column 1"),
      ("1;2,5\n3;4\n0;0\n", "expected a square matrix"),
    ])
  func mistakesInTables(_ text: String, _ message: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).csv").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      _ = try Connectome(weights: path, lengths: nil)
      Issue.record("read")
    } catch {
      #expect(error.file == path && (error.description.contains(message) || text.isEmpty), "\(error)")
    }
  }
}

/// Folders as people have them, each with what becomes of it.
@Suite struct ConnectomeFoldersTests {
  private static let weights = "0 0.4 0 0.1\n0.3 0 0.2 0\n0 0.5 0 0.6\n0.1 0 0.2 0\n"
  private static let lengths = "0 30 0 75\n30 0 42.5 0\n0 42.5 0 18\n75 0 18 0\n"
  private static let centres = "lA1 10.5 -12.25 40\nlV1 20.5 -12.25 40\nrA1 30.5 -12.25 40\nrVö 40.5 -12.25 40\n"

  private func read(
    _ files: [String: String], fields: [ConnectomeField: String] = [:], readsLengths: Bool = true
  ) throws -> Connectome {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tvb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    return try Connectome(path: folder.path, fields: fields, readsLengths: readsLengths)
  }

  @Test(
    arguments: [
      "lA1 10.5 -12.25 40 None\nlV1 20.5 -12.25 40 None\nrA1 30.5 -12.25 40 x y\nrVö 40.5 -12.25 40\n",
      "lA1 10.5 -12.25 40 7 8\nlV1 20.5 -12.25 40 7 8\nrA1 30.5 -12.25 40 7 8\nrVö 40.5 -12.25 40 7 8\n",
      "name x y z\nlA1 10.5 -12.25 40\nlV1 20.5 -12.25 40\nrA1 30.5 -12.25 40\nrVö 40.5 -12.25 40\n",
      "lA1\t10.5\t-12.25\t40\nlV1\t20.5\t-12.25\t40\nrA1\t30.5\t-12.25\t40\nrVö\t40.5\t-12.25\t40\n",
      "lA1, 10.5, -12.25, 40\r\nlV1, 20.5, -12.25, 40\r\nrA1, 30.5, -12.25, 40\r\nrVö, 40.5, -12.25, 40\r\n",
    ])
  func centresWithMore(_ centres: String) throws {
    let read = try read(["weights.txt": Self.weights, "tract_lengths.txt": Self.lengths, "centres.txt": centres])
    #expect(read.labels == FourRegions.labels && read.centres?.prefix(4) == [10.5, -12.25, 40, 20.5])
  }

  @Test func labelsWithBlanks() throws {
    let centres =
      "left A 1 10.5 -12.25 40 None\nlV1 20.5 -12.25 40\nBrodmann area 17 30.5 -12.25 40\n\"r V\" 40.5 -12.25 40\n"
    let read = try read(["weights.txt": Self.weights, "tract_lengths.txt": Self.lengths, "centres.txt": centres])
    #expect(read.labels == ["left A 1", "lV1", "Brodmann area 17", "r V"])
    #expect(read.centres == [10.5, -12.25, 40, 20.5, -12.25, 40, 30.5, -12.25, 40, 40.5, -12.25, 40])
  }

  @Test func centresAreOptional() throws {
    let bare = try read(["weights.txt": Self.weights, "tract_lengths.txt": Self.lengths])
    #expect(bare.labels == FourRegions.numbers && bare.centres == nil && bare.warnings() == [])
    let labelled = try read(
      ["weights.txt": Self.weights, "tract_lengths.txt": Self.lengths, "region_labels.txt": "a\nb\nc\nd\n"])
    #expect(labelled.labels == ["a", "b", "c", "d"])
  }

  @Test func filesMayBeNamed() throws {
    let files = [
      "SC.txt": Self.weights, "fibres.csv": Self.lengths.replacingOccurrences(of: " ", with: ","),
      "roi.txt": "a\nb\nc\nd\n",
      "weights.txt": Self.lengths, "lengths.txt": Self.weights,
    ]
    let read = try read(files, fields: [.weights: "SC", .lengths: "fibres.csv", .labels: "roi.txt"])
    #expect(read.weights == FourRegions.weights && read.tractLengths == FourRegions.lengths)
    #expect(read.labels == ["a", "b", "c", "d"])
    // A file that was named for one field is not found for another one.
    #expect(try self.read(files, fields: [.lengths: "weights", .weights: "SC"]).tractLengths == FourRegions.lengths)
    do {
      _ = try self.read(files, fields: [.weights: "W"])
      Issue.record("read without a file of that name")
    } catch let error as FileError {
      #expect(error.kind == .missing && error.description.contains("'W'") && error.description.contains("'SC.txt'"))
    }
  }

  @Test func twoFilesOfCentres() throws {
    let both = try read([
      "weights.txt": Self.weights, "tract_lengths.txt": Self.lengths, "centres.txt": Self.centres,
      "centers.txt": "a 0 0 0\nb 0 0 0\nc 0 0 0\nd 0 0 0\n",
    ])
    #expect(both.labels == FourRegions.labels)
    #expect(both.warnings() == ["'centres.txt' is read, and 'centers.txt' beside it is not"])
  }

  @Test func lengthsThatAreEmptyOrMissing() throws {
    for files in [["weights.txt": Self.weights, "tract_lengths.txt": ""], ["weights.txt": Self.weights]] {
      do {
        _ = try read(files)
        Issue.record("read without lengths")
      } catch let error as FileError {
        #expect(error.description.contains("tract_lengths"))
      }
      #expect(try read(files, readsLengths: false).tractLengths.allSatisfy { $0 == 0 })
    }
  }

  @Test func tablesWithSeparators() throws {
    let read = try read([
      "weights.csv": "lA1,lV1,rA1,rVö\n" + Self.weights.replacingOccurrences(of: " ", with: ","),
      "tract_lengths.tsv": Self.lengths.replacingOccurrences(of: " ", with: "\t"),
    ])
    #expect(read.weights == FourRegions.weights && read.tractLengths == FourRegions.lengths)
    #expect(read.labels == FourRegions.labels)
  }

  @Test func whatIsSeldomMeantIsSaid() throws {
    func warnings(_ weights: String, _ lengths: String = Self.lengths, speed: Double? = 3) throws -> [String] {
      try read(["weights.txt": weights, "tract_lengths.txt": lengths]).warnings(speed: speed, timeStep: 0.1)
    }
    let upper = try warnings("0 0.7 0 0.2\n0 0 0.7 0\n0 0 0 0.8\n0 0 0 0\n")
    #expect(upper.count == 1 && upper[0].contains("upper triangle"))
    let lower = try warnings("0 0 0 0\n0.7 0 0 0\n0 0.7 0 0\n0.2 0 0.8 0\n")
    #expect(lower.count == 1 && lower[0].contains("lower triangle"))
    let metres = "0 0.03 0 0.075\n0.03 0 0.0425 0\n0 0.0425 0 0.018\n0.075 0 0.018 0\n"
    #expect(try warnings(Self.weights, metres).map { $0.contains("metres") } == [true])
    #expect(try warnings(Self.weights, metres, speed: nil) == [])
    let counts = Self.weights.replacingOccurrences(of: "0.4", with: "1001")
    #expect(try warnings(counts).map { $0.contains("1001") && $0.contains("--normalize") } == [true])
    let isolated = try warnings("0 0.4 0 0\n0.3 0 0.2 0\n0 0.5 0 0\n0 0 0 0\n")
    #expect(isolated == ["1 of 4 regions have no connections, their rows and columns are empty: 3"])
    #expect(try warnings("0 0.4 0 0.1\n0.3 0 0.2 0\n0 0 0 0\n0.1 0 0.2 0\n")[0].contains("receive nothing"))
    #expect(try warnings("0 0 0 0\n0 0 0 0\n0 0 0 0\n0 0 0 0\n") == ["there are no connections between regions"])
  }
}
