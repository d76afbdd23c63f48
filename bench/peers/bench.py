"""DelayNet beside JAX, numba, plain C, OpenBLAS and this machine's ceilings: one process, candidates in alternation.

    python bench/peers/bench.py [--quick] [--swift bench/.build/release/FacadeCost] [--results results] [--notes FILE]

Prints a table of what was asked for (must), hoped for (aim) and measured, and writes RESULTS/bench.json and plots; marks.py
has the marks of all rows. A time
is the median of many calls; a row's candidates are called in turn, A B C A B C ..., so that a drift of the machine's
speed meets all of them. Rows are of one thread pinned to one core unless they say otherwise; the peers too get one core.
The inputs are made so that no series dies out (denormal numbers are slow) or overflows: weights of the sweeps add up to 1
in each row. Before it is timed every candidate's result is compared with DelayNet's; a wrong one ends the run.

The column `lost` is the largest share of the time of a row's candidates in which this process did not run, because others
did. They interrupt long calls more often than short ones: beyond a few per cent a ratio of unequal calls is not to be
believed.
"""
import argparse
import collections
import ctypes
import datetime
import functools
import json
import os
import pathlib
import platform
import resource
import subprocess
import sys
import time

import numpy as np
import threadpoolctl

import bench_fits
import bench_networks
import bench_texts
import clib
import connectome
import marks
import plots
from timing import alternate

NODES = 84
Row = collections.namedtuple("Row", "what value must aim better unit lost")
DISTURBED = 0.05
SKIPPED = "skipped"


class Session:
    """What one run has measured: rows of the table, times of every candidate, and series for the plots."""

    def __init__(self, options):
        self.quick, self.seconds = options.quick, 0.2 if options.quick else 3.0
        self.rows, self.times, self.series, self.rates, self.messages = [], {}, {}, {}, []
        self.lost = None
        self.started = time.perf_counter()
        self.lib = clib.load()

    def measure(self, title, candidates, seconds=None, least=None):
        """Medians in seconds of the candidates of one row."""
        times = alternate(candidates, seconds or self.seconds, least or (3 if self.quick else 7))
        self.times[title] = {name: sample.summary() for name, sample in times.items()}
        # The Virtual Brain computes in a process of its own, for which this one waits.
        self.lost = max(sample.lost for name, sample in times.items() if not str(name).startswith("TVB"))
        return {name: sample.median for name, sample in times.items()}

    def row(self, what, value, timed=True):
        """A row of the table, with its mark; `timed` by the last call of `measure`."""
        known = marks.of(what)
        # A row that is skipped shows what it would be held to.
        held = known.quick or not self.quick or value is None
        self.rows.append(Row(what, value, known.must if held else None, known.aim if held else None, known.better, known.unit,
                             self.lost if timed and value is not None else None))

    def skip(self, what, why):
        self.row(what, None)
        self.messages.append(f"{what}: {why}")

    def say(self, text):
        print(f"[{time.perf_counter() - self.started:5.0f} s] {text}", file=sys.stderr, flush=True)


