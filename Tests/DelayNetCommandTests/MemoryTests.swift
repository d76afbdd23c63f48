import DelayNetCommand
import Foundation
import Testing

@Suite("delaynet's memory")
struct MemoryTests {
  @Test("the limits of control groups, of either version, up to the root")
  func controlGroups() {
    func limits(_ membership: String?, _ files: [String: String]) -> [Double] {
      MemoryLimit.controlGroupLimits(membership: membership) { files[$0] }
    }
    #expect(
      limits(
        "0::/user.slice/job\n",
        [
          "/sys/fs/cgroup/user.slice/job/memory.max": "max\n", "/sys/fs/cgroup/user.slice/memory.max": "2000000000\n",
          "/sys/fs/cgroup/memory.max": "3000000000\n",
        ]) == [2e9, 3e9])
    #expect(
      limits(
        "9:pids:/x\n4:memory,cpu:/a:b\n1:cpu:/\n0::/\n",
        ["/sys/fs/cgroup/memory/a:b/memory.limit_in_bytes": "1000\n"]) == [1000])
    // In a container the path may be one of the host's: the root is the container's own.
    #expect(limits("4:memory:/docker/abc\n", ["/sys/fs/cgroup/memory/memory.limit_in_bytes": "77"]) == [77])
    #expect(limits(nil, [:]).isEmpty && limits("nonsense\n:\n", [:]).isEmpty)
    #expect(limits("0::/", ["/sys/fs/cgroup/memory.max": "-1"]).isEmpty)
  }

  @Test("this machine has some memory, and not more than it has")
  func machine() throws {
    let limit = MemoryLimit.current
    #expect(limit.bytes > 0 && limit.bytes <= Double(ProcessInfo.processInfo.physicalMemory))
    try MemoryLimit.require(limit.bytes, for: "all of it")
    let error = #expect(throws: Failure.self) {
      try MemoryLimit.require(2 * limit.bytes, for: "twice as much")
    }
    #expect(error?.status == .data)
    #expect(error?.message.hasPrefix("twice as much needs \(rounded(2 * limit.bytes / 1e9)) GB of memory; ") == true)
    #expect(error?.message.hasSuffix("\(limit.owner) \(rounded(limit.bytes / 1e9)) GB") == true)
    let infinite = #expect(throws: Failure.self) { try MemoryLimit.require(.infinity, for: "more") }
    #expect(infinite?.message.hasPrefix("more needs more memory than can be addressed; ") == true)
  }
}
