"""Writes the files of this folder: stochastic networks of neural masses and their gradients in JAX.

    python Tests/DelayNetTests/Golden/networks/make_networks.py

The files are described in the README.md that is written beside them; make_connectome_76.py writes three more. Made with the
versions in bench/peers/requirements.txt; a run rewrites every file with the same bytes, but on an Intel Xeon one number of
wong_wang_heun, the gradient by G, had another last bit.
"""
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(OUT.parent))
import make_map

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)

SCHEMES = ("euler_maruyama", "heun", "heun_frozen")

README = """# Golden arrays of stochastic networks

`connectome_76_*.npz` are described in `make_connectome_76.py`, which makes them. Everything else is made by
`make_networks.py` with jax {jax} and numpy {numpy} on the CPU, in float64; indices and delays are int32;
arrays are row-major, time innermost (but `noise` is as it is drawn, step by step).

With N nodes, S states, C coupling variables y, K parameters, H columns of history, T steps, step dt:

    c_i(t) = sum over e with targets[e] = i of weights[e] * y_sources[e](t - delays[e])
    F      = drift(s, G * c, parameters) + stimulus[:, :, t]
    euler_maruyama  s(t+1) = clamp(s + dt F(s, c(t)) + sigma sqrt(dt) z(t))
    heun            p      = clamp(s + dt F(s, c(t)) + sigma sqrt(dt) z(t))
                    s(t+1) = clamp(s + dt/2 (F(s, c(t)) + F(p, c(t+1))) + sigma sqrt(dt) z(t))
    heun_frozen     the same with c(t) in place of c(t+1)

`c(t+1)` reads the predictors where the delay is 0. A clamp holds a state within its bounds; its derivative is 0 where it
moves the value, 1 elsewhere (on the bound too). The stimulus is the same in both stages.

| array | shape | |
|---|---|---|
| `targets`, `sources`, `delays`, `weights` | (E) | |
| `scheme` | (1) | int32: 0 euler_maruyama, 1 heun, 2 heun_frozen |
| `dt`, `G` | (1) | |
| `parameters` | (K, N) | in the order below |
| `sigma` | (S) | |
| `initial` | (S, N) | s(0) |
| `history` | (C, N, H) | y(-H) ... y(-1) |
| `noise` | (T, S, N) | z |
| `stimulus` | (S, N, T) | |
| `trajectory`, `trajectory_f32` | (S, N, T) | column t is s(t+1); the same inputs, rounded, in float32 throughout |
| `clamps` | (2) | int32: how many values the clamps moved, after predictors and after the last stage, in float64 |
| `cotangent` | (S, N, T) | random |
| `vjp_*` | as the input | gradient of sum(cotangent * trajectory) with respect to `weights`, `G`, `parameters`, `sigma`, `initial`, `history`, `noise`, `stimulus` |

| model | states | y | parameters | bounds |
|---|---|---|---|---|
{models}

- `mpr`, Montbrio, Pazo and Roxin, Phys. Rev. X 5, 021028 (2015), with c = (c_r, c_V):
  dr/dt = (Delta / (pi tau) + 2 r V) / tau,
  dV/dt = (V^2 - (pi tau r)^2 + eta + J tau r + I + cr G c_r + cv G c_V) / tau.
- `wong_wang`, Deco et al., J. Neurosci. 33, 11239 (2013): dS/dt = -S / tau_s + (1 - S) gamma R(x),
  R(x) = u / (1 - exp(-d u)) with u = a x - b (1/d at u = 0), x = w J_N S + I_o + J_N G c. Times in ms, rates in 1/ms.
- `jansen_rit`, Jansen and Rit, Biol. Cybern. 73, 357 (1995), with S(v) = 2 nu_max / (1 + exp(r (v0 - v))):
  y0' = y3, y1' = y4, y2' = y5, y3' = A a S(y1 - y2) - 2 a y3 - a^2 y0,
  y4' = A a (mu + a_2 J S(a_1 J y0) + G c) - 2 a y4 - a^2 y1, y5' = B b a_4 J S(a_3 J y0) - 2 b y5 - b^2 y2;
  coupled by Z(v) = cmin + (cmax - cmin) / (1 + exp(steepness (midpoint - v))) of v = y1 - y2.

Parameters are drawn per node around their usual values (in the table above).
Largest difference of `trajectory_f32` from `trajectory`, relative to the largest entry: {spread:.1g}.

| case | N | E | H | T | dt | delays | clamps | |
|---|---|---|---|---|---|---|---|---|
{cases}
"""


