"""Networks of neural masses against plain loops, their derivatives against one another and against differences."""

import numpy as np
import pytest
import reference

from delaynet import DelayNetError, Monitor, Network, Problem, Pulse, models, random

N, H, T, DT = 4, 12, 90, 0.1
# Starts and settings from which every model moves without leaving its range.
SETTINGS = {"mpr": {"coupling": 0.3, "parameters": {"eta": -4.6, "J": 14.5, "cv": 0.2}},
            "linear": {"coupling": 0.4, "parameters": {"mu": 0.3}}}


def network_of(seed=0, fractional=False, dtype=np.float64, zero_delays=True):
    rng = np.random.default_rng(seed)
    edges = 11
    weights, lengths = rng.uniform(0.1, 1, edges).astype(dtype), rng.uniform(0 if zero_delays else 0.2, 1, edges)
    if zero_delays and not fractional:
        lengths[:3] = 0
    return Network.from_lengths(weights, lengths, 1.0, DT, rng.integers(0, N, edges), rng.integers(0, N, edges), N, H,
                                fractional)


def problem_of(model="mpr", network=None, seed=1, full=True, **changes):
    """With `full`, every input is there, of every shape that it may have."""
    rng = np.random.default_rng(seed)
    network = network_of() if network is None else network
    S, C = len(models.find(model).states), len(models.find(model).couplings)
    parts = {key: dict(value) if isinstance(value, dict) else value for key, value in SETTINGS[model].items()}
    if full:
        first = models.find(model).parameters[0].name
        parts["parameters"][first] = rng.uniform(0.9, 1.2, N)
        parts |= {"sigma": rng.uniform(0.05, 0.1, (S, N)), "key": 7, "member": 2,
                  "stimulus": 0.1 * rng.standard_normal((S, N, T)), "initial": rng.uniform(0.2, 0.6, (S, N)),
                  "history": rng.uniform(0.2, 0.6, (C, N, network.horizon)),
                  "pulses": (Pulse(0, 1, 10, 30, 0.2), Pulse(S - 1, 3, 25, 200, -0.1))}
    return Problem(network, model, **parts | changes)


def expected(problem, steps):
    """The plain loops on what the problem holds: the outputs."""
    network, inputs, model = problem.network, problem.inputs(steps), models.find(problem.model)
    S = len(model.states)
    noise = inputs["noise"] if "noise" in inputs else random.network_noise(
        random.key(problem.key), S, network.nodes, steps, inputs["initial"].dtype, member=problem.member)
    pulses = [(model.states.number(p[0]) if isinstance(p[0], str) else p[0], *p[1:]) for p in problem.pulses]
    after = reference.network(
        problem.model, inputs["weights"].reshape(-1, network.weights.size), network.delays_in_steps.reshape(-1), *network.edges(),
        network.nodes, steps, DT, inputs["initial"], inputs["history"], {k: inputs[k] for k in model.parameters.names},
        float(inputs["coupling"]), problem.coupling_kind, problem.scheme, problem.stage, inputs.get("sigma"), noise,
        inputs.get("stimulus"), pulses)
    return [reference.columns(after, monitor.kind, monitor.steps_per_column,
                              None if monitor.states is None else [model.states.number(name) for name in monitor.states])
            for monitor in problem.monitors]


