import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet --weights-gradient")
struct EdgeLayoutTests {
  /// A connectome of three regions and four edges, with labels that are not ASCII.
  private static func connectome(in folder: Folder) throws {
    try folder.write("0 1 0\n0.5 0 2\n0 0.25 0\n", to: "brain/weights.txt")
    try folder.write("0 3 0\n3 0 6\n0 6 0\n", to: "brain/tract_lengths.txt")
    try folder.write("lÄ 0 0 0\nright 1 0 0\nV1 0 1 0\n", to: "brain/centres.txt")
  }

  private static let places = [1, 3, 5, 7]

  @Test("gradients of simulate have their edges' regions, or are matrices")
  func simulate() throws {
    let folder = try Folder()
    try Self.connectome(in: folder)
    let line =
      "simulate --model mpr --connectome brain --steps 80 --fractional-delays --with-respect-to weights,delays,coupling"
    let output = try Command.succeed("\(line) --gradients e.npz", in: folder)
    #expect(output.contains("e.npz: weights, coupling, delays, sources, targets, labels"), "\(output)")
    try Command.succeed("\(line) --gradients m.npz --weights-gradient matrix", in: folder)
    let (edges, matrix) = (try NPZArchive(path: folder.path("e.npz")), try NPZArchive(path: folder.path("m.npz")))
    #expect(try edges["sources"].values(as: Int32.self, shape: [4]) == [1, 0, 2, 1])
    #expect(try edges["targets"].values(as: Int32.self, shape: [4]) == [0, 1, 1, 2])
    #expect(try edges.texts(named: "labels") == ["lÄ", "right", "V1"])
    #expect(matrix.names == ["weights", "coupling", "delays", "labels"])
    for name in ["weights", "delays"] {
      let (listed, square) = (
        try edges[name].values(as: Float.self, shape: [4]), try matrix[name].values(as: Float.self, shape: [3, 3])
      )
      #expect(listed.allSatisfy { $0 != 0 })
      for place in 0..<9 {
        #expect(square[place] == (Self.places.firstIndex(of: place).map { listed[$0] } ?? 0))
      }
    }
    // Without gradients by edges nothing tells of edges.
    try Command.succeed(
      "simulate --model mpr --connectome brain --steps 8 --with-respect-to coupling --gradients c.npz", in: folder)
    #expect(try NPZArchive(path: folder.path("c.npz")).names == ["coupling"])
  }

  @Test("gradients of map, too")
  func map() throws {
    let folder = try Folder()
    try Self.connectome(in: folder)
    // 20 steps of delay for 6 mm, and one more.
    try folder.write([Float](repeating: 0.5, count: 3 * 71), [3, 71], to: "C.npy")
    let line = "map --connectome brain --steps 50 --scale sum --cotangent C.npy --with-respect-to weights --gradients"
    try Command.succeed("\(line) GW.npz", in: folder)
    try Command.succeed("\(line) M.npz --weights-gradient matrix", in: folder)
    let (edges, matrix) = (try NPZArchive(path: folder.path("GW.npz")), try NPZArchive(path: folder.path("M.npz")))
    let listed = try edges["weights"].values(as: Float.self, shape: [4])
    let square = try matrix["weights"].values(as: Float.self, shape: [3, 3])
    for place in 0..<9 { #expect(square[place] == (Self.places.firstIndex(of: place).map { listed[$0] } ?? 0)) }
    #expect(edges.names == ["weights", "sources", "targets", "labels"])
    #expect(try edges["sources"].values(as: Int32.self, shape: [4]) == [1, 0, 2, 1])
    #expect(try edges.texts(named: "labels") == ["lÄ", "right", "V1"])
    #expect(matrix.names == ["weights", "labels"])
  }
}
