"""What a run returns: monitors, and the register of their kinds.

    >>> from delaynet import Monitor
    >>> problem.monitors = [Monitor.average(over=10), Monitor.subsample(every=100, states=["V"])]
    >>> problem.monitors = [Monitor.bold("volterra", repetition_time=1000), Monitor.projection(lead_field, every=40)]
"""

import ctypes
import functools
import math
from dataclasses import dataclass, replace

import numpy as np

from . import _structs as c
from ._arrays import whole
from ._library import DelayNetError, library
from ._register import Register, entry
from .models import Parameter


@dataclass(frozen=True)
class Kind:
    """A kind of monitor. `memory`: the numbers that it keeps for each state and node between steps; `periodic`: whether it may
    read periodic states at more than every step; `interim`: whether it reads interim means, as BOLD does; `projects`: whether
    its columns have the rows of a gain matrix; `parameters`: its constants; `presets`: values of them that have a name."""

    name: str
    title: str
    source: str
    memory: int
    periodic: bool
    interim: bool
    projects: bool
    parameters: Register
    presets: Register


@dataclass(frozen=True)
class Preset:
    """Constants that the literature knows by a name, and where from: a value by each parameter's name."""

    name: str
    source: str
    values: dict


def _kind(struct):
    parameters = Register("constant", (entry(Parameter, struct.parameter[k]) for k in range(struct.parameters)))
    presets = Register("preset", (
        Preset(preset.name.decode(), preset.source.decode(), dict(zip(parameters.names, preset.values)))
        for preset in (struct.preset[k] for k in range(struct.presets))))
    return Kind(struct.name.decode(), struct.title.decode(), struct.source.decode(), struct.memory, bool(struct.periodic),
                bool(struct.interim), bool(struct.projects), parameters, presets)


@functools.cache
def register():
    """All kinds of monitors."""
    return Register("kind of monitor", (_kind(library().dn_monitor_describe(number).contents)
                                        for number in range(library().dn_monitor_count())))


def names():
    return register().names


def find(name):
    """The kind of this name; DelayNetError, with the names that there are, where there is none."""
    return register().find(name)


@dataclass(frozen=True)
class Monitor:
    """Reads some of the states after every step, and writes a column at every multiple of `steps_per_column`.

    kind                "subsample": column k is s((k + 1) m); "average": the mean of s(k m + 1) ... s((k + 1) m), not for
                        periodic states; "projection": a gain matrix times that mean; the others BOLD, see `bold`
    steps_per_column    m; multiples are counted in absolute steps, however a run is cut
    states              the names of the states, or of outputs of the model, that it reads, in the order of its rows; None for
                        all states
    interim_steps       BOLD: the steps of an interim mean, of which m is a multiple
    constants           of the kind, in the order of its register; () for their defaults
    gain                projection: rows of N numbers
    reference           projection: None, "mean", or the number of the row that is subtracted
    milliseconds        BOLD: of a column and of an interim mean, until a run's time step makes steps of them
    """

    kind: str
    steps_per_column: int
    states: tuple | None = None
    interim_steps: int = 0
    constants: tuple = ()
    gain: tuple | None = None
    reference: object = None
    milliseconds: tuple | None = None

    def __post_init__(self):
        # Monitors are compared, so that a list of names has to equal a tuple of them.
        if isinstance(self.states, list):
            object.__setattr__(self, "states", tuple(self.states))

    @classmethod
    def subsample(cls, every=1, states=None):
        """The states at every m-th step."""
        return cls("subsample", every, states)

    @classmethod
    def average(cls, over, states=None):
        """Means over m steps."""
        return cls("average", over, states)

    @classmethod
    def bold(cls, kind, repetition_time, interim=4, states=None, *, preset=None, **constants):
        """BOLD: every `repetition_time` ms, of means over `interim` ms, of which the former is a multiple.

        kind: "volterra", "gamma", "mixture", "double_exponential", "balloon", which see in the register, where their constants
        and presets are; a balloon has no default, for the literature's constants differ by factors of 2 to 6.
        """
        found = find(kind)
        if not found.interim:
            raise DelayNetError(f"{kind!r} is no kind of BOLD")
        if len(found.presets) > 0 and preset is None:
            raise DelayNetError(f"preset is needed: one of {', '.join(found.presets.names)}")
        values = {p.name: p.value for p in found.parameters} if preset is None else dict(found.presets.find(preset).values)
        for name, value in constants.items():
            found.parameters.number(name)
            values[name] = value
        return cls(kind, 0, states, constants=tuple(float(value) for value in values.values()),
                   milliseconds=(float(repetition_time), float(interim)))

    @classmethod
    def projection(cls, gain, every=1, reference=None, states=None):
        """A gain matrix (rows, N) times means over m steps: lead fields, masks of regions, a global mean. reference: None,
        "mean", or the row that is subtracted from all."""
        gain = np.asarray(gain, np.float64)
        if gain.ndim != 2 or gain.shape[0] == 0:
            raise DelayNetError(f"gain must have the shape (rows, N), not {gain.shape}")
        if reference is not None and reference != "mean" and not (
                isinstance(reference, (int, np.integer)) and 0 <= reference < len(gain)):
            raise DelayNetError(f"reference must be None, 'mean' or a row, 0 ... {len(gain) - 1}, not {reference!r}")
        return cls("projection", every, states, gain=tuple(map(tuple, gain.tolist())), reference=reference)

    def resolved(self, time_step):
        """The same in steps of `time_step` ms."""
        if self.milliseconds is None:
            return self
        column, interim = self.milliseconds
        steps = _times("the interim", interim, "the time step", time_step)
        return replace(self, milliseconds=None, interim_steps=steps,
                       steps_per_column=steps * _times("the repetition time", column, "the interim", interim))

    def columns(self, steps):
        """The number of columns that end in a range of steps, which are counted from 0."""
        m = self._every()
        return max(steps.stop, 0) // m - max(steps.start, 0) // m

    def _every(self):
        return whole("a monitor's steps_per_column", self.steps_per_column, 1)

    def _rows(self, nodes):
        """The rows of a state."""
        return len(self.gain or ()) if find(self.kind).projects else nodes

    def _numbers(self, model):
        """The numbers of the states that it reads."""
        if self.states is None:
            return list(range(len(model.states)))
        if not isinstance(self.states, tuple):
            raise DelayNetError(f"a monitor's states must be a list of names, not {self.states!r}")
        return [model.readable.number(name) for name in self.states]

    def _stands_inside(self, step):
        """Whether it keeps a part of a column before this step."""
        return find(self.kind).memory > 0 and step % self._every() != 0


