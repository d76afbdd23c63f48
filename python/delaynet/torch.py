"""Runs as functions that PyTorch differentiates in reverse, on tensors of the CPU, which are not copied.

Only tensors that require a gradient are differentiated. There is no second derivative.
"""

import torch
from torch.autograd.function import once_differentiable

from ._library import DelayNetError


def delay_map(map, buffer, weights=None, scale=None, noise_gain=None, *, threads=0):
    """DelayMap.run: the history and the series, shape (N, H + T), of the buffer's type.

    Differentiable by all tensors that are given; see DelayMap for their meaning.
    """
    given = {"buffer": buffer, "weights": weights, "scale": scale, "noise_gain": noise_gain}
    inputs = {name: torch.as_tensor(value, dtype=buffer.dtype) for name, value in given.items() if value is not None}

    def run(arrays, differentiated):
        buffer, rest = arrays["buffer"], {name: array for name, array in arrays.items() if name != "buffer"}
        out = map.run(buffer, threads=threads, **rest)
        return out, lambda dout, wrt: map.vjp(buffer, out, dout, wrt, threads=threads, **rest)

    return _applied(run, inputs)


def simulate(problem, steps, inputs, *, memory=None, threads=0):
    """Problem.simulate(steps).series, shape (V, N, K), with the numbers in `inputs` instead of the problem's own.

    inputs: name -> tensor or number, by the names of Problem.with_inputs; differentiable by all tensors. memory: bytes
    that a gradient may take; what it needs is kept until PyTorch releases it. The type is the problem's.
    """
    inputs = {name: torch.as_tensor(value) for name, value in inputs.items()}

    def run(arrays, differentiated):
        changed = problem.with_inputs(arrays)
        if not differentiated:
            return changed.simulate(steps, threads=threads).series, None
        recording = changed.record(steps, memory=memory, threads=threads)
        return recording.trajectory.series, lambda dout, wrt: recording.pullback(dout, wrt, threads=threads)

    return _applied(run, inputs)


def _applied(run, inputs):
    # Asked here: inside of a Function gradients are off, and tensors look as if they were wanted.
    differentiated = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs.values())
    return _Function.apply(run, differentiated, tuple(inputs), *inputs.values())


class _Function(torch.autograd.Function):
    """run(arrays, differentiated) returns its output and pull(dout, wrt)."""

    @staticmethod
    def forward(ctx, run, differentiated, names, *tensors):
        for name, tensor in zip(names, tensors):
            if tensor.device.type != "cpu":
                raise DelayNetError(f"{name} must be on the CPU, not on {tensor.device}")
        out, ctx.pull = run({name: tensor.detach().numpy() for name, tensor in zip(names, tensors)}, differentiated)
        out = torch.from_numpy(out)
        # Saved, though only looked at: PyTorch then refuses a backward pass after one was changed in place.
        ctx.save_for_backward(*tensors, out)
        ctx.names = names
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, dout):
        *tensors, _ = ctx.saved_tensors
        wanted = [name for name, needed in zip(ctx.names, ctx.needs_input_grad[3:]) if needed]
        gradients = ctx.pull(dout.contiguous().numpy(), wanted)
        return None, None, None, *(
            torch.from_numpy(gradients[name]).reshape(tensor.shape).to(tensor.dtype) if name in gradients else None
            for name, tensor in zip(ctx.names, tensors))
