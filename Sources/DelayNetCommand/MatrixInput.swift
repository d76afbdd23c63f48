import DelayNet
import DelayNetIO

/// Reads a matrix that there is memory for: `.npy`, `.npz`, `.mat`, HDF5 or a text.
///
/// - Parameter name: of the array in a file of several.
func readMatrix(_ path: String, name: String? = nil) throws -> Matrix<Double> {
  try DelayNetCommand.requireMemory(2 * fileSize(path), for: "reading \(path)")
  let file = try MatrixFile(path: path, name: name)
  return try Matrix(rows: file.rows, columns: file.columns, values: file.values)
}
