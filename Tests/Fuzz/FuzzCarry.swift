// Any bytes are a saved carry or an error; what is read and written again has the same bytes.
//
// The first byte of an input says whether numbers are doubles or floats, and whether the two checksums of the others are
// set right before they are read: a mutation hardly ever gets past them.

/// One input of libFuzzer: it has to be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCarry(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  guard let kind = input.first else { return 0 }
  var bytes = Array(input.dropFirst())
  if kind & 2 != 0 { seal(&bytes) }
  if kind & 1 == 0 { check(bytes, Double.self) } else { check(bytes, Float.self) }
  return 0
}

private func check<Element: NPYElement & BinaryFloatingPoint>(_ bytes: [UInt8], _ type: Element.Type) {
  guard let carry = try? SavedCarry<Element>(bytes: bytes) else { return }
  precondition(carry.state.count == carry.states * carry.nodes)
  precondition(carry.monitored.count == carry.monitoredRows * carry.nodes)
  precondition(carry.columns.count == carry.couplings * carry.nodes * carry.history)
  precondition(carry.step >= 0 && carry.goal >= 0 && carry.monitors.allSatisfy { $0.every >= 1 })
  guard let again = try? carry.encoded() else { fatalError("refuses to write what it read") }
  precondition(again == bytes)
}

/// Sets the checksum of the header and that of everything.
private func seal(_ bytes: inout [UInt8]) {
  for place in [136, bytes.count - 4] where place >= 136 && place + 4 <= bytes.count {
    let sum = CRC32.of(bytes[..<place])
    for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * byte)) }
  }
}
