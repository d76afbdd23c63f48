import DelayNet
import DelayNetIO
import Foundation
import Testing

/// An option that names a file, as the command's own description of itself tells.
private struct FileOption: CustomTestStringConvertible {
  let command, option: String
  var testDescription: String { "\(command) \(option)" }

  /// Everything whose value is called a file, a path or something with a file's extension.
  static let all: [FileOption] = {
    struct Help: Decodable {
      struct Command: Decodable {
        struct Argument: Decodable {
          struct Name: Decodable { let kind, name: String }
          let names: [Name]?
          let valueName: String?
        }
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Command]?
      }
      let command: Command
    }
    guard let folder = try? Folder(), let outcome = try? Command.run(["--experimental-dump-help"], in: folder),
      let help = try? JSONDecoder().decode(Help.self, from: Data(outcome.output.utf8))
    else { return [] }
    return (help.command.subcommands ?? []).flatMap { command in
      (command.arguments ?? []).compactMap { argument in
        let value = argument.valueName ?? ""
        guard value == "file" || value == "path" || value.contains("."), !value.contains("="),
          let name = argument.names?.first(where: { $0.kind == "long" })?.name
        else { return nil }
        return FileOption(command: command.commandName, option: "--\(name)")
      }
    }
  }()
}

@Suite("files of a command")
struct CommandFilesTests {
  /// A call that would run with the option, and one of its outputs.
  private static let calls = [
    "simulate": ("simulate --model mpr --synthetic 3 --steps 5 --sigma 0.1 --gradients g.npz", "--output"),
    "map": ("map --synthetic 3 --steps 5", "--output"), "plan": ("plan --synthetic 3", "--json"),
    "notebook": ("notebook --steps 1", "--json"),
    "sweep": (
      "sweep --model mpr --synthetic 3 --steps 5 --sigma 0.1 --axis coupling=0,1 --monitor average --repetition-time 0.1 "
        + "--observe mean", "--output"
    ),
    "fit": (
      "fit --model mpr --synthetic 3 --steps 5 --sigma 0.1 --monitor average --repetition-time 0.1 --free coupling "
        + "--target-fc T.npy", "--output"
    ),
    "observe": ("observe --input B.npy --sampling-step 1 --observe mean", "--output"),
  ]

  @Test("the options that name files are found")
  func found() {
    for option in ["--output", "--checkpoint", "--resume", "--noise", "--cotangent", "--connectome", "--weights"] {
      #expect(FileOption.all.contains { $0.command == "simulate" && $0.option == option }, "\(option)")
    }
    #expect(FileOption.all.contains { $0.command == "map" && $0.option == "--buffer" })
  }

  @Test("an output that another option reads or writes is refused, through links as well", arguments: FileOption.all)
  private func twice(_ option: FileOption) throws {
    // `check` and `models` write no file.
    guard let (line, output) = Self.calls[option.command], option.option != output else {
      #expect(["check", "models"].contains(option.command) || option.option == Self.calls[option.command]?.1)
      return
    }
    // A fit goes on in the file that it is resumed from.
    if option.command == "fit", option.option == "--resume" { return }
    var words = Command.words(line)
    if option.option == "--target-series" { words.removeLast(2) }
    // Networks have one source.
    let isNetwork =
      ["--connectome", "--weights", "--delays"].contains(option.option) || option.option.hasSuffix("s-file")
    if isNetwork, let at = words.firstIndex(of: "--synthetic") {
      words.removeSubrange(at...(at + 1))
    }
    if option.command == "simulate", option.option == "--gradients" { words.removeLast(2) }
    if ["--lengths-file", "--labels-file"].contains(option.option) { words += ["--weights-file", "W.csv"] }
    if ["--weights-file", "--labels-file"].contains(option.option) { words += ["--lengths-file", "L.csv"] }
    if option.option == "--delays" { words += ["--weights", "W.npy"] }
    if option.option == "--weights" { words += ["--delays", "D.npy"] }
    if option.option == "--buffer", let at = words.firstIndex(of: "--steps") { words.removeSubrange(at...(at + 1)) }
    if option.command == "map", option.option == "--cotangent" { words += ["--gradients", "gb.npz"] }
    let folder = try Folder()
    try folder.write("precious", to: "f.npy")
    try FileManager.default.linkItem(atPath: folder.path("f.npy"), toPath: folder.path("hard.npy"))
    try FileManager.default.createSymbolicLink(atPath: folder.path("here"), withDestinationPath: ".")
    for path in ["f.npy", "./f.npy", "hard.npy", "here/f.npy", folder.path("f.npy")] {
      let outcome = try Command.run(words + [option.option, "f.npy", output, path], in: folder)
      #expect(outcome.status == 64, "\(path): \(outcome.errors)")
      #expect(outcome.errors.contains("f.npy") && outcome.errors.contains(option.option), "\(outcome.errors)")
      #expect(try folder.text("f.npy") == "precious")
    }
  }

