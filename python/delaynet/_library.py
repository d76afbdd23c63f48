"""The C library: where it is, what its functions take, and its statuses as exceptions."""

import ctypes
import functools
import os
import pathlib
import weakref
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_uint64

from . import _structs as c

_NOT_FINITE_HISTORY = -13
_BAD_TEXT = -33


class DelayNetError(ValueError):
    """A mistake in what DelayNet was given, or a run that left the finite numbers.

    The message is a sentence and the location. `status` is the C library's code, None where an argument was refused before
    the library saw it. `run`, `edge`, `node`, `step`, `state`, `parameter`, `pulse` are numbers, or None where they do not
    apply: edges in the order in which they were given (dense: target * nodes + source), steps absolute, states and
    parameters in the model's order.
    """

    def __init__(self, message, status=None, **place):
        super().__init__(message)
        self.status = status
        for name, _ in c.dn_place._fields_:
            setattr(self, name, place.get(name))


class ModelTextError(DelayNetError):
    """A mistake in the text of a model: `line` and `column` count from 1, the column in bytes of UTF-8, and are None where
    the text as a whole is meant; `reason` is the sentence without the place, `path` the file, None where there is none."""

    def __init__(self, reason, line=None, column=None, path=None):
        place = (f"{path}:" if path else "line ") + f"{line}" + (":" if path else ", column ") + f"{column}"
        super().__init__(f"{place}: {reason}" if line else f"{path}: {reason}" if path else reason, _BAD_TEXT)
        self.reason, self.line, self.column, self.path = reason, line, column, path


def _prototypes():
    """Every exported function: name -> (result, arguments)."""
    pointer, extent, place, options = c.pointer, c.extent, POINTER(c.dn_place), POINTER(c.dn_run_options)
    functions = {
        "dn_status_string": (c_char_p, [c_int]),
        "dn_isa_available": (c_int, [c_int]),
        "dn_isa_name": (c_char_p, [c_int]),
        "dn_isa_best": (c_int, []),
        "dn_version": (c_char_p, []),
        "dn_threads_available": (c_int32, []),
        "dn_plan_create": (c_int, [POINTER(c.dn_network), POINTER(c.dn_plan_options), POINTER(pointer), place]),
        "dn_plan_destroy": (None, [pointer]),
        "dn_plan_describe": (None, [pointer, POINTER(c.dn_plan_report)]),
        "dn_workspace_create": (c_int, [pointer, POINTER(pointer)]),
        "dn_workspace_destroy": (None, [pointer]),
        "dn_model_count": (c_int32, []),
        "dn_model_at": (POINTER(c.dn_model), [c_int32]),
        "dn_model_find": (POINTER(c.dn_model), [c_char_p]),
        "dn_model_parse": (c_int, [c_char_p, ctypes.c_size_t, POINTER(c.dn_allocator), POINTER(pointer),
                                   POINTER(c.dn_text_error)]),
        "dn_model_destroy": (None, [pointer]),
        "dn_model_describe": (None, [POINTER(c.dn_model), POINTER(c.dn_model_report)]),
        "dn_scheme_count": (c_int32, []),
        "dn_scheme_describe": (POINTER(c.dn_scheme_description), [c_int32]),
        "dn_scheme_find": (c_int32, [c_char_p]),
        "dn_monitor_count": (c_int32, []),
        "dn_monitor_describe": (POINTER(c.dn_monitor_description), [c_int32]),
        "dn_monitor_find": (c_int32, [c_char_p]),
        "dn_monitor_rows": (extent, [POINTER(c.dn_monitor), extent]),
        "dn_monitored_count": (extent, [POINTER(c.dn_model), extent, POINTER(c.dn_monitor), c_int32]),
        "dn_tape_create": (c_int, [ctypes.c_size_t, POINTER(c.dn_allocator), POINTER(pointer)]),
        "dn_tape_destroy": (None, [pointer]),
        "dn_tape_describe": (None, [pointer, POINTER(c.dn_tape_report)]),
        "dn_key_create": (c.dn_key, [c_uint64]),
        "dn_key_fold_in": (c.dn_key, [c.dn_key, c_uint64]),
        "dn_key_split": (None, [c.dn_key, c_uint64, extent, pointer]),
        "dn_random_bits_u32": (None, [c.dn_key, c_uint64, extent, pointer]),
        "dn_random_bits_u64": (None, [c.dn_key, c_uint64, extent, pointer]),
        "dn_random_integers_i32": (None, [c.dn_key, c_uint64, extent, c_int32, c_int32, pointer]),
        "dn_random_integers_i64": (None, [c.dn_key, c_uint64, extent, c_int64, c_int64, pointer]),
        "dn_random_uniform_f32": (None, [c.dn_key, c_uint64, extent, c_float, c_float, pointer]),
        "dn_random_uniform_f64": (None, [c.dn_key, c_uint64, extent, c_double, c_double, pointer]),
    }
    for p in c.PRECISIONS.values():
        of = {
            "dn_random_normal": (None, [c.dn_key, c_uint64, extent, pointer]),
            "dn_map_run": (c_int, [pointer, extent, POINTER(p.dn_map_primal), POINTER(p.dn_map_result), options, place]),
            "dn_map_jvp": (c_int, [pointer, extent, POINTER(p.dn_map_primal), POINTER(p.dn_map_tangent), options, place]),
            "dn_map_vjp": (c_int, [pointer, extent, POINTER(p.dn_map_primal), POINTER(p.dn_map_cotangent), options,
                                   place]),
            "dn_network_run": (c_int, [extent, POINTER(p.dn_network_primal), POINTER(p.dn_network_result), options,
                                       place]),
            "dn_network_jvp": (c_int, [extent, POINTER(p.dn_network_primal), POINTER(p.dn_network_tangent), options,
                                       place]),
            "dn_network_vjp": (c_int, [extent, POINTER(p.dn_network_primal), POINTER(pointer),
                                       POINTER(p.dn_network_cotangent), options, place]),
            "dn_network_tape_bytes": (c_int, [POINTER(p.dn_network_primal), POINTER(ctypes.c_size_t),
                                              POINTER(ctypes.c_size_t)]),
            "dn_network_noise": (c_int, [c.dn_key, c_uint64, extent, extent, c_int64, extent, pointer]),
        }
        functions |= {f"{name}_{p.suffix}": prototype for name, prototype in of.items()}
    return functions


