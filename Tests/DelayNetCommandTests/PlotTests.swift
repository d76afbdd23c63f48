import DelayNet
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("delaynet map --plot")
struct PlotTests {
  /// Counts the elements of an XML file.
  private final class Counter: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]

    func parser(
      _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String] = [:]
    ) {
      counts[elementName, default: 0] += 1
    }
  }

  private func elements(_ folder: Folder) throws -> [String: Int] {
    let (parser, counter) = (XMLParser(data: try folder.bytes("p.svg")), Counter())
    parser.delegate = counter
    #expect(parser.parse(), "\(parser.parserError as Any)")
    return counter.counts
  }

  @Test("a long series of many nodes is a small, well-formed file of twenty traces")
  func long() throws {
    let folder = try Folder()
    try Command.succeed(
      "map --synthetic 84 --steps 10000 --time-step 1 --scale stable --noise-gain 1 --plot p.svg", in: folder)
    #expect(try folder.bytes("p.svg").count < 300_000)
    let counts = try elements(folder)
    #expect(counts["svg"] == 1)
    #expect(counts["path", default: 0] >= 40)
    let picture = try folder.text("p.svg")
    for node in ["0", "83"] { #expect(picture.contains("text-anchor=\"end\">\(node)</text>")) }
    #expect(picture.contains("84 nodes") && picture.contains("10,000 steps of 1 ms") && picture.contains("3 mm/ms"))
  }

  @Test(
    "any number of steps is drawn",
    arguments: [
      "--steps 0", "--steps 1", "--steps 2", "--steps 519", "--steps 521 --plot-window 50",
      "--steps 5 --plot-window 99",
    ])
  func short(options: String) throws {
    let folder = try Folder()
    try Command.succeed("map --synthetic 3 \(options) --plot p.svg", in: folder)
    #expect(try elements(folder)["svg"] == 1)
    #expect(try !folder.text("p.svg").contains("nan"))
  }

  @Test("a dense network is drawn in steps")
  func dense() throws {
    let dense = try DenseCase<Double>()
    try Command.succeed("map \(MapCommandTests.denseOptions) --plot p.svg", in: dense.folder)
    #expect(try elements(dense.folder)["svg"] == 1)
    let picture = try dense.folder.text("p.svg")
    #expect(picture.contains(">step<") && !picture.contains("time (ms)"))
  }

  @Test(
    "values at the ends of what numbers can be are drawn, with their scale",
    arguments: [
      (1e307, 1, "e+3"), (1e307, 20, "e+3"), (.leastNormalMagnitude, 1, "e-3"), (.leastNormalMagnitude, 20, "e-3"),
      (1e-9, 1, "e-"),
    ])
  func extremes(size: Double, window: Int, scale: String) throws {
    let folder = try Folder()
    try folder.write([0, 0, 0, 0] as [Double], [2, 2], to: "W.npy")
    try folder.write([0, 0, 0, 0] as [Int32], [2, 2], to: "D.npy")
    let (ends, inner) = ([1, -1].map { $0 * size }, [0.5, -1, 1, 0.25].map { $0 * size })
    var rows: [Double] = []
    for row in 0..<2 { rows += [0] + (0..<700).map { $0 < 20 ? ends[row] : inner[$0 % 4] } }
    try folder.write(rows, [2, 701], to: "B.npy")
    try Command.succeed(
      "map --weights W.npy --delays D.npy --buffer B.npy --noise-gain 1 --plot p.svg --plot-window \(window)",
      in: folder)
    #expect(try elements(folder)["svg"] == 1)
    let picture = try folder.text("p.svg")
    for word in ["nan", "inf"] { #expect(!picture.contains(word)) }
    #expect(picture.contains(try Regex("\">[125]\(scale.replacing("+", with: "\\+"))[0-9]+</text>")))
  }

  @Test("a series of zeros is drawn")
  func zeros() throws {
    let folder = try Folder()
    try folder.write([0, 0, 0, 0] as [Float], [2, 2], to: "W.npy")
    try folder.write([1, 1, 1, 1] as [Int32], [2, 2], to: "D.npy")
    try Command.succeed("map --weights W.npy --delays D.npy --steps 2000 --plot p.svg", in: folder)
    #expect(try elements(folder)["svg"] == 1)
  }
}
