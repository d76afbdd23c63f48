import DelayNetIO
import Foundation
import Testing

@Suite("--connectome, --weights-file and --fields") struct ConnectomeOptionsTests {
  private static let weights = "0 0.4 0 0.1\n0.3 0 0.2 0\n0 0.5 0 0.6\n0.1 0 0.2 0\n"
  private static let lengths = "0 30 0 75\n30 0 42.5 0\n0 42.5 0 18\n75 0 18 0\n"
  private static let centres = "lA1 0 0 0\nlV1 1 0 0\nrA1 2 0 0\nrV1 3 0 0\n"
  private static let run =
    "simulate --model mpr --speed 2.5 --time-step 0.1 --steps 400 --coupling 0.1 --precision double --fractional-delays"

  private func folder() throws -> Folder {
    let folder = try Folder()
    for (name, text) in [("weights", Self.weights), ("tract_lengths", Self.lengths), ("centres", Self.centres)] {
      try folder.write(text, to: "net/\(name).txt")
    }
    func commas(_ text: String) -> String { text.replacingOccurrences(of: " ", with: ",") }
    try folder.write("lA1,lV1,rA1,rV1\n" + commas(Self.weights), to: "W.csv")
    try folder.write(commas(Self.lengths), to: "L.csv")
    try folder.write("lA1\nlV1\nrA1\nrV1\n", to: "names.csv")
    return folder
  }

  @Test("matrices by themselves are a connectome: labels, millimetres, speed and its gradient")
  func matricesAreAConnectome() throws {
    let folder = try folder()
    let gradients = "--with-respect-to weights,speed,delays"
    try Command.succeed(
      "\(Self.run) --connectome net --output a.npy --plot a.svg --gradients a.npz \(gradients)", in: folder)
    for (name, files) in [
      ("b", "--weights-file W.csv --lengths-file L.csv"),
      ("c", "--weights-file W.csv --lengths-file L.csv --labels-file names.csv"),
      ("d", "--connectome . --fields weights=W,lengths=L.csv,labels=names"),
    ] {
      try Command.succeed(
        "\(Self.run) \(files) --output \(name).npy --plot \(name).svg --gradients \(name).npz \(gradients)", in: folder)
      #expect(try folder.bytes("\(name).npy") == folder.bytes("a.npy"), "\(files)")
      #expect(try folder.text("\(name).svg").contains(">lV1<"))
      let (ours, theirs) = (
        try NPZArchive(path: folder.path("\(name).npz")), try NPZArchive(path: folder.path("a.npz"))
      )
      for array in ["weights", "speed", "delays"] { #expect(try ours[array] == theirs[array], "\(files): \(array)") }
    }
  }

  @Test("what is seldom meant is said once, on the standard error")
  func warningsOnce() throws {
    let folder = try folder()
    try folder.write(
      "0 0.03 0 0.075\n0.03 0 0.0425 0\n0 0.0425 0 0.018\n0.075 0 0.018 0\n", to: "net/tract_lengths.txt")
    for command in ["simulate --model mpr --steps 9 --output o.npy", "map --steps 9", "plan", "check"] {
      let outcome = try Command.run(Command.words("\(command) --connectome net"), in: folder)
      #expect(outcome.errors.components(separatedBy: "are the lengths in metres?").count == 2, "\(outcome.errors)")
      #expect(outcome.status == 0 && !outcome.output.contains("metres"))
    }
  }
}
