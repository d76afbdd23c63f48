"""tvboptim's reduced Wong-Wang network: forward, and value and gradient of a loss with respect to G.

    python bench/peers/network_tvboptim.py --memory roll float32 none 60000     peak memory of one gradient, alone

The case is that of its article on gradient checkpointing: w = 0.5, I_o = 0.32, the other parameters usual (a = 0.270,
b = 0.108, d = 154, gamma = 0.641, tau_s = 100, J_N = 0.2609), S(0) = 0.3 for all times before, G = 0.5, weights over their
maximum, 4 mm/ms, dt = 1 ms, sigma = 0.00283. Native Heun: delays rint(d / dt); the coupling is frozen, which with nearest
history reads is its default and all it offers for linear coupling; S has no bounds; noise sigma sqrt(dt) z, the same in both
stages. It is dense: 84^2 reads a step. Noise is drawn by JAX inside the call unless `given`.

Losses: `mean`, of S over the second half; `fc`, its article's: RMSE of the BOLD signal's functional connectivity.
`block` is its `block_size`: gradient checkpointing in blocks of so many steps.
"""
import argparse
import contextlib
import json
import time

import numpy as np

STRATEGIES = ("roll", "circular", "preallocated")


class Network:
    def __init__(self, case, steps, strategy="roll", precision="float32", block=None, loss="mean", given=True):
        import equinox
        import jax
        import jax.numpy as jnp
        from tvboptim.experimental.network_dynamics import Network as Theirs, prepare
        from tvboptim.experimental.network_dynamics.coupling import DelayedLinearCoupling
        from tvboptim.experimental.network_dynamics.dynamics.tvb import ReducedWongWang
        from tvboptim.experimental.network_dynamics.graph import DenseDelayGraph
        from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
        from tvboptim.experimental.network_dynamics.solvers import Heun

        self.jax, self.wide = jax, precision == "float64"
        with self.precision():
            dtype = jnp.dtype(precision)
            network = Theirs(
                dynamics=ReducedWongWang(w=0.5, I_o=0.32, INITIAL_STATE=(0.3,)),
                coupling={"delayed": DelayedLinearCoupling(incoming_states="S", G=case.G, buffer_strategy=strategy)},
                graph=DenseDelayGraph(weights=jnp.asarray(case.weights, dtype),
                                      delays=jnp.asarray(case.delays * case.dt, dtype)),
                noise=AdditiveNoise(sigma=case.sigma[0], apply_to="S", key=jax.random.key(0)))
            solve, state = prepare(network, Heun(block_size=block), t0=0.0, t1=steps * case.dt, dt=case.dt)
            if given:
                state._internal.noise_samples = jnp.asarray(case.noise(steps), dtype)
            self.G = jnp.asarray(case.G, dtype)
            if loss == "fc":
                from tvboptim.observations.observation import compute_fc, rmse
                from tvboptim.observations.tvb_monitors.bold import HRFBold
                monitor = HRFBold(period=1000.0, downsample_period=case.dt, voi=0)
                target = jnp.asarray(case.functional, dtype)

            def value(state, G):
                result = solve(equinox.tree_at(lambda c: c.coupling.delayed.G, state, G))
                if loss == "fc":
                    return rmse(compute_fc(monitor(result), skip_t=20), target)
                return jnp.mean(result.ys[steps // 2:, 0])

            # The state, noise included, is closed over as in its own benchmark; the compiler cannot fold a loop.
            self.forward = jax.jit(lambda G: solve(equinox.tree_at(lambda c: c.coupling.delayed.G, state, G)).ys)
            self.backward = jax.jit(jax.value_and_grad(lambda G: value(state, G)))

    def precision(self):
        return self.jax.enable_x64(True) if self.wide else contextlib.nullcontext()

    def run(self):
        with self.precision():
            self.result = self.jax.block_until_ready(self.forward(self.G))

    def gradient(self):
        """Value and gradient with respect to G."""
        with self.precision():
            return tuple(float(x) for x in self.jax.block_until_ready(self.backward(self.G)))

    def trajectory(self):
        self.run()
        return np.asarray(self.result).transpose(1, 2, 0)


class Instant:
    """A network without delays; value and gradient with respect to G and every region's w."""

    def __init__(self, case, steps, coupling="LinearCoupling", precision="float64", block=None):
        import equinox
        import jax
        import jax.numpy as jnp
        from tvboptim.experimental.network_dynamics import Network as Theirs, coupling as couplings, prepare
        from tvboptim.experimental.network_dynamics.dynamics.tvb import ReducedWongWang
        from tvboptim.experimental.network_dynamics.graph import DenseGraph
        from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
        from tvboptim.experimental.network_dynamics.solvers import Heun

        self.jax, self.wide = jax, precision == "float64"
        with self.precision():
            dtype = jnp.dtype(precision)
            kind = getattr(couplings, coupling)
            states = "local_states" if coupling == "FastLinearCoupling" else "incoming_states"
            network = Theirs(
                dynamics=ReducedWongWang(w=jnp.asarray(case.parameters["w"], dtype), I_o=0.32, INITIAL_STATE=(0.3,)),
                coupling={"instant": kind(**{states: "S"}, G=case.G)},
                graph=DenseGraph(weights=jnp.asarray(case.weights, dtype)),
                noise=AdditiveNoise(sigma=case.sigma[0], apply_to="S", key=jax.random.key(0)))
            solve, state = prepare(network, Heun(block_size=block), t0=0.0, t1=steps * case.dt, dt=case.dt)
            state._internal.noise_samples = jnp.asarray(case.noise(steps), dtype)
            self.inputs = jnp.asarray(case.G, dtype), jnp.asarray(case.parameters["w"], dtype)

            def result(G, w):
                return solve(equinox.tree_at(lambda c: (c.coupling.instant.G, c.dynamics.w), state, (G, w))).ys

            self.forward = jax.jit(result)
            self.backward = jax.jit(jax.value_and_grad(lambda G, w: jnp.mean(result(G, w)[steps // 2:, 0]), argnums=(0, 1)))

    precision = Network.precision

    def run(self):
        with self.precision():
            self.result = self.jax.block_until_ready(self.forward(*self.inputs))

    def gradient(self):
        with self.precision():
            value, (G, w) = self.jax.block_until_ready(self.backward(*self.inputs))
            return float(value), float(G), np.asarray(w)

    def trajectory(self):
        self.run()
        return np.asarray(self.result).transpose(1, 2, 0)


def instant_candidates(case, steps):
    return {f"tvboptim {coupling} {precision}": Instant(case, steps, coupling, precision)
            for coupling in ("LinearCoupling", "FastLinearCoupling") for precision in ("float32", "float64")}


def candidates(case, steps, blocks=(None,)):
    if case.model != "wong_wang":
        return {}
    return {f"tvboptim {strategy} {precision}" + (f" block {block}" if block else ""):
            Network(case, steps, strategy, precision, block)
            for strategy in STRATEGIES for precision in ("float32", "float64") for block in blocks}


def main():
    import jax

    import networks
    jax.config.update("jax_platforms", "cpu")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", nargs=4, required=True, metavar=("STRATEGY", "PRECISION", "BLOCK", "STEPS"))
    parser.add_argument("--loss", choices=("mean", "fc"), default="mean")
    options = parser.parse_args()
    strategy, precision, block, steps = options.memory
    network = Network(networks.wong_wang_84(), int(steps), strategy, precision, None if block == "none" else int(block),
                      options.loss)
    # Everything but the call itself is there before: the arrays and the compiled code.
    with network.precision():
        network.backward = network.backward.lower(network.G).compile()
    before = networks.resident()
    networks.start_peak()
    start = time.perf_counter()
    value, gradient = network.gradient()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "value": value, "gradient": gradient, "peak_bytes": networks.peak(),
                      "before_bytes": before}))


if __name__ == "__main__":
    main()
