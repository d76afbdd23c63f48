"""Stochastic networks of neural masses: the cases, and the peers that run them.

    python bench/peers/networks.py [--quick] [--memory] [--tvb-python .venv-tvb/bin/python]

| case | network | model | dt | noise |
|---|---|---|---|---|
| `mpr_76` | connectivity_76 without its self-connections, weights over their maximum, 3 mm/ms: 1,494 edges, H = 462 | Montbrio-Pazo-Roxin, usual parameters, G = 0.05 | 0.1 ms | r 0.01, V 0.02 |
| `tutorial_84` | the same weights, no delays, H = 0 | reduced Wong-Wang, w = 0.45 ... 0.55 region by region, I_o = 0.32, G = 0.5 | 4 ms | 0.001 |
| `wong_wang_84` | dk_average_structural, weights over their maximum, 4 mm/ms: 6,972 edges, H = 56 | reduced Wong-Wang, w = 0.5, I_o = 0.32, G = 0.5 | 1 ms | 0.00283 |

Self-connections are left out because their length is 0, of which vbjax and The Virtual Brain's compiled loop make something
else. Noise is given, (T, S, N), so that every candidate computes the same trajectory; drawing it is not timed.
`peers(case, steps)` gives {name: object} with `run()`, which waits for the result, and `trajectory()`, (S, N, T); tvboptim's
have `gradient()` too. What each computes is described in its file; The Virtual Brain answers from a process of its own, so
that `run()` there includes a round trip through a pipe. All but `stages` in the name or vbjax freeze the coupling.
Not the same work: plain C goes over the edges, and in `mpr_76` couples r alone; The Virtual Brain and vbjax gather r and V
over all N^2 pairs, tvboptim S over all N^2. Plain C and vbjax compute in float32, The Virtual Brain in float64.
"""
import argparse
import atexit
import ctypes
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np

import clib
import connectome

HERE = pathlib.Path(__file__).resolve().parent


class Case:
    """Dense weights and delays in steps (N, N), row = target; a weight of 0 is no edge and has delay 0."""

    def __init__(self, model, weights, delays, dt, G, sigma, start, functional=None, **parameters):
        self.model, self.weights, self.delays, self.dt, self.G = model, weights, delays, dt, G
        self.parameters = parameters
        self.sigma, self.start, self.functional = np.asarray(sigma, float), start, functional
        self.nodes, self.horizon = len(weights), int(delays.max())
        self.targets, self.sources = edges = np.nonzero(weights)
        self.edge_delays, self.edge_weights = delays[edges], weights[edges]
        assert delays[self.targets, self.sources].min() > 0 or not delays.any()

    def states(self):
        """s(-H) ... s(0), (H + 1, S, N)."""
        low, high = (np.array(bound)[:, None] for bound in zip(*self.start))
        return low + (high - low) * np.random.default_rng(1).random((self.horizon + 1, len(self.start), self.nodes))

    def noise(self, steps):
        return np.random.default_rng(2).standard_normal((steps, len(self.start), self.nodes))

    def save(self, file, steps):
        np.savez(file, weights=self.weights, delays=self.delays, dt=self.dt, G=self.G, sigma=self.sigma,
                 states=self.states(), noise=self.noise(steps))


def mpr_76():
    """The case, or None where the connectome is not there."""
    file = connectome.path("connectivity_76.zip")
    if not file:
        return None
    nodes, targets, sources, steps, values = connectome.read(file, time_step=0.1, speed=3.0)
    kept = targets != sources
    weights, delays = np.zeros((nodes, nodes)), np.zeros((nodes, nodes), np.int32)
    weights[targets[kept], sources[kept]] = values[kept] / values.max()
    delays[targets[kept], sources[kept]] = steps[kept]
    return Case("mpr", weights, delays, 0.1, 0.05, [0.01, 0.02], [(0.0, 2.0), (-2.0, 1.5)])


def mpr_998():
    """The large connectome at the same step, weights divided by their row's sum; None where it is not there."""
    file = connectome.path("connectivity_998.zip")
    if not file:
        return None
    nodes, targets, sources, steps, values = connectome.read(file, time_step=0.1, speed=3.0)
    kept = (targets != sources) & (values > 0)
    return mpr_sparse(nodes, targets[kept], sources[kept], steps[kept], values[kept])


def mpr_10000():
    """As many edges a node as a fine parcellation of a cortex has, from anywhere, with delays to 25 ms."""
    rng, nodes, degree = np.random.default_rng(5), 10_000, 77
    targets = np.repeat(np.arange(nodes), degree)
    return mpr_sparse(nodes, targets, rng.integers(0, nodes, targets.size), rng.integers(1, 250, targets.size),
                      rng.random(targets.size))


