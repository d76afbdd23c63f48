// A sum over an element-wise expression. The expression is flattened once into a list of operations on registers, each a
// strip of values that stays in the first-level cache; then strip after strip is evaluated and, for the gradient,
// evaluated again and walked backwards. Leaves are read where they lie.

final class Reduction<Scalar: DelayNetScalar> {
  private enum Step {
    case leaf(Buffer<Scalar>)
    case add(Int, Int)
    case subtract(Int, Int)
    case multiply(Int, Int)
    case divide(Int, Int)
    case scale(Int, Scalar)
    case shift(Int, Scalar)
    case square(Int)
    case apply(Int, (Scalar) -> Scalar, derivative: (Scalar) -> Scalar)

    var operands: [Int] {
      switch self {
      case .leaf: []
      case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .divide(let a, let b): [a, b]
      case .scale(let a, _), .shift(let a, _), .square(let a), .apply(let a, _, _): [a]
      }
    }

    /// Whether the derivative depends on the operands' values.
    var isNonlinear: Bool {
      switch self {
      case .multiply, .divide, .square, .apply: true
      case .leaf, .add, .subtract, .scale, .shift: false
      }
    }
  }

  /// What has a cotangent of its own.
  enum Target {
    /// The output of a member of an ensemble.
    case output(Int)
    /// A computed value.
    case computed(Expression<Scalar>, Computed<Scalar>)
  }

  /// The flattened expression. It is a constant of the reduction, so that reading it in the loops costs no access check.
  private struct Program {
    var steps: [Step] = []
    /// Where cotangents go: the outputs and computed values that the expression is made of.
    var targets: [Target] = []
    /// For each step: which of the targets it is, or −1.
    var member: [Int] = []
    /// For each step: whether it depends on an output.
    var active: [Bool] = []
    /// For each step: whether its value is needed to walk back over a later step.
    var kept: [Bool] = []
    /// For each step and operand: whether the operand's adjoint is met for the first time, and so set, not added to.
    var first: [[Bool]] = []

    /// Marks what the way back needs of each step.
    mutating func planWayBack() {
      kept = steps.map { _ in false }
      first = steps.map { _ in [] }
      var met = kept
      // Those who need a step's value stand behind it, so its mark is complete when it is looked at.
      for k in steps.indices.reversed() {
        let operands = steps[k].operands
        let needsValues = kept[k] || (active[k] && steps[k].isNonlinear)
        for a in operands {
          if needsValues { kept[a] = true }
          first[k].append(active[k] && !met[a] && member[a] < 0)
          if active[k] { met[a] = true }
        }
      }
    }

    /// Appends the steps of an expression, operands before what is made of them. Without recursion: an expression that was
    /// written down in a loop is as deep as the loop is long.
    mutating func flatten(_ expression: Expression<Scalar>) {
      var known: [ObjectIdentifier: Int] = [:]
      var pending = [expression]
      while let next = pending.last {
        let identity = ObjectIdentifier(next)
        // What a computed value was made of is not evaluated again.
        let operands = if case .computed = next.operation { [Expression<Scalar>]() } else { next.operands }
        let missing = known[identity] != nil ? [] : operands.filter { known[ObjectIdentifier($0)] == nil }
        if !missing.isEmpty {
          pending += missing.reversed()
          continue
        }
        pending.removeLast()
        if known[identity] == nil {
          append(next, operands.map { known[ObjectIdentifier($0)]! })
          known[identity] = steps.count - 1
        }
      }
    }

    /// Appends the step of an expression whose operands are at those indices.
    private mutating func append(_ expression: Expression<Scalar>, _ places: [Int]) {
      var whose = -1
      switch expression.operation {
      case .output(_, let member):
        whose = targets.count
        targets.append(.output(member))
      case .computed(let leaf):
        whose = targets.count
        targets.append(.computed(expression, leaf))
      default: break
      }
      let step: Step =
        switch expression.operation {
        case .output(let buffer, _), .constant(let buffer): .leaf(buffer)
        case .computed(let leaf): .leaf(leaf.value)
        case .add: .add(places[0], places[1])
        case .subtract: .subtract(places[0], places[1])
        case .multiply: .multiply(places[0], places[1])
        case .divide: .divide(places[0], places[1])
        case .scale(let number): .scale(places[0], number)
        case .shift(let number): .shift(places[0], number)
        case .square: .square(places[0])
        case .apply(let function, let derivative): .apply(places[0], function, derivative: derivative)
        }
      steps.append(step)
      active.append(whose >= 0 || places.contains { active[$0] })
      member.append(whose)
    }
  }

