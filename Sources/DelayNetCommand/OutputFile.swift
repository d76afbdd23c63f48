import ArgumentParser
import DelayNet
import DelayNetIO
import Foundation

// Files that the command writes. Each gets its name once it is complete.

/// Writes values as a `.npy` file.
func writeArray<Element: NPYElement>(_ values: [Element], shape: [Int], to path: String) throws {
  let array = try NPYArray(values, shape: shape)
  do { try array.write(to: path) } catch { throw Failure.writing(error) }
}

/// Writes a value as JSON.
func writeJSON(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  var data = try encoder.encode(value)
  data.append(UInt8(ascii: "\n"))
  try write(data, to: path)
}

/// Writes bytes to a file.
func write(_ data: Data, to path: String) throws {
  do { try writeFile(path, bytes: Array(data)) } catch { throw Failure.writing(error) }
}
