/// What a sweep has at every point: a matrix and its name.
public struct SweepOutput: Sendable, Hashable {
  /// That of the observable, or "loss".
  public let name: String
  /// The extents of the matrix.
  public let rows, columns: Int

  /// The number of entries.
  public var count: Int { rows * columns }
  /// The extents without those of 1 that every such matrix has: () of a number, (rows) of a number a row, or (rows, columns).
  public var shape: [Int] {
    rows == 1 && columns == 1 ? [] : columns == 1 ? [rows] : rows == 1 ? [columns] : [rows, columns]
  }

  /// A matrix of a name.
  public init(name: String, rows: Int, columns: Int) { (self.name, self.rows, self.columns) = (name, rows, columns) }
}

/// What was observed at a point of a sweep.
public struct SweepPoint: Sendable {
  /// How it went.
  public enum Outcome: Sendable, Equatable {
    /// Every observable has its value.
    case finite
    /// The run left the finite numbers, where the error says: every number of the point is NaN.
    case diverged(DelayNetError)
    /// An observable is not defined, as the error says: its numbers are NaN. A region that does not change has no correlation.
    case undefined(DelayNetError)

    /// What an error of an observable means for its point; nil for one that is not the point's.
    init?(ofObservable error: DelayNetError) {
      switch error {
      case .notFiniteEntry: self = .diverged(error)
      case .constantSeries, .invalidValue: self = .undefined(error)
      default: return nil
      }
    }

    /// 0 for finite numbers, 1 for a run that left them, 2 for an observable that is not defined: what files have.
    public var code: Int {
      switch self {
      case .finite: 0
      case .diverged: 1
      case .undefined: 2
      }
    }
  }

  /// Its number in the sweep.
  public let point: Int
  /// For every one of the sweep's outputs its entries, row after row.
  public let values: [[Double]]
  /// How it went.
  public let outcome: Outcome

  init(_ point: Int, _ values: [[Double]], _ outcome: Outcome) {
    (self.point, self.values, self.outcome) = (point, values, outcome)
  }
}

/// The points of a sweep that are done.
public struct SweepResults: Sendable {
  /// The axes, the one that varies fastest last.
  public let axes: [SweepAxis]
  /// What there is at every point.
  public let outputs: [SweepOutput]
  private var points: [SweepPoint?]

  /// Results without a point.
  public init<Scalar>(_ sweep: Sweep<Scalar>) {
    (axes, outputs) = (sweep.axes, sweep.outputs)
    points = Array(repeating: nil, count: sweep.points)
  }

  /// The number of values of each axis.
  public var shape: [Int] { axes.map(\.values.count) }
  /// The points that are not there yet.
  public var missing: [Int] { points.indices.filter { points[$0] == nil } }
  /// Whether every point is there.
  public var isComplete: Bool { !points.contains { $0 == nil } }
  /// How many of the points that are there went in a way.
  public func count(of code: Int) -> Int { points.count { $0?.outcome.code == code } }

  /// A point; nil where it is not there yet.
  ///
  /// - Precondition: the sweep has such a point.
  public subscript(point point: Int) -> SweepPoint? { points[point] }

  /// Adds a point, or replaces it.
  ///
  /// - Precondition: it is one of the sweep's.
  public mutating func insert(_ point: SweepPoint) {
    precondition(
      points.indices.contains(point.point) && point.values.map(\.count) == outputs.map(\.count),
      "a point of another sweep")
    points[point.point] = point
  }

  /// The numbers of an output at all points, of the shape of the axes and behind it that of the output; NaN for points that are
  /// not there yet. Nil where there is no such output.
  public subscript(name: String) -> (shape: [Int], values: [Double])? {
    guard let k = outputs.firstIndex(where: { $0.name == name }) else { return nil }
    let nothing = [Double](repeating: .nan, count: outputs[k].count)
    return (shape + outputs[k].shape, points.flatMap { $0?.values[k] ?? nothing })
  }

  /// The point at which an output of one number is least, the first of several; nil where it is nowhere a number.
  public func leastPoint(of name: String) -> Int? {
    guard let k = outputs.firstIndex(where: { $0.name == name && $0.count == 1 }) else { return nil }
    let numbers = points.compactMap { $0 }.filter { !$0.values[k][0].isNaN }
    return numbers.min { ($0.values[k][0], $0.point) < ($1.values[k][0], $1.point) }?.point
  }
}
