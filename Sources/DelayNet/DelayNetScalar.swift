/// The numbers that DelayNet computes with: `Float` and `Double`.
///
/// The protocol binds a scalar type to the C kernels of that precision. Other types cannot conform.
public protocol DelayNetScalar: BinaryFloatingPoint, Sendable {
  /// The C kernels of this precision.
  static var kernels: ScalarKernels<Self> { get }
}

extension Float: DelayNetScalar {
  /// The single-precision kernels.
  public static let kernels = ScalarKernels<Float>.single
}

extension Double: DelayNetScalar {
  /// The double-precision kernels.
  public static let kernels = ScalarKernels<Double>.double
}