def agree(what, ours, theirs, tolerance):
    """Ends the run unless two arrays agree to `tolerance` of the largest entry."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    error = np.max(np.abs(ours - theirs)) / max(np.max(np.abs(ours)), 1e-30)
    if not error <= tolerance:
        sys.exit(f"{what}: differs from DelayNet by {error:.1e}: nothing is timed that computes something else")


def dense(nodes, shortest, longest, seed=0):
    """A dense network with uniform delays shortest ... longest, whose weights add up to 1 in each row."""
    random = np.random.default_rng(seed)
    weights = np.abs(random.standard_normal((nodes, nodes))) + 0.5
    return clib.Network(nodes, random.integers(shortest, longest + 1, (nodes, nodes)),
                        weights / weights.sum(axis=1, keepdims=True), history=longest + 1)


def sparse(file):
    """A connectome at dt = 0.1 ms, 3 mm/ms, whose weights add up to 1 in each row."""
    nodes, targets, sources, delays, weights = connectome.read(file, time_step=0.1)
    sums = np.bincount(targets, weights, nodes)
    return clib.Network(nodes, delays, weights / sums[targets], targets, sources)


def sgemm(nodes, steps):
    """OpenBLAS, the one inside numpy, on the same number of operations: (N, N) times (N, T)."""
    random = np.random.default_rng(1)
    a = random.standard_normal((nodes, nodes)).astype(np.float32)
    b = random.standard_normal((nodes, steps)).astype(np.float32)
    out = np.empty((nodes, steps), np.float32)
    return lambda: np.matmul(a, b, out=out)


# ---- Rows -------------------------------------------------------------------------------------------------------------

def two_threads(s):
    """Before anything is pinned: the same calls with one thread and with two."""
    ensemble, one = "16 runs at once, 2 threads over 1", "one run at N = 998, 2 threads over 1"
    if len(os.sched_getaffinity(0)) < 2:
        for what in (ensemble, one):
            s.skip(what, "only one processor")
        return
    plan = clib.Plan(s.lib, dense(NODES, 0, 254))
    steps = 200 if s.quick else 1000
    times = s.measure(ensemble, {n: clib.Run(plan, steps, runs=16, threads=n).run for n in (1, 2)})
    s.row(ensemble, times[1] / times[2])
    file = connectome.path("connectivity_998.zip")
    if not file:
        s.skip(one, "connectivity_998.zip is not there")
        return
    plan = clib.Plan(s.lib, sparse(file))
    times = s.measure(one, {n: clib.Run(plan, 1000, threads=n).run for n in (1, 2)})
    s.row(one, times[1] / times[2])


def ceilings(s):
    out = np.zeros(64, np.float32)
    out[:2] = 0.5, 0.25
    # Written, not only zero: pages that nobody wrote to are all one page, and loads from it are slow.
    memory = np.ones(1 << 18, np.float32)
    base = (memory.ctypes.data + 63) // 64 * 64
    l1, l2 = (kib * 1024 // 4 // 192 * 192 for kib in (16, 256))  # whole rounds of 12 vectors
    calls, work = {}, {}
    for width in (256, 512):
        fma, loads = getattr(s.lib, f"ceiling_fma_{width}"), getattr(s.lib, f"ceiling_loads_{width}")
        calls["peak", width] = functools.partial(fma, 20000, out.ctypes.data)
        for name, floats, rounds in (("L1", l1, 100), ("L2", l2, 6)):
            for place, shift in (("aligned", 0), ("unaligned", 4)):
                calls[f"{name} {place}", width] = functools.partial(loads, rounds, base + shift, floats,
                                                                    out.ctypes.data)
    for key, call in calls.items():
        work[key] = call()
    times = s.measure("ceilings", calls)
    s.times["ceilings"] = {f"{name}, {width} bits": value for (name, width), value in s.times["ceilings"].items()}
    for name in ("peak", "L1 aligned", "L1 unaligned", "L2 aligned", "L2 unaligned"):
        s.rates[f"ceiling: {name}"] = max(work[name, w] / times[name, w] for w in (256, 512)) / 1e9


def seed(s):
    """The notebook's run and gloss against everybody."""
    import jax
    jax.config.update("jax_platforms", "cpu")
    import seed_jax
    import seed_numba

    for steps in (10, 100, 1000) if s.quick else (1, 10, 100, 1000, 10000):
        weights, delays, history, buffer = seed_jax.seed(steps, np.float32)
        network = clib.Network(NODES, np.asarray(delays), np.asarray(weights), history=history)
        plan = clib.Plan(s.lib, network)
        ours = clib.Seed(plan, steps, np.asarray(buffer))
        ours.run()
        target = ours.output.copy()
        shifted = target + 1
        ours_gloss = clib.Seed(plan, steps, shifted, target)
        ours_gloss.gloss()

        candidates = {"run": {"DelayNet": ours.run}, "gloss": {"DelayNet": ours_gloss.gloss}}
        plain, plain_gloss = (clib.PlainSeed(s.lib, network, steps, *a) for a in ((buffer,), (shifted, target)))
        plain.run(), plain_gloss.gloss()
        agree(f"plain C run, T = {steps}", target, plain.output, 1e-4)
        agree(f"plain C gloss, T = {steps}", ours_gloss.gradient, plain_gloss.gradient, 1e-4)
        candidates["run"]["plain C"], candidates["gloss"]["plain C"] = plain.run, plain_gloss.gloss

        arguments = (network.weights, network.delays, history)
        agree(f"numba run, T = {steps}", target, seed_numba.run(*arguments, ours.input), 1e-4)
        agree(f"numba gloss, T = {steps}", ours_gloss.gradient,
              seed_numba.gloss(*arguments, target, shifted)[1], 1e-4)
        candidates["run"]["numba"] = functools.partial(seed_numba.run, *arguments, ours.input)
        candidates["gloss"]["numba"] = functools.partial(seed_numba.gloss, *arguments, target, shifted)

        forms = ["scan"]
        if steps >= 100 and not s.quick:
            forms.append("scan10")
        if steps <= 100 and not s.quick:
            forms.append("unrolled")
        for form in forms:
            s.say(f"compiling JAX, T = {steps}, {form}")
            run = seed_jax.map_of(weights, delays, history, steps, form)
            inputs = {"run": jax.device_put(buffer), "gloss": jax.device_put(shifted)}
            functions = {"run": run, "gloss": seed_jax.loss_of(run, jax.device_put(target))}
            for name, function in functions.items():
                compiled = jax.jit(function).lower(inputs[name]).compile()
                result = jax.block_until_ready(compiled(inputs[name]))
                agree(f"JAX {form} {name}, T = {steps}", target if name == "run" else ours_gloss.gradient,
                      result if name == "run" else result[1], 1e-4)
                candidates[name][f"JAX {form}"] = functools.partial(
                    lambda compiled, argument: jax.block_until_ready(compiled(argument)), compiled, inputs[name])

        for name in ("run", "gloss"):
            s.say(f"timing {name}, T = {steps}")
            times = s.measure(f"notebook {name}, T = {steps}", candidates[name], 2 * s.seconds if steps > 1 else 1)
            best = min((n for n in times if n.startswith("JAX")), key=times.get)
            s.row(f"notebook {name}, T = {steps}, against JAX's best ({best[4:]})", times[best] / times["DelayNet"])
            if steps == 100:
                for peer in ("numba", "plain C"):
                    s.row(f"notebook {name}, T = {steps}, against {peer}", times[peer] / times["DelayNet"])
            for candidate, seconds in times.items():
                label = "JAX" if candidate == best else candidate
                if label == "JAX" or not label.startswith("JAX"):
                    s.series.setdefault(f"{name} against T", {}).setdefault(label, []).append(
                        (steps, 1e9 * seconds / (network.edges * steps)))
            if name == "run" and steps == 1000:
                operations = 2 * network.edges * steps / 1e9
                for candidate, label in (("DelayNet", "DelayNet: notebook"), ("plain C", "plain C: notebook"),
                                         ("numba", "numba: notebook"), (best, "JAX: notebook")):
                    s.rates[label] = operations / times[candidate]
    for what in ("run", "gloss"):
        if s.quick:
            s.skip(f"notebook {what}, T = 10000, against JAX's best", "not part of a quick run")


