import DelayNetCommand
import Testing

@Suite struct SweepShareTests {
  private func share(_ environment: [String: String]) throws -> [Int] {
    let share = try SweepShare.launched(environment)
    return [share.rank, share.size]
  }

  @Test func everyLauncherSaysWhichShare() throws {
    #expect(try share(["HOME": "/home"]) == [0, 1])
    #expect(try share(["OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4"]) == [3, 4])
    #expect(try share(["PMI_RANK": "0", "PMI_SIZE": "2"]) == [0, 2])
    #expect(try share(["SLURM_PROCID": "5", "SLURM_NTASKS": "8"]) == [5, 8])
    #expect(
      try share([
        "SLURM_JOB_ID": "9", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "8",
        "SLURM_STEP_NUM_TASKS": "2",
      ]) == [1, 2])
    // Of a batch script there is one, however many tasks it may start; mpirun in it says how many it started.
    #expect(try share(["SLURM_JOB_ID": "9", "SLURM_PROCID": "0", "SLURM_NTASKS": "8"]) == [0, 1])
    #expect(
      try share([
        "SLURM_JOB_ID": "9", "SLURM_PROCID": "0", "SLURM_NTASKS": "8", "PMI_RANK": "6", "PMI_SIZE": "8",
      ]) == [6, 8])
    #expect(
      try share(["SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "5"]) == [2, 4])
    #expect(try share(["SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "4"]) == [1, 4])
    #expect(
      try share([
        "SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_STEP": "4",
      ]) == [2, 3])
    // A task that is run again by itself does all that is missing.
    #expect(
      try share([
        "SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MIN": "5",
        "SLURM_ARRAY_TASK_MAX": "5",
      ]) == [0, 1])
  }

  @Test func processesOfArrayTasksShareEvenly() throws {
    var seen: Set<[Int]> = []
    for task in 1...3 {
      for process in 0..<2 {
        seen.insert(
          try share([
            "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1",
            "SLURM_JOB_ID": "1", "SLURM_STEP_ID": "0", "SLURM_PROCID": "\(process)", "SLURM_NTASKS": "2",
          ]))
      }
    }
    #expect(seen == Set((0..<6).map { [$0, 6] }))
  }

  @Test func everyPartBelongsToOneShare() {
    for size in [1, 2, 3, 7] {
      for part in 0..<20 {
        #expect((0..<size).count { SweepShare(rank: $0, size: size, origin: "").contains(part) } == 1)
      }
    }
  }

  @Test(
    arguments: [
      ["PMI_RANK": "2", "PMI_SIZE": "2"], ["PMI_RANK": "2"],
      ["OMPI_COMM_WORLD_RANK": "x", "OMPI_COMM_WORLD_SIZE": "2"],
      ["SLURM_PROCID": "-1", "SLURM_NTASKS": "2"], ["SLURM_ARRAY_TASK_ID": "3"],
      // 1,3,7
      [
        "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_ARRAY_TASK_MAX": "7",
      ],
      ["SLURM_ARRAY_TASK_ID": "8", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1"],
    ])
  func contradictionsAreRefused(_ environment: [String: String]) throws {
    let error = #expect(throws: (any Error).self) { try SweepShare.launched(environment) }
    #expect("\(String(describing: error))".contains("--share k/n"))
  }
}
