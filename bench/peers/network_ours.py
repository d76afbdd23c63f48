"""DelayNet's networks through the C interface, on the cases of networks.py.

    python bench/peers/network_ours.py --memory BYTES STEPS     peak memory of one gradient of wong_wang_84, alone

The loss of `gradient()` is tvboptim's: the mean of the first state over the second half of the run. `memory` computes it
from two output columns, each the average of half a run, with noise drawn as it is needed and a tape of so many bytes (0:
everything is kept).
"""
import argparse
import ctypes as c
import functools
import json
import time

import numpy as np

import clib
from clib import dn

SCHEMES, STAGES, MONITORS = {"heun": 0, "euler": 1}, {"stages": 0, "frozen": 1}, {"subsample": 0, "average": 1}


def plan_of(lib, case):
    return clib.Plan(lib, clib.Network(case.nodes, case.edge_delays, case.edge_weights, case.targets.astype(np.int32),
                                       case.sources.astype(np.int32), case.horizon))


def parsed(lib, text):
    """A model from its text; it stays until the process ends."""
    model, error = c.POINTER(dn.dn_model)(), dn.dn_text_error()
    status = lib.dn_model_parse(c.c_char_p(text), c.c_size_t(len(text)), None, c.byref(model), c.byref(error))
    if status:
        raise RuntimeError(f"line {error.line}, column {error.column}: {error.message.decode()}")
    return model


