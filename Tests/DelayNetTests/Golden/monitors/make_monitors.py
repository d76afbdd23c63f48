"""BOLD and projections of one series, as JAX, SciPy, tvboptim and The Virtual Brain compute them: see README.md.

    python make_monitors.py        with jax, scipy and tvboptim: monitors.npz
    python make_monitors.py tvb    with tvb-library: tvb.npz
"""

import math
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
N, T, DT = 2, 12000, 2.0  # nodes, steps, ms
INTERIM, EVERY = 2, 500  # steps of an interim mean (4 ms) and of a column (1 s)
EVERY_GRADIENT = 25

# The series after each step: whole numbers over a power of two, so that nothing needs to be stored.
t = np.arange(T)
X = np.stack([(t * t * 31 + t * 17 + i * 7919) % 1024 / 2048 + (t // 700 + i) % 3 * 0.25 for i in range(N)])

KERNELS = {
    "volterra": dict(tau_s=0.8, tau_f=0.4, k_1=5.6, V_0=0.02),
    "gamma": dict(tau=1.08, n=3.0, scale=1.0),
    "mixture": dict(a_1=6.0, a_2=13.0, l=1.0, c=0.4),
    "double_exponential": dict(tau_1=7.22, f_1=0.03, amp_1=0.1, tau_2=7.4, f_2=0.12, amp_2=0.1, scale=1.0),
}
K = 4.3 * 40.3 * 0.4 * 0.04
BALLOONS = {  # kappa, gamma, tau, alpha, E_0, V_0, k_1, k_2, k_3
    "friston2003": (0.65, 0.41, 0.98, 0.32, 0.34, 0.02, 7 * 0.34, 2.0, 2 * 0.34 - 0.2),
    "stephan2007": (1 / 1.54, 1 / 1.44, 0.98, 0.32, 0.4, 4.0, K, 0.5 * 25 * 0.4 * 0.04, 0.5),
    "vbjax": (1 / 0.65, 1 / 0.41, 0.98, 0.32, 0.4, 4.0, K, 0.5 * 25 * 0.4 * 0.04, 0.5),
    "tvboptim": (1 / 0.65, 1 / 0.41, 0.98, 0.32, 0.4, 0.04, K, 25 * 0.4 * 0.04, 1.0),
}


def kernel(name, s, xp=np):
    """h at s seconds."""
    p = KERNELS[name]
    if name == "volterra":
        w = math.sqrt(1 / p["tau_f"] - 1 / (4 * p["tau_s"] ** 2))
        return xp.exp(-s / (2 * p["tau_s"])) * xp.sin(w * s) / (3 * w)
    if name == "gamma":
        return p["scale"] * (s / p["tau"]) ** (p["n"] - 1) * xp.exp(-s / p["tau"]) / (p["tau"] * math.gamma(p["n"]))
    if name == "mixture":
        x = p["l"] * s
        return (x ** (p["a_1"] - 1) / math.gamma(p["a_1"]) - p["c"] * x ** (p["a_2"] - 1) / math.gamma(p["a_2"])) * xp.exp(-x)
    return p["scale"] * (p["amp_1"] * xp.exp(-s / p["tau_1"]) * xp.sin(2 * math.pi * p["f_1"] * s)
                         - p["amp_2"] * xp.exp(-s / p["tau_2"]) * xp.sin(2 * math.pi * p["f_2"] * s))


def scaled(name, y):
    p = KERNELS[name]
    return p["k_1"] * p["V_0"] * (y - 1) if name == "volterra" else y


def gain():
    r, i = np.meshgrid(np.arange(3), np.arange(N), indexing="ij")
    return ((r * 5 + i * 3) % 7 - 3) / 4


def main():
    import jax
    import jax.numpy as jnp
    import scipy.signal
    jax.config.update("jax_enable_x64", True)

    means = T // INTERIM
    delta = INTERIM * DT / 1000
    columns = np.arange(EVERY // INTERIM - 1, means, EVERY // INTERIM)
    cotangent = np.cos(np.arange(N * columns.size)).reshape(N, -1)
    out = {"cotangent": cotangent}

    def interim(x):
        return x.reshape(N, means, INTERIM).mean(axis=2)

    def by_kernel(name):
        h = kernel(name, jnp.arange(means) * delta, jnp)

        def columns_of(x):
            u = interim(x)
            # The sum as it is written, a column at a time.
            at = [jnp.sum(u[:, :n + 1] * h[n::-1], axis=1) for n in columns]
            return scaled(name, jnp.stack(at, axis=1))
        return columns_of

    def by_balloon(name):
        kappa, gamma, tau, alpha, e0, v0, k1, k2, k3 = BALLOONS[name]

        def step(state, x):
            s, f, v, q = state
            state = (s + delta * (x - kappa * s - gamma * (f - 1)), f + delta * s,
                     v + delta / tau * (f - v ** (1 / alpha)),
                     q + delta / tau * (f * (1 - (1 - e0) ** (1 / f)) / e0 - v ** (1 / alpha - 1) * q))
            return state, v0 * (k1 * (1 - state[3]) + k2 * (1 - state[3] / state[2]) + k3 * (1 - state[2]))

        def columns_of(x):
            rest = (jnp.zeros(N), jnp.ones(N), jnp.ones(N), jnp.ones(N))
            return jax.lax.scan(step, rest, interim(x).T)[1].T[:, columns]
        return columns_of

    def keep(name, columns_of):
        values, pull = jax.vjp(columns_of, jnp.asarray(X))
        out[name] = np.asarray(values)
        out[name + "_gradient"] = np.asarray(pull(jnp.asarray(cotangent))[0])[:, ::EVERY_GRADIENT]
        assert np.isfinite(out[name]).all()

    for name in KERNELS:
        keep(name, by_kernel(name))
        whole = scaled(name, scipy.signal.fftconvolve(np.asarray(interim(X)), kernel(name, np.arange(means) * delta)[None],
                                                      axes=1)[:, columns])
        out[name + "_scipy"] = whole
        print(name, "JAX and SciPy differ by", np.abs(whole - out[name]).max(), "of", np.abs(whole).max())
    for name in BALLOONS:
        keep("balloon_" + name, by_balloon(name))
        print(name, "from", out["balloon_" + name].min(), "to", out["balloon_" + name].max())

    # Sensors, and their references.
    L = gain()
    y = L @ np.asarray(X.reshape(N, -1, EVERY).mean(axis=2))
    out["projection"], out["projection_row"], out["projection_mean"] = y, y - y[1:2], y - y.mean(axis=0)

    # tvboptim on the same series.
    from tvboptim.experimental.network_dynamics.result import NativeSolution
    from tvboptim.observations.tvb_monitors import bold, downsampling
    # Every 4 ms a mean of ours, after its last step: what a run at that time step would have given it.
    u = np.asarray(interim(X))
    slow = NativeSolution(ts=(jnp.arange(means) + 1) * INTERIM * DT, ys=jnp.asarray(u.T)[:, None, :], dt=INTERIM * DT)
    peer = bold.HRFBold(period=1000.0, downsample_period=4.0, downsample=downsampling.SubSampling(voi=0, period=4.0), voi=0)
    out["tvboptim_volterra"] = np.asarray(peer(slow).ys)[:, 0, :].T
    # It evaluates h at linspace(0, 20, 5000): with that our sum is theirs.
    stretched = kernel("volterra", np.linspace(0, 20, 5000))
    ours = scaled("volterra", scipy.signal.fftconvolve(u, stretched[None], axes=1)[:, columns])
    print("tvboptim's Volterra differs by", np.abs(ours - out["tvboptim_volterra"]).max(), "with its times, by",
          np.abs(out["volterra"] - out["tvboptim_volterra"]).max(), "without")
    assert np.abs(ours - out["tvboptim_volterra"]).max() < 1e-9
    fast = NativeSolution(ts=(jnp.arange(T) + 1) * DT, ys=jnp.asarray(X.T)[:, None, :], dt=DT)
    peer = bold.BalloonWindkesselBold(period=1000.0, dt_bw=DT, voi=0)
    out["tvboptim_balloon"] = np.asarray(peer(fast).ys)[:, 0, :].T

    np.savez(HERE / "monitors.npz", **out)


def tvb():
    from types import SimpleNamespace

    from tvb.datatypes import equations
    from tvb.simulator import monitors
    out = {}
    for name, equation in {"volterra": equations.FirstOrderVolterra, "gamma": equations.Gamma,
                           "mixture": equations.MixtureOfGammas,
                           "double_exponential": equations.DoubleExponential}.items():
        monitor = monitors.Bold(period=1000.0, hrf_kernel=equation())
        monitor.voi = np.array([0])
        monitor._config_time(SimpleNamespace(integrator=SimpleNamespace(dt=DT), number_of_nodes=N,
                                             model=SimpleNamespace(number_of_modes=1)))
        samples = [monitor.sample(step + 1, X[None, :, step, None]) for step in range(T)]
        out[name] = np.stack([np.asarray(sample[1]).reshape(N) for sample in samples if sample is not None], axis=1)
        # Gamma functions and exponentials are scaled to the largest value 0.1 on the grid of times.
        largest = np.abs(kernel(name, monitor._stock_time)).max() if name == "mixture" else kernel(name, monitor._stock_time).max()
        out[name + "_scale"] = np.array([0.1 / largest])
        # The newest mean is multiplied by the kernel's last value, by where the reversed kernel is rolled to.
        last = monitor.hrf_kernel.evaluate(monitor._stock_time)[-1]
        out[name + "_last"] = np.array([last * 5.6 * 0.02 if name == "volterra" else last])
        print(name, out[name].shape)
    np.savez(HERE / "tvb.npz", **out)


if __name__ == "__main__":
    tvb() if sys.argv[1:] == ["tvb"] else main()