VARIANTS = {
    "plain": {}, "euler": {"scheme": "euler"}, "frozen": {"stage": "frozen"},
    "difference": {"coupling_kind": "difference"}, "average": {"monitors": [Monitor.average(over=10)]},
    "subsample": {"monitors": [Monitor.subsample(every=7)]}, "quiet": {"sigma": 0}, "no pulses": {"pulses": ()},
    "no stimulus": {"stimulus": None},
    "sigma a state": {"sigma": np.array([0.05])}, "sigma by name": {"sigma": {"x": 0.05}},
    "noise": {"noise": np.random.default_rng(2).standard_normal((T, 1, N))},
    "fractional": {"network": network_of(3, True)}, "float32": {"dtype": np.float32},
    "float32 network": {"network": network_of(4, dtype=np.float32)}, "dense": {"network": Network(
        np.eye(N) + 0.1, np.arange(N * N).reshape(N, N) % 11, time_step=DT, horizon=H)},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("model", SETTINGS)
def test_simulate(model, variant):
    changes = dict(VARIANTS[variant])
    if model == "mpr" and isinstance(changes.get("sigma"), np.ndarray):
        changes["sigma"] = np.array([0.05, 0.1])
    elif model == "mpr" and isinstance(changes.get("sigma"), dict):
        changes["sigma"] = {"V": np.linspace(0, 0.1, N)}
    elif model == "mpr" and "noise" in changes:
        changes["noise"] = np.repeat(changes["noise"], 2, 1)
    problem = problem_of(model, **changes)
    trajectory = problem.simulate(T)
    wanted = expected(problem, T)[0]
    assert trajectory.series is trajectory.outputs[0] and trajectory.steps == range(T) and trajectory.time_step == DT
    assert trajectory.series.shape == wanted.shape == problem.series_shape(T)
    assert trajectory.series.dtype == (np.float32 if "float32" in variant else np.float64)
    error = 2e-4 if "float32" in variant else 1e-11
    assert np.abs(trajectory.series - wanted).max() <= error * np.abs(wanted).max()
    m = problem.monitors[0].steps_per_column
    assert np.allclose(trajectory.times, (np.arange(wanted.shape[2]) + 1) * m * DT)
    assert np.array_equal(trajectory[trajectory.states[-1]], trajectory.series[-1])


def test_defaults():
    problem = problem_of(full=False)
    inputs = problem.inputs(T)
    for s, state in enumerate(models.find("mpr").states):
        assert (inputs["initial"][s] >= state.initial_low).all() and (inputs["initial"][s] < state.initial_high).all()
    assert (inputs["history"] == inputs["initial"][:, :, None]).all() and "sigma" not in inputs
    assert inputs["tau"] == 1 and inputs["eta"] == -4.6
    wanted = expected(problem, T)[0]
    assert np.abs(problem.simulate(T).series - wanted).max() <= 1e-11 * np.abs(wanted).max()
    # Of a model whose coupling variables are not its states.
    angles = Problem(network_of(), "kuramoto").inputs(1)
    assert np.allclose(angles["history"], np.stack([np.sin(angles["initial"][0]), np.cos(angles["initial"][0])])[
        :, :, None], atol=1e-12)


@pytest.mark.parametrize("changes", [{}, {"monitors": [Monitor.average(over=7)]}, {"network": network_of(3, True)},
                                     {"noise": np.random.default_rng(2).standard_normal((T, 2, N))}])
def test_chunks_and_threads_keep_the_bits(changes):
    problem = problem_of(**changes)
    whole = problem.simulate(T)
    assert np.array_equal(problem.simulate(T, threads=4).series, whole.series)
    parts, carry = [], None
    for steps in (1, 20, 0, 69):
        part = problem.simulate(steps, carry)
        parts.append(part)
        carry = part.carry
    assert np.array_equal(np.concatenate([part.series for part in parts], 2), whole.series)
    assert np.allclose(np.concatenate([part.times for part in parts]), whole.times)
    for name in ("step", "state", "history", "monitored"):
        assert np.array_equal(getattr(carry, name), getattr(whole.carry, name)), name
    assert sum(part.clamps for part in parts) == whole.clamps
    out = np.empty_like(whole.series)
    assert problem.simulate(T, out=[out]).series is out and np.array_equal(out, whole.series)


def test_a_run_that_begins_later():
    problem = problem_of(pulses=(("r", 0, 105, 110, 0.5),), first_step=100, stimulus=None, monitors=[Monitor.subsample(10)])
    trajectory = problem.simulate(T)
    assert np.allclose(trajectory.times[:2], [11.0, 12.0])
    early = problem_of(pulses=(Pulse("r", 0, 5, 10, 0.5),), stimulus=None, monitors=[Monitor.subsample(10)],
                       noise=random.network_noise(random.key(7), 2, N, T, first_step=100, member=2))
    assert np.array_equal(early.simulate(T).series, trajectory.series)


GRADIENT_VARIANTS = {
    "plain": {}, "euler": {"scheme": "euler"}, "frozen": {"stage": "frozen"},
    "difference": {"coupling_kind": "difference"}, "average": {"monitors": [Monitor.average(over=10)]},
    "fractional": {"network": network_of(3, True)}, "whole delays": {"network": network_of(5, zero_delays=False)},
}


@pytest.mark.parametrize("variant", GRADIENT_VARIANTS)
@pytest.mark.parametrize("model", SETTINGS)
def test_dot_product(model, variant):
    problem = problem_of(model, **GRADIENT_VARIANTS[variant])
    inputs, rng = problem.inputs(T), np.random.default_rng(11)
    shapes = {name: value.shape for name, value in inputs.items()}
    shapes["noise"] = (T, len(models.find(model).states), N)
    recording = problem.record(T)
    u = rng.standard_normal(recording.trajectory.series.shape)
    gradient = recording.pullback(u, list(shapes))
    assert {name: value.shape for name, value in gradient.items()} == shapes
    v = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    for names in [list(shapes), *([name] for name in shapes)]:
        series = problem.jvp(T, {name: v[name] for name in names})
        a, b = np.vdot(u, series), sum(np.vdot(gradient[name], v[name]) for name in names)
        assert abs(a - b) <= 1e-11 * max(np.linalg.norm(u) * np.linalg.norm(series), 1e-300), names
        assert np.linalg.norm(series) > 0, names


@pytest.mark.parametrize("variant", ["plain", "fractional"])
@pytest.mark.parametrize("name", ["weights", "coupling", "eta", "tau", "sigma", "noise", "stimulus", "pulses", "initial",
                                  "history", "delays"])
def test_taylor(name, variant):
    if name == "delays" and variant == "plain":
        with pytest.raises(DelayNetError, match="a whole-step delay has no derivative"):
            problem_of().record(T).pullback(None, "delays")
        return
    problem = problem_of(**GRADIENT_VARIANTS[variant])
    rng = np.random.default_rng(12)
    problem = problem.with_inputs({"noise": rng.standard_normal((T, 2, N))})
    value = problem.inputs(T)[name]

    def loss(series):
        return np.sum(np.sin(series)), np.cos(series)

    at, gradient = problem.value_and_gradient(loss, T, name)
    direction = rng.uniform(0.5, 1, value.shape) * rng.choice([-1.0, 1.0], value.shape)
    if name == "delays":
        # Between whole steps interpolation is linear: the steps of the test may not cross one.
        inside = value - np.floor(value)
        direction = np.where(inside > 0.5, -1.0, 1.0)
    slope = np.vdot(gradient[name], direction)
    sizes = 4e-3 / 2.0 ** np.arange(5)
    rest = [abs(loss(problem.with_inputs({name: value + h * direction}).simulate(T).series)[0] - at - h * slope)
            for h in sizes]
    rates = np.log2(np.array(rest[:-1]) / rest[1:])
    assert ((1.85 < rates) & (rates < 2.15)).all(), rates


def test_gradients_against_differences_of_the_loops():
    problem = problem_of(monitors=[Monitor.average(over=5)]).with_inputs(
        {"noise": np.random.default_rng(13).standard_normal((20, 2, N))})
    steps, h = 20, 1e-6
    inputs = problem.inputs(steps)
    u = np.random.default_rng(14).standard_normal(problem.series_shape(steps))
    names = ["weights", "coupling", "tau", "eta", "sigma", "initial", "history", "pulses"]
    gradient = problem.record(steps).pullback(u, names)
    for name in names:
        for index in np.ndindex(inputs[name].shape):
            values = []
            for sign in (1, -1):
                moved = inputs[name].copy()
                moved[index] += sign * h
                values.append(np.vdot(u, expected(problem.with_inputs({name: moved}), steps)[0]))
            assert abs((values[0] - values[1]) / (2 * h) - gradient[name][index]) < 1e-7, (name, index)


OWN = {"plain": {}, "euler": {"scheme": "euler"}, "frozen": {"stage": "frozen"},
       "difference": {"coupling_kind": "difference"}, "fractional": {"network": network_of(3, True)},
       "fractional difference": {"network": network_of(3, True), "coupling_kind": "difference"},
       "dense": VARIANTS["dense"]}


@pytest.mark.parametrize("changes", OWN.values(), ids=OWN)
def test_weights_of_each_coupling_variable(changes):
    first, second = models.find("mpr").couplings.names
    shared, rng = problem_of(**changes), np.random.default_rng(17)
    network, shape = shared.network, shared.network.weights.shape
    weights = rng.uniform(-1, 0.5, shape)
    problem = shared.replace(weights={second: weights})
    assert np.array_equal(problem.inputs(T)["weights"], np.stack([network.weights, weights]))
    series = problem.simulate(T).series
    wanted = expected(problem, T)[0]
    assert np.abs(series - wanted).max() <= 1e-11 * np.abs(wanted).max()
    assert np.abs(series - shared.simulate(T).series).max() > 1e-3
    # However they are given.
    for same in (np.stack([network.weights, weights]), np.stack([network.weights, weights]).reshape(2, -1),
                 {second: weights.reshape(-1), first: network.weights}):
        assert np.array_equal(shared.replace(weights=same).simulate(T).series, series)
    assert np.array_equal(problem.with_inputs(problem.inputs(T)).simulate(T, threads=2).series, series)

    names = ["weights", "coupling", "cv"] + ["delays"] * (network.fractions is not None)
    u, inputs = rng.standard_normal(series.shape), problem.inputs(T)
    gradient = problem.record(T, memory=problem.tape_bytes(T)[1]).pullback(u, names)
    assert gradient["weights"].shape == (2, *shape)
    tangents = {name: rng.standard_normal(inputs[name].shape) for name in names}
    slope = np.vdot(u, problem.jvp(T, tangents))
    assert np.isclose(slope, sum(np.vdot(gradient[name], tangents[name]) for name in names), rtol=1e-10)
    for index in [(row, *edge) for row in range(2) for edge in list(np.ndindex(shape))[::4]]:
        values = []
        for sign in (1, -1):
            moved = inputs["weights"].copy()
            moved[index] += sign * 1e-6
            values.append(np.vdot(u, expected(problem.with_inputs({"weights": moved}), T)[0]))
        assert np.isclose((values[0] - values[1]) / 2e-6, gradient["weights"][index], rtol=1e-5, atol=1e-6), index

    # Equal ones are shared ones.
    equal = shared.replace(weights={})
    assert np.array_equal(equal.simulate(T).series, shared.simulate(T).series)
    rows, whole = (p.record(T).pullback(u, "weights")["weights"] for p in (equal, shared))
    assert rows.shape == (2, *shape) and np.allclose(rows.sum(0), whole, rtol=1e-10, atol=1e-10)


def test_weights_of_the_only_coupling_variable():
    shared = problem_of("linear")
    for weights in ({"x": 2 * shared.network.weights}, 2 * shared.network.weights[None]):
        problem = shared.replace(weights=weights)
        assert np.array_equal(problem.simulate(T).series, shared.replace(weights=2 * shared.network.weights).simulate(T).series)
        assert problem.record(T).pullback(None, "weights")["weights"].shape == (1, 11)


def test_memory():
    problem = problem_of(network=network_of(5), stimulus=None)
    everything, least = problem.tape_bytes(5000)
    names = ["weights", "coupling", "parameters", "noise", "initial"]
    kept = problem.record(5000)
    u = np.random.default_rng(15).standard_normal(kept.trajectory.series.shape)
    gradient = kept.pullback(u, names)
    assert kept.describe()["levels"] == 0 and kept.describe()["recomputed"] == 0
    for memory in (least, (least + everything) // 2):
        recording = problem.record(5000, memory=memory)
        report = recording.describe()
        assert report["bytes"] <= memory and report["levels"] > 0 and report["recomputed"] > 0
        again = recording.pullback(u, names)
        assert all(np.array_equal(gradient[name], again[name]) for name in gradient)
    with pytest.raises(DelayNetError, match=f"least it can do with: {least} bytes"):
        problem.record(5000, memory=least - 1)


def test_cotangents_of_columns_and_of_the_last_state():
    problem = problem_of()
    recording, silent = problem.record(T), problem.record(T, keep_series=False)
    assert silent.trajectory.series.shape == (2, N, 0)
    assert np.array_equal(silent.trajectory.carry.state, recording.trajectory.carry.state)
    rng = np.random.default_rng(16)
    column, final = rng.standard_normal((2, N)), rng.standard_normal((2, N))
    dseries = np.repeat(column[:, :, None], T, 2)
    dseries[:, :, -1] += final
    whole = recording.pullback(dseries, "initial")["initial"]
    parts = silent.pullback(None, "initial", every_column=column, final_state=final)["initial"]
    assert np.allclose(whole, parts, rtol=1e-12)
    # A transient has no cotangent.
    late = dseries.copy()
    late[:, :, :5] = 0
    gradient = recording.pullback(late, "initial")["initial"]
    assert np.array_equal(gradient, recording.pullback(late[:, :, 5:], "initial", first_column=5)["initial"])
    parts = silent.pullback(None, "initial", every_column=column, first_column=5, final_state=final)["initial"]
    assert np.allclose(gradient, parts, rtol=1e-12)
    into = {"initial": np.ones((2, N))}
    assert recording.pullback(dseries, "initial", into=into)["initial"] is into["initial"]
    assert np.allclose(into["initial"], whole + 1, rtol=1e-12)
    assert not recording.pullback(None, "initial")["initial"].any()


def test_gradients_of_chunks():
    # The cotangent of the whole run's last state reaches the first chunk's inputs through the carry.
    problem = problem_of(network=network_of(6))
    first = problem.record(40)
    second = problem.record(T - 40, first.trajectory.carry)
    final = np.ones((2, N))
    after = second.pullback(None, ["coupling", "initial", "history"], final_state=final)
    dseries = np.zeros(first.trajectory.series.shape)
    # The second chunk's history is the first one's states: mpr is coupled by them. The last state is its initial one.
    dseries[:, :, -H - 1:-1] += after["history"]
    before = first.pullback(dseries, ["coupling"], final_state=after["initial"])
    whole = problem.record(T).pullback(None, ["coupling"], final_state=final)
    assert np.isclose(before["coupling"] + after["coupling"], whole["coupling"], rtol=1e-10)


def test_progress_stops_a_run():
    problem = problem_of(full=False)

    def stop(done, total):
        raise RuntimeError(f"stopped of {total}")

    with pytest.raises(RuntimeError, match="stopped of 5000"):
        problem.simulate(5000, progress=stop)


MISTAKES = {
    "model": ({"model": "mpx"}, "there is no model 'mpx' but linear, mpr", {}),
    "parameter's name": ({"parameters": {"etta": 1}}, "there is no input 'etta' but tau, I", {}),
    "parameter's shape": ({"parameters": {"eta": np.ones(3)}}, "parameter eta must have the shape () or (4,), not (3,)", {}),
    "parameter's value": ({"parameters": {"eta": [1, 1, np.nan, 1]}}, "not a finite number (node 2, parameter eta)",
                          {"node": 2, "parameter": 4}),
    "coupling": ({"coupling": np.inf}, "a scale, gain or model parameter is not a finite number", {"parameter": None}),
    "coupling's type": ({"coupling": "1"}, "coupling must be real numbers", {}),
    "kind": ({"coupling_kind": "diffusive"}, "coupling_kind must be 'linear' or 'difference', not 'diffusive'", {}),
    "scheme": ({"scheme": "rk4"}, "there is no scheme 'rk4' but heun, euler", {}),
    "stage": ({"stage": "stages"}, "stage must be 'aware' or 'frozen'", {}),
    "monitors": ({"monitors": Monitor.average(2)}, "monitors must be a list of Monitor, not Monitor(kind='average'", {}),
    "monitor's kind": ({"monitors": [Monitor("mean", 2)]}, "there is no kind of monitor 'mean' but subsample, average", {}),
    "monitor's steps": ({"monitors": [Monitor.average(over=0)]}, "a monitor's steps_per_column must be a whole number, 1 ...",
                        {}),
    "monitor's states": ({"monitors": [Monitor.subsample(states="V")]}, "a monitor's states must be a list of names, not 'V'",
                         {}),
    "monitor's state": ({"monitors": [Monitor.subsample(states=["V", "q"])]}, "there is no state 'q' but r, V", {}),
    "time step": ({"time_step": -0.1}, "the time step is not a positive finite number", {}),
    "weights": ({"weights": np.ones(3)}, "weights must have the shape (11,) or (2, 11), not (3,)", {}),
    "weights of three": ({"weights": np.ones((3, 11))}, "weights must have the shape (11,) or (2, 11), not (3, 11)", {}),
    "weights of no coupling variable": ({"weights": {"W": np.ones(11)}}, "there is no input 'W' but r, V", {}),
    "weights of one": ({"weights": {"V": np.ones(3)}}, "weights['V'] must have the shape (11,), not (3,)", {}),
    "a weight of one": ({"weights": {"V": [1] * 5 + [np.nan] + [1] * 5}}, "an edge's weight, times the scale, is not a "
                        "finite number (edge 5", {"edge": 5}),
    "a weight": ({"weights": [1] * 5 + [np.nan] + [1] * 5}, "an edge's weight, times the scale, is not a finite number "
                 "(edge 5", {"edge": 5}),
    "sigma's name": ({"sigma": {"W": 1}}, "there is no input 'W' but r, V", {}),
    "sigma's shape": ({"sigma": np.ones(N)}, "sigma must have the shape () or (2,) or (2, 4), not (4,)", {}),
    "sigma": ({"sigma": [1, np.nan]}, "a scale, gain or model parameter is not a finite number", {"parameter": None}),
    "noise's shape": ({"noise": np.ones((T, 2))}, f"noise must have the shape ({T}, 2, 4), not ({T}, 2)", {}),
    "noise too short": ({"noise": np.ones((T - 1, 2, N))}, f"noise must have the shape ({T}, 2, 4)", {}),
    "noise": ({"noise": np.where(np.arange(T * 2 * N) == 8 * 7 + 5, np.nan, 0.0).reshape(T, 2, N)},
              "the noise holds a value that is not a finite number (node 1, step 7, state V)", {"state": 1, "step": 7}),
    "stimulus too short": ({"stimulus": np.ones((2, N, 5))}, f"stimulus must have the shape (2, 4, {T}), not (2, 4, 5)", {}),
    "pulse's node": ({"pulses": [Pulse("r", 0, 0, 9, 1.0), Pulse("V", N, 0, 9, 1.0)]}, "(pulse 1)", {"pulse": 1}),
    "pulse's state": ({"pulses": [Pulse("v", 0, 0, 9, 1.0)]}, "there is no state 'v' but r, V", {}),
    "pulse's steps": ({"pulses": [Pulse(0, 0, 9, 0, 1.0)]}, "or bad steps (pulse 0)", {"pulse": 0}),
    "pulse's begin": ({"pulses": [Pulse(0, 0, 0.5, 9, 1.0)]}, "a pulse's begin must be a whole number", {}),
    "initial's shape": ({"initial": np.ones((N, 2))}, "initial must have the shape (2, 4), not (4, 2)", {}),
    "initial": ({"initial": [[0] * N, [0, np.inf, 0, 0]]}, "the initial state holds a value that is not a finite number "
                "(node 1, step 0, state V)", {"state": 1, "node": 1}),
    "history's shape": ({"history": np.ones((2, N, H - 1))}, f"history must have the shape (2, 4, {H})", {}),
    "history": ({"history": np.where(np.arange(H) == H - 1, np.nan, np.ones((2, N, H)))}, "the history holds",
                {"node": 0, "step": -1}),
    "dtype": ({"dtype": np.float16}, "dtype must be of float32 or float64, not float16", {}),
    "key": ({"key": "0"}, "seed must be a whole number", {}),
    "member": ({"member": -1}, "member must be a whole number", {}),
    "a run that explodes": ({"coupling": 1e200, "weights": [1e200] * 11}, "a node's state left the finite numbers",
                            {"status": -18}),
}


@pytest.mark.parametrize("changes, message, place", MISTAKES.values(), ids=MISTAKES)
def test_mistakes(changes, message, place):
    problem = problem_of().replace(**changes)
    for call in (problem.simulate, problem.record, lambda steps: problem.jvp(steps, {})):
        with pytest.raises(DelayNetError) as caught:
            call(T)
        assert message in str(caught.value)
        assert {name: getattr(caught.value, name) for name in place} == place


def test_more_mistakes():
    problem = problem_of()
    recording = problem.record(T)
    untimed = problem.replace(network=Network(np.ones((N, N)), 1, horizon=H))
    angles = Problem(network_of(), "kuramoto", monitors=[Monitor.average(over=2)])
    silent = problem.replace(monitors=[])
    later = problem.simulate(5, problem.simulate(5).carry).carry
    table = [
        (lambda: problem.simulate(-1), "steps must be a whole number, 0 ..."),
        (lambda: problem.simulate(2.5), "steps must be a whole number"),
        (lambda: problem.simulate(T, threads=-1), "threads must be a whole number from 0"),
        (lambda: problem.simulate(T, out=[np.empty((2, N, T), np.float32)]), "out[0] must be an array of float64, not float32"),
        (lambda: problem.simulate(T, out=[np.empty((2, N, 5))]), f"out[0] must have the shape (2, 4, {T}), not (2, 4, 5)"),
        (lambda: problem.simulate(T, out=[np.empty((2, N, 2 * T))[:, :, ::2]]), "out[0] must be contiguous"),
        (lambda: problem.simulate(T, out=np.empty((2, N, T))), "out must be a list of 1 arrays, one for each monitor"),
        (lambda: problem.simulate(5, problem_of("linear").simulate(3).carry), "carry must be of the model 'mpr', not 'linear'"),
        (lambda: problem.simulate(5, Problem(Network(np.ones((2, 2)), 1, time_step=DT), "mpr").simulate(3).carry),
         "carry.state must have the shape (2, 4), not (2, 2)"),
        (lambda: problem.replace(first_step=50).simulate(T, later), "stimulus begins at step 50, the carry before it: 10"),
        (lambda: problem.record(T, memory=0), "memory must be a whole number, 1 ..."),
        (lambda: untimed.simulate(T), "time_step is needed"),
        (lambda: angles.simulate(T), "a periodic state has no average: subsample it (state theta)"),
        (lambda: recording.pullback(np.ones((2, N, 3))), f"the gradient by output 0 must have the shape (2, 4, {T})"),
        (lambda: recording.pullback(outputs=[None, None]), "there is no gradient by output 1"),
        (lambda: recording.pullback(np.ones((2, N, T)), outputs=[None]), "dseries is the first of the outputs"),
        (lambda: recording.pullback(every_column=np.ones(2)), "every_column must have the shape (2, 4), not (2,)"),
        (lambda: recording.pullback(None, first_column=T + 1), "first_column must be at most"),
        (lambda: recording.pullback(None, first_column=-1), "first_column must be a whole number"),
        (lambda: silent.record(T).pullback(every_column=np.ones((2, N))), "there is no gradient by output 0"),
        (lambda: recording.pullback(None, "etta"), "there is no input 'etta' but"),
        (lambda: problem.replace(sigma=0).record(T).pullback(None, "noise"), "there is no input 'noise' but"),
        (lambda: recording.pullback(np.full((2, N, T), np.nan)), "the cotangent left the finite numbers"),
        (lambda: problem.jvp(T, {"etta": 1}), "there is no input 'etta' but"),
        (lambda: problem.jvp(T, {"eta": [1, 2]}), "the tangent of eta must have the shape ()"),
        (lambda: problem.with_inputs({"etta": 1}), "there is no input 'etta' but"),
        (lambda: problem.with_inputs({"pulses": [1.0]}), "pulses must have the shape (2,), not (1,)"),
        (lambda: problem.simulate(T)["W"], "there is no state 'W' but r, V"),
        (lambda: silent.simulate(T)["r"], "there is no state 'r' but none"),
    ]
    for call, message in table:
        with pytest.raises(DelayNetError) as caught:
            call()
        assert message in str(caught.value)