@functools.cache
def library():
    """The C library, loaded at first use: $DELAYNET_LIBRARY, else the one that was built into the package.

    Its functions let go of Python's global lock. Raises ImportError where there is none, or one of another version.
    """
    path = os.environ.get("DELAYNET_LIBRARY") or pathlib.Path(__file__).with_name("libdelaynet.so")
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"DelayNet's C library cannot be loaded; `pip install` builds it: {error}") from error
    for name, (result, arguments) in _prototypes().items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    found = loaded.dn_version().decode()
    # Until 1.0 a minor version may change the structures.
    if found.split(".")[:2] != c.VERSION.split(".")[:2]:
        raise ImportError(f"{path} is version {found} of DelayNet's C library, this package belongs to {c.VERSION}")
    return loaded


def check(status, place=None, model=None):
    """Raises DelayNetError unless the status is 0; `model` gives states and parameters their names."""
    if status == 0:
        return
    found = {name: getattr(place, name) for name, _ in c.dn_place._fields_ if place and getattr(place, name) != -1}
    # Columns of history have negative steps: here -1 is one.
    if place and status == _NOT_FINITE_HISTORY:
        found["step"] = place.step
    shown = {name: value for name, value in found.items() if name != "run"}
    if model is not None:
        shown |= {name: register[shown[name]].name for name, register in
                  (("state", model.readable), ("parameter", model.parameters))
                  # A constant of a monitor is none of the model's.
                  if name in shown and not (name == "parameter" and "monitor" in shown)}
    where = ", ".join(f"{name} {value}" for name, value in shown.items())
    raise DelayNetError(library().dn_status_string(status).decode() + (f" ({where})" if where else ""), status, **found)


class Handle:
    """What a `create` function made; destroyed with the last reference to it."""

    def __init__(self, kind, create):
        self.pointer = c.pointer()
        create(self.pointer)
        weakref.finalize(self, getattr(library(), f"dn_{kind}_destroy"), self.pointer)


def call(function, precision, *arguments, threads=0, progress=None, model=None):
    """Calls a function of one precision that ends in options and a place.

    progress(done, total) is called now and then; an exception that it raises cancels the call and comes out of it.
    """
    if not isinstance(threads, int) or threads < 0:
        raise DelayNetError(f"threads must be a whole number from 0 (as many as pay), not {threads!r}")
    raised = []

    def forward(_, done, total):
        try:
            progress(done, total)
        except BaseException as error:  # KeyboardInterrupt too: whatever it is, it is raised again below
            raised.append(error)
        return len(raised)

    callback = c.dn_progress(forward) if progress else None
    options = c.dn_run_options(threads, ctypes.cast(callback, c.pointer) if progress else None)
    place = c.dn_place()
    status = getattr(library(), f"{function}_{precision.suffix}")(*arguments, options, place)
    if raised:
        raise raised[0]
    check(status, place, model)