  @Test("a file of a connectome's folder, and a parameter's file, are inputs as well")
  func inside() throws {
    let folder = try Folder()
    try folder.write("0 1\n1 0\n", to: "tvb/weights.txt")
    try folder.write([1, 2, 3] as [Float], [3], to: "eta.npy")
    for line in [
      "simulate --model mpr --connectome tvb --steps 5 --output tvb/weights.txt",
      "simulate --model mpr --synthetic 3 --set eta=eta.npy --steps 5 --output eta.npy",
    ] {
      let outcome = try Command.run(Command.words(line), in: folder)
      #expect(outcome.status == 64 && outcome.errors.contains("must not replace an input"), "\(outcome.errors)")
    }
    #expect(try folder.text("tvb/weights.txt") == "0 1\n1 0\n")
  }

  @Test("a checkpoint may go on in the file that it is resumed from")
  func checkpoint() throws {
    let folder = try Folder()
    try Command.succeed("simulate --model mpr --synthetic 3 --steps 5 --checkpoint c", in: folder)
    try Command.succeed("simulate --model mpr --synthetic 3 --steps 5 --checkpoint c --resume c", in: folder)
    #expect(try NetworkCarry<Float>(path: folder.path("c")).step == 10)
    let outcome = try Command.run(
      Command.words("simulate --model mpr --synthetic 3 --steps 5 --output c --resume c"), in: folder)
    #expect(outcome.status == 64)
  }

  @Test(
    "empty names, missing folders and places that cannot be written are found before the run",
    arguments: [
      "", "none/x.npy", "file/x.npy", "folder", "folder/", "link", "/proc/x.npy", String(repeating: "n", count: 300),
    ])
  func places(_ path: String) throws {
    let folder = try Folder()
    try folder.write("", to: "file")
    try folder.write("", to: "folder/there")
    try folder.write("", to: "target")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "target")
    for option in ["--output", "--checkpoint", "--plot", "--gradients"] {
      let outcome = try Command.run(
        Command.words("simulate --model mpr --synthetic 3 --steps 100000000000") + [option, path], in: folder)
      #expect(outcome.status == (path.isEmpty ? 64 : 70), "\(option): \(outcome.errors)")
      #expect(outcome.errors.contains(path.isEmpty ? option : path), "\(outcome.errors)")
      #expect(outcome.output == "")
    }
  }

  @Test("a run that is refused, or fails, before its first step replaces nothing")
  func nothingDone() throws {
    let folder = try Folder()
    let good =
      "simulate --model mpr --synthetic 20 --steps 50 --output x.npy --checkpoint c --gradients g.npz --plot p.svg"
    try Command.succeed(good, in: folder)
    let names = ["x.npy", "c", "g.npz", "p.svg"]
    let before = try names.map { try folder.bytes($0) }
    try folder.write([Float](repeating: .infinity, count: 40), [2, 20], to: "infinite.npy")
    try folder.write([Float](repeating: 3e38, count: 40), [2, 20], to: "huge.npy")
    for (more, status) in [
      ("--set eta=1e39", 65), ("--initial infinite.npy", 65), ("--initial huge.npy", 65), ("--coupling 1e39", 65),
      ("--sigma 1e39", 65), ("--noise none.npy --sigma 1", 66), ("--memory 1", 65), ("--time-step 1e30", 65),
    ] {
      for line in [good, "simulate --model mpr --synthetic 20 --steps 50 --output x.npy --checkpoint c"] {
        if more.hasPrefix("--memory"), line != good { continue }
        let outcome = try Command.run(Command.words(line + " " + more), in: folder)
        #expect(outcome.status == Int32(status), "\(more): \(outcome.errors)")
        #expect(try names.map { try folder.bytes($0) } == before, "\(more)")
      }
    }
    #expect(!folder.exists("x.npy.unfinished"))
    // No step is a run, too, where it is asked for.
    try Command.succeed("simulate --model mpr --synthetic 20 --steps 0 --output x.npy", in: folder)
    #expect(try NPYArray(path: folder.path("x.npy")).shape == [2, 20, 0])
  }

  @Test(
    "a standard output that is full is an error of every command",
    arguments: [
      "--help", "models", "info", "plan --synthetic 3", "notebook --steps 1 --repeat 1",
      "simulate --model mpr --synthetic 3 --steps 5 --output x.npy", "map --synthetic 3 --steps 5",
      "check --synthetic 3 --steps 5",
    ])
  func fullOutput(_ line: String) throws {
    let folder = try Folder()
    let process = try Command.process(Command.words(line), in: folder)
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 70)
    #expect(try folder.text("stderr.txt").contains("the standard output cannot be written"))
    // What the command is for is done nevertheless.
    if line.contains("x.npy") { #expect(try NPYArray(path: folder.path("x.npy")).shape == [2, 3, 5]) }
  }
}
