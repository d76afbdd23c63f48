import DelayNet
import DelayNetIO
import Foundation
import Testing

/// The built command, run as a user runs it.
enum Command {
  /// What a run of the command left behind.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// The executable, which the build leaves beside the test bundle.
  static let executable: URL? = {
    let places =
      [Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()]
      + Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    return places.map { $0.appendingPathComponent("delaynet") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()

  /// A process that has not been started, with its output and errors going to files of a folder.
  static func process(_ arguments: [String], in folder: Folder) throws -> Process {
    let process = Process()
    process.executableURL = try #require(executable, "the executable delaynet is not beside the tests")
    process.arguments = arguments
    process.currentDirectoryURL = folder.url
    for name in ["stdout.txt", "stderr.txt"] {
      FileManager.default.createFile(atPath: folder.path(name), contents: nil)
    }
    process.standardOutput = try FileHandle(forWritingTo: folder.url.appendingPathComponent("stdout.txt"))
    process.standardError = try FileHandle(forWritingTo: folder.url.appendingPathComponent("stderr.txt"))
    return process
  }

  /// Starts a process with the signals' default actions: a process inherits which ones it ignores and blocks.
  static func start(_ process: Process) throws {
    let numbers = [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ]
    let before = numbers.map { signal($0, SIG_DFL) }
    var (none, mask) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &mask)
    defer {
      pthread_sigmask(SIG_SETMASK, &mask, nil)
      for (number, handler) in zip(numbers, before) { signal(number, handler) }
    }
    try process.run()
  }

  /// Runs the command to its end in a folder.
  static func run(_ arguments: [String], in folder: Folder) throws -> Outcome {
    let process = try process(arguments, in: folder)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try folder.text("stdout.txt"), errors: try folder.text("stderr.txt"))
  }

  /// Runs the command and expects it to succeed without a word on the standard error, but for what it says of a connectome.
  @discardableResult
  static func succeed(_ line: String, in folder: Folder) throws -> String {
    let outcome = try run(words(line), in: folder)
    #expect(outcome.status == 0, "\(line): \(outcome.errors)")
    let rest = outcome.errors.split(separator: "\n").filter { !$0.contains(" regions ") || !$0.contains(" empty: ") }
      .filter { !$0.hasPrefix("iteration ") }
    #expect(rest == [], "\(line)")
    return outcome.output
  }

  /// The words of a command line without quotes.
  static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }
}

/// A temporary folder, removed with the last reference.
final class Folder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("delaynet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
  }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: url.appendingPathComponent(name)) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func write(_ text: String, to name: String) throws {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func write<Element: NPYElement>(_ values: [Element], _ shape: [Int], to name: String) throws {
    try NPYArray(values, shape: shape).write(to: path(name))
  }

  /// The values of an array that the command wrote; its type and shape have to be those expected.
  func array<Element: NPYElement>(_ name: String, as type: Element.Type, shape: [Int]) throws -> [Element] {
    let array = try NPYArray(path: path(name))
    #expect(array.elementType == Element.npyElementType, "\(name)")
    return try array.values(as: type, shape: shape)
  }
}

/// A small dense network with a buffer and a cotangent, in files W.npy, D.npy, B.npy and C.npy.
struct DenseCase<Scalar: DelayNetScalar & NPYElement> {
  static var nodes: Int { 7 }
  static var steps: Int { 150 }

  let network: Network<Scalar>
  let buffer: Buffer<Scalar>
  let cotangent: Buffer<Scalar>
  let folder: Folder

  init() throws {
    let keys = try RandomKey(seed: 5).split(4)
    let n = Self.nodes
    // Some weights are 0, and some delays as well.
    let weights = try keys[0].normal(n, n, as: Scalar.self).map { abs($0) < 0.3 ? 0 : $0 }
    network = try Network(weights: weights, delays: keys[1].integers(in: 0..<40, n, n))
    let shape = try BufferShape(nodes: n, history: network.history, steps: Self.steps)
    buffer = try keys[2].normal(shape, as: Scalar.self)
    cotangent = try keys[3].normal(shape, as: Scalar.self)
    folder = try Folder()
    try folder.write(weights.values, [n, n], to: "W.npy")
    try folder.write(network.delays, [n, n], to: "D.npy")
    try folder.write(buffer.values, [n, shape.columns], to: "B.npy")
    try folder.write(cotangent.values, [n, shape.columns], to: "C.npy")
  }

  var shape: [Int] { [Self.nodes, buffer.columns] }
}

/// Files of real connectomes, which are not part of the package.
enum RealData {
  static let folder: URL =
    ProcessInfo.processInfo.environment["DELAYNET_DATA"].map { URL(fileURLWithPath: $0) }
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Puts a file into a folder, under its name.
  static func link(_ name: String, into folder: Folder) throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: path(name))
  }
}
