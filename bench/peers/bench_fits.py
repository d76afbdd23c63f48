"""The benchmark's rows of fits: DelayNet beside tvboptim on the reference fit of fits.py, and the command's memory.

Values and gradients are compared before anything is timed. They agree only roughly: tvboptim's monitor, kernel and bounds
differ a little, see the documentation of DelayNetFit.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import connectome
import fits
import networks

HERE = pathlib.Path(__file__).resolve().parent
ABSENT = "dk_average_structural.npz or dk_average_functional.npz is not there"
WHOLE = "reference fit, 100 steps, by the command, against tvboptim's script"
MEMORY = "reference fit: peak memory of tvboptim's script over the command's"
GIVEN = f"{MEMORY}, noise given, everything kept"
# A quarter of a run's states: a budget that costs next to no time.
BUDGET = "4MB"
SHARE = "BOLD, FC and their adjoints: share of value and gradient"
LONG = "10 min at dt = 0.1 ms, 84 regions of MPR, balloon BOLD, gradient by 84 eta: peak memory"


def gradients(s):
    """Value, and gradient by G and 84 w, in float64; where G and w are those of the first stage's end."""
    import jax

    import fit_tvboptim
    titles = {False: "reference fit, no delays: value and gradient", True: "reference fit, lengths / 3: value and gradient"}
    if not fits.reference():
        for title in (*titles.values(), SHARE):
            s.skip(title + (", against tvboptim" if title != SHARE else ""), ABSENT)
        return
    steps = 7500 if s.quick else fits.STEPS
    for delayed, title in titles.items():
        case, (G, w) = fits.reference(delayed), (0.2659, 0.3241)
        ours = fits.Ours(case, steps, G, w)
        with jax.enable_x64(True):
            theirs = fit_tvboptim.Fit(case, steps, delayed).gradient_at(G, w)

            def peer():
                with jax.enable_x64(True):
                    return theirs()

            mine, other = ours.gradient(), peer()
        off = [np.abs(np.asarray(a) - b).max() / np.abs(b).max() for a, b in zip(other, mine)]
        s.say(f"{title}: {mine[0]:.6f} and {other[0]:.6f}; value, d/dG and d/dw off by {off[0]:.1e}, {off[1]:.1e}, {off[2]:.1e}")
        if not (off[0] < 5e-3 and off[2] < 0.1):
            raise SystemExit(f"{title}: differs from DelayNet by {off}")
        times = s.measure(title, {"DelayNet": ours.gradient, "tvboptim": peer}, least=3)
        s.row(f"{title}, against tvboptim", times["tvboptim"] / times["DelayNet"])
        s.row(f"{title}, a step", 1e6 * times["DelayNet"] / steps)
        if not delayed:
            times = s.measure(SHARE, {"whole": ours.gradient, "run alone": ours.without_monitor()})
            s.row(SHARE, 100 * (1 - times["run alone"] / times["whole"]))


def watched(command, **options):
    """Seconds and peak memory in bytes of a command; None where it fails."""
    start, peak = time.perf_counter(), 0
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    while child.poll() is None:
        try:
            peak = max(peak, networks.peak(child.pid))
        except (OSError, StopIteration):  # it has just ended
            pass
        time.sleep(0.01)
    return None if child.returncode else (time.perf_counter() - start, peak)


def stages(command, folder, iterations):
    """The command's calls for the two stages; the files of the fit are in `folder`."""
    import jax
    with jax.enable_x64(True):
        np.save(folder / "noise.npy", np.asarray(jax.random.normal(jax.random.key(0), (fits.STEPS, 1, 84))))
    np.save(folder / "start.npy", np.full((1, 84), 0.3))
    common = [command, "fit", "--connectome", connectome.path("dk_average_structural.npz"), "--normalize", "max",
              "--model", "wong_wang", "--set", "I_o=0.32", "--set", "w=0.3", "--coupling", "0.15", "--time-step", "4", "--no-delays",
              "--duration", 4 * fits.STEPS, "--transient", 4 * fits.STEPS, "--sigma", "0.00283", "--coupling-stage", "frozen",
              "--initial", folder / "start.npy", "--noise", folder / "noise.npy", "--monitor", "bold:volterra",
              "--repetition-time", "1000", "--target-fc", connectome.path("dk_average_functional.npz"), "--discard", "20000",
              "--loss", "rmse", "--threads", "1", "--free", "coupling", "--iterations", iterations]
    first, second = folder / "fit.npz", folder / "regions.npz"
    return [common + ["--free", "w", "--rate", "0.01", "--output", first],
            common + ["--start", first, "--free", "w:region", "--rate", "0.005", "--output", second]], first, second


