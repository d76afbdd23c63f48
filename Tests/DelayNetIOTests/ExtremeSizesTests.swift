import DelayNet
import DelayNetIO
import Foundation
import TestSupport
import Testing

/// No value of any public initialiser or call ends the program, each in a process of its own.
@Suite struct ExtremeSizesTests {
  @Test("extreme sizes are thrown", arguments: extremes.map(\.name))
  func extremeSize(name: String) async {
    await #expect(processExitsWith: .success) { [name] in extremes[name].runToTheEnd() }
  }

  @Test func namesAreUnique() { #expect(Set(extremes.map(\.name)).count == extremes.count) }

  /// A zip counts a name's bytes in 16 bits: the longest that fits is written and read, one byte more is thrown.
  @Test(arguments: ArchiveCompression.allCases) func theLongestNameOfAnArray(compression: ArchiveCompression) throws {
    let array = try NPYArray([1.0, 2, 3])
    let longest = String(repeating: "n", count: 65_531)
    let arrays = (0..<3).map { (name: "\($0)" + longest.dropFirst(), array: array) }
    let archive = try NPZArchive(bytes: NPZArchive.encoded(arrays, compression: compression))
    #expect(archive.names == arrays.map(\.name))
    #expect(try archive[arrays[2].name] == array)
    for name in [longest + "n", String(repeating: "ä", count: 32_766), String(repeating: "n", count: 70_000)] {
      let error = #expect(throws: FileError.self) {
        try NPZArchive.encoded([(name: "a", array: array), (name: name, array: array)], compression: compression)
      }
      #expect(error?.kind == .invalidValue && error?.expected == "at most 65535")
      let file = temporary("long.npz")
      #expect(throws: FileError.self) { try NPZArchive.write([(name: name, array: array)], to: file) }
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }
}

// ---- The table -----------------------------------------------------------------------------------------------------

private let sizes = impossibleSizes

private func temporary(_ name: String) -> String {
  FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())-\(name)").path
}

/// Makes a file of some bytes and then so many zeros, which take no room on the disk, for `body`.
private func withSparseFile(_ start: [UInt8], size: Int, _ body: (String) throws -> Void) throws {
  let path = temporary("sparse")
  defer { try? FileManager.default.removeItem(atPath: path) }
  guard FileManager.default.createFile(atPath: path, contents: Data(start)), truncate(path, size) == 0 else {
    // A file system that has no such files is not what is tested.
    throw FileError(.system, file: path, found: "no sparse files", expected: "some")
  }
  try body(path)
}

private func header(_ shape: String) -> [UInt8] {
  let text = "{'descr': '<f8', 'fortran_order': True, 'shape': \(shape), }\n"
  return Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }) + [1, 0, UInt8(text.utf8.count), 0]
    + Array(text.utf8)
}

