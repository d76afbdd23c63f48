"""The reference fit of the benchmark, and DelayNet's side of it through the Python package.

Wong and Wang's network on dk_average_structural without delays, weights over their maximum, w = 0.3, I_o = 0.32, G = 0.15,
S(0) = 0.3, sigma = 0.00283, dt = 4 ms, 90 s behind a transient of 90 s with the same noise,
jax.random.normal(jax.random.key(0), (22500, 1, 84)); BOLD every second; functional connectivity of what follows 20 columns; the root mean square of its difference to
dk_average_functional over the whole matrix with a diagonal of 0; Adam, 50 steps at 0.01 for G and w, 50 at 0.005 with a w a
region. `delayed` has lengths / 3 mm/ms in steps, half to even. All in float64.
"""
import dataclasses
import os

import numpy as np

import clib
import connectome
import networks

os.environ.setdefault("DELAYNET_LIBRARY", str(clib.build()))
import delaynet  # noqa: E402

STEPS, SKIPPED = 22500, 20


def reference(delayed=False):
    """The case; None where a file of it is not there."""
    files = [connectome.path(f"dk_average_{name}.npz") for name in ("structural", "functional")]
    if None in files:
        return None
    structural, functional = map(np.load, files)
    weights = structural["weights"] / structural["weights"].max()
    # No edge without delay: what peers read there is their own.
    delays = np.maximum(np.rint(structural["lengths"] / 3.0 / 4.0), 1) * (weights != 0) * delayed
    case = networks.Case("wong_wang", weights, delays.astype(np.int32), 4.0, 0.15, [0.00283], [(0.3, 0.3)],
                         functional["fc"], w=0.3, I_o=0.32)
    case.skipped = SKIPPED
    return case


def connectivity_loss(bold, target):
    """The root mean square of correlations minus target, diagonals 0, and its gradient by the series (N, K)."""
    centred = bold - bold.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    z = centred / norms
    difference = z @ z.T - target
    np.fill_diagonal(difference, 0)
    value = np.sqrt((difference**2).mean())
    dz = (difference + difference.T) @ z / (value * difference.size)
    return value, (dz - z * (z * dz).sum(axis=1, keepdims=True)) / norms


class Ours:
    """The fit's value and gradient by the Python package."""

    def __init__(self, case, steps, G=None, w=None):
        import jax
        with jax.enable_x64(True):
            noise = np.asarray(jax.random.normal(jax.random.key(0), (steps, 1, case.nodes)))
        network = delaynet.Network(case.weights, case.delays, time_step=case.dt).without_zeros()
        problem = delaynet.Problem(
            network, "wong_wang", coupling=case.G, parameters=dict(case.parameters), stage="frozen", sigma=case.sigma[0],
            noise=noise, initial=np.full((1, case.nodes), case.start[0][0]),
            monitors=[delaynet.Monitor.bold("volterra", repetition_time=1000)])
        end = problem.simulate(steps, threads=1).carry
        self.carry, self.steps, self.case = dataclasses.replace(end, step=0), steps, case
        w = case.parameters["w"] if w is None else w
        self.problem = problem.replace(coupling=case.G if G is None else G,
                                       parameters={**case.parameters, "w": np.broadcast_to(w, case.nodes).copy()})

    def loss(self, series):
        dseries = np.zeros_like(series)
        value, dseries[0, :, self.case.skipped:] = connectivity_loss(series[0, :, self.case.skipped:], self.case.functional)
        return value, dseries

    def gradient(self):
        """Value, and gradient by G and every w."""
        value, found = self.problem.value_and_gradient(self.loss, self.steps, ["coupling", "w"], self.carry, threads=1)
        return value, float(found["coupling"]), found["w"]

    def without_monitor(self):
        """A call of the same run and adjoint with nothing observed: a cotangent of the last state."""
        problem = self.problem.replace(monitors=())
        carry = dataclasses.replace(self.carry, monitors=(), monitored=None)
        last = np.ones((1, self.case.nodes))
        return lambda: problem.record(self.steps, carry, threads=1).pullback(None, ["coupling", "w"], final_state=last, threads=1)
