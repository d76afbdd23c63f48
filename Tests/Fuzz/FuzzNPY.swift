// Any bytes are a `.npy` file or an error; what is read, written and read again is the same.

/// One input of libFuzzer: it has to be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNPY(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  guard let array = try? NPYArray(bytes: Array(input)) else { return 0 }
  precondition(array.count == array.shape.reduce(1, *))
  let bytes = array.encoded()
  guard let again = try? NPYArray(bytes: bytes) else { fatalError("refuses what it wrote") }
  // Bytes, not values, since NaN differs from itself.
  precondition(again.shape == array.shape && again.encoded() == bytes)
  _ = try? array.values(as: Int32.self)
  _ = try? array.values(as: Float.self)
  return 0
}
