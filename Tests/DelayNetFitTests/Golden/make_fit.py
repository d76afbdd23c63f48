"""Observables, losses and optimisers as NumPy, SciPy, JAX and optax compute them, in float64.

    python make_fit.py

writes observables.npz and optimizers.npz beside itself, and README.md.
"""

import pathlib

import jax
import jax.numpy as jnp
import jax.scipy.signal
import numpy as np
import optax
import scipy
import scipy.signal
import scipy.stats

jax.config.update("jax_enable_x64", True)
here = pathlib.Path(__file__).parent
rng = np.random.default_rng(12)


# ---- Observables ------------------------------------------------------------------------------------------------------

n, k = 5, 61
drive = rng.normal(size=(n, n))
x = np.zeros((n, k))
for t in range(1, k):
    x[:, t] = 0.7 * x[:, t - 1] + drive @ rng.normal(size=n) * 0.3
x += rng.normal(size=(n, 1))
triangle = np.triu_indices(n, 1)
other = rng.normal(size=(n, 40))
target = np.corrcoef(other)
fs = 1000 / 720
window, step, segment, lags = 20, 7, 16, 6


def fc(x):
    return jnp.corrcoef(x)


def lagged_fc(x, lag=2):
    a, b = x[:, lag:], x[:, : x.shape[1] - lag]
    return jnp.corrcoef(a, b)[:n, n:]


def covariance(x, lag=0):
    z = x - x.mean(1, keepdims=True)
    return z[:, lag:] @ z[:, : x.shape[1] - lag].T / (x.shape[1] - lag)


def fcd(x):
    starts = range(0, x.shape[1] - window + 1, step)
    return jnp.corrcoef(jnp.stack([jnp.corrcoef(x[:, s : s + window])[triangle] for s in starts]))


def spectrum(x, nperseg=segment):
    return jax.scipy.signal.welch(x, fs=fs, nperseg=nperseg, detrend="constant")[1]


def peak(x, sharpness=8):
    f, p = jax.scipy.signal.welch(x, fs=fs, nperseg=segment, detrend="constant")
    q = (p[:, 1:] / p[:, 1:].max(1, keepdims=True)) ** sharpness
    return (q @ f[1:] / q.sum(1))[:, None]


def order(x):
    return jnp.abs(jnp.exp(1j * x).mean(0))[None]


def autocorrelation(x):
    z = x - x.mean(1, keepdims=True)
    rho = [(z[:, l:] * z[:, : k - l]).sum(1) / (z * z).sum(1) for l in range(1, lags + 1)]
    return 720 * (1 + 2 * sum(rho))[:, None]


def rmse(a, b):
    return jnp.sqrt(((a - b) ** 2).mean())


target_dynamics = np.corrcoef(rng.normal(size=(9, 30)))[np.triu_indices(9, 1)]
windows = len(range(0, k - window + 1, step))
of_windows = np.triu_indices(windows, 1)


def wasserstein(a, b):
    # Both sorted lists repeated to a common length.
    return jnp.abs(jnp.repeat(jnp.sort(a), b.size) - jnp.repeat(jnp.sort(b), a.size)).mean()


functions = {
    "fc": fc,
    "lagged_fc": lagged_fc,
    "covariance": covariance,
    "lagged_covariance": lambda x: covariance(x, 3),
    "fcd": fcd,
    "spectrum": spectrum,
    "odd_spectrum": lambda x: spectrum(x, 15),
    "peak": peak,
    "order": order,
    "mean_order": lambda x: order(x).mean(1, keepdims=True),
    "metastability": lambda x: order(x).std(1, keepdims=True),
    "mean": lambda x: x.mean(1, keepdims=True),
    "variance": lambda x: x.var(1, keepdims=True),
    "autocorrelation": autocorrelation,
    "loss_correlation": lambda x: 1 - jnp.corrcoef(fc(x)[triangle], target[triangle])[0, 1],
    "loss_rmse": lambda x: rmse(fc(x)[triangle], target[triangle]),
    "loss_zero_diagonal": lambda x: rmse(fc(x) * (1 - jnp.eye(n)), target * (1 - jnp.eye(n))),
    "loss_fisher": lambda x: rmse(jnp.arctanh(fc(x)[triangle]), np.arctanh(target[triangle])),
    "loss_wasserstein": lambda x: wasserstein(fcd(x)[of_windows], target_dynamics),
}
arrays = {"series": x, "target": target, "target_dynamics": target_dynamics}
for name, function in functions.items():
    value, pullback = jax.vjp(function, jnp.asarray(x))
    cotangent = rng.normal(size=value.shape)
    arrays[name] = np.atleast_1d(value)
    arrays[f"{name}_cotangent"] = np.atleast_1d(cotangent)
    arrays[f"{name}_vjp"] = pullback(jnp.asarray(cotangent))[0]

