extension Connectome {
  /// Reads a connectome from a file or a folder; what it is shows in its first bytes.
  ///
  /// | format | fields |
  /// |---|---|
  /// | The Virtual Brain's zip or folder of texts; `.csv` and `.tsv` as well | a file each, see below |
  /// | NumPy's `.npz` | an array each, by the ``ConnectomeField/usualNames`` |
  /// | MATLAB's `.mat`, 5 and 7.3 | a variable each; built with the trait `MATLAB` |
  /// | HDF5, as The Virtual Brain writes it | a data set each; built with the trait `HDF5` |
  ///
  /// In a zip or folder a file is known by a part of its name, in any case, and has the ending `.txt`, `.csv` or `.tsv`, or one
  /// of them with `.bz2` behind it:
  ///
  /// | part of the name | content |
  /// |---|---|
  /// | `weights` | N lines of N numbers, row = target |
  /// | `tract_lengths` or `lengths` | N lines of N numbers, mm |
  /// | `centres` or `centers` | N lines: label, x, y, z, mm, and whatever stands behind them; optional |
  /// | `labels`, and nothing else | N lines: the regions' names; optional |
  /// | `areas` | N numbers, mm²; optional |
  /// | `average_orientations` | N lines of 3 numbers; optional |
  /// | `cortical` | N times 0 or 1; optional |
  /// | `hemispheres` | N times 0 or 1, 1 for the right one; optional |
  ///
  /// If several names contain such a part, the one that is nothing else, such as `weights.txt`, is taken. Files may be
  /// in a directory, of a folder in one directly below it. Names that start with a dot and `__MACOSX` are skipped. Tables with
  /// the endings `.csv` and `.tsv` may have a line of column names and a column of row names.
  ///
  /// - Parameters:
  ///   - path: a file or a folder.
  ///   - fields: the names of arrays, or of a zip's or folder's files, that are not usual ones.
  ///   - readsLengths: whether tract lengths are read, which have to be there then; else they are 0.
  ///   - limits: how many files it may have, and how many bytes they may unpack to.
  /// - Throws: ``FileError``: `system` if it cannot be opened; `missing` with the files there are; `ambiguous` with the
  ///   files that answer to one name; `malformed` with line and column of what is no number, or for a damaged file;
  ///   `invalidValue` with the location of a number that is not finite, or negative where it may not be; `mismatch`
  ///   for lines, or files, of different sizes; `limit` for a zip that unpacks to too much; `unsupported` for a format that
  ///   this build does not read.
  public init(
    path: String, fields: [ConnectomeField: String] = [:], readsLengths: Bool = true,
    limits: ArchiveLimits = ArchiveLimits()
  ) throws(FileError) {
    let options = ReadingOptions(fields: fields, readsLengths: readsLengths, limits: limits)
    if isDirectory(path) {
      self = try Connectome(folder: path, options)
      return
    }
    let input = try InputFile(path: path)
    let start = input.firstBytes()
    switch ArrayFileFormat(start: start) {
    case nil:
      if let matrix = FileFormat.matrix(start: start, file: path) {
        throw input.name.error(
          .malformed, at: .byte(0), found: matrix,
          expected: "weights and lengths in a zip, a folder, .npz, .mat or .h5; a matrix alone is read by "
            + "--weights-file, and by Connectome(weights:lengths:)")
      }
      self = try Connectome(zip: .file(path: path), options)
    case let format?:
      var budget = ArchiveBudget(limits: limits, packedBytes: input.size)
      try budget.countBytes(input.size, of: input.name)
      try self.init(
        arrays: try format.open(path, limits), fields: fields, readsLengths: readsLengths)
    }
  }

  /// Reads the bytes of a connectome's zip; see ``init(path:fields:readsLengths:limits:)`` for the files in it and the errors.
  ///
  /// - Parameters:
  ///   - bytes: the whole zip file.
  ///   - name: what to call it in errors.
  ///   - limits: how many files it may have, and how many bytes they may unpack to.
  /// - Throws: ``FileError``, as for ``init(path:fields:readsLengths:limits:)``.
  public init(
    bytes: [UInt8], name: String = "bytes", limits: ArchiveLimits = ArchiveLimits()
  ) throws(FileError) {
    self = try Connectome(
      zip: .memory(bytes, name: name), ReadingOptions(fields: [:], readsLengths: true, limits: limits))
  }

