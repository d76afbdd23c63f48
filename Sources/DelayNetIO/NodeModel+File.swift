import DelayNet

/// Why a model could not be read from a file.
public enum ModelFileError: Error, Sendable, Hashable {
  /// The file could not be read.
  case file(FileError)
  /// Its text breaks the language's rules; line and column count from 1, the column in bytes, and are 0 where the text as a
  /// whole is meant. `lineText` is that line.
  case text(path: String, line: Int, column: Int, message: String, lineText: String)
  /// The library has failed for another reason, such as memory.
  case library(path: String, DelayNetError)

  /// What a hash is made of.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension ModelFileError: CustomStringConvertible {
  /// `mine.model:3:12: …`, then the line with a caret under the place.
  public var description: String {
    switch self {
    case .file(let error): return error.description
    case .library(let path, let error): return "\(path): \(error)"
    case .text(let path, 0, _, let message, _): return "\(path): \(message)"
    case .text(let path, let line, let column, let message, let lineText):
      // What stands before the place keeps its tabs, so that the caret is under it however wide they are.
      let before = String(decoding: lineText.utf8.prefix(max(column - 1, 0)), as: UTF8.self)
      let blanks = String(before.map { $0 == "\t" ? "\t" : " " })
      return "\(path):\(line):\(column): \(message)\n  \(lineText)\n  \(blanks)^"
    }
  }
}

extension NodeModel {
  /// Reads a model from a text file; the language is described in DelayNet's page on it.
  ///
  ///     let model = try NodeModel(path: "examples/models/excitable_membrane.model")
  ///
  /// - Throws: ``ModelFileError``.
  public init(path: String) throws(ModelFileError) {
    let name = FileName(file: path)
    let bytes: [UInt8]
    do throws(FileError) {
      let file = try InputFile(path: path)
      // Far beyond what the language allows: no file of another kind is read whole.
      guard file.size <= 1 << 20 else {
        throw name.error(.limit, found: "\(file.size) bytes", expected: "the text of a model, at most 64 KB")
      }
      bytes = try file.read(count: file.size)
    } catch {
      throw .file(error)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .file(name.error(.malformed, found: "bytes that are not UTF-8", expected: "the text of a model"))
    }
    do throws(DelayNetError) {
      self = try NodeModel(text: text)
    } catch .badModelText(let line, let column, let message) {
      // Lines of the file: a carriage return and a line feed are one Character.
      let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      let found = lines.indices.contains(line - 1) ? lines[line - 1] : []
      throw .text(
        path: path, line: line, column: column, message: message,
        lineText: String(decoding: found.last == 13 ? found.dropLast() : found, as: UTF8.self))
    } catch {
      throw .library(path: path, error)
    }
  }
}
