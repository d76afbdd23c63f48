"""Writes NAME_text.npz for every model that is a text of the library: drift, what is sent, outputs, and their derivatives.

    .venv-tvb/bin/python Tests/DelayNetTests/Golden/models/make_text_models.py [NAME ...]

The environment is that of bench/peers/requirements-tvb.txt. The numbers are those of The Virtual Brain's own classes, whose
`dfun`, `observe` and coupling classes get random states and parameters; this fails where text_model.py, an evaluator of
the language that shares nothing with the library's, makes something else of the text. The derivatives are that
evaluator's, by complex steps, and differences of its values confirm them. README_text.md, which is written beside the
files, describes them; a run rewrites every file with the same bytes.
"""
import io
import logging
import math
import pathlib
import sys
import zipfile

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(OUT))

import text_model  # noqa: E402

TEXTS = OUT.parents[3] / "Sources" / "CKernels" / "models"
SAMPLES, DIFFERENTIATED = 100, 10
# Largest |ours - theirs| / |theirs| of a number; where a sum cancels, both have lost digits.
TOLERANCE = 1e-11

README = """# Golden values of models as text

Made by `make_text_models.py` with tvb-library {version} and numpy {numpy}, in float64, for every text in
`Sources/CKernels/models`: {samples} random points, of the first {differentiated} also derivatives. Arrays are row-major. S states, C coupling
variables, P parameters, O outputs, each in the text's order. `c` is what arrives, G times the weighted sum, drawn
independently of the states.

| array | shape | |
|---|---|---|
| `states`, `couplings`, `parameters` | ({samples}, S), ({samples}, C), ({samples}, P) | the point |
| `f`, `y`, `o` | ({samples}, S), ({samples}, C), ({samples}, O) | ds/dt, what is sent, outputs, by the peer |
| `f_states`, `f_couplings`, `f_parameters` | ({differentiated}, S, S or C or P) | their derivatives, by complex steps of `text_model.py` |
| `y_states`, `y_parameters`, `o_states`, `o_parameters` | ({differentiated}, C or O, S or P) | likewise |

Points with an even number draw parameters from their whole range, odd ones within 20 % of the defaults; parameters without
a range are always drawn there, and switches and counts among whole numbers. States come from their initial ranges, every
fourth point's from ranges three times as wide, within the bounds. Every condition of a `where`, and every choice of `min`
and `max`, is met both ways.

The peer's numpy function is used where a class has one beside its compiled one. `agreement` is the largest relative
difference between peer and `text_model.py`, of any number of `f`, `y` and `o`; it is asserted to be below {tolerance:g}.

| model | peer | agreement | how ours is made of it |
|---|---|---|---|
{models}
"""


class Peer:
    """One of the texts in terms of The Virtual Brain.

    `attributes` says what the class calls our parameters where it is not the same, or None for what it has not; `fixed`
    are attributes that we have not. `arrives(s, c, p)` makes of states and coupling variables the rows of the coupling
    array that `dfun` gets, `sends(s, p)` what is sent and `reads` the outputs: expressions that the class's `observe`
    knows, or functions of (s, p). `whole` names parameters that are whole numbers there; without `wide` states outside the
    initial ranges are not compared.
    """

    def __init__(self, cls, note="the same", attributes=None, fixed=None, arrives=None, sends=None, reads=(),
                 whole=(), correct=None, drift=None, wide=True):
        self.cls, self.note, self.attributes, self.fixed = cls, note, attributes or {}, fixed or {}
        self.arrives, self.sends, self.reads, self.whole = arrives, sends, reads, whole
        self.correct, self.drift, self.wide = correct, drift, wide


