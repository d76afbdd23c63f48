// What the language's differentiation costs on top of the explicit pullback, for the notebook's loss and its gradient with
// respect to the buffer: 84 nodes, delays 0 … 254, float32. Interleaved, medians; times in µs.
//
//   swift run -c release --package-path bench DifferentiationCost [repetitions]

import DelayNetDifferentiation

let repetitions = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 201

let keys = try RandomKey(seed: 0).split(10)
let network = try Network(
  weights: keys[0].normal(84, 84).map { abs($0) + 0.5 }, delays: keys[1].integers(in: 0..<255, 84, 84))
let map = try DelayMap(network, scale: .mean)

func explicit(_ buffer: Buffer<Float>, _ target: Buffer<Float>) throws -> (Float, Buffer<Float>) {
  let (output, pullback) = try map.runWithPullback(buffer, threads: 1)
  let difference = target - output
  return (difference.squared().sum(), try pullback((-2) * difference).buffer)
}

func traced(_ buffer: Buffer<Float>, _ target: Buffer<Float>) throws -> (Float, Buffer<Float>) {
  let (loss, gradient) = try map.valueWithGradient(at: buffer, threads: 1) { b in (target - b).squared().sum() }
  return (loss, gradient.buffer)
}

func language(_ buffer: Buffer<Float>, _ target: Buffer<Float>) -> (Float, Buffer<Float>) {
  let (loss, gradient) = valueWithGradient(at: buffer) { b in
    (target - map.differentiableRun(b, threads: 1)).squared().sum()
  }
  return (loss, gradient.buffer(of: buffer.shape))
}

func microseconds(_ body: () throws -> (Float, Buffer<Float>)) rethrows -> (Double, Buffer<Float>) {
  let clock = ContinuousClock()
  let start = clock.now
  let gradient = try body().1
  return (Double((clock.now - start) / .nanoseconds(1)) / 1000, gradient)
}

func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

print("T  explicit  traced  language  language/explicit")
for steps in [1, 10, 100, 1000, 10_000] {
  let first = try keys[2].normal(BufferShape(nodes: 84, history: network.history, steps: steps))
  let target = try map.run(first)
  let buffer = try target + Buffer(target.shape, repeating: 1)
  var times: [[Double]] = [[], [], []]
  var ratios: [Double] = []
  for repetition in 0..<max(6, steps > 1000 ? repetitions / 10 : repetitions) {
    // In both orders: who comes second finds other memory in the caches and on the heap.
    var gradients: [Buffer<Float>] = []
    for n in repetition % 2 == 0 ? [0, 2] : [2, 0] {
      let (time, gradient) =
        n == 0
        ? try microseconds { try explicit(buffer, target) } : microseconds { language(buffer, target) }
      times[n].append(time)
      gradients.append(gradient)
    }
    ratios.append(times[2].last! / times[0].last!)
    let (time, gradient) = try microseconds { try traced(buffer, target) }
    times[1].append(time)
    precondition(gradients[0] == gradients[1] && gradients[1] == gradient, "the gradients differ")
  }
  let columns = times.map { String((median($0) * 10).rounded() / 10) }.joined(separator: "  ")
  print("\(steps)  \(columns)  \((median(ratios) * 1000).rounded() / 1000)")
}
