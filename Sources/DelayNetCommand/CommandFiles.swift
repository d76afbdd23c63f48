import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

/// A file that an option of the command names.
struct NamedFile {
  /// The option, as `--output`.
  let option: String
  let path: String
}

/// The files of one call of the command: what it reads, and what it is going to write.
struct CommandFiles {
  var inputs: [NamedFile] = []
  var outputs: [NamedFile] = []
  /// The option of an output that may be an input, too: a checkpoint is written over the file that it is resumed from.
  var mayBeRead: String?
  /// Whether other processes may be about to write the same outputs.
  var isShared = false

  /// Options without a path name no file.
  static func named(_ options: KeyValuePairs<String, String?>) -> [NamedFile] {
    options.compactMap { option, path in path.map { NamedFile(option: option, path: $0) } }
  }

  /// Checks, before anything is read or computed, that every output can be written without a loss.
  ///
  /// A finished file takes its name from whatever had it, so only regular files may be replaced: a device such as
  /// `/dev/null`, a pipe or a link would be lost. So would an input; whatever path or link leads to it, it is refused.
  func check() throws {
    for file in inputs + outputs where file.path.isEmpty {
      throw ValidationError("\(file.option): the name of the file is empty.")
    }
    let read = inputs.flatMap { input in Self.identities(input.path).map { (input, $0) } }
    var written: [(file: NamedFile, place: String, identity: Identity?)] = []
    for output in outputs {
      let identity = Identity(output.path)
      let place = try Self.place(of: output)
      if let other = written.first(where: { $0.place == place || (identity != nil && $0.identity == identity) }) {
        throw ValidationError(
          "\(output.option) \(output.path): is the same file as \(other.file.option) \(other.file.path); two outputs need two files."
        )
      }
      written.append((output, place, identity))
      guard let identity, let input = read.first(where: { $0.1 == identity })?.0 else { continue }
      guard output.option == mayBeRead, input.option == "--resume" else {
        throw ValidationError(
          "\(output.option) \(output.path): is read by this command, as \(input.option) \(input.path); an output must not "
            + "replace an input.")
      }
    }
    for output in outputs where !isShared {
      do { try requireCreatable(output.path) } catch { throw Failure.writing(error) }
    }
  }

  /// The name of an output in its folder's own path. Fails where there is no such folder, or something else than a file.
  private static func place(of file: NamedFile) throws -> String {
    let path = file.path
    func refused(_ why: String) -> Failure { Failure(.unfinished, "\(path): cannot be written, \(why)") }
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let directory = url.deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw refused("there is no directory \(directory)")
    }
    guard FileManager.default.isWritableFile(atPath: directory) else {
      throw refused("the directory \(directory) is not writable")
    }
    var status = stat()
    if path.hasSuffix("/") { throw refused("its name is that of a directory") }
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let kind =
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFLNK: "a link"
        case S_IFIFO: "a pipe"
        default: "a device"
        }
      throw refused("it is \(kind) and not a regular file")
    }
    return URL(fileURLWithPath: directory).resolvingSymlinksInPath().appendingPathComponent(url.lastPathComponent).path
  }

  /// What tells one file from another, whatever paths and links lead to it.
  private struct Identity: Equatable {
    let device, number: UInt64

    /// Nil where there is no file.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
    }
  }

  /// The file itself, or for a folder also the files in it.
  private static func identities(_ path: String) -> [Identity] {
    let inside = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).prefix(10_000)
    return ([path] + inside.map { "\(path)/\($0)" }).compactMap(Identity.init)
  }
}