def peers():
    from tvb.simulator import coupling, models

    def array(x):
        return np.array([x], float)

    def first(rows):
        """Coupling arrays of which `dfun` uses the first rows only."""
        return lambda s, c, p: [*c, *[np.nan] * (rows - len(c))]

    # Kuramoto: what arrives as sine and cosine of a phase and a weight.
    def kuramoto(s, c, p):
        weight, phase = math.hypot(*c), math.atan2(*c)
        return [weight * coupling.Kuramoto().pre(s[0], phase)]

    def kuramoto_sends(s, p):
        pre = coupling.Kuramoto().pre
        return [pre(0, s[0]), pre(-math.pi / 2, s[0])]

    def jansen_rit_sends(s, p):
        made = coupling.SigmoidalJansenRit(cmin=array(p["cmin"]), cmax=array(p["cmax"]), midpoint=array(p["midpoint"]),
                                           r=array(p["steepness"]))
        return made.pre(None, np.array([[s[1], s[2]]]))[0]

    def larter_breakspear_sends(s, p):
        made = coupling.HyperbolicTangent(a=array(p["QV_max"] / 2), b=array(1), midpoint=array(p["VT"]),
                                          sigma=array(p["d_V"]))
        return made.pre(None, array(s[0]))

    class OneNode:
        """A history of one node that is connected with itself."""

        def __init__(self, rows):
            self.es_weights = np.ones((1, 1, 1, 1))
            self.rows = np.array(rows).reshape(1, -1, 1, 1)

        def query(self, step):
            return self.rows[0], self.rows

    def hopfield_output(s, p):
        dynamic = bool(p["dynamic"])
        made = coupling.PreSigmoidal(H=array(p["H"]), Q=array(p["Q"]), G=array(p["gain"]), P=array(p["P"]),
                                     theta=array(p["theta_0"]), dynamic=dynamic)
        made.configure()
        return np.ravel(made(0, OneNode(s if dynamic else s[:1])))[0]

    def hopfield_still(f, s, c, p):
        return f if p["dynamic"] else np.array([f[0], 0])

    class OneMode(models.ReducedSetHindmarshRose):
        number_of_modes = 1

    def zerlaut(name):
        return lambda p: np.array([p[f"{name}{k}"] for k in range(10)])

    polynomials = {f"P_{k}{n}": None for k in "ei" for n in range(10)}
    gains = {"cmin": None, "cmax": None, "midpoint": None, "steepness": None}
    switch = ("modification",)
    return {
        "linear": Peer(models.Linear, "gamma = -lambda, mu is added to what arrives",
                       attributes={"lambda": lambda p: {"gamma": -p["lambda"]}, "mu": None},
                       arrives=lambda s, c, p: [c[0] + p["mu"]]),
        "mpr": Peer(models.MontbrioPazoRoxin),
        "stuart_landau": Peer(models.SupHopf, "what arrives, times cx and cy", attributes={"cx": None, "cy": None},
                              arrives=lambda s, c, p: [p["cx"] * c[0], p["cy"] * c[1]]),
        "kuramoto": Peer(models.Kuramoto, "what arrives is w sin(theta_j - theta), by the coupling Kuramoto",
                         arrives=kuramoto, sends=kuramoto_sends),
        "wong_wang": Peer(models.ReducedWongWang),
        "wilson_cowan": Peer(models.WilsonCowan, "shift is shift_sigmoid", attributes={"shift": "shift_sigmoid"},
                             whole=("shift",), arrives=first(2)),
        "jansen_rit": Peer(models.JansenRit, "what is sent is SigmoidalJansenRit's; its r is steepness",
                           attributes=gains, arrives=first(2), sends=jansen_rit_sends,
                           reads=(lambda s, p: s[1] - s[2],)),
        "generic_2d_oscillator": Peer(models.Generic2dOscillator, reads=("V + W", "V - W")),
        "fitzhugh_nagumo": Peer(models.Generic2dOscillator, "beta = b; b = -1, c = e = 0, f = 1/3, g = alpha = 1",
                                attributes={"b": "beta"},
                                fixed={"b": -1, "c": 0, "e": 0, "f": 1 / 3, "g": 1, "alpha": 1}),
        "sup_hopf": Peer(models.SupHopf, "the amplitude is ours", reads=(lambda s, p: math.hypot(*s),)),
        "wong_wang_exc_inh": Peer(models.ReducedWongWangExcInh, "lambda is lamda; G = 1",
                                  attributes={"lambda": "lamda"}, fixed={"G": 1}),
        "deco_balanced": Peer(models.DecoBalancedExcInh, "lambda is lamda; G = 1", attributes={"lambda": "lamda"},
                              fixed={"G": 1}),
        "epileptor": Peer(models.Epileptor, "their s is used nowhere", whole=switch, reads=("x2 - x1",)),
        "epileptor_2d": Peer(models.Epileptor2D, whole=switch),
        "epileptor_2d_smooth": Peer(models.Epileptor2D, "where x1 < 0 and z > 0; Kvf = 0", fixed={"Kvf": 0}, wide=False),
        "epileptor_codim3": Peer(models.EpileptorCodim3, whole=("N", *switch)),
        "epileptor_codim3_slow": Peer(models.EpileptorCodim3SlowMod, whole=("N", *switch)),
        "larter_breakspear": Peer(models.LarterBreakspear, "what is sent is HyperbolicTangent's; the rate is ours",
                                  sends=larter_breakspear_sends, reads=(lambda s, p: larter_breakspear_sends(s, p)[0],)),
        "coombes_byrne": Peer(models.CoombesByrne, "of four coupling variables the first is used", arrives=first(4)),
        "coombes_byrne_2d": Peer(models.CoombesByrne2D, "of two coupling variables the first is used; g is ours",
                                 arrives=first(2), reads=(lambda s, p: p["k"] * math.pi * s[0],)),
        "zetterberg_jansen": Peer(models.ZetterbergJansen),
        "wendling": Peer(None, "not in The Virtual Brain: the paper's equations once more, in `wendling` of the generator",
                         drift=wendling, sends=lambda s, p: [wendling_rate(s[1] - s[2] - s[3], p)],
                         reads=(lambda s, p: s[1] - s[2] - s[3],)),
        "gast_schmidt_knosche_sd": Peer(models.GastSchmidtKnosche_SD, "of four coupling variables two are used",
                                        arrives=first(4)),
        "gast_schmidt_knosche_sf": Peer(models.GastSchmidtKnosche_SF, "of four coupling variables two are used",
                                        arrives=first(4)),
        "dumont_gutkin": Peer(models.DumontGutkin, "of four coupling variables the first is used", arrives=first(4)),
        "hopfield": Peer(models.Hopfield, "what is sent is PreSigmoidal's, whose G is gain and whose theta is theta_0. With "
                         "dynamic 0 their second row is the first once more, ours 0",
                         attributes={"H": None, "Q": None, "gain": None, "P": None, "theta_0": None},
                         whole=("dynamic",), arrives=lambda s, c, p: [c[0], hopfield_output(s, p)],
                         sends=lambda s, p: [hopfield_output(s, p)], reads=(hopfield_output,), correct=hopfield_still),
        "kionex": Peer(models.KIonEx, "DKi starts where K_o is positive", wide=False),
        "hindmarsh_rose": Peer(OneMode, "one mode; sd is its sigma", attributes={"sd": lambda p: {"sigma": p["sd"]}},
                               arrives=first(2)),
        "zerlaut_first_order": Peer(models.ZerlautAdaptationFirstOrder, "P_e0 ... P_i9 are the arrays P_e and P_i; their "
                                    "S_i is used nowhere", attributes=polynomials,
                                    fixed={"P_e": zerlaut("P_e"), "P_i": zerlaut("P_i")},
                                    whole=("N_tot", "K_ext_e", "K_ext_i")),
    }


