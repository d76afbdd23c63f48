"""Times of several functions, called in alternation so that a drift of the machine's speed meets all of them.

Other processes are the one thing that alternation does not cancel: they interrupt a long call more often than a short one,
so that the ratio of a long call to a short one grows with the load. How much of the time this process did not run is
therefore measured too, and reported with each row.
"""
import gc
import statistics
import time


class Times:
    """The samples of one function, in seconds."""

    def __init__(self, samples, wall, processor):
        self.samples = samples
        self.median = statistics.median(samples)
        # The share of the time in which none of this process's threads ran.
        self.lost = max(0.0, 1 - processor / wall)

    def summary(self):
        """Median and quartiles in microseconds, and how many calls they are of."""
        ordered = sorted(self.samples)
        return {"median_us": 1e6 * self.median, "lower_quartile_us": 1e6 * ordered[len(ordered) // 4],
                "upper_quartile_us": 1e6 * ordered[(3 * len(ordered)) // 4], "calls": len(ordered),
                "lost": self.lost}


def alternate(candidates, seconds, least=5, most=2000, turn=1e-3):
    """{name: Times} of {name: function}: A B C A B C ... for about so many seconds, at least `least` rounds.

    At its turn a function that takes less than `turn` is called several times and the first call is not counted: it pays
    for the caches that the others have filled. One that takes longer is called once and counted.
    """
    costs = {}
    for name, function in candidates.items():
        function()
        start = time.perf_counter()
        function()
        costs[name] = max(time.perf_counter() - start, 1e-7)
    bursts = {name: max(1, min(20, int(turn / cost))) for name, cost in costs.items()}
    samples = {name: [] for name in candidates}
    wall, processor = dict.fromkeys(candidates, 0.0), dict.fromkeys(candidates, 0.0)
    clock = time.perf_counter
    gc.collect()
    gc.disable()
    try:
        end, rounds = clock() + seconds, 0
        while rounds < least or (clock() < end and rounds < most):
            for name, function in candidates.items():
                if costs[name] < turn:
                    function()
                used, begin = time.process_time(), clock()
                for _ in range(bursts[name]):
                    start = clock()
                    function()
                    samples[name].append(clock() - start)
                wall[name] += clock() - begin
                processor[name] += time.process_time() - used
            rounds += 1
    finally:
        gc.enable()
    return {name: Times(values, wall[name], processor[name]) for name, values in samples.items()}
