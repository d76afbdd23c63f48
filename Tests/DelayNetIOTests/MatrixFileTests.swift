import DelayNet
import Foundation
import TestSupport
import Testing

import DelayNetIO

@Suite struct MatrixFileTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("matrix-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    return path(name)
  }

  private func fails(_ path: String, name: String? = nil, _ kind: FileError.Kind, _ words: String...) {
    do throws(FileError) {
      _ = try MatrixFile(path: path, name: name)
      Issue.record("\(path) was read")
    } catch {
      #expect(error.kind == kind, "\(error)")
      for word in words { #expect(error.description.contains(word), "\(error)") }
    }
  }

  @Test func everyFormatHasTheSameMatrix() throws {
    let values = [1.5, -2, 0.25, 4, 5, 6]
    try NPYArray(values, shape: [2, 3]).write(to: path("a.npy"))
    try NPYArray(values.map { Float($0) }, shape: [2, 3]).write(to: path("single.npy"))
    // One state's output of a run.
    try NPYArray(values, shape: [1, 2, 3]).write(to: path("output.npy"))
    try NPZArchive.write(
      [("vector", NPYArray([1.0, 2], shape: [2])), ("fc", NPYArray(values, shape: [2, 3]))], to: path("a.npz"))
    var files = ["a.npy", "single.npy", "output.npy", "a.npz"].map(path)
    files.append(try write("1.5,-2,0.25\n4,5,6\n", to: "a.csv"))
    files.append(try write("1.5 -2 .25\n\n4\t5 6", to: "a.txt"))
    files.append(try write(",x,y,z\nfirst,1.5,-2,0.25\nsecond,4,5,6\n", to: "named.csv"))
    for file in files {
      let matrix = try MatrixFile(path: file)
      #expect(matrix.rows == 2 && matrix.columns == 3 && matrix.values == values, "\(file)")
      #expect(matrix.rowNames == (file.hasSuffix("named.csv") ? ["first", "second"] : nil), "\(file)")
    }
    #expect(try MatrixFile(path: path("a.npz"), name: "fc").values == values)
  }

  @Test func whatIsNoMatrixIsRefused() throws {
    fails(path("nothing.npy"), .system)
    try NPYArray([1.0, 2, 3], shape: [3]).write(to: path("vector.npy"))
    fails(path("vector.npy"), .mismatch, "[3]", "two axes")
    try NPYArray([1.0, .nan, 3, 4], shape: [2, 2]).write(to: path("nan.npy"))
    fails(path("nan.npy"), .invalidValue, "nan")
    fails(try write("1,2\n3\n", to: "ragged.csv"), .mismatch)
    fails(try write("1,2\n3,four\n", to: "word.csv"), .malformed, "four")
    let square = try NPYArray([1.0, 2, 3, 4], shape: [2, 2])
    try NPZArchive.write([("a", square), ("b", square)], to: path("two.npz"))
    fails(path("two.npz"), .ambiguous, "a", "b")
    fails(path("two.npz"), name: "c", .missing, "'c'", "a", "b")
    #expect(try MatrixFile(path: path("two.npz"), name: "b").values == [1, 2, 3, 4])
    try NPZArchive.write([("v", NPYArray([1.0, 2], shape: [2]))], texts: [("names", ["x"])], to: path("none.npz"))
    fails(path("none.npz"), .missing, "v")
    fails(path("none.npz"), name: "names", .mismatch, "texts")
    fails(path("vector.npy"), name: "a", .missing, "'a'")
  }
}