# ---- Models: drift(s (S, N), K = G * c (C, N), parameters (K, N)) -> (S, N) ---------------------------------------------


def mpr(s, k, p):
    (r, v), (tau, i, delta, j, eta, cr, cv) = s, p
    dr = (delta / (np.pi * tau) + 2 * r * v) / tau
    dv = (v ** 2 - (np.pi * tau * r) ** 2 + eta + j * tau * r + i + cr * k[0] + cv * k[1]) / tau
    return jnp.stack([dr, dv])


def rate(u, d):
    """u / (1 - exp(-d u)); near u = 0 by its series, of which both branches' derivatives stay finite."""
    q = d * u
    near = jnp.abs(q) < 0.05
    far = jnp.where(near, 1.0, q)
    series = 1 + q / 2 + q ** 2 / 12 - q ** 4 / 720 + q ** 6 / 30240
    return jnp.where(near, series, far / -jnp.expm1(-far)) / d


def wong_wang(s, k, p):
    a, b, d, gamma, tau_s, w, j_n, i_o = p
    x = w * j_n * s[0] + i_o + j_n * k[0]
    return (-s[0] / tau_s + (1 - s[0]) * gamma * rate(a * x - b, d))[None]


def jansen_rit(s, k, p):
    y0, y1, y2, y3, y4, y5 = s
    A, B, a, b, v0, nu_max, r, j, a_1, a_2, a_3, a_4, mu = p[:13]

    def sigmoid(v):
        return 2 * nu_max / (1 + jnp.exp(r * (v0 - v)))

    return jnp.stack([y3, y4, y5,
                      A * a * sigmoid(y1 - y2) - 2 * a * y3 - a ** 2 * y0,
                      A * a * (mu + a_2 * j * sigmoid(a_1 * j * y0) + k[0]) - 2 * a * y4 - a ** 2 * y1,
                      B * b * a_4 * j * sigmoid(a_3 * j * y0) - 2 * b * y5 - b ** 2 * y2])


def jansen_rit_observe(s, p):
    cmin, cmax, midpoint, steepness = p[13:]
    return (cmin + (cmax - cmin) / (1 + jnp.exp(steepness * (midpoint - (s[1] - s[2])))))[None]


class Model:
    """`observe(s, p)` gives the coupling variables (C, N); `start` the range of random initial states."""

    def __init__(self, drift, observe, states, coupled, parameters, lowest, highest, start):
        self.drift, self.observe, self.states, self.coupled = drift, observe, states.split(), coupled
        self.parameters = dict(parameters)
        self.lowest, self.highest = (np.array(bound, float)[:, None] for bound in (lowest, highest))
        self.start = np.array(start, float)

    def clamp(self, s):
        """The states within their bounds, and how many were moved."""
        low, high = self.lowest.astype(s.dtype), self.highest.astype(s.dtype)
        under, over = s < low, s > high
        return jnp.where(under, low, jnp.where(over, high, s)), jnp.sum(under | over, dtype=jnp.int32)


INFINITE = np.inf
MODELS = {
    "mpr": Model(mpr, lambda s, p: s, "r V", "r, V",
                 dict(tau=1, I=0, Delta=1, J=15, eta=-5, cr=1, cv=0).items(),
                 [0, -INFINITE], [INFINITE, INFINITE], [[0, 2], [-2, 1.5]]),
    "wong_wang": Model(wong_wang, lambda s, p: s, "S", "S",
                       dict(a=0.270, b=0.108, d=154, gamma=0.641, tau_s=100, w=0.6, J_N=0.2609, I_o=0.33).items(),
                       [0], [1], [[0, 1]]),
    "jansen_rit": Model(jansen_rit, jansen_rit_observe, "y0 y1 y2 y3 y4 y5", "Z(y1 - y2)",
                        dict(A=3.25, B=22, a=0.1, b=0.05, v0=5.52, nu_max=0.0025, r=0.56, J=135, a_1=1, a_2=0.8,
                             a_3=0.25, a_4=0.25, mu=0.22, cmin=0, cmax=0.005, midpoint=6, steepness=0.56).items(),
                        [-INFINITE] * 6, [INFINITE] * 6,
                        [[0, 0.2], [0, 20], [0, 15], [-0.1, 0.1], [-1, 1], [-1, 1]]),
}


# ---- The network -------------------------------------------------------------------------------------------------------