  private struct ReadingOptions {
    let fields: [ConnectomeField: String]
    let readsLengths: Bool
    let limits: ArchiveLimits
  }

  private init(zip source: ArchiveSource, _ options: ReadingOptions) throws(FileError) {
    let limits = options.limits
    // The first pass chooses by name, the second one unpacks what was chosen and nothing else.
    let members = try source.withReader { reader throws(FileError) in
      var budget = ArchiveBudget(limits: limits, packedBytes: reader.byteCount)
      var members: [ArchiveReader.Member] = []
      try reader.forEachMember(budget: &budget) { member, _ throws(FileError) in
        if member.isFile { members.append(member) }
        return true
      }
      return members
    }
    // A zip of NumPy arrays, whatever it is called.
    if members.contains(where: { $0.path.hasSuffix(".npy") }) {
      let archive =
        switch source {
        case .file(let path): try NPZArchive(path: path, limits: limits)
        case .memory(let bytes, let name): try NPZArchive(bytes: bytes, name: name, limits: limits)
        }
      try self.init(arrays: archive, fields: options.fields, readsLengths: options.readsLengths)
      return
    }
    let (chosen, notes) = try ConnectomeFile.choose(
      from: members.map(\.path), in: source.name, fields: options.fields, readsLengths: options.readsLengths)
    let contents = try source.withReader { reader throws(FileError) in
      var budget = ArchiveBudget(limits: limits, packedBytes: reader.byteCount)
      var contents: [ConnectomeField: ConnectomeFile.Content] = [:]
      try reader.forEachMember(budget: &budget) { member, budget throws(FileError) in
        for (file, index) in chosen where members[index] == member {
          let name = FileName(file: source.name.file, member: member.path)
          var bytes = try reader.readBytes(of: member, budget: &budget)
          if ConnectomeFile.isBzip2(member.path) {
            bytes = try ArchiveReader.unpackBzip2(bytes, name: name, budget: &budget)
          }
          contents[file] = ConnectomeFile.Content(bytes: bytes, name: name)
        }
        return contents.count < chosen.count
      }
      return contents
    }
    self = try Connectome(contents, in: source.name, notes: notes, readsLengths: options.readsLengths)
  }

  private init(folder: String, _ options: ReadingOptions) throws(FileError) {
    let limits = options.limits
    let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    var paths: [String] = []
    for name in try namesInDirectory(folder, limit: limits.entries) {
      guard isDirectory("\(folder)/\(name)") else {
        paths.append(name)
        continue
      }
      if ConnectomeFile.isSkipped(name) { continue }
      let rest = limits.entries > paths.count ? limits.entries - paths.count : 0
      for inner in try namesInDirectory("\(folder)/\(name)", limit: rest)
      where !isDirectory("\(folder)/\(name)/\(inner)") {
        paths.append("\(name)/\(inner)")
      }
    }
    let (chosen, notes) = try ConnectomeFile.choose(
      from: paths, in: FileName(file: folder), fields: options.fields, readsLengths: options.readsLengths)
    var contents: [ConnectomeField: ConnectomeFile.Content] = [:]
    for (file, index) in chosen {
      let input = try InputFile(path: "\(folder)/\(paths[index])")
      var budget = ArchiveBudget(limits: limits, packedBytes: input.size)
      try budget.countBytes(input.size, of: input.name)
      var bytes = try input.read(count: input.size)
      if ConnectomeFile.isBzip2(paths[index]) {
        bytes = try ArchiveReader.unpackBzip2(bytes, name: input.name, budget: &budget)
      }
      contents[file] = ConnectomeFile.Content(bytes: bytes, name: input.name)
    }
    self = try Connectome(
      contents, in: FileName(file: folder), notes: notes, readsLengths: options.readsLengths)
  }

