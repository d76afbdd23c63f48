/// A stimulus that is switched on and off: a number that is added to the drift of a state of some nodes, for a while after
/// each onset.
///
///     problem.stimuli = [
///       Stimulus(nodes: [12, 50], onsets: [500, 1500], length: 100, amplitude: 0.1, state: "r")
///     ]
///
/// It takes no memory for the length of a run, unlike ``Problem/stimulus``, to which it is added. Times count from step 0, also
/// where a run is resumed from a carry.
public struct Stimulus<Scalar: DelayNetScalar>: Sendable, Equatable {
  /// The nodes that are stimulated, all at once. A node that is there twice is stimulated twice.
  public var nodes: [Int]
  /// When it is switched on, in ms from step 0, at every node.
  public var onsets: [Double]
  /// How long it stays on after each onset, in ms.
  public var length: Double
  /// What is added to the drift, in the state's unit per ms.
  public var amplitude: Scalar
  /// The state whose drift it is added to; the model's first unless given.
  public var state: String?

  /// A stimulus at every one of some nodes after every one of some onsets.
  ///
  /// It covers the steps t with round(onset / dt) ≤ t < round((onset + length) / dt), halves away from zero.
  ///
  /// - Parameters:
  ///   - nodes: numbers below the problem's.
  ///   - onsets: in ms from step 0, not before it. Where two overlap, both are added.
  ///   - length: in ms, at least so long that every onset covers a step.
  ///   - amplitude: a finite number, in the state's unit per ms.
  ///   - state: by its name; the model's first unless given.
  public init(nodes: [Int], onsets: [Double], length: Double, amplitude: Scalar, state: String? = nil) {
    self.nodes = nodes
    self.onsets = onsets
    self.length = length
    self.amplitude = amplitude
    self.state = state
  }
}

/// One node's part of a stimulus, in absolute steps, as the kernels read it.
struct NetworkPulse<Scalar> {
  var state, node: Int32
  var begin, end: Int64
  var amplitude: Scalar
}

extension Problem {
  /// The stimuli node by node and onset by onset, checked, in their order.
  ///
  /// - Throws: ``DelayNetError/invalidValue(name:index:value:)`` for a node or onset, ``DelayNetError/optionOutOfRange(name:value:)``
  ///   for a length or amplitude, ``DelayNetError/unknownState(name:model:known:)``, ``DelayNetError/tooLarge``.
  func pulses() throws(DelayNetError) -> [NetworkPulse<Scalar>] {
    var pulses: [NetworkPulse<Scalar>] = []
    for (number, stimulus) in stimuli.enumerated() {
      let name = stimuli.count == 1 ? "the stimulus" : "stimulus \(number)"
      let state = if let wanted = stimulus.state { try model.index(ofState: wanted) } else { 0 }
      guard stimulus.amplitude.isFinite else {
        throw .optionOutOfRange(name: "amplitude of \(name)", value: Double(stimulus.amplitude))
      }
      guard stimulus.length >= 0, stimulus.length.isFinite else {
        throw .optionOutOfRange(name: "length of \(name)", value: stimulus.length)
      }
      for (index, node) in stimulus.nodes.enumerated() where !(0..<nodes).contains(node) {
        throw .invalidValue(name: "nodes of \(name)", index: index, value: Double(node))
      }
      let count = stimulus.nodes.count.multipliedReportingOverflow(by: stimulus.onsets.count)
      guard !count.overflow, count.partialValue <= Int(Int32.max) - pulses.count else { throw .tooLarge }
      for (index, onset) in stimulus.onsets.enumerated() {
        let (begin, end) = ((onset / timeStep).rounded(), ((onset + stimulus.length) / timeStep).rounded())
        guard onset >= 0, end < 0x1p62 else {
          throw .invalidValue(name: "onsets of \(name)", index: index, value: onset)
        }
        guard begin < end else { throw .optionOutOfRange(name: "length of \(name)", value: stimulus.length) }
        for node in stimulus.nodes {
          pulses.append(
            NetworkPulse(
              state: Int32(state), node: Int32(node), begin: Int64(begin), end: Int64(end),
              amplitude: stimulus.amplitude))
        }
      }
    }
    return pulses
  }

  /// One number a stimulus, once for each of its pulses.
  func perPulse(_ values: [Scalar]) -> [Scalar] {
    zip(stimuli, values).flatMap { [Scalar](repeating: $1, count: $0.nodes.count * $0.onsets.count) }
  }

  /// One number a pulse, added up for every stimulus.
  func perStimulus(_ values: [Scalar]) -> [Scalar] {
    var next = 0
    return stimuli.map { stimulus in
      let count = stimulus.nodes.count * stimulus.onsets.count
      defer { next += count }
      return Scalar(values[next..<(next + count)].reduce(0.0) { $0 + Double($1) })
    }
  }
}
