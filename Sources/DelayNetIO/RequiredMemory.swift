import DelayNet

/// Checks that there is memory for so many elements of a file, which may be of any size.
func requireMemory<Element>(_ count: Int, of type: Element.Type, _ name: FileName) throws(FileError) {
  do throws(DelayNetError) {
    try DelayNet.requireMemory(count, of: type)
  } catch {
    throw name.error(
      .system, found: "no memory for \(count) times \(MemoryLayout<Element>.stride) bytes", expected: "enough")
  }
}
