// Writes the seeds into the folders that exist below the one given: npy, npz, connectome, carry, sweep.

@main struct MakeSeeds {
  static func main() throws {
    let folder = CommandLine.arguments[1]
    func save(_ target: String, _ name: String, _ bytes: [UInt8]) throws {
      try writeFile("\(folder)/\(target)/\(name)") { descriptor, file throws(FileError) in
        try bytes.span.withUnsafeBytes { bytes throws(FileError) in
          try writeBytes(bytes, to: descriptor, file)
        }
      }
    }

    let arrays: [(name: String, array: NPYArray)] = [
      ("f4", try NPYArray([Float(1), 2, 3, 4, 5, 6], shape: [2, 3])),
      ("f8", try NPYArray([0.5], shape: [])), ("i4", try NPYArray([Int32](), shape: [0, 3])),
      ("größe", try NPYArray([Int64(1), -1])),
    ]
    for (name, array) in arrays { try save("npy", "\(name).npy", array.encoded()) }
    let head: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
    let fortran = Array("{'descr': '>i4', 'fortran_order': True, 'shape': (2, 2, 1), }".utf8)
    let length = UInt8(fortran.count)
    for version in 1...3 as ClosedRange<UInt8> {
      let size = version == 1 ? [length, 0] : [length, 0, 0, 0]
      let data = [UInt8](1...16)
      try save("npy", "fortran\(version).npy", head + [version, 0] + size + fortran + data)
    }

    for compression in ArchiveCompression.allCases {
      try save(
        "npz", "\(compression).npz", NPZArchive.encoded(arrays, compression: compression))
    }
    try save("npz", "one.npz", NPZArchive.encoded([arrays[1]]))

    let average = SavedMonitor(kind: "average", every: 10, states: nil)
    for (name, monitors, rows) in [
      ("none", [], 0), ("average", [average], 2),
      ("several", [SavedMonitor(kind: "subsample", every: 1, states: ["V", "r"]), average], 2),
    ] as [(String, [SavedMonitor], Int)] {
      try save("carry", "double-\(name)", [2] + seedCarry(monitors, rows: rows, as: Double.self))
      try save("carry", "float-\(name)", [1] + seedCarry(monitors, rows: rows, as: Float.self))
    }

    let settings = ["model\twong_wang", "axis coupling\t3 values of 0.0 … 0.6, digest 0123456789abcdef"]
    for (name, part) in [
      ("whole", SweepPart(settings: settings, first: 5, codes: [0, 1], numbers: [0.5, -1, .nan, .nan])),
      ("numberless", SweepPart(settings: [], first: 0, codes: [0, 2, 0], numbers: [])),
      ("pointless", SweepPart(settings: ["\t"], first: 0, codes: [], numbers: [])),
    ] {
      try save("sweep", "\(name)-sealed", [1] + part.encoded)
      try save("sweep", name, [0] + part.encoded)
    }

    try save("connectome", "whole.zip", seedZip(seedConnectome))
    var packed = seedConnectome
    packed[0] = ("__MACOSX/x", [])
    packed.append(("folder/weights.txt.bz2", seedBzip2))
    try save("connectome", "bzip2.zip", seedZip(packed))
    for (place, file) in seedConnectome.enumerated() {
      try save("connectome", file.path, [UInt8(place)] + file.bytes)
    }
    try save("connectome", "weights.bz2", [7] + seedBzip2)
    for (name, text) in [
      ("commas", "\"\",\"left\",right\r\nleft,0,2\r\nright,0.5,0\r\n"), ("semicolons", "0;2\n0,5;0\n"),
      ("index", ",0,1\n0,0,2\n1,0.5,0\n"), ("blanks", "left right\n1 0 2\n2 0.5 0\n"),
    ] { try save("connectome", "\(name).table", [8] + Array(text.utf8)) }
    let matrix = try NPYArray([0.0, 2, 0.5, 0], shape: [2, 2])
    try save(
      "connectome", "arrays.npz",
      NPZArchive.encoded([("weights", matrix), ("lengths", matrix), ("labels", try NPYArray([Int32](0..<2)))]))
  }
}