  /// A connectome from the files of a folder or zip.
  private init(
    _ files: [ConnectomeField: ConnectomeFile.Content], in name: FileName, notes: [String], readsLengths: Bool
  ) throws(FileError) {
    var contents: [ConnectomeField: (name: FileName, content: FieldContent)] = [:]
    var regionNames: (FileName, [String])?
    var regions = 0
    for field in ConnectomeField.allCases {
      guard let file = files[field] else { continue }
      switch field {
      case .labels:
        contents[field] = (file.name, .words(try DelimitedTable(file.bytes, name: file.name).words(count: regions)))
      case .centres:
        let table = try CentreTable(file.bytes, name: file.name)
        contents[field] = (file.name, .numbers(table.centres, shape: [table.labels.count, 3]))
        regionNames = (file.name, table.labels)
      default:
        let content: FieldContent
        if file.isDelimited {
          let (matrix, names) = try Self.matrix(file.bytes, file.name, field.allowed)
          content = matrix
          if field == .weights, let names { regionNames = (file.name, names) }
        } else {
          let table = try TextTable(file.bytes, name: file.name, allowed: field.allowed)
          content = .numbers(table.values, shape: [table.rows, table.columns])
        }
        if field == .weights, case .numbers(_, let shape) = content { regions = shape[0] }
        contents[field] = (file.name, content)
      }
    }
    if contents[.labels] == nil, let (name, names) = regionNames { contents[.labels] = (name, .words(names)) }
    try self.init(
      contents: contents, in: name, listing: [], readsLengths: readsLengths, notes: notes)
  }
}

/// Lines of a region's label and its centre's x, y and z, with whatever else stands behind them.
///
/// Fields are separated by tabs, commas or semicolons, else by blanks; then a label may have blanks, too: it ends where three
/// numbers follow.
private struct CentreTable {
  private(set) var labels: [String] = []
  private(set) var centres: [Double] = []

  init(_ bytes: [UInt8], name: FileName) throws(FileError) {
    var lines = try DelimitedTable(bytes, name: name).lines
    // Lines that begin with a tab's field and continue with blanks.
    if lines.contains(where: { $0.count < 4 }) { lines = try DelimitedTable(bytes, name: name, separator: 0x20).lines }
    func isNumber(_ field: DelimitedTable.Field) -> Bool { DelimitedTable.number(field.text) != nil }
    // A line of names: none of its fields behind the label is a number.
    if lines.count > 1, lines[0].count > 1, !lines[0].dropFirst().contains(where: isNumber) { lines.removeFirst() }
    // Where a label has blanks, every line's numbers are the last three of those in a row at its end.
    let hasBlanks = lines.contains { $0.count > 4 && !isNumber($0[1]) }
    for line in lines {
      var end = 1
      if hasBlanks {
        var last = line.count
        while last > 0, !isNumber(line[last - 1]) { last -= 1 }
        end = last - 3
      }
      guard end >= 1, line.count >= end + 3 else {
        throw name.error(
          .mismatch, at: .text(line: line[0].line, column: 1), found: "\(line.count) fields",
          expected: "a label and three numbers")
      }
      labels.append(line[..<end].map(\.text).joined(separator: " "))
      for field in line[end..<(end + 3)] {
        let position = FileError.Position.text(line: field.line, column: field.column)
        guard let value = DelimitedTable.number(field.text) else {
          throw name.error(.malformed, at: position, found: quoted(field.text.utf8), expected: "a number")
        }
        guard value.isFinite else {
          throw name.error(.invalidValue, at: position, found: quoted(field.text.utf8), expected: "a finite number")
        }
        centres.append(value)
      }
    }
  }
}

/// The files of a folder or zip: each field's by a part of its name.
private enum ConnectomeFile {
  struct Content {
    var bytes: [UInt8]
    var name: FileName
    /// Whether the name is that of a table with separators, which may have names in it.
    var isDelimited: Bool { !(name.member ?? name.file).lowercased().contains(".txt") }
  }

  /// The parts of names, the first of which is preferred.
  static func fragments(_ field: ConnectomeField) -> [String] {
    switch field {
    case .weights: ["weights"]
    case .lengths: ["tract_lengths", "lengths"]
    case .labels: ["region_labels", "labels"]
    case .centres: ["centres", "centers"]
    case .areas: ["areas"]
    case .orientations: ["average_orientations"]
    case .cortical: ["cortical"]
    case .hemispheres: ["hemispheres"]
    }
  }

