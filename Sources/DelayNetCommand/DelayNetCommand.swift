import ArgumentParser
import DelayNet
import Foundation

/// The command `delaynet`: parses, calls the library and prints.
///
/// Results go to the standard output, messages and the progress bar to the standard error. Exit status: 0; 1 for a
/// gradient check that failed; else one of ``Failure/Status``.
@main
struct DelayNetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delaynet",
    abstract: "Simulates networks whose nodes talk with delays, and differentiates them exactly.",
    discussion: """
      `simulate` steps networks of neural masses through time, `fit` finds the parameters that are nearest to a recording. The map of \
      the other subcommands rewrites a buffer's noise samples, step by step, with the series

          x_i(t) = scale * sum_e w_e * b[j_e, t - d_e] + gain * b[i, t]

      over the edges e from nodes j_e to i.

      Arrays are NumPy files (.npy), time innermost; in matrices a row is a target and a column a source.

      EXAMPLES
        delaynet notebook
        delaynet map --weights W.npy --delays D.npy --buffer B.npy --output OUT.npy
        delaynet map --connectome connectivity_76.zip --steps 1000 --plot out.svg
        delaynet simulate --model mpr --connectome connectivity_76.zip --normalize row --duration 1000 --sigma 0.01 \\
          --plot x.svg
        delaynet check --synthetic 84
        delaynet plan --connectome connectivity_998.zip --time-step 0.5

      EXIT STATUS
        0   done
        1   a gradient check failed
        64  the command line cannot be understood
        65  an input cannot be used, a series left the finite numbers, or more memory is needed than there is
        66  an input cannot be opened
        69  this processor lacks the instruction set that was asked for
        70  an output cannot be written
        128 and the number of the signal that interrupted the run: 130 for Ctrl-C, 143 for SIGTERM
      """,
    version: Runtime.version,
    subcommands: [
      NotebookCommand.self, MapCommand.self, SimulateCommand.self, FitCommand.self, SweepCommand.self,
      ObserveCommand.self, ModelsCommand.self, CheckCommand.self, PlanCommand.self, InfoCommand.self,
    ])

  static func main() {
    Interruption.install()
    var status = EXIT_SUCCESS
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      if let failure = Failure(error) {
        status = failure.status.rawValue
        printToStandardError("delaynet: \(failure.message)")
      } else {
        status = exitCode(for: error).rawValue
        let message = fullMessage(for: error)
        if status == EXIT_SUCCESS { print(message) } else if !message.isEmpty { printToStandardError(message) }
      }
    }
    let isPrinted = isStandardOutputWritten()
    // Who stops a command, or stops reading what it prints, gets the signal's status.
    if let signal = Interruption.status, status == Failure.Status.unfinished.rawValue || Interruption.isPipeClosed {
      Foundation.exit(signal)
    }
    if !isPrinted {
      printToStandardError("delaynet: the standard output cannot be written")
      if status == EXIT_SUCCESS { status = Failure.Status.unfinished.rawValue }
    }
    Foundation.exit(status)
  }
}
