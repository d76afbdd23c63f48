"""Fits through the package: a loss of BOLD's functional connectivity, its gradient, and parameters that are found again."""

import numpy as np
import pytest

from delaynet import Monitor, Network, Problem

REGIONS, STEPS, SEEN = 6, 6000, slice(4, None)


def problem_of(coupling=0.2, w=0.5):
    rng = np.random.default_rng(31)
    weights = rng.random((REGIONS, REGIONS)) * (1 - np.eye(REGIONS))
    return Problem(Network(weights, rng.integers(0, 4, weights.shape), time_step=4.0), "wong_wang", coupling=coupling,
                   parameters={"I_o": 0.32, "w": np.full(REGIONS, w)}, sigma=0.003, key=3,
                   initial=np.full((1, REGIONS), 0.2), monitors=[Monitor.bold("volterra", repetition_time=500)])


def distance(target):
    """The mean square of FC - target, and its gradient by the series."""
    def loss(series):
        x = series[0, :, SEEN] - series[0, :, SEEN].mean(axis=1, keepdims=True)
        norms = np.linalg.norm(x, axis=1, keepdims=True)
        z = x / norms
        difference = z @ z.T - target
        dz = 4 * difference @ z / difference.size
        dseries = np.zeros_like(series)
        dseries[0, :, SEEN] = (dz - z * (z * dz).sum(axis=1, keepdims=True)) / norms
        return (difference**2).mean(), dseries
    return loss


def connectivity(problem):
    return np.corrcoef(problem.simulate(STEPS).series[0, :, SEEN])


def evaluated(problem, target, x, **options):
    moved = problem.with_inputs({"coupling": x[0], "w": x[1:]})
    value, gradient = moved.value_and_gradient(distance(target), STEPS, ["coupling", "w"], **options)
    return value, np.append(gradient["coupling"], gradient["w"])


TRUTH = np.append(0.3, np.linspace(0.45, 0.58, REGIONS))
START = np.append(0.2, np.full(REGIONS, 0.5))


@pytest.fixture(scope="module")
def target():
    return connectivity(problem_of().with_inputs({"coupling": TRUTH[0], "w": TRUTH[1:]}))


def test_the_gradient_is_that_of_differences(target):
    problem = problem_of()
    value, gradient = evaluated(problem, target, START)
    assert value == pytest.approx(((connectivity(problem) - target) ** 2).mean(), rel=1e-12)
    for k in range(len(START)):
        h = 1e-3 * np.eye(len(START))[k]
        # Five points: an error of the order of h ** 4.
        a, b, c, d = (evaluated(problem, target, START + m * h)[0] for m in (-2, -1, 1, 2))
        assert gradient[k] == pytest.approx((a - 8 * b + 8 * c - d) / 12e-3, rel=1e-5, abs=1e-6 * np.abs(gradient).max())


def test_a_budget_does_not_change_a_bit(target):
    problem = problem_of()
    whole, bounded = (evaluated(problem, target, START, memory=memory)
                      for memory in (None, problem.tape_bytes(STEPS)[1]))
    assert whole[0] == bounded[0] and np.array_equal(whole[1], bounded[1])


def test_jax_differentiates_the_loss(target):
    jax = pytest.importorskip("jax")
    import delaynet.jax
    jnp, problem = jax.numpy, problem_of()
    with jax.enable_x64(True):
        def loss(x):
            series = delaynet.jax.simulate(problem, STEPS, {"coupling": x[0], "w": x[1:]})
            return ((jnp.corrcoef(series[0, :, SEEN]) - target) ** 2).mean()

        value, gradient = jax.jit(jax.value_and_grad(loss))(jnp.asarray(START))
    mine = evaluated(problem, target, START)
    assert value == pytest.approx(mine[0], rel=1e-12)
    assert np.abs(np.asarray(gradient) - mine[1]).max() < 1e-10 * np.abs(mine[1]).max()


def test_parameters_are_found_again(target):
    optimize = pytest.importorskip("scipy.optimize")
    problem = problem_of()
    found = optimize.minimize(lambda x: evaluated(problem, target, x), START, jac=True, method="L-BFGS-B",
                              bounds=[(0, 1)] * len(START), options={"maxiter": 400, "ftol": 1e-16, "gtol": 1e-9})
    assert found.fun < 1e-7 < 1e-4 < evaluated(problem, target, START)[0]
    assert np.abs(found.x - TRUTH).max() < 0.01