  private let program: Program
  private var steps: [Step] { program.steps }
  private var member: [Int] { program.member }
  /// What has a cotangent of its own, in the order in which ``pull(seed:seeds:into:)`` takes their memory.
  var targets: [Target] { program.targets }
  private var active: [Bool] { program.active }
  private let rows: Range<Int>
  private let columns: Range<Int>
  private let rowLength: Int

  /// The values of a register; fewer in long expressions, whose registers shall not take more than some megabytes. A multiple
  /// of the eight running sums, so that the sum does not depend on it.
  private let strip: Int

  init(_ expression: Expression<Scalar>, rows: Range<Int>, columns: Range<Int>, rowLength: Int) {
    self.rows = rows
    self.columns = columns
    self.rowLength = rowLength
    var program = Program()
    program.flatten(expression)
    program.planWayBack()
    self.program = program
    strip = max(8, min(512, (1 << 20) / max(program.steps.count, 1) & ~7))
  }

  /// Calls `body` with (first value, count) for every strip; whole rows are strung together.
  private func forEachStrip(_ body: (Int, Int) -> Void) {
    let whole = columns.count == rowLength
    let spans = whole ? 1 : rows.count
    let length = whole ? rows.count * rowLength : columns.count
    for span in 0..<spans {
      let start = (rows.lowerBound + span) * rowLength + columns.lowerBound
      var first = 0
      while first < length {
        let count = min(strip, length - first)
        body(start + first, count)
        first += count
      }
    }
  }

  /// The sum, in `Double`.
  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func value() -> Double {
    withRegisters(steps.count) { values in
      var lanes = SIMD8<Double>()
      forEachStrip { first, count in add(first, count, values, to: &lanes) }
      return lanes.sum()
    }
  }

  /// The expression's values; for a reduction over all of a shape.
  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func values(_ shape: BufferShape) -> Buffer<Scalar> {
    let result = Buffer<Scalar>(copyOf: shape)
    withRegisters(steps.count) { values in
      forEachStrip { first, count in
        evaluate(first, count, values, all: true)
        (result.base + first).update(from: register(steps.count - 1, first, values), count: count)
      }
    }
    return result
  }

