"""What runs return: several monitors of one run, in pieces, and their gradients."""

import re

import numpy as np
import pytest
from test_problem import DT, N, T, expected, network_of, problem_of

from delaynet import Carry, DelayNetError, Monitor, Problem, monitors

LIST = [Monitor.subsample(states=["V", "r"]), Monitor.average(over=7), Monitor.subsample(every=5, states=["V"]),
        Monitor.average(over=3, states=["r"]), Monitor.average(over=1, states=["r", "V", "r"]), Monitor.subsample(4, [])]
SHAPES = [(2, N, T), (2, N, T // 7), (1, N, T // 5), (1, N, T // 3), (3, N, T), (0, N, T // 4)]


def test_register():
    assert monitors.names()[:2] == ["subsample", "average"]
    assert (monitors.find("average").memory, monitors.find("average").periodic) == (1, False)
    assert (monitors.find("subsample").memory, monitors.find("subsample").periodic) == (0, True)
    with pytest.raises(DelayNetError, match="there is no kind of monitor 'median' but subsample, average"):
        monitors.find("median")


def test_monitors_are_values():
    assert Monitor.subsample() == Monitor("subsample", 1) and Monitor.average(5, ["V"]) == Monitor("average", 5, ("V",))
    assert len({Monitor.subsample(), Monitor.subsample(2), Monitor.average(2), Monitor("average", 2)}) == 3
    ranges = (range(9), range(1, 3), range(3, 5), range(-4, 4), range(5, 5))
    assert [Monitor.average(over=3).columns(steps) for steps in ranges] == [3, 1, 0, 1, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_is_what_it_is_alone(dtype):
    problem = problem_of(monitors=LIST, dtype=dtype)
    all = problem.simulate(T)
    assert [output.shape for output in all.outputs] == SHAPES and all.monitors == tuple(LIST)
    assert all.series is all.outputs[0] and all.states == ["V", "r"] and all["r"].base is not None
    assert problem.series_shape(T) == SHAPES[0] and np.array_equal(all["V"], all.outputs[0][0])
    error = 2e-4 if dtype == np.float32 else 1e-11
    for output, wanted in zip(all.outputs, expected(problem, T), strict=True):
        assert output.dtype == dtype and np.abs(output - wanted).max(initial=0) <= error * np.abs(wanted).max(initial=1)
    for monitor, output in zip(LIST, all.outputs):
        alone = problem.replace(monitors=[monitor]).simulate(T)
        assert np.array_equal(alone.series, output)
        assert np.allclose(alone.times, DT * monitor.steps_per_column * (1 + np.arange(output.shape[2])))


def test_no_monitors():
    problem = problem_of(monitors=())
    nothing, whole = problem.simulate(T), problem_of().simulate(T)
    assert nothing.outputs == [] and nothing.series.shape == problem.series_shape(T) == (0, N, 0)
    assert nothing.states == [] and nothing.times.shape == (0,) and nothing.carry.monitored.shape == (0, N)
    assert np.array_equal(nothing.carry.state, whole.carry.state)
    final = np.ones((2, N))
    assert np.array_equal(problem.record(T).pullback(None, "weights", final_state=final)["weights"],
                          problem_of().record(T).pullback(None, "weights", final_state=final)["weights"])
    assert problem.jvp(T, {"coupling": 1.0}).shape == (0, N, 0)


@pytest.mark.parametrize("first", [1, 13, 30, 89])
def test_pieces(first):
    problem = problem_of(monitors=LIST)
    whole = problem.simulate(T)
    begin = problem.simulate(first)
    rest = problem.simulate(T - first, begin.carry)
    for parts in zip(begin.outputs, rest.outputs, whole.outputs, strict=True):
        assert np.array_equal(np.concatenate(parts[:2], 2), parts[2])
    assert rest.steps == range(first, T) and rest.carry.monitors == whole.carry.monitors == tuple(LIST)
    assert np.array_equal(rest.carry.monitored, whole.carry.monitored) and rest.carry.monitored.shape == (6, N)


def test_a_carry_of_other_monitors():
    problem, other = problem_of(monitors=LIST), problem_of(monitors=[Monitor.average(over=10)])
    inside = problem.simulate(12).carry
    with pytest.raises(DelayNetError, match="carry ends inside a column of the monitor average of 7 steps$"):
        other.simulate(5, inside)
    with pytest.raises(DelayNetError, match="carry ends inside a column of the monitor average of 10 steps, whose first part it does not have"):
        other.simulate(5, problem_of().simulate(12).carry)
    # Where no monitor keeps anything, others may continue.
    fives, sevens = (problem_of(monitors=[Monitor.subsample(every=m)]) for m in (5, 7))
    assert np.array_equal(fives.simulate(T - 12, sevens.simulate(12).carry).series, fives.simulate(T).series[:, :, 2:])
    later = other.simulate(T - 70, problem_of(monitors=[Monitor.average(over=7)]).simulate(70).carry)
    assert np.array_equal(later.series, other.simulate(T).series[:, :, 7:])


def test_bold_behind_a_carry_of_other_monitors():
    bold, slower = (Monitor.bold("volterra", m * DT, 2 * DT, ["V"]) for m in (10, 20))
    problem = problem_of(monitors=[bold])
    whole, carry = problem.simulate(60), problem.simulate(20).carry
    assert np.array_equal(problem.simulate(40, carry).series, whole.series[:, :, 2:])
    for monitors, before, words in [
            ([slower], carry, "monitors[0], volterra of 20 steps, would begin from rest at step 20"),
            ([Monitor.average(over=10), bold], carry, "monitors[1], volterra of 10 steps, would begin from rest"),
            ([bold], problem_of(monitors=[]).simulate(20).carry, "monitors[0], volterra of 10 steps, would begin from rest")]:
        with pytest.raises(DelayNetError, match=re.escape(words)):
            problem_of(monitors=monitors).simulate(20, before)
    # From rest where that is said, or where nothing has been run.
    rested = problem.simulate(40, Carry(carry.model, 20, carry.state, carry.history, carry.monitors))
    assert not np.array_equal(rested.series, whole.series[:, :, 2:])
    start = problem_of(monitors=[]).simulate(0).carry
    assert start.step == 0 and np.array_equal(problem.simulate(60, start).series, whole.series)


def test_a_carry_made_by_hand():
    problem = problem_of(monitors=[Monitor.average(over=7)])
    carry = problem.simulate(14).carry
    made = Carry(carry.model, carry.step, carry.state, carry.history, [Monitor.average(7)])
    assert np.array_equal(problem.simulate(9, made).series, problem.simulate(9, carry).series)
    wrong = Carry(carry.model, carry.step, carry.state, carry.history, carry.monitors, np.zeros((1, N)))
    with pytest.raises(DelayNetError, match=r"carry.monitored must have the shape \(2, 4\), not \(1, 4\)"):
        problem.simulate(9, wrong)


def test_arrays_of_the_caller():
    problem = problem_of(monitors=LIST)
    whole = problem.simulate(T)
    out = [np.empty(shape) for shape in SHAPES]
    trajectory = problem.simulate(T, out=out)
    assert all(a is b for a, b in zip(trajectory.outputs, out))
    assert all(np.array_equal(a, b) for a, b in zip(out, whole.outputs))
    with pytest.raises(DelayNetError, match="overlap"):
        problem.simulate(T, out=[out[4][:2], *out[1:]])


@pytest.mark.parametrize("bounded", [False, True])
def test_the_gradient_of_several_outputs_is_the_sum_of_theirs(bounded):
    problem = problem_of(monitors=LIST)
    recording = problem.record(T, memory=problem.tape_bytes(T)[1] if bounded else None)
    rng = np.random.default_rng(21)
    cotangents = [rng.standard_normal(shape) for shape in SHAPES]
    names = ["weights", "coupling", "initial"]
    whole = recording.pullback(outputs=cotangents, wrt=names)
    parts = [recording.pullback(outputs=[c if j == k else None for j, c in enumerate(cotangents)], wrt=names)
             for k in range(len(LIST))]
    for name in names:
        assert np.allclose(whole[name], sum(part[name] for part in parts), rtol=1e-11, atol=1e-12)
    for k, monitor in enumerate(LIST):
        alone = problem.replace(monitors=[monitor]).record(T).pullback(cotangents[k], names)
        assert all(np.array_equal(alone[name], parts[k][name]) for name in names)
    # Fewer than there are: the rest is zero. One that every column has is of the first.
    assert np.array_equal(recording.pullback(outputs=cotangents[:1], wrt="weights")["weights"], parts[0]["weights"])
    column = rng.standard_normal((2, N))
    every = recording.pullback(outputs=[None, cotangents[1]], every_column=column, wrt="initial")["initial"]
    repeated = recording.pullback(outputs=[np.repeat(column[:, :, None], T, 2), cotangents[1]], wrt="initial")["initial"]
    assert np.array_equal(every, repeated)


def test_the_tangent_is_that_of_the_series():
    problem = problem_of(monitors=LIST)
    tangents = {"coupling": 1.0, "eta": 0.3}
    for order in (LIST, LIST[1:], LIST[3:]):
        tangent = problem.replace(monitors=order).jvp(T, tangents)
        recording = problem.replace(monitors=order).record(T)
        u = np.random.default_rng(22).standard_normal(tangent.shape)
        gradient = recording.pullback(u, list(tangents))
        assert np.isclose(np.vdot(u, tangent), sum(np.sum(gradient[name] * tangents[name]) for name in tangents), rtol=1e-10)


def test_periodic_states():
    angles = Problem(network_of(), "kuramoto", monitors=[Monitor.subsample(every=2), Monitor.average(over=2)])
    with pytest.raises(DelayNetError, match="a periodic state has no average"):
        angles.simulate(4)
    assert angles.replace(monitors=[Monitor.subsample(every=2)]).simulate(4).series.shape == (1, N, 2)
