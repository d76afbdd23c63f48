import Foundation

// Numbers for people.

/// A number with a fixed number of digits after the point.
func fixed(_ x: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", x) }

/// A number with three significant digits, or a whole number from a thousand on.
package func rounded(_ x: Double) -> String {
  1000...1e9 ~= abs(x) ? grouped(Int(x.rounded())) : String(format: "%.3g", x)
}

/// A whole number with commas between thousands.
func grouped(_ n: Int) -> String {
  let digits = Array(String(n.magnitude))
  var text = n < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}

/// A duration in the unit that suits it.
func text(seconds: Double) -> String {
  switch seconds {
  case ..<1e-3: "\(rounded(seconds * 1e6)) µs"
  case ..<1: "\(rounded(seconds * 1e3)) ms"
  case ..<100: "\(rounded(seconds)) s"
  default: "\(fixed(seconds, 0)) s"
  }
}

/// A table: columns are aligned, the first to the left and the others to the right.
func table(_ rows: [[String]]) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
  return rows.map { row in
    let cells = row.enumerated().map { column, cell in
      let space = String(repeating: " ", count: widths[column] - cell.count)
      return column == 0 ? cell + space : space + cell
    }
    let line = "  " + cells.joined(separator: "   ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }.joined(separator: "\n")
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