def mpr_sparse(nodes, targets, sources, steps, values):
    sums = np.bincount(targets, values, minlength=nodes)
    return Sparse("mpr", nodes, targets, sources, steps, values / sums[targets], 0.1, 0.05, [0.01, 0.02],
                  [(0.0, 2.0), (-2.0, 1.5)])


def wong_wang_84():
    file = connectome.path("dk_average_structural.npz")
    if not file:
        return None
    arrays, functional = np.load(file), connectome.path("dk_average_functional.npz")
    weights = arrays["weights"] / arrays["weights"].max()
    delays = np.where(weights != 0, np.rint(arrays["lengths"] / 4.0 / 1.0), 0).astype(np.int32)
    return Case("wong_wang", weights, delays, 1.0, 0.5, [0.00283], [(0.3, 0.3)],
                np.load(functional)["fc"] if functional else None, w=0.5, I_o=0.32)


def tutorial_84():
    """What users of these libraries meet first: no delays, a step of 4 ms; w is fitted region by region.

    Less noise than in `wong_wang_84`: here S would meet its bound 0, which tvboptim does not have."""
    case = wong_wang_84()
    if not case:
        return None
    return Case("wong_wang", case.weights, np.zeros_like(case.delays), 4.0, 0.5, [0.001], [(0.3, 0.3)],
                w=np.linspace(0.45, 0.55, case.nodes), I_o=0.32)


def dense_84(delay):
    """Dense, the same delay everywhere: a linear network, whose own arithmetic is next to nothing. Driven, it does not die out."""
    rng = np.random.default_rng(4)
    return Case("linear", rng.random((84, 84)) / 84, np.full((84, 84), delay, np.int32), 0.1, 0.5, [0.01], [(0.1, 0.5)],
                mu=0.1)


def resident():
    """Bytes of memory that this process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def start_peak():
    """Lets `peak` begin at what this process has now. Linux; getrusage would remember the process that started this one."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def peak(process="self"):
    """Most memory in bytes that a process has had."""
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def like(case, model, **changes):
    """Another model on the network of a case; delays in steps remain."""
    return Case(model, case.weights, case.delays, **changes)


class Sparse(Case):
    """The same by edges, for networks whose matrices would be too large."""

    def __init__(self, model, nodes, targets, sources, steps, values, dt, G, sigma, start, **parameters):
        self.model, self.nodes, self.dt, self.G, self.parameters = model, nodes, dt, G, parameters
        self.targets, self.sources, self.edge_delays, self.edge_weights = targets, sources, steps, values
        self.sigma, self.start, self.functional = np.asarray(sigma, float), start, None
        self.horizon = int(steps.max())


class Plain:
    """The loops of plain_networks.c in float32 over the edges."""

    def __init__(self, lib, case, steps, frozen):
        self.case, self.steps, self.frozen = case, steps, frozen
        edges = case.targets, case.sources
        self.first = np.searchsorted(case.targets, np.arange(case.nodes + 1)).astype(np.int32)
        self.sources, self.delays = (np.ascontiguousarray(a, np.int32) for a in (case.sources, case.delays[edges]))
        self.weights, self.sigma = (np.ascontiguousarray(a, np.float32) for a in (case.weights[edges], case.sigma))
        self.noise = np.ascontiguousarray(case.noise(steps), np.float32)
        states = case.states().transpose(1, 2, 0).astype(np.float32)
        self.buffer = np.concatenate([states, np.zeros((*states.shape[:2], steps), np.float32)], axis=2)
        self.function = lib.plain_mpr if case.model == "mpr" else lib.plain_wong_wang

    def run(self):
        c, case, real = ctypes, self.case, ctypes.c_float
        head = [c.c_ssize_t(n) for n in (case.nodes, case.horizon, self.steps)]
        head += [c.c_void_p(a.ctypes.data) for a in (self.first, self.sources, self.delays, self.weights)]
        head += [real(case.G), real(case.dt)]
        noise, frozen = c.c_void_p(self.noise.ctypes.data), c.c_int(self.frozen)
        rows = [c.c_void_p(a.ctypes.data) for a in self.buffer]
        if case.model == "mpr":
            self.function(*head, c.c_void_p(self.sigma.ctypes.data), noise, frozen, *rows)
        else:
            self.function(*head, real(case.sigma[0]), noise, frozen, c.c_int(0), real(0.5), real(0.32), *rows)

    def trajectory(self):
        self.run()
        return self.buffer[:, :, self.case.horizon + 1:].copy()


