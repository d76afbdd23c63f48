"""The Virtual Brain's Montbrio-Pazo-Roxin network, run at request: one JSON line in, one out.

    .venv-tvb/bin/python bench/peers/network_tvb.py

It lives in an environment of its own; networks.py starts it and asks in turn with the other candidates. Requests:

    {"prepare": FILE.npz}        arrays of networks.Case.save: weights, lengths, states, noise, sigma, G, dt; compiles
    {"run": NAME}                answers {"seconds": ..., "processor": ...}
    {"trajectory": [NAME, FILE]} runs and saves (S, N, T)

NAME is `frozen` or `stages`: NbMPRBackend with and without compatibility_mode, which is its compiled loop in float64 over
all N^2 pairs, called alone on buffers in which history and noise have been copied anew (the copy is timed: the loop
overwrites the noise); or `simulator`, its numpy Simulator, frozen, some 25 times slower. There is no other compiled
backend for a processor in tvb-library 2.10: `nb` without `_mpr` is its numpy one under another name. Conventions: see
Tests/DelayNetTests/Golden/networks/make_connectome_76.py. With `stages` no delay may be 0.
"""
import json
import logging
import sys
import time

import numpy as np

SPEED = 3.0


class GivenNoise(np.random.RandomState):
    """Stands in for a numpy RandomState: hands out (T, S, N) step by step, or all of it with the history's place first."""

    def __init__(self, noise, horizon):
        super().__init__(0)
        self.noise, self.horizon, self.step = noise, horizon, 0

    def normal(self, size):
        if len(size) == 3 and size[2] == 1:
            self.step += 1
            return self.noise[self.step - 1][..., None].copy()
        assert size[2] == self.horizon + len(self.noise)
        return np.concatenate([np.zeros((*size[:2], self.horizon)), self.noise.transpose(1, 2, 0)], axis=2)


def simulator(weights, lengths, G, cv, sigma, states, noise, dt, speed):
    """A configured simulator of The Virtual Brain; states (H + 1, 2, N)."""
    from tvb.datatypes.connectivity import Connectivity
    from tvb.simulator import coupling, integrators, models, monitors, simulator
    from tvb.simulator.noise import Additive

    network = Connectivity(weights=weights, tract_lengths=lengths, centres=np.zeros((len(weights), 3)),
                           region_labels=np.array([f"region {i}" for i in range(len(weights))]),
                           speed=np.array([speed]))
    sim = simulator.Simulator(
        connectivity=network, coupling=coupling.Linear(a=np.array([G]), b=np.array([0.0])),
        model=models.MontbrioPazoRoxin(cv=np.array([cv])), conduction_speed=speed,
        integrator=integrators.HeunStochastic(dt=dt, noise=Additive(nsig=sigma ** 2 / 2)),
        monitors=(monitors.Raw(),), simulation_length=len(noise) * dt,
        initial_conditions=states[..., None].copy())
    sim.configure()
    assert sim.connectivity.horizon == len(states)
    sim.integrator.noise.random_stream = GivenNoise(noise, sim.connectivity.horizon)
    return sim


def by_simulator(sim, steps):
    ((_, data),) = sim.run(simulation_length=steps * sim.integrator.dt)
    assert data.shape == (steps, 2, len(sim.connectivity.weights), 1), data.shape
    return data[..., 0].transpose(1, 2, 0)


class Compiled:
    def __init__(self, sim, noise, frozen):
        from tvb.simulator.backend.nb_mpr import NbMPRBackend

        self.integrate = NbMPRBackend().build_py_func('<%include file="nb-montbrio.py.mako"/>',
                                                      dict(compatibility_mode=frozen, sim=sim), name="integrate")
        states = sim.history.buffer[..., 0].transpose(1, 2, 0)
        kicks = noise.transpose(1, 2, 0) * np.sqrt(sim.integrator.dt) * sim.integrator.noise.gfun(None).reshape(-1, 1, 1)
        self.given = np.concatenate([states, kicks], axis=2).astype(np.float64)
        self.buffer = self.given.copy()
        self.steps, self.horizon = len(noise), sim.connectivity.horizon
        self.fixed = dict(N=self.given.shape[1], dt=sim.integrator.dt, nstep=self.steps, i0=self.horizon,
                          weights=sim.connectivity.weights, idelays=sim.connectivity.idelays,
                          parmat=sim.model.spatial_parameter_matrix.T, stimulus=None)

    def run(self):
        np.copyto(self.buffer, self.given)
        self.integrate(r=self.buffer[0], V=self.buffer[1], **self.fixed)

    def trajectory(self):
        self.run()
        return self.buffer[:, :, self.horizon:]


class Slow:
    def __init__(self, make, steps):
        self.make, self.steps = make, steps
        self.sim = make()

    def run(self):
        self.result = by_simulator(self.sim, self.steps)
        self.sim = None

    def trajectory(self):
        self.sim = self.sim or self.make()
        self.run()
        return self.result


def prepare(file):
    arrays = np.load(file)
    dt = float(arrays["dt"])

    def make(noise=arrays["noise"]):
        # Lengths are given in steps at a speed that makes them so.
        return simulator(arrays["weights"], arrays["delays"] * dt * SPEED, float(arrays["G"]), 0.0, arrays["sigma"],
                         arrays["states"], noise, dt, SPEED)
    runs = {name: Compiled(make(), arrays["noise"], name == "frozen") for name in ("frozen", "stages")}
    for run in runs.values():
        run.run()
    runs["simulator"] = Slow(make, len(arrays["noise"]))
    return runs


def main():
    logging.disable(logging.WARNING)
    answers, sys.stdout = sys.stdout, sys.stderr
    runs = {}
    for line in sys.stdin:
        (what, argument), answer = next(iter(json.loads(line).items())), {}
        if what == "prepare":
            runs = prepare(argument)
        elif what == "run":
            if argument == "simulator":
                runs[argument].sim = runs[argument].sim or runs[argument].make()
            start, used = time.perf_counter(), time.process_time()
            runs[argument].run()
            answer = {"seconds": time.perf_counter() - start, "processor": time.process_time() - used}
        else:
            np.save(argument[1], runs[argument[0]].trajectory())
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
