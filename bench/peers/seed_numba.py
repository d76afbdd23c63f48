"""The notebook's `run` and `gloss` in numba: the loops of plain.c, with fastmath, so that sums may be vectorised."""
import numba
import numpy as np


@numba.njit(fastmath=True, cache=True)
def run(weights, delays, history, buffer):
    """run(buffer): each noise column H + t becomes x_i(t) = mean_j weights[i, j] * buffer[j, H + t - delays[i, j]]."""
    nodes, columns = buffer.shape
    output = buffer.copy()
    column = np.empty(nodes, buffer.dtype)
    scale = np.float32(1 / nodes)
    for t in range(history, columns):
        for i in range(nodes):
            total = np.float32(0)
            for j in range(nodes):
                total += weights[i, j] * output[j, t - delays[i, j]]
            column[i] = scale * total
        for i in range(nodes):
            output[i, t] = column[i]
    return output


@numba.njit(fastmath=True, cache=True)
def gloss(weights, delays, history, target, buffer):
    """Value and gradient of sum((target - run(buffer))^2), the adjoint written by hand."""
    nodes, columns = buffer.shape
    output = run(weights, delays, history, buffer)
    gradient = np.empty_like(buffer)
    scale = np.float32(1 / nodes)
    loss = 0.0
    for i in range(nodes):
        for c in range(columns):
            residual = output[i, c] - target[i, c]
            loss += residual * residual
            gradient[i, c] = 2 * residual
    g = np.empty(nodes, buffer.dtype)
    for t in range(columns - 1, history - 1, -1):
        for i in range(nodes):
            g[i] = scale * gradient[i, t]
            gradient[i, t] = 0
        for i in range(nodes):
            for j in range(nodes):
                gradient[j, t - delays[i, j]] += weights[i, j] * g[i]
    return loss, gradient
