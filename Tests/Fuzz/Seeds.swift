// What the fuzz targets start from.

/// A connectome of two regions with every optional file.
let seedConnectome: [(path: String, bytes: [UInt8])] = [
  ("weights.txt", "0 2\n0.5 0\n"), ("tract_lengths.txt", "0 30\n3.15e+01 0\n"),
  ("centres.txt", "left -1 0 0\nright 1 0 0\n"), ("areas.txt", "10\n1.1e+01\n"),
  ("average_orientations.txt", "1 0 0\n0 -1 0\n"), ("cortical.txt", "1\n0\n"),
  ("hemispheres.txt", "0 1\n"),
].map { ($0.0, Array($0.1.utf8)) }

/// "0 2\n0.5 0\n" compressed with bzip2.
let seedBzip2: [UInt8] = [
  0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x30, 0x8e, 0xe2, 0xa2,
  0x00, 0x00, 0x03, 0x58, 0x00, 0x00, 0x10, 0x40, 0x01, 0x52, 0x00, 0x20, 0x00, 0x21,
  0xa6, 0x9b, 0x40, 0xc0, 0x21, 0x7d, 0x02, 0x77, 0x0b, 0xb9, 0x22, 0x9c, 0x28, 0x48,
  0x18, 0x47, 0x71, 0x51, 0x00,
]

/// A saved carry of three nodes.
func seedCarry<Element: NPYElement & BinaryFloatingPoint>(
  _ monitors: [SavedMonitor], rows: Int, as type: Element.Type
) throws(FileError) -> [UInt8] {
  try SavedCarry<Element>(
    model: "mpr", step: 123, goal: 1000, monitors: monitors, states: 2, couplings: 1, nodes: 3,
    history: 4, monitoredRows: rows,
    state: (0..<6).map { Element($0) }, columns: (0..<12).map { Element($0) / 8 },
    monitored: Array([0, 1, -2, .infinity, .nan, 5].prefix(3 * rows))
  ).encoded()
}

/// A zip without compression.
func seedZip(_ files: [(path: String, bytes: [UInt8])]) -> [UInt8] {
  final class Bytes { var bytes: [UInt8] = [] }
  let result = Bytes()
  do {
    try withUTF8Names { () throws(FileError) in
      let writer = try ArchiveWriter(FileName(file: "seed"), compression: .stored) {
        result.bytes.append(contentsOf: $0)
      }
      for (path, bytes) in files {
        try bytes.span.withUnsafeBytes { bytes throws(FileError) in
          try writer.add(path, [bytes])
        }
      }
      try writer.finish()
    }
  } catch {
    fatalError("\(error)")
  }
  return result.bytes
}

/// The module's own asks the simulator, which is not built here; libFuzzer limits memory itself.
func requireMemory<Element>(_ count: Int, of type: Element.Type, _ name: FileName) throws(FileError) {}