  // Specialized by itself: the closure of a generic function is not.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private func add(
    _ first: Int, _ count: Int, _ values: UnsafeMutablePointer<Scalar>, to lanes: inout SIMD8<Double>
  ) {
    evaluate(first, count, values, all: true)
    sumLanes(register(steps.count - 1, first, values), count, into: &lanes)
  }

  /// Adds the gradient of `seed` times the sum, or of the sum over `seeds` times the values, into the targets' cotangents.
  @inline(never)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func pull(
    seed: Scalar, seeds: UnsafePointer<Scalar>? = nil, into cotangents: [UnsafeMutablePointer<Scalar>]
  ) {
    withRegisters(2 * steps.count) { values in
      let adjoints = values + steps.count * strip
      forEachStrip { first, count in
        evaluate(first, count, values, all: false)
        backward(first, count, seed, seeds, values, adjoints, cotangents)
      }
    }
  }

  private func withRegisters<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Scalar>) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(count, 1) * strip) { memory in
      body(memory.baseAddress!)
    }
  }

  @inline(__always)
  private func register(
    _ step: Int, _ first: Int, _ values: UnsafeMutablePointer<Scalar>
  ) -> UnsafeMutablePointer<Scalar> {
    if case .leaf(let buffer) = steps[step] { return buffer.base + first }
    return values + step * strip
  }

  /// The values of one strip: of all steps, or of those that the way back needs.
  private func evaluate(_ first: Int, _ count: Int, _ values: UnsafeMutablePointer<Scalar>, all: Bool) {
    for k in steps.indices where all || program.kept[k] {
      let z = values + k * strip
      switch steps[k] {
      case .leaf: break
      case .add(let a, let b):
        let (x, y) = (register(a, first, values), register(b, first, values))
        for n in 0..<count { z[n] = x[n] + y[n] }
      case .subtract(let a, let b):
        let (x, y) = (register(a, first, values), register(b, first, values))
        for n in 0..<count { z[n] = x[n] - y[n] }
      case .multiply(let a, let b):
        let (x, y) = (register(a, first, values), register(b, first, values))
        for n in 0..<count { z[n] = x[n] * y[n] }
      case .divide(let a, let b):
        let (x, y) = (register(a, first, values), register(b, first, values))
        for n in 0..<count { z[n] = x[n] / y[n] }
      case .scale(let a, let number):
        let x = register(a, first, values)
        for n in 0..<count { z[n] = x[n] * number }
      case .shift(let a, let number):
        let x = register(a, first, values)
        for n in 0..<count { z[n] = x[n] + number }
      case .square(let a):
        let x = register(a, first, values)
        for n in 0..<count { z[n] = x[n] * x[n] }
      case .apply(let a, let function, _):
        let x = register(a, first, values)
        for n in 0..<count { z[n] = function(x[n]) }
      }
    }
  }

  // The same steps from the last to the first; g is the step's own adjoint, added into those of its operands.
  private func backward(
    _ first: Int, _ count: Int, _ seed: Scalar, _ seeds: UnsafePointer<Scalar>?,
    _ values: UnsafeMutablePointer<Scalar>, _ adjoints: UnsafeMutablePointer<Scalar>,
    _ cotangents: [UnsafeMutablePointer<Scalar>]
  ) {
    let last = steps.count - 1
    // The outputs' adjoints are the cotangents themselves.
    func adjoint(_ step: Int) -> UnsafeMutablePointer<Scalar>? {
      if !active[step] { return nil }
      return member[step] >= 0 ? cotangents[member[step]] + first : adjoints + step * strip
    }
    guard let top = adjoint(last) else { return }
    if let seeds {
      if member[last] >= 0 {
        for n in 0..<count { top[n] += seeds[first + n] }
      } else {
        for n in 0..<count { top[n] = seeds[first + n] }
      }
    } else if member[last] >= 0 {
      for n in 0..<count { top[n] += seed }
    } else {
      fill(top, count, seed)
    }
    for k in stride(from: last, through: 0, by: -1) where active[k] && member[k] < 0 {
      let g = adjoints + k * strip
      switch steps[k] {
      case .leaf: break
      case .add(let a, let b):
        give(adjoint(a), count, program.first[k][0]) { g[$0] }
        give(adjoint(b), count, program.first[k][1]) { g[$0] }
      case .subtract(let a, let b):
        give(adjoint(a), count, program.first[k][0]) { g[$0] }
        give(adjoint(b), count, program.first[k][1]) { -g[$0] }
      case .multiply(let a, let b):
        let (x, y) = (register(a, first, values), register(b, first, values))
        give(adjoint(a), count, program.first[k][0]) { g[$0] * y[$0] }
        give(adjoint(b), count, program.first[k][1]) { g[$0] * x[$0] }
      case .divide(let a, let b):
        let (x, y) = (register(a, first, values), register(b, first, values))
        give(adjoint(a), count, program.first[k][0]) { g[$0] / y[$0] }
        give(adjoint(b), count, program.first[k][1]) { -g[$0] * x[$0] / (y[$0] * y[$0]) }
      case .scale(let a, let number): give(adjoint(a), count, program.first[k][0]) { g[$0] * number }
      case .shift(let a, _): give(adjoint(a), count, program.first[k][0]) { g[$0] }
      case .square(let a):
        let x = register(a, first, values)
        give(adjoint(a), count, program.first[k][0]) { g[$0] * (x[$0] + x[$0]) }
      case .apply(let a, _, let derivative):
        let x = register(a, first, values)
        give(adjoint(a), count, program.first[k][0]) { g[$0] * derivative(x[$0]) }
      }
    }
  }

  /// Sets, or adds to, an operand's adjoint, if it has one.
  @inline(__always)
  private func give(
    _ adjoint: UnsafeMutablePointer<Scalar>?, _ count: Int, _ isFirst: Bool, _ term: (Int) -> Scalar
  ) {
    guard let adjoint else { return }
    if isFirst {
      for n in 0..<count { adjoint[n] = term(n) }
    } else {
      for n in 0..<count { adjoint[n] += term(n) }
    }
  }
}
