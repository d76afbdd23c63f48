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
  public func split(_ count: Int = 2) -> [RandomKey] {
    precondition(count >= 0, "cannot split into \(count) keys")
    let keys = [dn_key](unsafeUninitializedCapacity: count) { memory, filled in
      dn_key_split(key, 0, count, memory.baseAddress)
      filled = count
    }
    return keys.map(RandomKey.init)
  }

  /// A key made from this one and a number, `jax.random.fold_in(key, number)`.
  public func folding(in number: UInt64) -> RandomKey { RandomKey(dn_key_fold_in(key, number)) }

  /// Random bits, `jax.random.bits(key, (count,), uint32)`.
  public func bits(_ count: Int) -> [UInt32] {
    array(count) { dn_random_bits_u32(key, 0, count, $0.baseAddress) }
  }

  /// Random bits in words of 64, `jax.random.bits(key, (count,), uint64)`.
  @_disfavoredOverload
  public func bits(_ count: Int) -> [UInt64] {
    array(count) { dn_random_bits_u64(key, 0, count, $0.baseAddress) }
  }

  /// Uniform numbers in a range, `jax.random.uniform(key, (count,), minval, maxval)`.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - range: its ends are rounded to the scalar; the upper end is not drawn.
  ///   - type: `Float` or `Double`.
  public func uniform<Scalar: DelayNetScalar>(
    _ count: Int, in range: Range<Double> = 0..<1, as type: Scalar.Type = Float.self
  ) -> [Scalar] {
    array(count) {
      Scalar.kernels.uniform(key, 0, Scalar(range.lowerBound), Scalar(range.upperBound), $0)
    }
  }

  /// Uniform integers in a range, `jax.random.randint(key, (count,), lower, upper)`.
  public func integers(in range: Range<Int32>, _ count: Int) -> [Int32] {
    array(count) { dn_random_integers_i32(key, 0, count, range.lowerBound, range.upperBound, $0.baseAddress) }
  }

  /// Uniform integers of 64 bits in a range, `jax.random.randint(key, (count,), lower, upper, int64)`.
  @_disfavoredOverload
  public func integers(in range: Range<Int64>, _ count: Int) -> [Int64] {
    array(count) { dn_random_integers_i64(key, 0, count, range.lowerBound, range.upperBound, $0.baseAddress) }
  }

  /// Standard normal numbers, `jax.random.normal(key, (count,))`.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - type: `Float` or `Double`.
  public func normal<Scalar: DelayNetScalar>(_ count: Int, as type: Scalar.Type = Float.self) -> [Scalar] {
    array(count) { Scalar.kernels.normal(key, 0, $0) }
  }

  private func array<Element>(_ count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) -> Void) -> [Element] {
    precondition(count >= 0, "cannot draw \(count) numbers")
    return [Element](unsafeUninitializedCapacity: count) { memory, filled in
      fill(UnsafeMutableBufferPointer(rebasing: memory[..<count]))
      filled = count
    }
  }
}
