import Foundation

/// The elements that every picture is made of: text, paths, numbers and round ticks, as SVG.
enum SVG {
  /// Colours of the page, of titles and of what explains.
  static let (ground, ink, faint, grid) = ("#fdfdfb", "#1b2733", "#5b6876", "#dfe3e6")
  /// The width of every picture in pixels.
  static let width = 960.0

  /// A whole file.
  ///
  /// - Parameters:
  ///   - x: where title and subtitle begin.
  ///   - definitions: gradients and patterns that the elements refer to.
  static func document(
    title: String, subtitle: String, x: Double, height: Double, definitions: String = "", _ elements: [String]
  ) -> String {
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(number(width))" height="\(number(height))" \
      viewBox="0 0 \(number(width)) \(number(height))" font-family="Helvetica, Arial, sans-serif">
      """,
      "<title>\(escaped(title))</title>",
    ]
    if !definitions.isEmpty { lines.append("<defs>\(definitions)</defs>") }
    lines += [
      #"<rect width="100%" height="100%" fill="\#(ground)"/>"#,
      text(title, x: x, y: 34, size: 17, color: ink, attributes: #"font-weight="bold""#),
      text(subtitle, x: x, y: 56, size: 12, color: faint),
    ]
    lines += elements
    lines.append("</svg>\n")
    return lines.joined(separator: "\n")
  }

  static func text(
    _ text: String, x: Double, y: Double, size: Int, color: String, attributes: String = ""
  ) -> String {
    let space = attributes.isEmpty ? "" : " "
    let place = #"x="\#(number(x))" y="\#(number(y))""#
    return #"<text \#(place) font-size="\#(size)" fill="\#(color)"\#(space)\#(attributes)>"#
      + "\(escaped(text))</text>"
  }

  /// A number of an attribute.
  static func number(_ x: Double) -> String {
    x == x.rounded() && abs(x) < 1e15 ? String(Int(x)) : String(format: "%.6g", (x * 1e6).rounded() / 1e6)
  }

  /// Text that may stand in XML: markup is escaped, control characters are left out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A polygon's path in tenths of a pixel, as differences, without a byte too much.
  static func path(_ points: [SIMD2<Double>]) -> String {
    func tenths(_ n: Int) -> String {
      let sign = n < 0 ? "-" : ""
      let (whole, rest) = n.magnitude.quotientAndRemainder(dividingBy: 10)
      if rest == 0 { return sign + String(whole) }
      return sign + (whole == 0 ? "" : String(whole)) + "." + String(rest)
    }
    var text = ""
    var last = SIMD2(0, 0)
    for (index, point) in points.enumerated() {
      let place = SIMD2(Int((point.x * 10).rounded()), Int((point.y * 10).rounded()))
      let (x, y) = (tenths(place.x - last.x), tenths(place.y - last.y))
      text += index == 0 ? "M" : index == 1 ? "l" : x.hasPrefix("-") ? "" : " "
      text += x + (y.hasPrefix("-") ? "" : " ") + y
      last = place
    }
    return text
  }

  /// Round numbers from 0 to the end, four to ten of them.
  static func ticks(_ duration: Double) -> [Double] {
    let step = roundDown(duration / 4)
    guard duration > 0, duration.isFinite, step > 0 else { return [0] }
    return (0...Int(duration / step * (1 + 1e-12))).map { Double($0) * step }
  }

  /// The largest of 1, 2 and 5 times a power of ten that is not above a number.
  static func roundDown(_ x: Double) -> Double {
    let power = pow(10, floor(log10(x)))
    return ([5, 2, 1].first { $0 * power <= x } ?? 1) * power
  }
}

// ---- Labels ----------------------------------------------------------------------------------------------------------

extension SVG {
  /// How wide a text may become, in pixels: that of the widest of the fonts that browsers put in Helvetica's place.
  static func textWidth(_ text: String, size: Int) -> Double { Double(text.count * size) * 0.62 }

  /// The beginning of a text that fits, with dots for the rest.
  static func fitted(_ text: String, width: Double, size: Int) -> String {
    if textWidth(text, size: size) <= width { return text }
    let letters = Int(width / (0.62 * Double(size)))
    return letters < 2 ? "" : text.prefix(letters - 1) + "…"
  }

  /// The beginning and the end of a text that fit, with dots between them: names of regions differ at either.
  static func shortened(_ text: String, width: Double, size: Int) -> String {
    if textWidth(text, size: size) <= width { return text }
    let letters = Int(width / (0.62 * Double(size))) - 1
    return letters < 2 ? "" : "\(text.prefix((letters + 1) / 2))…\(text.suffix(letters / 2))"
  }

  /// A text in lines that fit, broken between words; the last line ends with dots where there would be more.
  static func wrapped(_ text: String, width: Double, size: Int, lines: Int) -> [String] {
    var result: [String] = []
    for word in text.split(separator: " ").map(String.init) {
      if let last = result.last, result.count == lines || textWidth("\(last) \(word)", size: size) <= width {
        result[result.count - 1] = "\(last) \(word)"
      } else {
        result.append(word)
      }
    }
    return result.map { fitted($0, width: width, size: size) }
  }

  /// A value with so many significant digits, in the shortest form.
  static func value(_ x: Double, digits: Int = 4) -> String {
    if x == 0 { return "0" }
    if x == x.rounded(), 1e4...1e6 ~= abs(x) { return grouped(Int(x)).replacing("-", with: "−") }
    let text = String(format: "%.\(digits)g", x)
    guard let mark = text.firstIndex(of: "e") else { return text.replacing("-", with: "−") }
    let exponent = Int(text[text.index(after: mark)...]) ?? 0
    return "\(text[..<mark])e\(exponent)".replacing("-", with: "−")
  }
}
