"""Runs docs/ctypes.md as one program and checks what it computed: python3 check_python.py COMPILER

The library is DELAYNET_LIBRARY; COMPILER (with its flags) compiles a program that prints the C structures' layout.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

page = (pathlib.Path(__file__).parents[2] / "docs/ctypes.md").read_text()
# Blocks keep their line numbers, so that a traceback points into the page.
program, line = "", 1
for block in re.finditer(r"^```python\n(.*?)^```$", page, re.M | re.S):
    first = page.count("\n", 0, block.start(1)) + 1
    program += "\n" * (first - line) + block[1]
    line = first + block[1].count("\n")
names = {"__name__": "page"}
exec(compile(program, "docs/ctypes.md", "exec"), names)

passed = failed = 0


def expect(what, holds):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("failed: ctypes.md:", what)


def close(a, b):
    return np.abs(a - b).max() <= 2e-5 * np.abs(b).max()


# ---- Structures ------------------------------------------------------------------------------------------------------

structures = [s for s in names.values() if isinstance(s, type) and issubclass(s, ctypes.Structure)]
expect("mirrors five structures", len(structures) == 5)
members = [(s, name) for s in structures for name, _ in s._fields_]
ours = [ctypes.sizeof(s) for s in structures]
ours += [number for s, name in members for number in (getattr(s, name).offset, getattr(s, name).size)]
lines = [f"sizeof({s.__name__})" for s in structures]
lines += [number for s, name in members
          for number in (f"offsetof({s.__name__}, {name})", f"sizeof((({s.__name__} *)0)->{name})")]
with tempfile.TemporaryDirectory() as folder:
    source = pathlib.Path(folder, "layout.c")
    source.write_text("#include <delaynet.h>\n#include <stdio.h>\nint main(void) {\n"
                      + "".join(f'  printf("%zu\\n", {number});\n' for number in lines) + "}\n")
    subprocess.run([*sys.argv[1:], str(source), "-o", f"{folder}/layout"], check=True)
    theirs = subprocess.run([f"{folder}/layout"], check=True, capture_output=True, text=True).stdout.split()
for what, a, b in zip(lines, ours, theirs):
    expect(f"{what} is {b}, not {a}", a == int(b))

# ---- Values ----------------------------------------------------------------------------------------------------------

N, H, T, targets, sources = (names[name] for name in ("N", "H", "T", "targets", "sources"))
delays = names["delays"].copy()
delays[7] = 3  # the page spoils this edge at its end; the run below has it mended
weights, scale, gain = names["weights"], names["scale"], names["noise_gain"]


def loop(buffer):
    """Output buffer, and what each edge read at each step."""
    b, read = buffer.astype(np.float64), np.empty((T, len(weights)))
    for t in range(T):
        read[t] = b[sources, H + t - delays]
        x = gain * b[:, H + t]
        for e, i in enumerate(targets):
            x[i] += scale * float(weights[e]) * read[t, e]
        b[:, H + t] = x
    return b, read


def loop_vjp(dbuffer, read):
    """Cotangents of the input buffer and of the weights, given that of the output buffer."""
    d, dw = dbuffer.astype(np.float64), np.zeros(len(weights))
    for t in reversed(range(T)):
        g = d[:, H + t].copy()
        d[:, H + t] = gain * g
        np.add.at(d, (sources, H + t - delays), scale * weights.astype(np.float64) * g[targets])
        dw += scale * g[targets] * read[t]
    return d, dw


page_difference = np.abs(names["series"] - names["b"][:, H:]).max()
expect(f"its own loop differs by {page_difference}", page_difference <= 2e-5 * np.abs(names["b"]).max())

# Everything lies inside larger arrays, with columns between that nobody may touch; rows start at odd addresses.
mark = np.float32(-12345)
random = np.random.default_rng(1)
wide = np.full((N, H + T + 7), mark)
buffer = wide[:, 3:3 + H + T]
buffer[:] = random.standard_normal(buffer.shape, dtype=np.float32)
before = buffer.copy()
out = np.full((N, T + 5), mark)
series = out[:, 1:1 + T]
network = names["DelayMap"](N, H, targets, sources, delays)
arguments = (weights, scale, gain, buffer[:, :H], buffer[:, H:])
network.run(*arguments, series)
expected, read = loop(buffer)
expect("the series equals a plain loop", close(series, expected[:, H:]))
expect("the run wrote into the caller's array", series.base is out and not (series == mark).any())
expect("the run wrote nothing else", (out[:, :1] == mark).all() and (out[:, 1 + T:] == mark).all())
expect("the run left its inputs", (buffer == before).all() and (wide[:, :3] == mark).all())
primal = network.primal(*arguments, series, True)
expect("the library is handed the arrays' own addresses",
       (primal.weights, primal.history, primal.noise, primal.series)
       == (weights.ctypes.data, buffer.ctypes.data, buffer.ctypes.data + 4 * H, series.ctypes.data)
       and (primal.history_stride, primal.noise_stride, primal.series_stride) == (H + T + 7, H + T + 7, T + 5))

dseries = random.standard_normal((N, T), dtype=np.float32)
dwide = np.full(wide.shape, mark)
dbuffer, dweights = dwide[:, 3:3 + H + T], np.ones(len(weights), np.float32)
dbuffer[:] = 1
network.vjp(*arguments, series, dseries, dweights, dbuffer[:, :H], dbuffer[:, H:])
d, dw = loop_vjp(np.concatenate([np.zeros((N, H)), dseries], 1), read)
expect("the buffer's gradient equals a plain loop, added", close(dbuffer - 1.0, d))
expect("the weights' gradient equals a plain loop, added", close(dweights - 1.0, dw))
expect("the gradient wrote nothing else", (dwide[:, :3] == mark).all() and (dwide[:, 3 + H + T:] == mark).all())

many = np.empty_like(series)
network.run(*arguments, many, threads=4)
expect("four threads give the same bits", (many == series).all())

# In place: the series takes the noise's columns.
network.run(weights, scale, gain, buffer[:, :H], buffer[:, H:], buffer[:, H:])
expect("a run in place gives the same bits", (buffer[:, H:] == series).all())

# ---- Mistakes --------------------------------------------------------------------------------------------------------


def raises(kind, text, call):
    try:
        call()
    except kind as error:
        return text in str(error)
    return False


far = delays.copy()
far[7] = H + 1
expect("a long delay names its edge", raises(
    ValueError, f"an edge's delay exceeds the history (edge 7, node {targets[7]})",
    lambda: names["DelayMap"](N, H, targets, sources, far)))
infinite = weights.copy()
infinite[11] = np.inf
expect("a weight that is not finite names its edge", raises(
    ValueError, "edge 11", lambda: network.run(infinite, *arguments[1:], series)))
expect("an overlap is refused", raises(
    ValueError, "overlaps", lambda: network.run(*arguments, buffer[:, H - 1:H - 1 + T])))
for what, array in {"another type": np.empty((N, T)), "time outermost": np.empty((T, N), np.float32).T,
                    "every second column": np.empty((N, 2 * T), np.float32)[:, ::2]}.items():
    expect(f"{what} would need a copy and is refused", raises(TypeError, "is needed", lambda: network.run(*arguments, array)))
fixed = np.empty((N, T), np.float32)
fixed.flags.writeable = False
expect("a read-only output is refused", raises(TypeError, "is needed", lambda: network.run(*arguments, fixed)))
expect("a wrong shape is refused", raises(ValueError, "are needed", lambda: network.run(*arguments, series[:, 1:])))

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
