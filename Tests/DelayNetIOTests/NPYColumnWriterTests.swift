import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite struct NPYColumnWriterTests {
  @Test(arguments: [[1], [3], [2, 5], []]) func anyPiecesGiveTheFileOfTheWhole(rows: [Int]) throws {
    try withTemporaryFolder { folder in
      let (count, columns) = (rows.reduce(1, *), 23)
      let values = try RandomKey(seed: 1).normal(count * columns, as: Double.self)
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

  @Test(arguments: [[1], [2, 5], []]) func aKeptFileIsGoneOnWith(rows: [Int]) throws {
    try withTemporaryFolder { folder in
      let (count, columns) = (rows.reduce(1, *), 23)
      let values = try RandomKey(seed: 1).normal(count * columns, as: Double.self)
      func part(_ range: Range<Int>) -> [Double] {
        (0..<count).flatMap { values[($0 * columns + range.lowerBound)..<($0 * columns + range.upperBound)] }
      }
      let path = folder + "/a.npy"
      let unfinished = NPYColumnWriter<Double>.unfinishedPath(of: path)
      for (cut, goingOn) in [(0, 0), (9, 9), (9, 4), (22, 0), (23, 23), (23, 20)] {
        do {
          var writer = try NPYColumnWriter(path: path, rows: rows, columns: columns, keepsUnfinished: true) as Writer
          try writer.append(part(0..<cut), columns: cut)
          try writer.synchronize()
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy.unfinished"])
        // A whole array at any time, zeros behind the columns.
        let there = try NPYArray(path: unfinished).values(as: Double.self, shape: rows + [columns])
        for row in 0..<count {
          for column in 0..<columns {
            #expect(there[row * columns + column] == (column < cut ? values[row * columns + column] : 0))
          }
        }
        do {
          var writer = try NPYColumnWriter(resuming: path, rows: rows, columnsLeft: columns - goingOn) as Writer
          #expect(writer.written == goingOn && writer.columns == columns)
          try writer.append(part(goingOn..<columns), columns: columns - goingOn)
          #expect(try writer.finish() == rows + [columns])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
        #expect(try NPYArray(path: path).values(as: Double.self, shape: rows + [columns]) == values)
        try FileManager.default.removeItem(atPath: path)
      }
    }
  }

  @Test func aKeptFileMayEndEarly() throws {
    try withTemporaryFolder { folder in
      var writer = try NPYColumnWriter(path: folder + "/a.npy", rows: [2], columns: 5, keepsUnfinished: true) as Writer
      try writer.append([1, 2, 3, 4], columns: 2)
      #expect(try writer.finish() == [2, 2])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
      #expect(try NPYArray(path: folder + "/a.npy") == NPYArray([1.0, 2, 3, 4], shape: [2, 2]))
    }
  }

  @Test func aKeptFileIsHeldAgainstWhatIsAskedFor() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npy"
      let unfinished = NPYColumnWriter<Double>.unfinishedPath(of: path)
      func kind<Element: NPYElement>(_ rows: [Int], _ left: Int, as type: Element.Type) -> FileError.Kind? {
        do throws(FileError) { _ = try NPYColumnWriter(resuming: path, rows: rows, columnsLeft: left, as: type) } catch
        {
          #expect(error.file == unfinished)
          return error.kind
        }
        return nil
      }
      #expect(kind([2], 5, as: Double.self) == .system)
      do {
        let writer = try NPYColumnWriter(path: path, rows: [2], columns: 5, keepsUnfinished: true) as Writer
        // Another one, even in this process, has to wait.
        #expect(kind([2], 5, as: Double.self) == .system)
        _ = consume writer
      }
      for (rows, left) in [([2], 6), ([2], -1), ([3], 5), ([1, 2], 5), ([], 5)] {
        #expect(kind(rows, left, as: Double.self) == .mismatch)
      }
      #expect(kind([2], 5, as: Float.self) == .mismatch)
      #expect(kind([2], 5, as: Double.self) == nil)
      var isRefused = false
      do { _ = try NPYColumnWriter(path: path, rows: [2], columns: 5, keepsUnfinished: true) as Writer } catch {
        isRefused = true
      }
      #expect(isRefused)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: unfinished))
      try bytes.dropLast().write(to: URL(fileURLWithPath: unfinished))
      #expect(kind([2], 5, as: Double.self) == .truncated)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy.unfinished"])
    }
  }

  private typealias Writer = NPYColumnWriter<Double>

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
