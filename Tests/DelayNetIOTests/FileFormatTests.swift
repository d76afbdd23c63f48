import DelayNet
import DelayNetIO
import Foundation
import Testing

/// Files of other formats than the one that is read: the message says what they are.
@Suite struct FileFormatTests {
  static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  static let files: [(name: String, start: [UInt8], said: String)] = [
    ("a.h5", hdf5, "an HDF5 file"),
    ("userblock.h5", [UInt8](repeating: 1, count: 512) + hdf5, "an HDF5 file"),
    ("a.mat", text("MATLAB 5.0 MAT-file, Platform: GLNXA64"), "a MATLAB file (.mat)"),
    ("a.npy.gz", [0x1f, 0x8b, 8, 0], "a gzip file"),
    ("a.nii.gz", [0x1f, 0x8b, 8, 0], "a gzipped NIfTI image"),
    ("a.tgz", [0x1f, 0x8b, 8, 0], "a gzipped tar archive"),
    ("a.bz2", text("BZh9"), "a bzip2 file"),
    ("a.xz", [0xfd] + text("7zXZ") + [0, 0], "an xz file"),
    ("a.zst", [0x28, 0xb5, 0x2f, 0xfd], "a zstd file"),
    ("a.7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive"),
    ("a.tar", [UInt8](repeating: 0, count: 257) + text("ustar"), "a tar archive"),
    ("a.png", [0x89] + text("PNG\r\n"), "a PNG image"),
    ("a.jpg", [0xff, 0xd8, 0xff, 0xe0], "a JPEG image"),
    ("a.pdf", text("%PDF-1.7"), "a PDF document"),
    ("a.nii", [UInt8](repeating: 0, count: 344) + text("n+1\0"), "a NIfTI image"),
    ("a.parquet", text("PAR1"), "a Parquet file"),
    ("a.pkl", [0x80, 4, 0x95], "a Python pickle"),
    ("A.CSV", text("1,2\n3,4\n"), "a CSV text"),
    ("a.tsv", text("1\t2\n3\t4\n"), "a TSV text"),
    ("a.json", text("[[1, 2]]"), "a JSON text"),
    ("a.txt", text("1 2\n3 4\n"), "a text file"),
    ("a.gii", text("<?xml version=\"1.0\"?>"), "an XML text"),
    ("a.html", text("<!DOCTYPE html>"), "an HTML page"),
  ]

  /// More bytes behind a file's first ones, so that no reader stumbles over the size first; texts stay texts.
  private func whole(_ start: [UInt8]) -> [UInt8] { start + [UInt8](repeating: 0x20, count: 600) }

  @Test(arguments: files.indices)
  func everyReaderNamesThem(_ index: Int) throws {
    let (name, start, said) = Self.files[index]
    let bytes = whole(start)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("delaynet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent(name).path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    func check(_ expected: String, _ body: () throws -> Void) {
      let error = #expect(throws: FileError.self) { try body() }
      #expect(error?.kind == .malformed)
      #expect(error?.found == said)
      #expect(error?.expected.contains(expected) == true, "\(error?.expected ?? "")")
      #expect(error?.file.hasSuffix(name) == true)
    }
    check(".npy") { _ = try NPYArray(path: path) }
    check(".npy") { _ = try NPYArray(bytes: bytes, name: name) }
    check("zip") { _ = try NPZArchive(path: path) }
    check("zip") { _ = try NPZArchive(bytes: bytes, name: name) }
    check("zip") { _ = try Connectome(bytes: bytes, name: name) }
    check("checkpoint") { _ = try NetworkCarry<Float>(path: path) }
    check("checkpoint") { _ = try NetworkCarry<Double>(path: path) }
  }

  @Test func archivesAndArraysInEachOthersPlace() throws {
    let array = try bytes(of: NPYArray([1.0, 2], shape: [2]))
    let archive = zip([("hello.txt", text("hello"))])
    func found(_ body: () throws -> Void) -> String? { #expect(throws: FileError.self) { try body() }?.found }
    #expect(found { _ = try NPZArchive(bytes: array) } == "a NumPy array (.npy)")
    #expect(found { _ = try NPYArray(bytes: archive, name: "a.zip") } == "a zip archive")
    #expect(found { _ = try NPYArray(bytes: archive, name: "a.npz") } == "a NumPy archive (.npz)")
    // A zip without its end is a zip nevertheless.
    #expect(
      found { _ = try NPZArchive(bytes: Array(archive.dropLast(20)), name: "a.zip") }
        == "a zip archive that is damaged or cut short")
    #expect(found { _ = try NPYArray(bytes: [9, 9, 9, 1, 2, 3, 4, 5]) } == #"'\x09\x09\x09\x01\x02\x03'"#)
  }

  @Test func aMatrixAloneIsNoConnectome() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("delaynet-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = [
      ("weights.csv", text("0,1\n1,0\n"), "a CSV text"), ("weights.txt", text("0 1\n1 0\n"), "a text file"),
      ("weights.npy", try bytes(of: NPYArray([0.0, 1, 1, 0], shape: [2, 2])), "a NumPy array (.npy)"),
    ]
    for (name, bytes, said) in files {
      try save(bytes, to: "\(folder)/\(name)")
      let error = #expect(throws: FileError.self) { _ = try Connectome(path: "\(folder)/\(name)") }
      #expect(error?.kind == .malformed && error?.found == said && error?.file == "\(folder)/\(name)")
      #expect(error?.expected.contains("--weights-file") == true)
    }
  }

  private func bytes(of array: NPYArray) throws -> [UInt8] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("delaynet-\(UUID().uuidString).npy").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try array.write(to: path)
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
