import ArgumentParser
import DelayNet
import DelayNetIO
import Synchronization

/// Models that were read from files: of one call of the command, every file is read once, so that all of it has the same.
private let models = Mutex<[String: Result<NodeModel, ModelFileError>]>([:])

extension NodeModel {
  /// Whether the argument of `--model` is the path of a file and not a name of the register.
  static func isPath(_ name: String) -> Bool { name.contains("/") || name.hasSuffix(".model") }

  /// The file that an argument of `--model` names.
  static func inputFile(_ name: String?, option: String = "--model") -> [NamedFile] {
    name.map { isPath($0) ? [NamedFile(option: option, path: $0)] : [] } ?? []
  }

  /// The model of a name or file, or a mistake on the command line.
  ///
  /// - Throws: `ValidationError` for a name that is not in the register; ``Failure`` for a file that holds no model.
  static func required(_ name: String) throws -> NodeModel {
    if isPath(name) {
      let read = models.withLock { models in
        if let known = models[name] { return known }
        let read = Result { () throws(ModelFileError) in try NodeModel(path: name) }
        models[name] = read
        return read
      }
      do throws(ModelFileError) { return try read.get() } catch { throw Failure(error) }
    }
    guard let model = named(name) else {
      throw ValidationError(
        "There is no model \(name); there are \(all.map(\.name).joined(separator: ", ")), and files, whose names have a / or end "
          + "in .model.")
    }
    return model
  }

  /// The same while options are looked at; nil for a file that holds no model, which running the command will tell.
  ///
  /// The parser makes a usage error of what is thrown there.
  static func requiredInOptions(_ name: String) throws -> NodeModel? {
    do { return try required(name) } catch is Failure { return nil }
  }

  /// "state", or "state or output" where there are outputs: what a monitor reads.
  var wordForReadable: String { outputs.isEmpty ? "state" : "state or output" }
}
