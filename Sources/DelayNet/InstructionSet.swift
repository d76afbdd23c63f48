internal import CKernels

/// The instruction sets that the kernels are compiled for. All give the same bits; they differ in speed.
public enum InstructionSet: String, Sendable, CaseIterable, CustomStringConvertible {
  /// The best that this processor has.
  case automatic
  /// What every processor of this architecture has: SSE2 on x86-64, NEON on arm64.
  case base
  /// AVX2 with fused multiply–add.
  case avx2
  /// AVX-512 F, DQ, VL and BW.
  case avx512

  /// The instruction sets that this processor and this build can run, without ``automatic``, slowest first.
  public static var available: [InstructionSet] {
    [.base, .avx2, .avx512].filter { dn_isa_available($0.code) != 0 }
  }

  /// What ``automatic`` stands for on this processor.
  public static var best: InstructionSet { InstructionSet(code: dn_isa_best()) }

  /// The name that the command line uses.
  public var description: String { rawValue }

  var code: dn_isa {
    switch self {
    case .automatic: DN_ISA_AUTO
    case .base: DN_ISA_BASE
    case .avx2: DN_ISA_AVX2
    case .avx512: DN_ISA_AVX512
    }
  }

  init(code: dn_isa) {
    self =
      switch code {
      case DN_ISA_BASE: .base
      case DN_ISA_AVX2: .avx2
      case DN_ISA_AVX512: .avx512
      default: .automatic
      }
  }
}

/// Facts about this build of the library on this machine.
public enum Runtime {
  /// The library's version, "MAJOR.MINOR.PATCH".
  public static var version: String { String(cString: dn_version()) }
  /// The processors available to this process; 1 in a build without OpenMP.
  public static var availableThreads: Int { Int(dn_threads_available()) }
}
