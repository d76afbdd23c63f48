extension Connectome {
  /// A connectome from a file for each thing: `.npy` arrays, or texts whose fields commas, semicolons, tabs or blanks separate.
  ///
  /// Texts may begin with a line of column names and with a column of row names, which are the regions' names unless a file of
  /// labels is given.
  ///
  /// - Parameters:
  ///   - weights: the path of a square matrix, row = target, column = source.
  ///   - lengths: the path of a matrix of the same shape, in mm; nil for lengths of 0.
  ///   - labels: the path of a text with the regions' names, one a line.
  ///   - limits: how many bytes a file may have.
  /// - Throws: ``FileError``: `system` if one cannot be opened, `malformed` with the location of what is no number, `mismatch`
  ///   for shapes that contradict each other, `invalidValue` for numbers that are not finite or negative lengths.
  public init(
    weights: String, lengths: String?, labels: String? = nil, limits: ArchiveLimits = ArchiveLimits()
  ) throws(FileError) {
    var contents: [ConnectomeField: (name: FileName, content: FieldContent)] = [:]
    var names: [String]?
    for (field, path) in [(ConnectomeField.weights, weights), (.lengths, lengths)] {
      guard let path else { continue }
      let (content, rowNames) = try Self.matrix(path, field.allowed, limits)
      contents[field] = (FileName(file: path), content)
      names = names ?? rowNames
    }
    guard case .numbers(_, let shape)? = contents[.weights]?.content else {
      preconditionFailure("a matrix has numbers")
    }
    if let labels {
      let input = try InputFile(path: labels)
      var budget = ArchiveBudget(limits: limits, packedBytes: input.size)
      try budget.countBytes(input.size, of: input.name)
      let table = try DelimitedTable(try input.read(count: input.size), name: input.name)
      contents[.labels] = (input.name, .words(table.words(count: shape[0])))
    } else if let names, names.count == shape[0] {
      contents[.labels] = (FileName(file: weights), .words(names))
    }
    try self.init(
      contents: contents, in: FileName(file: weights), listing: [], readsLengths: lengths != nil)
  }

  /// The matrix in a file, and the regions' names if its lines or columns have some.
  private static func matrix(
    _ path: String, _ allowed: TextTable.Allowed, _ limits: ArchiveLimits
  ) throws(FileError) -> (FieldContent, names: [String]?) {
    let input = try InputFile(path: path)
    var budget = ArchiveBudget(limits: limits, packedBytes: input.size)
    try budget.countBytes(input.size, of: input.name)
    if input.firstBytes(6) == NPYHeader.magic {
      let array = try NPYArray(path: path)
      return (.numbers(try array.values(as: Double.self), shape: array.shape), nil)
    }
    return try matrix(try input.read(count: input.size), input.name, allowed)
  }

  /// The matrix in a text, and the regions' names if its lines or columns have some.
  static func matrix(
    _ bytes: [UInt8], _ name: FileName, _ allowed: TextTable.Allowed
  ) throws(FileError) -> (FieldContent, names: [String]?) {
    guard !bytes.contains(0) else {
      throw name.wrongFormat(start: bytes, magic: 8, expected: "a text of numbers, or a .npy array")
    }
    let table = try DelimitedTable(bytes, name: name).numbers(allowed: allowed)
    return (
      .numbers(table.values, shape: [table.rows, table.columns]), table.rowNames ?? table.columnNames
    )
  }
}
