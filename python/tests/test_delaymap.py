"""The delay map against plain loops, its derivatives against one another and against differences."""

import threading

import numpy as np
import pytest
import reference

from delaynet import DelayMap, DelayNetError, Network
from delaynet.delaymap import INPUTS

SCALE, GAIN = 0.4, 0.7


def random_network(seed, nodes=7, edges=40, longest=23, dtype=np.float64, dense=False):
    rng = np.random.default_rng(seed)
    if dense:
        return Network(rng.standard_normal((nodes, nodes)).astype(dtype), rng.integers(0, longest + 1, (nodes, nodes)))
    return Network(rng.standard_normal(edges).astype(dtype) / 3, rng.integers(0, longest + 1, edges),
                   rng.integers(0, nodes, edges), rng.integers(0, nodes, edges), nodes, longest + 3)


def buffer_of(network, steps, seed=1, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal((network.nodes, network.horizon + steps)).astype(dtype)


def expected(network, buffer, scale=SCALE, gain=GAIN, weights=None):
    weights = network.weights if weights is None else weights
    return reference.delay_map(buffer, weights.reshape(-1), network.delays.reshape(-1), *network.edges(),
                               network.horizon, scale, gain)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("steps", [0, 1, 15, 16, 17, 129])
@pytest.mark.parametrize("dtype, error", [(np.float32, 3e-5), (np.float64, 1e-13)])
def test_run(dense, steps, dtype, error):
    network = random_network(steps, dense=dense, dtype=dtype)
    buffer = buffer_of(network, steps, dtype=dtype)
    before = buffer.copy()
    out = DelayMap(network, SCALE / 2, GAIN).run(buffer)
    wanted = expected(network, buffer, SCALE / 2)
    assert out.dtype == dtype and np.array_equal(buffer, before)
    assert np.abs(out - wanted).max() <= error * np.abs(wanted).max()


def test_nothing_is_copied():
    network = random_network(2)
    wide = np.full((network.nodes, network.horizon + 100 + 11), -12345.0)
    buffer = wide[:, 3:-8]
    buffer[:] = buffer_of(network, 100)
    wanted = DelayMap(network, SCALE, GAIN).run(buffer.copy())
    aside = np.full((network.nodes, 3 * buffer.shape[1]), -12345.0)
    aside[:, :buffer.shape[1]] = buffer
    DelayMap(network, SCALE, GAIN).run(aside[:, :buffer.shape[1]], out=aside[:, -buffer.shape[1]:])
    assert np.array_equal(aside, np.concatenate([buffer, np.full_like(buffer, -12345), wanted], 1))
    out = DelayMap(network, SCALE, GAIN).run(buffer, out=buffer)
    assert out is buffer and np.array_equal(buffer, wanted)
    assert (wide[:, :3] == -12345).all() and (wide[:, -8:] == -12345).all()


def test_threads_and_chunks_keep_the_bits():
    network = random_network(3, nodes=60, edges=3000)
    map, buffer, H = DelayMap(network, SCALE / 20, GAIN), buffer_of(network, 300), network.horizon
    out = map.run(buffer)
    assert np.array_equal(map.run(buffer, threads=3), out)
    parts, history = [], buffer[:, :H]
    for begin, end in ((0, 1), (1, 50), (50, 300)):
        part = map.run(np.concatenate([history, buffer[:, H + begin:H + end]], 1), first_step=begin)
        parts.append(part[:, H:])
        history = part[:, part.shape[1] - H:]
    assert np.array_equal(np.concatenate(parts, 1), out[:, H:])


def test_several_python_threads_share_a_map():
    network = random_network(4, nodes=30, edges=500)
    map = DelayMap(network, SCALE / 10, GAIN)
    buffers = [buffer_of(network, 500, seed) for seed in range(4)]
    outs = [None] * 4

    def work(k):
        outs[k] = map.run(buffers[k], threads=1)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for buffer, out in zip(buffers, outs):
        assert np.array_equal(out, map.run(buffer))


def inputs_of(network, buffer):
    return {"buffer": buffer, "weights": network.weights, "scale": np.array(SCALE), "noise_gain": np.array(GAIN)}


def run(map, inputs):
    inputs = dict(inputs)
    return map.run(inputs.pop("buffer"), **inputs)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("names", [INPUTS, *[(name,) for name in INPUTS]], ids="-".join)
def test_dot_product(dense, names):
    rng = np.random.default_rng(5)
    for seed in range(20):
        network = random_network(seed, dense=dense)
        map, buffer = DelayMap(network, SCALE, GAIN), buffer_of(network, 60)
        out = map.run(buffer)
        inputs = inputs_of(network, buffer)
        v = {name: rng.standard_normal(inputs[name].shape) for name in names}
        u = rng.standard_normal(out.shape)
        right = map.vjp(buffer, out, u, names)
        assert set(right) == set(names)
        a = np.vdot(u, map.jvp(buffer, out, v))
        b = sum(np.vdot(right[name], v[name]) for name in names)
        assert abs(a - b) <= 1e-12 * max(np.linalg.norm(u) * np.linalg.norm(map.jvp(buffer, out, v)), abs(a))


@pytest.mark.parametrize("name", INPUTS)
def test_taylor(name):
    network = random_network(6)
    map, buffer = DelayMap(network, SCALE, GAIN), buffer_of(network, 80)
    inputs, rng = inputs_of(network, buffer), np.random.default_rng(7)
    direction = rng.standard_normal(inputs[name].shape)

    def loss(out):
        return np.sum(np.sin(out)), np.cos(out)

    value, gradient = map.value_and_gradient(loss, buffer, [name])
    slope = np.vdot(gradient[name], direction)
    sizes = 1e-3 / 2.0 ** np.arange(5)
    rest = [abs(loss(run(map, inputs | {name: inputs[name] + h * direction}))[0] - value - h * slope) for h in sizes]
    rates = np.log2(np.array(rest[:-1]) / rest[1:])
    assert ((1.9 < rates) & (rates < 2.1)).all(), rates


def test_gradients_against_differences_of_the_loops():
    network = random_network(8, nodes=3, edges=9, longest=5)
    map, buffer = DelayMap(network, SCALE, GAIN), buffer_of(network, 12)
    cotangent = np.random.default_rng(9).standard_normal(buffer.shape)
    gradient = map.vjp(buffer, map.run(buffer), cotangent, ("buffer", "weights"))
    h = 1e-6
    for name, array in (("buffer", buffer), ("weights", network.weights)):
        for index in np.ndindex(array.shape):
            values = []
            for sign in (1, -1):
                moved = array.copy()
                moved[index] += sign * h
                out = expected(network, moved) if name == "buffer" else expected(network, buffer, weights=moved)
                values.append(np.vdot(cotangent, out))
            assert abs((values[0] - values[1]) / (2 * h) - gradient[name][index]) < 1e-7, (name, index)


def test_gradients_are_added_into_arrays():
    network = random_network(10)
    map, buffer = DelayMap(network, SCALE, GAIN), buffer_of(network, 40)
    out = map.run(buffer)
    fresh = map.vjp(buffer, out, out, INPUTS)
    wide = np.ones((network.nodes, buffer.shape[1] + 9))
    into = {"buffer": wide[:, 4:-5], "scale": np.ones(())}
    again = map.vjp(buffer, out, out, INPUTS, into)
    assert again["buffer"] is into["buffer"] and again["scale"] is into["scale"]
    assert np.allclose(into["buffer"], fresh["buffer"] + 1, rtol=1e-13, atol=1e-12) and np.array_equal(
        again["weights"], fresh["weights"])
    assert np.isclose(into["scale"], fresh["scale"] + 1, rtol=1e-13)
    assert (wide[:, :4] == 1).all() and (wide[:, -5:] == 1).all()


def test_progress_and_what_it_raises():
    network = random_network(11)
    map, buffer, calls = DelayMap(network, SCALE, GAIN), buffer_of(network, 5000), []
    map.run(buffer, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (5000, 5000) and sorted(calls) == calls

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        map.run(buffer, progress=stop)


def test_mistakes():
    network = random_network(12)
    map, buffer = DelayMap(network, SCALE, GAIN), buffer_of(network, 20)
    N, H, out = network.nodes, network.horizon, map.run(buffer)
    fixed, wide = np.empty_like(buffer), np.zeros((N, buffer.shape[1] + 1))
    fixed.flags.writeable = False
    infinite, bad_history, bad_last = network.weights.copy(), buffer.copy(), buffer.copy()
    infinite[11], bad_history[2, 5], bad_last[1, H - 1] = np.inf, np.nan, np.nan
    table = [
        (lambda: map.run(buffer.tolist()), "buffer must be an array, not list", {}),
        (lambda: map.run(buffer.astype(np.float16)), "buffer must be of float32 or float64, not float16", {}),
        (lambda: map.run(buffer.astype(">f8")), "buffer must be of float32 or float64, not >f8", {}),
        (lambda: map.run(buffer[:, :H - 1]), f"buffer must have the shape ({N}, {H} + steps)", {}),
        (lambda: map.run(np.asfortranarray(buffer)), "buffer must have time innermost", {}),
        (lambda: map.run(buffer[:, ::2][:, :H + 1]), f"({N}, {H} + steps)", {}),
        (lambda: map.run(np.repeat(buffer, 2, 1)[:, ::2]), "buffer must have time innermost", {}),
        (lambda: map.run(buffer, out=np.empty(buffer.shape, np.float32)), "out must be an array of float64, not float32",
         {}),
        (lambda: map.run(buffer, out=np.empty((N, H))), f"out must have the shape ({N}, {H + 20}), not ({N}, {H})", {}),
        (lambda: map.run(buffer, out=fixed), "out must be writeable", {}),
        (lambda: map.run(wide[:, :-1], out=wide[:, 1:]), "out must be the buffer or not overlap it", {}),
        (lambda: map.run(buffer, out=np.empty(buffer.shape[::-1]).T), "out must have time innermost", {}),
        (lambda: map.run(buffer, weights=np.ones(3)), "weights must have the shape (40,)", {}),
        (lambda: map.run(buffer, weights=infinite), "not a finite number (edge 11", {"edge": 11}),
        (lambda: map.run(bad_history), "the history holds", {"node": 2, "step": 5 - H}),
        (lambda: map.run(bad_last), "the history holds", {"node": 1, "step": -1}),
        (lambda: map.run(bad_history, first_step=100), "the history holds", {"node": 2, "step": 105 - H}),
        (lambda: map.run(buffer, scale=[1.0]), "scale must have the shape (), not (1,)", {}),
        (lambda: map.run(buffer, noise_gain=np.nan), "a scale, gain or model parameter is not a finite number", {}),
        (lambda: map.run(buffer, threads=-1), "threads must be a whole number from 0", {}),
        (lambda: map.run(buffer, threads=2000), "an option is outside its range", {}),
        (lambda: map.run(buffer, first_step=-1), "first_step must be a whole number", {}),
        (lambda: map.vjp(buffer, out, out[:, 1:]), "dout must have the shape", {}),
        (lambda: map.vjp(buffer, out[:, 1:], out), "out must have the shape", {}),
        (lambda: map.vjp(buffer, out, out, "history"), "there is no input 'history' but buffer, weights", {}),
        (lambda: map.vjp(buffer, out, out, into={"weights": infinite}), "there is no input 'weights' but buffer", {}),
        (lambda: map.vjp(buffer, out, out, "weights", {"weights": np.zeros(40, np.float32)}),
         "into['weights'] must be an array of float64", {}),
        (lambda: map.vjp(buffer, out, out, "weights", {"weights": np.zeros(80)[::2]}),
         "the gradient by weights must be contiguous", {}),
        (lambda: map.vjp(buffer, out, np.full_like(out, np.inf)), "the cotangent left the finite numbers", {}),
        (lambda: map.jvp(buffer, out, {"noise": 1}), "there is no input 'noise'", {}),
        (lambda: map.jvp(buffer, out, {"buffer": out[1:]}), "the tangent of the buffer must have the shape", {}),
        (lambda: DelayMap(network, scale="mean"), "scale must be real numbers", {}),
        (lambda: DelayMap(Network.from_lengths(np.ones((2, 2)), np.ones((2, 2)), 3, 1, fractional=True)),
         "fractional ones are for a Problem", {}),
    ]
    for call, message, place in table:
        with pytest.raises(DelayNetError) as caught:
            call()
        assert message in str(caught.value)
        assert {name: getattr(caught.value, name) for name in place} == place
