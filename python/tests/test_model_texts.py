"""Models that are read from texts."""

import gc
import math
import pathlib
import pickle

import numpy as np
import pytest

from delaynet import DelayNetError, Model, ModelTextError, Monitor, Network, Problem, models

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = """\
model trial "A trial"
source "made up for this test"
parameter a = 1.5 in 0.5..3 [1/ms] "decay" symbol "α"
parameter b = 0.25
state x >= -5 <= 5 from -1..1 [mV] "potential"
state phi periodic from -3..3 [rad] "phase"
coupling c of tanh(x) + b*phi "sum"
drive = a*x - b
x' = -drive + where(x > 0, sin(phi), x^2) + c
phi' = 0.3 + 0.1*x
output rate = 10*logistic(drive) [Hz] "rate"
"""
NATIVE = [model.name for model in models.register() if model.describe()["nodes"] == 0]
N, T, DT = 5, 30, 0.05


def network(dtype=np.float64):
    random = np.random.default_rng(3)
    return Network(random.normal(size=(N, N)).astype(dtype) / N, random.integers(0, 6, (N, N)), time_step=DT)


def test_what_is_read():
    model = Model.from_text(TEXT)
    assert (model.name, model.title, model.source, model.text) == ("trial", "A trial", "made up for this test", TEXT)
    assert model.states.names == ["x", "phi"] and [state.periodic for state in model.states] == [False, True]
    assert (model.states["x"].lower, model.states["x"].upper, model.states["x"].unit) == (-5, 5, "mV")
    assert model.states["x"].expression == "-drive + where(x > 0, sin(phi), x^2) + c"
    assert model.couplings["c"].expression == "tanh(x) + b*phi"
    assert (model.parameters["a"].symbol, model.parameters["a"].highest) == ("α", 3)
    assert (model.parameters["b"].lowest, model.parameters["b"].highest) == (-math.inf, math.inf)
    assert model.outputs.names == ["rate"] and model.readable.names == ["x", "phi", "rate"]
    report = model.describe()
    assert report["operations"] > 10 and report["vjp_operations"] > report["operations"]
    assert "trial" not in models.names() and models.find(model) is model


def test_equal_texts_are_equal_models():
    one, same, other = Model.from_text(TEXT), Model.from_text(TEXT), Model.from_text(TEXT + "# a comment\n")
    assert one == same and hash(one) == hash(same) and one != other and one != "trial"
    assert models.find("mpr") == models.find("mpr") != Model.from_text(models.find("mpr").text)


def test_files(tmp_path):
    path = tmp_path / "trial.model"
    path.write_text(TEXT, encoding="utf-8")
    assert Model.from_file(path) == Model.from_text(TEXT) == Model.from_file(str(path))
    path.write_text(TEXT.replace("- b\n", "- z\n"), encoding="utf-8")
    with pytest.raises(ModelTextError, match=r"trial\.model:8:15: .*'z'") as caught:
        Model.from_file(path)
    assert (caught.value.line, caught.value.column, caught.value.path) == (8, 15, str(path))
    path.write_bytes(b"model m\nsource \"\xff\"\n")
    with pytest.raises(ModelTextError, match="not UTF-8") as caught:
        Model.from_file(path)
    assert (caught.value.line, caught.value.column) == (2, 9)
    with pytest.raises(FileNotFoundError):
        Model.from_file(tmp_path / "absent.model")
    for example in sorted((ROOT / "examples" / "models").glob("*.model")):
        assert Model.from_file(example).name == example.stem


@pytest.mark.parametrize("text, line, column, words", [
    (TEXT.replace("x^2) + c", "x^2) + d"), 9, 45, "'d'"), (TEXT + "y' = 1\n", 12, 1, "'y'"),
    (TEXT.replace("phi' = 0.3 + 0.1*x\n", ""), 6, 7, "'phi'"), (TEXT + "parameter sigma = 1\n", 12, 11, "sigma"),
    ("", None, None, "model")])
def test_mistakes(text, line, column, words):
    with pytest.raises(ModelTextError, match=words) as caught:
        Model.from_text(text)
    error = caught.value
    assert isinstance(error, DelayNetError) and (error.line, error.column, error.path) == (line, column, None)
    assert error.status == -33 and error.reason in str(error)
    assert (f"line {line}, column {column}" in str(error)) == (line is not None)


