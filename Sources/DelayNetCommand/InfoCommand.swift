import ArgumentParser
import DelayNet

/// `delaynet info`: version, instruction sets, threads.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Prints the version, the instruction sets and the number of threads.",
    discussion: """
      EXAMPLE
        delaynet info
      """)

  func run() {
    #if arch(x86_64)
      let architecture = "x86-64"
    #elseif arch(arm64)
      let architecture = "arm64"
    #else
      let architecture = "another architecture"
    #endif
    let sets = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    print(
      """
      version           \(Runtime.version)
      architecture      \(architecture)
      instruction sets  \(sets); chosen: \(InstructionSet.best)
      threads           \(Runtime.availableThreads)
      """)
  }
}
