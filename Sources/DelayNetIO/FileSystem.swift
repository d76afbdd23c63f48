// Files by way of POSIX: whole regular files in, whole files out under a temporary name, the names in a folder.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Inside InputFile and OutputFile, whose methods have these names, the plain ones would not be found.
private func openForReading(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }
private func renameFile(_ old: String, _ new: String) -> Int32 { rename(old, new) }
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

  /// Fills `target` from the current position on.
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

  /// The bytes from the current position on, `count` of them.
  func read(count: Int) throws(FileError) -> [UInt8] {
    try requireMemory(count, of: UInt8.self, name)
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

/// Writes a file of these bytes, as ``writeFile(_:_:)`` does.
package func writeFile(_ path: String, bytes: [UInt8]) throws(FileError) {
  try writeFile(path) { descriptor, name throws(FileError) in
    try bytes.span.withUnsafeBytes { bytes throws(FileError) in try writeBytes(bytes, to: descriptor, name) }
  }
}

/// Finds out whether a file can be written at `path`, by beginning one and leaving it.
package func requireCreatable(_ path: String) throws(FileError) { _ = try OutputFile(path: path) }

/// A file being written under a temporary name, which takes its own once it is finished and is removed otherwise.
///
/// The temporary name follows from the file's: what a killed process left there is written over by the next one. It is locked
/// as long as it is written, so that two processes never write the same one.
final class OutputFile {
  let descriptor: Int32
  let name: FileName
  /// Whether the file stays under its temporary name when it goes out of use without being finished.
  let isKept: Bool
  private var temporary: String
  /// Whether the temporary name is no longer this file's.
  private var isNamed = false

  /// Where the bytes of the file at `path` stand until it is finished.
  static func temporaryPath(of path: String) -> String { path + ".delaynet-tmp" }

  init(path: String) throws(FileError) {
    let name = FileName(file: path)
    // The finished file takes its name from whatever had it: a device such as /dev/null would be lost.
    var status = stat()
    if lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
      throw name.error(
        .system, found: status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device or pipe",
        expected: "a regular file to replace, or none")
    }
    let temporary = Self.temporaryPath(of: path)
    descriptor = try Self.openLocked(temporary, O_RDWR | O_CREAT, name, "creating a temporary file beside it")
    TemporaryFiles.insert(temporary)
    self.name = name
    self.temporary = temporary
    isKept = false
    try setSize(0, of: descriptor, name)
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
    // The lock belongs to both descriptors, and lasts until the second is closed.
    let descriptor = try retrying(new.name, "opening the temporary file again") {
      fcntl(new.descriptor, F_DUPFD_CLOEXEC, 0)
    }
    self.init(kept: descriptor, unfinished, new.name)
    try new.rename(to: unfinished, doing: "naming the unfinished file")
  }

  /// The file that is kept under the name `unfinished`.
  convenience init(path: String, goingOnWith unfinished: String) throws(FileError) {
    let descriptor = try Self.openLocked(unfinished, O_RDWR, FileName(file: unfinished), "opening")
    self.init(kept: descriptor, unfinished, FileName(file: path))
  }

  private init(kept descriptor: Int32, _ unfinished: String, _ name: FileName) {
    (self.descriptor, self.name, temporary, isKept) = (descriptor, name, unfinished, true)
  }

  /// Opens a regular file and locks it, which keeps other processes from writing it. The lock ends with the process, however
  /// that ends.
  private static func openLocked(
    _ path: String, _ flags: Int32, _ name: FileName, _ action: String
  ) throws(FileError) -> Int32 {
    for _ in 0..<100 {
      let descriptor = try retrying(name, action) {
        open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
      }
      let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
      var (mine, named) = (stat(), stat())
      // Whoever had the lock before may have given the file its name, or removed it, since it was opened.
      if isLocked, fstat(descriptor, &mine) == 0, lstat(path, &named) == 0, mine.st_ino == named.st_ino,
        mine.st_dev == named.st_dev
      {
        if mine.st_mode & S_IFMT == S_IFREG { return descriptor }
        close(descriptor)
        throw FileName(file: path).error(.system, found: "a device or pipe", expected: "a regular file")
      }
      close(descriptor)
      guard isLocked else {
        throw FileName(file: path).error(
          .system, found: "another process that is writing it", expected: "a file that is left alone")
      }
    }
    throw name.error(.system, found: "a file that others write and remove again and again", expected: "a quiet one")
  }

  deinit {
    // Removed under the lock: from then on the name may be another process's.
    if !isKept, !isNamed { unlink(temporary) }
    if !isKept { TemporaryFiles.remove(temporary) }
    close(descriptor)
  }

  /// Removes a kept file.
  func remove() throws(FileError) {
    guard unlink(temporary) == 0 else { throw systemError(name, doing: "removing the unfinished file") }
  }

  /// Gives the file its name, under lock to the end.
  func finish() throws(FileError) {
    if isKept {
      try synchronize(descriptor, name)
    } else {
      // What a disk says late, it says to whoever closes the file.
      let again = try retrying(name, "opening the temporary file again") { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
      guard close(again) == 0 else { throw systemError(name, doing: "closing") }
    }
    try rename(to: name.file, doing: "renaming the finished file")
  }

  private func rename(to path: String, doing action: String) throws(FileError) {
    guard renameFile(temporary, path) == 0 else { throw systemError(name, doing: action) }
    isNamed = true
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

/// Copies bytes of an open file to a position of another one, or of itself towards its start.
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

/// Whether `path` names anything, or a link to it.
func isThere(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0
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

/// Writes a file of these bytes that other processes, on other machines, may be writing as well: each under a temporary name of its
/// own, so that none needs a lock. The bytes are on the disk before the file has its name; the last one to be named stays.
package func writeSharedFile(_ path: String, bytes: [UInt8]) throws(FileError) {
  let name = FileName(file: path)
  var host = [CChar](repeating: 0, count: 256)
  gethostname(&host, host.count - 1)
  let own = host.prefix { $0 != 0 }.map {
    CChar(bitPattern: UInt8(ascii: "/")) == $0 ? "_" : String(UnicodeScalar(UInt8(bitPattern: $0)))
  }
  let temporary = "\(path).\(own.joined()).\(getpid()).delaynet-tmp"
  let descriptor = try retrying(name, "creating a temporary file beside it") {
    open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666)
  }
  TemporaryFiles.insert(temporary)
  defer { TemporaryFiles.remove(temporary) }
  do throws(FileError) {
    try bytes.span.withUnsafeBytes { bytes throws(FileError) in try writeBytes(bytes, to: descriptor, name) }
    try synchronize(descriptor, name)
  } catch {
    close(descriptor)
    unlink(temporary)
    throw error
  }
  guard close(descriptor) == 0, renameFile(temporary, path) == 0 else {
    let error = systemError(name, doing: "naming the finished file")
    unlink(temporary)
    throw error
  }
}
