import ArgumentParser
import DelayNet
import DelayNetIO

/// The options that say which connectome, and what becomes of it, for every command that takes one.
struct ConnectomeOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      A connectome: The Virtual Brain's zip, folder or HDF5 file, a .npz, a MATLAB file, or a folder of .csv or .tsv; connections \
      of weight 0 are no edges.
      """, valueName: "path"))
  var connectome: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "A connectome's weights by themselves, row = target: .csv, .tsv, .txt or .npy; names of rows and columns may be there.",
      valueName: "W.csv"))
  var weightsFile: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The tract lengths in mm beside --weights-file.", valueName: "L.csv"))
  var lengthsFile: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The regions' names beside --weights-file, one a line.", valueName: "names.csv"))
  var labelsFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      What a file calls its arrays, or a folder its files, where the names are not usual ones: \
      weights=sc,lengths=len,labels=roi; also centres, areas, orientations, cortical, hemispheres.
      """, valueName: "field=name,…"))
  var fields: FieldsArgument?

  @Flag(name: .long, help: "No delays: tract lengths are not needed, and not looked at.")
  var noDelays = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      What weights are divided by: none, max (the largest |w|), row (the sum of a target's weights) or radius (the spectral \
      radius). Gradients are those by the weights as given.
      """, valueName: "by"))
  var normalize = Normalization.none

  /// The files that these options name.
  var inputFiles: [NamedFile] {
    CommandFiles.named([
      "--connectome": connectome, "--weights-file": weightsFile, "--lengths-file": lengthsFile,
      "--labels-file": labelsFile,
    ])
  }

  func validate() throws {
    if weightsFile == nil {
      for (option, file) in [("--lengths-file", lengthsFile), ("--labels-file", labelsFile)] where file != nil {
        throw ValidationError("\(option) needs --weights-file beside it.")
      }
    } else {
      if connectome != nil { throw ValidationError("One connectome at a time: --connectome or --weights-file.") }
      if lengthsFile == nil, !noDelays {
        throw ValidationError("--weights-file needs --lengths-file beside it, or --no-delays.")
      }
    }
    if fields != nil, connectome == nil { throw ValidationError("--fields names arrays of a --connectome.") }
  }

  /// Whether a connectome was named.
  var isGiven: Bool { connectome != nil || weightsFile != nil }

  /// The file that a connectome's weights are in.
  var origin: String { connectome ?? weightsFile ?? "" }

  /// Reads it.
  func read() throws -> Connectome {
    if let weightsFile {
      return try Connectome(weights: weightsFile, lengths: noDelays ? nil : lengthsFile, labels: labelsFile)
    }
    return try Connectome(path: connectome ?? "", fields: fields?.names ?? [:], readsLengths: !noDelays)
  }
}

/// The argument of `--fields`.
struct FieldsArgument: ExpressibleByArgument {
  let names: [ConnectomeField: String]

  init?(argument: String) {
    var names: [ConnectomeField: String] = [:]
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1)
      guard sides.count == 2, let field = ConnectomeField(rawValue: String(sides[0])),
        names.updateValue(String(sides[1]), forKey: field) == nil
      else { return nil }
    }
    self.names = names
  }
}

extension DelayNetCommand {
  /// Checks the option `--speed`; infinity stands for no delays.
  static func validate(speed: Double?) throws {
    guard let speed, !(speed > 0) else { return }
    throw ValidationError("--speed must be a positive number of mm/ms, or inf, not \(speed).")
  }
}
