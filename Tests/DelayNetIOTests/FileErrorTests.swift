import DelayNetIO
import Testing

@Suite struct FileErrorTests {
  @Test func sentences() {
    var error = FileError(.malformed, file: "a.zip", found: "x", expected: "y")
    #expect("\(error)" == "a.zip: found x, expected y")
    error.member = "weights.txt"
    error.position = .text(line: 3, column: 14)
    #expect("\(error)" == "a.zip, member weights.txt, line 3, column 14: found x, expected y")
    error.position = .byte(12)
    #expect("\(error)" == "a.zip, member weights.txt, byte 12: found x, expected y")
    let element = FileError(
      .invalidValue, file: "weights", position: .index([3, 4]), found: "nan", expected: "a number")
    #expect("\(element)" == "weights[3, 4]: found nan, expected a number")
  }

  @Test func bytesInMessagesAreShortAndPrintable() {
    let error = #expect(throws: FileError.self) {
      try NPYArray(
        bytes: npy("{'descr': '\(String(repeating: "é", count: 100))'}"))
    }
    #expect(error?.found == "'\\xc3'")
    let long = #expect(throws: FileError.self) {
      try NPYArray(bytes: npy("{'\(String(repeating: "k", count: 100))': 1}"))
    }
    #expect(long?.found == "the key '\(String(repeating: "k", count: 40))…'")
  }
}