def trajectory_of(model, scheme, dt, targets, sources, delays):
    """The network of semantics.md, section 2, as a function of everything that can be differentiated."""

    def trajectory(weights, G, parameters, sigma, initial, history, noise, stimulus):
        nodes, horizon, steps = initial.shape[1], history.shape[2], noise.shape[0]
        shape = (history.shape[0], nodes)

        def coupling(series, t):
            reads = series[:, sources, horizon + t - delays]
            return G * jnp.zeros(shape, series.dtype).at[:, targets].add(weights * reads)

        def step(carry, inputs):
            s, series, clamps = carry
            t, z, extra = inputs
            kick = sigma[:, None] * jnp.sqrt(jnp.asarray(dt, s.dtype)) * z
            k = coupling(series, t)
            f = model.drift(s, k, parameters) + extra
            p, moved = model.clamp(s + dt * f + kick)
            # For now the predictors stand in column t + 1: that is what zero delays read.
            series = series.at[:, :, horizon + t + 1].set(model.observe(p, parameters))
            if scheme == "euler_maruyama":
                return (p, series, clamps.at[1].add(moved)), p
            later = k if scheme == "heun_frozen" else coupling(series, t + 1)
            f = (f + model.drift(p, later, parameters) + extra) / 2
            s, moved_last = model.clamp(s + dt * f + kick)
            series = series.at[:, :, horizon + t + 1].set(model.observe(s, parameters))
            return (s, series, clamps + jnp.array([moved, moved_last])), s

        series = jnp.concatenate([history, model.observe(initial, parameters)[:, :, None],
                                  jnp.zeros((*shape, steps), initial.dtype)], axis=2)
        carry = initial, series, jnp.zeros(2, jnp.int32)
        (_, _, clamps), states = jax.lax.scan(step, carry, (jnp.arange(steps), noise, jnp.moveaxis(stimulus, 2, 0)))
        return jnp.moveaxis(states, 0, 2), clamps

    return trajectory


def by_hand(model, scheme, dt, targets, sources, delays, weights, G, parameters, sigma, initial, history, noise,
            stimulus):
    """The same trajectory edge by edge, the states' past kept as a list of columns."""
    past = [history[:, :, h] for h in range(history.shape[2])]  # y(-H) ... y(t)
    s, columns = initial, []

    def coupling(y):
        c = np.zeros_like(y[-1])
        for i, j, d, w in zip(targets, sources, delays, weights):
            c[:, i] += w * y[-1 - d][:, j]
        return G * c

    def clamp(s):
        return np.minimum(np.maximum(s, model.lowest), model.highest)

    for t in range(noise.shape[0]):
        past.append(np.asarray(model.observe(s, parameters)))
        kick = sigma[:, None] * np.sqrt(dt) * noise[t]
        c = coupling(past)
        f = np.asarray(model.drift(s, c, parameters)) + stimulus[:, :, t]
        p = clamp(s + dt * f + kick)
        if scheme != "euler_maruyama":
            c = c if scheme == "heun_frozen" else coupling(past + [np.asarray(model.observe(p, parameters))])
            f2 = np.asarray(model.drift(p, c, parameters)) + stimulus[:, :, t]
            p = clamp(s + dt / 2 * (f + f2) + kick)
        s = p
        columns.append(s)
    return np.stack(columns, axis=2)


# ---- Cases -------------------------------------------------------------------------------------------------------------


def chosen(rng, nodes, edges):
    """Random edges that leave the last two nodes alone: nobody hears them, they hear nobody."""
    return rng.integers(nodes - 2, size=edges), rng.integers(nodes - 2, size=edges)


def dense(nodes):
    return np.divmod(np.arange(nodes * nodes), nodes)


def limit(arrays):
    """The last node, which is alone, starts where R(x) is 0/0."""
    arrays["initial"][0, -1] = 0
    for name, value in dict(a=0.25, b=0.125, I_o=0.5).items():
        arrays["parameters"][list(MODELS["wong_wang"].parameters).index(name), -1] = value


