import DelayNetIO
import Foundation
import Testing

@Suite struct NPYArrayWritingTests {
  static let shapes = [
    [], [0], [1], [3], [2, 3], [3, 0, 2], [1, 1, 1], [2, 3, 4], Array(repeating: 1, count: 32),
  ]

  @Test(arguments: shapes)
  func everyTypeComesBack(_ shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let arrays = [
      try NPYArray((0..<count).map { Float($0) / 3 }, shape: shape),
      try NPYArray((0..<count).map { Double($0) / 3 }, shape: shape),
      try NPYArray((0..<count).map { Int32($0 - 2) }, shape: shape),
      try NPYArray((0..<count).map { Int64.min + Int64($0) }, shape: shape),
    ]
    for array in arrays {
      let bytes = array.encoded()
      #expect(try NPYArray(bytes: bytes) == array)
      #expect((bytes.count - count * array.elementType.byteCount) % 64 == 0)
      try withTemporaryFolder { folder in
        try array.write(to: folder + "/a.npy")
        #expect(FileManager.default.contents(atPath: folder + "/a.npy") == Data(bytes))
        #expect(try NPYArray(path: folder + "/a.npy") == array)
      }
    }
  }

  @Test func bitsComeBack() throws {
    let values = [Float(bitPattern: 0x7fc1_2345), -0.0, .infinity, .leastNonzeroMagnitude]
    let read = try NPYArray(bytes: NPYArray(values).encoded()).values(as: Float.self)
    #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test func longestHeaderComesBack() throws {
    let array = try NPYArray([Double](), shape: [0] + Array(repeating: 3, count: 31))
    #expect(try NPYArray(bytes: array.encoded()) == array)
  }
}
