import DelayNet
import Foundation
import TestSupport
import Testing

/// What belongs to one call at a time knows when it is in use.
@Suite struct WorkspaceTests {
  let example = NetworkCase<Double>(nodes: 17, steps: 3000, kind: .uniform)

  /// Every call that takes a workspace; each calls `inside` while it runs.
  private func calls(_ workspace: Workspace, _ inside: @escaping () -> Void) -> [() throws -> Void] {
    let (map, buffer) = (example.map, example.buffer)
    let progress: ProgressHandler = { _ in
      inside()
      return true
    }
    let noise = buffer.columns(buffer.history..<buffer.columns)
    let carry = Carry(history: buffer)
    return [
      { _ = try map.run(buffer, workspace: workspace, progress: progress) },
      { _ = try map.run([buffer, buffer], workspace: workspace, progress: progress) },
      {
        var own = buffer
        try map.run(into: &own, workspace: workspace, progress: progress)
      },
      {
        var values = buffer.values
        var span = values.mutableSpan
        try map.run(into: &span, steps: buffer.steps, workspace: workspace, progress: progress)
      },
      {
        var carry = carry
        _ = try map.advance(&carry, noise: noise, workspace: workspace, progress: progress)
      },
      {
        var (carry, series) = (carry, noise)
        try map.advance(&carry, into: &series, workspace: workspace, progress: progress)
      },
      { _ = try map.jvp(at: buffer, along: buffer, workspace: workspace, progress: progress) },
      {
        _ = try map.pullback(at: buffer, output: buffer, cotangent: buffer, workspace: workspace, progress: progress)
      },
      {
        _ = try map.valueWithGradient(at: buffer, workspace: workspace) { b in
          inside()
          return b.sum()
        }
      },
      {
        _ = try map.valueWithGradient(at: [buffer], workspace: workspace) { b in
          inside()
          return b[0].sum()
        }
      },
      {
        _ = try map.value(at: buffer, workspace: workspace) { b in
          inside()
          return b.sum()
        }
      },
    ]
  }

  @Test func aWorkspaceIsNotUsedWithinItsOwnCall() throws {
    let (map, buffer) = (example.map, example.buffer)
    let (expected, workspace) = (try map.run(buffer), try Workspace(map.plan))
    for n in calls(workspace, {}).indices {
      var refused = 0
      try calls(workspace) {
        guard refused == 0 else { return }
        for again in calls(workspace, {}) {
          #expect(throws: DelayNetError.inUse("workspace"), "\(n)") { try again() }
          refused += 1
        }
      }[n]()
      #expect(refused == 11, "\(n)")
      // Afterwards it is free, and as good as before.
      #expect(try map.run(buffer, workspace: workspace) == expected)
    }
  }

  @Test func aCallThatFailsLeavesItFree() throws {
    let (map, buffer) = (example.map, example.buffer)
    let (expected, workspace) = (try map.run(buffer), try Workspace(map.plan))
    #expect(throws: DelayNetError.optionOutOfRange(name: "threads", value: -1)) {
      try map.run(buffer, threads: -1, workspace: workspace)
    }
    #expect(throws: DelayNetError.self) { try map.run(buffer, workspace: workspace) { _ in false } }
    #expect(throws: DelayNetError.foreignWorkspace) {
      try NetworkCase<Double>(nodes: 3, steps: 17, kind: .uniform).map.valueWithGradient(
        at: NetworkCase<Double>(nodes: 3, steps: 17, kind: .uniform).buffer, workspace: workspace
      ) { $0.sum() }
    }
    #expect(throws: DelayNetError.unexpected(status: 1, message: "the loss's own")) {
      try map.valueWithGradient(at: buffer, workspace: workspace) { _ throws(DelayNetError) in
        throw .unexpected(status: 1, message: "the loss's own")
      }
    }
    #expect(try map.run(buffer, workspace: workspace) == expected)
  }

  @Test func anotherThreadIsRefusedWhileACallRuns() throws {
    let (map, buffer) = (example.map, example.buffer)
    nonisolated(unsafe) let workspace = try Workspace(map.plan)
    nonisolated(unsafe) var refusals: [DelayNetError?] = []
    let output = try map.run(buffer, workspace: workspace) { _ in
      guard refusals.isEmpty else { return true }
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        do throws(DelayNetError) {
          _ = try map.run(buffer, workspace: workspace)
          refusals.append(nil)
        } catch {
          refusals.append(error)
        }
        done.signal()
      }
      done.wait()
      return true
    }
    #expect(refusals == [.inUse("workspace")])
    #expect(try output == map.run(buffer))
  }

  @Test func manyThreadsGetTheirResultsOrARefusal() throws {
    let (map, buffer) = (example.map, example.buffer)
    let expected = try map.run(buffer)
    nonisolated(unsafe) let workspace = try Workspace(map.plan)
    let (lock, threads) = (NSLock(), 8)
    nonisolated(unsafe) var (right, refused, wrong) = (0, 0, 0)
    DispatchQueue.concurrentPerform(iterations: threads * 10) { _ in
      let result = Result { try map.run(buffer, threads: 1, workspace: workspace) }
      lock.withLock {
        switch result {
        case .success(let output): if output == expected { right += 1 } else { wrong += 1 }
        case .failure(let error): if error as? DelayNetError == .inUse("workspace") { refused += 1 } else { wrong += 1 }
        }
      }
    }
    #expect(wrong == 0 && right > 0 && right + refused == 80)
  }

  @Test func aTapeIsNotPulledBackThroughWithinItsOwnPullback() throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, steps: 6000).problem
    for memory in [TapeMemory.everything, .bytes(5 << 20)] {
      var plain = problem
      (plain.noise, plain.stimulus) = (.drawn(RandomKey(seed: 1)), nil)
      let tape = try plain.record(steps: 6000, memory: memory)
      let cotangent = try StateArray<Double>(variables: 2, nodes: 5, columns: 6000, repeating: 1)
      let expected = try tape.pullback(cotangent, withRespectTo: .coupling).coupling
      var refused = 0
      let gradient = try tape.pullback(cotangent, withRespectTo: .coupling) { _ in
        #expect(throws: DelayNetError.inUse("tape")) { try tape.pullback(cotangent, withRespectTo: .coupling) }
        #expect(tape.report.bytes > 0)
        refused += 1
        return true
      }
      #expect(refused > 0 && gradient.coupling == expected)
      #expect(try tape.pullback(cotangent, withRespectTo: .coupling).coupling == expected)
    }
  }

  @Test func threadsWaitForATape() async throws {
    let problem = try ProblemCase<Double>(model: .montbrioPazoRoxin).problem
    let (value, pullback) = try problem.simulateWithPullback(steps: 23, withRespectTo: .coupling)
    let cotangents = (0..<8).map {
      try! StateArray(
        variables: 2, nodes: 5, columns: value.columns,
        values: RandomKey(seed: UInt64($0)).normal(value.series.values.count, as: Double.self))
    }
    let expected = try cotangents.map { try pullback($0).coupling }
    try await withThrowingTaskGroup(of: (Int, Double).self) { group in
      for (n, cotangent) in cotangents.enumerated() { group.addTask { (n, try pullback(cotangent).coupling) } }
      for try await (n, coupling) in group { #expect(coupling == expected[n]) }
    }
  }
}