def pullback(s):
    plan = clib.Plan(s.lib, dense(NODES, 0, 254))
    for steps in (100, 1000) if s.quick else (100, 1000, 10000):
        run = clib.Run(plan, steps)
        times = s.measure(f"pullback, T = {steps}", {"forward": run.run, "buffer": run.pullback(False),
                                                    "buffer and weights": run.pullback(True)})
        for name in ("buffer", "buffer and weights"):
            s.row(f"pullback to {name} over forward, T = {steps}", times[name] / times["forward"])


def against_sgemm(s):
    for nodes in (NODES, 400) if s.quick else (NODES, 400, 1000):
        steps = 1000
        plan = clib.Plan(s.lib, dense(nodes, 64, 254))
        times = s.measure(f"delays >= 64, N = {nodes}",
                          {"DelayNet": clib.Run(plan, steps).run, "sgemm": sgemm(nodes, steps)})
        operations = 2 * nodes * nodes * steps / 1e9
        s.row(f"forward, delays >= 64, N = {nodes}, against sgemm's rate", times["sgemm"] / times["DelayNet"])
        s.rates[f"OpenBLAS sgemm: N = {nodes}"] = operations / times["sgemm"]
        s.rates[f"DelayNet: delays >= 64, N = {nodes}"] = operations / times["DelayNet"]
    for regions in (76, 998):
        what = f"connectome {regions}, dt = 0.1 ms, against sgemm's rate"
        file = connectome.path(f"connectivity_{regions}.zip")
        if not file:
            s.skip(what, f"connectivity_{regions}.zip is not there")
            continue
        network, steps = sparse(file), 1000
        plan = clib.Plan(s.lib, network)
        times = s.measure(what, {"DelayNet": clib.Run(plan, steps).run, "sgemm": sgemm(network.nodes, steps)})
        rates = {"DelayNet": 2 * network.edges * steps / times["DelayNet"] / 1e9,
                 "sgemm": 2 * network.nodes ** 2 * steps / times["sgemm"] / 1e9}
        s.row(what, rates["DelayNet"] / rates["sgemm"])
        s.rates[f"DelayNet: connectome {regions}"] = rates["DelayNet"]


