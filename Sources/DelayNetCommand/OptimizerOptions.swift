import ArgumentParser
import DelayNet
import DelayNetFit

/// The options that say how a fit moves.
struct OptimizerOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      adam; adamw, which also shrinks the numbers; lbfgs, for frozen noise; cma-es, which needs no gradient.
      """)
  var optimizer = OptimizerArgument.adam

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The size of Adam's steps; of CMA-ES, the spread of its first generation.", valueName: "rate"))
  var rate = 0.01

  @Option(
    name: .long, help: "How Adam's rate changes over the iterations: constant, cosine to 0, or exponential to 1/100.")
  var schedule = ScheduleArgument.constant

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Let Adam's rate grow from 0 over so many iterations first.", valueName: "iterations"))
  var warmUp = 0

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Scale longer gradients down to this norm.", valueName: "norm"))
  var clip: Double?

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("How many steps to make.", valueName: "n"))
  var iterations = 100

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Stop after so many iterations without a better loss.", valueName: "n"))
  var patience: Int?

  func validate() throws {
    guard rate > 0, rate.isFinite else { throw ValidationError("--rate must be a positive number, not \(rate).") }
    guard iterations >= 1 else { throw ValidationError("--iterations must be at least 1, not \(iterations).") }
    guard 0...iterations ~= warmUp else {
      throw ValidationError("--warm-up must be 0 … \(iterations) iterations, not \(warmUp).")
    }
    if let clip, !(clip > 0 && clip.isFinite) {
      throw ValidationError("--clip must be a positive number, not \(clip).")
    }
    if let patience, patience < 1 { throw ValidationError("--patience must be at least 1, not \(patience).") }
    if optimizer != .adam, optimizer != .adamw {
      for (option, isGiven) in [
        ("--schedule", schedule != .constant), ("--warm-up", warmUp > 0), ("--clip", clip != nil),
      ] where isGiven {
        throw ValidationError("\(option) is for adam and adamw.")
      }
    }
  }

  /// The method.
  func method(seed: UInt64) -> Optimizer {
    let steps = max(iterations - warmUp, 1)
    var rates: LearningRate =
      switch schedule {
      case .constant: .constant(rate)
      case .cosine: .cosine(rate, steps: steps)
      case .exponential: .exponential(rate, steps: steps, decay: 0.01)
      }
    if warmUp > 0 { rates = .warmUp(warmUp, then: rates) }
    return switch optimizer {
    case .adam: .adam(rate: rates, clipping: clip)
    case .adamw: .adamW(rate: rates, clipping: clip)
    case .lbfgs: .lbfgs()
    case .cmaES: .cmaES(spread: rate, key: RandomKey(seed: seed))
    }
  }
}

/// The optimisers by the names of the command line.
enum OptimizerArgument: String, ExpressibleByArgument, CaseIterable {
  case adam, adamw, lbfgs
  case cmaES = "cma-es"
}

/// The schedules by the names of the command line.
enum ScheduleArgument: String, ExpressibleByArgument, CaseIterable {
  case constant, cosine, exponential
}
