import DelayNetIO
import Testing

@Suite struct NPYHeaderTests {
  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n",
    "{\"shape\":(2,),\"descr\":\"<f4\",\"fortran_order\":False}",
    "  { 'fortran_order' : True,\t'descr' : '=f4' , 'shape' : ( 2 , ) }   \n  ",
    "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2L,)}",
  ])
  func notationsThatAreRead(_ dictionary: String) throws {
    let array = try NPYArray(bytes: npy(dictionary, data: [0, 0, 128, 63, 0, 0, 0, 64]))
    #expect(array.storage == .float32([1, 2]))
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    var dictionary: String
    var kind: FileError.Kind
    /// Counted from the start of the dictionary, byte 10 of the file.
    var offset: Int
    var found: String
    init(_ dictionary: String, _ kind: FileError.Kind, _ offset: Int, _ found: String) {
      self.dictionary = dictionary
      self.kind = kind
      self.offset = offset
      self.found = found
    }
    var testDescription: String { dictionary }
  }

  @Test(arguments: [
    Bad("", .malformed, 0, "the header's end"),
    Bad("[]", .malformed, 0, "'['"),
    Bad("{}", .malformed, 0, "a dictionary without 'descr'"),
    Bad("{'descr': '<f4'}", .malformed, 0, "a dictionary without 'fortran_order'"),
    Bad(
      "{'descr': '<f4', 'fortran_order': True}", .malformed, 0, "a dictionary without 'shape'"),
    Bad("{'descr': '<f4', 'descr': '<f4'}", .malformed, 17, "the key 'descr'"),
    Bad("{'descr': '<f4', 'colour': 1}", .malformed, 17, "the key 'colour'"),
    Bad("{'descr' '<f4'}", .malformed, 9, "'''"),
    Bad("{'descr': <f4}", .malformed, 10, "'<'"),
    Bad("{'descr': '<f4}", .malformed, 15, "the header's end"),
    Bad("{'descr': '<\\x664'}", .malformed, 12, "'\\'"),
    Bad("{'descr': '<f\u{1}'}", .malformed, 13, "'\\x01'"),
    Bad("{'descr': 'f4'}", .unsupported, 10, "the type 'f4'"),
    Bad("{'descr': ''}", .unsupported, 10, "the type ''"),
    Bad("{'descr': '<U13'}", .unsupported, 10, "the type '<U13'"),
    Bad("{'descr': '<c8'}", .unsupported, 10, "the type '<c8'"),
    Bad("{'descr': '|b1'}", .unsupported, 10, "the type '|b1'"),
    Bad("{'descr': '<f2'}", .unsupported, 10, "the type '<f2'"),
    Bad("{'descr': '<u8'}", .unsupported, 10, "the type '<u8'"),
    Bad("{'descr': '|O'}", .unsupported, 10, "the type '|O'"),
    Bad("{'descr': [('a', '<f4')]}", .unsupported, 10, "a structured type"),
    Bad("{'fortran_order': 0}", .malformed, 18, "'0'"),
    Bad("{'fortran_order': true}", .malformed, 18, "'t'"),
    Bad("{'fortran_order': Fals", .malformed, 18, "'F'"),
    Bad("{'shape': 3}", .malformed, 10, "'3'"),
    Bad("{'shape': (3)}", .malformed, 10, "a number in brackets"),
    Bad("{'shape': (-3,)}", .malformed, 11, "'-'"),
    Bad("{'shape': (3.0,)}", .malformed, 12, "'.'"),
    Bad("{'shape': (3 4)}", .malformed, 13, "'4'"),
    Bad("{'shape': (,)}", .malformed, 11, "','"),
    Bad("{'shape': (3,,)}", .malformed, 13, "','"),
    Bad("{'shape': (3", .malformed, 12, "the header's end"),
    Bad(
      "{'shape': (9223372036854775808,)}", .malformed, 11, "a length beyond 9223372036854775807"),
    Bad(
      "{'shape': (\(Array(repeating: "1", count: 33).joined(separator: ",")))}", .unsupported, 10,
      "more than 32 axes"),
    Bad(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", .malformed, 0,
      "shape [4294967296, 4294967296]"),
    Bad(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807, 3)}", .malformed,
      0, "shape [0, 9223372036854775807, 3]"),
    Bad(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}", .malformed, 0,
      "shape [2305843009213693952]"),
    Bad("{'descr': '<f4', 'fortran_order': False, 'shape': ()", .malformed, 52, "the header's end"),
    Bad("{'descr': '<f4', 'fortran_order': False, 'shape': (),} x", .malformed, 55, "'x'"),
    Bad("{'descr': '<f4' 'fortran_order': False}", .malformed, 16, "'''"),
  ])
  func dictionariesThatAreRefused(_ bad: Bad) {
    let error = #expect(throws: FileError.self) {
      try NPYArray(bytes: npy(bad.dictionary), name: "bad.npy")
    }
    #expect(error?.kind == bad.kind)
    #expect(error?.position == .byte(10 + bad.offset))
    #expect(error?.found == bad.found)
    #expect(error?.file == "bad.npy")
  }

  static let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"

  @Test(
    arguments: [
      ([], .truncated, 0),
      (text("PK"), .malformed, 0),
      ([0x93] + text("NUMPX") + [1, 0, 0, 0], .malformed, 0),
      (Array(npy(good)[..<7]), .truncated, 7),
      (Array(npy(good)[..<9]), .truncated, 9),
      (npy(good, version: [0, 0]), .unsupported, 6),
      (npy(good, version: [1, 1]), .unsupported, 6),
      (npy(good, version: [4, 0]), .unsupported, 6),
      (Array(npy(good)[..<20]), .truncated, 8),
      ([0x93] + text("NUMPY") + [2, 0, 255, 255, 255, 255] + text(good), .truncated, 8),
      (
        [0x93] + text("NUMPY") + [2, 0, 0, 0, 1, 0] + [UInt8](repeating: 32, count: 1 << 16),
        .unsupported, 8
      ),
      (npy(good, data: [1, 2, 3, 4, 5, 6, 7]), .truncated, 72),
      (npy(good, data: [1, 2, 3, 4, 5, 6, 7, 8, 9]), .malformed, 73),
      (
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846975,)}"),
        .truncated,
        83
      ),
    ] as [([UInt8], FileError.Kind, Int)])
  func framesThatAreRefused(_ bytes: [UInt8], _ kind: FileError.Kind, _ offset: Int) {
    let error = #expect(throws: FileError.self) { try NPYArray(bytes: bytes) }
    #expect(error?.kind == kind)
    #expect(error?.position == .byte(offset))
  }

  @Test func messageNamesFilePlaceFoundAndExpected() {
    let error = #expect(throws: FileError.self) {
      try NPYArray(bytes: npy(Self.good, version: [9, 0]), name: "w.npy")
    }
    #expect(
      error?.description
        == "w.npy, byte 6: found version 9.0, expected version 1.0, 2.0 or 3.0")
  }
}
