// Files by way of POSIX: whole regular files in, whole files out under a temporary name, the names in a folder.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Inside InputFile, whose methods have these names, the plain ones would not be found.
private func openForReading(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }
private func readBytes(
  _ descriptor: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int
) -> Int { read(descriptor, target, count) }

/// What the operating system says about its last failure in this thread.
private func systemError(
  _ name: FileName, doing action: String, code: Int32 = errno
) -> FileError {
  name.error(
    .system, found: String(cString: strerror(code)) + " on \(action)",
    expected: "success")
}

/// A regular file open for reading, closed when it goes out of use.
struct InputFile: ~Copyable {
  let descriptor: Int32
  let size: Int
  let name: FileName

  init(path: String) throws(FileError) {
    let name = FileName(file: path)
    (descriptor, size) = try Self.open(path, name)
    self.name = name
  }

  deinit { close(descriptor) }

  private static func open(
    _ path: String, _ name: FileName
  ) throws(FileError) -> (descriptor: Int32, size: Int) {
    // Non-blocking, so that opening a pipe nobody writes to returns and can be refused below.
    let descriptor = try retrying(name, "opening") {
      openForReading(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = systemError(name, doing: "asking for its size")
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw name.error(
        .system, found: status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device or pipe",
        expected: "a regular file")
    }
    return (descriptor, Int(status.st_size))
  }

  /// Fills `target` from the current place on.
  func read(into target: UnsafeMutableRawBufferPointer) throws(FileError) {
    var done = 0
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let count = try retrying(name, "reading") {
        readBytes(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      }
      guard count > 0 else {
        throw name.error(
          .truncated, found: "the end of the file while reading",
          expected: "\(target.count - done) more bytes")
      }
      done += count
    }
  }

  /// The bytes from the current place on, `count` of them.
  func read(count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FileError?
    bytes.withUnsafeMutableBytes { target in
      do throws(FileError) { try read(into: target) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// Writes a file so that its path never names half of one: under a temporary name beside it first, then renamed.
///
/// A symbolic link at `path` is replaced, not followed. On an error nothing is left behind.
func writeFile(
  _ path: String, _ body: (_ descriptor: Int32, FileName) throws(FileError) -> Void
) throws(FileError) {
  let file = try OutputFile(path: path)
  try body(file.descriptor, file.name)
  try file.finish()
}

/// A file being written under a temporary name, which takes its own once it is finished and is removed otherwise.
final class OutputFile {
  let descriptor: Int32
  let name: FileName
  /// Whether the file stays under its temporary name when it goes out of use without being finished.
  let isKept: Bool
  private var isOpen = true
  private var temporary: String

  init(path: String) throws(FileError) {
    let name = FileName(file: path)
    // The finished file takes its name from whatever had it: a device such as /dev/null would be lost.
    var status = stat()
    if lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
      throw name.error(
        .system, found: status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device or pipe",
        expected: "a regular file to replace, or none")
    }
    let temporary = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    descriptor = try retrying(name, "creating a temporary file beside it") {
      open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    self.name = name
    self.temporary = temporary
    isKept = false
  }

  /// A file that is kept under the name `unfinished`, where nothing may be yet; `start` writes what it begins with.
  ///
  /// The name is given after `start`: whoever finds a file of that name finds its beginning in it.
  convenience init(
    path: String, keeping unfinished: String, start: (_ descriptor: Int32, FileName) throws(FileError) -> Void
  ) throws(FileError) {
    let new = try OutputFile(path: path)
    try start(new.descriptor, new.name)
    var status = stat()
    guard lstat(unfinished, &status) != 0 else {
      throw new.name.error(.system, found: "an unfinished file, \(unfinished)", expected: "none")
    }
    let descriptor = try retrying(new.name, "opening the temporary file again") {
      fcntl(new.descriptor, F_DUPFD_CLOEXEC, 0)
    }
    self.init(kept: descriptor, unfinished, new.name)
    try lock()
    guard rename(new.temporary, unfinished) == 0 else { throw systemError(name, doing: "naming the unfinished file") }
  }

  /// The file that is kept under the name `unfinished`.
  convenience init(path: String, goingOnWith unfinished: String) throws(FileError) {
    let name = FileName(file: path)
    let descriptor = try retrying(FileName(file: unfinished), "opening") {
      open(unfinished, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    }
    self.init(kept: descriptor, unfinished, name)
    try lock()
    // Whoever had the lock before may have finished the file since it was opened.
    var (mine, named) = (stat(), stat())
    guard fstat(descriptor, &mine) == 0, lstat(unfinished, &named) == 0, mine.st_ino == named.st_ino,
      mine.st_dev == named.st_dev, mine.st_mode & S_IFMT == S_IFREG
    else {
      throw FileName(file: unfinished).error(.system, found: "another file than before", expected: "the unfinished one")
    }
  }

  private init(kept descriptor: Int32, _ unfinished: String, _ name: FileName) {
    (self.descriptor, self.name, temporary, isKept) = (descriptor, name, unfinished, true)
  }

  /// Keeps other processes from going on with the same file. The lock ends with the process, however that ends.
  private func lock() throws(FileError) {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw FileName(file: temporary).error(
        .system, found: "another process that is writing it", expected: "a file that is left alone")
    }
  }

  deinit {
    if isOpen { close(descriptor) }
    // The finished file has another name.
    if !isKept { unlink(temporary) }
  }

  /// Removes a kept file.
  func remove() throws(FileError) {
    guard unlink(temporary) == 0 else { throw systemError(name, doing: "removing the unfinished file") }
  }

  /// Gives the file its name.
  func finish() throws(FileError) {
    if isKept {
      // Under lock to the end.
      try synchronize(descriptor, name)
      guard rename(temporary, name.file) == 0 else { throw systemError(name, doing: "renaming the finished file") }
      return
    }
    isOpen = false
    guard close(descriptor) == 0 else { throw systemError(name, doing: "closing") }
    guard rename(temporary, name.file) == 0 else { throw systemError(name, doing: "renaming the finished file") }
  }
}

/// Writes all of `bytes` to an open file, from an offset on.
func writeBytes(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, _ name: FileName
) throws(FileError) {
  var done = 0
  while done < bytes.count {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    done += try retrying(name, "writing") {
      pwrite(descriptor, rest.baseAddress, min(rest.count, 1 << 30), off_t(offset + done))
    }
  }
}

/// Waits until an open file's bytes are on the disk.
func synchronize(_ descriptor: Int32, _ name: FileName) throws(FileError) {
  _ = try retrying(name, "waiting for the disk") { fsync(descriptor) }
}

/// The first bytes of an open file, at most `count` of them, and its size.
func readStart(of descriptor: Int32, count: Int, _ name: FileName) throws(FileError) -> (bytes: [UInt8], size: Int) {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw systemError(name, doing: "asking for its size") }
  let size = Int(status.st_size)
  var bytes = [UInt8](repeating: 0, count: min(count, size))
  var done = 0
  while done < bytes.count {
    let read = try retrying(name, "reading") {
      bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(done))
      }
    }
    guard read > 0 else { throw name.error(.truncated, found: "the end while reading", expected: "more bytes") }
    done += read
  }
  return (bytes, size)
}

/// Copies bytes of an open file to a place of another one, or of itself towards its start.
func moveBytes(
  _ count: Int, from source: Int, of origin: Int32, to target: Int, of descriptor: Int32, _ name: FileName
) throws(FileError) {
  if source == target, origin == descriptor { return }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(count, 1), 1 << 20), alignment: 1)
  defer { buffer.deallocate() }
  var done = 0
  while done < count {
    let size = min(buffer.count, count - done)
    let read = try retrying(name, "reading") { pread(origin, buffer.baseAddress, size, off_t(source + done)) }
    guard read > 0 else { throw name.error(.system, found: "the end while moving", expected: "more bytes") }
    try writeBytes(UnsafeRawBufferPointer(rebasing: buffer[..<read]), to: descriptor, at: target + done, name)
    done += read
  }
}

