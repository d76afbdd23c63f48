"""The benchmark's rows of stochastic networks: DelayNet beside the peers of networks.py.

A trajectory that differs from plain C's, or from DelayNet's, ends the run before anything is timed. Noise is given, so that
all compute the same, but where a row says drawn.
"""
import pathlib
import subprocess
import tempfile
import time

import numpy as np

import clib
import connectome
import networks
from network_ours import Network

EVERYTHING = ("weights", "coupling", "parameters", "sigma", "noise", "initial", "history")
TVB_PYTHON = clib.ROOT / ".venv-tvb" / "bin" / "python"
# With one level of checkpoints: a smaller tape of wong_wang_84 takes two and computes most steps three times.
TAPE = 3 << 20


def two_threads(s):
    """Before anything is pinned."""
    what = "MPR, 16 members at once, 2 threads over 1"
    case = networks.mpr_76()
    if not case:
        return s.skip(what, "connectivity_76.zip is not there")
    steps = 500 if s.quick else 5000
    times = s.measure(what, {n: Network(s.lib, case, steps, noise="drawn", every=10, thinning="average", members=16,
                                        threads=n).run for n in (1, 2)})
    s.row(what, times[1] / times[2])
    shared_runs(s)


def shared_runs(s):
    """One run by two threads: from where it pays, and where it does not."""
    for name, make, most in (("N = 998, 35,730 edges", networks.mpr_998, 2000),
                             ("N = 10,000, 770,000 edges", networks.mpr_10000, 300)):
        run, gradient = (f"MPR, one run, {name}: {what}, 2 threads over 1" for what in ("run", "value and gradient"))
        case = make()
        if not case:
            s.skip(run, "connectivity_998.zip is not there")
            s.skip(gradient, "connectivity_998.zip is not there")
            continue
        steps = most // 10 if s.quick else most
        networks_of = {n: Network(s.lib, case, steps, noise="drawn", every=10, thinning="average", threads=n, tape=0)
                       for n in (1, 2)}
        times = s.measure(run, {n: network.run for n, network in networks_of.items()})
        s.row(run, times[1] / times[2])
        times = s.measure(gradient, {n: network.gradient for n, network in networks_of.items()})
        s.row(gradient, times[1] / times[2])
    what = "MPR, one run, 76 regions, 2 threads asked for over 1, time"
    case = networks.mpr_76()
    times = s.measure(what, {n: Network(s.lib, case, 500 if s.quick else 5000, noise="drawn", every=10,
                                        thinning="average", threads=n).run for n in (1, 2)})
    s.row(what, times[2] / times[1])


def same(case, ours, found):
    """Ends the run unless every candidate computes DelayNet's trajectory of its scheme, over the first steps."""
    for name, peer in found.items():
        kind = "stages" if "stages" in name or "vbjax" in name else "frozen"
        series = np.asarray(peer.trajectory(), float)[:, :, :200]
        mine = ours[kind].trajectory()[:, :, :200]
        error = np.abs(series - mine).max() / np.abs(mine).max()
        if not error < 1e-3:
            raise SystemExit(f"{case.model}, {name}: differs from DelayNet by {error:.1e}")


def fastest(s, candidates, within=1.2):
    """The candidates that are about as fast as the fastest one of them, by one call each after a first one."""
    costs = {}
    for name, function in candidates.items():
        function()
        start = time.perf_counter()
        function()
        costs[name] = time.perf_counter() - start
        s.say(f"{name}: {costs[name]:.2f} s")
    return {name: candidates[name] for name in costs if costs[name] <= within * min(costs.values())}


