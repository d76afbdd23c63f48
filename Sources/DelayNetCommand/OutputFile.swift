import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

// Files that the command writes. Each gets its name once it is complete.

/// Checks, before work is begun, that files can be made in the directories of these paths.
///
/// A finished file takes its name from whatever had it, so only regular files may be replaced: a device such as
/// `/dev/null`, a pipe or a link would be lost.
func requireWritable(_ paths: [String?]) throws {
  for path in paths.compactMap({ $0 }) {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let directory = url.deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw Failure(.unfinished, "\(path): cannot be written, there is no directory \(directory)")
    }
    guard FileManager.default.isWritableFile(atPath: directory) else {
      throw Failure(.unfinished, "\(path): cannot be written, the directory \(directory) is not writable")
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let kind =
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFLNK: "a link"
        case S_IFIFO: "a pipe"
        default: "a device"
        }
      throw Failure(.unfinished, "\(path): cannot be written, it is \(kind) and not a regular file")
    }
  }
}

/// Checks that no two outputs have the same name.
func requireDifferent(_ paths: [String?]) throws {
  var seen: Set<String> = []
  for path in paths.compactMap({ $0 }) {
    guard seen.insert(URL(fileURLWithPath: path).standardizedFileURL.path).inserted else {
      throw ValidationError("\(path) is named for two outputs.")
    }
  }
}

/// Writes values as a `.npy` file.
func writeArray<Element: NPYElement>(_ values: [Element], shape: [Int], to path: String) throws {
  let array = try NPYArray(values, shape: shape)
  do { try array.write(to: path) } catch { throw Failure.writing(error) }
}

/// Writes a value as JSON.
func writeJSON(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  var data = try encoder.encode(value)
  data.append(UInt8(ascii: "\n"))
  try write(data, to: path)
}

/// Writes bytes to a file.
func write(_ data: Data, to path: String) throws {
  do {
    try data.write(to: URL(fileURLWithPath: path), options: .atomic)
  } catch {
    throw Failure(.unfinished, "\(path): cannot be written: \(error.localizedDescription)")
  }
}
