"""Writes the files of this folder: the delay map and its derivatives as JAX computes them.

    python Tests/DelayNetTests/Golden/make_map.py

The files are described in the README.md that is written beside them. Made with the versions in
bench/peers/requirements.txt; a run rewrites every file with the same bytes.
"""
import io
import pathlib
import sys
import zipfile

import jax
import jax.numpy as jnp
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent
# The notebook's experiment in JAX is a peer of the benchmark too.
sys.path.insert(0, str(OUT.parents[2] / "bench" / "peers"))
from seed_jax import loss_of, map_of, seed

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)

README = """# Golden arrays of the delay map

Made by `make_map.py` with jax {jax} and numpy {numpy} on the CPU; the arrays are row-major, time innermost.

## The seed experiment: `seed_*.npy`

84 nodes, dense, `keys = split(key(0), 10)`, all drawn in float32: weights `|normal(keys[0], (84, 84))| + 0.5`, delays
`randint(keys[1], (84, 84), 0, 255)`, H = largest delay + 1 = {horizon}, buffer `normal(keys[2], (84, H + T))`; T = 1, 10,
100. The map, written into column H + t when every x_i(t) is known:

    x_i(t) = mean_j weights[i, j] * buffer[j, H + t - delays[i, j]]

| file | shape | |
|---|---|---|
| `seed_weights`, `seed_delays` | (84, 84) | float32, int32 |
| `seed_T<T>_buffer` | (84, H + T) | float32: history and noise samples |
| `seed_T<T>_run_f32` | (84, H + T) | `run(buffer)`; T = 1 and 10 |
| `seed_T<T>_series_f32`, `_f64` | (84, T) | the computed columns of `run(buffer)` |
| `seed_T<T>_loss_f32`, `_f64` | (1) | `gloss`: sum((b1 - run(b))^2) at b = b1 + 1, with b1 = run(buffer) |
| `seed_T<T>_gradient_f32`, `_f64` | (84, H + T) | its gradient with respect to b, the whole input buffer |

`_f64` is the same computation in float64 on the same float32 inputs.
Largest difference between the two, relative to the largest element: {spread}.

## Odd cases: `case_*.npz`

Edge lists, everything in float64, indices and delays int32; the sum is over the edges e with `targets[e]` = i:

    x_i(t) = scale * sum_e weights[e] * buffer[sources[e], H + t - delays[e]] + noise_gain * buffer[i, H + t]

Each archive is uncompressed and holds

| array | shape | |
|---|---|---|
| `targets`, `sources`, `delays`, `weights` | (E) | |
| `history`, `noise` | (N, H), (N, T) | |
| `scale`, `noise_gain` | (1) | |
| `series` | (N, T) | x |
| `cotangent` | (N, T) | random; of `series` |
| `vjp_history`, `vjp_noise`, `vjp_weights`, `vjp_scale`, `vjp_noise_gain` | as the input | vector-Jacobian product |
| `tangent_history`, ..., `tangent_noise_gain` | as the input | random |
| `jvp` | (N, T) | Jacobian-vector product: the tangent of `series` |

The history is an input of the series only: `vjp_history` does not contain a cotangent of the history columns themselves.

| case | N | E | H | T | delays | scale | noise gain | |
|---|---|---|---|---|---|---|---|---|
{cases}
"""


def save(name, array):
    np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))


def save_archive(name, arrays):
    """np.savez without the time of day: equal arrays give equal bytes."""
    with zipfile.ZipFile(OUT / f"{name}.npz", "w", zipfile.ZIP_STORED) as archive:
        for key, array in arrays.items():
            bytes_of = io.BytesIO()
            np.save(bytes_of, np.ascontiguousarray(array))
            archive.writestr(zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0)), bytes_of.getvalue())


# ---- The seed experiment -------------------------------------------------------------------------------------------