def precision(s):
    plan = clib.Plan(s.lib, dense(NODES, 0, 254))
    times = s.measure("float64", {kind.__name__: clib.Run(plan, 1000, kind).run for kind in (np.float32, np.float64)})
    s.row("float64 forward against float32's rate", times["float32"] / times["float64"])


def growth(s):
    """Cost per edge and step over T, E and the delay range."""
    def sweep(name, cases, what=None):
        runs = {x: clib.Run(clib.Plan(s.lib, network), steps) for x, (network, steps) in cases.items()}
        times = s.measure(f"cost against {name}", {x: run.run for x, run in runs.items()}, 2 * s.seconds)
        costs = {x: 1e9 * times[x] / (cases[x][0].edges * cases[x][1]) for x in cases}
        s.series[f"cost against {name}"] = {"DelayNet": list(costs.items())}
        if what:
            text, first = what
            last = max(costs)
            s.row(f"{text}, {first:,} -> {last:,}", max(v for x, v in costs.items() if x > first) / costs[first])

    lengths = (10, 100, 1000, 10000) if s.quick else (10, 100, 1000, 10000, 100000)
    network = dense(NODES, 0, 254)
    sweep("T", {steps: (network, steps) for steps in lengths}, ("cost per edge and step over T", 100))
    sizes = (32, NODES, 200) if s.quick else (32, NODES, 160, 400, 1000)
    sweep("E", {nodes * nodes: (dense(nodes, 0, 254), 1000) for nodes in sizes},
          ("cost per edge and step over E", NODES * NODES))
    ranges = (16, 64, 254, 1000) if s.quick else (16, 64, 254, 1000, 4000)
    sweep("delay range", {longest: (dense(NODES, 0, longest), 1000 if s.quick else 4000) for longest in ranges})


def memory(s):
    network = dense(NODES, 0, 254)
    plan = clib.Plan(s.lib, network, counted=True)
    steps, report, counter = 1000, plan.report(), plan.counter
    bound = 2 * (8 * network.edges + 4 * network.nodes * (network.history + 5 * report.block))
    run = clib.Run(plan, steps, workspace=False)

    def most(call):
        before = counter.peak = counter.live
        call()
        assert counter.peak > before, "the call was not counted"
        return counter.peak - before

    s.row(f"workspace of a run over its bound of {bound:,} bytes", most(run.run) / bound, timed=False)
    s.row("workspace of a pullback to buffer and weights over it", most(run.pullback(True)) / bound, timed=False)
    s.row("memory of the plan itself, bytes an edge", report.plan_bytes / network.edges, timed=False)


def planning(s):
    nodes = 400 if s.quick else 1000
    plan = clib.Plan(s.lib, dense(nodes, 0, 254))
    steps = 200
    running = clib.Plan(s.lib, plan.network)
    times = s.measure("plan creation", {"creation": plan.recreate, "run": clib.Run(running, steps).run})
    s.row(f"plan creation at N = {nodes}, in steps of a run", times["creation"] / (times["run"] / steps))


