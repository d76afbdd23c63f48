internal import CKernels

extension Problem {
  /// Runs the network and returns, with its trajectory, the derivative of the series along a direction.
  ///
  /// - Parameters:
  ///   - steps: T, how many steps.
  ///   - direction: a change of any of the inputs.
  ///   - carry: where to begin; at ``initial`` and ``history`` unless given.
  ///   - threads: how many may be used, 0 for as many as pay; the same bits for every number.
  ///   - progress: called now and then.
  /// - Returns: the trajectory and the tangent of its series.
  /// - Throws: what ``simulate(steps:from:threads:progress:onStop:)`` throws, ``DelayNetError/notDifferentiable(_:)``,
  ///   ``DelayNetError/notFiniteTangent(run:node:step:)``.
  /// - Complexity: about three runs; memory independent of the steps.
  public func jvp(
    steps: Int, along direction: Tangent, from carry: NetworkCarry<Scalar>? = nil, threads: Int = 0,
    progress: ProgressHandler? = nil
  ) throws(DelayNetError) -> (value: Trajectory<Scalar>, tangent: StateArray<Scalar>) {
    let begin: NetworkCarry<Scalar> = if let carry { carry } else { try start() }
    let run = try NetworkArrays(self, begin, steps: steps)
    try direction.parameters.check()
    for name in direction.parameters.names { _ = try model.index(ofParameter: name) }
    let all = elements
    var buffers: [InputElement: Buffer<Scalar>] = [:]
    for input in Input.allCases where direction[InputElement(input: input)] != nil {
      guard all.contains(where: { $0.input == input }) else { throw .notDifferentiable("\(input)") }
    }
    for element in all {
      let (name, description) = (name(of: element), description(of: element))
      guard let change = direction[element, name] else { continue }
      let expected = run.shape(description.layout(run))
      guard change.shape == expected else {
        throw .shapeMismatch(name: "direction of \(name)", expected: expected, found: change.shape)
      }
      let buffer: Buffer<Scalar> =
        if let pushed = description.change?.pushed { try Buffer(row: pushed(run, change.values)) } else {
          try change.buffer()
        }
      // Delays change by themselves and with the speed.
      buffers[element.ofKernels] = buffers[element.ofKernels].map { $0 + buffer } ?? buffer
    }
    let pointers: [UnsafePointer<Scalar>?] = model.parameters.indices.map {
      buffers[InputElement(input: .parameters, parameter: $0)].map { UnsafePointer($0.base) }
    }

    let value = try runNetworks([run], CallOptions(threads: threads, progress: progress))[0]
    let tangent = try StateArray<Scalar>(
      uninitialized: run.variables.first ?? 0, run.rows.first ?? nodes, run.columns.first ?? 0)
    let outcome = try pointers.withUnsafeBufferPointer { pointers throws(DelayNetError) in
      let part = NetworkTangent<Scalar>(
        arrays: buffers.reduce(into: [:]) {
          $0[$1.key.input] = (pointer: UnsafePointer($1.value.base), stride: $1.value.steps)
        },
        parameters: pointers.baseAddress,
        columns: run.columns.enumerated().map { .init(series: $0 == 0 ? tangent.rows.base : nil, stride: $1) })
      return try CallOptions(threads: threads, progress: progress).withC { options, place in
        Scalar.kernels.network.jvp([run.primal], [part], options, place)
      }
    }
    extendLifetime((run, tangent, buffers))
    try run.check(outcome)
    return (value, tangent)
  }
}
