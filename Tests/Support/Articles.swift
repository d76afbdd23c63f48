import Foundation

/// The Swift examples of a documentation catalogue, and of other files, that a test file does not run.
///
/// An example is a ```` ```swift ```` block; it is run when its lines stand in the test file one after the other, whatever
/// their spacing. Import lines need not.
///
/// - Parameters:
///   - module: whose catalogue it is.
///   - others: further files, from the package's root on.
///   - testFile: `#filePath` of the file that runs the examples.
/// - Returns: the first line of each example that is missing; "none found" when the catalogue has no examples at all.
package func examplesNotRun(of module: String, and others: [String] = [], in testFile: String) throws -> [String] {
  let tests = URL(fileURLWithPath: testFile)
  let root = tests.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let catalogue = root.appendingPathComponent("Sources/\(module)/\(module).docc")
  let code = try lines(String(contentsOf: tests, encoding: .utf8)).joined(separator: "\n")
  var found = 0
  var missing: [String] = []
  let articles = try FileManager.default.contentsOfDirectory(at: catalogue, includingPropertiesForKeys: nil)
  for file in articles + others.map({ root.appendingPathComponent($0) }) where file.pathExtension == "md" {
    let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "```swift\n").dropFirst()
    for part in parts {
      let example = lines(part.components(separatedBy: "```")[0]).filter { !$0.hasPrefix("import ") }
      found += 1
      if !code.contains(example.joined(separator: "\n")) {
        missing.append("\(file.lastPathComponent): \(example.first ?? "")")
      }
    }
  }
  return found == 0 ? ["none found"] : missing
}

/// Lines with one space between words; empty ones left out.
private func lines(_ text: String) -> [String] {
  text.components(separatedBy: "\n").map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
}
