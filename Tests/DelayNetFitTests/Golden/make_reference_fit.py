"""The reference fit in JAX: every loss, gradient and parameter of its two stages, for `ReferenceFitTests`.

    python make_reference_fit.py [folder of dk_average_structural.npz and dk_average_functional.npz]

Without a folder it is $DELAYNET_DATA, else ../shared/data beside the repository. Writes reference_fit.npz beside itself. The arithmetic
is written out here and shares nothing with the library: a scan of Heun steps, whose coupling is frozen and whose states are
clamped to [0, 1] after predictor and corrector; the untruncated Volterra kernel as a matrix; jnp.corrcoef; optax.adam.

With --quirks NAME[,NAME ...] it prints what the fit becomes with other conventions, and writes nothing. Those of tvboptim 0.4 are:

    average     its temporal average begins one step late: run and transient by themselves, the transient's last step twice
    kernel      20 s of the kernel at 5,000 points that include both ends: 4.0008 ms apart, where the interim is 4 ms
    predictor   only the corrector is clamped
    all         these three

and what no library but The Virtual Brain does:

    late        BOLD is one interim late
"""

import argparse
import json
import os
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)
here = pathlib.Path(__file__).parent
steps, dt, sigma, discarded, every, start = 22_500, 4.0, 0.00283, 20, 250, 0.3
a, b, d, gamma, tau_s, J_N, I_o = 0.270, 0.108, 154.0, 0.641, 100.0, 0.2609, 0.32


