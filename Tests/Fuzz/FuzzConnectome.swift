// Any bytes are a connectome's zip or an error; what is read keeps its promises.
//
// An input whose first byte is 0 … 7 is the text of one of the files instead, in an otherwise sound zip: a mutation
// inside a zip rarely gets past the check sums. After a first byte of 8 stands a table with separators.

/// One input of libFuzzer: it has to be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConnectome(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  let limits = ArchiveLimits(entries: 100, bytes: 1 << 22)
  var bytes = Array(input)
  // A first byte of 8: a table with separators.
  if input.first == 8 {
    _ = try? Connectome.matrix(Array(input.dropFirst()), FileName(file: "table"), .finite)
    return 0
  }
  if let place = input.first.map(Int.init), place < 8 {
    var files = seedConnectome
    if place < files.count {
      files[place].bytes = Array(input.dropFirst())
    } else {
      files[0] = ("weights.txt.bz2", Array(input.dropFirst()))
    }
    bytes = seedZip(files)
  }
  guard let connectome = try? Connectome(bytes: bytes, limits: limits) else { return 0 }
  let regions = connectome.regions
  precondition(connectome.weights.count == regions * regions)
  precondition(connectome.tractLengths.allSatisfy { $0 >= 0 && $0.isFinite })
  precondition(connectome.labels.count == regions && (connectome.centres?.count ?? 3 * regions) == 3 * regions)
  _ = connectome.warnings(speed: 3)
  let edges = connectome.edges()
  precondition(edges.weights.allSatisfy { $0 != 0 && $0.isFinite })
  if let delays = try? edges.delays(timeStep: 0.1) { precondition(delays.count == edges.count) }
  return 0
}
