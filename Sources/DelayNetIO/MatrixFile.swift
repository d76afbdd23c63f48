/// A matrix in a file: functional connectivity, a recording, a lead field.
///
/// | format | what is read |
/// |---|---|
/// | `.npy` | the array |
/// | text whose fields commas, semicolons, tabs or blanks separate | the numbers; a line of column names and a column of row names may stand before them |
/// | NumPy's `.npz` | the array of the given name, or the only one with two axes |
/// | MATLAB's `.mat`, HDF5 | the same; built with the traits `MATLAB` and `HDF5` |
///
/// What a file is shows in its first bytes. All numbers are finite.
public struct MatrixFile: Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The numbers, row after row.
  public let values: [Double]
  /// What the rows are called, where a text says so.
  public let rowNames: [String]?

  /// Reads a matrix.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - name: of the array, in a file of several; the only one with two axes unless given.
  ///   - limits: how many bytes it may unpack to.
  /// - Throws: ``FileError``: `system` if it cannot be opened, `malformed` with the location of what is no number, `mismatch` for an
  ///   array of another number of axes, `invalidValue` with the location of a number that is not finite, `missing` or `ambiguous`
  ///   with the names that there are, `unsupported` for a format that this build does not read.
  public init(path: String, name: String? = nil, limits: ArchiveLimits = ArchiveLimits()) throws(FileError) {
    let input = try InputFile(path: path)
    let start = input.firstBytes()
    var budget = ArchiveBudget(limits: limits, packedBytes: input.size)
    try budget.countBytes(input.size, of: input.name)
    if let format = ArrayFileFormat(start: start) {
      self = try Self.chosen(of: format.open(path, limits), name)
    } else if start.starts(with: [0x50, 0x4b, 3, 4]) {
      self = try Self.chosen(of: NPZArchive(path: path, limits: limits), name)
    } else {
      if let name {
        throw input.name.error(
          .missing, found: "a file of one matrix", expected: "one of several arrays with names, '\(name)' among them")
      }
      if start.starts(with: NPYHeader.magic) {
        let array = try NPYArray(path: path)
        try self.init(try array.values(as: Double.self), array.shape, nil, FileName(file: path))
      } else {
        let (content, names) = try Connectome.matrix(try input.read(count: input.size), input.name, .finite)
        guard case .numbers(let values, let shape) = content else { preconditionFailure("a matrix has numbers") }
        try self.init(values, shape, names, input.name)
      }
    }
  }

  private init(_ values: [Double], _ given: [Int], _ names: [String]?, _ file: FileName) throws(FileError) {
    // A run's output of one state has that as its first axis.
    let shape = given.count > 2 && given[0] == 1 ? Array(given.dropFirst()) : given
    guard shape.count == 2 else {
      throw file.error(.mismatch, found: "an array of shape \(given)", expected: "a matrix, with two axes")
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw file.error(
        .invalidValue, at: .index([index / shape[1], index % shape[1]]), found: "\(values[index])",
        expected: "a finite number")
    }
    (rows, columns, self.values) = (shape[0], shape[1], values)
    rowNames = names.flatMap { $0.count == shape[0] ? $0 : nil }
  }

  private static func chosen(of arrays: some NamedArrays, _ name: String?) throws(FileError) -> MatrixFile {
    if let name {
      guard arrays.names.contains(name) else {
        throw arrays.fileName.error(.missing, found: listed(arrays.names), expected: "an array '\(name)'")
      }
      guard case .numbers(let values, let shape) = try arrays.content(of: name) else {
        throw FileName(file: arrays.fileName.file, member: name).error(
          .mismatch, found: "texts", expected: "a matrix of numbers")
      }
      return try MatrixFile(values, shape, nil, FileName(file: arrays.fileName.file, member: name))
    }
    var found: [(name: String, values: [Double], shape: [Int])] = []
    for name in arrays.names {
      // What cannot be read, such as a structure, is no matrix.
      guard case .numbers(let values, let shape)? = try? arrays.content(of: name), shape.count == 2,
        shape.allSatisfy({ $0 > 1 })
      else { continue }
      found.append((name, values, shape))
    }
    guard let first = found.first else {
      throw arrays.fileName.error(.missing, found: listed(arrays.names), expected: "a matrix among the arrays")
    }
    guard found.count == 1 else {
      throw arrays.fileName.error(
        .ambiguous, found: "the matrices \(listed(found.map(\.name)))",
        expected: "one, or the name of the one that is meant")
    }
    return try MatrixFile(first.values, first.shape, nil, FileName(file: arrays.fileName.file, member: first.name))
  }
}
