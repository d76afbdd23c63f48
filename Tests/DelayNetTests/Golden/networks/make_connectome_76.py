"""Writes connectome_76_*.npz: Montbrio-Pazo-Roxin as The Virtual Brain computes it.

    .venv-tvb/bin/python Tests/DelayNetTests/Golden/networks/make_connectome_76.py [folder of connectivity_76.zip]

The environment is that of bench/peers/requirements-tvb.txt. The connectome is not in the files, and neither are history and
noise: a test draws them again. Everything is float64.

| case | network | scheme | noise | computed by |
|---|---|---|---|---|
| `connectome_76_frozen` | with the 66 self-connections of length 0 | frozen coupling | none | NbMPRBackend, Simulator |
| `connectome_76_frozen_noise` | the same | frozen coupling | yes | NbMPRBackend, Simulator |
| `connectome_76_heun_noise` | without self-connections | stage-aware Heun | yes | NbMPRBackend |

The trajectories are NbMPRBackend's, all in float64; the Simulator, which keeps its history in float32, is compared with it.

Weights are those of the file divided by their maximum, row = target; delays are rint(lengths / speed / dt), half to even;
H is the longest delay. Parameters of every node: tau = 1, I = 0, Delta = 1, J = 15, eta = -5, cr = 1, cv as in the file.

Draws: x <- 6364136223846793005 x + 1442695040888963407 modulo 2^64, starting from x = seed; a draw u is the new x's upper 24
bits times 2^-24. First the states of t = -H, ..., 0 (the last column is s(0), the others are the history): for each column
r of every node, then V of every node, r = 2 u and V = 4 u - 2.5 (both exact in float32). Then, for each step, z of r for every node, z of V for
every node, z = sqrt(12) (u - 1/2): not normal, but of variance 1, and the same bits everywhere.

| array | shape | |
|---|---|---|
| `seed`, `self_connections`, `scheme` | (1) | int32; 0 or 1; 1 heun, 2 heun_frozen |
| `edges`, `horizon`, `delay_sum`, `clamps` | (1) | int32: E, H, the sum of all delays, how often r = 0 was met in s(t+1) |
| `weight_sum` | (1) | of the divided weights |
| `dt`, `speed`, `G`, `cv` | (1) | ms, mm/ms |
| `sigma` | (2) | of r, V: sqrt(2 nsig) |
| `draws` | (3) | the first three draws |
| `columns` | (T') | int32 |
| `trajectory` | (2, 76, T') | column k is s(columns[k] + 1) |

What was found out about The Virtual Brain 2.10:
- Delays: rint(tract_lengths / speed / dt); edges are the weights that are not 0.
- Coupling `Linear(a, b)`: a * (sum_j w_ij y_j(t - d_ij)) + b, so a = G, b = 0. d = 0 reads the state at the step's start.
- The Simulator's Heun evaluates the coupling once per step (frozen). NbMPRBackend does so with compatibility_mode=True;
  by default it evaluates it again for the corrector, as of t + 1. Then d = 0 is wrong there: the slot of t + 1 still holds
  the noise sample (nodes not yet reached) or already the corrected state (nodes before). Hence no self-connections here.
- Noise: sqrt(2 nsig) sqrt(dt) z, the same in predictor and corrector, drawn step by step in the shape (states, nodes).
- State boundaries (r >= 0) are applied after the predictor and after the corrector, and to the given history; NbBackend,
  the generic one, does not apply them at all.
- The Simulator's history is float32 (and so are given initial conditions); its states are float64.
- Given initial conditions are (horizon, states, nodes, modes), oldest first, the last row is s(0); horizon is the longest
  delay + 1. NbMPRBackend expects s(0) in row 0 of the ring, as it is without given ones, and takes given ones in the
  wrong order; here its ring is rolled beforehand.
- A stimulus acts on V only, dt * stimulus in both stages.
"""
import argparse
import io
import logging
import pathlib
import sys
import zipfile

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent
# The Virtual Brain and the connectome are those of the benchmark.
sys.path.insert(0, str(OUT.parents[3] / "bench" / "peers"))
import connectome
from network_tvb import by_simulator, simulator

NODES, STEPS, EVERY, DT, SPEED = 76, 1500, 60, 0.1, 3.0


class Draws:
    """The congruential generator of the description; `uniform` fills arrays in row-major order."""

    def __init__(self, seed):
        self.x = seed

    def uniform(self, *shape):
        def draw():
            self.x = (6364136223846793005 * self.x + 1442695040888963407) % 2 ** 64
            return (self.x >> 40) * 2.0 ** -24
        return np.array([draw() for _ in range(int(np.prod(shape)))]).reshape(shape)


def by_backend(sim, steps, frozen):
    from tvb.simulator.backend.nb_mpr import NbMPRBackend

    sim.history.buffer = np.roll(sim.history.buffer, 1, axis=0)
    sim.integrator.noise.nsig = sim.integrator.noise.nsig.reshape(-1, 1, 1)
    ((_, data),) = NbMPRBackend().run_sim(sim, nstep=steps, compatibility_mode=frozen)
    return data[..., 0].transpose(1, 2, 0)


