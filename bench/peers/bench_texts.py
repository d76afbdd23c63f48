"""Rows of models that are computed from their texts: beside the same models' own kernels, and beside peers whose models are Python.

One thread each. A run draws its noise; its value and gradient is by G, every weight and every parameter.
"""
import ctypes as c
import time

import numpy as np

import networks
from network_ours import Network, dn


def cases():
    """{name: (case or None, steps)}; None where its file is not there."""
    mpr, wong_wang = networks.mpr_76(), networks.wong_wang_84()
    jansen_rit = mpr and networks.like(
        mpr, "jansen_rit", dt=1.0, G=1.0, sigma=[0, 0, 0, 0, 1e-3, 0], 
        start=[(0, 0.2), (15, 25), (10, 20), (-1e-3, 1e-3), (-1e-3, 1e-3), (-1e-3, 1e-3)])
    return {"MPR, 76 regions": (mpr, 4000), "Wong-Wang, 84 regions": (wong_wang, 10000),
            "Jansen-Rit, 76 regions": (jansen_rit, 2000), "MPR, 998 regions": (networks.mpr_998(), 400)}


def natively(s):
    """A text over the kernels that were written for the model."""
    for name, (case, steps) in cases().items():
        if not case:
            s.skip(f"{name}: text over its own kernels", "the connectome is not there")
            continue
        steps //= 10 if s.quick else 1
        runs = {kind: Network(s.lib, case, steps, noise="drawn", tape=0, text=kind == "text") for kind in ("own", "text")}
        free = {kind: Network(s.lib, case, steps, noise="drawn", text=kind == "text") for kind in ("own", "text")}
        series = [run.trajectory() for run in free.values()]
        error = np.abs(series[0] - series[1])[:, :, :200].max() / np.abs(series[0][:, :, :200]).max()
        if not error < 1e-3:
            raise SystemExit(f"{name}: the text is {error:.1e} away from the model's own kernels")
        for what, calls in {"run": {kind: run.run for kind, run in free.items()},
                            "value and gradient": {kind: run.pullback(("coupling", "weights", "parameters"))
                                                   for kind, run in runs.items()}}.items():
            times = s.measure(f"{name}, {what}, text", calls, seconds=1.0)
            s.row(f"{name}: text over its own kernels, {what}", times["text"] / times["own"])


def parsing(s):
    """From text to programs with their derivatives, the model that takes longest."""
    s.lib.dn_model_at.restype = c.POINTER(dn.dn_model)
    slowest = 0
    for k in range(s.lib.dn_model_count()):
        text = s.lib.dn_model_at(k).contents.text
        costs = []
        for _ in range(7):
            model = c.POINTER(dn.dn_model)()
            start = time.perf_counter()
            s.lib.dn_model_parse(c.c_char_p(text), c.c_size_t(len(text)), None, c.byref(model), None)
            costs.append(time.perf_counter() - start)
            s.lib.dn_model_destroy(model)
        slowest = max(slowest, sorted(costs)[3])
    s.row("parsing and differentiating the largest model", 1e3 * slowest)


class Tvboptim:
    """tvboptim's Montbrio-Pazo-Roxin, jitted, without noise: dense delays of r alone, native Heun."""

    def __init__(self, case, steps):
        import jax
        import jax.numpy as jnp
        from tvboptim.experimental.network_dynamics import Network as Theirs, prepare
        from tvboptim.experimental.network_dynamics.coupling import DelayedLinearCoupling
        from tvboptim.experimental.network_dynamics.dynamics.tvb import MontbrioPazoRoxin
        from tvboptim.experimental.network_dynamics.graph import DenseDelayGraph
        from tvboptim.experimental.network_dynamics.solvers import Heun

        network = Theirs(
            dynamics=MontbrioPazoRoxin(),
            coupling={"delayed": DelayedLinearCoupling(incoming_states="r", G=case.G, buffer_strategy="circular")},
            graph=DenseDelayGraph(weights=jnp.asarray(case.weights, jnp.float32),
                                  delays=jnp.asarray(case.delays * case.dt, jnp.float32)))
        solve, self.state = prepare(network, Heun(), t0=0.0, t1=steps * case.dt, dt=case.dt)
        self.solve, self.ready = jax.jit(solve), jax.block_until_ready

    def run(self):
        return self.ready(self.solve(self.state).ys)


def beside_python(s):
    """A first result, and a step, of MPR as a text and as Python that JAX compiles."""
    import network_vbjax
    case = networks.mpr_76()
    if not case:
        s.skip("MPR as text, against Python", "connectivity_76.zip is not there")
        return
    steps = 1000 if s.quick else 5000

    def ours():
        return Network(s.lib, case, steps, noise="none", text=True)

    makers = {"DelayNet": ours, "vbjax": lambda: network_vbjax.Montbrio(case, steps), "tvboptim": lambda: Tvboptim(case, steps)}
    first, made = {}, {}
    for name, make in makers.items():
        start = time.perf_counter()
        made[name] = make()
        made[name].run()
        first[name] = time.perf_counter() - start
    times = s.measure("MPR as text", {name: it.run for name, it in made.items()}, seconds=1.0, least=3)
    for name in ("vbjax", "tvboptim"):
        s.row(f"MPR as text, against {name}: first result", first[name] / first["DelayNet"])
        s.row(f"MPR as text, against {name}: a step", times[name] / times["DelayNet"])
