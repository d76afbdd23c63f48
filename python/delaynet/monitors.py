"""What a run returns: monitors, and the register of their kinds.

    >>> from delaynet import Monitor
    >>> problem.monitors = [Monitor.average(over=10), Monitor.subsample(every=100, states=["V"])]
"""

import ctypes
import functools
from dataclasses import dataclass

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
                        periodic states
    steps_per_column    m; multiples are counted in absolute steps, however a run is cut
    states              the names of the states that it reads, in the order of its rows; None for all of the model's
    """

    kind: str
    steps_per_column: int
    states: tuple | None = None

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

    def columns(self, steps):
        """The number of columns that end in a range of steps, which are counted from 0."""
        m = self._every()
        return max(steps.stop, 0) // m - max(steps.start, 0) // m

    def _every(self):
        return whole("a monitor's steps_per_column", self.steps_per_column, 1)

    def _numbers(self, model):
        """The numbers of the states that it reads."""
        if self.states is None:
            return list(range(len(model.states)))
        if not isinstance(self.states, tuple):
            raise DelayNetError(f"a monitor's states must be a list of names, not {self.states!r}")
        return [model.states.number(name) for name in self.states]

    def _stands_inside(self, step):
        """Whether it keeps a part of a column before this step."""
        return find(self.kind).memory > 0 and step % self._every() != 0


class Bound:
    """The monitors of a run, checked, as the C library takes them."""

    def __init__(self, monitors, model):
        if not isinstance(monitors, (list, tuple)) or not all(isinstance(monitor, Monitor) for monitor in monitors):
            raise DelayNetError(f"monitors must be a list of Monitor, not {monitors!r}")
        self.monitors = tuple(monitors)
        self.states = [monitor._numbers(model) for monitor in self.monitors]
        self.kept = [(ctypes.c_int32 * len(states))(*states) for states in self.states]
        self.array = (c.dn_monitor * len(self.monitors))(*[
            c.dn_monitor(register().number(monitor.kind), monitor._every(), ctypes.addressof(states), len(states))
            for monitor, states in zip(self.monitors, self.kept)])
        # Rows of nodes that they keep between steps.
        self.rows = library().dn_monitored_count(model._pointer, 1, self.array, len(self.array))

    def shapes(self, nodes, steps):
        """The shape of each one's columns that end in a range of steps."""
        return [(len(states), nodes, monitor.columns(steps)) for monitor, states in zip(self.monitors, self.states)]

    def series_shape(self, nodes, steps):
        """That of the first one's; nothing where there is none."""
        return (self.shapes(nodes, steps) or [(0, nodes, 0)])[0]

    def kept_by(self, carry):
        """What they kept at the end of the run before, None for zeros. Refuses other monitors' carry inside a column."""
        before = tuple(carry.monitors)
        if before == self.monitors:
            return carry.monitored
        for monitors, missing in ((before, ""), (self.monitors, ", whose first part it does not have")):
            for monitor in monitors:
                if monitor._stands_inside(carry.step):
                    raise DelayNetError(f"carry ends inside a mean over {monitor.steps_per_column} steps{missing}")
        return None
