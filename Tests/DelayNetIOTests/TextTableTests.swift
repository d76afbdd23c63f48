import DelayNetIO
import Testing

/// The text of a connectome's files, by way of its smallest connectome: one region, or a square of numbers.
@Suite struct TextTableTests {
  /// Reads a square of numbers as the weights of a connectome.
  func weights(_ content: String, regions: Int = 1) throws -> [Double] {
    let line = Array(repeating: "0", count: regions).joined(separator: " ") + "\n"
    let files: [(path: String, bytes: [UInt8])] = [
      ("weights.txt", text(content)),
      ("tract_lengths.txt", text(String(repeating: line, count: regions))),
      ("centres.txt", text(String(repeating: "region 0 0 0\n", count: regions))),
    ]
    return try Connectome(bytes: zip(files), name: "a.zip").weights
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", -0.0), ("1", 1), ("+1", 1), ("1.", 1), (".5", 0.5), ("-.5", -0.5),
      ("1.0e-01", 0.1), ("1E2", 100), ("1e+2", 100), ("0.1", 0.1), ("007", 7),
      ("2.033007200000000125e+01", 20.330072), ("9007199254740993", 9_007_199_254_740_992),
      ("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890),
      ("1e22", 1e22), ("1e23", 1e23), ("1e-22", 1e-22), ("1e-23", 1e-23), ("1e-400", 0),
      ("4.9e-324", 5e-324),
      ("0.000000000000000000000000000001", 1e-30), ("0e999999999999999999999", 0),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("0.\(String(repeating: "0", count: 400))1e401", 1),
      ("1\(String(repeating: "0", count: 400))e-400", 1),
    ] as [(String, Double)])
  func numbers(_ spelling: String, _ value: Double) throws {
    let read = try weights(spelling)
    #expect(read[0].bitPattern == value.bitPattern)
  }

  @Test func numbersAreRoundedCorrectly() throws {
    var generator = SystemRandomNumberGenerator()
    let count = 40
    var spellings: [String] = []
    while spellings.count < count * count {
      let bits = Double(bitPattern: generator.next())
      let short = Double.random(in: -1000...1000)
      let digits = (0..<Int.random(in: 1...25)).map { _ in String(Int.random(in: 0...9)) }.joined()
      let candidates = [
        "\(bits)", "\(short)", "\(Float(short))", "\(digits).\(digits)e\(Int.random(in: -40...40))",
      ]
      spellings += candidates.filter { Double($0)?.isFinite == true }
    }
    spellings.removeLast(spellings.count - count * count)
    let lines = stride(from: 0, to: spellings.count, by: count).map {
      spellings[$0..<$0 + count].joined(separator: " ")
    }
    let read = try weights(lines.joined(separator: "\n"), regions: count)
    for (spelling, value) in Swift.zip(spellings, read) {
      #expect(value.bitPattern == Double(spelling)?.bitPattern, "\(spelling)")
    }
  }

  @Test(arguments: [
    "1 2\n3 4", "1 2\n3 4\n", "1\t2\r\n3\t4\r\n", "\u{feff}1 2\n3 4", "\n\n  1  2  \n\n3 4 \n\n",
    "# a comment\n1 2 # more\n3 4#more", "1 2\n3 4\n# end",
  ])
  func layouts(_ content: String) throws {
    #expect(try weights(content, regions: 2) == [1, 2, 3, 4])
  }

  @Test(
    arguments: [
      ("1 2\n3 x", .malformed, 2, 3, "'x'"), ("1,2\n3,4", .malformed, 1, 1, "'1,2'"),
      ("1 2\n\n3\t0x10", .malformed, 3, 3, "'0x10'"), ("1 2\n3 1e", .malformed, 2, 3, "'1e'"),
      ("1 2\n3 1e+", .malformed, 2, 3, "'1e+'"), ("1 2\n3 -", .malformed, 2, 3, "'-'"),
      ("1 2\n3 .", .malformed, 2, 3, "'.'"), ("1 2\n3 1.2.3", .malformed, 2, 3, "'1.2.3'"),
      ("1 2\n3 1d0", .malformed, 2, 3, "'1d0'"), ("1 2\n3 nanx", .malformed, 2, 3, "'nanx'"),
      ("1 2\n3 infinityx", .malformed, 2, 3, "'infinityx'"),
      ("1 2\n3 \u{0}", .malformed, 2, 3, "'\\x00'"), ("1 2\n3 ½", .malformed, 2, 3, "'\\xc2\\xbd'"),
      ("1 2\n  NaN 4", .invalidValue, 2, 3, "'NaN'"),
      ("1 2\n3 -inf", .invalidValue, 2, 3, "'-inf'"),
      ("1 2\n3 1e309", .invalidValue, 2, 3, "'1e309'"),
      ("1 2\n3\n", .mismatch, 2, 1, "1 numbers"), ("1 2\n3 4 5\n", .mismatch, 2, 1, "3 numbers"),
      ("\u{feff}1 2\n3 x", .malformed, 2, 3, "'x'"), ("\u{feff}x 2\n3 4", .malformed, 1, 1, "'x'"),
    ] as [(String, FileError.Kind, Int, Int, String)])
  func mistakesHaveLineAndColumn(
    _ content: String, _ kind: FileError.Kind, _ line: Int, _ column: Int, _ found: String
  ) {
    let error = #expect(throws: FileError.self) { try weights(content, regions: 2) }
    #expect(error?.kind == kind)
    #expect(error?.position == .text(line: line, column: column))
    #expect(error?.found == found)
    #expect(error?.file == "a.zip")
    #expect(error?.member == "weights.txt")
  }

  @Test(arguments: ["", "\n\n", "# only a comment", " \t "])
  func noNumbers(_ content: String) {
    let error = #expect(throws: FileError.self) { try weights(content) }
    #expect(error?.kind == .mismatch)
    #expect(error?.found == "no numbers")
  }
}
