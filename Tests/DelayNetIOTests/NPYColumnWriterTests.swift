import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite struct NPYColumnWriterTests {
  @Test(arguments: [[1], [3], [2, 5], []]) func anyPiecesGiveTheFileOfTheWhole(rows: [Int]) throws {
    try withTemporaryFolder { folder in
      let (count, columns) = (rows.reduce(1, *), 23)
      let values = RandomKey(seed: 1).normal(count * columns, as: Double.self)
      try NPYArray(values, shape: rows + [columns]).write(to: folder + "/whole.npy")
      let expected = try Data(contentsOf: URL(fileURLWithPath: folder + "/whole.npy"))
      for piece in [1, 4, 23] {
        for room in [columns, columns + 1, 1_000_000] {
          var writer = try NPYColumnWriter(path: folder + "/pieces.npy", rows: rows, columns: room, as: Double.self)
          while writer.written < columns {
            let (first, size) = (writer.written, min(piece, columns - writer.written))
            try writer.append(
              (0..<count).flatMap { values[($0 * columns + first)..<($0 * columns + first + size)] }, columns: size)
          }
          try writer.finish()
          #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/pieces.npy")) == expected)
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["pieces.npy", "whole.npy"])
    }
  }

  @Test func withoutColumns() throws {
    try withTemporaryFolder { folder in
      let writer = try NPYColumnWriter(path: folder + "/a.npy", rows: [2, 3], columns: 5, as: Float.self)
      try writer.finish()
      #expect(try NPYArray(path: folder + "/a.npy").shape == [2, 3, 0])
    }
  }

  @Test func anUnfinishedFileLeavesTheOldOne() throws {
    try withTemporaryFolder { folder in
      try NPYArray([1.0]).write(to: folder + "/a.npy")
      do {
        var writer = try NPYColumnWriter(path: folder + "/a.npy", rows: [2], columns: 5, as: Double.self)
        try writer.append([1, 2], columns: 1)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
      #expect(try NPYArray(path: folder + "/a.npy").storage == .float64([1]))
    }
  }

  @Test func mistakes() throws {
    try withTemporaryFolder { folder in
      var writer = try NPYColumnWriter(path: folder + "/a.npy", rows: [2], columns: 2, as: Double.self)
      for (values, columns) in [([1], 1), ([1, 2, 3, 4, 5, 6], 3)] as [([Double], Int)] {
        var failed = false
        do throws(FileError) { try writer.append(values, columns: columns) } catch { failed = error.kind == .mismatch }
        #expect(failed)
      }
      for (path, rows) in [(folder + "/no/a.npy", [2]), (folder, [2]), (folder + "/b.npy", [1 << 40, 1 << 40])] {
        var failed = false
        do { _ = try NPYColumnWriter(path: path, rows: rows, columns: 2, as: Double.self) } catch { failed = true }
        #expect(failed)
      }
    }
  }
}
