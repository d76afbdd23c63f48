// The notebook's experiment as a program that depends on DelayNet would write it; prints numbers to the last bit.

import DelayNet
import DelayNetDifferentiation

func bits(_ values: [Float]) -> String {
  let sum = values.reduce(into: UInt64(14_695_981_039_346_656_037)) { hash, value in
    hash = (hash ^ UInt64(value.bitPattern)) &* 1_099_511_628_211
  }
  return String(sum, radix: 16)
}

let keys = try RandomKey(seed: 0).split(10)
let network = try Network(
  weights: keys[0].normal(84, 84).map { abs($0) + 0.5 }, delays: keys[1].integers(in: 0..<255, 84, 84))
let map = try DelayMap(network, scale: .mean)
let noise = try keys[2].normal(BufferShape(nodes: 84, history: network.history, steps: 100))
let target = try map.run(noise)
let buffer = try target + Buffer(target.shape, repeating: 1)

let (loss, gradient) = try map.valueWithGradient(at: buffer, withRespectTo: [.buffer, .weights], threads: 2) { b in
  (b - target).squared().sum()
}
print("series  \(bits(target.values))")
print("loss    \(loss)")
print("buffer  \(bits(gradient.buffer.values))")
print("weights \(bits(gradient.weights))")

let (again, (ofBuffer, ofWeights)) = valueWithGradient(at: buffer, network.weights) { b, w in
  (map.differentiableRun(b, weights: w) - target).squared().sum()
}
print("@differentiable: \(again) \(bits(ofBuffer.buffer(of: buffer.shape).values)) \(bits(ofWeights.base))")
