"""Writes the files of this folder: every node model's drift and coupling as The Virtual Brain's own classes
compute them, and the numbers that those classes declare.

    .venv-tvb/bin/python Tests/DelayNetTests/Golden/models/make_models.py

The environment is that of bench/peers/requirements-tvb.txt. Nothing here states an equation: a model's `dfun` gets what one of The
Virtual Brain's coupling classes makes of a SparseHistory. The README.md that is written beside the files describes them; a
run rewrites every file with the same bytes.
"""
import io
import logging
import pathlib
import zipfile

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent
SAMPLES, NODES, HISTORY = 100, 3, 4

README = """# Golden drifts of node models

Made by `make_models.py` with tvb-library {version} and numpy {numpy}, in float64: {samples} random networks
of {nodes} nodes a model, with random states, parameters, weights, delays and strengths. Arrays are row-major, delays int32.
S states, P parameters, both in the register's order.

| array | shape | |
|---|---|---|
| `states` | ({samples}, S, {nodes}, {columns}) | s(-{history}) ... s(0), exact in float32, as The Virtual Brain's history is |
| `weights`, `delays` | ({samples}, {nodes}, {nodes}) | row = target; weights exact in float32, delays 0 ... {history} |
| `coupling` | ({samples}) | G, which is the coupling class's `a` |
| `parameters` | ({samples}, P) | the same at all nodes |
| `linear` | ({samples}, S, {nodes}) | ds/dt at s(0) with the coupling class in the table below |
| `difference` | ({samples}, S, {nodes}) | the same with `Difference`; not for jansen_rit |
| `defaults` | (P) | what the classes declare; NaN: nothing |
| `ranges` | (P, 2) | |
| `initial`, `bounds` | (S, 2) | `state_variable_range`, `state_variable_boundaries` |

| model | class | coupling | how ours is made of it |
|---|---|---|---|
{models}

Even samples draw parameters from the whole declared range, odd ones near the defaults.
"""


class Peer:
    """One of our models in terms of The Virtual Brain's classes.

    `theirs` and `coupling` turn our parameters by name into the attributes of the model and of the coupling class; `ours`
    says what our parameters are in theirs: (object, attribute, sign), or None where they have no such number.
    """

    def __init__(self, name, model, coupling, parameters, note, scale=None, difference=True):
        self.name, self.model, self.coupling, self.note = name, model, coupling, note
        self.parameters, self.scale, self.difference = parameters, scale, difference


def peers():
    from tvb.simulator import coupling, models

    def same(*names):
        return {name: ("model", name, 1) for name in names}

    yield Peer("linear", models.Linear, coupling.Linear,
               {"lambda": ("model", "gamma", -1), "mu": ("coupling", "b", 1)},
               "lambda = -gamma, mu = the coupling's b, 0 with `Difference`")
    yield Peer("mpr", models.MontbrioPazoRoxin, coupling.Linear, same("tau", "I", "Delta", "J", "eta", "cr", "cv"),
               "the same; their Gamma is used nowhere")
    # The coupling's rows times our gains, which it has not.
    yield Peer("stuart_landau", models.SupHopf, coupling.Linear, {**same("a", "omega"), "cx": None, "cy": None},
               "the rows of the coupling times cx and cy", scale=("cx", "cy"))
    yield Peer("kuramoto", models.Kuramoto, coupling.Kuramoto, same("omega"),
               "sum w sin(theta_j - theta_i). Its documentation has a / N; what it divides by is the number of coupling "
               "variables, 1. With `Difference` this class has no sine, so there `Kuramoto` is taken once more: our sum "
               "of differences of sines and cosines is the same sum")
    yield Peer("wong_wang", models.ReducedWongWang, coupling.Linear,
               same("a", "b", "d", "gamma", "tau_s", "w", "J_N", "I_o"), "the same")
    names = "c_ee c_ei c_ie c_ii tau_e tau_i a_e b_e c_e theta_e a_i b_i c_i theta_i r_e r_i k_e k_i P Q alpha_e alpha_i"
    yield Peer("wilson_cowan", models.WilsonCowan, coupling.Linear,
               {**same(*names.split()), "shift": ("model", "shift_sigmoid", 1)}, "shift is shift_sigmoid")
    yield Peer("jansen_rit", models.JansenRit, coupling.SigmoidalJansenRit,
               {**same(*"A B a b v0 nu_max r J a_1 a_2 a_3 a_4 mu".split()), "cmin": ("coupling", "cmin", 1),
                "cmax": ("coupling", "cmax", 1), "midpoint": ("coupling", "midpoint", 1),
                "steepness": ("coupling", "r", 1)},
               "steepness is the coupling's r. `Difference` of potentials is not ours of rates", difference=False)


def declared(peer):
    """Defaults (P), ranges (P, 2) of the register's parameters."""
    defaults, ranges = [], []
    for source in peer.parameters.values():
        default, low, high = np.nan, np.nan, np.nan
        if source:
            owner, attribute, sign = source
            trait = getattr(peer.model if owner == "model" else peer.coupling, attribute)
            default = sign * float(trait.default[0]) + 0.0  # no -0
            if trait.domain is not None:
                low, high = sorted((sign * float(trait.domain.lo), sign * float(trait.domain.hi)))
        defaults.append(default)
        ranges.append((low + 0.0, high + 0.0))
    return np.array(defaults), np.array(ranges)


