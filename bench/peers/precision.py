"""How far a run in float32 is from the same run in float64, for every model, over an hour of model time.

    python bench/peers/precision.py [--minutes 60]

Eight nodes, all coupled to all with delays of 1 ... 20 ms, default parameters, dt = 0.1 ms; both precisions draw the same
realisation of the noise. Prints a table: how long the states stay within 1e-3 of each other, relative to their standard
deviation, and how far mean, standard deviation and quartiles of the whole run are apart, in standard deviations. Beside it
stands what two realisations of the noise in float64 differ by: where the float's number is no larger, its run is one of the
same process.
"""
import argparse

import numpy as np

import clib
import networks
from network_ours import Network

DT = 0.1
# Coupling and noise with which each model moves: (G, sigma).
SETTINGS = {
    "linear": (0.5, [0.1]),
    "stuart_landau": (0.1, [0.05, 0.05]),
    "kuramoto": (0.05, [0.05]),
    "mpr": (0.4, [0.05, 0.4]),
    "wong_wang": (0.1, [0.003]),
    "wilson_cowan": (0.1, [0.05, 0.05]),
    "jansen_rit": (1.0, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
}
STARTS = {"jansen_rit": [(-1, 1)] * 6, "mpr": [(0, 1), (-2, 1)], "wong_wang": [(0.1, 0.4)], "linear": [(-1, 1)]}


def case_of(model):
    rng = np.random.default_rng(6)
    G, sigma = SETTINGS[model]
    weights = rng.random((8, 8)) / 8
    delays = rng.integers(10, 201, (8, 8)).astype(np.int32)
    return networks.Case(model, weights, delays, DT, G, sigma, STARTS.get(model, [(0, 1)] * len(sigma)))


def series(lib, model, minutes, dtype, member=0):
    steps, every = int(minutes * 60000 / DT), 50
    chunk = steps // every * every
    run = Network(lib, case_of(model), chunk, "stages", "drawn", dtype, every)
    run.primals[0].member = member
    run.run()
    return run.series[0].astype(float)  # (S, N, K)


def moments(x, periodic):
    """Mean, standard deviation and quartiles of each state; of a phase those of its frequency, which has no ends."""
    if periodic:
        turns = np.diff(x, axis=-1)
        x = turns - 2 * np.pi * np.round(turns / (2 * np.pi))
    x = x.reshape(len(x), -1)
    return np.stack([x.mean(1), x.std(1), *np.quantile(x, [0.25, 0.5, 0.75], axis=1)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    minutes = parser.parse_args().minutes
    lib = clib.load()
    print("| model | within 1e-3 of float64 for | mean, deviation, quartiles apart | the same for another realisation |")
    print("|---|---|---|---|")
    for model in SETTINGS:
        wide, narrow = (series(lib, model, minutes, dtype) for dtype in (np.float64, np.float32))
        other = series(lib, model, minutes, np.float64, member=1)
        periodic = model == "kuramoto"
        size = np.maximum(wide.std(axis=(1, 2), keepdims=True), 1e-12)
        apart = np.abs(wide - narrow)
        if periodic:
            apart, size = np.abs(apart - 2 * np.pi * np.round(apart / (2 * np.pi))), 1.0
        far = np.flatnonzero((apart / size).max(axis=(0, 1)) > 1e-3)
        time = f"{far[0] * 50 * DT / 1000:.3g} s" if len(far) else "all"
        m, n, o = (moments(x, periodic) for x in (wide, narrow, other))
        unit = np.maximum(m[1], 1e-12)
        print(f"| {model} | {time} | {(np.abs(m - n) / unit).max():.1e} | {(np.abs(m - o) / unit).max():.1e} |", flush=True)


if __name__ == "__main__":
    main()