def cases():
    """Yields name, N, H, T, dt, (targets, sources), delays, G, sigma, a remark, optionally a change of the arrays."""
    rng = np.random.default_rng(20241124)
    i, j = chosen(rng, 17, 70)
    delays = rng.integers(1, 41, 70)
    delays[::9] = 0
    yield ("mpr_heun", 17, 40, 48, 0.1, (i, j), delays, 0.6, [0.05, 0.1],
           "a few zero delays; two nodes alone, duplicates and self-connections")
    i, j = chosen(rng, 9, 30)
    yield ("mpr_delayed", 9, 45, 40, 0.1, (i, j), rng.integers(1, 38, 30), 0.7, [0.05, 0.1],
           "every delay at least 1, H larger than needed")
    yield ("mpr_zero", 5, 0, 20, 0.1, dense(5), np.zeros(25, int), 0.5, [0.05, 0.1],
           "every delay 0, no history: the corrector reads predictors only")
    i, j = chosen(rng, 8, 20)
    yield ("mpr_clamped", 8, 12, 30, 0.1, (i, j), rng.integers(0, 13, 20), 0.5, [1.0, 1.0],
           "so much noise on r that its bound is often active")
    i, j = chosen(rng, 7, 20)
    yield "mpr_euler_maruyama", 7, 21, 40, 0.05, (i, j), rng.integers(0, 22, 20), 0.6, [0.05, 0.1], "few zero delays"
    i, j = chosen(rng, 9, 30)
    delays = rng.integers(0, 31, 30)
    delays[:4] = 0
    yield "mpr_frozen", 9, 30, 40, 0.1, (i, j), delays, 0.6, [0.05, 0.1], "coupling of the step's start in the corrector"
    i, j = chosen(rng, 13, 60)
    delays = rng.integers(0, 41, 60)
    delays[:6] = 0
    yield "wong_wang_heun", 13, 40, 60, 1.0, (i, j), delays, 0.3, [0.01], "six delays and more are zero"
    i, j = chosen(rng, 6, 15)
    yield ("wong_wang_clamped", 6, 8, 40, 1.0, (i, j), rng.integers(0, 9, 15), 0.3, [0.3],
           "so much noise that both bounds are often active")
    i, j = chosen(rng, 5, 10)
    yield ("wong_wang_limit", 5, 6, 20, 1.0, (i, j), rng.integers(0, 7, 10), 0.3, [0.01],
           "R(x) is 0/0 at the first step of the last node", limit)
    i, j = chosen(rng, 8, 24)
    yield "wong_wang_euler_maruyama", 8, 17, 40, 1.0, (i, j), rng.integers(0, 18, 24), 0.3, [0.01], "a sparse net"
    i, j = chosen(rng, 8, 24)
    yield "wong_wang_frozen", 8, 17, 40, 1.0, (i, j), rng.integers(0, 18, 24), 0.3, [0.01], "a sparse net"
    noise = [0, 0, 0, 0.01, 0.1, 0.1]
    i, j = chosen(rng, 7, 22)
    delays = rng.integers(0, 33, 22)
    delays[:3] = 0
    yield "jansen_rit_heun", 7, 32, 36, 0.5, (i, j), delays, 8.0, noise, "a sparse net with zero delays"
    i, j = chosen(rng, 5, 12)
    yield "jansen_rit_euler_maruyama", 5, 20, 24, 0.2, (i, j), rng.integers(0, 21, 12), 8.0, noise, "a sparse net"
    i, j = chosen(rng, 5, 12)
    yield "jansen_rit_frozen", 5, 20, 24, 0.5, (i, j), rng.integers(0, 21, 12), 8.0, noise, "a sparse net"


def model_and_scheme(name):
    model = next(model for model in MODELS if name.startswith(model))
    return MODELS[model], next((s for s in SCHEMES if s.split("_")[-1] == name.split("_")[-1]), "heun")


