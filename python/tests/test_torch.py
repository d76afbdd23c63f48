"""Runs inside PyTorch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install ./python[torch]")
from test_delaymap import GAIN, SCALE, buffer_of, random_network  # noqa: E402
from test_problem import T, network_of, problem_of  # noqa: E402

import delaynet.torch  # noqa: E402
from delaynet import DelayMap, DelayNetError  # noqa: E402


def test_delay_map():
    network = random_network(1)
    map, buffer = DelayMap(network, SCALE), buffer_of(network, 50)
    inputs = {"buffer": torch.from_numpy(buffer), "weights": torch.tensor(network.weights),
              "scale": torch.tensor(SCALE, dtype=torch.float64), "noise_gain": torch.tensor(GAIN, dtype=torch.float64)}
    for tensor in inputs.values():
        tensor.requires_grad_()
    out = delaynet.torch.delay_map(map, **inputs)
    torch.sin(out).sum().backward()
    wanted = map.run(buffer, noise_gain=GAIN)
    gradient = map.vjp(buffer, wanted, np.cos(wanted), list(inputs), noise_gain=GAIN)
    assert np.array_equal(out.detach().numpy(), wanted)
    for name, tensor in inputs.items():
        # PyTorch's cosine is not numpy's to the last bit.
        assert tensor.grad.shape == tensor.shape and np.allclose(tensor.grad.numpy(), gradient[name], rtol=1e-10), name


@pytest.mark.parametrize("memory", [None, 400_000])
def test_simulate(memory):
    problem = problem_of(network=network_of(3, True))
    names = ["weights", "coupling", "eta", "tau", "sigma", "initial", "history", "stimulus", "pulses", "delays"]
    inputs = {name: torch.tensor(value, requires_grad=name != "tau") for name, value in problem.inputs(T).items()
              if name in names}
    u = np.random.default_rng(1).standard_normal(problem.series_shape(T))
    series = delaynet.torch.simulate(problem, T, inputs, memory=memory)
    (torch.from_numpy(u) * series).sum().backward()
    recording = problem.record(T)
    assert np.array_equal(series.detach().numpy(), recording.trajectory.series)
    wanted = recording.pullback(u, names)
    for name in names:
        if name == "tau":
            assert inputs[name].grad is None
        else:
            assert np.array_equal(inputs[name].grad.numpy(), wanted[name]), name


def test_gradcheck():
    problem = problem_of(full=False)
    initial = torch.tensor(problem.inputs(1)["initial"], requires_grad=True)
    eta = torch.tensor(-4.0, dtype=torch.float64, requires_grad=True)
    # A history that is made from the initial state is an input of its own: here it is given.
    history = torch.tensor(problem.inputs(1)["history"], requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, e, h: delaynet.torch.simulate(
        problem, 7, {"initial": s, "eta": e, "history": h}), (initial, eta, history))


def test_without_gradients_nothing_is_recorded(monkeypatch):
    problem = problem_of()
    monkeypatch.setattr(type(problem), "record", None)
    eta = torch.tensor(-5.0, requires_grad=True)
    with torch.no_grad():
        assert not delaynet.torch.simulate(problem, T, {"eta": eta}).requires_grad
    assert not delaynet.torch.simulate(problem, T, {"eta": -5.0}).requires_grad


def test_mistakes():
    problem = problem_of()
    with pytest.raises(DelayNetError, match="there is no input 'etta'"):
        delaynet.torch.simulate(problem, T, {"etta": 1.0})
    with pytest.raises(DelayNetError, match="eta must be on the CPU, not on meta"):
        delaynet.torch.simulate(problem, T, {"eta": torch.empty((), device="meta")})
    weights = torch.tensor(problem.network.weights, requires_grad=True)
    series = delaynet.torch.simulate(problem, T, {"weights": weights})
    with torch.no_grad():
        weights += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        series.sum().backward()
    buffer = torch.from_numpy(buffer_of(problem.network, 5)).requires_grad_()
    out = delaynet.torch.delay_map(DelayMap(problem.network), buffer)
    loss = out.sum()
    with torch.no_grad():
        out += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
