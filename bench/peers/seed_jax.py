"""Times the notebook's `run` and `gloss` in JAX on the CPU: 84 nodes, delays 0 ... 254, T = 1, 10, 100.

    python bench/peers/seed_jax.py [--float64] [--json FILE] [--steps 1 10 100] [--seconds 2] [--longest-unrolled 100]

run(b) is the delay map (mean over sources, no noise gain) and gloss(b) the value and gradient of sum((run(b0) - run(b))^2)
at run(b0) + 1. Each is compiled once and timed call by call, block_until_ready included: the median of as many calls as
fit into --seconds. Three ways to write the loop over time are tried, `best` is the fastest of them:

    scan      jax.lax.scan over the steps
    scan10    the same with unroll=10
    unrolled  a Python loop, so that XLA sees every step at once; its compile time grows fast with T
"""
import argparse
import json
import platform
import time

import jax
import jax.numpy as jnp
import numpy as np

NODES = 84


def seed(steps, dtype):
    """The notebook's inputs from key 0, drawn in float32: weights, delays, horizon, buffer."""
    keys = jax.random.split(jax.random.key(0), 10)
    weights = jnp.abs(jax.random.normal(keys[0], (NODES, NODES), jnp.float32)) + 0.5
    delays = jax.random.randint(keys[1], (NODES, NODES), 0, 255, jnp.int32)
    horizon = int(delays.max()) + 1
    buffer = jax.random.normal(keys[2], (NODES, horizon + steps), jnp.float32)
    return weights.astype(dtype), delays, horizon, buffer.astype(dtype)


def map_of(weights, delays, horizon, steps, form):
    """run(buffer): each noise column H + t becomes x_i(t) = mean_j weights[i, j] * buffer[j, H + t - delays[i, j]]."""
    sources = jnp.arange(weights.shape[1])

    def step(buffer, t):
        x = jnp.mean(weights * buffer[sources, horizon + t - delays], axis=1)
        return buffer.at[:, horizon + t].set(x), None

    def scan(buffer):
        return jax.lax.scan(step, buffer, jnp.arange(steps), unroll=min(10 if form == "scan10" else 1, steps))[0]

    def unrolled(buffer):
        for t in range(steps):
            buffer, _ = step(buffer, t)
        return buffer

    return unrolled if form == "unrolled" else scan


def loss_of(run, target):
    return jax.value_and_grad(lambda buffer: jnp.sum((target - run(buffer)) ** 2))


def timed(function, argument, seconds):
    """Compile time in seconds and the median, the fastest and the number of calls in microseconds."""
    start = time.perf_counter()
    compiled = jax.jit(function).lower(argument).compile()
    jax.block_until_ready(compiled(argument))
    compile_seconds = time.perf_counter() - start
    calls = []
    end = time.perf_counter() + seconds
    while len(calls) < 20 or time.perf_counter() < end:
        start = time.perf_counter()
        jax.block_until_ready(compiled(argument))
        calls.append(time.perf_counter() - start)
    return {"compile_s": compile_seconds, "median_us": 1e6 * float(np.median(calls)), "least_us": 1e6 * min(calls),
            "calls": len(calls)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--float64", action="store_true", help="compute in double precision")
    parser.add_argument("--json", metavar="FILE", help="also write the table here")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 10, 100], metavar="T")
    parser.add_argument("--seconds", type=float, default=2.0, help="time spent on each entry after compilation")
    parser.add_argument("--longest-unrolled", type=int, default=100, metavar="T", help="no unrolled form beyond")
    options = parser.parse_args()
    jax.config.update("jax_platforms", "cpu")
    if options.float64:
        jax.config.update("jax_enable_x64", True)
    dtype = jnp.float64 if options.float64 else jnp.float32

    rows = []
    print(f"jax {jax.__version__}, {jnp.dtype(dtype).name}, {NODES} nodes, times in microseconds")
    print(f"{'T':>5} {'function':>8} {'form':>8} {'median':>10} {'least':>10} {'per step':>9} {'compile s':>10}"
          f" {'calls':>7}")
    for steps in options.steps:
        weights, delays, horizon, buffer = seed(steps, dtype)
        target = jax.jit(map_of(weights, delays, horizon, steps, "scan"))(buffer)
        for form in ("scan", "scan10", "unrolled"):
            if (form == "unrolled" and steps > options.longest_unrolled) or (form == "scan10" and steps < 20):
                continue
            run = map_of(weights, delays, horizon, steps, form)
            for name, function, argument in (("run", run, buffer), ("gloss", loss_of(run, target), target + 1)):
                row = {"T": steps, "function": name, "form": form, **timed(function, argument, options.seconds)}
                rows.append(row)
                print(f"{steps:5} {name:>8} {form:>8} {row['median_us']:10.1f} {row['least_us']:10.1f}"
                      f" {row['median_us'] / steps:9.2f} {row['compile_s']:10.2f} {row['calls']:7}", flush=True)
        for name in ("run", "gloss"):
            best = min((r for r in rows if r["T"] == steps and r["function"] == name), key=lambda r: r["median_us"])
            print(f"{steps:5} {name:>8} {'best':>8} {best['median_us']:10.1f}  ({best['form']})")
    if options.json:
        report = {"jax": jax.__version__, "numpy": np.__version__, "python": platform.python_version(),
                  "dtype": jnp.dtype(dtype).name, "nodes": NODES, "rows": rows}
        with open(options.json, "w") as file:
            json.dump(report, file, indent=1)


if __name__ == "__main__":
    main()