def _times(name, whole_length, part_name, part):
    """How often a length in ms goes into another, to the rounding of decimal fractions."""
    times = whole_length / part if part > 0 else math.nan
    if not (math.isfinite(times) and round(times) >= 1 and abs(times - round(times)) <= 1e-9 * times):
        raise DelayNetError(f"{name} of {whole_length} ms is not a multiple of {part_name} of {part} ms")
    return round(times)


def _address(array):
    return array.ctypes.data if array is not None and array.size else None


class Bound:
    """The monitors of a run, checked, as the C library takes them."""

    def __init__(self, monitors, model, nodes, time_step):
        if not isinstance(monitors, (list, tuple)) or not all(isinstance(monitor, Monitor) for monitor in monitors):
            raise DelayNetError(f"monitors must be a list of Monitor, not {monitors!r}")
        self.monitors = tuple(monitor if time_step is None else monitor.resolved(time_step) for monitor in monitors)
        self.states = [monitor._numbers(model) for monitor in self.monitors]
        self.kept = [(ctypes.c_int32 * len(states))(*states) for states in self.states]
        self.numbers = [self._numbers(k, monitor, nodes) for k, monitor in enumerate(self.monitors)]
        self.array = (c.dn_monitor * len(self.monitors))(*[
            c.dn_monitor(register().number(monitor.kind), monitor._every(), ctypes.addressof(states), len(states),
                         constants.size, _address(constants), monitor.interim_steps, _address(gain),
                         0 if gain is None else len(gain),
                         {None: 0, "mean": -1}[monitor.reference] if monitor.reference in (None, "mean")
                         else monitor.reference + 1)
            for monitor, states, (constants, gain) in zip(self.monitors, self.kept, self.numbers)])
        # Rows of nodes that they keep between steps.
        self.rows = library().dn_monitored_count(model._pointer, 1, self.array, len(self.array))

    @staticmethod
    def _numbers(k, monitor, nodes):
        """The constants and the gain matrix of a monitor, which are there as long as the call."""
        kind = find(monitor.kind)
        if len(monitor.constants) not in (0, len(kind.parameters)):
            raise DelayNetError(f"monitors[{k}] has {len(monitor.constants)} constants, {monitor.kind} {len(kind.parameters)}")
        if kind.interim and monitor._every() % whole("a monitor's interim_steps", monitor.interim_steps, 1) != 0:
            raise DelayNetError(f"monitors[{k}]: columns of {monitor.steps_per_column} steps do not consist of interim means of "
                                f"{monitor.interim_steps}")
        if not kind.projects:
            return np.array(monitor.constants, np.float64), None
        gain = np.array(monitor.gain if monitor.gain is not None else np.zeros((0, nodes)), np.float64)
        if gain.ndim != 2 or gain.shape != (max(len(gain), 1), nodes):
            raise DelayNetError(f"monitors[{k}].gain has the shape {gain.shape}, but (rows, {nodes}) is needed")
        return np.zeros(0), gain

    def shapes(self, nodes, steps):
        """The shape of each one's columns that end in a range of steps."""
        return [(len(states), monitor._rows(nodes), monitor.columns(steps)) for monitor, states in zip(self.monitors, self.states)]

    def series_shape(self, nodes, steps):
        """That of the first one's; nothing where there is none."""
        return (self.shapes(nodes, steps) or [(0, nodes, 0)])[0]

    def kept_by(self, carry):
        """What they kept at the end of the run before, None for zeros. Refuses other monitors' carry inside a column, and BOLD from
        rest behind other monitors than its own."""
        before = tuple(carry.monitors)
        if before == self.monitors:
            return carry.monitored
        for monitors, missing in ((before, ""), (self.monitors, ", whose first part it does not have")):
            for monitor in monitors:
                if monitor._stands_inside(carry.step):
                    raise DelayNetError(
                        f"carry ends inside a column of the monitor {monitor.kind} of {monitor._every()} steps{missing}")
        # What blood remembers outlasts a column. At a run's beginning it is at rest; later on, a start from rest has to be said.
        for k, monitor in enumerate(self.monitors):
            if carry.step > 0 and find(monitor.kind).interim:
                raise DelayNetError(f"monitors[{k}], {monitor.kind} of {monitor._every()} steps, would begin from rest at step "
                                    f"{carry.step}, since the carry's monitors are others")
        return None
