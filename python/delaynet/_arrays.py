"""Checks of arrays, and their addresses. What needs a copy to be written is refused: the copy would be written instead."""

import numpy as np

from ._library import DelayNetError
from ._structs import PRECISIONS


def precision_of(dtype, name):
    """The precision of an array of this type."""
    try:
        return PRECISIONS[np.dtype(dtype)]
    except KeyError:
        raise DelayNetError(f"{name} must be of float32 or float64, not {np.dtype(dtype)}") from None


def shown(shape):
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def check_shape(name, array, *shapes):
    if array.shape not in shapes:
        expected = " or ".join(dict.fromkeys(map(shown, shapes)))
        raise DelayNetError(f"{name} must have the shape {expected}, not {shown(array.shape)}")


def reals(name, values, dtype):
    """Numbers as an array of this type, copied only where they are something else. Other kinds of numbers are refused."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DelayNetError(f"{name} must be an array of numbers: {error}") from None
    if array.dtype.kind not in "fiu":
        raise DelayNetError(f"{name} must be real numbers, not {array.dtype}")
    # ascontiguousarray gives a number a dimension.
    return np.ascontiguousarray(array, dtype).reshape(array.shape)


def given(name, values, dtype, *shapes):
    """An input of one of these shapes."""
    array = reals(name, values, dtype)
    check_shape(name, array, *shapes)
    return array


def number(name, value, dtype=np.float64):
    return given(name, value, dtype, ()).item()


def whole(name, value, least=0, most=2**63 - 1):
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise DelayNetError(f"{name} must be a whole number, {least} ... {most}, not {value!r}")
    return int(value)


def indices(name, values, shape=None):
    """Whole numbers as int32."""
    array = np.asarray(values)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int32)  # an empty list has the type of a float
    if array.dtype.kind not in "iu":
        raise DelayNetError(f"{name} must be whole numbers, not {array.dtype}")
    if array.size and not (-2**31 <= int(array.min()) and int(array.max()) < 2**31):
        raise DelayNetError(f"{name} must fit in 32 bits")
    if shape is not None:
        check_shape(name, array, shape)
    return np.ascontiguousarray(array, np.int32).reshape(array.shape)


def output(name, array, dtype, shape):
    """An array that is written where it lies: of this type and shape, with time innermost."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise DelayNetError(f"{name} must be an array of {np.dtype(dtype)}, not {found}")
    check_shape(name, array, shape)
    if not array.flags.writeable:
        raise DelayNetError(f"{name} must be writeable")
    return array


def flat(name, array):
    """The address of a contiguous array."""
    if not array.flags.c_contiguous:
        raise DelayNetError(f"{name} must be contiguous")
    return array.ctypes.data


def rows(name, array):
    """The address and the row stride of a two-dimensional array, or of some columns of one."""
    size = array.itemsize
    if array.size and (array.strides[1] != size and array.shape[1] > 1 or array.strides[0] % size or array.strides[0] < 0):
        raise DelayNetError(f"{name} must have time innermost, its columns side by side")
    # numpy gives the strides of a single row or of nothing any value.
    stride = array.strides[0] // size if array.size and array.shape[0] > 1 else array.shape[1]
    return array.ctypes.data, max(stride, array.shape[1])
