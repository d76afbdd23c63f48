extension Buffer where Scalar: Differentiable, Scalar.TangentVector == Scalar {
  /// A buffer of a differentiable function of every value.
  ///
  ///     let saturated = b.differentiableMap { x in x / (1 + x * x) }
  ///
  /// - Parameter transform: called once for each value.
  /// - Returns: a buffer of the same shape.
  @inlinable
  public func differentiableMap(_ transform: @differentiable(reverse) (Scalar) -> Scalar) -> Buffer {
    var result = self
    result.withUnsafeMutableBufferPointer { values in
      for n in values.indices { values[n] = transform(values[n]) }
    }
    return result
  }

  // The derivative at each value is a number, so the pullback is one product with a buffer of them.
  @derivative(of: differentiableMap, wrt: self)
  @inlinable
  func vjpDifferentiableMap(
    _ transform: @differentiable(reverse) (Scalar) -> Scalar
  ) -> (value: Buffer, pullback: (TangentVector) -> TangentVector) {
    var (result, slopes) = (self, self)
    result.withUnsafeMutableBufferPointer { result in
      slopes.withUnsafeMutableBufferPointer { slopes in
        for n in result.indices {
          let (value, pullback) = valueWithPullback(at: result[n], of: transform)
          (result[n], slopes[n]) = (value, pullback(1))
        }
      }
    }
    return (result, { [slopes] v in v.times(slopes) })
  }
}
