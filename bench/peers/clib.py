"""DelayNet's C library, built as a shared library together with the plain loops and the ceilings, for numpy arrays.

The flags are those of Package.swift; the compiler is $CC, else clang, the one that comes with Swift.
"""
import ctypes as c
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The structures of the C interface are the Python package's, which need not be installed for them.
sys.path.insert(0, str(ROOT / "python"))
from delaynet import _structs as dn  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
KERNELS = ROOT / "Sources" / "CKernels"
FOLDER = ROOT / ".build-bench"
NATIVE = "-march=native" if platform.machine() == "x86_64" else "-mcpu=native"


def build():
    """Compiles what has changed and returns the library's path."""
    compiler = os.environ.get("CC") or shutil.which("clang") or "clang"
    library = FOLDER / "libdelaynetbench.so"
    house = ["-fopenmp", "-DDN_OPENMP", "-fvisibility=hidden", "-I", KERNELS / "include"]
    sources = {file: house for file in KERNELS.rglob("*.c")}
    sources[HERE / "seed_calls.c"] = ["-I", KERNELS / "include"]
    sources |= {HERE / name: [NATIVE] for name in ("plain.c", "plain_networks.c", "ceilings.c")}
    newest = max(file.stat().st_mtime for folder in (KERNELS, HERE) for file in folder.rglob("*.[chd]*"))
    if library.exists() and library.stat().st_mtime > max(newest, pathlib.Path(__file__).stat().st_mtime):
        return library
    FOLDER.mkdir(exist_ok=True)
    objects = []
    for file, flags in sources.items():
        objects.append(FOLDER / (file.stem + ".o"))
        subprocess.run([compiler, "-std=c11", "-O3", "-fPIC", *flags, "-c", file, "-o", objects[-1]], check=True)
    openmp = os.environ.get("DELAYNET_LIBOMP", "omp5")
    subprocess.run([compiler, "-shared", *objects, "-o", library, f"-l{openmp}", "-lm"], check=True)
    return library


# ---- The C structs of the benchmarks' own files -----------------------------------------------------------------------

class SeedJob(c.Structure):
    _fields_ = [("plan", c.c_void_p), ("workspace", c.c_void_p), ("nodes", c.c_ssize_t), ("history", c.c_ssize_t),
                ("steps", c.c_ssize_t), ("scale", c.c_float), ("weights", c.c_void_p), ("input", c.c_void_p),
                ("target", c.c_void_p), ("output", c.c_void_p), ("cotangent", c.c_void_p), ("gradient", c.c_void_p),
                ("loss", c.c_double)]


class Counter(c.Structure):
    _fields_ = [("live", c.c_ssize_t), ("peak", c.c_ssize_t)]


def load():
    lib = c.CDLL(str(build()))
    lib.dn_status_string.restype = lib.dn_isa_name.restype = lib.dn_version.restype = c.c_char_p
    lib.dn_key_create.restype, lib.dn_key_create.argtypes = dn.dn_key, [c.c_uint64]
    lib.dn_random_normal_f32.argtypes = [dn.dn_key, c.c_uint64, c.c_ssize_t, c.c_void_p]
    lib.plain_gloss.restype = c.c_double
    arrays, sizes = c.c_void_p, c.c_ssize_t
    lib.plain_run.argtypes = [sizes] * 3 + [arrays, arrays, c.c_float, arrays, arrays]
    lib.plain_gloss.argtypes = lib.plain_run.argtypes + [arrays, arrays]
    for width in (256, 512):
        fma, loads = getattr(lib, f"ceiling_fma_{width}"), getattr(lib, f"ceiling_loads_{width}")
        fma.restype = loads.restype = c.c_double
        fma.argtypes, loads.argtypes = [sizes, arrays], [sizes, arrays, sizes, arrays]
    lib.dn_plan_destroy.argtypes = lib.dn_workspace_destroy.argtypes = [c.c_void_p]
    return lib


# ---- Networks, plans, calls -------------------------------------------------------------------------------------------

class Network:
    """Topology and delays. Without targets and sources it is dense, delays (N, N), row = target."""

    def __init__(self, nodes, delays, weights, targets=None, sources=None, history=None):
        self.nodes, self.targets, self.sources = nodes, targets, sources
        self.delays = np.ascontiguousarray(delays, np.int32)
        self.edges = self.delays.size
        self.history = int(self.delays.max()) + 1 if history is None else history
        self.weights = weights

    def struct(self):
        return dn.dn_network(self.nodes, self.edges, self.history,
                             None if self.targets is None else self.targets.ctypes.data,
                             None if self.sources is None else self.sources.ctypes.data, self.delays.ctypes.data)


class Plan:
    """A plan; `counted` gives it an allocator that counts what it and its calls hold."""

    def __init__(self, lib, network, isa=0, counted=False):
        self.lib, self.network, self.handle = lib, network, c.c_void_p()
        self.options, self.counter = dn.dn_plan_options(isa=isa), Counter()
        if counted:
            lib.counter_install(c.byref(self.counter), c.byref(self.options))
        self.create()

    def create(self):
        struct = self.network.struct()
        self.check(self.lib.dn_plan_create(c.byref(struct), c.byref(self.options), c.byref(self.handle), None))

    def destroy(self):
        self.lib.dn_plan_destroy(self.handle)
        self.handle = c.c_void_p()

    def recreate(self):
        """What a plan's creation and destruction cost: one call for the clock."""
        self.destroy()
        self.create()

    def check(self, status):
        if status:
            raise RuntimeError(self.lib.dn_status_string(status).decode())

    def report(self):
        report = dn.dn_plan_report()
        self.lib.dn_plan_describe(self.handle, c.byref(report))
        return report

    def workspace(self):
        workspace = c.c_void_p()
        self.check(self.lib.dn_workspace_create(self.handle, c.byref(workspace)))
        return workspace