/// Sets the size of an open file.
func setSize(_ size: Int, of descriptor: Int32, _ name: FileName) throws(FileError) {
  _ = try retrying(name, "setting its size") { ftruncate(descriptor, off_t(size)) }
}

/// Writes all of `bytes` to an open file.
func writeBytes(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ name: FileName
) throws(FileError) {
  var done = 0
  while done < bytes.count {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    done += try retrying(name, "writing") {
      write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
    }
  }
}

/// Whether `path` names a directory, or a link to one.
func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The names in a directory, sorted, without `.` and `..`, at most `limit` of them.
func namesInDirectory(_ path: String, limit: Int) throws(FileError) -> [String] {
  let name = FileName(file: path)
  guard let directory = opendir(path) else { throw systemError(name, doing: "opening the folder") }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let file = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
        String(cString: $0)
      }
    }
    if file == "." || file == ".." { continue }
    guard names.count < limit else {
      throw name.error(
        .limit, found: "a folder of more than \(limit) files",
        expected: "at most that many (ArchiveLimits.entries)")
    }
    names.append(file)
  }
  return names.sorted()
}

/// Calls `body` again as long as a signal interrupts it; throws when it returns a negative number.
private func retrying<Count: SignedInteger>(
  _ name: FileName, _ action: String, _ body: () -> Count
) throws(FileError) -> Count {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = errno
    if code != EINTR { throw systemError(name, doing: action, code: code) }
  }
}
