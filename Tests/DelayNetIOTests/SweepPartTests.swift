import Foundation
import Testing

@testable import DelayNetIO

@Suite struct SweepPartTests {
  static let part = SweepPart(
    settings: ["model\twong_wang", "text\twith a carriage return\r"], first: 7, codes: [0, 1, 2],
    numbers: [1, 0.5, .infinity, -0.0, .nan, 3])

  /// Sets the checksum right.
  private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    let sum = CRC32.of(bytes.dropLast(4))
    return bytes.dropLast(4) + (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) }
  }

  @Test func isReadAsWritten() throws {
    for part in [
      Self.part, SweepPart(settings: [], first: 0, codes: [0], numbers: []),
      SweepPart(settings: ["\t"], first: 3, codes: [], numbers: []),
    ] {
      let read = try SweepPart(bytes: part.encoded)
      #expect(read.settings == part.settings && read.first == part.first && read.codes == part.codes)
      #expect(read.numbers.map(\.bitPattern) == part.numbers.map(\.bitPattern))
      #expect(read.encoded == part.encoded)
    }
  }

  @Test func everyChangedByteIsNoticed() throws {
    let bytes = Self.part.encoded
    for place in bytes.indices {
      var other = bytes
      other[place] ^= 0x40
      #expect(throws: FileError.self) { try SweepPart(bytes: other) }
      #expect(throws: FileError.self) { try SweepPart(bytes: Array(bytes[..<place])) }
    }
  }

  /// Whoever sets the checksum right may claim any size.
  @Test func claimsAreHeldAgainstTheSize() throws {
    let bytes = Self.part.encoded
    let sizes: [UInt64] = [0, 1, 4, 1 << 31, 1 << 60, UInt64(Int.max) / 8, UInt64(Int.max), .max]
    for place in [12, 24, 32] {
      for size in sizes {
        var other = bytes
        for byte in 0..<(place == 12 ? 4 : 8) {
          other[place + byte] = UInt8(truncatingIfNeeded: size >> UInt64(8 * byte))
        }
        #expect(throws: FileError.self, "\(place), \(size)") { try SweepPart(bytes: Self.sealed(other)) }
      }
    }
    // One point of nearly as many numbers as can be counted.
    var other = bytes
    for byte in 0..<8 {
      other[24 + byte] = byte == 0 ? 1 : 0
      other[32 + byte] = UInt8(truncatingIfNeeded: (UInt64(Int.max) / 8) >> UInt64(8 * byte))
    }
    #expect(throws: FileError.self) { try SweepPart(bytes: Self.sealed(other)) }
  }

  @Test(arguments: [[0x0a], [0xff, 0x0a], [0x61], [0x61, 0x0a, 0x0a]] as [[UInt8]])
  func settingsAreLinesOfText(_ text: [UInt8]) throws {
    var bytes = SweepPart(settings: [], first: 0, codes: [], numbers: []).encoded
    bytes.insert(contentsOf: text, at: 40)
    bytes[12] = UInt8(text.count)
    let error = #expect(throws: FileError.self) { try SweepPart(bytes: Self.sealed(bytes)) }
    #expect("\(error!)".contains("settings"), "\(error!)")
  }
}
