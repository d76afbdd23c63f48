"""Runs inside JAX: gradients, compilation, vmap; and random numbers beside JAX's own."""

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install ./python[jax]")
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402
from test_delaymap import GAIN, SCALE, buffer_of, random_network  # noqa: E402
from test_problem import N, T, network_of, problem_of  # noqa: E402

import delaynet.jax  # noqa: E402
from delaynet import DelayMap, DelayNetError, random  # noqa: E402


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_numbers_are_those_of_jax(dtype):
    for seed in (0, 1, 2**32 + 5):
        key, theirs = random.fold_in(random.key(seed), 3), jax.random.fold_in(jax.random.key(seed), 3)
        assert np.array_equal(random.words(key), jax.random.key_data(theirs))
        assert np.array_equal(np.array([random.words(k) for k in random.split(key, 5)]),
                              jax.random.key_data(jax.random.split(theirs, 5)))
        assert np.array_equal(random.uniform(key, (3, 7), dtype, -2, 5), jax.random.uniform(theirs, (3, 7), dtype, -2, 5))
        assert np.array_equal(random.bits(key, 9), jax.random.bits(theirs, 9, np.uint32))
        assert np.array_equal(random.bits(key, 9, np.uint64), jax.random.bits(theirs, 9, np.uint64))
        assert np.array_equal(random.integers(key, 99, -5, 17), jax.random.randint(theirs, 99, -5, 17, np.int32))
        a, b = random.normal(key, 1000, dtype), np.asarray(jax.random.normal(theirs, 1000, dtype))
        assert (np.abs(a - b) <= 4 * np.spacing(np.abs(b))).all()


def map_in_jax(network, buffer, weights, scale, gain):
    """The same map written in JAX."""
    sources, targets = network.edges()
    H = network.horizon

    def step(b, t):
        read = b[sources, t - network.delays]
        x = gain * b[:, t] + scale * jnp.zeros(network.nodes).at[targets].add(weights * read)
        return b.at[:, t].set(x), None

    return jax.lax.scan(step, buffer, jnp.arange(H, buffer.shape[1]))[0]


def test_delay_map_against_the_same_in_jax():
    network = random_network(1)
    map, buffer = DelayMap(network), buffer_of(network, 50)

    def loss(function):
        return lambda b, w, s, g: jnp.sum(jnp.sin(function(b, w, s, g)))

    def ours(b, w, s, g):
        return delaynet.jax.delay_map(map, b, w, s, g)

    arguments = buffer, network.weights, SCALE, GAIN
    value, gradient = jax.jit(jax.value_and_grad(loss(ours), (0, 1, 2, 3)))(*arguments)
    wanted, theirs = jax.value_and_grad(loss(lambda *a: map_in_jax(network, *a)), (0, 1, 2, 3))(*arguments)
    assert np.isclose(value, wanted, rtol=1e-12)
    for a, b in zip(gradient, theirs):
        assert a.shape == jnp.shape(b) and np.allclose(a, b, rtol=1e-10, atol=1e-12)


def test_only_what_is_wanted_is_differentiated(monkeypatch):
    network = random_network(2)
    map, buffer, asked = DelayMap(network, SCALE, GAIN), buffer_of(network, 20), []
    vjp = DelayMap.vjp

    def spy(self, buffer, out, dout, wrt, **rest):
        asked.append(wrt)
        return vjp(self, buffer, out, dout, wrt, **rest)

    monkeypatch.setattr(DelayMap, "vjp", spy)
    jax.grad(lambda w: delaynet.jax.delay_map(map, buffer, w).sum())(network.weights).block_until_ready()
    assert asked == [["weights"]]


@pytest.mark.parametrize("memory", [None, 400_000])
@pytest.mark.parametrize("fractional", [False, True])
def test_simulate(memory, fractional):
    problem = problem_of(network=network_of(3, fractional))
    names = ["weights", "coupling", "eta", "tau", "sigma", "initial", "history", "stimulus", "pulses"]
    names += ["delays"] if fractional else []
    inputs = {name: value for name, value in problem.inputs(T).items() if name in names}
    u = np.random.default_rng(1).standard_normal(problem.series_shape(T))

    @jax.jit
    @jax.value_and_grad
    def loss(inputs):
        return jnp.vdot(u, delaynet.jax.simulate(problem, T, inputs, memory=memory)) * inputs["coupling"]

    value, gradient = loss(inputs)
    recording = problem.record(T)
    wanted = recording.pullback(u, names)
    at, G = np.vdot(u, recording.trajectory.series), inputs["coupling"]
    assert np.isclose(value, at * G, rtol=1e-12)
    for name in names:
        assert gradient[name].shape == inputs[name].shape
        assert np.allclose(gradient[name], G * wanted[name] + (at if name == "coupling" else 0), rtol=1e-10), name


def test_vmap():
    problem = problem_of(dtype=np.float32)
    couplings = jnp.array([0.1, 0.2, 0.3], np.float32)

    def mean(coupling):
        return delaynet.jax.simulate(problem, T, {"coupling": coupling})[0].mean()

    values, slopes = jax.vmap(jax.value_and_grad(mean))(couplings)
    for coupling, value, slope in zip(couplings, values, slopes):
        alone, by = jax.value_and_grad(mean)(coupling)
        assert value == alone and slope == by


def test_mistakes():
    with pytest.raises(Exception, match="there is no input 'etta'"):
        delaynet.jax.simulate(problem_of(), T, {"etta": 1.0}).block_until_ready()
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(DelayNetError, match="jax_enable_x64"):
            delaynet.jax.simulate(problem_of(), T, {"eta": 1.0})
        assert delaynet.jax.simulate(problem_of(dtype=np.float32), T, {"eta": -5.0}).shape == (2, N, T)
    finally:
        jax.config.update("jax_enable_x64", True)
