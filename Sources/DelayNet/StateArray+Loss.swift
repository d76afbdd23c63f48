extension StateArray {
  /// The value of a loss of these columns, without a gradient.
  ///
  /// - Parameter loss: called once with the columns: row `variable · nodes + node`.
  /// - Throws: what the loss throws; ``DelayNetError/foreignTraced`` for a loss that uses a series of another call.
  public func value(
    of loss: (Traced<Scalar>) throws(DelayNetError) -> TracedScalar<Scalar>
  ) throws(DelayNetError) -> Scalar {
    let call = LossCall([rows])
    return try call.value(of: loss(call.leaves[0]))
  }
}
