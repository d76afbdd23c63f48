import DelayNet
import DelayNetIO
import Foundation

/// A mistake that ends the command with a message and an exit status.
package struct Failure: Error {
  /// Exit statuses, as in `sysexits.h`. Mistakes on the command line exit with 64, through ArgumentParser.
  package enum Status: Int32 {
    /// An input holds something that cannot be used.
    case data = 65
    /// An input cannot be opened.
    case noInput = 66
    /// This processor cannot do what was asked for.
    case unavailable = 69
    /// The command could not be finished: output, memory. After an interruption the status is the signal's.
    case unfinished = 70
  }

  package let status: Status
  package let message: String

  init(_ status: Status, _ message: String) {
    self.status = status
    self.message = message
  }

  /// What the libraries' errors mean to a user of the command; nil for errors of the parser.
  init?(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as FileError: self.init(error)
    case let error as ModelFileError: self.init(error)
    case let error as DelayNetError: self.init(error, place: { "edge \($0)" }, node: { "node \($0)" })
    case let error as CocoaError: self.init(.unfinished, error.localizedDescription)
    default: return nil
    }
  }

  /// A mistake in a file that was being read.
  init(_ error: FileError) {
    switch error.kind {
    case .system, .missing: self.init(.noInput, error.description)
    default: self.init(.data, error.description)
    }
  }

  /// A file that should have held a model.
  init(_ error: ModelFileError) {
    switch error {
    case .file(let error): self.init(error)
    case .library(_, .outOfMemory): self.init(.unfinished, error.description)
    default: self.init(.data, error.description)
    }
  }

  /// A file that could not be written.
  static func writing(_ error: FileError) -> Failure { Failure(.unfinished, error.description) }

  /// A mistake that the library found.
  ///
  /// - Parameters:
  ///   - place: says where an edge is, by its number.
  ///   - node: says which node a number stands for.
  init(_ error: DelayNetError, place: (Int) -> String, node: (Int) -> String) {
    switch error {
    case .negativeDelay(let edge, let delay):
      self.init(.data, "\(place(edge)) has the negative delay \(delay)")
    case .delayExceedsHistory(let edge, let delay, let history):
      self.init(.data, "\(place(edge)) has a delay of \(delay) steps, but the history holds \(history)")
    case .notFiniteWeight(_, let edge):
      self.init(.data, "the weight of \(place(edge)), times the scale, is not a finite number")
    case .notFiniteParameter:
      self.init(.data, "the scale or the noise gain is not a finite number")
    case .notFiniteHistory(_, let number, let step):
      self.init(.data, "the history of \(node(number)) at step \(step) is not a finite number")
    case .notFiniteSeries(_, let number, let step):
      self.init(
        .data,
        "the series of \(node(number)) left the finite numbers at step \(step): the network is unstable, "
          + "or its noise not finite; `--scale stable` keeps a network stable whatever its delays")
    case .notFiniteCotangent(_, let number, let step):
      self.init(.data, "the cotangent of \(node(number)) left the finite numbers at step \(step), on its way back")
    case .notFiniteTangent(_, let number, let step):
      self.init(.data, "the tangent of \(node(number)) left the finite numbers at step \(step)")
    case .notFiniteState(_, let number, let state, let step):
      self.init(
        .data,
        "the state \(state) of \(node(number)) left the finite numbers at step \(step); the steps before are kept. "
          + "A smaller --time-step, --coupling or --sigma, or --normalize row may help")
    case .notFiniteInput(let name, _, let number, let state, let step):
      self.init(
        .data,
        "the \(name) holds a value that is not a finite number: state \(state) of \(node(number)) at step \(step)")
    case .periodicAverage(let state, _):
      self.init(.data, "the state \(state) is an angle, whose mean over time means nothing: --subsample, not --average")
    case .notFiniteModelParameter(_, let parameter, let number):
      self.init(.data, "\(parameter)\(number.map { " of \(node($0))" } ?? "") is not a finite number")
    case .notNormalizable(let normalization, let edge, let reason):
      self.init(.data, "--normalize \(normalization)\(edge.map { ": \(place($0))" } ?? ""): \(reason)")
    case .budgetTooSmall(let least):
      self.init(.data, "--memory is too small for this gradient; it needs \(least) bytes or more")
    case .instructionSetUnavailable(let set):
      let there = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
      self.init(.unavailable, "this processor lacks the instruction set \(set); it has \(there)")
    case .outOfMemory, .cancelled, .unexpected, .overlappingArrays:
      self.init(.unfinished, error.description)
    default:
      self.init(.data, error.description)
    }
  }
}

/// Prints a line to the standard error.
func printToStandardError(_ line: String) { writeToStandardError(line + "\n") }

/// Writes to the standard error. Where nobody can be told, nobody is.
func writeToStandardError(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
