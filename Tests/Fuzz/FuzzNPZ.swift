// Any bytes are a `.npz` archive or an error, and so is each of its members.

/// One input of libFuzzer: it has to be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNPZ(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let limits = ArchiveLimits(entries: 100, bytes: 1 << 22)
  guard let archive = try? NPZArchive(bytes: input, limits: limits) else { return 0 }
  precondition(Set(archive.names).count == archive.names.count && archive.names.count <= 100)
  for name in archive.names {
    guard let array = try? archive[name] else { continue }
    precondition(array.count == array.shape.reduce(1, *))
    guard !name.isEmpty, !name.utf8.contains(0),
      let bytes = try? NPZArchive.encoded([(name, array)], compression: .deflated)
    else { continue }
    guard let again = try? NPZArchive(bytes: bytes)[name] else {
      fatalError("refuses what it wrote")
    }
    precondition(again.encoded() == array.encoded())
  }
  return 0
}