def pointer(array):
    return array.ctypes.data


class Run:
    """`runs` runs of T steps with arrays of their own. Without a workspace every call makes one."""

    def __init__(self, plan, steps, dtype=np.float32, runs=1, threads=1, scale=1.0, noise_gain=0.0, workspace=True,
                 seed=1):
        self.plan, lib, network = plan, plan.lib, plan.network
        dtype = np.dtype(dtype)
        N, H, T = network.nodes, network.history, steps
        random = np.random.default_rng(seed)
        def draw(*shape):
            return random.standard_normal(shape).astype(dtype)
        self.weights = np.ascontiguousarray(network.weights, dtype)
        self.history, self.noise = draw(runs, N, H), draw(runs, N, T)
        self.series = np.zeros((runs, N, T), dtype)
        self.precision = dn.PRECISIONS[dtype]
        Primal = self.precision.dn_map_primal
        self.primals = (Primal * runs)(*[
            Primal(pointer(self.weights), scale, noise_gain, pointer(self.history[r]), H, pointer(self.noise[r]),
                   T, T, 0, pointer(self.series[r]), T) for r in range(runs)])
        self.options = dn.dn_run_options(threads=threads, workspace=plan.workspace() if workspace else None)
        self.steps, self.runs, self.dtype = T, runs, dtype
        self.function = getattr(lib, f"dn_map_run_{self.precision.suffix}")
        self.arguments = (plan.handle, c.c_ssize_t(runs), self.primals, None, c.byref(self.options), None)
        self.run()

    def run(self):
        status = self.function(*self.arguments)
        if status:
            self.plan.check(status)

    def pullback(self, everything):
        """A call that pulls a cotangent of the series back to the buffer, or to the buffer and the weights."""
        lib, N, H, T = self.plan.lib, self.plan.network.nodes, self.plan.network.history, self.steps
        series = np.random.default_rng(2).standard_normal((self.runs, N, T)).astype(self.dtype)
        history, noise = np.zeros((self.runs, N, H), self.dtype), np.zeros((self.runs, N, T), self.dtype)
        weights = np.zeros((self.runs, self.plan.network.edges), self.dtype)
        Cotangent = self.precision.dn_map_cotangent
        cotangents = (Cotangent * self.runs)(*[
            Cotangent(series=pointer(series[r]), series_stride=T, history=pointer(history[r]), history_stride=H,
                      noise=pointer(noise[r]), noise_stride=T, weights=pointer(weights[r]) if everything else None)
            for r in range(self.runs)])
        function = getattr(lib, f"dn_map_vjp_{self.precision.suffix}")
        options = dn.dn_run_options(threads=self.options.threads,
                                    workspace=self.plan.workspace() if self.options.workspace else None)
        arguments = (self.plan.handle, c.c_ssize_t(self.runs), self.primals, cotangents, c.byref(options), None)
        kept = (series, history, noise, weights)

        def call(kept=kept):
            status = function(*arguments)
            if status:
                self.plan.check(status)
        return call


class Seed:
    """The notebook's `run` and `gloss` through the C interface, on buffers (N, H + T)."""

    def __init__(self, plan, steps, buffer, target=None):
        network = plan.network
        self.plan = plan
        self.weights = np.ascontiguousarray(network.weights, np.float32)
        self.input = np.ascontiguousarray(buffer, np.float32)
        self.target = None if target is None else np.ascontiguousarray(target, np.float32)
        self.output, self.cotangent, self.gradient = (np.zeros_like(self.input) for _ in range(3))
        self.job = SeedJob(plan.handle, plan.workspace(), network.nodes, network.history, steps, 1 / network.nodes,
                           pointer(self.weights), pointer(self.input),
                           None if target is None else pointer(self.target), pointer(self.output),
                           pointer(self.cotangent), pointer(self.gradient))
        self.reference = c.byref(self.job)

    def run(self):
        status = self.plan.lib.seed_run(self.reference)
        if status:
            self.plan.check(status)

    def gloss(self):
        status = self.plan.lib.seed_gloss(self.reference)
        if status:
            self.plan.check(status)


class PlainSeed:
    """The same by the plain loops."""

    def __init__(self, lib, network, steps, buffer, target=None):
        self.weights = np.ascontiguousarray(network.weights, np.float32)
        self.input = np.ascontiguousarray(buffer, np.float32)
        self.target = np.ascontiguousarray(self.input if target is None else target, np.float32)
        self.output, self.gradient = np.zeros_like(self.input), np.zeros_like(self.input)
        shape = (network.nodes, network.history, steps, pointer(self.weights), pointer(network.delays),
                 1 / network.nodes, pointer(self.input))
        self.run = lambda: lib.plain_run(*shape, pointer(self.output))
        self.gloss = lambda: lib.plain_gloss(*shape, pointer(self.target), pointer(self.output),
                                             pointer(self.gradient))
