extension Connectome {
  /// Reads a connectome in The Virtual Brain's format, a zip or a folder of text files.
  ///
  /// A file is known by a part of its name, in any case, and has the ending `.txt` or `.txt.bz2`:
  ///
  /// | part of the name | content |
  /// |---|---|
  /// | `weights` | N lines of N numbers, row = target |
  /// | `tract_lengths` | N lines of N numbers, mm |
  /// | `centres` or `centers` | N lines: label, x, y, z, mm |
  /// | `areas` | N numbers, mm²; optional |
  /// | `average_orientations` | N lines of 3 numbers; optional |
  /// | `cortical` | N times 0 or 1; optional |
  /// | `hemispheres` | N times 0 or 1, 1 for the right one; optional |
  ///
  /// If several names contain such a part, the one that is nothing else, such as `weights.txt`, is taken. Files may be
  /// in a directory, of a folder in one directly below it. Names that start with a dot and `__MACOSX` are skipped.
  ///
  /// - Parameters:
  ///   - path: a zip file or a folder.
  ///   - limits: how many files it may have, and how many bytes they may unpack to.
  /// - Throws: ``FileError``: `system` if it cannot be opened; `missing` with the files there are; `ambiguous` with the
  ///   files that answer to one name; `malformed` with line and column of what is no number, or for a damaged zip;
  ///   `invalidValue` with line and column of a number that is not finite, or negative where it may not be; `mismatch`
  ///   for lines, or files, of different sizes; `limit` for a zip that unpacks to too much.
  public init(path: String, limits: ArchiveLimits = ArchiveLimits()) throws(FileError) {
    if isDirectory(path) {
      self = try Connectome(folder: path, limits: limits)
    } else {
      self = try Connectome(zip: .file(path: path), limits: limits)
    }
  }

  /// Reads the bytes of a connectome's zip; see ``init(path:limits:)`` for the files in it and the errors.
  ///
  /// - Parameters:
  ///   - bytes: the whole zip file.
  ///   - name: what to call it in errors.
  ///   - limits: how many files it may have, and how many bytes they may unpack to.
  /// - Throws: ``FileError``, as for ``init(path:limits:)``.
  public init(
    bytes: [UInt8], name: String = "bytes", limits: ArchiveLimits = ArchiveLimits()
  ) throws(FileError) {
    self = try Connectome(zip: .memory(bytes, name: name), limits: limits)
  }

  private init(zip source: ArchiveSource, limits: ArchiveLimits) throws(FileError) {
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
    let chosen = try ConnectomeFile.choose(from: members.map(\.path), in: source.name)
    let contents = try source.withReader { reader throws(FileError) in
      var budget = ArchiveBudget(limits: limits, packedBytes: reader.byteCount)
      var contents: [ConnectomeFile: ConnectomeFile.Content] = [:]
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
    self = try Connectome(contents, in: source.name)
  }

  private init(folder: String, limits: ArchiveLimits) throws(FileError) {
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
    let chosen = try ConnectomeFile.choose(from: paths, in: FileName(file: folder))
    var contents: [ConnectomeFile: ConnectomeFile.Content] = [:]
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
    self = try Connectome(contents, in: FileName(file: folder))
  }

  private init(
    _ contents: [ConnectomeFile: ConnectomeFile.Content], in name: FileName
  ) throws(FileError) {
    func required(_ file: ConnectomeFile) throws(FileError) -> ConnectomeFile.Content {
      guard let content = contents[file] else {
        throw name.error(
          .missing, found: "files that have changed while they were read",
          expected: "the file for \(file.rawValue)")
      }
      return content
    }

    let weightsFile = try required(.weights)
    let weights = try TextTable(weightsFile.bytes, name: weightsFile.name)
    let regions = weights.rows
    guard weights.columns == regions else {
      throw weightsFile.name.error(
        .mismatch, found: "\(weights.rows) lines of \(weights.columns) numbers",
        expected: "a square matrix")
    }
    func table(
      _ content: ConnectomeFile.Content, columns: Int, isLabelled: Bool = false,
      allowed: TextTable.Allowed = .finite
    ) throws(FileError) -> TextTable {
      let table = try TextTable(
        content.bytes, name: content.name, isLabelled: isLabelled, allowed: allowed)
      let isOneLine = columns == 1 && table.rows == 1 && table.columns == regions
      guard isOneLine || (table.rows == regions && table.columns == columns) else {
        throw content.name.error(
          .mismatch,
          found: "\(table.rows) lines of \(table.columns) numbers"
            + (isLabelled ? " after a label" : ""),
          expected: "\(regions) lines of \(columns), for as many regions as there are weights")
      }
      return table
    }
    func values(
      _ file: ConnectomeFile, columns: Int = 1, allowed: TextTable.Allowed = .finite
    ) throws(FileError) -> [Double]? {
      guard let content = contents[file] else { return nil }
      return try table(content, columns: columns, allowed: allowed).values
    }

    let lengths = try table(
      required(.tractLengths), columns: regions, allowed: .nonNegative)
    let centres = try table(required(.centres), columns: 3, isLabelled: true)
    try self.init(
      regions: regions, weights: weights.values, tractLengths: lengths.values,
      labels: centres.labels, centres: centres.values,
      areas: values(.areas, allowed: .nonNegative),
      orientations: values(.orientations, columns: 3),
      cortical: values(.cortical, allowed: .flag)?.map { $0 == 1 },
      hemispheres: values(.hemispheres, allowed: .flag)?.map { $0 == 1 })
  }
}

/// The files of a connectome, by what they hold.
private enum ConnectomeFile: String, CaseIterable {
  case weights
  case tractLengths = "tract_lengths"
  case centres
  case areas
  case orientations = "average_orientations"
  case cortical
  case hemispheres

  struct Content {
    var bytes: [UInt8]
    var name: FileName
  }

  var isRequired: Bool {
    switch self {
    case .weights, .tractLengths, .centres: true
    case .areas, .orientations, .cortical, .hemispheres: false
    }
  }

  var fragments: [String] { self == .centres ? ["centres", "centers"] : [rawValue] }

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
    return name.hasSuffix(".txt") ? String(name.dropLast(4)) : nil
  }

  /// Finds the files among paths: an index into `paths` for each that is there.
  static func choose(
    from paths: [String], in name: FileName
  ) throws(FileError) -> [ConnectomeFile: Int] {
    let stems = paths.map(stem)
    var chosen: [ConnectomeFile: Int] = [:]
    for file in allCases {
      var found = stems.indices.filter { index in
        file.fragments.contains { stems[index]?.contains($0) == true }
      }
      if found.count > 1 {
        let exact = found.filter { file.fragments.contains(stems[$0] ?? "") }
        if !exact.isEmpty { found = exact }
      }
      let wanted = file.fragments.map { "'\($0)'" }.joined(separator: " or ")
      if found.isEmpty, file.isRequired {
        throw name.error(
          .missing, found: listed(paths),
          expected: "a file with \(wanted) in its name that ends in .txt or .txt.bz2")
      }
      guard found.count <= 1 else {
        throw name.error(
          .ambiguous, found: listed(found.map { paths[$0] }),
          expected: "one file with \(wanted) in its name")
      }
      chosen[file] = found.first
    }
    return chosen
  }
}
