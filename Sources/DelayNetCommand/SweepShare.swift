import ArgumentParser

/// Which part of a work that several processes do is this one's.
package struct SweepShare: Equatable {
  /// The number of this process, from 0 on.
  package let rank: Int
  /// The number of processes.
  package let size: Int
  /// Who said so.
  package let origin: String

  /// The share of a number.
  package init(rank: Int, size: Int, origin: String) { (self.rank, self.size, self.origin) = (rank, size, origin) }

  /// All of it.
  package static let everything = SweepShare(rank: 0, size: 1, origin: "one process")

  /// Whether it has a part.
  package func contains(_ part: Int) -> Bool { part % size == rank }

  /// The share that a launcher says this process has, by its environment: `mpirun` of Open MPI or MPICH, `srun`, and tasks of a
  /// Slurm array, each of which may be any of these.
  ///
  /// - Throws: `ValidationError` for an environment that contradicts itself, and for arrays whose numbers have gaps.
  package static func launched(_ environment: [String: String]) throws -> SweepShare {
    let process = try process(environment)
    guard let array = try array(environment) else { return process ?? .everything }
    guard let process, process.size > 1 else { return array }
    return SweepShare(
      rank: array.rank * process.size + process.rank, size: array.size * process.size,
      origin: "\(array.origin) and \(process.origin)")
  }

  private static func number(_ name: String, _ environment: [String: String]) throws -> Int? {
    guard let text = environment[name], !text.isEmpty else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw ValidationError("\(name) is '\(text)', which is no number; --share k/n says which share this process has.")
    }
    return number
  }

  /// Which of the processes of one launch.
  private static func process(_ environment: [String: String]) throws -> SweepShare? {
    // In a batch script itself Slurm counts one of as many tasks as it may start: srun starts them, as a step.
    let isBatchScript = environment["SLURM_JOB_ID"] != nil && environment["SLURM_STEP_ID"] == nil
    let slurmSize = environment["SLURM_STEP_NUM_TASKS"] == nil ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS"
    for (rank, size) in [
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"), ("SLURM_PROCID", slurmSize),
    ] where rank != "SLURM_PROCID" || !isBatchScript {
      guard let own = try number(rank, environment) else { continue }
      guard let all = try number(size, environment) else {
        throw ValidationError(
          "\(rank) is \(own), but there is no \(size); --share k/n says which share this process has.")
      }
      guard own < all else {
        throw ValidationError("\(rank) is \(own) of \(size) \(all); --share k/n says which share this process has.")
      }
      return SweepShare(rank: own, size: all, origin: rank)
    }
    return nil
  }

  /// Which of the tasks of a Slurm array.
  private static func array(_ environment: [String: String]) throws -> SweepShare? {
    guard let id = try number("SLURM_ARRAY_TASK_ID", environment) else { return nil }
    guard let count = try number("SLURM_ARRAY_TASK_COUNT", environment) else {
      throw ValidationError(
        "SLURM_ARRAY_TASK_ID is \(id), but there is no SLURM_ARRAY_TASK_COUNT; --share k/n says which share this task has."
      )
    }
    let least = try number("SLURM_ARRAY_TASK_MIN", environment) ?? 0
    let step = max(try number("SLURM_ARRAY_TASK_STEP", environment) ?? 1, 1)
    let (rank, rest) = (id - least).quotientAndRemainder(dividingBy: step)
    let most = try number("SLURM_ARRAY_TASK_MAX", environment) ?? (least + (count - 1) * step)
    guard id >= least, rest == 0, rank < count, (most - least) / step + 1 == count else {
      throw ValidationError(
        "SLURM_ARRAY_TASK_ID is \(id) of \(count) from \(least) to \(most): the array's numbers have gaps; --share k/n says "
          + "which share this task has.")
    }
    return SweepShare(rank: rank, size: count, origin: "SLURM_ARRAY_TASK_ID")
  }
}

/// The argument of `--share`: `k/n`, k from 1 on.
struct ShareArgument: ExpressibleByArgument {
  let share: SweepShare

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let rank = parts[0], let size = parts[1], 1...max(size, 1) ~= rank, size >= 1 else {
      return nil
    }
    share = SweepShare(rank: rank - 1, size: size, origin: "--share")
  }
}
