import ArgumentParser
import DelayNet
import DelayNetIO

/// `delaynet models`: the node models with their parameters, their texts, and what was understood of one's own.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists the node models with their states and parameters; shows and checks models as text.",
    discussion: """
      A model is a name of this list, or a file with its equations as text, wherever a command takes a --model: a name with a / \
      in it, or one that ends in .model, is a file. --show prints the text of a model, to begin one's own with. --check reads a \
      file and says what was understood: ranges, units, bounds, the equations, and how many operations they have become; then \
      it compares their derivatives in reverse, in forward mode and by differences, at random states and parameters, and exits \
      with 1 where they disagree.

      EXAMPLES
        delaynet models
        delaynet models mpr
        delaynet models --show wilson_cowan
        delaynet models --check mine.model
      """)

  @Argument(help: "Only these models: names, or files.")
  var names: [String] = []

  @Option(name: .long, help: ArgumentHelp("Print the text of a model.", valueName: "name"))
  var show: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Say what was understood of a model's text, and check its derivatives.", valueName: "file"))
  var check: String?

  func validate() throws {
    guard [!names.isEmpty, show != nil, check != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("Names, --show or --check: one of them.")
    }
    for name in names + [show].compactMap({ $0 }) { _ = try NodeModel.requiredInOptions(name) }
  }

  func run() throws {
    if let show {
      let model = try NodeModel.required(show)
      guard let text = model.text else { throw Failure(.data, "\(show): its text is not in this library") }
      print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
      return
    }
    if let check {
      // Whatever its name is: who checks a model has a file of it.
      let isRegistered = !NodeModel.isPath(check) && NodeModel.named(check) != nil
      let model = try NodeModel.required(isRegistered || NodeModel.isPath(check) ? check : "./\(check)")
      print(Self.text(model))
      print(Self.equations(model))
      let report = try ModelCheck(model, seed: 0)
      print(report.text)
      if !report.passed { throw ExitCode(1) }
      return
    }
    let models = try names.isEmpty ? NodeModel.all : names.map { try NodeModel.required($0) }
    print(models.map(Self.text).joined(separator: "\n\n"))
  }

  /// A model's names with units, ranges and meanings.
  private static func text(_ model: NodeModel) -> String {
    func unit(_ unit: String) -> String { unit.isEmpty ? "1" : unit }
    var rows = [["name", "", "unit", "default", "range", "meaning"]]
    for state in model.states {
      let word = state.isPeriodic ? "angle" : "state"
      rows.append([state.name, word, unit(state.unit), "", range(state.initialRange), state.meaning])
    }
    for coupling in model.couplings {
      rows.append([coupling.name, "coupling", unit(coupling.unit), "", "", coupling.meaning])
    }
    for parameter in model.parameters {
      rows.append([
        parameter.name, parameter.symbol, unit(parameter.unit), number(parameter.defaultValue), range(parameter.range),
        parameter.meaning,
      ])
    }
    for output in model.outputs { rows.append([output.name, "output", unit(output.unit), "", "", output.meaning]) }
    let source = model.source.isEmpty ? "" : "  \(model.source)\n"
    return "\(model.name): \(model.title)\n\(source)" + table(rows)
  }

  private static func number(_ x: Double) -> String { x == x.rounded() && abs(x) < 1e6 ? "\(Int(x))" : "\(x)" }

  private static func range(_ range: ClosedRange<Double>?) -> String {
    guard let range, range.lowerBound > -.infinity || range.upperBound < .infinity else { return "" }
    return "\(number(range.lowerBound)) … \(number(range.upperBound))"
  }

  /// What was understood of a model's text.
  private static func equations(_ model: NodeModel) -> String {
    var lines: [String] = []
    for state in model.states {
      var notes: [String] = []
      if state.isPeriodic { notes.append("kept in -pi ..< pi") }
      if state.bounds.lowerBound > -.infinity { notes.append("\(state.name) >= \(number(state.bounds.lowerBound))") }
      if state.bounds.upperBound < .infinity { notes.append("\(state.name) <= \(number(state.bounds.upperBound))") }
      let bounds = notes.isEmpty ? "" : "   (\(notes.joined(separator: ", ")))"
      if let expression = state.expression {
        lines.append("  \(state.name)' = \(expression)\(bounds)")
      } else if !bounds.isEmpty {
        lines.append("  \(state.name)\(bounds)")
      }
    }
    for coupling in model.couplings {
      guard let expression = coupling.expression else { continue }
      let isName = expression.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      lines.append("  \(coupling.name) = G Σ w \(isName ? expression : "(\(expression))") of the sources, delayed")
    }
    for output in model.outputs {
      guard let expression = output.expression else { continue }
      lines.append("  \(output.name) = \(expression), for monitors")
    }
    if !lines.isEmpty { lines.insert("equations", at: 0) }
    if let report = model.report {
      lines.append(
        "made of them   \(grouped(report.nodes)) different expressions, \(grouped(report.derivedRows)) of them computed once a run"
      )
      lines.append(
        "a Heun step    \(grouped(report.operations)) operations in \(grouped(report.rows)) rows, its reverse derivative "
          + "\(grouped(report.pullbackOperations)) in \(grouped(report.pullbackRows)), its forward derivative "
          + "\(grouped(report.tangentOperations))")
    } else {
      lines.append("computed by kernels of the library's own")
    }
    return lines.joined(separator: "\n")
  }
}
