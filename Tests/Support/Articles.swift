import Foundation

/// The Swift examples of a documentation catalogue that a test file does not run.
///
/// An example is a ```` ```swift ```` block; it is run when its lines stand in the test file one after the other, whatever
/// their indentation. Import lines need not.
///
/// - Parameters:
///   - module: whose catalogue it is.
///   - testFile: `#filePath` of the file that runs the examples.
/// - Returns: the first line of each example that is missing; "none found" when the catalogue has no examples at all.
package func examplesNotRun(of module: String, in testFile: String) throws -> [String] {
  let tests = URL(fileURLWithPath: testFile)
  let root = tests.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let catalogue = root.appendingPathComponent("Sources/\(module)/\(module).docc")
  let code = try lines(String(contentsOf: tests, encoding: .utf8)).joined(separator: "\n")
  var found = 0
  var missing: [String] = []
  for file in try FileManager.default.contentsOfDirectory(at: catalogue, includingPropertiesForKeys: nil)
  where file.pathExtension == "md" {
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

/// Lines without indentation; empty ones left out.
private func lines(_ text: String) -> [String] {
  text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
}