class Network:
    """`members` runs of a case: the same but for their noise where it is drawn.

    stages: "stages" or "frozen". noise: "given" (T, S, N), "drawn" or "none". every, thinning: of the output columns.
    tape: None, or its budget in bytes, 0 for all. coupled: without it G is 0 and the plan has no edges, what remains is
    dynamics, noise and transposition. text: the model is computed from its text, which is parsed here.
    """

    def __init__(self, lib, case, steps, stages="stages", noise="given", dtype=np.float32, every=1,
                 thinning="subsample", members=1, threads=1, tape=None, coupled=True, text=False):
        self.lib, self.case, self.steps, self.dtype = lib, case, steps, np.dtype(dtype)
        self.precision = dn.PRECISIONS[self.dtype]
        Parameter, Columns, Primal, Result = (getattr(self.precision, name) for name in (
            "dn_parameter", "dn_columns", "dn_network_primal", "dn_network_result"))
        lib.dn_model_find.restype = c.POINTER(dn.dn_model)
        self.model = lib.dn_model_find(case.model.encode())
        if text:
            self.model = parsed(lib, self.model.contents.text)
        S, C, N, K = self.model.contents.states, self.model.contents.couplings, case.nodes, steps // every
        self.shape = S, N, K
        self.plan = plan_of(lib, case) if coupled else clib.Plan(lib, clib.Network(
            N, np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.int32), case.horizon))
        self.edges = self.plan.network.edges
        cast = functools.partial(np.ascontiguousarray, dtype=self.dtype)
        states = case.states()
        self.weights, self.sigma = cast(self.plan.network.weights), cast(case.sigma)
        # The other models couple their states themselves, or are started with numbers as good as any.
        past = states[:-1, :C] if case.model != "kuramoto" else np.concatenate(
            [np.sin(states[:-1]), np.cos(states[:-1])], axis=1)
        self.initial, self.history = cast(states[-1]), cast(past.transpose(1, 2, 0))
        self.noise = cast(case.noise(steps)) if noise == "given" else None
        self.series = np.zeros((members, *self.shape), self.dtype)
        names = [self.model.contents.parameter[k].name.decode() for k in range(self.model.contents.parameters)]
        self.values = [cast(np.atleast_1d(case.parameters[name])) if name in case.parameters else None for name in names]
        self.names, self.size = names, self.dtype.itemsize
        self.parameters = (Parameter * len(names))(*[
            Parameter() if value is None else Parameter(value.ctypes.data, value.size) for value in self.values])
        self.tapes = (c.c_void_p * members)()
        for m in range(members if tape is not None else 0):
            handle = c.c_void_p()
            self.check(lib.dn_tape_create(c.c_size_t(tape), None, c.byref(handle)))
            self.tapes[m] = handle
        self.monitor = dn.dn_monitor(kind=MONITORS[thinning], every=every)
        self.columns = (Columns * members)(*[Columns(series=clib.pointer(self.series[m]), stride=K)
                                             for m in range(members)])
        key = lib.dn_key_create(0)
        pointer = clib.pointer
        self.primals = (Primal * members)(*[
            Primal(plan=self.plan.handle, model=self.model, scheme=SCHEMES["heun"], stage=STAGES[stages],
                   time_step=case.dt, weights=pointer(self.weights), coupling=case.G,
                   parameters=c.cast(self.parameters, c.c_void_p), sigma=pointer(self.sigma),
                   sigma_count=0 if noise == "none" else S, noise=None if self.noise is None else pointer(self.noise),
                   key=key, member=m, initial=pointer(self.initial), history=pointer(self.history),
                   history_stride=case.horizon, steps=steps, monitors=c.pointer(self.monitor), monitor_count=1)
            for m in range(members)])
        self.results = (Result * members)(*[Result(columns=c.addressof(self.columns[m]), tape=self.tapes[m])
                                            for m in range(members)])
        self.options = dn.dn_run_options(threads=threads, workspace=self.plan.workspace())
        self.members, suffix = c.c_ssize_t(members), self.precision.suffix
        self.forward, self.backward = (getattr(lib, f"dn_network_{what}_{suffix}") for what in ("run", "vjp"))

    def check(self, status):
        if status:
            raise RuntimeError(self.lib.dn_status_string(status).decode())

    def run(self):
        self.check(self.forward(self.members, self.primals, self.results, c.byref(self.options), None))

    def trajectory(self):
        self.run()
        return self.series[0].copy()

    def pullback(self, wanted=("coupling",), cotangent=None):
        """A call that runs, then pulls the series' cotangent back; returns the gradient's arrays by name."""
        S, N, K = self.shape
        if cotangent is None:
            cotangent = np.zeros(self.shape, self.dtype)
            cotangent[0, :, K // 2:] = 1 / (N * (K - K // 2))
        shapes = {"weights": self.edges, "coupling": 1, "sigma": S, "noise": (self.steps, S, N), "initial": (S, N),
                  "history": self.history.shape}
        found = {name: np.zeros(shapes[name], self.dtype) for name in wanted if name in shapes}
        pointers = (c.c_void_p * len(self.names))()
        for k, name in enumerate(self.names):
            if name in wanted:
                found[name] = np.zeros(1 if self.values[k] is None else self.values[k].size, self.dtype)
                pointers[k] = clib.pointer(found[name])
        if "parameters" in wanted:
            for k, (name, value) in enumerate(zip(self.names, self.values)):
                found[name] = np.zeros(1 if value is None else value.size, self.dtype)
                pointers[k] = clib.pointer(found[name])
        given = {name: clib.pointer(found[name]) for name in shapes if name in found}
        columns = self.precision.dn_columns_cotangent(series=clib.pointer(cotangent), stride=K)
        d = self.precision.dn_network_cotangent(
            columns=c.addressof(columns), history_stride=self.case.horizon, parameters=c.cast(pointers, c.c_void_p),
            **given)

        def call(kept=(cotangent, pointers, columns)):
            for array in found.values():
                array[...] = 0
            self.run()
            self.check(self.backward(self.members, self.primals, self.tapes, c.byref(d), c.byref(self.options), None))
            return found
        return call

    def gradient(self):
        """Value and gradient with respect to G."""
        if not hasattr(self, "call"):
            self.call = self.pullback()
        gradient = float(self.call()["coupling"][0])
        return self.value(), gradient

    def value(self):
        """The loss of the last run."""
        return float(self.series[0, 0, :, self.shape[2] // 2:].mean())

    def gradient_by_regions(self):
        """Value, and gradient with respect to G and every region's w."""
        if not hasattr(self, "regional"):
            self.regional = self.pullback(("coupling", "w"))
        found = self.regional()
        return self.value(), float(found["coupling"][0]), found["w"]


def main():
    import networks
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", nargs=2, required=True, type=int, metavar=("BYTES", "STEPS"))
    budget, steps = parser.parse_args().memory
    network = Network(clib.load(), networks.wong_wang_84(), steps, "frozen", "drawn", every=steps // 2,
                      thinning="average", tape=budget)
    before = networks.resident()
    networks.start_peak()
    start = time.perf_counter()
    value, gradient = network.gradient()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "value": value, "gradient": gradient, "peak_bytes": networks.peak(),
                      "before_bytes": before}))


if __name__ == "__main__":
    main()