# The same values from SciPy and NumPy.
welch = scipy.signal.welch(x, fs=fs, nperseg=segment)
np.testing.assert_allclose(arrays["spectrum"], welch[1], rtol=1e-12)
np.testing.assert_allclose(arrays["odd_spectrum"], scipy.signal.welch(x, fs=fs, nperseg=15)[1], rtol=1e-12)
np.testing.assert_allclose(arrays["covariance"], np.cov(x, ddof=0), rtol=1e-12)
np.testing.assert_allclose(
    arrays["loss_wasserstein"],
    scipy.stats.wasserstein_distance(np.asarray(arrays["fcd"])[of_windows], target_dynamics),
    rtol=1e-12,
)
arrays["frequencies"] = welch[0]
arrays["kolmogorov"] = np.array(
    [scipy.stats.ks_2samp(np.asarray(arrays["fcd"])[of_windows], target_dynamics).statistic]
)
np.savez(here / "observables.npz", **{k: np.ascontiguousarray(v, dtype=np.float64) for k, v in arrays.items()})


# ---- Optimisers ---------------------------------------------------------------------------------------------------------

dimension, steps = 6, 60
scales = np.logspace(0, 3, dimension)
start = rng.normal(size=dimension)


def loss(x):
    return 0.5 * (scales * x**2).sum() + jnp.sin(x).sum()


optimizers = {
    "adam": optax.adam(0.05),
    "adam_betas": optax.adam(0.02, b1=0.8, b2=0.99, eps=1e-6),
    "adamw": optax.adamw(0.05, weight_decay=0.1),
    "adam_clipped": optax.chain(optax.clip_by_global_norm(2.0), optax.adam(0.05)),
    "adam_cosine": optax.adam(optax.cosine_decay_schedule(0.1, 40, alpha=0.1)),
    # The exponential and the warm-up schedule are written out: optax's own compute in float32 whatever the precision.
    "adam_exponential": optax.adam(lambda step: 0.1 * 0.5 ** (step.astype(jnp.float64) / 10)),
    "adam_warm": optax.adam(
        lambda step: jnp.where(
            step < 10,
            0.1 * step.astype(jnp.float64) / 10,
            optax.cosine_decay_schedule(0.1, 40, alpha=0.1)(jnp.maximum(step - 10, 0)),
        )
    ),
}
steps_of_schedules = np.arange(60)
for own, peer in [
    (lambda step: 0.1 * 0.5 ** (step / 10), optax.exponential_decay(0.1, 10, 0.5)),
    (
        lambda step: np.where(step < 10, step / 100, optax.cosine_decay_schedule(0.1, 40, alpha=0.1)(step - 10)),
        optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 50, end_value=0.01),
    ),
]:
    np.testing.assert_allclose(own(steps_of_schedules), peer(steps_of_schedules), rtol=1e-6)
arrays = {"scales": scales, "start": start}
for name, optimizer in optimizers.items():
    point, state = jnp.asarray(start), optimizer.init(jnp.asarray(start))
    path = []
    for _ in range(steps):
        updates, state = optimizer.update(jax.grad(loss)(point), state, point)
        point = optax.apply_updates(point, updates)
        path.append(np.asarray(point))
    arrays[name] = np.stack(path)
np.savez(here / "optimizers.npz", **{k: np.ascontiguousarray(v, dtype=np.float64) for k, v in arrays.items()})

(here / "README.md").write_text(
    f"""# Golden arrays of observables, losses and optimisers

Made by `make_fit.py` with jax {jax.__version__}, optax {optax.__version__}, scipy {scipy.__version__} and numpy
{np.__version__} on the CPU, in float64; arrays are row-major.

## `observables.npz`

`series` ({n}, {k}) is a row a region. For every observable and loss `<name>` there is its value, a random `<name>_cotangent` of
the value's extents and `<name>_vjp` ({n}, {k}), JAX's vector-Jacobian product; the script says how each is defined. The spectra
equal `scipy.signal.welch`, the covariance `numpy.cov`, `loss_wasserstein` `scipy.stats.wasserstein_distance` to 1e-12.

## `optimizers.npz`

The first {steps} points of optax's optimisers from `start` ({dimension}), for the loss 0.5 * sum(scales * x^2) + sum(sin(x)).

## `reference_fit.npz`

Made by `make_reference_fit.py`, with the same versions, from dk_average_structural.npz and dk_average_functional.npz: a fit of 84
regions in two stages, G and w, then G and a w a region. `first_` is the first stage (51 iterations), `kept_` and `renewed_` the
second one (21) behind the transient of the first or one of its own: `loss`, `norm` of the gradient, `coupling` and `w` where they
were taken, `dcoupling` and `dw`. `correlation` is that of the upper triangles where the first stage begins and where it ends.
"""
)
