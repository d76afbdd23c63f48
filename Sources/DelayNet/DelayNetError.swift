/// What went wrong, with the location of the mistake.
///
/// Edges are numbered in the order in which they were given; in a dense network edge `i * nodes + j` goes from source
/// `j` to target `i`. Steps are absolute: the second chunk of a run continues to count; history columns are negative.
public enum DelayNetError: Error, Equatable, Sendable {
  /// An array has another shape than the call needs; shapes are listed slowest extent first.
  case shapeMismatch(name: String, expected: [Int], found: [Int])
  /// A value of an input array cannot be used: a negative length, a label outside the nodes.
  case invalidValue(name: String, index: Int, value: Double)
  /// A series has the same value at all times, so that its correlation with others is not defined; rows count from 0.
  case constantSeries(name: String, row: Int)
  /// An entry of a matrix is not a finite number; rows and columns count from 0.
  case notFiniteEntry(name: String, row: Int, column: Int)
  /// An edge names a source or target that does not exist.
  case nodeOutOfRange(edge: Int, nodes: Int)
  /// An edge's delay is negative.
  case negativeDelay(edge: Int, delay: Int)
  /// An edge's delay is longer than the history, so it would read before the buffer.
  case delayExceedsHistory(edge: Int, delay: Int, history: Int)
  /// An option is outside its range, such as a negative number of threads.
  case optionOutOfRange(name: String, value: Double)
  /// This processor, or this build, lacks the instruction set.
  case instructionSetUnavailable(InstructionSet)
  /// The workspace belongs to another plan than the map's.
  case foreignWorkspace
  /// The workspace or tape is in use: by another thread, or by the call whose loss or progress handler uses it again.
  case inUse(String)
  /// A loss uses a ``Traced`` or ``TracedScalar`` of another call.
  case foreignTraced
  /// The sizes overflow what can be addressed.
  case tooLarge
  /// There was not enough memory.
  case outOfMemory
  /// An output array overlaps another array of the call.
  case overlappingArrays
  /// An edge's weight times the scale is not a finite number.
  case notFiniteWeight(run: Int, edge: Int)
  /// The scale or the noise gain is not a finite number.
  case notFiniteParameter(run: Int)
  /// The history holds a value that is not a finite number.
  case notFiniteHistory(run: Int, node: Int, step: Int)
  /// The series left the finite numbers; the location is the first such step.
  case notFiniteSeries(run: Int, node: Int, step: Int)
  /// The cotangent left the finite numbers on its way back.
  case notFiniteCotangent(run: Int, node: Int, step: Int)
  /// The tangent left the finite numbers.
  case notFiniteTangent(run: Int, node: Int, step: Int)
  /// The progress handler or the task's cancellation stopped the call.
  ///
  /// `steps` holds the finished steps of each run of the call; derivatives, which cannot be resumed, leave it empty.
  case cancelled(steps: [Int])
  /// A name is given twice, with a value each.
  case duplicateName(String)
  /// A model has no parameter of that name; `known` are those that it has, empty for a model of the register.
  case unknownParameter(name: String, model: String, known: [String] = [])
  /// A model has no state of that name, or a monitor's none of its outputs; `known` are those that it has, empty for a model of
  /// the register.
  case unknownState(name: String, model: String, known: [String] = [])
  /// A model's text breaks the language's rules; line and column count from 1, the column in bytes, and are 0 where the
  /// mistake is the text as a whole.
  case badModelText(line: Int, column: Int, message: String)
  /// A node's state left the finite numbers; the location is the first such step.
  case notFiniteState(run: Int, node: Int, state: String, step: Int)
  /// The initial state, the noise or the stimulus holds a value that is not a finite number.
  case notFiniteInput(String, run: Int, node: Int, state: String, step: Int)
  /// A periodic state, an angle, has no mean over time: subsample it.
  case periodicAverage(state: String, model: String)
  /// A model's parameter, the coupling or sigma is not a finite number; the node, where there is one a node.
  case notFiniteModelParameter(run: Int, parameter: String, node: Int?)
  /// A part of the gradient left the finite numbers.
  case notFiniteGradient(run: Int, input: String)
  /// There is no derivative with respect to this input: delays of whole steps, an infinite speed, noise or stimulus
  /// that is not there.
  case notDifferentiable(String)
  /// The memory for a gradient is less than the least, in bytes, that it can do with.
  case budgetTooSmall(least: Int)
  /// Weights cannot be divided by their largest, their row's sum or their spectral radius: the edge whose weight is in the
  /// way, where it is one, and why.
  case notNormalizable(by: Normalization, edge: Int?, reason: String)
  /// A carry does not belong to the problem; the text says why.
  case foreignCarry(String)
  /// A saved fit does not belong to the one that shall resume it; the text says why.
  case foreignState(String)
  /// A length in ms is not a multiple of another one: a repetition time of its interim, an interim of the time step.
  case notMultiple(name: String, value: Double, of: String, unit: Double)
  /// A constant of a monitor is outside its range.
  case badMonitor(monitor: Int, constant: String)
  /// A gain matrix holds a value that is not a finite number, or its values are not there.
  case badGain(monitor: Int, node: Int?)
  /// What a monitor computes from a node's state left the numbers that it is defined for: a balloon whose flow or volume is
  /// driven to zero.
  case notFiniteMonitor(run: Int, monitor: Int, node: Int, state: String, step: Int)
  /// The kernels refused a call for a reason that the façade should have excluded; worth a bug report.
  case unexpected(status: Int, message: String)
}

