// Sizes as callers give them: multiplied, and held against what can be addressed and what there is, before anything is
// allocated for them. Swift's own arrays end the program where there is no memory, so that theirs is asked for beforehand.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An extent, which cannot be negative.
///
/// - Throws: ``DelayNetError/optionOutOfRange(name:value:)``.
func checkExtent(_ name: String, _ value: Int) throws(DelayNetError) {
  guard value >= 0 else { throw .optionOutOfRange(name: name, value: Double(value)) }
}

/// The product of extents that are not negative.
///
/// An extent of 0 does not excuse the others: the product of the rest has to be addressable, too, in numbers of 16 bytes.
///
/// - Throws: ``DelayNetError/tooLarge``.
func product(_ a: Int, _ b: Int, _ c: Int = 1) throws(DelayNetError) -> Int {
  let (ab, first) = max(a, 1).multipliedReportingOverflow(by: max(b, 1))
  let (abc, second) = ab.multipliedReportingOverflow(by: max(c, 1))
  guard !first, !second, !abc.multipliedReportingOverflow(by: 16).overflow else { throw .tooLarge }
  return a * b * c
}

/// The sum of extents that are not negative.
///
/// - Throws: ``DelayNetError/tooLarge``.
func sum(_ a: Int, _ b: Int) throws(DelayNetError) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  guard !overflow else { throw .tooLarge }
  return sum
}

/// Checks that there is memory for so many elements, before an array is made of them.
///
/// - Throws: ``DelayNetError/tooLarge``, ``DelayNetError/outOfMemory``.
package func requireMemory<Element>(_ count: Int, of type: Element.Type) throws(DelayNetError) {
  let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
  guard !overflow else { throw .tooLarge }
  // What is small can be had, or the program cannot continue at all.
  guard bytes > 16 << 20 else { return }
  guard isInMachine(bytes) else { throw .outOfMemory }
  // Asked for and given back. Of malloc and free a compiler may make nothing at all.
  let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
  guard let memory, memory != MAP_FAILED else { throw .outOfMemory }
  munmap(memory, bytes)
}

/// An array with the same value everywhere.
///
/// - Throws: ``DelayNetError/tooLarge``, ``DelayNetError/outOfMemory``.
func array<Element>(repeating value: Element, count: Int) throws(DelayNetError) -> [Element] {
  try requireMemory(count, of: Element.self)
  return Array(repeating: value, count: count)
}

/// Memory aligned to a cache line, to be given to `free`; nil where there is none.
func allocateAligned(bytes: Int) -> UnsafeMutableRawPointer? {
  guard isInMachine(bytes) else { return nil }
  var memory: UnsafeMutableRawPointer?
  return posix_memalign(&memory, 64, max(bytes, 64)) == 0 ? memory : nil
}

/// Gives back what ``allocateAligned(bytes:)`` gave.
func freeAligned(_ memory: UnsafeMutableRawPointer) { free(memory) }

/// Whether the whole machine has so much. Some systems promise any amount, and end the process when it comes to be used.
private func isInMachine(_ bytes: Int) -> Bool {
  guard bytes > 1 << 30 else { return true }
  let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
  return pages <= 0 || size <= 0 || Double(bytes) <= Double(pages) * Double(size)
}