def mpr(s):
    case = networks.mpr_76()
    if not case:
        for name in ("TVB frozen", "TVB stages", "vbjax make_sdde"):
            s.skip(f"MPR forward, 76 regions, against {name}", "connectivity_76.zip is not there")
        return
    steps = 1000 if s.quick else 20000
    ours = {kind: Network(s.lib, case, steps, kind) for kind in ("stages", "frozen")}
    found = networks.peers(case, steps, s.lib, TVB_PYTHON if TVB_PYTHON.exists() else None)
    same(case, ours, found)
    times = s.measure("MPR forward", {f"DelayNet {kind}": run.run for kind, run in ours.items()} |
                      {name: peer.run for name, peer in found.items()})
    for name in ("TVB frozen", "TVB stages", "vbjax make_sdde", "plain C frozen", "plain C stages"):
        kind, what = "frozen" if "frozen" in name else "stages", f"MPR forward, 76 regions, against {name}"
        if name in times:
            s.row(what, times[name] / times[f"DelayNet {kind}"])
        else:
            s.skip(what, "The Virtual Brain's environment, .venv-tvb, is not there")
    s.row("MPR forward, 76 regions, a step", 1e6 * times["DelayNet stages"] / steps)


def wong_wang(s):
    case = networks.wong_wang_84()
    if not case:
        for name in ("forward", "value and gradient"):
            s.skip(f"Wong-Wang {name}, against tvboptim's best", "dk_average_structural.npz is not there")
        return
    steps = 2000 if s.quick else 60000
    ours = {kind: Network(s.lib, case, steps, kind, tape=0) for kind in ("frozen", "stages")}
    forward = Network(s.lib, case, steps, "frozen")
    found = networks.peers(case, steps, s.lib)
    same(case, ours, found)
    value, gradient = ours["frozen"].gradient()
    theirs = {name: peer for name, peer in found.items() if "tvboptim" in name}
    for name, peer in theirs.items():
        their_value, their_gradient = peer.gradient() if "preallocated" not in name else (value, gradient)
        # Over 60,000 steps tvboptim's gradient in float32 is 1.2 % off; its float64 and ours in both agree to 1e-7.
        tolerance = 1e-4 if "float64" in name else 3e-2
        if not (abs(their_value - value) < 1e-4 * abs(value)
                and abs(their_gradient - gradient) < tolerance * abs(gradient)):
            raise SystemExit(f"{name}: value {their_value}, gradient {their_gradient}, not {value}, {gradient}")
    candidates = {
        "forward": {name: peer.run for name, peer in theirs.items()},
        # The preallocated buffer's gradient takes the longer for a step the more steps there are: minutes.
        "value and gradient": {name: peer.gradient for name, peer in theirs.items() if "preallocated" not in name}}
    mine = {"forward": forward.run, "value and gradient": ours["frozen"].gradient}
    for what, calls in candidates.items():
        times = s.measure(f"Wong-Wang {what}", {"DelayNet": mine[what]} | fastest(s, calls), least=3)
        best = min((name for name in times if name != "DelayNet"), key=times.get)
        s.row(f"Wong-Wang {what}, against tvboptim's best ({best[9:]})", times[best] / times["DelayNet"])
        s.row(f"Wong-Wang {what}, a step", 1e6 * times["DelayNet"] / steps)


