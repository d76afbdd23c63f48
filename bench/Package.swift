// swift-tools-version: 6.2
import PackageDescription

// Benchmarks in a package of their own, so that a user of the library never builds them. SwiftPM names packages after
// their folders: a checkout whose own folder is called "bench" would collide with this one.
let package = Package(
  name: "DelayNetBench",
  dependencies: [
    .package(name: "DelayNet", path: ".."),
    .package(url: "https://github.com/google/swift-benchmark", exact: "0.1.2"),
  ],
  targets: [
    .executableTarget(
      name: "Microbenchmarks",
      dependencies: [
        .product(name: "CKernels", package: "DelayNet"),
        .product(name: "DelayNet", package: "DelayNet"),
        .product(name: "Benchmark", package: "swift-benchmark"),
      ]),
    .executableTarget(
      name: "FacadeCost",
      dependencies: [
        .product(name: "CKernels", package: "DelayNet"),
        .product(name: "DelayNet", package: "DelayNet"),
      ]),
    .executableTarget(
      name: "DifferentiationCost",
      dependencies: [.product(name: "DelayNetDifferentiation", package: "DelayNet")]),
  ],
  swiftLanguageModes: [.v6]
)