def wendling_rate(v, p):
    return 2 * p["e0"] / (1 + np.exp(p["r"] * (p["v0"] - v)))


def wendling(s, c, p):
    """Wendling, Bartolomei, Bellanger, Chauvel, Eur. J. Neurosci. 15, 1499 (2002), appendix, in ms."""
    y, (C1, C2, C3, C4, C5, C6, C7) = s, (p[f"a_{k}"] * p["C"] for k in range(1, 8))
    inputs = [wendling_rate(y[1] - y[2] - y[3], p),
              p["p"] + c[0] + C2 * wendling_rate(C1 * y[0], p),
              C4 * wendling_rate(C3 * y[0], p),
              C7 * wendling_rate(C5 * y[0] - C6 * y[4], p),
              wendling_rate(C3 * y[0], p)]
    kernels = [(p["A"], p["a"]), (p["A"], p["a"]), (p["B"], p["b"]), (p["G"], p["g"]), (p["B"], p["b"])]
    return [*y[5:], *(W * w * x - 2 * w * y[5 + k] - w ** 2 * y[k] for k, ((W, w), x) in enumerate(zip(kernels, inputs)))]


class Theirs:
    """The peer at one point."""

    def __init__(self, peer, parameters):
        self.peer, self.p = peer, parameters
        if peer.cls is None:
            return
        given = {}
        for name, value in parameters.items():
            attribute = peer.attributes.get(name, name)
            given.update(attribute(parameters) if callable(attribute) else {attribute: value} if attribute else {})
        for name, value in peer.fixed.items():
            given[name] = value(parameters) if callable(value) else value
        given = {name: np.atleast_1d(value).astype(getattr(peer.cls, name).default.dtype if name in peer.whole or
                                                   name == "shift_sigmoid" else float) for name, value in given.items()}
        observed = [read for read in peer.reads if isinstance(read, str)]
        self.model = peer.cls(**given, **({"variables_of_interest": observed} if observed else {}))
        self.model.configure()

    def drift(self, s, c):
        if self.peer.drift:
            return np.array(self.peer.drift(s, c, self.p))
        arriving = np.array(self.peer.arrives(s, c, self.p) if self.peer.arrives else c, float)
        function = getattr(self.model, "_numpy_dfun", self.model.dfun)
        f = np.array(function(s.reshape(-1, 1, 1).copy(), arriving.reshape(-1, 1, 1)), float)[:, 0, 0]
        return self.peer.correct(f, s, c, self.p) if self.peer.correct else f

    def sent(self, s, plain):
        return np.ravel(self.peer.sends(s, self.p)) if self.peer.sends else s[plain]

    def read(self, s):
        if self.peer.reads and isinstance(self.peer.reads[0], str):
            return self.model.observe(s.reshape(-1, 1, 1))[:, 0, 0]
        return np.array([np.ravel(read(s, self.p))[0] for read in self.peer.reads])


