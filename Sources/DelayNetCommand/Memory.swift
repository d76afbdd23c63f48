import DelayNet
import DelayNetIO
import Foundation

// How much memory a command will need, estimated from sizes before any of it is asked for: a system that runs out of memory
// ends a process without a word. Estimates are of what a command holds at once, measured, and rather below than above. They
// are Doubles, for sizes whose product no whole number holds.

/// How much memory this process may have.
package struct MemoryLimit {
  package let bytes: Double
  /// Whose limit that is, with its verb.
  package let owner: String

  /// The least of the machine's memory, the limits of the control groups that the process is in, and its own.
  package static var current: MemoryLimit {
    var least = MemoryLimit(bytes: Double(ProcessInfo.processInfo.physicalMemory), owner: "this machine has")
    for bytes in controlGroupLimits() where bytes < least.bytes {
      least = MemoryLimit(bytes: bytes, owner: "the control group of this process has")
    }
    // No limit is the largest number there is.
    var own = rlimit()
    #if canImport(Glibc)
      let addresses = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
      let addresses = RLIMIT_AS
    #endif
    if getrlimit(addresses, &own) == 0, Double(own.rlim_cur) < least.bytes {
      least = MemoryLimit(bytes: Double(own.rlim_cur), owner: "the limit of this process is")
    }
    return least
  }

  /// The limits of every control group from the process's own to the root, of both versions; none on other systems.
  ///
  /// - Parameters:
  ///   - membership: the lines of `/proc/self/cgroup`: number, controllers and path, with colons between.
  ///   - read: a file's text.
  package static func controlGroupLimits(
    membership: String? = text(of: "/proc/self/cgroup"), read: (String) -> String? = text(of:)
  ) -> [Double] {
    var limits: [Double] = []
    for line in (membership ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      let (root, file): (String, String)
      if controllers.isEmpty, parts[0] == "0" {
        (root, file) = ("/sys/fs/cgroup", "memory.max")
      } else if controllers.contains("memory") {
        (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      } else {
        continue
      }
      // In a container the path is often one outside of it; the root is there in any case.
      var path = Array(parts[2].split(separator: "/"))
      while true {
        let place = ([root] + path.map(String.init) + [file]).joined(separator: "/")
        // A word, "max", stands where there is none.
        if let text = read(place), let bytes = Double(text.filter { !$0.isWhitespace }), bytes > 0 {
          limits.append(bytes)
        }
        if path.popLast() == nil { break }
      }
    }
    return limits
  }

  private static func text(of path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}

extension MemoryLimit {
  /// Checks that memory which is going to be needed is there.
  ///
  /// - Parameters:
  ///   - bytes: how much.
  ///   - purpose: what for, as the beginning of a sentence.
  package static func require(_ bytes: Double, for purpose: String) throws {
    let limit = current
    guard bytes <= limit.bytes else {
      let needed = bytes.isFinite ? "\(rounded(bytes / 1e9)) GB of memory" : "more memory than can be addressed"
      throw Failure(.data, "\(purpose) needs \(needed); \(limit.owner) \(rounded(limit.bytes / 1e9)) GB")
    }
  }
}

extension DelayNetCommand {
  /// Checks that memory which is going to be needed is there; see ``MemoryLimit/require(_:for:)``.
  static func requireMemory(_ bytes: Double, for purpose: String) throws {
    try MemoryLimit.require(bytes, for: purpose)
  }
}

/// The product of sizes.
func product(_ sizes: Int...) -> Double { sizes.reduce(1) { $0 * Double($1) } }

/// The bytes of a file; 0 where that cannot be told, which reading it will say.
func fileSize(_ path: String?) -> Double {
  guard let path else { return 0 }
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Double(status.st_size) : 0
}

/// Reads an array that there is memory for.
func readArray(_ path: String) throws -> NPYArray {
  try DelayNetCommand.requireMemory(fileSize(path), for: "reading \(path)")
  return try NPYArray(path: path)
}

/// The bytes of reading a file's numbers as a type; 0 where that cannot be told, which reading it will say.
func readingBytes<Element: NPYElement>(_ path: String?, as type: Element.Type) -> Double {
  guard let path, let file = try? NPYFile(path: path) else { return 0 }
  return file.bytesOfReading(as: type)
}

/// The bytes of planning a dense network, its files among them.
func denseBytes(_ nodes: Int) -> Double { 36 * product(nodes, nodes) }

/// The bytes of drawing a synthetic connectome and planning it.
func syntheticBytes(_ regions: Int) -> Double { 60 * product(regions, regions) }

extension LoadedNetwork {
  /// The bytes of simulating it: its edges with their plan, the history in the carries at a run's begin and end and in the
  /// kernels, and a chunk of the series with its copy.
  func simulationBytes(_ model: NodeModel, isFractional: Bool, isSaved: Bool) -> Double {
    let scalar = Double(MemoryLayout<Scalar>.stride)
    let (nodes, history) = (network.nodes, network.history)
    return (25 + 4.5 * scalar) * (isFractional ? 2.3 : 1) * Double(network.edges)
      + (isSaved ? 4 : 3) * product(model.couplings.count, nodes, history) * scalar
      + 2 * product(model.states.count, nodes) * scalar
  }
}
