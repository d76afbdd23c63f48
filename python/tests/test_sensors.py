"""BOLD and projections against plain sums and loops; their gradients, chunks and mistakes."""

import numpy as np
import pytest

from delaynet import DelayNetError, Monitor, monitors
from test_problem import DT, N, T, problem_of

GAIN = ((np.arange(3)[:, None] * 5 + np.arange(N) * 3) % 7 - 3) / 4


def kernel(kind, c, s):
    if kind == "volterra":
        w = np.sqrt(1 / c["tau_f"] - 1 / (4 * c["tau_s"] ** 2))
        return np.exp(-s / (2 * c["tau_s"])) * np.sin(w * s) / (3 * w)
    if kind == "gamma":
        return c["scale"] * (s / c["tau"]) ** 2 * np.exp(-s / c["tau"]) / (2 * c["tau"])
    if kind == "mixture":
        return (s ** 5 / 120 - c["c"] * s ** 12 / 479001600) * np.exp(-s)
    return (c["amp_1"] * np.exp(-s / c["tau_1"]) * np.sin(2 * np.pi * c["f_1"] * s)
            - c["amp_2"] * np.exp(-s / c["tau_2"]) * np.sin(2 * np.pi * c["f_2"] * s))


def bold(kind, constants, states, interim, every):
    """The sum over the kernel, or Euler steps, of means of states (V, N, T)."""
    V, nodes, steps = states.shape
    u = states[..., :steps // interim * interim].reshape(V, nodes, -1, interim).mean(-1)
    delta = interim * DT / 1000
    out = []
    if kind == "balloon":
        kappa, gamma, tau, alpha, e0, v0, k1, k2, k3 = constants.values()
        s, f, v, q = np.zeros((V, nodes)), *np.ones((3, V, nodes))
    for n in range(u.shape[2]):
        if kind == "balloon":
            s, f, v, q = (s + delta * (u[..., n] - kappa * s - gamma * (f - 1)), f + delta * s,
                          v + delta / tau * (f - v ** (1 / alpha)),
                          q + delta / tau * (f * (1 - (1 - e0) ** (1 / f)) / e0 - v ** (1 / alpha - 1) * q))
            now = v0 * (k1 * (1 - q) + k2 * (1 - q / v) + k3 * (1 - v))
        else:
            now = (u[..., n::-1] * kernel(kind, constants, np.arange(n + 1) * delta)).sum(-1)
            if kind == "volterra":
                now = constants["k_1"] * constants["V_0"] * (now - 1)
        if (n + 1) * interim % every == 0:
            out.append(now)
    return np.stack(out, -1)


CASES = [("volterra", None), ("gamma", None), ("mixture", None), ("double_exponential", None)] + [
    ("balloon", preset) for preset in ("friston2003", "stephan2007", "vbjax", "tvboptim")]


@pytest.mark.parametrize("kind, preset", CASES)
def test_bold(kind, preset):
    monitor = Monitor.bold(kind, 12 * DT, 4 * DT, preset=preset)
    problem = problem_of(monitors=[Monitor.subsample(), monitor])
    states, found = problem.simulate(T).outputs
    constants = dict(zip(monitors.find(kind).parameters.names, monitor.constants))
    wanted = bold(kind, constants, states, 4, 12)
    assert found.shape == wanted.shape
    # The balloon's column is a difference of numbers next to 1.
    assert np.abs(found - wanted).max() <= 1e-10 * np.abs(wanted).max() + (1e-14 if kind == "balloon" else 0)


def test_projection():
    kinds = [Monitor.projection(GAIN, 5), Monitor.projection(GAIN, 5, reference=2), Monitor.projection(GAIN, 5, "mean", ["V"])]
    problem = problem_of(monitors=[Monitor.average(5), *kinds])
    mean, plain, row, reference = problem.simulate(T).outputs
    wanted = np.einsum("ri,vik->vrk", GAIN, mean)
    assert np.abs(plain - wanted).max() <= 1e-13 * np.abs(wanted).max()
    assert np.abs(row - (wanted - wanted[:, 2:])).max() <= 1e-12
    assert np.abs(reference - (wanted - wanted.mean(1, keepdims=True))[1:]).max() <= 1e-12


ALL = [Monitor.bold("volterra", 12 * DT, 4 * DT), Monitor.projection(GAIN, 5, "mean"),
       Monitor.bold("balloon", 6 * DT, 2 * DT, ["r"], preset="vbjax")]


@pytest.mark.parametrize("monitor", ALL)
def test_gradients(monitor):
    problem = problem_of(monitors=[monitor])
    memory = problem.tape_bytes(T)[1]
    recording, bounded = problem.record(T), problem.record(T, memory=memory)
    d = np.random.default_rng(1).standard_normal(recording.trajectory.series.shape)
    gradient, other = (each.pullback(d, ["coupling"])["coupling"] for each in (recording, bounded))
    assert gradient == other
    tangent = problem.jvp(T, {"coupling": 1.0})
    assert abs((tangent * d).sum() - gradient) <= 1e-10 * np.abs(tangent * d).sum()
    # The balloon's columns are small differences of numbers next to 1.
    h = 2.0 ** (-6 if monitor.kind == "balloon" else -12)
    at = [(problem.replace(coupling=problem.coupling + k * h).simulate(T).series * d).sum() for k in (-2, -1, 1, 2)]
    slope = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)
    assert abs(slope - gradient) <= 1e-5 * abs(slope)


@pytest.mark.parametrize("first", [1, 17, 24])
def test_chunks(first):
    problem = problem_of(monitors=ALL)
    whole = problem.simulate(T)
    before = problem.simulate(first)
    after = problem.simulate(T - first, before.carry)
    for a, b, wanted in zip(before.outputs, after.outputs, whole.outputs):
        assert np.array_equal(np.concatenate([a, b], -1), wanted)
    assert np.array_equal(after.carry.monitored, whole.carry.monitored)


MISTAKES = {
    "repetition time": (lambda: [Monitor.bold("gamma", 10 * DT, 4 * DT)], "the repetition time of"),
    "interim": (lambda: [Monitor.bold("gamma", 3 * DT, 1.5 * DT)], "is not a multiple of the time step"),
    "constant": (lambda: [Monitor.bold("gamma", 3 * DT, DT, n=2.5)], "a constant of a monitor is outside its range"),
    "unknown constant": (lambda: [Monitor.bold("gamma", 3 * DT, DT, m=2)], "there is no constant 'm' but tau, n, scale"),
    "preset": (lambda: [Monitor.bold("balloon", 3 * DT, DT)], "preset is needed: one of friston2003"),
    "unknown preset": (lambda: [Monitor.bold("balloon", 3 * DT, DT, preset="x")], "there is no preset 'x' but friston2003"),
    "no BOLD": (lambda: [Monitor.bold("average", 3 * DT, DT)], "'average' is no kind of BOLD"),
    "gain": (lambda: [Monitor.projection(GAIN[:, 1:])], "monitors[0].gain has the shape"),
    "no matrix": (lambda: [Monitor("projection", 1)], "monitors[0].gain has the shape"),
    "infinite": (lambda: [Monitor.projection(np.full((2, N), np.inf))], "that is not a finite number"),
    "reference": (lambda: [Monitor.projection(GAIN, 1, 3)], "reference must be None, 'mean' or a row, 0 ... 2, not 3"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    make, message = MISTAKES[name]
    with pytest.raises(DelayNetError) as caught:
        problem_of(monitors=make()).simulate(T)
    assert message in str(caught.value)