def write_seed():
    """Returns H and, for the README, how far float32 is from float64."""
    spread = []
    for steps in (1, 10, 100):
        results = {}
        for dtype, suffix in ((jnp.float32, "f32"), (jnp.float64, "f64")):
            weights, delays, horizon, buffer = seed(steps, dtype)
            run = jax.jit(map_of(weights, delays, horizon, steps, "scan"))
            b1 = run(buffer)
            loss, gradient = jax.jit(loss_of(run, b1))(b1 + 1)
            assert b1.dtype == gradient.dtype == loss.dtype == dtype and horizon == 255
            save(f"seed_T{steps}_series_{suffix}", b1[:, horizon:])
            save(f"seed_T{steps}_loss_{suffix}", loss.reshape(1))
            save(f"seed_T{steps}_gradient_{suffix}", gradient)
            results[suffix] = (b1[:, horizon:], gradient)
            if suffix == "f32":
                save(f"seed_T{steps}_buffer", buffer)
                if steps < 100:
                    save(f"seed_T{steps}_run_{suffix}", b1)
                if steps == 1:
                    save("seed_weights", weights)
                    save("seed_delays", delays)
        far = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(results["f32"], results["f64"])]
        spread.append(f"T = {steps}: series {far[0]:.1g}, gradient {far[1]:.1g}")
    return horizon, "; ".join(spread)


# ---- Odd cases -----------------------------------------------------------------------------------------------------


def series_of(targets, sources, delays, nodes, horizon, steps):
    """The map of semantics.md, section 1, as a function of everything that can be differentiated."""

    def series(history, noise, weights, scale, noise_gain):
        def step(buffer, t):
            reads = buffer[sources, horizon + t - delays]
            coupled = jnp.zeros(nodes).at[targets].add(weights * reads)
            x = scale * coupled + noise_gain * buffer[:, horizon + t]
            return buffer.at[:, horizon + t].set(x), x

        return jax.lax.scan(step, jnp.concatenate([history, noise], axis=1), jnp.arange(steps))[1].T

    return series


def dense(nodes):
    """Targets and sources of all N * N edges, in the order i * N + j."""
    i, j = np.divmod(np.arange(nodes * nodes), nodes)
    return i, j


def chosen(rng, nodes, edges):
    return rng.integers(nodes, size=edges), rng.integers(nodes, size=edges)


def cases():
    """Yields name, N, H, T, (targets, sources), delays, scale, noise gain, a remark, and optionally given weights."""
    rng = np.random.default_rng(20240607)
    yield "self", 1, 1, 1, ([0], [0]), [1], 1.0, 0.0, "one node, one step, one connection to itself"
    yield ("self_thrice", 1, 4, 15, ([0, 0, 0], [0, 0, 0]), [0, 3, 3], 0.7, 0.0,
           "self-connections, duplicates, one of them without delay")
    yield "equal", 2, 5, 16, dense(2), np.full(4, 5), 0.5, 1.0, "all delays equal"
    yield "zero", 2, 3, 17, dense(2), np.zeros(4, int), 0.5, 0.0, "all delays zero: only noise is read"
    yield "zero_no_history", 3, 0, 17, dense(3), np.zeros(9, int), 1 / 3, 0.3, "H = 0"
    yield "all_longest", 3, 20, 17, dense(3), np.full(9, 20), 1 / 3, 0.0, "all delays = H > T: nothing is fed back"
    yield "chain", 2, 1, 129, ([1], [0]), [1], -0.9, 0.3, "one way only: from node 0 to node 1"
    yield "no_edges", 3, 2, 15, ([], []), [], 1.0, 0.3, "no edges"
    yield ("asymmetric", 3, 40, 129, chosen(rng, 3, 7), rng.integers(0, 41, 7), 0.4, 1.0,
           "few edges, asymmetric, stochastic linear network")
    delays = rng.integers(64, 121, 289)
    delays[100] = 1
    yield "one_short", 17, 120, 129, dense(17), delays, 1 / 17, 0.3, "one short edge among long ones"
    yield "uniform", 17, 255, 129, dense(17), rng.integers(0, 255, 289), 1 / 17, 0.0, "delays 0 ... 254, mean"
    yield "classes", 17, 130, 129, dense(17), np.arange(289) % 131, 1 / 17, 1.0, "every delay 0 ... 130"
    i, j = chosen(rng, 17, 40)
    yield ("duplicates", 17, 33, 16, (np.concatenate([i, i, np.arange(17)]), np.concatenate([j, j, np.arange(17)])),
           rng.integers(0, 34, 97), 0.2, 0.3, "duplicate edges with equal and other delays, self-connections")
    i, j = chosen(rng, 5, 12)
    yield ("isolated", 17, 16, 15, (i * 3, j * 3 + 1), rng.integers(0, 17, 12), 0.5, 1.0,
           "isolated nodes; sources that hear nobody, targets that nobody hears")
    weights = rng.standard_normal(289)
    weights[rng.random(289) < 0.7] = 0
    yield ("zero_weights", 17, 64, 129, dense(17), rng.integers(1, 65, 289), 1 / 17, 0.0,
           "seven weights in ten are 0: their gradients are not", weights)
    yield ("long_history", 17, 300, 17, chosen(rng, 17, 60), rng.integers(0, 41, 60), 0.3, 0.0,
           "H larger than needed: longest delay 40")
    yield "short", 17, 15, 129, chosen(rng, 17, 80), rng.integers(1, 16, 80), 0.25, 0.3, "delays 1 ... 15, a sparse net"
    yield "one_step", 17, 16, 1, dense(17), rng.integers(0, 17, 289), 1 / 17, 1.0, "T = 1"