private let extremes: [ExtremeCase] = extremeTable { t in
  t.each("NPYArray(shape:)", of: sizes) { _ = try NPYArray([1.0, 2], shape: [$0, $0, 2]) }
  t.each("NPYArray of axes", of: [33, 100_000]) { _ = try NPYArray([1.0], shape: Array(repeating: 1, count: $0)) }
  t.each("NPYArray.values(shape:)", of: sizes) { _ = try NPYArray([1.0]).values(as: Int32.self, shape: [$0, $0]) }
  t.each("NPYArray.values of numbers too large", of: [1e300, .infinity, .nan, -1e300]) {
    _ = try NPYArray([$0]).values(as: Int64.self)
  }
  t.each("a .npy of a shape", of: ["(9223372036854775807,)", "(4294967296, 4294967296)"]) {
    _ = try NPYArray(bytes: header($0))
  }
  t.each("a .npy of nothing", of: ["(0, 9223372036854775807)", "(4294967296, 0)"], mayReturn: true) {
    _ = try NPYArray(bytes: header($0))
  }
  t.each("a sparse .npy", of: [1 << 40, 1 << 42]) { size in
    let start = header("(\(size / 8),)")
    try withSparseFile(start, size: start.count + size) { _ = try NPYArray(path: $0) }
  }
  t.each("a sparse .npy of two axes", of: [1 << 40]) { size in
    let start = header("(\(size / 16), 2)")
    try withSparseFile(start, size: start.count + size) { _ = try NPYArray(path: $0) }
  }
  t.each("a sparse archive", of: [1 << 40]) { size in
    try withSparseFile([0x50, 0x4b, 3, 4], size: size) { _ = try NPZArchive(path: $0) }
  }
  t.each("a sparse connectome", of: [1 << 40]) { size in
    try withSparseFile([0x50, 0x4b, 3, 4], size: size) { _ = try Connectome(path: $0) }
  }
  t.each("a sparse carry", of: [1 << 40]) { size in
    try withSparseFile([0x8f] + Array("DNCARRY".utf8), size: size) { _ = try NetworkCarry<Float>(path: $0) }
  }
  t.each("NPYColumnWriter(rows:)", of: sizes) {
    _ = try NPYColumnWriter<Double>(path: temporary("w.npy"), rows: [$0, 2], columns: 1 << 61)
  }
  t.each("NPYColumnWriter(columns:)", of: [Int.max, Int.max / 2, 1 << 60, -1, Int.min]) {
    _ = try NPYColumnWriter<Double>(path: temporary("w.npy"), rows: [2, 3], columns: $0)
  }
  t.each("NPYColumnWriter that keeps its file, columns", of: sizes) {
    _ = try NPYColumnWriter<Double>(path: temporary("w.npy"), rows: [1 << 20, 3], columns: $0, keepsUnfinished: true)
  }
  t.each("NPYColumnWriter of axes", of: [32, 100_000]) {
    _ = try NPYColumnWriter<Float>(path: temporary("w.npy"), rows: Array(repeating: 1, count: $0), columns: 1)
  }
  t.each("NPYColumnWriter.append(columns:)", of: sizes) {
    var writer = try NPYColumnWriter<Float>(path: temporary("w.npy"), rows: [3, 4], columns: 10)
    try writer.append([Float](repeating: 0, count: 12), columns: 1)
    try writer.append([], columns: $0)
  }
  t.each("NPYColumnWriter(resuming:)", of: sizes) { left in
    let path = temporary("w.npy")
    defer { try? FileManager.default.removeItem(atPath: NPYColumnWriter<Float>.unfinishedPath(of: path)) }
    do { _ = try NPYColumnWriter<Float>(path: path, rows: [2], columns: 5, keepsUnfinished: true) }
    _ = try NPYColumnWriter<Float>(resuming: path, rows: [2], columnsLeft: left)
  }
  t.each("NPYColumnWriter(resuming:) of rows", of: sizes) { rows in
    let path = temporary("w.npy")
    defer { try? FileManager.default.removeItem(atPath: NPYColumnWriter<Float>.unfinishedPath(of: path)) }
    do { _ = try NPYColumnWriter<Float>(path: path, rows: [2], columns: 5, keepsUnfinished: true) }
    _ = try NPYColumnWriter<Float>(resuming: path, rows: [rows, rows], columnsLeft: 1)
  }
  t.each("NPZArchive, a name of bytes", of: [65_532, 70_000, 1 << 20]) {
    _ = try NPZArchive.encoded([(name: String(repeating: "x", count: $0), array: try NPYArray([1.0]))])
  }
  t.each("NPZArchive, asked for a name of bytes", of: [70_000, 1 << 20]) {
    let archive = try NPZArchive(bytes: NPZArchive.encoded([(name: "a", array: try NPYArray([1.0]))]))
    _ = try archive[String(repeating: "x", count: $0)]
  }
  t.each("ArchiveLimits of an archive", of: [Int.min, -1, 0]) {
    let bytes = try NPZArchive.encoded([(name: "a", array: try NPYArray([1.0]))])
    _ = try NPZArchive(bytes: bytes, limits: ArchiveLimits(entries: $0, bytes: $0, ratio: $0))
  }
  t.each("ArchiveLimits of an array", of: [Int.min, -1, 0]) {
    let bytes = try NPZArchive.encoded([(name: "a", array: try NPYArray([1.0]))])
    _ = try NPZArchive(bytes: bytes, limits: ArchiveLimits(bytes: $0, ratio: $0))["a"]
  }
  t.each("ArchiveLimits without a limit", of: [Int.max], mayReturn: true) {
    let bytes = try NPZArchive.encoded([(name: "a", array: try NPYArray([1.0]))])
    _ = try NPZArchive(bytes: bytes, limits: ArchiveLimits(entries: $0, bytes: $0, ratio: $0))["a"]
  }
  t.each("ArchiveLimits of a folder", of: [Int.min, -1, 0, Int.max]) {
    let folder = temporary("folder")
    try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = FileManager.default.createFile(atPath: folder + "/weights.txt", contents: Data("1".utf8))
    _ = try Connectome(path: folder, limits: ArchiveLimits(entries: $0, bytes: $0, ratio: $0))
  }
  t.each("Connectome(regions:)", of: sizes + [1 << 31, 3_000_000_000]) {
    _ = try Connectome(regions: $0, weights: [], tractLengths: [])
  }
  t.each("Connectome.delays(speed:)", of: [0, -1, .nan, Double.leastNonzeroMagnitude]) {
    _ = try Connectome(regions: 1, weights: [1], tractLengths: [1]).delays(speed: $0, timeStep: 1)
  }
  t.each("Connectome.delays(timeStep:)", of: [0, -1, .nan, .infinity, Double.leastNonzeroMagnitude]) {
    _ = try Connectome(regions: 1, weights: [1], tractLengths: [1]).edges().delays(timeStep: $0)
  }
  t.each("a carry's goal and name", of: [Int.min, -1]) {
    let problem = try Problem(
      Network<Float>(nodes: 1, sources: [], targets: [], weights: [], delays: []), model: .linear, timeStep: 1)
    var carry = try problem.start()
    carry.goal = $0
    try carry.write(to: temporary("carry"))
  }
  t.each("a fingerprint of bytes", of: [1 << 26]) {
    let problem = try Problem(
      Network<Float>(nodes: 1, sources: [], targets: [], weights: [], delays: []), model: .linear, timeStep: 1)
    var carry = try problem.start()
    carry.fingerprint = Fingerprint(settings: [.init(name: "a", value: String(repeating: "x", count: $0))])
    try carry.write(to: temporary("carry"))
  }
}