def tutorial(s):
    """Wong-Wang without delays at dt = 4 ms in float64: what users of these libraries meet first."""
    case, whats = networks.tutorial_84(), ("run", "value and gradient by G and 84 w")
    title = "Wong-Wang without delays, 84 regions, dt 4 ms, float64"
    if not case:
        for what in whats:
            s.skip(f"{title}: {what}, against tvboptim's best", "dk_average_structural.npz is not there")
        return
    import network_tvboptim
    steps = 1000 if s.quick else 22500
    shape = dict(stages="frozen", dtype=np.float64)
    forward, recorded = Network(s.lib, case, steps, **shape), Network(s.lib, case, steps, tape=0, **shape)
    # Of its forms those in the row's precision: its float32 is about twice as fast, as ours is.
    found = network_tvboptim.instant_candidates(case, steps)
    mine, series = recorded.gradient_by_regions(), forward.trajectory()[:, :, :200]
    for name, peer in found.items():
        exact = "float64" in name
        error = np.abs(peer.trajectory()[:, :, :200] - series).max() / np.abs(series).max()
        theirs = peer.gradient()
        # In float32 a gradient over so many steps is a few per cent off.
        off = max(np.abs(np.asarray(a) - b).max() / np.abs(b).max() for a, b in zip(theirs, mine))
        if not (error < (1e-9 if exact else 1e-3) and off < (1e-7 if exact else 0.1)):
            raise SystemExit(f"{name}: trajectory off by {error:.1e}, value and gradient by {off:.1e}")
    found = {name: peer for name, peer in found.items() if "float64" in name}
    calls = ((forward.run, {name: peer.run for name, peer in found.items()}),
             (recorded.gradient_by_regions, {name: peer.gradient for name, peer in found.items()}))
    for what, (ours, theirs) in zip(whats, calls):
        times = s.measure(f"{title}: {what}", {"DelayNet": ours} | fastest(s, theirs), least=3)
        best = min((name for name in times if name != "DelayNet"), key=times.get)
        s.row(f"{title}: {what}, against tvboptim's best ({best[9:]})", times[best] / times["DelayNet"])
        s.row(f"{title}: {what}, a step", 1e6 * times["DelayNet"] / steps)


def short_delays(s):
    """A dense network with the same delay everywhere, and with delays that differ: an edge and step over one with delay 20."""
    steps = 500 if s.quick else 5000
    shape = dict(stages="frozen", noise="none", every=10)
    cases = {f"delay {d}": networks.dense_84(d) for d in (20, 0, 1, 4)}
    mixed = networks.dense_84(1)
    mixed.delays = np.random.default_rng(5).integers(1, 9, (84, 84)).astype(np.int32)
    mixed.horizon = int(mixed.delays.max())
    cases["delays 1 ... 8"] = mixed
    for precision, dtype in (("float32", np.float32), ("float64", np.float64)):
        title = f"dense network, N = 84, {precision}"
        times = s.measure(title, {name: Network(s.lib, case, steps, dtype=dtype, **shape).run for name, case in cases.items()})
        for name in list(cases)[1:]:
            s.row(f"{title}: {name} over delay 20", times[name] / times["delay 20"])


def expected(s):
    """What a plan expects of a step's delayed sums, over what a linear network's step takes, whose own arithmetic is small."""
    cases = {f"dense, delay {d}": networks.dense_84(d) for d in (0, 1, 20)}
    tutorial = networks.tutorial_84()
    if tutorial:
        cases["dk_average, no delays"] = networks.like(tutorial, "linear", dt=0.1, G=0.01, sigma=[0.01], start=[(0.1, 0.5)], mu=0.1)
    mpr = networks.mpr_76()
    if mpr:
        cases["connectivity_76"] = networks.like(mpr, "linear", dt=0.1, G=0.01, sigma=[0.01], start=[(0.1, 0.5)], mu=0.1)
    steps = 500 if s.quick else 5000
    for precision, dtype in (("float32", np.float32), ("float64", np.float64)):
        runs = {name: Network(s.lib, case, steps, "frozen", "none", dtype, every=10) for name, case in cases.items()}
        times = s.measure(f"expected of a step, {precision}", {name: run.run for name, run in runs.items()})
        for name, run in runs.items():
            ns = getattr(run.plan.report(), f"expected_ns_per_step_f{8 * run.size}")
            ratio = ns / (1e9 * times[name] / steps)
            s.row(f"a plan's expectation over a step, {name}, {precision}", max(ratio, 1 / ratio))


