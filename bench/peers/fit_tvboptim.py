"""tvboptim's fit of Wong and Wang's network to functional connectivity: the reference fit of fits.py.

    python bench/peers/fit_tvboptim.py [--steps 22500] [--iterations 50]     the whole fit, alone: its numbers, time and memory

The network without delays has its FastLinearCoupling, frozen as by default; Heun in a BoundedSolver, which clamps the corrector
and not the predictor; noise of jax.random.key(0), the same in transient and run; HRFBold behind the transient, whose temporal
average begins one step late and whose kernel's 5,000 points are 4.0008 ms apart; compute_fc of what follows 20 columns; rmse over
the whole matrix. The fit is that of a user: parameters are Parameter, OptaxOptimizer runs optax.adam.
"""
import argparse
import copy
import json
import time

import numpy as np

import networks


class Fit:
    """The model, its state behind the transient, and what is made of a run."""

    def __init__(self, case, steps, delayed=False):
        import jax
        import jax.numpy as jnp
        from tvboptim.experimental.network_dynamics import Network, coupling, prepare
        from tvboptim.experimental.network_dynamics.dynamics.tvb import ReducedWongWang
        from tvboptim.experimental.network_dynamics.graph import DenseDelayGraph, DenseGraph
        from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
        from tvboptim.experimental.network_dynamics.solvers import BoundedSolver, Heun
        from tvboptim.observations.observation import compute_fc, rmse
        from tvboptim.observations.tvb_monitors.bold import HRFBold

        self.kind, weights = "delayed" if delayed else "instant", jnp.asarray(case.weights)
        network = Network(
            dynamics=ReducedWongWang(w=case.parameters["w"], I_o=case.parameters["I_o"], INITIAL_STATE=(case.start[0][0],)),
            coupling={self.kind: coupling.DelayedLinearCoupling(incoming_states="S", G=case.G) if delayed
                      else coupling.FastLinearCoupling(local_states="S", G=case.G)},
            graph=DenseDelayGraph(weights=weights, delays=jnp.asarray(case.delays * case.dt, float)) if delayed
            else DenseGraph(weights=weights),
            noise=AdditiveNoise(sigma=case.sigma[0], apply_to="S", key=jax.random.key(0)))
        when = dict(t0=0.0, t1=steps * case.dt, dt=case.dt)
        solver = BoundedSolver(Heun(), low=0.0, high=1.0)
        solve, state = prepare(network, solver, **when)
        transient = jax.jit(solve)(state)
        network.update_history(transient)
        self.solve, self.state = prepare(network, solver, **when)
        monitor = HRFBold(period=1000.0, downsample_period=case.dt, voi=0, history=transient)
        target, skipped = jnp.asarray(case.functional), case.skipped
        self.bold = lambda state: monitor(self.solve(state))
        self.connectivity = jax.jit(lambda state: compute_fc(self.bold(state), skip_t=skipped))
        self.loss = lambda state: rmse(compute_fc(self.bold(state), skip_t=skipped), target)
        self.jax, self.nodes, self.target = jax, case.nodes, case.functional

    def gradient_at(self, G, w):
        """A call that returns value, and gradient by G and every w."""
        import equinox
        import jax.numpy as jnp

        def loss(G, w):
            return self.loss(equinox.tree_at(lambda c: (c.coupling[self.kind].G, c.dynamics.w), self.state, (G, w)))

        function = self.jax.jit(self.jax.value_and_grad(loss, argnums=(0, 1)))
        G, w = jnp.asarray(G), jnp.broadcast_to(jnp.asarray(w, float), self.nodes)

        def call():
            value, (by_G, by_w) = self.jax.block_until_ready(function(G, w))
            return float(value), float(by_G), np.asarray(by_w)
        return call

    def whole(self, iterations, regional_G=True):
        """Adam for G and w, then with a w a region: what is reported of each stage."""
        import jax.numpy as jnp
        import optax
        from tvboptim.optim.optax import OptaxOptimizer
        from tvboptim.types import Parameter

        upper = np.triu_indices(self.nodes, 1)

        def report(state, losses):
            r = np.corrcoef(np.asarray(self.connectivity(state))[upper], self.target[upper])[0, 1]
            return {"losses": [*losses, float(self.jax.jit(self.loss)(state))], "correlation": float(r),
                    "coupling": float(jnp.asarray(state.coupling[self.kind].G)),
                    "w": np.asarray(jnp.asarray(state.dynamics.w)).tolist()}

        def run(state, rate):
            losses = []

            def keep(number, free, fixed, data, aux, loss, gradients):
                losses.append(float(loss))
                return False, free, fixed

            state, _ = OptaxOptimizer(self.loss, optax.adam(rate), callback=keep).run(state, max_steps=iterations)
            return state, report(state, losses)

        state = copy.deepcopy(self.state)
        reports = [report(state, [])]
        state.coupling[self.kind].G = Parameter(jnp.asarray(state.coupling[self.kind].G))
        state.dynamics.w = Parameter(jnp.asarray(state.dynamics.w))
        state, first = run(state, 0.01)
        if not regional_G:
            state.coupling[self.kind].G = jnp.asarray(state.coupling[self.kind].G)
        state.dynamics.w = Parameter(jnp.broadcast_to(jnp.asarray(state.dynamics.w), self.nodes))
        return [*reports, first, run(state, 0.005)[1]]


def main():
    import jax

    import fits
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=fits.STEPS)
    parser.add_argument("--iterations", type=int, default=50)
    parser.add_argument("--coupling-kept", action="store_true", help="in the second stage w alone is free")
    options = parser.parse_args()
    start = time.perf_counter()
    reports = Fit(fits.reference(), options.steps).whole(options.iterations, not options.coupling_kept)
    print(json.dumps({"seconds": time.perf_counter() - start, "stages": reports, "peak_bytes": networks.peak()}))


if __name__ == "__main__":
    main()
