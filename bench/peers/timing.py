"""Times of several functions, called in alternation so that a drift of the machine's speed meets all of them."""
import gc
import statistics
import time


class Times:
    """The samples of one function, in seconds."""

    def __init__(self, samples):
        self.samples = samples
        self.median = statistics.median(samples)

    def summary(self):
        """Median and quartiles in microseconds, and how many calls they are of."""
        ordered = sorted(self.samples)
        return {"median_us": 1e6 * self.median, "lower_quartile_us": 1e6 * ordered[len(ordered) // 4],
                "upper_quartile_us": 1e6 * ordered[(3 * len(ordered)) // 4], "calls": len(ordered)}


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
    clock = time.perf_counter
    gc.collect()
    gc.disable()
    try:
        end, rounds = clock() + seconds, 0
        while rounds < least or (clock() < end and rounds < most):
            for name, function in candidates.items():
                if costs[name] < turn:
                    function()
                for _ in range(bursts[name]):
                    start = clock()
                    function()
                    samples[name].append(clock() - start)
            rounds += 1
    finally:
        gc.enable()
    return {name: Times(values) for name, values in samples.items()}
