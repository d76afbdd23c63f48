import ArgumentParser
import DelayNet
import DelayNetIO

/// The inputs that `--with-respect-to` asks for, in the order of those that there are; all without it.
///
/// - Parameters:
///   - text: names with commas between them.
///   - all: what the run can be differentiated by.
///   - groups: words that stand for several names.
func askedGradients(
  _ text: String?, of all: [String], groups: [String: [String]] = [:], refuse: (Set<String>) throws -> Void = { _ in }
) throws -> [String] {
  guard let text else { return all }
  let wanted = Set(text.split(separator: ",").flatMap { groups[String($0)] ?? [String($0)] })
  try refuse(wanted)
  if let unknown = wanted.subtracting(all).sorted().first {
    throw ValidationError("--with-respect-to: there is no `\(unknown)` here, only \(all.joined(separator: ", "))")
  }
  return all.filter(wanted.contains)
}

/// Writes gradients by name, with the ends of the edges where there are some by edges.
func writeGradients<Scalar: DelayNetScalar & NPYElement>(
  _ arrays: [(name: String, array: NPYArray)], of loaded: LoadedNetwork<Scalar>, _ layout: EdgeLayout, to path: String
) throws {
  var (arrays, texts) = (arrays, [(name: String, texts: [String])]())
  for case (let name, let array) in arrays where array.shape.isEmpty {
    print("          \(name): \(rounded(Double(try array.values(as: Scalar.self)[0])))")
  }
  if arrays.contains(where: { $0.name == "weights" || $0.name == "delays" }) {
    arrays += try loaded.ends(layout)
    if let labels = loaded.labels { texts.append(("labels", labels)) }
  }
  do { try NPZArchive.write(arrays, texts: texts, to: path) } catch { throw Failure.writing(error) }
  print("wrote     \(path): \((arrays.map(\.name) + texts.map(\.name)).joined(separator: ", "))")
}