def wong_wang_memory(s):
    """Peak memory above what was there before, each in a process of its own."""
    what, slower = "peak memory of Wong-Wang's gradient, tvboptim's over ours", "its time over that with the full tape"
    if not networks.wong_wang_84() or s.quick:
        s.skip(what, "not part of a quick run, and needs dk_average_structural.npz")
        return
    steps = 60000

    def more(report):
        return report["peak_bytes"] - report["before_bytes"]

    ours = more(networks.memory_of("network_ours.py", "--memory", TAPE, steps))
    for block in ("none", "256"):
        theirs = more(networks.memory("roll", "float32", block, steps))
        s.row(f"{what} of {ours / 2 ** 20:.1f} MiB" + ("" if block == "none" else f", its blocks of {block} steps"),
              theirs / ours, timed=False)
    case = networks.wong_wang_84()
    shape = dict(stages="frozen", noise="drawn", every=steps // 2, thinning="average")
    times = s.measure(slower, {budget: Network(s.lib, case, steps, tape=budget, **shape).gradient for budget in (TAPE, 0)})
    s.row(slower, times[TAPE] / times[0])


def gradients(s):
    """All parameters, weights and noise, beside the run that keeps nothing."""
    for case, name in ((networks.mpr_76(), "MPR, 76 regions"), (networks.wong_wang_84(), "Wong-Wang, 84 regions")):
        for noise in ("given", "drawn"):
            what = f"gradient of everything over forward, {name}, noise {noise}"
            if not case:
                s.skip(what, "its connectome is not there")
                continue
            steps = 1000 if s.quick else 10000
            cotangent = np.random.default_rng(3).standard_normal((len(case.start), case.nodes, steps)).astype(np.float32)
            recorded = Network(s.lib, case, steps, noise=noise, tape=0)
            times = s.measure(what, {"forward": Network(s.lib, case, steps, noise=noise).run,
                                     "gradient": recorded.pullback(EVERYTHING, cotangent)})
            s.row(what, times["gradient"] / times["forward"])


def share(s):
    """Of a step, what is not the delayed sum: the same run on a plan without edges."""
    case = networks.wong_wang_84()
    if not case:
        return s.skip("share of a step that is not delayed sum", "dk_average_structural.npz is not there")
    steps = 1000 if s.quick else 10000
    mpr_84 = networks.like(case, "mpr", dt=0.1, G=0.01, sigma=[0.01, 0.02], start=[(0.0, 2.0), (-2.0, 1.5)])
    for model, title in ((mpr_84, "MPR"), (case, "Wong-Wang")):
        for noise in ("given", "drawn"):
            what = f"share of a step that is not delayed sum, {title}, N = 84, noise {noise}"
            shape = dict(noise=noise, every=10, thinning="average")
            times = s.measure(what, {"all": Network(s.lib, model, steps, **shape).run,
                                     "no edges": Network(s.lib, model, steps, coupled=False, **shape).run})
            s.row(what, times["no edges"] / times["all"])


def hour(s, command):
    """One hour of model time by the command, averaged to 1 ms and written to a file: its peak memory."""
    what, file = "one hour at dt = 0.1 ms, 76 regions, averaged to 1 ms: peak memory", connectome.path("connectivity_76.zip")
    if s.quick or not file or not command or not pathlib.Path(command).is_file():
        s.skip(what, "not part of a quick run; needs connectivity_76.zip and the built command")
        return
    with tempfile.TemporaryDirectory() as folder:
        start, peak = time.perf_counter(), 0
        child = subprocess.Popen(
            [command, "simulate", "--model", "mpr", "--connectome", file, "--speed", "3", "--time-step", "0.1",
             "--duration", "3600000", "--coupling", "0.01", "--sigma", "0.01", "--average", "10",
             "--output", pathlib.Path(folder) / "hour.npy"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while child.poll() is None:
            try:
                peak = max(peak, networks.peak(child.pid))
            except (OSError, StopIteration):  # it has just ended
                pass
            time.sleep(0.05)
        seconds = time.perf_counter() - start
    if child.returncode:
        return s.skip(what, f"the command ended with status {child.returncode}")
    s.row(what, peak / 1e6, timed=False)
    s.row("one hour, by the command: seconds", seconds, timed=False)
