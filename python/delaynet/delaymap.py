"""The delay map x_i(t) = scale * sum over e -> i of w_e b(j_e, t - d_e) + noise_gain * z_i(t), and its derivatives.

Letters: N nodes, E edges, H columns of history, T steps. A buffer, shape (N, H + T), holds the history and then a noise
sample z for every step; the map puts the series x in the samples' place. An edge of delay 0 reads the sample.
"""

import numpy as np

from ._arrays import check_shape, flat, given, number, output, precision_of, rows, whole
from ._library import DelayNetError, call

# What derivatives are taken by.
INPUTS = ("buffer", "weights", "scale", "noise_gain")


class DelayMap:
    """The delay map of a network, on numpy arrays of float32 or float64, which are read and written where they lie.

    scale       1 for the sum, 1 / N for the mean over a dense row, or any number
    noise_gain  what the noise samples are multiplied with

    Methods take other `weights` (of the network's shape, or flat), scale and noise gain for one call. Several threads may
    call one map at a time, each on its own arrays. threads: how many a call may use, 0 for as many as pay; all give the
    same bits. Raises DelayNetError, which names the argument, or the edge, or node and step.
    """

    def __init__(self, network, scale=1.0, noise_gain=0.0):
        if network.fractions is not None:
            raise DelayNetError("the delay map takes whole-step delays; fractional ones are for a Problem")
        self.network, self.scale, self.noise_gain = network, number("scale", scale), number("noise_gain", noise_gain)

    def run(self, buffer, out=None, *, weights=None, scale=None, noise_gain=None, first_step=0, threads=0,
            progress=None):
        """Runs the map over the buffer's noise columns and returns `out`, (N, H + T): the history, then the series.

        Time has to be innermost; the buffer may be some columns of a longer array. `out` is a new array unless given, of
        the buffer's type; it may be the buffer itself, whose noise is then gone (which derivatives by weights and noise
        gain may need). The last H columns are the next chunk's history; first_step, its number of steps so far, is for
        errors only. progress(done, total) is called now and then, and may raise.
        """
        p = self._precision(buffer)
        H = self.network.horizon
        if out is None:
            out = np.empty(buffer.shape, buffer.dtype)
        output("out", out, buffer.dtype, buffer.shape)
        in_place = out.ctypes.data == buffer.ctypes.data and out.strides == buffer.strides
        # The library sees the columns that it writes, not those of the history.
        if not in_place and np.shares_memory(out, buffer):
            raise DelayNetError("out must be the buffer or not overlap it")
        primal, kept = self._primal(p, buffer, out, weights, scale, noise_gain, first_step)
        if not in_place:
            out[:, :H] = buffer[:, :H]
        call("dn_map_run", p, self.network._plan.pointer, 1, primal, None, threads=threads, progress=progress)
        return out

    def vjp(self, buffer, out, dout, wrt=("buffer",), into=None, *, weights=None, scale=None, noise_gain=None,
            threads=0):
        """Gradients by the inputs named in `wrt` ("buffer", "weights", "scale", "noise_gain"), as a dict of arrays.

        buffer and out: what the run read and returned; dout: the gradient by `out`, (N, H + T). Arrays in the dict `into`,
        of the buffer's type and of the inputs' shapes, are added into; others are new.
        """
        p = self._precision(buffer)
        H = self.network.horizon
        primal, kept = self._primal(p, buffer, out, weights, scale, noise_gain, 0)
        dout = given("dout", dout, buffer.dtype, buffer.shape)
        shapes = {"buffer": buffer.shape, "weights": kept["weights"].shape, "scale": (), "noise_gain": ()}
        gradients = gradient_arrays(wrt, into, shapes, buffer.dtype)
        struct = p.dn_map_cotangent()
        struct.series, struct.series_stride = rows("dout", dout[:, H:])
        for name in ("weights", "scale", "noise_gain"):
            if name in gradients:
                setattr(struct, name, flat(f"the gradient by {name}", gradients[name]))
        if "buffer" in gradients:
            dbuffer = gradients["buffer"]
            struct.history, struct.history_stride = rows("the gradient by the buffer", dbuffer[:, :H])
            struct.noise, struct.noise_stride = rows("the gradient by the buffer", dbuffer[:, H:])
        call("dn_map_vjp", p, self.network._plan.pointer, 1, primal, struct, threads=threads)
        if "buffer" in gradients:
            gradients["buffer"][:, :H] += dout[:, :H]  # history columns are handed through
        return gradients

    def jvp(self, buffer, out, tangents, *, weights=None, scale=None, noise_gain=None, threads=0):
        """The tangent of `out`, (N, H + T), given those of some inputs: a dict of arrays with the inputs' names."""
        p = self._precision(buffer)
        H = self.network.horizon
        primal, kept = self._primal(p, buffer, out, weights, scale, noise_gain, 0)
        unknown(tangents, INPUTS)
        struct = p.dn_map_tangent(scale=number("the tangent of scale", tangents.get("scale", 0)),
                                  noise_gain=number("the tangent of noise_gain", tangents.get("noise_gain", 0)))
        if "weights" in tangents:
            dweights = self.network._weights(tangents["weights"], buffer.dtype)
            struct.weights = flat("the tangent of weights", dweights)
        dout = np.zeros(buffer.shape, buffer.dtype)
        if "buffer" in tangents:
            dbuffer = given("the tangent of the buffer", tangents["buffer"], buffer.dtype, buffer.shape)
            struct.history, struct.history_stride = rows("the tangent of the buffer", dbuffer[:, :H])
            struct.noise, struct.noise_stride = rows("the tangent of the buffer", dbuffer[:, H:])
            dout[:, :H] = dbuffer[:, :H]
        struct.series, struct.series_stride = rows("dout", dout[:, H:])
        call("dn_map_jvp", p, self.network._plan.pointer, 1, primal, struct, threads=threads)
        return dout

    def value_and_gradient(self, loss, buffer, wrt=("buffer",), *, weights=None, scale=None, noise_gain=None, threads=0):
        """Value and gradients of a loss of the map's output: loss(out) returns its value and its gradient by `out`."""
        inputs = {"weights": weights, "scale": scale, "noise_gain": noise_gain, "threads": threads}
        out = self.run(buffer, **inputs)
        value, dout = loss(out)
        return value, self.vjp(buffer, out, dout, wrt, **inputs)

    def _precision(self, buffer):
        if not isinstance(buffer, np.ndarray):
            raise DelayNetError(f"buffer must be an array, not {type(buffer).__name__}")
        N, H = self.network.nodes, self.network.horizon
        if buffer.ndim != 2 or buffer.shape[0] != N or buffer.shape[1] < H:
            raise DelayNetError(f"buffer must have the shape ({N}, {H} + steps), not {buffer.shape}")
        return precision_of(buffer.dtype, "buffer")

    def _primal(self, p, buffer, out, weights, scale, noise_gain, first_step):
        """The run's structure, and the arrays to be kept until the call returns."""
        H = self.network.horizon
        if not isinstance(out, np.ndarray) or out.dtype != buffer.dtype:
            raise DelayNetError(f"out must be an array of {buffer.dtype}")
        check_shape("out", out, buffer.shape)
        weights = self.network._weights(weights, buffer.dtype)
        primal = p.dn_map_primal(
            weights=weights.ctypes.data, scale=self.scale if scale is None else number("scale", scale),
            noise_gain=self.noise_gain if noise_gain is None else number("noise_gain", noise_gain),
            steps=buffer.shape[1] - H, first_step=whole("first_step", first_step))
        primal.history, primal.history_stride = rows("buffer", buffer[:, :H])
        primal.noise, primal.noise_stride = rows("buffer", buffer[:, H:])
        primal.series, primal.series_stride = rows("out", out[:, H:])
        return primal, {"weights": weights, "buffer": buffer, "out": out}


def unknown(names, known):
    """Refuses a name that is no input."""
    for name in names:
        if name not in known:
            raise DelayNetError(f"there is no input {name!r} but {', '.join(known)}")


def gradient_arrays(wrt, into, shapes, dtype):
    """The arrays that gradients are added into: those of `into`, else zeros."""
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    unknown(names, shapes)
    unknown(into or {}, names)
    return {name: output(f"into[{name!r}]", into[name], dtype, shapes[name]) if into and name in into
            else np.zeros(shapes[name], dtype) for name in names}