def drawn(rng, parameter, number, whole):
    low, high = parameter.range
    value = parameter.value
    if number % 2 or not math.isfinite(low + high):
        width = 0.2 * abs(value) if value else 0.02 * (high - low if math.isfinite(low + high) else 5)
        near = max(low, value - width), min(high, value + width)
        low, high = near if not (whole and high - low <= 2) else (low, high)
    return float(rng.integers(round(low), round(high) + 1)) if whole else rng.uniform(low, high)


def disagreement(ours, theirs):
    return float((np.abs(ours - theirs) / np.where(theirs == 0, 1, np.abs(theirs))).max()) if theirs.size else 0.0


def choices(tree):
    """Of a tree and what is in it: what a `where`, `min` or `max` chooses by, as trees that are 0 or not."""
    parts = tree[2] if tree[0] == "call" else tree[1:] if tree[0] == "power" else ()
    here = [tree[2][0]] if tree[:2] == ("call", "where") else \
        [("call", "<", tree[2])] if tree[0] == "call" and tree[1] in ("min", "max") else []
    return here + [choice for part in parts for choice in choices(part)]


def confirm(name, function, arguments, which, exact):
    """That central differences are near the complex steps."""
    for row in range(len(arguments[which])):
        step = 1e-5 * np.maximum(np.abs(arguments[which][row]), 1e-3)
        low, high = ([np.array(a) for a in arguments] for _ in range(2))
        low[which][row] -= step
        high[which][row] += step
        difference = (function(*high) - function(*low)) / (high[which][row] - low[which][row])
        scale = np.abs(function(*arguments)) / step + np.abs(exact[:, row])
        wrong = np.abs(difference - exact[:, row]) > 1e-5 * np.abs(exact[:, row]) + 1e-8 * scale
        # A step may cross a branch point; it does so at one sample, not at most of them.
        assert wrong.any(axis=0).mean() <= 0.2, (name, which, row, difference[wrong], exact[:, row][wrong])


