import DelayNet
import DelayNetFit
import DelayNetIO
import Foundation

/// The parts of a sweep in files of a folder beside its output, which any number of processes write, each some of them, and anyone
/// joins once all are there.
///
/// A part is some consecutive points. Which they are depends on the sweep alone, never on who computes them, so that a part may be
/// lost, made twice or made by somebody else, and its bytes are the same.
final class SweepParts {
  let output: String
  /// The folder of the parts.
  let folder: String
  /// The settings of the sweep, as texts of name and value with a tab between.
  let settings: [String]
  let axes: [SweepAxis]
  let outputs: [SweepOutput]
  /// Arrays that the output has besides, and texts.
  let arrays: [(name: String, array: NPYArray)]
  let texts: [(name: String, texts: [String])]

  /// Names of the output's arrays that are neither an axis nor an observable.
  static let reserved = ["status", "frequencies", "axes", "labels", "settings"]

  init(
    _ output: String, settings: Fingerprint, axes: [SweepAxis], outputs: [SweepOutput],
    arrays: [(name: String, array: NPYArray)], texts: [(name: String, texts: [String])]
  ) {
    self.output = output
    folder = output + ".parts"
    self.settings = settings.settings.map { setting in
      "\(setting.name)\t\(setting.value)".replacing("\n", with: " ")
    }
    (self.axes, self.outputs, self.arrays, self.texts) = (axes, outputs, arrays, texts)
  }

  // ---- Which points ---------------------------------------------------------------------------------------------------

  /// The number of points.
  var points: Int { axes.reduce(1) { $0 * $1.values.count } }
  /// The numbers of a point.
  var width: Int { outputs.reduce(0) { $0 + $1.count } }
  /// The points of a part: one, or for very many points so many that there are no more than a thousand files.
  private var size: Int { max((points + 999) / 1000, 1) }
  /// The number of parts.
  var count: Int { (points + size - 1) / size }
  /// The points of a part.
  func points(of part: Int) -> Range<Int> { (part * size)..<min((part + 1) * size, points) }
  /// The part that a point belongs to.
  func part(of point: Int) -> Int { point / size }

  func path(of part: Int) -> String { "\(folder)/\(String(repeating: "0", count: 4 - min("\(part)".count, 4)))\(part)" }

  // ---- Files ----------------------------------------------------------------------------------------------------------

  func isThere(_ part: Int) -> Bool { FileManager.default.fileExists(atPath: path(of: part)) }

  /// Reads a part; nil where there is none.
  ///
  /// - Throws: ``Failure`` with its name for a part that is damaged or another sweep's.
  func read(_ part: Int) throws -> SweepPart? {
    let path = path(of: part)
    guard isThere(part) else { return nil }
    let read: SweepPart
    do { read = try SweepPart(path: path) } catch {
      // Somebody may have joined and removed them in the meantime.
      guard isThere(part) else { return nil }
      throw Failure(.data, error.description)
    }
    guard read.settings == settings else {
      throw Failure(.data, "\(path): is a part of another sweep\(difference(from: read.settings))")
    }
    let own = points(of: part)
    guard read.first == own.lowerBound, read.codes.count == own.count, read.numbers.count == own.count * width else {
      throw Failure(
        .data,
        "\(path): has \(read.codes.count) points from \(read.first) on, expected \(own.count) from \(own.lowerBound) on"
      )
    }
    return read
  }

  /// ": coupling 0.5 instead of 0.6", of several settings the first.
  private func difference(from other: [String]) -> String {
    func fingerprint(_ lines: [String]) -> Fingerprint {
      Fingerprint(
        settings: lines.map { line in
          let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
          return .init(name: parts[0], value: parts.count > 1 ? parts[1] : "")
        })
    }
    guard let first = fingerprint(other).differences(from: fingerprint(settings)).first else { return "" }
    return ": it has \(first)"
  }

  /// Makes the folder, if it is not there.
  func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(.unfinished, "\(folder): cannot be made, \(error.localizedDescription)")
    }
  }

  /// Writes a part. Where others have joined all parts in the meantime, and removed them, nothing is left to do.
  ///
  /// - Returns: whether the output is not complete yet.
  func write(_ part: Int, codes: [Int32], numbers: [Double]) throws -> Bool {
    let bytes = SweepPart(settings: settings, first: points(of: part).lowerBound, codes: codes, numbers: numbers)
      .encoded
    do {
      try writeSharedFile(path(of: part), bytes: bytes)
    } catch {
      if isComplete { return false }
      do {
        try makeFolder()
        try writeSharedFile(path(of: part), bytes: bytes)
      } catch let error as FileError { throw Failure.writing(error) }
    }
    return true
  }

  /// Whether the output is there, undamaged, and this sweep's.
  var isComplete: Bool {
    guard let archive = try? NPZArchive(path: output), (try? archive.texts(named: "settings")) == settings else {
      return false
    }
    // Reading checks every array's checksum.
    return (try? (axes.map(\.name) + outputs.map(\.name) + ["status"]).map { try archive[$0].count }) != nil
  }

  /// The bytes of the output and of the parts that are held while they are joined.
  var joiningBytes: Double { 3 * 8 * product(points, max(width, 1)) }

  /// What joining came to.
  struct Joined {
    /// How many points went in each way.
    var counts = [0, 0, 0]
    /// The first point that did not end well.
    var firstFailure: Int?
    /// Where the loss is least, and how much it is.
    var best: (point: Int, loss: Double)?
  }

  /// Joins the parts into the output and removes them.
  ///
  /// - Returns: nil where some part is not there.
  /// - Throws: ``Failure`` with its name for a part that is damaged or another sweep's, and for what cannot be written.
  func join() throws -> Joined? {
    var values = outputs.map { _ in [Double]() }
    for (k, output) in outputs.enumerated() { values[k].reserveCapacity(points * output.count) }
    var codes: [Int32] = []
    var joined = Joined()
    for part in 0..<count {
      guard let read = try read(part) else { return nil }
      var place = 0
      for code in read.codes {
        joined.counts[min(max(Int(code), 0), 2)] += 1
        if code != 0 { joined.firstFailure = joined.firstFailure ?? codes.count }
        for (k, output) in outputs.enumerated() {
          let own = read.numbers[place..<(place + output.count)]
          if output.name == "loss", let loss = own.first, !loss.isNaN, loss < joined.best?.loss ?? .infinity {
            joined.best = (codes.count, loss)
          }
          values[k] += own
          place += output.count
        }
        codes.append(code)
      }
    }
    let shape = axes.map(\.values.count)
    var all: [(name: String, array: NPYArray)] = []
    for axis in axes { all.append((axis.name, try NPYArray(axis.values))) }
    for (k, output) in outputs.enumerated() {
      all.append((output.name, try NPYArray(values[k], shape: shape + output.shape)))
    }
    all.append(("status", try NPYArray(codes, shape: shape)))
    let names = [(name: "axes", texts: axes.map(\.name))] + texts + [(name: "settings", texts: settings)]
    do {
      try writeSharedFile(output, bytes: NPZArchive.encoded(all + arrays, texts: names))
    } catch { throw Failure.writing(error) }
    remove()
    return joined
  }

  /// Removes the folder with everything that this command has put there; what cannot be removed stays.
  func remove() {
    let manager = FileManager.default
    for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? []
    where name.allSatisfy(\.isNumber) || name.hasSuffix(".delaynet-tmp") {
      try? manager.removeItem(atPath: "\(folder)/\(name)")
    }
    // Only an empty folder goes.
    rmdir(folder)
  }
}