extension DelayNetError: CustomStringConvertible {
  /// One sentence that names the location.
  public var description: String {
    switch self {
    case .shapeMismatch(let name, let expected, let found):
      "\(name) has shape \(Self.text(found)), but \(Self.text(expected)) is needed"
    case .invalidValue(let name, let index, let value):
      "\(name) holds \(value) at index \(index), which cannot be used"
    case .constantSeries(let name, let row):
      "row \(row) of \(name) has the same value everywhere, so that it has no correlation with others"
    case .notFiniteEntry(let name, let row, let column):
      "\(name) holds a value that is not a finite number in row \(row), column \(column)"
    case .nodeOutOfRange(let edge, let nodes):
      "edge \(edge) names a node outside 0 ..< \(nodes)"
    case .negativeDelay(let edge, let delay):
      "edge \(edge) has the negative delay \(delay)"
    case .delayExceedsHistory(let edge, let delay, let history):
      "edge \(edge) has a delay of \(delay) steps, but the history holds \(history)"
    case .optionOutOfRange(let name, let value):
      "\(name) is \(value), which is outside its range"
    case .instructionSetUnavailable(let set):
      "the instruction set \(set) is not available here"
    case .foreignWorkspace:
      "the workspace belongs to another plan"
    case .inUse(let name):
      "the \(name) is in use; it belongs to one call at a time"
    case .foreignTraced:
      "the loss uses an output of another call, kept or taken from around it; its detached() is a constant"
    case .tooLarge:
      "the sizes overflow what can be addressed"
    case .outOfMemory:
      "out of memory"
    case .overlappingArrays:
      "an output array overlaps another array of the call"
    case .notFiniteWeight(let run, let edge):
      "run \(run): the weight of edge \(edge), times the scale, is not a finite number"
    case .notFiniteParameter(let run):
      "run \(run): the scale or the noise gain is not a finite number"
    case .notFiniteHistory(let run, let node, let step):
      "run \(run): the history of node \(node) at step \(step) is not a finite number"
    case .notFiniteSeries(let run, let node, let step):
      "run \(run): the series of node \(node) left the finite numbers at step \(step)"
    case .notFiniteCotangent(let run, let node, let step):
      "run \(run): the cotangent of node \(node) left the finite numbers at step \(step)"
    case .notFiniteTangent(let run, let node, let step):
      "run \(run): the tangent of node \(node) left the finite numbers at step \(step)"
    case .cancelled(let steps):
      steps.isEmpty ? "cancelled" : "cancelled after \(steps) steps"
    case .duplicateName(let name):
      "\(name) is given twice"
    case .unknownParameter(let name, let model, let known):
      "the model \(model) has no parameter \(name); it has \(Self.names(of: model, known) { $0.parameters.map(\.name) })"
    case .unknownState(let name, let model, let known):
      "the model \(model) has no state \(name); it has \(Self.names(of: model, known) { $0.states.map(\.name) })"
    case .badModelText(let line, let column, let message):
      line > 0 ? "line \(line), column \(column): \(message)" : message
    case .notFiniteState(let run, let node, let state, let step):
      "run \(run): the state \(state) of node \(node) left the finite numbers at step \(step)"
    case .notFiniteInput(let name, let run, let node, let state, let step):
      "run \(run): \(name) holds a value that is not a finite number, for the state \(state) of node \(node) at step \(step)"
    case .periodicAverage(let state, let model):
      "the state \(state) of the model \(model) is an angle, whose mean over time means nothing; subsample it"
    case .notFiniteModelParameter(let run, let parameter, let node):
      "run \(run): \(parameter)\(node.map { " of node \($0)" } ?? "") is not a finite number"
    case .notFiniteGradient(let run, let input):
      "run \(run): the gradient of \(input) left the finite numbers"
    case .notDifferentiable(let input):
      "there is no derivative with respect to \(input) here: delays of whole steps have none, nor have an infinite speed and what is absent"
    case .budgetTooSmall(let least):
      "the memory for the gradient is too small; it needs \(least) bytes or more"
    case .notNormalizable(let normalization, let edge, let reason):
      "the weights cannot be normalized by \(normalization)\(edge.map { ": edge \($0)" } ?? ""): \(reason)"
    case .foreignCarry(let reason):
      "the carry does not belong to the problem: \(reason)"
    case .foreignState(let reason):
      "the saved fit does not belong to this one: \(reason)"
    case .notMultiple(let name, let value, let other, let unit):
      "the \(name) of \(value) ms is not a multiple of the \(other) of \(unit) ms"
    case .badMonitor(let monitor, let constant):
      "\(constant) of monitor \(monitor) is outside its range"
    case .badGain(let monitor, let node):
      node.map { "the gain matrix of monitor \(monitor) holds a value for node \($0) that is not a finite number" }
        ?? "the gain matrix of monitor \(monitor) is not there"
    case .notFiniteMonitor(let run, let monitor, let node, let state, let step):
      "run \(run): monitor \(monitor) has driven node \(node) to zero flow or volume at step \(step), by the state \(state)"
    case .unexpected(let status, let message):
      "status \(status): \(message)"
    }
  }

  private static func names(of model: String, _ known: [String], _ names: (NodeModel) -> [String]) -> String {
    let there = known.isEmpty ? NodeModel.named(model).map(names) ?? [] : known
    return there.isEmpty ? "none" : there.joined(separator: ", ")
  }

  private static func text(_ shape: [Int]) -> String {
    "(" + shape.map(String.init).joined(separator: ", ") + ")"
  }
}
