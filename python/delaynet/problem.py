"""Stochastic networks of neural masses, and their derivatives.

    c_i(t) = sum over e -> i of w_e y_{j_e}(t - d_e);   ds_i = (F(s_i, G c_i, theta_i) + u_i) dt + sigma_i dW_i

y are the coupling variables of a node's states s, G is the coupling, theta are the model's parameters, u is the stimulus.
Each coupling variable may have weights w of its own.
Letters: S states, C coupling variables and P parameters of the model, N nodes, E edges, H columns of history, T steps, V
states that a monitor reads, K its columns.
"""

import ctypes
import dataclasses
import threading
from typing import NamedTuple

import numpy as np

from . import models, monitors, random, schemes
from . import _structs as c
from ._arrays import check_shape, flat, given, number, output, precision_of, reals, whole
from ._library import DelayNetError, Handle, call, check, library
from .delaymap import gradient_arrays, unknown
from .monitors import Monitor
from .network import Network

STAGES = {"aware": 0, "frozen": 1}
COUPLING_KINDS = {"linear": 0, "difference": 1}
# What derivatives may be taken by, besides the model's parameters.
INPUTS = ("weights", "delays", "coupling", "sigma", "noise", "stimulus", "pulses", "initial", "history")
_BUDGET_TOO_SMALL = -22


class Pulse(NamedTuple):
    """A stimulus that is constant for a while: `amplitude` is added to the drift of a state (its name or number) of a
    node in the absolute steps begin ... end - 1."""

    state: str | int
    node: int
    begin: int
    end: int
    amplitude: float


