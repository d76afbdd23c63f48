import DelayNet
import DelayNetIO
import Foundation
import Testing

/// Starts a shell that runs the command, as `$DN`, with every signal as a login leaves it.
private func shell(_ script: String, in folder: Folder) throws -> Process {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", script]
  process.currentDirectoryURL = folder.url
  process.environment = ProcessInfo.processInfo.environment.merging(
    ["DN": try #require(Command.executable).path], uniquingKeysWith: { $1 })
  for name in ["stdout.txt", "stderr.txt"] { FileManager.default.createFile(atPath: folder.path(name), contents: nil) }
  process.standardOutput = try FileHandle(forWritingTo: folder.url.appendingPathComponent("stdout.txt"))
  process.standardError = try FileHandle(forWritingTo: folder.url.appendingPathComponent("stderr.txt"))
  return process
}

@Suite("a command that is stopped", .serialized)
struct InterruptionTests {
  /// A run of minutes.
  static let long = "simulate --model linear --synthetic 60 --coupling 0.01 --sigma 0.1 --average 10 --steps 300000000"

  /// Waits until a condition holds, a minute at most.
  private func wait(until condition: () throws -> Bool) throws {
    for _ in 0..<600 {
      if try condition() { return }
      Thread.sleep(forTimeInterval: 0.1)
    }
    Issue.record("waited in vain")
  }

  @Test(
    "SIGTERM, SIGHUP and Ctrl-C keep what was computed and exit with the signal's status",
    arguments: [SIGTERM, SIGHUP, SIGINT])
  func requests(_ number: Int32) throws {
    let folder = try Folder()
    let process = try Command.process(
      Command.words(Self.long + " --output x.npy --checkpoint c --checkpoint-every 1000"), in: folder)
    try Command.start(process)
    // There is an unfinished output from the first steps on.
    try wait { folder.exists("x.npy.unfinished") }
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + number)
    #expect(try folder.text("stderr.txt").contains("interrupted while simulating, after "))
    let step = try NetworkCarry<Float>(path: folder.path("c")).step
    #expect(step > 0)
    #expect(try NPYArray(path: folder.path("x.npy")).shape == [1, 60, step / 10])
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: folder.url.path)) == [
        "x.npy", "c", "stdout.txt", "stderr.txt",
      ])
  }

  @Test("a reader of the standard output that goes away stops the command, whose files are whole")
  func pipe() throws {
    let folder = try Folder()
    let process = try shell(
      "{ $DN simulate --model mpr --synthetic 5 --steps 200 --output x.npy; echo $? > status; } | true", in: folder)
    try Command.start(process)
    process.waitUntilExit()
    #expect(try folder.text("status") == "\(128 + SIGPIPE)\n")
    #expect(try NPYArray(path: folder.path("x.npy")).shape == [2, 5, 200])
  }

  @Test("beyond a limit of file sizes the columns before are kept")
  func fileSize() throws {
    let folder = try Folder()
    // Each chunk has half a million numbers; 2 x 10 rows of 40,000 columns are 3.2 MB, and the limit 2 MB or, where the
    // shell counts in kilobytes, 4 MB.
    let process = try shell(
      "ulimit -f 4096; $DN simulate --model linear --synthetic 10 --coupling 0.01 --steps 10000000 --output x.npy; echo $? > status",
      in: folder)
    try Command.start(process)
    process.waitUntilExit()
    #expect(try folder.text("status") == "\(128 + SIGXFSZ)\n")
    #expect(try folder.text("stderr.txt").contains("x.npy"))
    // The last rows lie beyond the limit from the first column on: there is nothing to keep, and nothing is left behind.
    #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.url.path).contains { $0.hasSuffix("tmp") })
  }

  @Test("a second signal ends the command at once and leaves no temporary file")
  func second() throws {
    let folder = try Folder()
    // Without a checkpoint the bytes go to a temporary file.
    let process = try Command.process(Command.words(Self.long + " --output x.npy"), in: folder)
    try Command.start(process)
    func temporaries() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter { $0.hasPrefix("x.npy") }
    }
    try wait { try !temporaries().isEmpty }
    // One after the other, faster than the run hears of the first; it may have ended in between.
    kill(process.processIdentifier, SIGSTOP)
    kill(process.processIdentifier, SIGINT)
    kill(process.processIdentifier, SIGTERM)
    kill(process.processIdentifier, SIGCONT)
    process.waitUntilExit()
    #expect([128 + SIGINT, 128 + SIGTERM].contains(process.terminationStatus))
    #expect(try temporaries().allSatisfy { $0 == "x.npy" })
  }

  @Test("what killed runs leave has one name, and the next run takes it")
  func killed() throws {
    let folder = try Folder()
    for _ in 0..<3 {
      let process = try Command.process(Command.words(Self.long + " --output x.npy"), in: folder)
      try Command.start(process)
      try wait {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).contains { $0.hasPrefix("x.npy") }
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count { $0.hasPrefix("x.npy") } == 1)
    }
    try Command.succeed("simulate --model mpr --synthetic 3 --steps 5 --output x.npy", in: folder)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter { $0.hasPrefix("x.npy") } == ["x.npy"]
    )
    #expect(try NPYArray(path: folder.path("x.npy")).shape == [2, 3, 5])
  }

  @Test("a process that was started to ignore a signal goes on ignoring it")
  func ignored() throws {
    let folder = try Folder()
    let process = try shell(
      "trap '' HUP; $DN simulate --model mpr --synthetic 30 --steps 20000 --output x.npy & kill -HUP $!; wait $!; echo $? > status",
      in: folder)
    try Command.start(process)
    process.waitUntilExit()
    #expect(try folder.text("status") == "0\n")
    #expect(try NPYArray(path: folder.path("x.npy")).shape == [2, 30, 20000])
  }
}
