// Whoever fits works with problems, monitors and losses.
@_exported import DelayNet

/// Something that is computed from the columns of a monitor, to be compared with what was recorded.
///
///     let fc = try FunctionalConnectivity().value(of: trajectory.series)
///     let loss = bold.observed(by: .covariance(lag: 1)).rootMeanSquareError(to: target, over: .all)
///
/// A series is a matrix with a row a region (or a region of a state) and a column a sample. Observables are computed in
/// `Double`, in an order of additions that does not depend on the processor.
public protocol SeriesObservable: Sendable, Hashable {
  /// What it is called in files and messages, such as `"fc"`.
  var name: String { get }

  /// The observable of a series, and its derivative in both directions.
  ///
  /// - Parameter series: shape (rows, samples).
  /// - Throws: `DelayNetError.optionOutOfRange(name:value:)` for a series that is too short for the lag, window or
  ///   segment; `DelayNetError.notFiniteEntry(name:row:column:)`; `DelayNetError.constantSeries(name:row:)`
  ///   where a row does not change and has to.
  func linearized(at series: Matrix<Double>) throws(DelayNetError) -> Linearization
}

extension SeriesObservable {
  /// The observable of a series, shape (rows, samples).
  ///
  /// - Throws: what ``linearized(at:)`` throws.
  public func value<Scalar: DelayNetScalar>(of series: Matrix<Scalar>) throws(DelayNetError) -> Matrix<Double> {
    try linearized(at: series.map { Double($0) }).value
  }

  /// The observable of a monitor's columns: row `variable · nodes + node`.
  ///
  /// - Throws: what ``linearized(at:)`` throws.
  public func value<Scalar: DelayNetScalar>(of series: StateArray<Scalar>) throws(DelayNetError) -> Matrix<Double> {
    try linearized(
      at: Matrix(rows: series.rows.nodes, columns: series.columns, values: series.values.map { Double($0) })
    ).value
  }
}

extension Traced {
  /// An observable of the output, in a loss; the loss throws what the observable does.
  public func observed(by observable: some SeriesObservable) -> Traced {
    applying { x throws(DelayNetError) in try observable.linearized(at: x) }
  }
}

/// An option that is a whole number within limits.
func require(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(DelayNetError) {
  guard range ~= value else { throw .optionOutOfRange(name: name, value: Double(value)) }
}

extension Matrix where Element == Double {
  /// A matrix of zeros as large as one that is there.
  init(zeros rows: Int, _ columns: Int) {
    self.init(unchecked: rows, columns, [Double](repeating: 0, count: rows * columns))
  }
}
