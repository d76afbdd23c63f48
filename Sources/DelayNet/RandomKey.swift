internal import CKernels

/// A key of JAX's default random generator (Threefry-2x32 with 20 rounds, Salmon et al. 2011).
///
/// The same key always gives the same numbers; independent numbers come from keys made by ``split(_:)`` and
/// ``folding(in:)``. Element n of an array depends on the key and n alone. Bits, uniform numbers and integers equal
/// JAX's bit for bit; normal numbers are within 4 ulp of JAX's, with the same bits on every instruction set.
public struct RandomKey: Sendable, Hashable {
  /// The key's two words, as `jax.random.key_data` shows them.
  public let words: SIMD2<UInt32>

  /// The key of two given words.
  public init(words: SIMD2<UInt32>) { self.words = words }

  /// The key of a seed, `jax.random.key(seed)`.
  public init(seed: UInt64) { self.init(dn_key_create(seed)) }

  init(_ key: dn_key) { words = SIMD2(key.word.0, key.word.1) }

  var key: dn_key { dn_key(word: (words.x, words.y)) }

  /// The first `count` of the keys that a key splits into, `jax.random.split(key, count)`.
  ///
  /// - Throws: what ``normal(_:as:)->[Scalar]`` throws.
  public func split(_ count: Int = 2) throws(DelayNetError) -> [RandomKey] {
    try array(count) { dn_key_split(key, 0, count, $0.baseAddress) }.map(RandomKey.init)
  }

  /// A key made from this one and a number, `jax.random.fold_in(key, number)`.
  public func folding(in number: UInt64) -> RandomKey { RandomKey(dn_key_fold_in(key, number)) }

  /// Random bits, `jax.random.bits(key, (count,), uint32)`.
  ///
  /// - Throws: what ``normal(_:as:)->[Scalar]`` throws.
  public func bits(_ count: Int) throws(DelayNetError) -> [UInt32] {
    try array(count) { dn_random_bits_u32(key, 0, count, $0.baseAddress) }
  }

  /// Random bits in words of 64, `jax.random.bits(key, (count,), uint64)`.
  ///
  /// - Throws: what ``normal(_:as:)->[Scalar]`` throws.
  @_disfavoredOverload
  public func bits(_ count: Int) throws(DelayNetError) -> [UInt64] {
    try array(count) { dn_random_bits_u64(key, 0, count, $0.baseAddress) }
  }

  /// Uniform numbers in a range, `jax.random.uniform(key, (count,), minval, maxval)`.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - range: its ends are rounded to the scalar; the upper end is not drawn.
  ///   - type: `Float` or `Double`.
  /// - Throws: what ``normal(_:as:)->[Scalar]`` throws.
  public func uniform<Scalar: DelayNetScalar>(
    _ count: Int, in range: Range<Double> = 0..<1, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> [Scalar] {
    try array(count) {
      Scalar.kernels.uniform(key, 0, Scalar(range.lowerBound), Scalar(range.upperBound), $0)
    }
  }

  /// Uniform integers in a range, `jax.random.randint(key, (count,), lower, upper)`.
  ///
  /// - Throws: what ``normal(_:as:)->[Scalar]`` throws.
  public func integers(in range: Range<Int32>, _ count: Int) throws(DelayNetError) -> [Int32] {
    try array(count) { dn_random_integers_i32(key, 0, count, range.lowerBound, range.upperBound, $0.baseAddress) }
  }

  /// Uniform integers of 64 bits in a range, `jax.random.randint(key, (count,), lower, upper, int64)`.
  ///
  /// - Throws: what ``normal(_:as:)->[Scalar]`` throws.
  @_disfavoredOverload
  public func integers(in range: Range<Int64>, _ count: Int) throws(DelayNetError) -> [Int64] {
    try array(count) { dn_random_integers_i64(key, 0, count, range.lowerBound, range.upperBound, $0.baseAddress) }
  }

  /// Standard normal numbers, `jax.random.normal(key, (count,))`.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - type: `Float` or `Double`.
  /// - Throws: ``DelayNetError/optionOutOfRange(name:value:)`` for a negative number of them, ``DelayNetError/tooLarge`` or
  ///   ``DelayNetError/outOfMemory`` for more than can be held.
  public func normal<Scalar: DelayNetScalar>(
    _ count: Int, as type: Scalar.Type = Float.self
  ) throws(DelayNetError) -> [Scalar] {
    try array(count) { Scalar.kernels.normal(key, 0, $0) }
  }

  private func array<Element>(
    _ count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) -> Void
  ) throws(DelayNetError) -> [Element] {
    try checkExtent("count", count)
    try requireMemory(count, of: Element.self)
    return [Element](unsafeUninitializedCapacity: count) { memory, filled in
      fill(UnsafeMutableBufferPointer(rebasing: memory[..<count]))
      filled = count
    }
  }
}