def intervals(peer, table):
    names = list(peer.model.state_variables)
    return np.array([[-np.inf if v is None else v for v in table[name]] if name in table else (-np.inf, np.inf)
                     for name in names], float)


def drawn(rng, name, number, default, low, high):
    """A parameter of a sample."""
    if name == "shift":
        return float(rng.integers(2))
    if name in ("cx", "cy"):
        return rng.choice([0, 1, rng.uniform(0, 2)])
    if name == "mu" and np.isnan(low):
        return rng.uniform(-1, 1)
    # The coupling of Jansen and Rit declares -1000 ... 1000 for everything.
    near = number % 2 == 1 or high - low == 2000 or name == "steepness"
    if near:
        width = 0.2 * abs(default) if default else 0.02 * (1 if np.isnan(low) or high - low == 2000 else high - low)
        low, high = max(default - width, low), min(default + width, high)
    # Not 0 where it is divided by.
    return max(rng.uniform(low, high), 0.01) if name in ("d", "tau_e", "tau_i") else rng.uniform(low, high)


def single(x):
    return x.astype(np.float32).astype(float)


def write(peer):
    from tvb.simulator import coupling
    from tvb.simulator.history import SparseHistory

    rng = np.random.default_rng(list(peer.name.encode()))
    defaults, ranges = declared(peer)
    initial = intervals(peer, peer.model.state_variable_range.default)
    boundaries = getattr(peer.model, "state_variable_boundaries", None)
    bounds = intervals(peer, boundaries.default if boundaries is not None and boundaries.default else {})
    states, columns = len(initial), HISTORY + 1
    arrays = {key: [] for key in ("states", "weights", "delays", "coupling", "parameters", "linear", "difference")}
    for number in range(SAMPLES):
        narrow = 32 if peer.name == "jansen_rit" and number % 2 else 1
        low, high = initial.T[:, :, None, None] / narrow
        past = single(low + (high - low) * rng.random((states, NODES, columns)))
        weights = single(rng.uniform(-0.5, 1, (NODES, NODES)))
        weights[rng.random((NODES, NODES)) < 0.2] = 0
        weights[number % NODES, (number + 1) % NODES] = 0.75  # at least one edge
        delays = rng.integers(columns, size=(NODES, NODES))
        delays[number % NODES, (number + 1) % NODES] = HISTORY  # the history's length
        strength = rng.uniform(0, 2)
        ours = {name: drawn(rng, name, number, default, *interval)
                for name, default, interval in zip(peer.parameters, defaults, ranges)}
        given = {"model": {}, "coupling": {"a": np.array([strength])}}
        for name, source in peer.parameters.items():
            if source:
                kind = np.bool_ if name == "shift" else float
                given[source[0]][source[1]] = np.array([source[2] * ours[name]], kind)
        model = peer.model(**given["model"])
        model.configure()
        history = SparseHistory(weights, delays, model.cvar, model.number_of_modes)
        history.initialize(np.moveaxis(past, 2, 0)[..., None].copy())
        now = past[:, :, -1]

        def drift(made):
            made.configure()
            arriving = np.array(made(history.n_time, history), float)
            if peer.scale:
                arriving *= np.array([ours[name] for name in peer.scale])[:, None, None]
            with np.errstate(over="ignore"):
                return np.array(model.dfun(now[..., None].copy(), arriving))[..., 0]

        arrays["linear"].append(drift(peer.coupling(**given["coupling"])))
        if peer.difference:
            other = peer.coupling if peer.name == "kuramoto" else coupling.Difference
            arrays["difference"].append(drift(other(a=np.array([strength]))))
        for key, value in (("states", past), ("weights", weights), ("delays", delays), ("coupling", strength),
                           ("parameters", list(ours.values()))):
            arrays[key].append(value)
    arrays = {key: np.array(value) for key, value in arrays.items() if len(value)}
    arrays.update(defaults=defaults, ranges=ranges, initial=initial, bounds=bounds)
    for key in ("states", "linear", "difference"):
        assert key not in arrays or np.isfinite(arrays[key]).all(), (peer.name, key)
    with zipfile.ZipFile(OUT / f"{peer.name}.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in arrays.items():
            data = io.BytesIO()
            np.save(data, np.ascontiguousarray(value.astype(np.int32 if key == "delays" else np.float64)))
            archive.writestr(zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0)), data.getvalue(),
                             zipfile.ZIP_DEFLATED)
    return f"| `{peer.name}` | {peer.model.__name__} | {peer.coupling.__name__} | {peer.note} |"


def main():
    from importlib.metadata import version

    logging.disable(logging.WARNING)
    rows = [write(peer) for peer in peers()]
    (OUT / "README.md").write_text(README.format(
        version=version("tvb-library"), numpy=np.__version__, samples=SAMPLES, nodes=NODES, history=HISTORY,
        columns=HISTORY + 1, models="\n".join(rows)))
    files = list(OUT.glob("*.npz"))
    print(len(files), "files,", sum(f.stat().st_size for f in files), "bytes")


if __name__ == "__main__":
    main()