def normals(s):
    count = 1 << 18
    out = np.empty(count, np.float32)
    key, generator = s.lib.dn_key_create(0), np.random.default_rng(0)
    times = s.measure("normals", {
        "DelayNet": functools.partial(s.lib.dn_random_normal_f32, key, 0, count, out.ctypes.data),
        "numpy": lambda: generator.standard_normal(dtype=np.float32, out=out)})
    s.row("normal numbers against numpy's standard_normal", times["numpy"] / times["DelayNet"])


def facade(s, command):
    what = "Swift facade over the C call, N = 84, T = 10"
    if not command or not pathlib.Path(command).is_file():
        s.skip(what, "the Swift benchmarks are not built")
        return
    def child():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    begin, used = time.perf_counter(), child()
    output = subprocess.run([command, "--seconds", str(s.seconds)], check=True, capture_output=True, text=True).stdout
    s.lost = max(0.0, 1 - (child() - used) / (time.perf_counter() - begin))
    report = json.loads(output)
    s.times["facade"] = report
    s.row(what, report["added_us"])
    for name in ("run", "gloss"):
        best = [v["median_us"] for n, v in s.times[f"notebook {name}, T = 100"].items() if n.startswith("JAX")]
        s.row(f"notebook {name}, T = 100, from Swift, against JAX's best", min(best) / report[f"{name}_us"])


# ---- Report -----------------------------------------------------------------------------------------------------------

def mark(row):
    if row.must is None:
        return ""
    if row.value is None:
        return SKIPPED
    def reached(limit):
        return row.value >= limit if row.better == "higher" else row.value <= limit
    verdict = "aim met" if reached(row.aim) else "met" if reached(row.must) else "MISSED"
    return verdict + (" ?" if disturbed(row) else "")


def disturbed(row):
    return row.lost is not None and row.lost > DISTURBED


def figure(value, unit):
    if value is None:
        return "-"
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}"


def limit(held, value):
    """`held` to at least or at most that, a row or a mark."""
    return "" if value is None else (">= " if held.better == "higher" else "<= ") + figure(value, held.unit)


def reasons():
    """The marks as a list for the notes."""
    return "\n".join(f"- `{m.pattern}`: {limit(m, m.must)}, aim {limit(m, m.aim)}{'' if m.quick else ', in full runs'}. {m.why}"
                     for m in marks.MARKS if m.must is not None)


def table(rows):
    cells = [("what", "value", "must", "aim", "", "lost")]
    for row in rows:
        limits = limit(row, row.must), limit(row, row.aim)
        lost = "" if row.lost is None else f"{100 * row.lost:.0f} %"
        cells.append((row.what, figure(row.value, row.unit), *limits, mark(row), lost))
    widths = [max(len(cell[k]) for cell in cells) for k in range(6)]
    cells.insert(1, tuple("-" * width for width in widths))
    return "\n".join(f"| {w:{widths[0]}} | {v:>{widths[1]}} | {m:>{widths[2]}} | {a:>{widths[3]}} | {k:{widths[4]}} | {l:>{widths[5]}} |"
                     for w, v, m, a, k, l in cells)


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def machine():
    model = platform.processor()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    caches = {}
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        caches[f"L{level} {kind.lower()}"] = size
    return {"cpu": model, "architecture": platform.machine(), "processors": os.cpu_count(), "caches": caches,
            "load_average": os.getloadavg()[0]}


def versions(s):
    import jax
    import numba
    blas = [f"{i['internal_api']} {i['version']} ({i['architecture']})" for i in threadpoolctl.threadpool_info()
            if i["user_api"] == "blas" and "numpy" in i["filepath"]]
    return {"delaynet": s.lib.dn_version().decode(), "isa": s.lib.dn_isa_name(s.lib.dn_isa_best()).decode(),
            "commit": first_line("git", "-C", str(clib.ROOT), "rev-parse", "--short", "HEAD"),
            "compiler": first_line(os.environ.get("CC", "clang"), "--version"), "python": platform.python_version(),
            "numpy": np.__version__, "jax": jax.__version__, "numba": numba.__version__, "blas": ", ".join(blas)}


