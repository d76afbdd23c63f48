import DelayNet
import Foundation

/// A call with extreme values, to be made in a process of its own: a trap, a crash or a wait would end all other tests, too.
package struct ExtremeCase: Sendable, CustomStringConvertible {
  package let name: String
  private let call: @Sendable () throws -> Void
  private let mayReturn: Bool

  package var description: String { name }

  /// - Parameters:
  ///   - name: tells it from all others of a table.
  ///   - mayReturn: whether the call may succeed; otherwise it has to throw.
  package init(_ name: String, mayReturn: Bool = false, _ call: @escaping @Sendable () throws -> Void) {
    (self.name, self.mayReturn, self.call) = (name, mayReturn, call)
  }

  /// Makes the call and ends the process: with status 0 when it threw one of the library's errors, or might and did return.
  package func runToTheEnd() -> Never {
    // A minute, and more addresses than any small call needs: what is valid but long, or large, shall end here.
    alarm(60)
    var limit = rlimit(rlim_cur: 8 << 30, rlim_max: 8 << 30)
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      setrlimit(RLIMIT_AS, &limit)
    #endif
    do {
      try call()
      exit(mayReturn ? 0 : 3)
    } catch {
      let isOurs = ["DelayNetError", "FileError"].contains("\(type(of: error))")
      // A description may overflow, too. One of an unexpected status says that a check is missing.
      let description = "\(error)"
      exit(isOurs && !description.isEmpty && !description.hasPrefix("status ") ? 0 : 4)
    }
  }
}

extension [ExtremeCase] {
  /// The case of a name.
  package subscript(name: String) -> ExtremeCase { first { $0.name == name }! }
}

/// A table of cases while it is being written down.
package struct ExtremeTable {
  fileprivate var cases: [ExtremeCase] = []

  /// A case.
  package mutating func add(_ name: String, mayReturn: Bool = false, _ call: @escaping @Sendable () throws -> Void) {
    cases.append(ExtremeCase(name, mayReturn: mayReturn, call))
  }

  /// A case for every one of some values.
  package mutating func each<Value: Sendable>(
    _ name: String, of values: [Value], mayReturn: Bool = false, _ call: @escaping @Sendable (Value) throws -> Void
  ) {
    for value in values { add("\(name), \(value)", mayReturn: mayReturn) { try call(value) } }
  }
}

/// The cases that are written down.
package func extremeTable(_ write: (inout ExtremeTable) -> Void) -> [ExtremeCase] {
  var table = ExtremeTable()
  write(&table)
  return table.cases
}

/// Sizes that cannot be: they overflow, they overflow in products, no machine has the memory, they are negative.
package let impossibleSizes = [Int.max, Int.max / 2, 1 << 60, 1 << 40, -1, Int.min]