def write_case(name, nodes, horizon, steps, edges, delays, scale, noise_gain, remark, weights=None):
    rng = np.random.default_rng(list(name.encode()))
    targets, sources, delays = (np.asarray(a, np.int32) for a in (*edges, delays))
    weights = rng.standard_normal(len(delays)) if weights is None else weights
    # Rows of scale * |weights| sum to 0.95 at most, so that nothing grows over the steps.
    rows = np.bincount(targets, np.abs(weights), nodes)
    weights = weights * 0.95 / max(abs(scale) * rows.max(), 1e-300) if len(delays) else weights
    primals = {"history": rng.standard_normal((nodes, horizon)), "noise": rng.standard_normal((nodes, steps)),
               "weights": weights, "scale": np.array(scale), "noise_gain": np.array(noise_gain)}
    tangents = {key: rng.standard_normal(np.shape(value)) for key, value in primals.items()}
    function = series_of(targets, sources, delays, nodes, horizon, steps)
    series, pullback = jax.vjp(function, *primals.values())
    cotangent = rng.standard_normal(series.shape)
    cotangents = pullback(jnp.asarray(cotangent))
    jvp = jax.jvp(function, tuple(primals.values()), tuple(jnp.asarray(t) for t in tangents.values()))[1]
    # <cotangent, J tangent> = <J^T cotangent, tangent>: the two products belong to one Jacobian.
    left = np.sum(cotangent * np.asarray(jvp))
    right = sum(np.sum(np.asarray(c) * t) for c, t in zip(cotangents, tangents.values()))
    assert abs(left - right) <= 1e-12 * max(1.0, abs(left)), (name, left, right)
    slow = by_hand(targets, sources, delays, *primals.values())
    assert np.allclose(series, slow, rtol=1e-12, atol=1e-13), name

    arrays = {"targets": targets, "sources": sources, "delays": delays, **primals, "series": series,
              "cotangent": cotangent, **{f"vjp_{key}": c for key, c in zip(primals, cotangents)},
              **{f"tangent_{key}": t for key, t in tangents.items()}, "jvp": jvp}
    arrays = {key: np.atleast_1d(np.asarray(value)) for key, value in arrays.items()}
    assert all(a.dtype == (np.int32 if key in ("targets", "sources", "delays") else np.float64)
               for key, a in arrays.items())
    assert all(np.isfinite(a).all() for a in arrays.values())
    save_archive(f"case_{name}", arrays)
    span = f"{delays.min()} ... {delays.max()}" if len(delays) else "none"
    columns = (f"`{name}`", nodes, len(delays), horizon, steps, span, f"{scale:.4g}", f"{noise_gain:g}", remark)
    return "| " + " | ".join(str(c) for c in columns) + " |"


def by_hand(targets, sources, delays, history, noise, weights, scale, noise_gain):
    """The same series by the plainest loop, to check JAX's reads and order of writes."""
    buffer = np.concatenate([history, noise], axis=1)
    horizon = history.shape[1]
    for t in range(horizon, buffer.shape[1]):
        x = noise_gain * buffer[:, t]
        for i, j, d, w in zip(targets, sources, delays, weights):
            x[i] += scale * w * buffer[j, t - d]
        buffer[:, t] = x
    return buffer[:, horizon:]


def main():
    for old in [*OUT.glob("*.npy"), *OUT.glob("*.npz")]:
        old.unlink()
    horizon, spread = write_seed()
    rows = [write_case(*case) for case in cases()]
    text = README.format(jax=jax.__version__, numpy=np.__version__, horizon=horizon, spread=spread,
                         cases="\n".join(rows))
    (OUT / "README.md").write_text(text)
    files = [*OUT.glob("*.npy"), *OUT.glob("*.npz")]
    print(len(files), "files,", sum(f.stat().st_size for f in files), "bytes")


if __name__ == "__main__":
    main()
