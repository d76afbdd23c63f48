// Any bytes are a part of a sweep or an error; what is read and written again is the same.
//
// The first byte of an input says whether the checksum is set right before reading: 1. What lies behind a checksum cannot be reached
// otherwise.

/// One input of libFuzzer: it has to be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSweep(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  guard let kind = input.first else { return 0 }
  var bytes = Array(input.dropFirst())
  if kind & 1 != 0, bytes.count >= 4 {
    let place = bytes.count - 4
    let sum = CRC32.of(bytes[..<place])
    for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * byte)) }
  }
  guard let part = try? SweepPart(bytes: bytes) else { return 0 }
  precondition(part.first >= 0 && part.settings.allSatisfy { !$0.isEmpty })
  precondition(part.codes.isEmpty ? part.numbers.isEmpty : part.numbers.count % part.codes.count == 0)
  precondition(part.encoded == bytes)
  return 0
}
