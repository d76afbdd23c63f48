import DelayNetIO
import Foundation
import Testing

@Suite struct NPYArrayReadingTests {
  @Test func filesOfNumPy() throws {
    let bigEndian = try NPYArray(bytes: Fixture.fortranBigEndian)
    #expect(bigEndian.shape == [2, 3])
    #expect(bigEndian.storage == .int32([0, 0, 1, 1, 2, 2]))
    let version2 = try NPYArray(bytes: Fixture.version2)
    #expect(version2.shape == [1, 1])
    #expect(version2.storage == .float32([1.5]))
    let version3 = try NPYArray(bytes: Fixture.version3)
    #expect(version3.shape == [])
    #expect(version3.storage == .int64([-1]))
    let cube = try NPYArray(bytes: Fixture.fortranCube)
    #expect(cube.shape == [2, 3, 4])
    #expect(cube.storage == .float32((0..<24).map(Float.init)))
  }

  @Test func bytesMayComeAsASpan() throws {
    let bytes = Fixture.version2
    let array = try NPYArray(bytes: bytes.span)
    #expect(array.storage == .float32([1.5]))
  }

  @Test(arguments: [
    ("i4", 4), ("f4", 4), ("i8", 8), ("f8", 8),
  ])
  func bigEndianIsSwapped(_ type: String, _ width: Int) throws {
    let elements = (0..<3 * width).map { UInt8($0 * 7) }
    let swapped = stride(from: 0, to: elements.count, by: width).flatMap {
      elements[$0..<$0 + width].reversed()
    }
    func dictionary(_ order: String) -> String {
      "{'descr': '\(order)\(type)', 'fortran_order': False, 'shape': (3,)}"
    }
    #expect(
      try NPYArray(bytes: npy(dictionary("<"), data: elements))
        == NPYArray(bytes: npy(dictionary(">"), data: swapped)))
  }

  @Test(arguments: [
    [5], [1, 5], [5, 1], [2, 3], [33, 40], [2, 3, 4], [1, 7, 1, 2], [3, 2, 4, 5],
    [2, 2, 2, 2, 2, 3],
    [0], [3, 0], [0, 3, 2], [],
  ])
  func fortranOrderBecomesRowMajor(_ shape: [Int]) throws {
    // Each element is its own row-major number, so that the result has to be 0, 1, 2, …
    let count = shape.reduce(1, *)
    var data: [UInt8] = []
    for place in 0..<count {
      var rest = place
      let indices = shape.map { length in
        defer { rest /= length }
        return rest % length
      }
      let value = zip(shape, indices).reduce(0) { $0 * $1.0 + $1.1 }
      withUnsafeBytes(of: Int32(value).littleEndian) { data += $0 }
    }
    let lengths = shape.map { "\($0)," }.joined()
    let array = try NPYArray(
      bytes: npy("{'descr': '<i4', 'fortran_order': True, 'shape': (\(lengths))}", data: data))
    #expect(array.shape == shape)
    #expect(array.storage == .int32((0..<Int32(count)).map { $0 }))
  }

  @Test func fileOnDisk() throws {
    try withTemporaryFolder { folder in
      // Larger than the header's largest size, so that the elements come from two reads.
      let array = try NPYArray((0..<40_000).map(Double.init), shape: [200, 200])
      try save(array.encoded(), to: folder + "/a.npy")
      #expect(try NPYArray(path: folder + "/a.npy") == array)
      try save(Array(array.encoded().dropLast()), to: folder + "/short.npy")
      let error = #expect(throws: FileError.self) { try NPYArray(path: folder + "/short.npy") }
      #expect(error?.kind == .truncated)
      #expect(error?.file == folder + "/short.npy")
      try save([], to: folder + "/empty.npy")
      #expect(throws: FileError.self) { try NPYArray(path: folder + "/empty.npy") }
    }
  }

  @Test(arguments: [
    Fixture.fortranBigEndian, Fixture.version2, Fixture.version3, Fixture.fortranCube,
  ])
  func damageIsReadOrRefused(_ bytes: [UInt8]) {
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) { try NPYArray(bytes: Array(bytes[..<length])) }
    }
    for bytes in damaged(bytes) {
      if let array = try? NPYArray(bytes: bytes) {
        #expect(array.count == array.shape.reduce(1, *))
      }
    }
  }
}
