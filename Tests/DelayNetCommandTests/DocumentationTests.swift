import DelayNet
import DelayNetIO
import Foundation
import Testing

/// The pages on models as text, run as they are written: files, commands and messages.
@Suite("pages on models as text")
struct DocumentationTests {
  private static let catalogue = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources/DelayNet/DelayNet.docc")

  private static func page(_ name: String) throws -> String {
    try String(contentsOf: catalogue.appendingPathComponent("\(name).md"), encoding: .utf8)
  }

  /// The blocks that begin with the given line, without it.
  private static func blocks(_ fence: String, of page: String) -> [String] {
    page.components(separatedBy: "\n\(fence)\n").dropFirst().map { $0.components(separatedBy: "\n```")[0] + "\n" }
  }

  /// The files that a page shows: a comment with the name stands before each.
  private static func files(of page: String) -> [(name: String, text: String)] {
    page.components(separatedBy: "<!-- file: ").dropFirst().map { part in
      (part.components(separatedBy: " -->")[0], blocks("```", of: part)[0])
    }
  }

  @Test("from a paper to a fit")
  func writeYourOwnModel() throws {
    let page = try Self.page("WriteYourOwnModel")
    let folder = try Folder()
    let files = Self.files(of: page)
    #expect(files.map(\.name) == ["dmf.model"])
    try folder.write(files[0].text, to: files[0].name)
    let made = try SyntheticConnectome(regions: 8, key: RandomKey(seed: 3))
    try NPZArchive.write(
      [
        ("weights", NPYArray(made.weights.values, shape: [8, 8])),
        ("lengths", NPYArray(made.lengths.values, shape: [8, 8])),
      ], to: folder.path("connectome.npz"))

    let commands = Self.blocks("```sh", of: page)
    #expect(commands.count == 3)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-e", "-c", commands.joined()]
    shell.currentDirectoryURL = folder.url
    let path = try #require(Command.executable).deletingLastPathComponent().path
    shell.environment = ProcessInfo.processInfo.environment.merging(
      ["PATH": "\(path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"]
    ) { $1 }
    for name in ["stdout.txt", "stderr.txt"] {
      FileManager.default.createFile(atPath: folder.path(name), contents: nil)
    }
    shell.standardOutput = try FileHandle(forWritingTo: folder.url.appendingPathComponent("stdout.txt"))
    shell.standardError = try FileHandle(forWritingTo: folder.url.appendingPathComponent("stderr.txt"))
    try shell.run()
    shell.waitUntilExit()
    let errors = try folder.text("stderr.txt")
    #expect(shell.terminationStatus == 0, "\(errors)")
    #expect(try folder.text("stdout.txt").contains("all checks passed"))
    #expect(["run.npy", "run.svg", "bold.npy", "fit.npz", "fit.svg"].allSatisfy(folder.exists))
    let loss = try NPZArchive(path: folder.path("fit.npz"))["loss"].values(as: Double.self)
    #expect(loss.count == 10 && loss.min()! < loss[0])

    // The message that the page shows.
    try folder.write(files[0].text.replacing("w*J_N*S_E", with: "w*J_M*S_E"), to: "dmf.model")
    let outcome = try Command.run(["models", "--check", "dmf.model"], in: folder)
    #expect(outcome.status == 65)
    #expect(Self.blocks("```", of: page).contains(outcome.errors), "\(outcome.errors)")
  }

  @Test("the reference's example, and every function that it lists")
  func theLanguageOfModels() throws {
    let page = try Self.page("TheLanguageOfModels")
    let folder = try Folder()
    let files = Self.files(of: page)
    #expect(files.count == 1)
    try folder.write(files[0].text, to: files[0].name)
    let output = try Command.succeed("models --check \(files[0].name)", in: folder)
    #expect(output.contains("all checks passed"))
    try folder.write(files[0].text.replacing("pi*tau) + 2", with: "pi*ta) + 2"), to: files[0].name)
    let outcome = try Command.run(["models", "--check", files[0].name], in: folder)
    #expect(Self.blocks("```", of: page).contains(outcome.errors), "\(outcome.errors)")

    let lines = page.split(separator: "\n").filter { $0.hasPrefix("| `exp log") }
    #expect(lines.count == 1)
    let functions = lines[0].split(separator: "`")[1].split(separator: " ").map(String.init)
    #expect(functions.count == 14)
    for call in functions.map({ "\($0)(x)" }) + [
      "logistic(x)", "exprel(x)", "heaviside(x)", "min(x, 1)", "max(x, 1)",
      "where(x > 0 and not x >= 3 or x == 7, x, pi)",
      "x^2 - -x**3/4 + (x != 1)*(x < 2)*(x <= 5)", "x^0.5",
    ] {
      let text = "model f\nstate x >= 0 from 0.2..0.8\ncoupling c of \(call)\nx' = \(call) + c\noutput y = \(call)\n"
      #expect(throws: Never.self, "\(call)") { try NodeModel(text: text) }
    }
    // What it says is refused.
    for expression in ["x < 1 < 2", "sin(x, x)", "min(x)", "time", "x + )", "2 x", "parameter"] {
      #expect(throws: DelayNetError.self, "\(expression)") {
        try NodeModel(text: "model f\nstate x\ncoupling c of x\nx' = \(expression) + c\n")
      }
    }
    for name in Input.allCases.map(\.rawValue) + ["pulses", "speed", "exp", "pi", "of"] {
      #expect(throws: DelayNetError.self, "\(name)") {
        try NodeModel(text: "model f\nparameter \(name) = 1\nstate x\ncoupling c of x\nx' = c\n")
      }
    }
  }
}
