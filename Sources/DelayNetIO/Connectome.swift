/// Regions of a brain and the tracts between them: weights, tract lengths, and what is known of each region.
///
/// Matrices are row-major with row = target and column = source, as in The Virtual Brain.
///
/// ```swift
/// let connectome = try Connectome(path: "connectivity_76.zip")
/// let edges = connectome.edges()
/// let delays = try edges.delays(speed: 3, timeStep: 0.1)
/// ```
public struct Connectome: Sendable, Hashable {
  /// The number of regions, N.
  public let regions: Int

  /// The regions' names, N of them.
  public let labels: [String]

  /// Strength of each connection, shape (N, N), row = target, column = source; finite; 0 where there is none.
  public let weights: [Double]

  /// Length of each connection in mm, shape (N, N), row = target, column = source; finite and not negative.
  public let tractLengths: [Double]

  /// Each region's centre in mm, shape (N, 3), where known.
  public let centres: [Double]?

  /// Each region's area in mm², N of them, where known.
  public let areas: [Double]?

  /// Each region's mean surface normal, shape (N, 3), where known.
  public let orientations: [Double]?

  /// Whether each region is part of the cortex, N of them, where known.
  public let cortical: [Bool]?

  /// Whether each region is in the right hemisphere, N of them, where known.
  public let hemispheres: [Bool]?

  /// What the reader found and did not take, a sentence each; see ``warnings(speed:timeStep:)``.
  var notes: [String] = []

  /// A connectome from arrays.
  ///
  /// - Parameters:
  ///   - regions: the number of regions, N.
  ///   - weights: shape (N, N), row = target, column = source, finite; 0 where there is no connection.
  ///   - tractLengths: shape (N, N) in mm, finite and not negative.
  ///   - labels: N names; the regions' indices "0", "1", … unless given.
  ///   - centres: shape (N, 3) in mm, finite.
  ///   - areas: N areas in mm², finite and not negative.
  ///   - orientations: shape (N, 3), finite.
  ///   - cortical: N flags, true in the cortex.
  ///   - hemispheres: N flags, true on the right.
  /// - Throws: ``FileError`` whose `file` is the argument's name: `mismatch` for a wrong number of elements,
  ///   `invalidValue` with the indices of a number that is not allowed.
  public init(
    regions: Int, weights: [Double], tractLengths: [Double], labels: [String]? = nil,
    centres: [Double]? = nil, areas: [Double]? = nil, orientations: [Double]? = nil,
    cortical: [Bool]? = nil, hemispheres: [Bool]? = nil
  ) throws(FileError) {
    guard regions >= 0, regions.multipliedReportingOverflow(by: max(regions, 3)).overflow == false
    else {
      throw FileName(file: "regions").error(
        .invalidValue, found: "\(regions)", expected: "a number of regions")
    }
    try Self.check("weights", weights, rows: regions, columns: regions)
    // Made after it is known that there are so many regions.
    let labels = labels ?? (0..<regions).map(String.init)
    try Self.check("labels", labels.count, regions)
    try Self.check(
      "tractLengths", tractLengths, rows: regions, columns: regions, isNonNegative: true)
    if let centres { try Self.check("centres", centres, rows: regions, columns: 3) }
    if let areas { try Self.check("areas", areas, rows: regions, columns: 1, isNonNegative: true) }
    if let orientations { try Self.check("orientations", orientations, rows: regions, columns: 3) }
    if let cortical { try Self.check("cortical", cortical.count, regions) }
    if let hemispheres { try Self.check("hemispheres", hemispheres.count, regions) }

    self.regions = regions
    self.labels = labels
    self.weights = weights
    self.tractLengths = tractLengths
    self.centres = centres
    self.areas = areas
    self.orientations = orientations
    self.cortical = cortical
    self.hemispheres = hemispheres
  }

  private static func check(_ name: String, _ count: Int, _ expected: Int) throws(FileError) {
    guard count == expected else {
      throw FileName(file: name).error(
        .mismatch, found: "\(count) elements", expected: "\(expected)")
    }
  }

  private static func check(
    _ name: String, _ values: [Double], rows: Int, columns: Int, isNonNegative: Bool = false
  ) throws(FileError) {
    try check(name, values.count, rows * columns)
    for (offset, value) in values.enumerated()
    where !value.isFinite || (isNonNegative && value < 0) {
      let (row, column) = offset.quotientAndRemainder(dividingBy: columns)
      throw FileName(file: name).error(
        .invalidValue, at: .index(columns == 1 ? [row] : [row, column]), found: "\(value)",
        expected: isNonNegative ? "a finite number that is not negative" : "a finite number")
    }
  }
}
