// swift-tools-version: 6.2
import PackageDescription

// The OpenMP runtime's library name: Debian installs LLVM's as "omp5"; elsewhere it is "omp".
let openMP = Context.environment["DELAYNET_LIBOMP"] ?? "omp5"

let package = Package(
  name: "DelayNet",
  products: [
    .library(name: "DelayNet", targets: ["DelayNet"]),
    .library(name: "DelayNetIO", targets: ["DelayNetIO"]),
    .library(name: "DelayNetDifferentiation", targets: ["DelayNetDifferentiation"]),
    .library(name: "DelayNetFit", targets: ["DelayNetFit"]),
    // The C interface by itself: for C targets, and for benchmarks below the façade.
    .library(name: "CKernels", targets: ["CKernels"]),
    .executable(name: "delaynet", targets: ["DelayNetCommand"]),
  ],
  traits: [
    .trait(name: "OpenMP", description: "Multi-threaded kernels; needs LLVM's OpenMP runtime."),
    .trait(name: "MATLAB", description: "Connectomes in MATLAB files; needs MATIO."),
    .trait(name: "HDF5", description: "Connectomes in HDF5 files; needs the HDF5 library."),
    .default(enabledTraits: ["OpenMP"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .target(
      name: "CKernels", exclude: ["models"],
      cSettings: [
        // -O3 also in debug builds: a debug build of a user's program shall not slow the kernels down.
        .unsafeFlags(["-O3", "-fvisibility=hidden"]),
        .define("DN_OPENMP", .when(traits: ["OpenMP"])),
        .unsafeFlags(["-fopenmp"], .when(platforms: [.linux], traits: ["OpenMP"])),
        .unsafeFlags(["-Xclang", "-fopenmp"], .when(platforms: [.macOS], traits: ["OpenMP"])),
      ],
      linkerSettings: [
        .linkedLibrary("m"),
        .linkedLibrary(openMP, .when(platforms: [.linux], traits: ["OpenMP"])),
        .unsafeFlags(
          ["-L/opt/homebrew/opt/libomp/lib", "-lomp"],
          .when(platforms: [.macOS], traits: ["OpenMP"])),
      ]),
    .target(name: "DelayNet", dependencies: ["CKernels"]),
    .target(name: "DelayNetDifferentiation", dependencies: ["DelayNet"]),
    .target(name: "DelayNetFit", dependencies: ["DelayNet"]),
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive",
      providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
    .target(name: "CApart"),
    .systemLibrary(
      name: "CMatio", pkgConfig: "matio", providers: [.apt(["libmatio-dev"]), .brew(["libmatio"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .target(
      name: "DelayNetIO",
      dependencies: [
        "DelayNet", "CArchive",
        .target(name: "CApart", condition: .when(traits: ["MATLAB", "HDF5"])),
        .target(name: "CMatio", condition: .when(traits: ["MATLAB"])),
        .target(name: "CHDF5", condition: .when(traits: ["HDF5"])),
      ]),
    .executableTarget(
      name: "DelayNetCommand",
      dependencies: [
        "DelayNet", "DelayNetFit", "DelayNetIO",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "TestSupport", dependencies: ["DelayNet"], path: "Tests/Support"),
    .testTarget(
      name: "DelayNetTests", dependencies: ["DelayNet", "DelayNetIO", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "DelayNetDifferentiationTests", dependencies: ["DelayNetDifferentiation", "TestSupport"]),
    .testTarget(
      name: "DelayNetFitTests", dependencies: ["DelayNetFit", "DelayNetIO", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "DelayNetIOTests", dependencies: ["DelayNetIO", "TestSupport"], exclude: ["make_files.py"],
      resources: [.copy("Files")]),
    .testTarget(
      name: "DelayNetCommandTests", dependencies: ["DelayNetCommand", "DelayNetFit", "DelayNetIO", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