@dataclasses.dataclass(frozen=True, eq=False)
class Carry:
    """Where a run stands: what the next chunk begins with. model: its name, of one that was read from a text with a digest of that behind; step: the absolute number of its first step;
    state (S, N); history (C, N, H); monitors: those of the run; monitored (rows, N): what they keep between steps, one after
    the other, of an average the sum since its last column for each state that it reads; None for zeros."""

    model: str
    step: int
    state: np.ndarray
    history: np.ndarray
    monitors: tuple
    monitored: np.ndarray | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Trajectory:
    """What a run leaves behind.

    outputs     what each monitor gave out, a list of arrays (V, N, K), time innermost
    monitors    of the problem
    series      the first one's columns; with that of every step column t is s(t + 1)
    states      the names of the states in the series; trajectory["V"] is that state's (N, K)
    steps       the absolute steps that were run, a range
    time_step   dt
    clamps      how often a state was held at a bound of the model: stages, nodes and steps counted
    carry       where the run stands, for simulate(..., carry=)
    """

    outputs: list[np.ndarray]
    monitors: tuple
    series: np.ndarray
    states: list[str]
    steps: range
    time_step: float
    clamps: int
    carry: Carry

    @property
    def times(self):
        """(K) of the series, in the unit of the time step: the end of each column's last step."""
        monitor = self.monitors[0] if self.monitors else Monitor.subsample()
        m = monitor.steps_per_column
        return (self.steps.start // m + 1 + np.arange(self.series.shape[2])) * (m * self.time_step)

    def __getitem__(self, state):
        if state not in self.states:
            raise DelayNetError(f"there is no state {state!r} but {', '.join(self.states) or 'none'}")
        return self.series[self.states.index(state)]


@dataclasses.dataclass(eq=False)
class Problem:
    """A stochastic network of neural masses: set its parts, run it. Parts are checked when it is run.

    network         topology, weights and delays
    model           the name of a node model, see delaynet.models, or a Model that was read from a text
    time_step       dt in the model's unit of time (ms); the network's unless given
    weights         others than the network's, of the same shape or flat, which all coupling variables share; or each its
                    own on the same edges and delays: a dict coupling variable's name -> weights, where those that it
                    does not name have the network's, or all of them with a row each, (C, N, N) or (C, E)
    coupling        G
    coupling_kind   "linear", or "difference": c_i = sum of w_e (y_j(t - d_e) - y_i(t))
    parameters      name -> a number, or (N,) one a node; the others have their defaults
    scheme          the name of a scheme: "heun", "euler" (Euler-Maruyama), see delaynet.schemes
    stage           what Heun's second stage is coupled to: "aware" of the first one's result, or "frozen" at c(t)
    sigma           noise, per square root of the unit of time: a number for all states, (S,), (S, N), or a dict
                    state's name -> a number or (N,); 0 for none
    noise           standard normal numbers, (steps, S, N) from first_step on; drawn from the key unless given
    key, member     of the noise that is drawn: a seed, or a key of delaynet.random; the number in an ensemble
    stimulus        u, (S, N, steps) from first_step on
    pulses          any number of Pulse, added to u
    initial         s(0), (S, N); drawn from the model's usual ranges with the seed 0 unless given
    history         y(-H) ... y(-1), (C, N, H), oldest first; a past that was constant at s(0) unless given
    monitors        what a run returns, a list of Monitor; every state at every step unless given
    first_step      the absolute number of the first step: noise that is drawn, pulses and columns go by it
    dtype           float32 or float64; the network's unless given

    Methods raise DelayNetError, which names the argument, or the edge, node, state, step, parameter or pulse.
    threads: how many a call may use, 0 for as many as pay; all give the same bits. Calls let go of Python's global lock:
    an ensemble is problem.replace(member=m).simulate(steps, threads=1) on as many Python threads.
    """

    network: Network
    model: object
    time_step: float | None = None
    weights: object = None
    coupling: float = 1.0
    coupling_kind: str = "linear"
    parameters: dict = dataclasses.field(default_factory=dict)
    scheme: str = "heun"
    stage: str = "aware"
    sigma: object = 0.0
    noise: object = None
    key: object = 0
    member: int = 0
    stimulus: object = None
    pulses: tuple = ()
    initial: object = None
    history: object = None
    monitors: tuple = (Monitor.subsample(),)
    first_step: int = 0
    dtype: object = None

    def replace(self, **changes):
        """The same problem with other parts."""
        return dataclasses.replace(self, **changes)

    def with_inputs(self, inputs):
        """The same problem with other numbers: a dict by the names that derivatives have.

        Those are "weights", "coupling", "sigma", "noise", "stimulus", "initial", "history", the model's parameters,
        "pulses" (their amplitudes) and, of a network with fractional delays, "delays" in steps.
        """
        parameters = models.find(self.model).parameters.names
        unknown(inputs, [*INPUTS, *parameters])
        changes = {name: value for name, value in inputs.items() if name in INPUTS}
        changes["parameters"] = {**self.parameters, **{k: v for k, v in inputs.items() if k in parameters}}
        if "delays" in changes:
            changes["network"] = self.network.with_delays(changes.pop("delays"))
        if "pulses" in changes:
            amplitudes = given("pulses", changes["pulses"], np.float64, (len(self.pulses),))
            changes["pulses"] = tuple(Pulse(*p)._replace(amplitude=a) for p, a in zip(self.pulses, amplitudes.tolist()))
        return self.replace(**changes)

    def series_shape(self, steps):
        """(V, N, K), the shape of the series of a run of so many steps from first_step on."""
        time_step = self.network.time_step if self.time_step is None else self.time_step
        bound = monitors.Bound(self.monitors, models.find(self.model), self.network.nodes, time_step)
        return bound.series_shape(self.network.nodes, range(self.first_step, self.first_step + steps))

    def inputs(self, steps, carry=None):
        """The numbers of a run by the names that derivatives have: a dict of arrays of the problem's type."""
        return _Run(self, steps, carry).values()

    def simulate(self, steps, carry=None, *, out=None, threads=0, progress=None):
        """Runs the network and returns its Trajectory.

        carry: where to begin, else at `initial` and `history` with `first_step`. Chunks have the bits of the whole.
        out: the arrays of the outputs, a list with one for each monitor, which are written where they lie.
        progress(done, total) is called now and then; what it raises stops the run.
        """
        return _Run(self, steps, carry).forward(out, True, None, threads, progress)

    def record(self, steps, carry=None, *, memory=None, keep_series=True, threads=0, progress=None):
        """Runs the network and keeps what gradients need: returns a Recording.

        memory: bytes that the recording and its pullback may take, the same bits for every amount; None keeps everything.
        Without keep_series the outputs have no columns, and memory that is bounded does not grow with the steps.
        The arrays of the problem must not be changed until the last pullback.
        """
        run = _Run(self, steps, carry)
        budget = 0 if memory is None else whole("memory", memory, 1)
        tape = Handle("tape", lambda handle: check(library().dn_tape_create(budget, None, handle)))
        try:
            trajectory = run.forward(None, keep_series, tape, threads, progress)
        except DelayNetError as error:
            if error.status == _BUDGET_TOO_SMALL:
                raise DelayNetError(f"{error}: {run.tape_bytes()[1]} bytes", error.status, run=0) from None
            raise
        return Recording(run, tape, trajectory)

    def tape_bytes(self, steps, carry=None):
        """Bytes that a recording takes when it keeps everything, and the least `memory` that works."""
        return _Run(self, steps, carry).tape_bytes()

    def value_and_gradient(self, loss, steps, wrt, carry=None, *, memory=None, threads=0):
        """Value and gradients of a loss of the series: loss(series) returns its value and its gradient by the series,
        (V, N, K). wrt and the gradients are as in Recording.pullback, memory as in record."""
        recording = self.record(steps, carry, memory=memory, threads=threads)
        value, dseries = loss(recording.trajectory.series)
        return value, recording.pullback(dseries, wrt, threads=threads)

    def jvp(self, steps, tangents, carry=None, *, threads=0):
        """The tangent of the series, (V, N, K), given those of some inputs: a dict by the names of `inputs`.

        The run is computed anew beside its tangent, and the memory does not grow with the steps.
        """
        return _Run(self, steps, carry).tangent(tangents, threads)


class Recording:
    """A run, its trajectory, and what gradients need of it."""

    def __init__(self, run, tape, trajectory):
        self.trajectory = trajectory
        self._run, self._tape, self._lock = run, tape, threading.Lock()

    def pullback(self, dseries=None, wrt=("coupling", "parameters"), *, outputs=None, every_column=None,
                 first_column=0, final_state=None, into=None, threads=0):
        """Gradients by the inputs named in `wrt`, a dict of arrays with the inputs' shapes.

        dseries (V, N, K) is the gradient by the series; `outputs`, in its place, a list of those by the trajectory's
        outputs, None for zero; `every_column` (V, N) one that every column of the series has besides; the series' columns
        before `first_column` have none, and dseries begins with that one; `final_state` (S, N) that by the last state. "parameters" stands for all of the model's; one with the same value for all nodes has one
        number. History and initial state are inputs of their own, also where one was made from the other; the gradients
        by noise and stimulus are those of the run's steps; of coupling variables with weights of their own, that by
        "weights" has a row each, and that by "delays" is the sum of theirs. Arrays in the dict `into` are added into. May be called any
        number of times.
        """
        if outputs is None:
            outputs = [] if dseries is None else [dseries]
        elif dseries is not None:
            raise DelayNetError("dseries is the first of the outputs: one of the two is needed")
        return self._run.pullback(self._tape, list(outputs), wrt, every_column, first_column, final_state, into, threads,
                                  self._lock)

    def describe(self):
        """How the run is kept: the C library's dn_tape_report as a dict."""
        report = c.dn_tape_report()
        library().dn_tape_describe(self._tape.pointer, report)
        return {name: getattr(report, name) for name, _ in report._fields_}


class _Run:
    """A problem's checked arrays, bound to the C structure of a run of `steps` steps."""

    def __init__(self, problem, steps, carry):
        self.problem, self.network = problem, problem.network
        self.model = model = models.find(problem.model)
        self.dtype = np.dtype(self.network.dtype if problem.dtype is None else problem.dtype)
        self.precision = precision_of(self.dtype, "dtype")
        self.steps = T = whole("steps", steps)
        S, N, C, H = len(model.states), self.network.nodes, len(model.couplings), self.network.horizon
        self.first = whole("first_step", problem.first_step) if carry is None else whole("carry.step", carry.step)
        time_step = self.network.time_step if problem.time_step is None else problem.time_step
        self.monitors = bound = monitors.Bound(
            problem.monitors, model, N, None if time_step is None else number("time_step", time_step))
        self.output_shapes = bound.shapes(N, range(self.first, self.first + T))
        self.series_shape = bound.series_shape(N, range(self.first, self.first + T))
        if carry is not None and carry.model != model.identity:
            raise DelayNetError(f"carry must be of the model {model.identity!r}, not {carry.model!r}")
        if time_step is None:
            raise DelayNetError("time_step is needed: neither the problem nor its network has one")
        self.time_step = number("time_step", time_step)
        # What a derivative can be taken by: arrays that the library reads, by name.
        self.arrays = {"weights": self._weights()}
        self.coupling = number("coupling", problem.coupling, self.dtype)
        self.parameters = self._parameters()
        sigma = self._sigma()
        if sigma is not None:
            self.arrays["sigma"] = sigma
        offset = self.first - problem.first_step
        noise = stimulus = None
        if problem.noise is not None:
            noise = self._from_first("noise", problem.noise, 0, offset, lambda t: (t, S, N))
            noise = self.arrays["noise"] = noise[offset:offset + T]
        if problem.stimulus is not None:
            whole_stimulus = self._from_first("stimulus", problem.stimulus, 2, offset, lambda t: (S, N, t))
            stimulus = self.arrays["stimulus"] = whole_stimulus[:, :, offset:offset + T]
        pulses = self._pulses()
        if carry is None:
            initial = self._initial() if problem.initial is None else problem.initial
            self.arrays["initial"] = given("initial", initial, self.dtype, (S, N))
            history = self._still() if problem.history is None else problem.history
            self.arrays["history"] = given("history", history, self.dtype, (C, N, H))
            monitored = None
        else:
            self.arrays["initial"] = given("carry.state", carry.state, self.dtype, (S, N))
            self.arrays["history"] = given("carry.history", carry.history, self.dtype, (C, N, H))
            monitored = bound.kept_by(carry)
            if monitored is not None:
                monitored = given("carry.monitored", monitored, self.dtype, (bound.rows, N))
        fractions = None if self.network.fractions is None else reals("delays", self.network.fractions, self.dtype)
        key = problem.key
        values = (self.precision.dn_parameter * len(self.parameters))(*[
            (None, 0) if value is None else (value.ctypes.data, value.size) for value in self.parameters.values()])
        self.kept = values, pulses, monitored, fractions, noise, stimulus
        self.primal = self.precision.dn_network_primal(
            plan=self.network._plan.pointer, model=model._pointer,
            scheme=schemes.register().number(problem.scheme), stage=_choice("stage", problem.stage, STAGES),
            time_step=self.time_step, weights=self.arrays["weights"].ctypes.data, fractions=_address(fractions),
            weight_sets=self.arrays["weights"].size // max(self.network.weights.size, 1),
            coupling_kind=_choice("coupling_kind", problem.coupling_kind, COUPLING_KINDS), coupling=self.coupling,
            parameters=ctypes.addressof(values), sigma=_address(sigma), sigma_count=0 if sigma is None else sigma.size,
            noise=_address(noise), key=random._key(key if isinstance(key, c.dn_key) else random.key(key)),
            member=whole("member", problem.member, most=2**64 - 1), stimulus=_address(stimulus),
            stimulus_stride=0 if stimulus is None else whole_stimulus.shape[2],
            pulses=ctypes.addressof(pulses), pulse_count=len(pulses),
            initial=self.arrays["initial"].ctypes.data, history=self.arrays["history"].ctypes.data, history_stride=H,
            steps=T, first_step=self.first, monitors=bound.array, monitor_count=len(bound.array),
            monitored=_address(monitored))

    # ---- Inputs ------------------------------------------------------------------------------------------------------

    def _weights(self):
        """Weights that all coupling variables share, of the network's shape or flat; or with a row for each of them."""
        weights, own, names = self.problem.weights, self.network.weights, self.model.couplings.names
        C, E = len(names), own.size
        if isinstance(weights, dict):
            unknown(weights, names)
            return np.stack([given(f"weights[{name!r}]", weights.get(name, own), self.dtype, own.shape, (E,)).reshape(own.shape)
                             for name in names])
        return given("weights", own if weights is None else weights, self.dtype, own.shape, (E,), (C, *own.shape), (C, E))

    def _parameters(self):
        """Name -> an array of one or N values, None for a default."""
        wanted = self.problem.parameters
        unknown(wanted, self.model.parameters.names)
        return {name: given(f"parameter {name}", wanted[name], self.dtype, (), (self.network.nodes,))
                if name in wanted else None for name in self.model.parameters.names}

    def _sigma(self):
        S, N, sigma = len(self.model.states), self.network.nodes, self.problem.sigma
        if isinstance(sigma, dict):
            unknown(sigma, self.model.states.names)
            rows = [given(f"sigma[{name!r}]", sigma.get(name, 0.0), self.dtype, (), (N,))
                    for name in self.model.states.names]
            return np.stack([np.broadcast_to(row, (N,)) for row in rows] if any(row.ndim for row in rows) else rows)
        array = given("sigma", sigma, self.dtype, (), (S,), (S, N))
        if array.ndim == 0:
            return None if array == 0 else np.full(S, array, self.dtype)
        return array

    def _from_first(self, name, values, axis, offset, shape):
        """An array with an entry for every step from the problem's first one, at least as long as this run needs."""
        array = reals(name, values, self.dtype)
        needed = offset + self.steps
        length = array.shape[axis] if array.ndim == 3 else needed
        if offset < 0:
            raise DelayNetError(f"{name} begins at step {self.problem.first_step}, the carry before it: {self.first}")
        check_shape(name, array, shape(max(length, needed)))
        return array

    def _pulses(self):
        struct, states = self.precision.dn_pulse, self.model.states
        pulses = [Pulse(*pulse) for pulse in self.problem.pulses]
        if pulses:
            self.arrays["pulses"] = np.array([number("a pulse's amplitude", p.amplitude) for p in pulses], self.dtype)

        def bounded(name, value, bits):
            return whole(f"a pulse's {name}", value, -2**(bits - 1), 2**(bits - 1) - 1)
        # Which states, nodes and steps there are is the library's to check: it names the pulse.
        return (struct * len(pulses))(*[
            struct(states.number(p.state) if isinstance(p.state, str) else bounded("state", p.state, 32),
                   bounded("node", p.node, 32), bounded("begin", p.begin, 64), bounded("end", p.end, 64), p.amplitude)
            for p in pulses])

    def _initial(self):
        """Uniform in the states' usual ranges, from the key of seed 0 folded with the state's number."""
        key = random.key(0)
        # A text need not say which range is usual: then it is 0.
        return np.stack([
            random.uniform(random.fold_in(key, s), self.network.nodes, self.dtype, *np.nan_to_num(
                (state.initial_low, state.initial_high)).tolist())
            for s, state in enumerate(self.model.states)])

    def _still(self):
        """A history whose columns all hold y(s(0)): the column that a step of uncoupled nodes leaves behind."""
        C, N, H = len(self.model.couplings), self.network.nodes, self.network.horizon
        if N == 0 or H == 0:
            return np.zeros((C, N, H), self.dtype)
        alone = Network(np.zeros(1, self.dtype), 1, [0], [0], nodes=N, horizon=1)
        probe = Problem(alone, self.problem.model, self.time_step, coupling=0.0, parameters=self.problem.parameters,
                        scheme="euler", initial=self.arrays["initial"], history=np.zeros((C, N, 1)),
                        monitors=(), first_step=self.first, dtype=self.dtype)
        return np.repeat(probe.simulate(1).carry.history, H, axis=2)

    def values(self):
        """Every input by name."""
        found = dict(self.arrays)
        if self.network.fractions is not None:
            found["delays"] = self.network.delays_in_steps.astype(self.dtype)
        found["coupling"] = np.array(self.coupling, self.dtype)
        defaults = self.model.defaults
        return found | {name: np.array(defaults[name], self.dtype) if value is None else value
                        for name, value in self.parameters.items()}

    def shapes(self):
        shapes = {name: value.shape for name, value in self.values().items()}
        # Of whole steps the library says that they have no derivative.
        shapes["delays"] = self.network.delays.shape
        # Noise that is drawn has a derivative too.
        if "sigma" in shapes:
            shapes["noise"] = (self.steps, len(self.model.states), self.network.nodes)
        return shapes

    # ---- Calls -------------------------------------------------------------------------------------------------------

    def forward(self, out, keep_series, tape, threads, progress):
        S, N, C, H = len(self.model.states), self.network.nodes, len(self.model.couplings), self.network.horizon
        outputs, columns = [np.empty((V, rows, 0), self.dtype) for V, rows, _ in self.output_shapes], None
        if keep_series:
            outputs = self._outputs(out)
            columns = self._columns(outputs)
        carry = Carry(self.model.identity, self.first + self.steps, np.zeros((S, N), self.dtype),
                      np.zeros((C, N, H), self.dtype), self.monitors.monitors,
                      np.zeros((self.monitors.rows, N), self.dtype))
        result = self.precision.dn_network_result(
            columns=None if columns is None else ctypes.addressof(columns), next_initial=carry.state.ctypes.data,
            next_history=carry.history.ctypes.data, next_history_stride=H,
            next_monitored=carry.monitored.ctypes.data, tape=None if tape is None else tape.pointer)
        call("dn_network_run", self.precision, 1, self.primal, result, threads=threads, progress=progress,
             model=self.model)
        series = outputs[0] if outputs else np.empty((0, N, 0), self.dtype)
        states = [self.model.readable.names[number] for number in (self.monitors.states or [[]])[0]]
        return Trajectory(outputs, self.monitors.monitors, series, states, range(self.first, self.first + self.steps),
                          self.time_step, result.clamps, carry)

    def _outputs(self, out):
        """The arrays of the columns: the caller's, or new ones."""
        if out is None:
            return [np.empty(shape, self.dtype) for shape in self.output_shapes]
        if not isinstance(out, (list, tuple)) or len(out) != len(self.output_shapes):
            raise DelayNetError(f"out must be a list of {len(self.output_shapes)} arrays, one for each monitor")
        return [output(f"out[{k}]", array, self.dtype, shape) for k, (array, shape) in enumerate(zip(out, self.output_shapes))]

    def _columns(self, outputs):
        """The C structures of where columns go."""
        return (self.precision.dn_columns * len(outputs))(*[
            (flat(f"out[{k}]", array), array.shape[2]) for k, array in enumerate(outputs)])

    def tape_bytes(self):
        everything, least = ctypes.c_size_t(), ctypes.c_size_t()
        check(getattr(library(), f"dn_network_tape_bytes_{self.precision.suffix}")(self.primal, everything, least))
        return everything.value, least.value

    def pullback(self, tape, outputs, wrt, every_column, first_column, final_state, into, threads, lock):
        S, N = len(self.model.states), self.network.nodes
        names = []
        for name in [wrt] if isinstance(wrt, str) else wrt:
            names += self.model.parameters.names if name == "parameters" else [name]
        gradients = gradient_arrays(dict.fromkeys(names), into, self.shapes(), self.dtype)
        if max(len(outputs), every_column is not None) > len(self.output_shapes):
            raise DelayNetError(f"there is no gradient by output {len(self.output_shapes)}: the run has as many monitors")
        columns = (self.precision.dn_columns_cotangent * len(self.output_shapes))()
        kept = []
        first_column = whole("first_column", first_column)
        if first_column > (self.output_shapes[0][2] if self.output_shapes else 0):
            raise DelayNetError(f"first_column must be at most the series' number of columns, not {first_column}")
        for k, shape in enumerate(self.output_shapes):
            if k == 0:
                columns[0].first = first_column
                shape = (*shape[:2], shape[2] - first_column)
            if k < len(outputs) and outputs[k] is not None:
                kept.append(given(f"the gradient by output {k}", outputs[k], self.dtype, shape))
                columns[k].series, columns[k].stride = kept[-1].ctypes.data, shape[2]
        if every_column is not None:
            kept.append(given("every_column", every_column, self.dtype, self.output_shapes[0][:2]))
            columns[0].column = kept[-1].ctypes.data
        if final_state is not None:
            final_state = given("final_state", final_state, self.dtype, (S, N))
        struct = self.precision.dn_network_cotangent(columns=ctypes.addressof(columns), final_state=_address(final_state))
        kept.append(self._bind(struct, gradients, "into"))
        with lock:
            call("dn_network_vjp", self.precision, 1, self.primal, tape.pointer, struct, threads=threads, model=self.model)
        del kept
        return gradients

    def tangent(self, tangents, threads):
        shapes = self.shapes()
        unknown(tangents, shapes)
        arrays = {name: given(f"the tangent of {name}", value, self.dtype, shapes[name])
                  for name, value in tangents.items()}
        struct = self.precision.dn_network_tangent()
        kept = self._bind(struct, arrays, "tangents")
        dseries = np.zeros(self.series_shape, self.dtype)
        # Columns of the other monitors go nowhere.
        columns = (self.precision.dn_columns * len(self.output_shapes))()
        if self.output_shapes:
            columns[0].series, columns[0].stride = dseries.ctypes.data, dseries.shape[2]
        struct.columns = ctypes.addressof(columns)
        call("dn_network_jvp", self.precision, 1, self.primal, struct, threads=threads, model=self.model)
        del kept
        return dseries

    def _bind(self, struct, arrays, what):
        """Puts arrays, by the inputs' names, into a structure of cotangents or tangents; returns what has to be kept."""
        pointers = (c.pointer * len(self.parameters))()
        parameters = self.model.parameters
        for name, array in arrays.items():
            address = flat(f"{what}[{name!r}]", array)
            if name in parameters.names:
                pointers[parameters.number(name)] = address
            else:
                setattr(struct, name, address)
        struct.parameters = ctypes.addressof(pointers)
        struct.stimulus_stride, struct.history_stride = self.steps, self.network.horizon
        return pointers, arrays


def _address(array):
    return None if array is None else array.ctypes.data


def _choice(name, value, choices):
    if value not in choices:
        raise DelayNetError(f"{name} must be {' or '.join(map(repr, choices))}, not {value!r}")
    return choices[value]
