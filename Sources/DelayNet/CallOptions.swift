internal import CKernels

/// How a call is carried out; what it computes does not depend on it.
struct CallOptions {
  var threads = 0
  var workspace: Workspace?
  var progress: ProgressHandler?
  /// Whether the workspace is taken already, for more than one call of the kernels.
  private var hasTakenWorkspace = false

  init(threads: Int = 0, workspace: Workspace? = nil, progress: ProgressHandler? = nil) {
    (self.threads, self.workspace, self.progress) = (threads, workspace, progress)
  }

  /// Takes the workspace for all calls of the kernels to come, and for the user's code between them.
  ///
  /// A call that is not held together in this way takes it for itself, in `withC`.
  mutating func takeWorkspace() throws(DelayNetError) {
    try workspace?.take()
    hasTakenWorkspace = true
  }

  /// Gives back what ``takeWorkspace()`` took.
  func giveWorkspaceBack() { workspace?.giveBack() }

  /// Calls `body` with the C options and the `dn_place` that errors are reported in.
  func withC(
    plan: Plan, _ body: (UnsafePointer<dn_run_options>, UnsafeMutablePointer<dn_place>) -> dn_status
  ) throws(DelayNetError) -> (status: dn_status, place: dn_place) {
    if let workspace, workspace.plan !== plan { throw .foreignWorkspace }
    let outcome = try withC(body)
    extendLifetime(plan)
    return outcome
  }

  /// The same for calls whose runs have plans of their own.
  func withC(
    _ body: (UnsafePointer<dn_run_options>, UnsafeMutablePointer<dn_place>) -> dn_status
  ) throws(DelayNetError) -> (status: dn_status, place: dn_place) {
    guard 0...1024 ~= threads else { throw .optionOutOfRange(name: "threads", value: Double(threads)) }
    if !hasTakenWorkspace { try workspace?.take() }
    defer { if !hasTakenWorkspace { workspace?.giveBack() } }
    var place = noPlace
    let status = withUnsafePointer(to: progress) { handler in
      var options = dn_run_options()
      options.threads = Int32(threads)
      options.workspace = workspace?.handle
      options.context = UnsafeMutableRawPointer(mutating: handler)
      options.progress = { context, done, total in
        if let handler = context?.assumingMemoryBound(to: ProgressHandler?.self).pointee,
          !handler(RunProgress(done: Int(done), total: Int(total)))
        {
          return 1
        }
        return Task.isCancelled ? 1 : 0
      }
      return body(&options, &place)
    }
    extendLifetime(workspace)
    return (status, place)
  }
}

/// Throws what a status says, with the location that came with it.
func check(
  _ outcome: (status: dn_status, place: dn_place), stepsDone: @autoclosure () -> [Int] = []
) throws(DelayNetError) {
  let (status, place) = outcome
  if status == DN_OK { return }
  let (run, edge, node, step) = (Int(place.run), Int(place.edge), Int(place.node), Int(place.step))
  switch status {
  case DN_TOO_LARGE: throw .tooLarge
  case DN_NO_MEMORY: throw .outOfMemory
  case DN_OVERLAP: throw .overlappingArrays
  case DN_NOT_FINITE_WEIGHT: throw .notFiniteWeight(run: run, edge: edge)
  case DN_NOT_FINITE_PARAMETER: throw .notFiniteParameter(run: run)
  case DN_NOT_FINITE_HISTORY: throw .notFiniteHistory(run: run, node: node, step: step)
  case DN_NOT_FINITE_SERIES: throw .notFiniteSeries(run: run, node: node, step: step)
  case DN_NOT_FINITE_COTANGENT: throw .notFiniteCotangent(run: run, node: node, step: step)
  case DN_NOT_FINITE_TANGENT: throw .notFiniteTangent(run: run, node: node, step: step)
  case DN_CANCELLED: throw .cancelled(steps: stepsDone())
  default:
    throw .unexpected(status: Int(status.rawValue), message: String(cString: dn_status_string(status)))
  }
}
