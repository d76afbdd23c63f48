/// What a connectome's file may hold, with the names that the field's tools give it: the register that readers of every format
/// and the option `--fields` share.
public enum ConnectomeField: String, Sendable, Hashable, CaseIterable {
  /// Strengths, shape (N, N), row = target, column = source.
  case weights
  /// Tract lengths in mm, shape (N, N).
  case lengths
  /// The regions' names, N of them.
  case labels
  /// The regions' centres in mm, shape (N, 3).
  case centres
  /// The regions' areas in mm², N of them.
  case areas
  /// The regions' mean surface normals, shape (N, 3).
  case orientations
  /// Whether each region is part of the cortex, N times 0 or 1.
  case cortical
  /// Whether each region is on the right, N times 0 or 1.
  case hemispheres

  /// The names by which the field is known in archives, whatever their case; of several that are there the first.
  public var usualNames: [String] {
    switch self {
    case .weights: ["weights", "sc", "sc_weights", "structural_connectivity", "connectivity", "weight", "w", "cmat"]
    case .lengths:
      [
        "tract_lengths", "lengths", "sc_lengths", "fiber_lengths", "fibre_lengths", "tractlengths", "length_mat", "len",
        "length", "dmat", "distances", "distance", "dist", "l", "d",
      ]
    case .labels: ["region_labels", "labels", "region_names", "regions", "names", "roi_names", "rois"]
    case .centres: ["centres", "centers", "coordinates", "coords", "xyz"]
    case .areas: ["areas"]
    case .orientations: ["average_orientations", "orientations"]
    case .cortical: ["cortical"]
    case .hemispheres: ["hemispheres"]
    }
  }

  /// Its shape for N regions, as far as it says how many numbers there are; nil for names.
  func shape(regions: Int) -> [Int]? {
    switch self {
    case .weights, .lengths: [regions, regions]
    case .labels: nil
    case .centres, .orientations: [regions, 3]
    case .areas, .cortical, .hemispheres: [regions]
    }
  }

  /// The numbers that it may hold.
  var allowed: TextTable.Allowed {
    switch self {
    case .weights, .labels, .centres, .orientations: .finite
    case .lengths, .areas: .nonNegative
    case .cortical, .hemispheres: .flag
    }
  }
}

/// What was read of a field: an array of numbers, row-major, or words.
enum FieldContent {
  case numbers([Double], shape: [Int])
  case words([String])
}

/// A file of named arrays, whatever its format: the readers of connectomes ask it for what they need.
protocol NamedArrays {
  /// What to call the file in errors.
  var fileName: FileName { get }
  /// The arrays' names, in the file's order.
  var names: [String] { get }
  /// Reads an array.
  func content(of name: String) throws(FileError) -> FieldContent
}

extension Connectome {
  /// A connectome from a file of named arrays.
  ///
  /// - Parameters:
  ///   - fields: the name of a field's array, where it is not a usual one.
  ///   - readsLengths: whether lengths are read, which have to be there then; else they are 0.
  init(
    arrays: some NamedArrays, fields: [ConnectomeField: String], readsLengths: Bool
  ) throws(FileError) {
    var found: [ConnectomeField: String] = [:]
    for field in ConnectomeField.allCases where field != .lengths || readsLengths {
      if let name = fields[field] {
        guard arrays.names.contains(name) else {
          throw arrays.fileName.error(
            .missing, found: listed(arrays.names), expected: "an array '\(name)' for the \(field.rawValue)")
        }
        found[field] = name
        continue
      }
      // A name that another field was given is not looked at again.
      found[field] =
        field.usualNames.lazy.compactMap { usual in
          arrays.names.first { $0.lowercased() == usual && !fields.values.contains($0) }
        }.first
    }
    var contents: [ConnectomeField: (FileName, FieldContent)] = [:]
    var notes: [String] = []
    for field in ConnectomeField.allCases {
      guard let name = found[field] else { continue }
      let place = FileName(file: arrays.fileName.file, member: name)
      do {
        contents[field] = (place, try arrays.content(of: name))
      } catch  where field != .weights && field != .lengths && fields[field] == nil {
        // What cannot be read, and nobody asked for by name, is not needed.
        notes.append("'\(name)' is not read: found \(error.found), expected \(error.expected)")
      }
    }
    try self.init(
      contents: contents, in: arrays.fileName, listing: arrays.names, readsLengths: readsLengths, notes: notes)
  }

  /// A connectome from its fields; `names` are what there is, for the error that something is missing.
  init(
    contents: [ConnectomeField: (name: FileName, content: FieldContent)], in file: FileName, listing names: [String],
    readsLengths: Bool, notes: [String] = []
  ) throws(FileError) {
    func usual(_ field: ConnectomeField) -> String {
      field.usualNames.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
    }
    guard let weights = contents[.weights] else {
      throw file.error(
        .missing, found: listed(names),
        expected: "the weights, under a name such as \(usual(.weights)); --fields names others")
    }
    guard case .numbers(_, let shape) = weights.content else {
      throw weights.name.error(.mismatch, found: "words", expected: "a square matrix")
    }
    guard shape.count == 2, shape[0] == shape[1] else {
      throw weights.name.error(.mismatch, found: "shape \(shape)", expected: "a square matrix")
    }
    let regions = shape[0]
    func numbers(_ field: ConnectomeField) throws(FileError) -> [Double]? {
      guard let (name, content) = contents[field], let expected = field.shape(regions: regions) else { return nil }
      guard case .numbers(let values, let shape) = content else {
        throw name.error(.mismatch, found: "words", expected: "numbers of shape \(expected)")
      }
      // A column or a row where a vector is meant.
      guard shape == expected || (expected.count == 1 && shape.filter { $0 != 1 } == expected.filter { $0 != 1 }) else {
        throw name.error(
          .mismatch, found: "shape \(shape)", expected: "shape \(expected), for as many regions as weights")
      }
      for (offset, value) in values.enumerated() where !TextTable.isAllowed(value, field.allowed) {
        let (row, column) = offset.quotientAndRemainder(dividingBy: expected.count == 1 ? 1 : expected[1])
        throw name.error(
          .invalidValue, at: .index(expected.count == 1 ? [row] : [row, column]), found: "\(value)",
          expected: TextTable.sentence(field.allowed))
      }
      return values
    }
    guard let checked = try numbers(.weights) else { preconditionFailure("weights have a shape") }
    let lengths = try numbers(.lengths)
    guard lengths != nil || !readsLengths else {
      throw file.error(
        .missing, found: listed(names),
        expected:
          "the tract lengths, under a name such as \(usual(.lengths)); --fields names others, --no-delays does without")
    }
    let centres = try numbers(.centres)
    var labels: [String]?
    if let (name, content) = contents[.labels] {
      let words: [String] =
        switch content {
        case .words(let words): words
        case .numbers(let values, _): values.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)" }
        }
      guard words.count == regions else {
        throw name.error(
          .mismatch, found: "\(words.count) names", expected: "\(regions), for as many regions as weights")
      }
      labels = words
    }
    try self.init(
      regions: regions, weights: checked, tractLengths: lengths ?? Array(repeating: 0, count: regions * regions),
      labels: labels, centres: centres, areas: numbers(.areas), orientations: numbers(.orientations),
      cortical: numbers(.cortical)?.map { $0 == 1 }, hemispheres: numbers(.hemispheres)?.map { $0 == 1 })
    self.notes = notes
  }
}
