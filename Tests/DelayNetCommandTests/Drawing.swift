import Foundation
import Testing

@testable import DelayNetCommand

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of an SVG in the order of the file.
struct Drawing {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""

    func number(_ attribute: String) -> Double? { attributes[attribute].flatMap(Double.init) }
  }

  let elements: [Element]
  let bytes: Int

  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    private var open: [Int] = []

    func parser(
      _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String] = [:]
    ) {
      open.append(elements.count)
      elements.append(Element(name: elementName, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if let last = open.last { elements[last].text += string }
    }

    func parser(
      _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?
    ) {
      open.removeLast()
    }
  }

  /// Reads a file, which has to be well-formed, without an attribute that is not a number where one should be, and self-contained.
  init(_ svg: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (parser, reader) = (XMLParser(data: Data(svg.utf8)), Reader())
    parser.delegate = reader
    try #require(parser.parse(), "\(parser.parserError as Any)", sourceLocation: sourceLocation)
    (elements, bytes) = (reader.elements, svg.utf8.count)
    for element in elements {
      for (name, value) in element.attributes {
        let isBroken = ["nan", "inf"].contains { value.lowercased().contains($0) }
        #expect(!isBroken, "\(element.name) \(name)=\(value)", sourceLocation: sourceLocation)
        if name.hasSuffix("href") { Issue.record("\(value) is outside the file", sourceLocation: sourceLocation) }
      }
    }
  }

  func count(_ name: String) -> Int { elements.count { $0.name == name } }

  /// All texts, in the order of the file.
  var texts: [String] { elements.filter { $0.name == "text" }.map(\.text) }

  func texts(where condition: (Element) -> Bool) -> [Element] { elements.filter { $0.name == "text" && condition($0) } }

  /// The rectangles that texts cover in a wide font, with the texts.
  private var boxes: [(text: String, low: SIMD2<Double>, high: SIMD2<Double>)] {
    elements.compactMap { element in
      guard element.name == "text", !element.text.isEmpty, let x = element.number("x"), let y = element.number("y"),
        let size = element.number("font-size")
      else { return nil }
      let width = 0.6 * size * Double(element.text.count)
      let before =
        switch element.attributes["text-anchor"] {
        case "middle": width / 2
        case "end": width
        default: 0.0
        }
      let (up, down) = (0.75 * size, 0.1 * size)
      // Upright texts run from below to above.
      if element.attributes["transform"]?.hasPrefix("rotate(-90") == true {
        return (element.text, SIMD2(x - up, y + before - width), SIMD2(x + down, y + before))
      }
      return (element.text, SIMD2(x - before, y - up), SIMD2(x - before + width, y + down))
    }
  }

  /// Pairs of texts that overlap, and texts that leave the page.
  var collisions: [String] {
    let boxes = boxes
    let page = SIMD2(elements[0].number("width") ?? 0, elements[0].number("height") ?? 0)
    var found: [String] = []
    for (index, box) in boxes.enumerated() {
      if box.low.x < 0 || box.low.y < 0 || box.high.x > page.x || box.high.y > page.y {
        found.append("\(box.text) leaves the page")
      }
      for other in boxes[(index + 1)...]
      where box.low.x < other.high.x && other.low.x < box.high.x && box.low.y < other.high.y
        && other.low.y < box.high.y
      {
        found.append("\(box.text) and \(other.text)")
      }
    }
    return found
  }
}

extension Figure {
  /// A figure of one row of plots.
  init(_ panels: any Panel...) { self.init(title: "title", subtitle: "subtitle", rows: [panels]) }
}

/// Numbers between −1 and 1 that look random and are the same everywhere.
func scattered(_ count: Int, seed: UInt64 = 1) -> [Double] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 52) - 1
  }
}

/// A symmetric matrix with ones on its diagonal.
func correlations(_ size: Int, seed: UInt64 = 1) -> [Double] {
  var matrix = scattered(size * size, seed: seed)
  for row in 0..<size {
    matrix[row * size + row] = 1
    for column in 0..<row { matrix[row * size + column] = matrix[column * size + row] }
  }
  return matrix
}
