"""Networks: nodes, and edges with a weight and a delay each."""

import numpy as np

from . import _structs as c
from ._arrays import check_shape, flat, indices, number, reals, whole
from ._library import DelayNetError, Handle, check, library

# Longer delays, in steps, are taken for a mistake before they are rounded to 32 bits.
_LONGEST = 1e9


def _check_delays(delays, what):
    wrong = np.flatnonzero(~((delays >= 0) & (delays < _LONGEST)))
    if wrong.size:
        raise DelayNetError(f"an edge's {what} is negative, not a number or too long (edge {wrong[0]})",
                            edge=int(wrong[0]))


class Network:
    """Nodes, and edges with a weight and a delay each. Immutable; any number of threads may use it.

    weights     (N, N) for a dense network, row = target, column = source: edge target * N + source. Or (E,), with
    sources     (E,), where each edge comes from, and
    targets     (E,), where it goes to. Duplicate edges and self-connections are edges like others.
    delays      whole steps, of the weights' shape, or one number for all. See from_lengths for others.
    nodes       N; needed with sources and targets
    horizon     H, columns of history before step 0; one more than the longest delay unless given
    time_step   in the model's unit of time, for a Problem; not needed by a DelayMap

    float32 weights stay float32, all others are float64. Raises DelayNetError, with the edge where there is one.
    """

    def __init__(self, weights, delays, sources=None, targets=None, nodes=None, horizon=None, time_step=None):
        self._set(weights, delays, sources, targets, nodes, horizon, time_step, None)

    @classmethod
    def from_lengths(cls, weights, lengths, speed, time_step, sources=None, targets=None, nodes=None, horizon=None,
                     fractional=False):
        """Delays of lengths (of the weights' shape; mm) at a speed (mm/ms) with a time step (ms).

        Rounded to whole steps, half to even. With `fractional` they stay real numbers: what arrives is interpolated
        between two steps, and there are gradients by delays; for a Problem only.
        """
        speed, time_step = number("speed", speed), number("time_step", time_step)
        for name, value in (("speed", speed), ("time_step", time_step)):
            if not value > 0 or not time_step < np.inf:
                raise DelayNetError(f"{name} must be positive, not {value}")
        delays = reals("lengths", lengths, np.float64) / speed / time_step
        _check_delays(delays, "length")
        below = np.floor(delays) if fractional else np.rint(delays)
        network = cls.__new__(cls)
        network._set(weights, below.astype(np.int32), sources, targets, nodes, horizon, time_step,
                     delays - below if fractional else None)
        return network

    def _set(self, weights, delays, sources, targets, nodes, horizon, time_step, fractions):
        weights = np.asarray(weights)
        dtype = np.float32 if weights.dtype == np.float32 else np.float64
        # A copy, which nobody can change under the plan.
        weights = np.array(reals("weights", weights, dtype))
        if (sources is None) != (targets is None):
            raise DelayNetError("sources and targets belong together")
        self.dense = sources is None
        if self.dense:
            if weights.ndim != 2 or weights.shape[0] != weights.shape[1]:
                raise DelayNetError(f"weights must have the shape (N, N), or sources and targets be given, not "
                                    f"{weights.shape}")
            if nodes not in (None, len(weights)):
                raise DelayNetError(f"nodes must be {len(weights)}, the weights' rows, not {nodes}")
            nodes = len(weights)
        else:
            check_shape("weights", weights, (weights.size,))
            sources = indices("sources", sources, weights.shape)
            targets = indices("targets", targets, weights.shape)
            if nodes is None:
                raise DelayNetError("nodes is needed with sources and targets")
        self.nodes = whole("nodes", nodes)
        delays = indices("delays", delays)
        delays = np.broadcast_to(delays, weights.shape) if delays.ndim == 0 else delays
        check_shape("delays", delays, weights.shape)
        self.weights, self.delays = weights, np.array(delays)
        self.sources, self.targets = (None, None) if self.dense else (np.array(sources), np.array(targets))
        self.fractions = fractions
        longest = int(delays.max(initial=-1)) + 1
        self.horizon = longest if horizon is None else whole("horizon", horizon)
        if fractions is not None:
            self.horizon = max(self.horizon, longest)
        if time_step is not None and not 0 < number("time_step", time_step) < np.inf:
            raise DelayNetError(f"time_step must be positive, not {time_step}")
        self.time_step = time_step
        for array in (self.weights, self.delays, self.sources, self.targets, self.fractions):
            if array is not None:
                array.flags.writeable = False
        self._plan = self._planned()

    def _planned(self):
        """The sorted edges."""
        arrays = self.targets, self.sources, self.delays.reshape(-1)
        struct = c.dn_network(self.nodes, self.delays.size, self.horizon,
                              *(None if a is None else flat("edges", a) for a in arrays), self.fractions is not None)
        place = c.dn_place()
        return Handle("plan", lambda handle: check(library().dn_plan_create(struct, None, handle, place), place))

    @property
    def dtype(self):
        return self.weights.dtype

    def edges(self):
        """Sources and targets of all edges, (E,) each, of a dense network too."""
        if not self.dense:
            return self.sources, self.targets
        targets, sources = np.divmod(np.arange(self.nodes**2, dtype=np.int32), np.int32(max(self.nodes, 1)))
        return sources, targets

    @property
    def delays_in_steps(self):
        """The delay of every edge, of the weights' shape: whole numbers, or real ones of fractional delays."""
        return self.delays if self.fractions is None else self.delays + self.fractions

    def with_delays(self, delays):
        """The same network with other delays in steps, real numbers if they are fractional; a horizon at least as long."""
        if self.fractions is None:
            whole_steps, fractions = indices("delays", delays), None
        else:
            delays = reals("delays", delays, np.float64).reshape(self.weights.shape)
            _check_delays(delays, "delay")
            whole_steps = np.floor(delays).astype(np.int32)
            fractions = delays - whole_steps
        longest = int(whole_steps.max(initial=-1)) + 1
        network = Network.__new__(Network)
        network._set(self.weights, whole_steps, self.sources, self.targets, self.nodes, max(self.horizon, longest),
                     self.time_step, fractions)
        return network

    def without_zeros(self):
        """The same network without the edges of weight 0, as a list of edges: weight 0 then has no gradient."""
        kept = np.flatnonzero(self.weights)
        sources, targets = (array[kept] for array in self.edges())
        network = Network.__new__(Network)
        network._set(self.weights.reshape(-1)[kept], self.delays.reshape(-1)[kept], sources, targets, self.nodes,
                     self.horizon, self.time_step,
                     None if self.fractions is None else self.fractions.reshape(-1)[kept])
        return network

    def describe(self):
        """How the edges are sorted and what a step should cost: the C library's dn_plan_report as a dict."""
        report = c.dn_plan_report()
        library().dn_plan_describe(self._plan.pointer, report)
        values = {name: getattr(report, name) for name, _ in report._fields_}
        values |= {name: values[name][:report.classes] for name in ("class_shortest", "class_longest", "class_edges")}
        return values | {"isa": library().dn_isa_name(report.isa).decode()}

    def __repr__(self):
        kind = "dense" if self.dense else f"{self.weights.size} edges"
        return f"Network({self.nodes} nodes, {kind}, horizon {self.horizon}, {self.dtype})"

    def _weights(self, values, dtype):
        """Weights for a run: the network's own, or others of the same shape (or flat)."""
        array = reals("weights", self.weights if values is None else values, dtype)
        check_shape("weights", array, self.weights.shape, (self.weights.size,))
        return array
