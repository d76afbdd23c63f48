import Foundation
import Testing

@testable import DelayNetIO

@Suite struct NPYFileTests {
  private static func path() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).npy").path
  }

  /// Calls `body` with the path of a file of some bytes.
  private static func with(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let path = path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try body(path)
  }

  private static func numbers<Element: NPYElement>(in path: String, as type: Element.Type) throws -> [Element] {
    let file = try NPYFile(path: path)
    let count = file.shape.reduce(1, *)
    return try [Element](unsafeUninitializedCapacity: count) { target, filled in
      try file.read(into: UnsafeMutableBufferPointer(rebasing: target[..<count]))
      filled = count
    }
  }

  @Test func numbersAreReadToWhereTheyBelong() throws {
    // More than comes with the header, and an odd number of them.
    let values = (0..<20_011).map { Double($0) / 4 - 1000 }
    try Self.with(NPYArray(values, shape: [1, 20_011]).encoded()) { path in
      let file = try NPYFile(path: path)
      #expect(file.shape == [1, 20_011] && file.elementType == .float64)
      #expect(file.bytesOfReading(as: Double.self) == 8 * 20_011)
      #expect(file.bytesOfReading(as: Float.self) == (4 + 8) * 20_011)
      let asDouble = try Self.numbers(in: path, as: Double.self)
      #expect(asDouble == values)
      let asFloat = try Self.numbers(in: path, as: Float.self)
      #expect(asFloat == values.map { Float($0) })
    }
    try Self.with(NPYArray([Double](), shape: [0, 3]).encoded()) { path in
      let asDouble = try Self.numbers(in: path, as: Double.self)
      #expect(asDouble == [])
    }
    // The other byte order, in row-major order.
    var swapped = try NPYArray([1, 2.5, -3]).encoded()
    let first = swapped.count - 24
    for number in 0..<3 { swapped[(first + 8 * number)..<(first + 8 * number + 8)].reverse() }
    swapped[try #require(swapped.firstIndex(of: UInt8(ascii: "<")))] = UInt8(ascii: ">")
    try Self.with(swapped) { path in
      let asDouble = try Self.numbers(in: path, as: Double.self)
      #expect(asDouble == [1, 2.5, -3])
    }
    for (bytes, expected) in [
      (Fixture.fortranCube, Array(0..<24)), (Fixture.fortranBigEndian, [0, 0, 1, 1, 2, 2]),
    ] {
      try Self.with(Array(bytes)) { path in
        let asFloat = try Self.numbers(in: path, as: Float.self)
        #expect(asFloat == expected.map { Float($0) })
        let asInt32 = try Self.numbers(in: path, as: Int32.self)
        #expect(asInt32 == expected.map { Int32($0) })
      }
    }
  }

  @Test func whatIsWrongHasThePathOfTheFile() throws {
    let bytes = try NPYArray([1, 0.5, 1e300]).encoded()
    try Self.with(bytes) { path in
      for call in [
        { _ = try Self.numbers(in: path, as: Int32.self) }, { _ = try Self.numbers(in: path, as: Float.self) },
      ] {
        let error = #expect(throws: FileError.self) { try call() }
        #expect(error?.kind == .invalidValue && "\(error!)".contains(path), "\(error!)")
      }
    }
    try Self.with(bytes.dropLast()) { path in
      let error = #expect(throws: FileError.self) { try NPYFile(path: path) }
      #expect(error?.kind == .truncated && "\(error!)".contains(path), "\(error!)")
    }
  }

  /// What is there in the type that is asked for is not copied.
  @Test func ownValuesAreTheStorage() throws {
    let values = [1.0, 2, 3]
    let array = try NPYArray(values)
    let own = values.withUnsafeBufferPointer(\.baseAddress)
    #expect(try array.values(as: Double.self).withUnsafeBufferPointer(\.baseAddress) == own)
    #expect(try array.values(as: Float.self) == [1, 2, 3])
  }
}