def by_hand(targets, sources, delays, weights, G, cv, sigma, states, noise, frozen):
    """The equations of semantics.md, section 2, with delays of at least 1 where the coupling is not frozen."""
    horizon, steps = len(states) - 1, len(noise)
    past = np.concatenate([states, np.empty((steps, *states.shape[1:]))])
    matrix = np.zeros((NODES, len(targets)))
    matrix[targets, np.arange(len(targets))] = weights

    def coupling(t):
        return G * matrix @ past[horizon + t - delays, :, sources]

    def drift(s, k):
        r, v = s
        return np.stack([1 / np.pi + 2 * r * v,
                         v ** 2 - (np.pi * r) ** 2 - 5 + 15 * r + k[:, 0] + cv * k[:, 1]])

    for t in range(steps):
        s, kick = past[horizon + t], sigma[:, None] * np.sqrt(DT) * noise[t]
        k = coupling(t)
        f = drift(s, k)
        p = s + DT * f + kick
        p[0] = np.maximum(p[0], 0)
        s = s + DT / 2 * (f + drift(p, k if frozen else coupling(t + 1))) + kick
        s[0] = np.maximum(s[0], 0)
        past[horizon + t + 1] = s
    return past[horizon + 1:].transpose(1, 2, 0)


def agree(what, ours, theirs, tolerance):
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    print(f"  {what}: {error:.1e}")
    assert error < tolerance, what


def write_case(name, file, seed, G, cv, sigma, self_connections, frozen):
    nodes, targets, sources, delays, weights = connectome.read(file, DT, SPEED)
    with zipfile.ZipFile(file) as archive:
        lengths = np.loadtxt(io.BytesIO(archive.read("tract_lengths.txt")))
    weights = weights / weights.max()
    if not self_connections:
        kept = targets != sources
        targets, sources, delays, weights = targets[kept], sources[kept], delays[kept], weights[kept]
    # Tracts longer than every kept one would only lengthen the history.
    used = np.zeros((nodes, nodes), bool)
    used[targets, sources] = True
    matrix = np.zeros((nodes, nodes))
    matrix[targets, sources] = weights
    horizon = int(delays.max())
    assert nodes == NODES and (frozen or delays.min() > 0)

    draws = Draws(seed)
    states = draws.uniform(horizon + 1, 2, nodes) * np.array([2, 4])[:, None] - np.array([0, 2.5])[:, None]
    sigma = np.array(sigma)
    noise = np.sqrt(12) * (draws.uniform(STEPS, 2, nodes) - 0.5)
    arguments = matrix, np.where(used, lengths, 0), G, cv, sigma, states, noise, DT, SPEED
    print(name)
    series = by_backend(simulator(*arguments), STEPS, frozen)
    if frozen:
        agree("its two implementations", series, by_simulator(sim := simulator(*arguments), STEPS), 1e-4)
        idelays = sim.connectivity.idelays
        assert (idelays[targets, sources] == delays).all()
    agree("by hand", by_hand(targets, sources, delays, weights, G, cv, sigma, states, noise, frozen), series, 1e-10)
    assert np.isfinite(series).all()
    columns = np.arange(EVERY - 1, STEPS, EVERY)
    clamps = int((series[0] == 0).sum())
    arrays = {"seed": seed, "self_connections": int(self_connections), "scheme": 2 if frozen else 1,
              "edges": len(weights), "horizon": horizon, "delay_sum": int(delays.sum()), "clamps": clamps,
              "weight_sum": weights.sum(), "dt": DT, "speed": SPEED, "G": G, "cv": cv, "sigma": sigma,
              "draws": Draws(seed).uniform(3), "columns": columns, "trajectory": series[:, :, columns]}
    print(f"  r {series[0].min():.3g} ... {series[0].max():.3g}, V {series[1].min():.3g} ... {series[1].max():.3g}, "
          f"mean r {series[0].mean():.3g}, clamps {clamps}, H {horizon}, E {len(weights)}")
    with zipfile.ZipFile(OUT / f"{name}.npz", "w", zipfile.ZIP_STORED) as archive:
        for key, value in arrays.items():
            value = np.atleast_1d(np.asarray(value))
            data = io.BytesIO()
            np.save(data, np.ascontiguousarray(value.astype(np.int32 if value.dtype.kind == "i" else np.float64)))
            archive.writestr(zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0)), data.getvalue())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="of connectivity_76.zip; $DELAYNET_DATA, else ../shared/data")
    file = connectome.path("connectivity_76.zip", parser.parse_args().folder)
    if not file:
        parser.exit(1, "connectivity_76.zip is not there\n")
    logging.disable(logging.WARNING)
    write_case("connectome_76_frozen", file, 1, 0.05, 0.0, [0.0, 0.0], True, True)
    write_case("connectome_76_frozen_noise", file, 2, 0.05, 0.1, [0.1, 0.2], True, True)
    write_case("connectome_76_heun_noise", file, 3, 0.05, 0.1, [0.1, 0.2], False, False)


if __name__ == "__main__":
    main()
