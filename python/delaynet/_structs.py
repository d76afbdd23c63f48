"""The structures of delaynet.h for ctypes, under their C names. tests/test_structs.py compares them with the header."""

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64

import numpy as np

# Of the header that these structures are those of.
VERSION = "0.1.0"

pointer, extent = ctypes.c_void_p, ctypes.c_ssize_t
CLASSES_MAX = 10


class dn_place(Structure):
    _fields_ = [("run", extent), ("edge", extent), ("node", extent), ("step", c_int64), ("state", c_int32),
                ("parameter", c_int32), ("pulse", extent), ("monitor", c_int32)]


class dn_allocator(Structure):
    _fields_ = [("allocate", pointer), ("release", pointer), ("context", pointer)]


class dn_network(Structure):
    _fields_ = [("nodes", extent), ("edges", extent), ("history", extent), ("targets", pointer), ("sources", pointer),
                ("delays", pointer), ("fractional", c_int32)]


class dn_plan_options(Structure):
    _fields_ = [("isa", c_int), ("block", c_int32), ("tile_sources", c_int32), ("allocator", dn_allocator)]


class dn_plan_report(Structure):
    _fields_ = [("nodes", extent), ("edges", extent), ("history", extent), ("delay_min", c_int32),
                ("delay_max", c_int32), ("delay_median", c_double), ("isa", c_int), ("block", c_int32),
                ("tiles", c_int32), ("tile_sources", c_int32), ("classes", c_int32),
                ("class_shortest", c_int32 * CLASSES_MAX), ("class_longest", c_int32 * CLASSES_MAX),
                ("class_edges", extent * CLASSES_MAX), ("plan_bytes", c_size_t), ("run_bytes_f32", c_size_t),
                ("run_bytes_f64", c_size_t), ("vjp_bytes_f32", c_size_t), ("vjp_bytes_f64", c_size_t),
                ("operations_per_step", c_double), ("expected_ns_per_step_f32", c_double),
                ("expected_ns_per_step_f64", c_double)]


class dn_run_options(Structure):
    _fields_ = [("threads", c_int32), ("progress", pointer), ("context", pointer), ("workspace", pointer)]


# int progress(void *context, int64_t done, int64_t total)
dn_progress = ctypes.CFUNCTYPE(c_int, pointer, c_int64, c_int64)


class dn_key(Structure):
    _fields_ = [("word", c_uint32 * 2)]


class dn_model_variable(Structure):
    _fields_ = [("name", c_char_p), ("unit", c_char_p), ("meaning", c_char_p), ("lower", c_double),
                ("upper", c_double), ("initial_low", c_double), ("initial_high", c_double), ("periodic", c_int32),
                ("expression", c_char_p)]


class dn_model_parameter(Structure):
    _fields_ = [("name", c_char_p), ("symbol", c_char_p), ("unit", c_char_p), ("meaning", c_char_p),
                ("value", c_double), ("lowest", c_double), ("highest", c_double)]


class dn_model(Structure):
    _fields_ = [("name", c_char_p), ("title", c_char_p), ("source", c_char_p), ("states", c_int32),
                ("couplings", c_int32), ("parameters", c_int32), ("state", POINTER(dn_model_variable)),
                ("coupling", POINTER(dn_model_variable)), ("parameter", POINTER(dn_model_parameter)),
                ("implementation", pointer), ("outputs", c_int32), ("output", POINTER(dn_model_variable)),
                ("text", c_char_p)]


class dn_text_error(Structure):
    _fields_ = [("line", c_int32), ("column", c_int32), ("message", ctypes.c_char * 248)]


class dn_model_report(Structure):
    _fields_ = [("nodes", c_int32), ("derived", c_int32), ("operations", c_int32), ("vjp_operations", c_int32),
                ("jvp_operations", c_int32), ("rows", c_int32), ("vjp_rows", c_int32)]


class dn_scheme_description(Structure):
    _fields_ = [("name", c_char_p), ("title", c_char_p), ("source", c_char_p), ("stages", c_int32)]


class dn_monitor(Structure):
    _fields_ = [("kind", c_int32), ("every", c_int64), ("states", pointer), ("state_count", c_int32),
                ("parameter_count", c_int32), ("parameters", pointer), ("interim", c_int64), ("gain", pointer),
                ("rows", extent), ("reference", extent)]


class dn_monitor_preset(Structure):
    _fields_ = [("name", c_char_p), ("source", c_char_p), ("values", POINTER(c_double))]


class dn_monitor_description(Structure):
    _fields_ = [("name", c_char_p), ("title", c_char_p), ("source", c_char_p), ("memory", c_int32),
                ("periodic", c_int32), ("interim", c_int32), ("projects", c_int32), ("parameters", c_int32),
                ("presets", c_int32), ("parameter", POINTER(dn_model_parameter)),
                ("preset", POINTER(dn_monitor_preset))]


