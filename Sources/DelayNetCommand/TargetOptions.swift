import ArgumentParser
import DelayNet
import DelayNetFit
import DelayNetIO

/// The options that say what a run is compared with, and how.
struct TargetOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Functional connectivity to compare with, shape (N, N): .npy, .npz, .mat or .csv.", valueName: "FC"))
  var targetFc: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Instead: a recording, shape (N, samples), whose functional connectivity is taken.", valueName: "BOLD"))
  var targetSeries: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The array's name in a file of several. (default: the only one, or the only matrix)", valueName: "name"))
  var targetName: String?

  @Option(
    name: .long,
    help: """
      How far the observed is from the target: correlation, 1 - r of the upper triangles; rmse, of the whole matrices; \
      fisher, rmse of artanh of the upper triangles.
      """)
  var loss = LossArgument.correlation

  /// The files that these options name.
  var inputFiles: [NamedFile] { CommandFiles.named(["--target-fc": targetFc, "--target-series": targetSeries]) }

  func validate() throws {
    if targetFc != nil, targetSeries != nil {
      throw ValidationError("One target at a time: --target-fc or --target-series.")
    }
    if targetName != nil, targetFc == nil, targetSeries == nil {
      throw ValidationError("--target-name is for a target, which is not there.")
    }
  }

  /// The target's functional connectivity, of so many regions; nil if there is none.
  func functionalConnectivity(regions: Int) throws -> Matrix<Double>? {
    guard let path = targetFc ?? targetSeries else { return nil }
    var matrix = try readMatrix(path, name: targetName)
    if targetSeries != nil {
      guard matrix.rows == regions else {
        let hint = matrix.columns == regions ? "; its transpose would do" : ""
        throw Failure(.data, "\(path): has \(matrix.rows) rows, and the network \(regions) regions\(hint)")
      }
      matrix = try Self.connectivity(of: matrix, path)
    }
    guard matrix.rows == regions, matrix.columns == regions else {
      throw Failure(
        .data,
        "\(path): found shape \(text([matrix.rows, matrix.columns])), expected \(text([regions, regions])), the network's "
          + "regions")
    }
    for row in 0..<regions {
      for column in 0..<row where abs(matrix[row, column] - matrix[column, row]) > 1e-6 {
        throw Failure(.data, "\(path): is not symmetric at row \(row), column \(column)")
      }
    }
    return matrix
  }

  private static func connectivity(of series: Matrix<Double>, _ path: String) throws -> Matrix<Double> {
    do throws(DelayNetError) {
      return try FunctionalConnectivity().value(of: series)
    } catch {
      throw Failure(.data, "\(path): \(error.description)")
    }
  }
}

/// The losses by the names of the command line.
enum LossArgument: String, ExpressibleByArgument, CaseIterable {
  case correlation, rmse, fisher

  /// What an axis calls it.
  var title: String {
    switch self {
    case .correlation: "1 − r"
    case .rmse: "root mean square error"
    case .fisher: "root mean square error of z"
    }
  }

  /// The loss of a run's functional connectivity.
  func loss<Scalar: DelayNetScalar>(
    _ connectivity: Traced<Scalar>, _ target: Matrix<Scalar>
  ) throws(DelayNetError) -> TracedScalar<Scalar> {
    switch self {
    case .correlation: 1 - connectivity.correlation(with: target)
    // The diagonals, which are 1 in both, count.
    case .rmse: connectivity.rootMeanSquareError(to: target, over: .zeroDiagonal)
    case .fisher: connectivity.fisherRootMeanSquareError(to: target)
    }
  }
}