class Brain:
    """The Virtual Brain's process; `Brain.Run` is one of its candidates."""

    class Run:
        def __init__(self, brain, name):
            self.brain, self.name = brain, name

        def run(self):
            self.report = self.brain.ask(run=self.name)

        def trajectory(self):
            file = str(pathlib.Path(self.brain.folder.name) / "trajectory.npy")
            self.brain.ask(trajectory=[self.name, file])
            return np.load(file)

    def __init__(self, python, case, steps):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen([python, HERE / "network_tvb.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        atexit.register(self.close)
        file = str(pathlib.Path(self.folder.name) / "case.npz")
        case.save(file, steps)
        self.ask(prepare=file)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The Virtual Brain's process has ended")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def peers(case, steps, lib=None, tvb_python=None):
    """{name: candidate}; The Virtual Brain is left out without its interpreter."""
    import network_tvboptim
    import network_vbjax

    lib = lib or clib.load()
    found = {f"plain C {name}": Plain(lib, case, steps, name == "frozen") for name in ("stages", "frozen")}
    found |= network_vbjax.candidates(case, steps) | network_tvboptim.candidates(case, steps)
    if case.model == "mpr" and tvb_python:
        brain = Brain(tvb_python, case, steps)
        found |= {f"TVB {name}": Brain.Run(brain, name) for name in ("stages", "frozen")}
    return found


def checked(case, found):
    """Prints how far every candidate is from plain C of its scheme, over the first 200 steps."""
    for name, peer in found.items():
        series = np.asarray(peer.trajectory(), float)
        stages = "stages" in name or "vbjax" in name
        plain = found[f"plain C {'stages' if stages else 'frozen'}"].trajectory()
        error = np.abs(series - plain)[:, :, :200].max() / np.abs(plain[:, :, :200]).max()
        assert np.isfinite(series).all(), name
        print(f"  {name}: {error:.1e}; {series.min():.3g} ... {series.max():.3g}, mean {series.mean():.4g}", flush=True)
        assert error < 1e-3, name


def memory_of(program, *arguments):
    """What a program that measures its own memory prints."""
    command = [sys.executable, HERE / program, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def memory(strategy, precision, block, steps, loss="mean"):
    """What one gradient of tvboptim's takes, in a process of its own."""
    return memory_of("network_tvboptim.py", "--memory", strategy, precision, block, steps, "--loss", loss)


def main():
    import jax

    from timing import alternate
    jax.config.update("jax_platforms", "cpu")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    parser.add_argument("--memory", action="store_true", help="also the peak memory of tvboptim's gradients")
    parser.add_argument("--seconds", type=float, default=3.0, help="time spent on each row")
    parser.add_argument("--tvb-python", default=str(clib.ROOT / ".venv-tvb" / "bin" / "python"))
    options = parser.parse_args()
    tvb_python = options.tvb_python if pathlib.Path(options.tvb_python).exists() else None
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for case, steps in ((mpr_76(), 20000), (wong_wang_84(), 60000)):
        if not case:
            print("a connectome is not there: skipped")
            continue
        steps = steps // 10 if options.quick else steps
        print(f"{case.model}: {case.nodes} nodes, {len(case.targets)} edges, H {case.horizon}, {steps} steps")
        found = peers(case, steps, tvb_python=tvb_python)
        checked(case, found)
        # The preallocated buffer's gradient takes longer per step the more steps there are.
        gradients = {f"{name}, gradient": peer.gradient for name, peer in found.items()
                     if hasattr(peer, "gradient") and (options.quick or "preallocated" not in name)}
        for candidates in ({name: peer.run for name, peer in found.items()}, gradients):
            for name, times in (alternate(candidates, options.seconds, 3) if candidates else {}).items():
                # The Virtual Brain works in another process: what this one did not use says nothing.
                lost = "" if name.startswith("TVB") else f", lost {100 * times.lost:.0f} %"
                print(f"  {name}: {1e6 * times.median / steps:.2f} us a step{lost}", flush=True)
    if options.memory:
        steps = 6000 if options.quick else 60000
        for precision in ("float32", "float64"):
            for strategy, block in (("roll", "none"), ("circular", "none"), ("roll", "256")):
                m = memory(strategy, precision, block, steps)
                print(f"  {strategy} {precision} block {block}, {steps} steps: peak {m['peak_bytes'] / 2 ** 20:.0f} MiB, "
                      f"{(m['peak_bytes'] - m['before_bytes']) / 2 ** 20:.0f} MiB more than before; gradient {m['gradient']:.6g}")


if __name__ == "__main__":
    main()