  static func isBzip2(_ path: String) -> Bool { path.lowercased().hasSuffix(".bz2") }

  /// Whether a path's component is one that systems leave behind beside the files proper.
  static func isSkipped(_ component: some StringProtocol) -> Bool {
    component.hasPrefix(".") && component != "." && component != ".." || component == "__MACOSX"
  }

  /// The name without directories and endings in lower case; `nil` for a file that is not read.
  private static func stem(_ path: String) -> String? {
    let components = path.split { $0 == "/" || $0 == "\\" }
    guard let last = components.last, !components.contains(where: { isSkipped($0) }) else {
      return nil
    }
    var name = last.lowercased()
    if isBzip2(name) { name.removeLast(4) }
    return [".txt", ".csv", ".tsv"].contains { name.hasSuffix($0) } ? String(name.dropLast(4)) : nil
  }

  /// Finds the files among paths: an index into `paths` for each that is there, and a note on what was passed over.
  static func choose(
    from paths: [String], in name: FileName, fields: [ConnectomeField: String], readsLengths: Bool
  ) throws(FileError) -> (chosen: [ConnectomeField: Int], notes: [String]) {
    let everyStem = paths.map(stem)
    var chosen: [ConnectomeField: Int] = [:]
    var notes: [String] = []
    for field in ConnectomeField.allCases where field != .lengths || readsLengths {
      if let own = fields[field] {
        chosen[field] = try find(own, for: field, among: paths, in: name)
        continue
      }
      let fragments = fragments(field)
      // A file that was named for another field is not looked at again.
      let stems = zip(paths, everyStem).map { path, stem in fields.values.contains { isNamed(path, $0) } ? nil : stem }
      // A name that is a part and nothing else goes before names that contain one, a preferred part before another.
      let exact = fragments.map { fragment in stems.indices.filter { stems[$0] == fragment } }.filter { !$0.isEmpty }
      // Of labels there often are several, in other orders: only a file of that very name is meant.
      let containing = (field == .labels ? [] : fragments).map { fragment in
        stems.indices.filter { stems[$0]?.contains(fragment) == true }
      }.filter { !$0.isEmpty }
      let wanted = fragments.map { "'\($0)'" }.joined(separator: " or ")
      guard let found = exact.first ?? containing.first else {
        if field == .weights || (field == .lengths && readsLengths) {
          throw name.error(
            .missing, found: listed(paths),
            expected: "a file with \(wanted) in its name that ends in .txt, .csv or .tsv, or with .bz2 behind it"
              + (field == .lengths ? "; --no-delays does without" : ""))
        }
        continue
      }
      guard found.count <= 1 else {
        throw name.error(
          .ambiguous, found: listed(found.map { paths[$0] }),
          expected: "one file with \(wanted) in its name")
      }
      if exact.count > 1 {
        notes.append("'\(paths[found[0]])' is read, and '\(paths[exact[1][0]])' beside it is not")
      }
      chosen[field] = found.first
    }
    return (chosen, notes)
  }

  /// Whether a path is what `--fields` calls it: with or without its folder, and with or without its endings.
  private static func isNamed(_ path: String, _ name: String) -> Bool {
    let last = path.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? path
    return path == name || last == name || (!isSkipped(last) && stem(last) == name.lowercased())
  }

  /// The file that a field was said to be in.
  private static func find(
    _ own: String, for field: ConnectomeField, among paths: [String], in name: FileName
  ) throws(FileError) -> Int {
    let read = paths.indices.filter { stem(paths[$0]) != nil && isNamed(paths[$0], own) }
    // A path of that very name goes before names that are alike but for their endings.
    let found = read.filter { paths[$0] == own }.isEmpty ? read : read.filter { paths[$0] == own }
    guard found.count == 1 else {
      throw name.error(
        found.isEmpty ? .missing : .ambiguous, found: listed(found.isEmpty ? paths : found.map { paths[$0] }),
        expected:
          "one file '\(own)' for the \(field.rawValue), a text that ends in .txt, .csv or .tsv, or with .bz2 behind it")
    }
    return found[0]
  }
}
