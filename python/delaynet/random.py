"""Random numbers of JAX's default generator (Threefry-2x32), without JAX.

Keys, bits, uniform numbers and integers equal JAX's; normal numbers are within 4 units in the last place of JAX's, with
the same bits on every CPU. Element n of an array depends on the key and on n alone.
"""

import math

import numpy as np

from ._arrays import precision_of, whole
from ._library import DelayNetError, check, library
from ._structs import dn_key

_WIDTHS = {np.dtype(np.uint32): "u32", np.dtype(np.uint64): "u64", np.dtype(np.int32): "i32", np.dtype(np.int64): "i64"}


def key(seed):
    """jax.random.key(seed), 0 <= seed < 2^64."""
    return library().dn_key_create(whole("seed", seed, most=2**64 - 1))


def words(of):
    """jax.random.key_data: the key's two 32-bit words."""
    return tuple(_key(of).word)


def fold_in(of, data):
    """jax.random.fold_in(key, data)."""
    return library().dn_key_fold_in(_key(of), whole("data", data, most=2**64 - 1))


def split(of, count=2):
    """jax.random.split(key, count): a list of keys."""
    keys = (dn_key * whole("count", count))()
    library().dn_key_split(_key(of), 0, count, keys)
    return list(keys)


def bits(of, shape=(), dtype=np.uint32):
    """jax.random.bits, of uint32 or uint64."""
    return _drawn(f"bits_{_width(dtype, 'u')}", of, shape, dtype)


def uniform(of, shape=(), dtype=np.float64, low=0.0, high=1.0):
    """jax.random.uniform in [low, high)."""
    return _drawn(f"uniform_{precision_of(dtype, 'dtype').suffix}", of, shape, dtype, low, high)


def integers(of, shape=(), low=0, high=1, dtype=np.int32):
    """jax.random.randint in [low, high), of int32 or int64."""
    return _drawn(f"integers_{_width(dtype, 'i')}", of, shape, dtype, low, high)


def normal(of, shape=(), dtype=np.float64):
    """jax.random.normal: standard normal numbers."""
    return _drawn(f"normal_{precision_of(dtype, 'dtype').suffix}", of, shape, dtype)


def network_noise(of, states, nodes, steps, dtype=np.float64, first_step=0, member=0):
    """The standard normal numbers that a Problem draws from this key, shape (steps, states, nodes)."""
    out = np.empty([whole(name, n) for name, n in (("steps", steps), ("states", states), ("nodes", nodes))], dtype)
    function = getattr(library(), f"dn_network_noise_{precision_of(dtype, 'dtype').suffix}")
    check(function(_key(of), member, states, nodes, first_step, steps, out.ctypes.data))
    return out


def _key(of):
    if not isinstance(of, dn_key):
        raise DelayNetError(f"a key is needed, such as delaynet.random.key(0), not {of!r}")
    return of


def _width(dtype, kind):
    if np.dtype(dtype).kind != kind or np.dtype(dtype) not in _WIDTHS:
        raise DelayNetError(f"dtype must have 32 or 64 bits and the kind {kind!r}, not {np.dtype(dtype)}")
    return _WIDTHS[np.dtype(dtype)]


def _drawn(function, of, shape, dtype, *bounds):
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    out = np.empty([whole("shape", n) for n in shape], dtype)
    getattr(library(), f"dn_random_{function}")(_key(of), 0, math.prod(shape), *bounds, out.ctypes.data)
    return out
