// Microbenchmarks: each kernel through the C interface, and the Swift API.
//
//     swift run --package-path bench -c release Microbenchmarks [--filter REGEX] [--format json]
//
// The kernels are static functions behind a plan, so each is given a network that exercises it alone: 84 nodes, dense, all
// delays in one class. The label says how many edges and steps a call covers.
import Benchmark
import DelayNet

let minTime = MinTime(seconds: 0.2)
let warmup = WarmupIterations(3)
let unit = TimeUnit(.us)

let kernels = BenchmarkSuite(name: "C, 7056 edges, 1024 steps", settings: minTime, warmup, unit) { suite in
  // Blocks of 128 columns: delays from 128 on are far; the halving classes are the powers of two below.
  let classes: [(name: String, delays: ClosedRange<Int32>)] = [
    ("far 128...254", 128...254), ("halving 64...127", 64...127), ("halving 32...63", 32...63),
    ("halving 16...31", 16...31), ("short 8...15", 8...15), ("short 4...7", 4...7), ("short 2...3", 2...3),
    ("short 1", 1...1), ("zero", 0...0), ("all 0...254", 0...254),
  ]
  for (name, delays) in classes {
    let call = KernelCall(delays: delays)
    suite.benchmark("run, \(name)") { call.run() }
  }
  for (name, delays) in classes {
    let call = KernelCall(delays: delays)
    suite.benchmark("pullback to buffer, \(name)") { call.pullback(buffer: true, weights: false) }
  }
  for (name, delays) in classes {
    let call = KernelCall(delays: delays)
    suite.benchmark("weight gradient alone, \(name)") { call.pullback(buffer: false, weights: true) }
  }
}

let random = BenchmarkSuite(name: "C, 65536 numbers", settings: minTime, warmup, unit) { suite in
  let draws = RandomCall(count: 65536)
  suite.benchmark("normal f32") { draws.normalFloat() }
  suite.benchmark("normal f64") { draws.normalDouble() }
  suite.benchmark("uniform f32") { draws.uniformFloat() }
  suite.benchmark("bits u32") { draws.bits() }
}

let seed = try FacadeCall(steps: 100, runs: 16)
let facade = BenchmarkSuite(name: "Swift, the notebook, 100 steps", settings: minTime, warmup, unit) { suite in
  suite.benchmark("run into an existing buffer") { try seed.runInPlace() }
  suite.benchmark("run") { try seed.run() }
  suite.benchmark("pullback to buffer") { try seed.pullback(.buffer) }
  suite.benchmark("pullback to buffer and weights") { try seed.pullback([.buffer, .weights]) }
  suite.benchmark("value with gradient") { try seed.valueWithGradient() }
  suite.benchmark("ensemble of 16, 1 thread") { try seed.ensemble(threads: 1) }
  suite.benchmark("ensemble of 16, all threads") { try seed.ensemble(threads: 0) }
  suite.benchmark("plan") { try seed.plan() }
}

let networks = BenchmarkSuite(
  name: "Swift, networks of \(ModelCall.regions) regions, \(ModelCall.steps) steps", settings: minTime, warmup, unit
) { suite in
  for model in NodeModel.all {
    // A model of the register that cannot be run is a mistake to hear of.
    let call = try! ModelCall(model)
    suite.benchmark("run, \(model.name)") { try call.run() }
    suite.benchmark("run and gradient, \(model.name)") { try call.gradient() }
  }
}

Benchmark.main([kernels, random, networks, facade])