def heading(report):
    m, v = report["machine"], report["versions"]
    return (f"{report['date']}, {m['cpu']}, {m['processors']} processors, load {m['load_average']:.1f} before and "
            f"{report['load_after']:.1f} after; DelayNet {v['delaynet']} at {v['commit']}, {v['isa']}; "
            f"JAX {v['jax']}, numba {v['numba']}, {v['blas']}; {report['seconds']:.0f} s"
            + (", quick" if report["quick"] else ""))


def keep_notes(file, text):
    """Replaces the section `## Last full run` of the notes, or adds it at their end."""
    title = "## Last full run"
    notes = pathlib.Path(file).read_text() if pathlib.Path(file).exists() else ""
    before, found, rest = notes.partition(title + "\n")
    after = rest[rest.index("\n## ") + 1:] if found and "\n## " in rest else ""
    pathlib.Path(file).write_text(f"{before.rstrip()}\n\n{title}\n\n{text}\n" + (f"\n{after}" if after else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke test: fewer rows, few calls, JAX's scan only")
    parser.add_argument("--swift", metavar="FILE", help="the built FacadeCost of the package in bench/")
    parser.add_argument("--command", metavar="FILE", help="the built command `delaynet`, for the hour-long run and fits")
    parser.add_argument("--results", default="results", metavar="FOLDER")
    parser.add_argument("--notes", metavar="FILE", help="keep the table and why its marks are what they are there, in the section `Last full run`")
    options = parser.parse_args()

    info, s = machine(), Session(options)
    s.say("two threads")
    two_threads(s)
    bench_networks.two_threads(s)
    if hasattr(os, "sched_setaffinity"):
        # The last processor: the first one tends to serve interrupts.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with threadpoolctl.threadpool_limits(1):
        for part in (ceilings, seed, pullback, against_sgemm, precision, growth, memory, planning, normals,
                     bench_networks.mpr, bench_networks.tutorial, bench_networks.short_delays,
                     bench_networks.expected, bench_networks.wong_wang, bench_networks.wong_wang_memory,
                     bench_networks.gradients, bench_networks.share, bench_texts.natively, bench_texts.parsing,
                     bench_texts.beside_python, bench_fits.gradients):
            s.say(f"{part.__module__} {part.__name__}".removeprefix("__main__ "))
            part(s)
        bench_networks.hour(s, options.command)
        s.say("fits by the command")
        bench_fits.whole(s, options.command)
        bench_fits.long(s, options.command)
        s.say("facade")
        facade(s, options.swift)
        known = versions(s)

    report = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), "quick": s.quick,
              "machine": info, "versions": known, "load_after": os.getloadavg()[0],
              "seconds": time.perf_counter() - s.started,
              "rows": [{**row._asdict(), "mark": mark(row)} for row in s.rows], "messages": s.messages,
              "gflops": s.rates, "times": {title: {str(k): v for k, v in times.items()}
                                           for title, times in s.times.items()}, "series": s.series}
    folder = pathlib.Path(options.results)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    pictures = plots.draw(report, folder)

    text = table(s.rows)
    print(heading(report), text, sep="\n\n")
    for message in s.messages:
        print(f"skipped: {message}")
    missed = [row.what for row in s.rows if mark(row).startswith("MISSED")]
    print(f"\n{len(missed)} missed" + (": " + "; ".join(missed) if missed else ""))
    doubtful = sum(map(disturbed, s.rows))
    if doubtful:
        print(f"{doubtful} rows, marked `?`, lost more than {100 * DISTURBED:.0f} % of their time to other processes: "
              "they are to be measured again on a quiet machine")
    unused = [] if s.quick else marks.unmatched(row.what for row in s.rows)
    if unused:
        print("marks of no row of this run:", "; ".join(unused))
    print("written:", folder / "bench.json", *pictures)
    if options.notes and not s.quick:
        keep_notes(options.notes, "\n\n".join((
            heading(report), text, "### Why each mark is what it is", "`*` stands for anything. The list is that of peers/marks.py.",
            reasons())))


if __name__ == "__main__":
    main()