def test_bad_arguments():
    with pytest.raises(DelayNetError, match="must be a str"):
        Model.from_text(b"model m")
    with pytest.raises(DelayNetError):
        Problem(network(), "trial").simulate(1)
    with pytest.raises(DelayNetError, match="there is no state or output 'rat' but x, phi, rate"):
        Problem(network(), Model.from_text(TEXT), monitors=[Monitor.subsample(states=["rat"])]).simulate(1)


@pytest.mark.parametrize("name", NATIVE)
def test_native_models_and_their_texts(name):
    model = Model.from_text(models.find(name).text)
    assert model.describe()["operations"] > 0 and model.defaults == models.find(name).defaults
    runs = [Problem(network(), chosen, coupling=0.3, sigma=1e-3, time_step=0.01) for chosen in (name, model)]
    native, own = (run.simulate(T).series for run in runs)
    assert np.abs(native - own).max() <= 1e-12 * np.abs(native).max()
    wanted = ["initial", "history", "weights", "coupling", "parameters"]
    native, own = (run.record(T).pullback(np.ones_like(native), wanted) for run in runs)
    assert native.keys() == own.keys()
    for key in native:
        assert np.abs(native[key] - own[key]).max() <= 1e-10 * max(np.abs(native[key]).max(), 1e-300), key


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_and_their_gradients(dtype):
    model = Model.from_text(TEXT)
    a = np.linspace(1, 2, N)
    problem = Problem(network(), model, coupling=0.3, parameters={"a": a}, sigma=0.1, dtype=dtype,
                      monitors=[Monitor.subsample(states=["rate", "x"]), Monitor.average(over=3, states=["rate"])])
    run = problem.simulate(T)
    rate = 10 / (1 + np.exp(-(a[:, None] * run["x"] - 0.25)))
    tolerance = 2e-6 if dtype == np.float32 else 1e-13
    assert run.states == ["rate", "x"] and np.abs(run["rate"] - rate).max() < 10 * tolerance
    assert np.abs(run.outputs[1][0] - rate.reshape(N, -1, 3).mean(axis=2)).max() < 10 * tolerance
    if dtype == np.float64:
        # By plain differences, of all that a monitor reads. The past is an input of its own, also where b has made it.
        problem = problem.replace(history=problem.inputs(T)["history"])
        u = np.random.default_rng(1).normal(size=run.series.shape)
        slopes = problem.record(T).pullback(u, ["a", "b", "coupling"])
        h = 1e-5
        for key, value in (("b", 0.25), ("coupling", 0.3)):
            ends = [(problem.with_inputs({key: value + sign * h}).simulate(T).series * u).sum() for sign in (1, -1)]
            assert np.isclose(slopes[key], (ends[0] - ends[1]) / (2 * h), rtol=1e-7)
        change = np.random.default_rng(2).normal(size=N)
        tangent = problem.jvp(T, {"a": change})
        assert np.isclose((tangent * u).sum(), (slopes["a"] * change).sum(), rtol=1e-12)


def test_a_carry_of_another_text_is_refused():
    model, edited = Model.from_text(TEXT), Model.from_text(TEXT.replace("0.1*x", "0.2*x"))
    problem = Problem(network(), model)
    carry = problem.simulate(5).carry
    with pytest.raises(DelayNetError, match="carry must be of the model 'trial "):
        problem.replace(model=edited).simulate(5, carry)
    again = problem.replace(model=Model.from_text(TEXT)).simulate(5, carry)
    assert np.array_equal(problem.simulate(10).series[:, :, 5:], again.series)


def test_a_model_lives_as_long_as_its_runs():
    def recording():
        return Problem(network(), Model.from_text(TEXT), coupling=0.3).record(T, memory=200_000)

    kept = recording()
    gc.collect()
    ones = np.ones_like(kept.trajectory.series)
    first = kept.pullback(ones, ["parameters", "weights"])
    second = recording().pullback(ones, ["parameters", "weights"])
    assert all(np.array_equal(first[key], second[key]) for key in first)
    states = Model.from_text(TEXT).states
    gc.collect()
    assert states["x"].meaning == "potential"


def test_models_go_to_other_processes():
    for model in (Model.from_text(TEXT), models.find("mpr")):
        again = pickle.loads(pickle.dumps(model))
        assert again == model and Problem(network(), again).simulate(2).series.shape[0] == 2