def whole(s, command):
    """Both stages, 50 steps each, each side in processes of its own: from their start to their end, compilation included."""
    if not fits.reference() or not command or not pathlib.Path(command).is_file():
        for what in (WHOLE, MEMORY, GIVEN):
            s.skip(what, f"the command is not built, or {ABSENT}")
        return
    iterations = 2 if s.quick else 50
    with tempfile.TemporaryDirectory() as name:
        calls, first, second = stages(command, pathlib.Path(name), iterations)
        reports = [watched(call) for call in calls]
        losses = [np.load(file)["loss"] for file in (first, second) if file.exists()]
        # As tvboptim, which draws its noise.
        drawn = calls[0].index("--noise")
        bounded = watched([*calls[0][:drawn], *calls[0][drawn + 2:], "--memory", BUDGET])
        if bounded is None or None in reports:
            return s.skip(WHOLE, "the command failed")
    ours, peak = sum(seconds for seconds, _ in reports), max(peak for _, peak in reports)
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    start = time.perf_counter()
    output = subprocess.run([sys.executable, HERE / "fit_tvboptim.py", "--iterations", str(iterations)], check=True,
                            capture_output=True, text=True, env=environment).stdout
    theirs, report = time.perf_counter() - start, json.loads(output.splitlines()[-1])
    found = [stage["losses"] for stage in report["stages"][1:]]
    s.say(f"the command {ours:.1f} s, {bounded[1] / 1e6:.0f} MB, noise given {peak / 1e6:.0f} MB, losses "
          f"{losses[0][0]:.5f} ... {losses[0][-1]:.5f}, {losses[1][-1]:.5f}; tvboptim {theirs:.1f} s, "
          f"{report['peak_bytes'] / 1e6:.0f} MB, {found[0][0]:.5f} ... {found[0][-2]:.5f}, {found[1][-2]:.5f}")
    if abs(losses[0] - found[0][:iterations]).max() > 2e-3:
        raise SystemExit("the command's first stage is not tvboptim's")
    s.row(WHOLE, theirs / ours, timed=False)
    s.row(MEMORY, report["peak_bytes"] / bounded[1], timed=False)
    s.row(GIVEN, report["peak_bytes"] / peak, timed=False)


def long(s, command):
    """A value and gradient of 6,000,000 steps, of which what a budget allows is kept."""
    files = [connectome.path(f"dk_average_{name}.npz") for name in ("structural", "functional")]
    if s.quick or None in files or not command or not pathlib.Path(command).is_file():
        return s.skip(LONG, f"not part of a quick run; the command is not built, or {ABSENT}")
    with tempfile.TemporaryDirectory() as folder:
        report = watched([command, "fit", "--connectome", files[0], "--normalize", "max", "--model", "mpr", "--time-step", "0.1",
                          "--speed", "3", "--duration", "600000", "--coupling", "0.05", "--set", "eta=-4.6", "--sigma", "0.02",
                          "--precision", "float32", "--monitor", "bold:balloon-friston2003", "--repetition-time", "1000",
                          "--target-fc", files[1], "--discard", "20000", "--free", "eta:region", "--iterations", "1",
                          "--memory", "16MB", "--threads", "1", "--output", pathlib.Path(folder) / "fit.npz"])
    if not report:
        return s.skip(LONG, "the command failed")
    s.row(LONG, report[1] / 1e6, timed=False)
    s.row("10 min of MPR, value and gradient by the command: seconds", report[0], timed=False)