class Reference:
    def __init__(self, weights, target, quirks=()):
        self.weights, self.target, self.quirks = jnp.asarray(weights), jnp.asarray(target), quirks
        self.nodes = len(weights)
        self.noise = jax.random.normal(jax.random.key(0), (steps, 1, self.nodes))[:, 0]
        self.kernel = self.kernel_matrix()
        self.gradient = jax.jit(jax.value_and_grad(self.loss))
        self.observe = jax.jit(self.connectivity)
        self.simulate = jax.jit(self.states)

    def states(self, parameters, first):
        """s(1) ... s(T), (T, N)."""
        def drift(s, c, w):
            x = a * (w * J_N * s + J_N * c + I_o) - b
            # jnp.expm1, since 1 - exp loses digits where x is small.
            return -s / tau_s + (1 - s) * gamma * x / -jnp.expm1(-d * x)

        def step(s, z):
            c, dw = parameters["coupling"] * (self.weights @ s), sigma * jnp.sqrt(dt) * z
            now = drift(s, c, parameters["w"])
            predictor = s + dt * now + dw
            if "predictor" not in self.quirks:
                predictor = jnp.clip(predictor, 0, 1)
            then = drift(predictor, c, parameters["w"])
            s = jnp.clip(s + dt / 2 * (now + then) + dw, 0, 1)
            return s, s

        return jax.lax.scan(step, first, self.noise)[1]

    def kernel_matrix(self):
        """The weight in column k of BOLD of every step of transient and run, (K, 2T)."""
        tau, omega = 0.8, np.sqrt(1 / 0.4 - 1 / (4 * 0.8**2))
        k = np.arange(1, steps // every + 1)[:, None] * every + steps - 1 - np.arange(2 * steps) - ("late" in self.quirks)
        spacing, longest = (20_000 / 4999, 5000) if "kernel" in self.quirks else (dt, 2 * steps)
        t = k * spacing / 1000
        return np.where((k > 0) & (k < longest), np.exp(-t / (2 * tau)) * np.sin(omega * t) / (3 * omega), 0)

    def late(self, s):
        """Steps as the monitor has them."""
        return jnp.concatenate([s[1:], s[-1:]]) if "average" in self.quirks else s

    def begin(self, parameters):
        """A transient with the same noise: where the run begins, and what BOLD remembers."""
        transient = self.simulate(parameters, jnp.full(self.nodes, start))
        return transient[-1], jnp.asarray(self.kernel[:, :steps]) @ self.late(transient)

    def connectivity(self, parameters, begin):
        first, remembered = begin
        bold = remembered + jnp.asarray(self.kernel[:, steps:]) @ self.late(self.states(parameters, first))
        bold = 5.6 * 0.02 * (bold - 1)
        return jnp.corrcoef(bold[discarded:].T)

    def loss(self, parameters, begin):
        """The root of the mean square over the whole matrix, whose diagonal is 0."""
        difference = (self.connectivity(parameters, begin) - self.target) * (1 - np.eye(self.nodes))
        return jnp.sqrt((difference**2).mean())

    def correlation(self, parameters, begin):
        """Of the upper triangles."""
        upper = np.triu_indices(self.nodes, 1)
        return np.corrcoef(np.asarray(self.observe(parameters, begin))[upper], np.asarray(self.target)[upper])[0, 1]

    def minimize(self, parameters, begin, rate, iterations, free=None, say=False):
        """optax.adam: what it met at each of its steps, and the parameters of the last of them."""
        optimizer = optax.adam(rate)
        state, log = optimizer.init(parameters), []
        for k in range(iterations):
            value, gradient = self.gradient(parameters, begin)
            if free is not None:
                gradient = {n: g if n in free else jnp.zeros_like(g) for n, g in gradient.items()}
            norm = jnp.sqrt(sum((g**2).sum() for g in gradient.values()))
            log.append({"loss": value, "norm": norm, **parameters, **{f"d{n}": g for n, g in gradient.items()}})
            if say:
                print(k, float(value), float(norm), file=sys.stderr, flush=True)
            last = parameters
            updates, state = optimizer.update(gradient, state)
            parameters = optax.apply_updates(parameters, updates)
        return {n: np.stack([entry[n] for entry in log]) for n in log[0]}, last


def regional(parameters, nodes):
    return {"coupling": parameters["coupling"], "w": jnp.full(nodes, parameters["w"])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--quirks", default=None)
    parser.add_argument("--iterations", type=int, default=51)
    parser.add_argument("--first", action="store_true", help="with --quirks: only the first stage")
    parser.add_argument("--say", action="store_true", help="the loss of every step")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder or os.environ.get("DELAYNET_DATA") or here / "../../../../shared/data")
    weights = np.load(folder / "dk_average_structural.npz")["weights"]
    target = np.load(folder / "dk_average_functional.npz")["fc"]
    quirks = () if options.quirks is None else options.quirks.split(",")
    if "all" in quirks:
        quirks = ("average", "kernel", "predictor")
    reference = Reference(weights / weights.max(), target, quirks)
    parameters = {"coupling": jnp.asarray(0.15), "w": jnp.asarray(0.3)}
    begin = reference.begin(parameters)
    first, fitted = reference.minimize(parameters, begin, 0.01, options.iterations, say=options.say)
    spread = regional(fitted, reference.nodes)
    renewed = reference.begin(fitted)
    if options.quirks is not None:
        def show(name, log, parameters, begin):
            print(json.dumps({
                "quirks": quirks, "stage": name, "losses": [float(log["loss"][k]) for k in (0, -2, -1)],
                "coupling": float(parameters["coupling"]),
                "w": np.asarray(parameters["w"]).mean().item(), "r": reference.correlation(parameters, begin)}), flush=True)

        print(json.dumps({"r": reference.correlation({"coupling": 0.15, "w": 0.3}, begin)}))
        show("1", first, fitted, begin)
        if options.first:
            return
        for name, where, free in (("2, the transient of 1", begin, None), ("2, the transient of 1, G kept", begin, {"w"}),
                                  ("2, its own transient", renewed, None)):
            log, best = reference.minimize(spread, where, 0.005, options.iterations, free, options.say)
            show(name, log, best, where)
        return
    arrays = {f"first_{name}": array for name, array in first.items()}
    for name, where in (("kept", begin), ("renewed", renewed)):
        log, _ = reference.minimize(spread, where, 0.005, 21, say=options.say)
        arrays |= {f"{name}_{key}": array for key, array in log.items()}
    arrays["correlation"] = [reference.correlation(parameters, begin), reference.correlation(fitted, begin)]
    np.savez_compressed(here / "reference_fit.npz", **{k: np.ascontiguousarray(v, np.float64) for k, v in arrays.items()})


if __name__ == "__main__":
    main()
