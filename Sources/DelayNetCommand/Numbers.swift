import DelayNet
import DelayNetIO

// Numbers of options and files that have to be finite in the precision at hand.

/// An option's number in the precision of the run.
///
/// - Parameter option: the option, with what its number is called.
func finite<Scalar: DelayNetScalar>(_ number: Double, _ option: String) throws -> Scalar {
  let value = Scalar(number)
  guard value.isFinite else {
    throw Failure(.data, "\(option) is \(number), which float32 does not hold; --precision double does")
  }
  return value
}

/// Checks that a file's numbers are finite, and names the first one that is not by its location in the file.
///
/// - Parameters:
///   - values: row-major.
///   - shape: the array's.
///   - path: the file.
///   - meaning: what an element of the file stands for, by its indices, or nil where the indices say all.
///   - isRead: whether an element matters, by its indices; only asked for those that are not finite.
func requireFinite<Scalar: DelayNetScalar>(
  _ values: [Scalar], shape: [Int], _ path: String, meaning: ([Int]) -> String? = { _ in nil },
  isRead: ([Int]) -> Bool = { _ in true }
) throws {
  try values.withUnsafeBufferPointer {
    try requireFinite($0, shape: shape, path, meaning: meaning, isRead: isRead)
  }
}

/// The same of numbers in memory.
func requireFinite<Scalar: DelayNetScalar>(
  _ values: UnsafeBufferPointer<Scalar>, shape: [Int], _ path: String, meaning: ([Int]) -> String? = { _ in nil },
  isRead: ([Int]) -> Bool = { _ in true }
) throws {
  // x - x is 0 but for infinities and NaN: one sum over all numbers has no branch.
  let sum = values.reduce(into: Scalar(0)) { $0 += $1 - $1 }
  if sum == 0 { return }
  for (offset, value) in values.enumerated() where !value.isFinite {
    var (rest, indices) = (offset, shape)
    for axis in shape.indices.reversed() { (rest, indices[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
    guard isRead(indices) else { continue }
    throw FileError(
      .invalidValue, file: path, position: .index(indices),
      found: "\(value)\(meaning(indices).map { " in \($0)" } ?? "")",
      expected: "a finite number")
  }
}
