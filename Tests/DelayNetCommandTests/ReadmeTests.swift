import Foundation
import Testing

@Suite("README's commands")
struct ReadmeTests {
  /// The command lines of the blocks of code, without comments; continued lines are joined.
  private static func lines() throws -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    var isCode = false
    let code = text.split(separator: "\n").filter { line in
      if line.hasPrefix("```") { isCode.toggle() }
      return isCode
    }
    return code.joined(separator: "\n").replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
      .map { $0.split(separator: "#", omittingEmptySubsequences: false)[0].trimmingCharacters(in: .whitespaces) }
      .filter { $0.hasPrefix("delaynet ") }
  }

  @Test("each of them runs as it is written")
  func run() throws {
    let folder = try Folder()
    // The Virtual Brain's regions are not part of the package.
    let data = "connectivity_76.zip"
    if RealData.isThere(data) { try RealData.link(data, into: folder) }
    let lines = try Self.lines().filter { RealData.isThere(data) || !$0.contains(data) }
    #expect(
      Set(lines.map { Command.words($0)[1] }) == [
        "notebook", "map", "check", "models", "simulate", "fit", "sweep", "observe", "plan", "info",
      ])
    for line in lines { try Command.succeed(String(line.dropFirst("delaynet ".count)), in: folder) }
    // What they say they write is there.
    for line in lines {
      let words = Command.words(line)
      for (option, file) in zip(words, words.dropFirst())
      where ["--output", "--plot", "--gradients", "--checkpoint"].contains(option) {
        #expect(folder.exists(file), "\(line)")
      }
    }
  }
}