def write_case(name, nodes, horizon, steps, dt, edges, delays, G, sigma, remark, change=None):
    """Returns the case's line of the README and the distance of float32."""
    rng = np.random.default_rng(list(name.encode()))
    model, scheme = model_and_scheme(name)
    targets, sources, delays = (np.asarray(a, np.int32) for a in (*edges, delays))
    states, usual = len(model.states), np.array(list(model.parameters.values()), float)[:, None]
    spread = 0.03 * rng.standard_normal((len(usual), nodes))
    low, high = model.start.T[:, :, None, None]
    published = usual[:, :, None]
    path = low + (high - low) * rng.random((states, nodes, horizon + 1))
    inputs = {"weights": rng.standard_normal(len(targets)), "G": np.array(G),
              "parameters": np.where(usual == 0, 3 * spread, usual * (1 + spread)), "sigma": np.array(sigma, float),
              "initial": path[:, :, -1].copy(),
              "history": np.array(model.observe(path[:, :, :-1], published)),
              "noise": rng.standard_normal((steps, states, nodes)),
              "stimulus": rng.standard_normal((states, nodes, steps)) * 0.02 * (high - low)}
    if change:
        change(inputs)

    function = trajectory_of(model, scheme, dt, targets, sources, delays)
    trajectory, pullback, clamps = jax.vjp(function, *inputs.values(), has_aux=True)
    cotangent = rng.standard_normal(trajectory.shape)
    gradients = pullback(jnp.asarray(cotangent))
    single, _ = function(*(jnp.asarray(a, jnp.float32) for a in inputs.values()))
    assert trajectory.dtype == jnp.float64 and single.dtype == jnp.float32
    check(name, function, inputs, trajectory, cotangent, gradients)
    slow = by_hand(model, scheme, dt, targets, sources, delays, *inputs.values())
    assert np.allclose(trajectory, slow, rtol=1e-12, atol=1e-12 * np.abs(slow).max()), name
    assert not name.endswith("clamped") or clamps.min() > 5, clamps

    arrays = {"targets": targets, "sources": sources, "delays": delays, "scheme": np.int32(SCHEMES.index(scheme)),
              "dt": np.float64(dt), **inputs, "trajectory": trajectory, "trajectory_f32": single, "clamps": clamps,
              "cotangent": cotangent, **{f"vjp_{key}": g for key, g in zip(inputs, gradients)}}
    arrays = {key: np.atleast_1d(np.asarray(value)) for key, value in arrays.items()}
    assert all(np.isfinite(a).all() for a in arrays.values()), name
    make_map.save_archive(f"networks/{name}", arrays)
    far = np.abs(np.asarray(single, float) - trajectory).max() / np.abs(trajectory).max()
    columns = (f"`{name}`", nodes, len(delays), horizon, steps, f"{dt:g}", f"{delays.min()} ... {delays.max()}",
               " + ".join(map(str, clamps)), remark)
    return "| " + " | ".join(str(c) for c in columns) + " |", far


def check(name, function, inputs, trajectory, cotangent, gradients):
    """<cotangent, J tangent> = <J^T cotangent, tangent>, with J tangent once by forward mode and once by differences."""
    rng = np.random.default_rng(1)
    forward = jax.jit(lambda primals, tangents: jax.jvp(function, primals, tangents)[1][0])
    run = jax.jit(lambda *primals: function(*primals)[0])
    for key in inputs:
        tangents = [rng.standard_normal(np.shape(a)) * (k == key) for k, a in inputs.items()]
        jvp = forward(tuple(inputs.values()), tuple(tangents))
        left = np.sum(cotangent * np.asarray(jvp))
        right = sum(np.sum(np.asarray(g) * t) for g, t in zip(gradients, tangents))
        scale = np.sqrt(np.sum(cotangent ** 2) * np.sum(np.asarray(jvp) ** 2)) + 1e-300
        assert abs(left - right) <= 1e-12 * scale, (name, key, left, right)
        # Small enough not to move a value over a bound, but in one place or two of those cases that clamp.
        h = 1e-7 * max(np.abs(inputs[key]).max(initial=0), 1e-3)
        ends = [run(*(a + sign * h * t for a, t in zip(inputs.values(), tangents))) for sign in (1, -1)]
        differences = np.asarray(ends[0] - ends[1]) / (2 * h)
        error = np.median(np.abs(differences - jvp)) / (np.abs(jvp).max() + 1e-300)
        assert error < 1e-6, (name, key, error)


def main():
    rows = []
    for case in cases():
        rows.append(write_case(*case))
        print(rows[-1][0])
    bounds = {"mpr": "r >= 0", "wong_wang": "0 <= S <= 1", "jansen_rit": "none"}
    models = [f"| `{name}` | {', '.join(m.states)} | {m.coupled} | "
              f"{', '.join(f'{k} = {v:g}' for k, v in m.parameters.items())} | {bounds[name]} |"
              for name, m in MODELS.items()]
    text = README.format(jax=jax.__version__, numpy=np.__version__, models="\n".join(models),
                         cases="\n".join(row for row, _ in rows), spread=max(far for _, far in rows))
    (OUT / "README.md").write_text(text)
    files = list(OUT.glob("*.npz"))
    print(len(files), "files,", sum(f.stat().st_size for f in files), "bytes, largest",
          max(f.stat().st_size for f in files))


if __name__ == "__main__":
    main()