class dn_tape_report(Structure):
    _fields_ = [("bytes", c_size_t), ("levels", c_int32), ("checkpoints", extent), ("segment", extent),
                ("recomputed", c_int64)]


def _fields_of(real):
    """The structures of delaynet_map.h and delaynet_network.h: name -> fields."""
    return {
        "dn_map_primal": [
            ("weights", pointer), ("scale", real), ("noise_gain", real), ("history", pointer),
            ("history_stride", extent), ("noise", pointer), ("noise_stride", extent), ("steps", extent),
            ("first_step", c_int64), ("series", pointer), ("series_stride", extent)],
        "dn_map_result": [("next_history", pointer), ("next_history_stride", extent), ("steps_done", extent)],
        "dn_map_tangent": [
            ("weights", pointer), ("scale", real), ("noise_gain", real), ("history", pointer),
            ("history_stride", extent), ("noise", pointer), ("noise_stride", extent), ("series", pointer),
            ("series_stride", extent), ("next_history", pointer), ("next_history_stride", extent)],
        "dn_map_cotangent": [
            ("series", pointer), ("series_stride", extent), ("adjoint_after", pointer), ("adjoint_first", pointer),
            ("history", pointer), ("history_stride", extent), ("noise", pointer), ("noise_stride", extent),
            ("weights", pointer), ("scale", pointer), ("noise_gain", pointer)],
        "dn_parameter": [("values", pointer), ("count", extent)],
        "dn_pulse": [("state", c_int32), ("node", c_int32), ("begin", c_int64), ("end", c_int64), ("amplitude", real)],
        "dn_columns": [("series", pointer), ("stride", extent), ("done", extent)],
        "dn_columns_cotangent": [("series", pointer), ("stride", extent), ("column", pointer), ("first", extent)],
        "dn_network_primal": [
            ("plan", pointer), ("model", POINTER(dn_model)), ("scheme", c_int32), ("stage", c_int),
            ("time_step", c_double), ("weights", pointer), ("fractions", pointer), ("weight_sets", c_int32),
            ("coupling_kind", c_int), ("coupling", real), ("parameters", pointer), ("sigma", pointer),
            ("sigma_count", extent), ("noise", pointer), ("key", dn_key), ("member", c_uint64), ("stimulus", pointer),
            ("stimulus_stride", extent), ("pulses", pointer), ("pulse_count", extent), ("initial", pointer),
            ("history", pointer), ("history_stride", extent), ("steps", extent), ("first_step", c_int64),
            ("monitors", POINTER(dn_monitor)), ("monitor_count", c_int32), ("monitored", pointer)],
        "dn_network_result": [
            ("columns", pointer), ("next_initial", pointer), ("next_history", pointer),
            ("next_history_stride", extent), ("next_monitored", pointer), ("tape", pointer), ("steps_done", extent),
            ("clamps", c_int64)],
        "dn_network_tangent": [
            ("weights", pointer), ("delays", pointer), ("coupling", pointer), ("parameters", pointer),
            ("sigma", pointer), ("noise", pointer), ("stimulus", pointer), ("stimulus_stride", extent),
            ("pulses", pointer), ("initial", pointer), ("history", pointer), ("history_stride", extent),
            ("columns", pointer)],
        "dn_network_cotangent": [
            ("columns", pointer), ("final_state", pointer), ("weights", pointer), ("delays", pointer),
            ("coupling", pointer), ("parameters", pointer), ("sigma", pointer), ("noise", pointer),
            ("stimulus", pointer), ("stimulus_stride", extent), ("pulses", pointer), ("initial", pointer),
            ("history", pointer), ("history_stride", extent)],
    }


class Precision:
    """One precision: its ctypes number `real`, the suffix of its functions, and its structures as attributes."""

    def __init__(self, dtype, real, suffix):
        self.dtype, self.real, self.suffix = np.dtype(dtype), real, suffix
        for name, fields in _fields_of(real).items():
            setattr(self, name, type(f"{name}_{suffix}", (Structure,), {"_fields_": fields}))

    @property
    def structures(self):
        return [value for value in vars(self).values() if isinstance(value, type) and issubclass(value, Structure)]


f32, f64 = Precision(np.float32, ctypes.c_float, "f32"), Precision(np.float64, c_double, "f64")
PRECISIONS = {precision.dtype: precision for precision in (f32, f64)}

# What has no precision.
STRUCTURES = [value for value in list(globals().values())
              if isinstance(value, type) and issubclass(value, Structure) and value is not Structure]
