import DelayNet
import DelayNetIO
import Foundation
import Testing

@Suite("delaynet models, and --model FILE")
struct ModelsCommandTests {
  static let text = """
    model mine "Mine"
    source "nobody"
    parameter a = 1.5 in 0.5..3 [1/ms] "decay" symbol "α"
    parameter k = 0.5
    state x >= -2 <= 2 from -1..1 [mV] "potential"
    coupling c of tanh(k*x) "what others send"
    y = a*x
    x' = -y + abs(x)*sin(x) + c
    output rate = 100*logistic(y) [Hz] "rate"

    """

  /// A folder with the files mine.model, copy.txt and edited.model.
  private func folder() throws -> Folder {
    let folder = try Folder()
    for name in ["mine.model", "copy.txt"] { try folder.write(Self.text, to: name) }
    try folder.write(Self.text.replacing("abs(x)*", with: "abs(x)^2*"), to: "edited.model")
    return folder
  }

  @Test("a text is shown, and is a model of its own again", arguments: NodeModel.all.map(\.name))
  func show(name: String) throws {
    let folder = try Folder()
    let shown = try Command.succeed("models --show \(name)", in: folder)
    #expect(try NodeModel(text: shown).name == name && shown.hasSuffix("\n"))
  }

  @Test("what was understood of a file, and whether its derivatives are right")
  func check() throws {
    let folder = try folder()
    for name in ["mine.model", "copy.txt"] {
      let output = try Command.succeed("models --check \(name)", in: folder)
      for words in [
        "mine: Mine", "nobody", "α", "1/ms", "0.5 … 3", "x' = -y + abs(x)*sin(x) + c", "x >= -2, x <= 2", "tanh(k*x)",
        "rate = 100*logistic(y)", "operations", "differences by initial", "differences by k",
        "reverse against forward mode",
        "all checks passed",
      ] { #expect(output.contains(words), "\(words) in: \(output)") }
      #expect(!output.contains("FAILED"))
    }
    // Those of the library's own kernels, too.
    let own = try Command.succeed("models --check mpr", in: folder)
    #expect(own.contains("kernels of the library's own") && own.contains("all checks passed"))
  }

  @Test("the examples pass", arguments: ["excitable_membrane", "wilson_cowan_adaptation", "inertia"])
  func examples(name: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let output = try Command.succeed(
      "models --check \(root.appendingPathComponent("examples/models/\(name).model").path)", in: Folder())
    #expect(output.contains("all checks passed") && output.contains("\(name): "))
  }

  @Test("a model whose numbers are not finite does not pass")
  func notFinite() throws {
    let folder = try Folder()
    try folder.write("model bad\nstate x from 1..2\ncoupling c of x\nx' = log(-x) + c\n", to: "bad.model")
    let outcome = try Command.run(["models", "--check", "bad.model"], in: folder)
    #expect(outcome.status == 1 && outcome.output.contains("nothing could be compared: FAILED"), "\(outcome.output)")
  }

  @Test("the list has outputs")
  func list() throws {
    let folder = try folder()
    let output = try Command.succeed("models mine.model mpr", in: folder)
    #expect(output.contains("rate") && output.contains("output") && output.contains("mpr: "))
  }

  @Test("a file is a model wherever one is named")
  func everywhere() throws {
    let folder = try folder()
    let network = "--model mine.model --synthetic 5 --time-step 0.1 --sigma 0.1"
    try Command.succeed("simulate \(network) --steps 40 --set a=2 --output x.npy --states rate,x", in: folder)
    let both = try folder.array("x.npy", as: Float.self, shape: [2, 5, 40])
    for n in 0..<200 { #expect(abs(Double(both[n]) - 100 / (1 + exp(-2 * Double(both[200 + n])))) < 1e-3) }
    try Command.succeed(
      "simulate \(network) --steps 40 --output m.npy --monitor average --repetition-time 1 --monitor-state rate",
      in: folder)
    #expect(try folder.array("m.npy", as: Float.self, shape: [1, 5, 4]).allSatisfy { 0 < $0 && $0 < 100 })
    try Command.succeed("simulate \(network) --steps 40 --gradients g.npz --with-respect-to a,weights", in: folder)
    try Command.succeed("check --model ./mine.model --synthetic 3 --time-step 0.1 --steps 10 --entries 2", in: folder)
    try Command.succeed("plan --synthetic 5 --model mine.model", in: folder)
    let seen = "--monitor average --repetition-time 1 --monitor-state rate"
    try Command.succeed(
      "sweep \(network) --duration 20 \(seen) --axis a=1,2 --observe mean --output s.npz", in: folder)
    try Command.succeed("simulate \(network) --duration 40 \(seen) --output target.npy", in: folder)
    try Command.succeed(
      "fit \(network) --duration 40 \(seen) --target-series target.npy --free a --free k --iterations 2 --output f.npz",
      in: folder)
  }

  @Test("neither run nor fit goes on with another text")
  func resume() throws {
    let folder = try folder()
    let network = "--synthetic 4 --time-step 0.1 --sigma 0.1"
    try Command.succeed("simulate --model mine.model \(network) --steps 20 --output x.npy --checkpoint c", in: folder)
    let outcome = try Command.run(
      Command.words("simulate --model edited.model \(network) --steps 20 --output y.npy --resume c"), in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("model mine"), "\(outcome.errors)")
    #expect(!folder.exists("y.npy"))
    // The file's name says nothing.
    try Command.succeed("simulate --model ./mine.model \(network) --steps 20 --output y.npy --resume c", in: folder)

    let fit =
      "fit \(network) --duration 20 --monitor average --repetition-time 1 --target-series t.npy --free a --output f.npz"
    try Command.succeed(
      "simulate --model mine.model \(network) --duration 20 --monitor average --repetition-time 1 --output t.npy",
      in: folder)
    try Command.succeed("\(fit) --model mine.model --iterations 1", in: folder)
    let other = try Command.run(
      Command.words("\(fit) --model edited.model --iterations 2 --resume f.npz"), in: folder)
    #expect(other.status == 65 && other.errors.contains("text of the model"), "\(other.errors)")
    try Command.succeed("\(fit) --model mine.model --iterations 2 --resume f.npz", in: folder)
  }

  @Test("mistakes are shown with their line")
  func mistakes() throws {
    let folder = try folder()
    try folder.write(Self.text.replacing("sin(x) + c", with: "sin(z) + c"), to: "bad.model")
    for line in [
      "simulate --model bad.model --synthetic 3 --steps 2", "models --check bad.model", "models bad.model",
      "check --model bad.model --synthetic 3", "plan --model bad.model --synthetic 3",
    ] {
      let outcome = try Command.run(Command.words(line), in: folder)
      #expect(outcome.status == 65, "\(line): \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("delaynet: bad.model:8:22: "), "\(outcome.errors)")
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.count == 3 && lines[1] == "  x' = -y + abs(x)*sin(z) + c", "\(outcome.errors)")
      #expect(lines[2] == "  " + String(repeating: " ", count: 21) + "^", "\(outcome.errors)")
    }
    for (line, status, words) in [
      ("simulate --model absent.model --synthetic 3 --steps 2", 66, "absent.model"),
      ("simulate --model copy --synthetic 3 --steps 2", 64, "There is no model copy"),
      ("simulate --model mine.model --synthetic 3 --steps 2 --set b=1", 64, "mine has no parameter b; it has a, k"),
      (
        "simulate --model mine.model --synthetic 3 --steps 2 --states rat", 65, "no state or output rat; it has x, rate"
      ),
      ("simulate --model mine.model --synthetic 3 --steps 2 --sigma y=1", 64, "mine has no state y; it has x"),
      ("simulate --model mine.model --synthetic 3 --steps 2 --output mine.model", 64, "mine.model"),
      ("models --show mpr --check mine.model", 64, "one of them"), ("models --show nobody", 64, "no model nobody"),
    ] {
      let outcome = try Command.run(Command.words(line), in: folder)
      #expect(outcome.status == status && outcome.errors.contains(words), "\(line): \(outcome.errors)")
    }
    #expect(try folder.text("mine.model") == Self.text)
  }
}
