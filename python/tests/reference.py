"""Plain loops over nodes, edges and steps, in double precision, straight from the equations."""

import numpy as np


def delay_map(buffer, weights, delays, sources, targets, horizon, scale, noise_gain):
    b = np.array(buffer, np.float64)
    for t in range(horizon, b.shape[1]):
        x = noise_gain * b[:, t]
        for w, d, j, i in zip(weights, delays, sources, targets):
            x[i] += scale * w * b[j, t - d]
        b[:, t] = x
    return b


def mpr(s, c, p):
    (r, V), K = s, p["cr"] * c[0] + p["cv"] * c[1]
    tau = p["tau"]
    return np.stack([(p["Delta"] / (np.pi * tau) + 2 * r * V) / tau,
                     (V**2 - (np.pi * tau * r)**2 + p["eta"] + p["J"] * tau * r + p["I"] + K) / tau])


def linear(s, c, p):
    return -p["lambda"] * s + p["mu"] + c


DRIFTS = {"mpr": mpr, "linear": linear}
# Both models couple by their states themselves. Lower bounds of the states:
BOUNDS = {"mpr": np.array([[0], [-np.inf]]), "linear": np.array([[-np.inf]])}


def network(model, weights, delays, sources, targets, nodes, steps, dt, initial, history, parameters, coupling=1.0,
            coupling_kind="linear", scheme="heun", stage="aware", sigma=None, noise=None, stimulus=None, pulses=()):
    """The states after every step, (S, N, T). Delays may be real numbers: between two columns what arrives is interpolated.
    Weights are (E), or (S, E), each coupling variable's own."""
    S, H = len(initial), history.shape[2]
    past = np.concatenate([history, initial[:, :, None], np.zeros((S, nodes, steps))], axis=2)
    whole = np.floor(delays).astype(int)

    def coupled(t, own):
        """c(t) * G, given that the states of step t are in column H + t."""
        c = np.zeros((S, nodes))
        for w, d, f, j, i in zip(np.transpose(weights), whole, delays - whole, sources, targets):
            y = (1 - f) * past[:, j, H + t - d]
            if f > 0:
                y = y + f * past[:, j, H + t - d - 1]
            c[:, i] += w * (y - (own[:, i] if coupling_kind == "difference" else 0))
        return coupling * c

    drift, lower = DRIFTS[model], BOUNDS[model]
    for t in range(steps):
        s = past[:, :, H + t].copy()
        u = np.zeros((S, nodes)) if stimulus is None else stimulus[:, :, t].copy()
        for state, node, begin, end, amplitude in pulses:
            u[state, node] += amplitude if begin <= t < end else 0
        n = dt * u
        if sigma is not None:
            n = n + (sigma if np.ndim(sigma) == 2 else np.asarray(sigma)[:, None]) * np.sqrt(dt) * noise[t]
        now = coupled(t, s)
        f = drift(s, now, parameters)
        after = np.maximum(s + dt * f + n, lower)
        if scheme == "heun":
            past[:, :, H + t + 1] = after
            then = coupled(t + 1, after) if stage == "aware" else now
            after = np.maximum(s + dt / 2 * (f + drift(after, then, parameters)) + n, lower)
        past[:, :, H + t + 1] = after
    return past[:, :, H + 1:]


def columns(after, kind, m, states=None):
    """What a monitor makes of the states after every step."""
    after = after if states is None else after[list(states)]
    K = after.shape[2] // m
    parts = after[:, :, :K * m].reshape(*after.shape[:2], K, m)
    return parts[..., -1] if kind == "subsample" else parts.mean(-1)
