import CKernels

/// Draws into memory that exists.
final class RandomCall {
  private let key = dn_key_create(0)
  private let count: Int
  private let memory: UnsafeMutableRawPointer

  init(count: Int) {
    self.count = count
    memory = .allocate(byteCount: count * MemoryLayout<Double>.stride, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: count * MemoryLayout<Double>.stride)
  }

  deinit { memory.deallocate() }

  func normalFloat() { dn_random_normal_f32(key, 0, count, memory.assumingMemoryBound(to: Float.self)) }
  func normalDouble() { dn_random_normal_f64(key, 0, count, memory.assumingMemoryBound(to: Double.self)) }
  func uniformFloat() { dn_random_uniform_f32(key, 0, count, 0, 1, memory.assumingMemoryBound(to: Float.self)) }
  func bits() { dn_random_bits_u32(key, 0, count, memory.assumingMemoryBound(to: UInt32.self)) }
}
