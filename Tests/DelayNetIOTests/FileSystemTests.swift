import DelayNetIO
import Foundation
import Testing

@Suite struct FileSystemTests {
  @Test func whatIsNoFileIsRefused() throws {
    try withTemporaryFolder { folder in
      for (path, found) in [
        (folder, "a directory"), ("/dev/null", "a device or pipe"),
        (folder + "/no", "No such file or directory on opening"),
      ] {
        let error = #expect(throws: FileError.self) { try NPYArray(path: path) }
        #expect(error?.kind == .system)
        #expect(error?.found == found)
      }
    }
  }

  @Test func fileIsReplacedAsAWhole() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npy"
      try NPYArray([1.0]).write(to: path)
      try NPYArray([2.0, 3.0]).write(to: path)
      #expect(try NPYArray(path: path).storage == .float64([2, 3]))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
    }
  }

  @Test func pipesAreNotReplaced() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/pipe"
      try #require(mkfifo(path, 0o600) == 0)
      let error = #expect(throws: FileError.self) { try NPYArray([1.0]).write(to: path) }
      #expect(error?.found == "a device or pipe")
      var status = stat()
      #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }
  }

  @Test func failureLeavesNothingBehind() throws {
    try withTemporaryFolder { folder in
      // A folder cannot be replaced by a file.
      try FileManager.default.createDirectory(
        atPath: folder + "/a.npy", withIntermediateDirectories: false)
      let error = #expect(throws: FileError.self) {
        try NPYArray([1.0]).write(to: folder + "/a.npy")
      }
      #expect(error?.kind == .system)
      #expect(error?.file == folder + "/a.npy")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
      #expect(throws: FileError.self) {
        try NPZArchive.write([("a", NPYArray([1.0]))], to: folder + "/a.npy")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
      #expect(throws: FileError.self) { try NPYArray([1.0]).write(to: folder + "/no/a.npy") }
    }
  }

  @Test func diskThatFillsUp() async {
    // A limit on the size of files stands for the full disk; it holds for a whole process, hence one of its own.
    await #expect(processExitsWith: .success) {
      #if canImport(Glibc)
        let fileSize = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      #else
        let fileSize = RLIMIT_FSIZE
      #endif
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(fileSize, &limit)
      limit.rlim_cur = 100_000
      setrlimit(fileSize, &limit)
      let array = try NPYArray([Double](repeating: 1, count: 100_000))
      try withTemporaryFolder { folder in
        for write in [
          { try array.write(to: folder + "/a.npy") },
          { try NPZArchive.write([("a", array)], to: folder + "/a.npz") },
        ] {
          do {
            try write()
            exit(1)
          } catch {
            if (error as? FileError)?.kind != .system { exit(2) }
          }
        }
        if try !FileManager.default.contentsOfDirectory(atPath: folder).isEmpty { exit(3) }
      }
    }
  }
}