def write(name, peer):
    model = text_model.Model((TEXTS / f"{name}.model").read_text(encoding="utf-8"))
    assert model.name == name and not model.unused, (name, model.unused)
    names = [state.name for state in model.states]
    plain = [names.index(c.tree[1]) if c.tree[0] == "name" else None for c in model.couplings]
    rng = np.random.default_rng(list(name.encode()))
    low, high = np.array([state.range for state in model.states]).T
    bounds = np.array([state.bounds for state in model.states]).T
    rows = {key: [] for key in ("states", "couplings", "parameters", "f", "y", "o")}
    for number in range(SAMPLES):
        values = {q.name: drawn(rng, q, number, q.name in peer.whole) for q in model.parameters}
        theirs = Theirs(peer, values)
        # States that all start at one number get some room.
        room = np.where(high > low, 0, 0.1)
        if peer.wide and number % 4 == 1:
            room = room + high - low
        s, other = (np.clip(low - room + (high - low + 2 * room) * rng.random(len(low)), *bounds) for _ in range(2))
        c = rng.uniform(-0.5, 1.5, len(model.couplings)) * theirs.sent(other, plain)
        with np.errstate(over="ignore"):
            for key, value in (("states", s), ("couplings", c), ("parameters", list(values.values())),
                               ("f", theirs.drift(s, c)), ("y", theirs.sent(s, plain)), ("o", theirs.read(s))):
                rows[key].append(value)
    arrays = {key: np.array(value, float) for key, value in rows.items()}
    assert all(np.isfinite(value).all() for value in arrays.values()), name
    s, c, p = (arrays[key].T for key in ("states", "couplings", "parameters"))
    agreement = max(disagreement(model.drift(s, c, p).T, arrays["f"]), disagreement(model.sent(s, p).T, arrays["y"]),
                    disagreement(model.read(s, p).T, arrays["o"]))
    assert agreement < TOLERANCE, (name, agreement)
    trees = [*model.intermediates.values(), *model.equations.values(), *(d.tree for d in model.couplings + model.outputs)]
    for choice in [choice for tree in trees for choice in choices(tree)]:
        met = model.evaluate([choice], s, p, c) != 0
        assert met.any() and not met.all(), (name, choice)

    s, c, p = s[:, :DIFFERENTIATED], c[:, :DIFFERENTIATED], p[:, :DIFFERENTIATED]
    for key, function, arguments, by in (
            ("f", model.drift, (s, c, p), ("states", "couplings", "parameters")),
            ("y", model.sent, (s, p), ("states", "parameters")), ("o", model.read, (s, p), ("states", "parameters"))):
        for which, what in enumerate(by):
            exact = text_model.jacobian(function, arguments, which)
            assert np.isfinite(exact).all(), (name, key, what)
            confirm(name, function, arguments, which, exact)
            arrays[f"{key}_{what}"] = np.moveaxis(exact, 2, 0)
    with zipfile.ZipFile(OUT / f"{name}_text.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in arrays.items():
            data = io.BytesIO()
            np.save(data, np.ascontiguousarray(value))
            archive.writestr(zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0)), data.getvalue(),
                             zipfile.ZIP_DEFLATED)
    cls = peer.cls.__mro__[1] if peer.cls and peer.cls.__name__ == "OneMode" else peer.cls
    return f"| `{name}` | {cls.__name__ if cls else 'none'} | {agreement:.0e} | {peer.note} |"


def main():
    from importlib.metadata import version

    logging.disable(logging.WARNING)
    all_peers = peers()
    texts = {path.stem for path in TEXTS.glob("*.model")}
    assert texts == set(all_peers), texts ^ set(all_peers)
    chosen = sys.argv[1:] or all_peers
    rows = []
    for name in chosen:
        rows.append(write(name, all_peers[name]))
        print(rows[-1], flush=True)
    if not sys.argv[1:]:
        (OUT / "README_text.md").write_text(README.format(
            version=version("tvb-library"), numpy=np.__version__, samples=SAMPLES, differentiated=DIFFERENTIATED,
            tolerance=TOLERANCE, models="\n".join(rows)), encoding="utf-8")
    print(sum(f.stat().st_size for f in OUT.glob("*_text.npz")), "bytes")


if __name__ == "__main__":
    main()
