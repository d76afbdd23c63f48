import ArgumentParser
import DelayNet

/// `delaynet models`: the node models with their parameters.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists the node models with their states and parameters.",
    discussion: """
      EXAMPLES
        delaynet models
        delaynet models mpr
      """)

  @Argument(help: "Only these models.")
  var names: [String] = []

  func validate() throws {
    for name in names { _ = try NodeModel.required(name) }
  }

  func run() throws {
    let models = try names.isEmpty ? NodeModel.all : names.map { try NodeModel.required($0) }
    print(models.map(Self.text).joined(separator: "\n\n"))
  }

  private static func text(_ model: NodeModel) -> String {
    func number(_ x: Double) -> String { x == x.rounded() && abs(x) < 1e6 ? "\(Int(x))" : "\(x)" }
    func range(_ range: ClosedRange<Double>?) -> String {
      range.map { "\(number($0.lowerBound)) … \(number($0.upperBound))" } ?? ""
    }
    func unit(_ unit: String) -> String { unit.isEmpty ? "1" : unit }
    var rows = [["name", "", "unit", "default", "range", "meaning"]]
    for state in model.states {
      rows.append([state.name, "state", unit(state.unit), "", range(state.initialRange), state.meaning])
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
    return "\(model.name): \(model.title)\n  \(model.source)\n" + table(rows)
  }
}

extension NodeModel {
  /// The model of a name, or a mistake on the command line.
  static func required(_ name: String) throws -> NodeModel {
    guard let model = named(name) else {
      throw ValidationError("There is no model \(name); there are \(all.map(\.name).joined(separator: ", ")).")
    }
    return model
  }
}
