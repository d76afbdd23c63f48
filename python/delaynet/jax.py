"""Runs as functions that JAX differentiates in reverse, compiles and maps over; the work is done on the host's CPU.

Both may be called inside jax.jit, jax.grad and jax.vmap (which runs one after the other). Only inputs that JAX wants a
derivative by are differentiated. There is no forward mode and no second derivative. Mistakes come out as DelayNetError
where they show before the run, otherwise inside JAX's own error.
"""

import jax
import jax.numpy as jnp
import numpy as np

from ._library import DelayNetError


def delay_map(map, buffer, weights=None, scale=None, noise_gain=None, *, threads=0):
    """DelayMap.run: the history and the series, shape (N, H + T), of the buffer's type.

    Differentiable by all that is given; see DelayMap for their meaning.
    """
    buffer = jnp.asarray(buffer)
    given = {"buffer": buffer, "weights": weights, "scale": scale, "noise_gain": noise_gain}
    inputs = {name: jnp.asarray(value, buffer.dtype) for name, value in given.items() if value is not None}

    def run(arrays):
        buffer, rest = _split(arrays)
        return map.run(buffer, threads=threads, **rest)

    def pull(arrays, out, dout, wrt):
        buffer, rest = _split(arrays)
        gradients = map.vjp(buffer, out, dout, wrt, threads=threads, **rest)
        return {name: array.reshape(arrays[name].shape) for name, array in gradients.items()}

    return _differentiable(run, pull, jax.ShapeDtypeStruct(buffer.shape, buffer.dtype))(inputs)


def simulate(problem, steps, inputs, *, memory=None, threads=0):
    """Problem.simulate(steps).series, shape (V, N, K), with the numbers in `inputs` instead of the problem's own.

    inputs: name -> array, by the names of Problem.with_inputs; differentiable by all of them. memory: bytes that a gradient
    may take, which runs the network once more. The type is the problem's; float64 needs jax_enable_x64.
    """
    dtype = np.dtype(problem.network.dtype if problem.dtype is None else problem.dtype)
    if jax.dtypes.canonicalize_dtype(dtype) != dtype:
        raise DelayNetError("a problem of float64 needs jax.config.update('jax_enable_x64', True), or dtype=np.float32")
    inputs = {name: jnp.asarray(value, dtype) for name, value in inputs.items()}

    def run(arrays):
        return problem.with_inputs(arrays).simulate(steps, threads=threads).series

    def pull(arrays, out, dout, wrt):
        # JAX may call this at any time and any number of times, or never: no tape can wait for it.
        recording = problem.with_inputs(arrays).record(steps, memory=memory, keep_series=False, threads=threads)
        gradients = recording.pullback(dout, wrt, threads=threads)
        return {name: array.reshape(arrays[name].shape) for name, array in gradients.items()}

    return _differentiable(run, pull, jax.ShapeDtypeStruct(problem.series_shape(steps), dtype))(inputs)


def _split(arrays):
    return arrays["buffer"], {name: array for name, array in arrays.items() if name != "buffer"}


def _numpy(tree):
    return jax.tree.map(np.asarray, tree)


def _differentiable(run, pull, shape):
    """The function of a dict of arrays that calls run(arrays), and in reverse pull(arrays, out, dout, wrt)."""

    def called(inputs):
        return jax.pure_callback(lambda arrays: run(_numpy(arrays)), shape, inputs, vmap_method="sequential")

    function = jax.custom_vjp(called)

    def forward(inputs):
        values = {name: leaf.value for name, leaf in inputs.items()}
        out = called(values)
        # The names are kept as keys: a dict's keys are not traced.
        return out, (values, out, {name: () for name, leaf in inputs.items() if leaf.perturbed})

    def backward(kept, dout):
        values, out, wanted = kept
        gradients = dict.fromkeys(values)
        if wanted and not isinstance(dout, jax.custom_derivatives.SymbolicZero):
            shapes = {name: jax.ShapeDtypeStruct(values[name].shape, values[name].dtype) for name in wanted}
            gradients |= jax.pure_callback(
                lambda *arguments: pull(*_numpy(arguments), list(wanted)), shapes, values, out, dout,
                vmap_method="sequential")
        return (gradients,)

    function.defvjp(forward, backward, symbolic_zeros=True)
    return function
