import DelayNet
import TestSupport
import Testing

@Suite struct RunProgressTests {
  let example = NetworkCase<Double>(nodes: 17, steps: 3000, kind: .uniform)

  @Test func countsUpToTheTotal() throws {
    var seen: [RunProgress] = []
    _ = try example.map.run(example.buffer) {
      seen.append($0)
      return true
    }
    #expect(seen.count > 1 && seen.allSatisfy { $0.total == 3000 })
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.done < $1.done })
    #expect(seen.last?.done == 3000 && seen.last?.fraction == 1)
  }

  @Test func returningFalseCancelsAndTheRunGoesOn() throws {
    let (map, buffer) = (example.map, example.buffer)
    let noise = buffer.columns(buffer.history..<buffer.columns)
    var (carry, series) = (Carry(history: buffer), try Buffer<Double>(noise.shape))
    var calls = 0
    let error = #expect(throws: DelayNetError.self) {
      try map.advance(&carry, noise: noise, into: &series) { _ in
        calls += 1
        return calls < 3
      }
    }
    guard case .cancelled(let steps)? = error, let done = steps.first else {
      Issue.record("not cancelled: \(String(describing: error))")
      return
    }
    #expect(steps.count == 1 && done > 0 && done < 3000 && calls == 3 && carry.step == done)
    let rest = try map.advance(&carry, noise: noise.columns(done..<3000))
    let whole = try map.run(buffer)
    #expect(series.columns(0..<done) == whole.columns(buffer.history..<(buffer.history + done)))
    #expect(rest == whole.columns((buffer.history + done)..<whole.columns))
  }

  @Test func cancellingTheTaskStopsTheRun() async throws {
    let example = example
    let task = Task {
      var calls = 0
      return try example.map.run(example.buffer) { _ in
        calls += 1
        if calls == 2 { withUnsafeCurrentTask { $0?.cancel() } }
        return true
      }
    }
    let error = await #expect(throws: DelayNetError.self) { try await task.value }
    guard case .cancelled(let steps)? = error else {
      Issue.record("not cancelled: \(String(describing: error))")
      return
    }
    #expect(steps.count == 1 && steps[0] > 0 && steps[0] < 3000)
  }

  @Test func derivativesAreCancelledToo() throws {
    let (map, buffer) = (example.map, example.buffer)
    #expect(throws: DelayNetError.cancelled(steps: [])) {
      try map.pullback(at: buffer, output: map.run(buffer), cotangent: buffer) { _ in false }
    }
    var calls = 0
    #expect(throws: DelayNetError.cancelled(steps: [])) {
      try map.jvp(at: buffer, along: buffer) { progress in
        if progress.done == progress.total { calls += 1 }
        return calls == 0
      }
    }
  }

  // ---- Networks of neural masses ----------------------------------------------------------------------------------

  private func masses() throws -> Problem<Double> {
    var problem = try ProblemCase<Double>(model: .montbrioPazoRoxin, delays: 1..<20).problem
    problem.stimulus = nil
    problem.noise = .drawn(RandomKey(seed: 1))
    return problem
  }

  @Test func massesCountUpToTheTotal() throws {
    let problem = try masses()
    var seen: [RunProgress] = []
    let trajectory = try problem.simulate(steps: 5000) {
      seen.append($0)
      return true
    }
    #expect(seen.count > 1 && seen.allSatisfy { $0.total == 5000 } && seen.last?.fraction == 1)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.done <= $1.done })

    // A pullback counts for itself, and is cancelled without harm to the tape.
    let tape = try problem.record(steps: 5000, memory: .bytes(problem.tapeBytes(steps: 5000).least * 2))
    let expected = try tape.pullback(trajectory.series, withRespectTo: .coupling).coupling
    seen = []
    #expect(throws: DelayNetError.cancelled(steps: [])) {
      _ = try tape.pullback(trajectory.series, withRespectTo: .coupling) {
        seen.append($0)
        return $0.done < 2000
      }
    }
    #expect(seen.last.map { $0.done >= 2000 && $0.done < $0.total } == true)
    #expect(try tape.pullback(trajectory.series, withRespectTo: .coupling).coupling == expected)
  }

  @Test func cancellingTheTaskStopsMasses() async throws {
    let problem = try masses()
    let whole = try problem.simulate(steps: 5000)
    let task = Task { () -> (NetworkCarry<Double>, DelayNetError?) in
      var calls = 0
      var carry = try problem.start()
      do throws(DelayNetError) {
        _ = try problem.advance(&carry, steps: 5000) { _ in
          calls += 1
          if calls == 2 { withUnsafeCurrentTask { $0?.cancel() } }
          return true
        }
        return (carry, nil)
      } catch {
        return (carry, error)
      }
    }
    var (carry, error) = try await task.value
    #expect(carry.step > 0 && carry.step < 5000 && error == .cancelled(steps: [carry.step]))
    _ = try problem.advance(&carry, steps: 5000 - carry.step)
    #expect(carry == whole.carry)
  }

  @Test func ensemblesReportEveryRun() throws {
    let buffers = [example.buffer, example.buffer, example.buffer]
    let error = #expect(throws: DelayNetError.self) {
      try example.map.run(buffers, threads: 1) { $0.done < 3500 }
    }
    guard case .cancelled(let steps)? = error else {
      Issue.record("not cancelled: \(String(describing: error))")
      return
    }
    #expect(steps.count == 3 && steps[0] == 3000 && steps[1] >= 500 && steps[1] < 3000 && steps[2] == 0)
  }
}
