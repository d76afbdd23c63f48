"""Networks: their two forms, lengths, and everything that is refused with the location of the mistake."""

import numpy as np
import pytest

from delaynet import DelayNetError, Network

EDGES = {"weights": [1.0, 2.0, 3.0], "delays": [0, 4, 2], "sources": [0, 1, 2], "targets": [1, 2, 0], "nodes": 3}


def test_edges_of_a_dense_network():
    network = Network(np.eye(3), 1)
    sources, targets = network.edges()
    assert network.dense and network.nodes == 3 and network.horizon == 2
    assert (sources.reshape(3, 3) == [0, 1, 2]).all() and (targets.reshape(3, 3).T == [0, 1, 2]).all()


def test_types_and_horizons():
    assert Network(**EDGES).horizon == 5 and Network(**EDGES, horizon=9).horizon == 9
    assert Network(**EDGES).dtype == np.float64
    assert Network(**EDGES | {"weights": np.ones(3, np.float32)}).dtype == np.float32
    assert Network(**EDGES | {"weights": [1, 2, 3]}).dtype == np.float64
    empty = Network([], [], [], [], nodes=0)
    assert (empty.horizon, empty.describe()["edges"]) == (0, 0)


def test_what_was_given_may_change_afterwards():
    weights, delays = np.ones((2, 2)), np.ones((2, 2), np.int32)
    network = Network(weights, delays)
    weights[:], delays[:] = 5, 7
    assert (network.weights == 1).all() and (network.delays == 1).all()
    with pytest.raises(ValueError, match="read-only"):
        network.weights[0, 0] = 2


def test_lengths_are_rounded_half_to_even():
    network = Network.from_lengths(np.ones((1, 4)).T @ np.ones((1, 4)), np.tile([0.0, 3.0, 4.5, 7.5], (4, 1)), speed=3,
                                   time_step=1)
    assert (network.delays[0] == [0, 1, 2, 2]).all() and network.time_step == 1
    exact = Network.from_lengths(np.ones((4, 4)), np.tile([0.0, 3.0, 4.5, 7.5], (4, 1)), 3, 1, fractional=True)
    assert (exact.delays_in_steps[0] == [0, 1, 1.5, 2.5]).all() and exact.horizon == 3
    moved = exact.with_delays(exact.delays_in_steps + 0.75)
    assert np.array_equal(moved.delays_in_steps[0], [0.75, 1.75, 2.25, 3.25]) and moved.horizon == 4


def test_without_zeros():
    network = Network([[0, 2.0], [3.0, 0]], [[9, 1], [2, 9]]).without_zeros()
    assert network.weights.tolist() == [2, 3] and network.delays.tolist() == [1, 2]
    assert network.sources.tolist() == [1, 0] and network.targets.tolist() == [0, 1] and network.horizon == 10


def test_description():
    report = Network(**EDGES).describe()
    assert (report["edges"], report["delay_min"], report["delay_max"], report["delay_median"]) == (3, 0, 4, 2)
    assert sum(report["class_edges"]) == 3 and report["isa"] in ("base", "avx2", "avx512")


MISTAKES = {
    "a delay that exceeds the horizon": ({"horizon": 3}, "an edge's delay exceeds the history (edge 1, node 2)", {"edge": 1}),
    "a negative delay": ({"delays": [0, 1, -2]}, "negative delay (edge 2", {"edge": 2}),
    "a source that does not exist": ({"sources": [0, 1, 3]}, "a node that does not exist (edge 2", {"edge": 2}),
    "a target that does not exist": ({"targets": [-1, 2, 0]}, "a node that does not exist (edge 0", {"edge": 0}),
    "real delays": ({"delays": [0.5, 1, 2]}, "delays must be whole numbers, not float64", {}),
    "delays of 64 bits": ({"delays": [2**40, 1, 2]}, "delays must fit in 32 bits", {}),
    "too few delays": ({"delays": [0, 1]}, "delays must have the shape (3,), not (2,)", {}),
    "too many sources": ({"sources": [0, 1, 2, 0]}, "sources must have the shape (3,), not (4,)", {}),
    "sources without targets": ({"targets": None}, "sources and targets belong together", {}),
    "no number of nodes": ({"nodes": None}, "nodes is needed with sources and targets", {}),
    "a negative number of nodes": ({"nodes": -1}, "nodes must be a whole number, 0 ...", {}),
    "complex weights": ({"weights": [1j, 2, 3]}, "weights must be real numbers, not complex128", {}),
    "ragged weights": ({"weights": [[1], [2, 3]]}, "inhomogeneous", {}),
    "a matrix of edges": ({"weights": np.ones((3, 3))}, "weights must have the shape (9,), not (3, 3)", {}),
    "a negative horizon": ({"horizon": -1}, "horizon must be a whole number, 0 ...", {}),
    "a horizon that is none": ({"horizon": 2.5}, "horizon must be a whole number", {}),
    "a time step of nothing": ({"time_step": 0}, "time_step must be positive, not 0", {}),
    "a time step that is no number": ({"time_step": "1"}, "time_step must be real numbers", {}),
}


@pytest.mark.parametrize("changes, message, place", MISTAKES.values(), ids=MISTAKES)
def test_mistakes(changes, message, place):
    with pytest.raises((DelayNetError, ValueError)) as caught:
        Network(**EDGES | changes)
    assert message in str(caught.value)
    if place:
        assert {name: getattr(caught.value, name) for name in place} == place and caught.value.status < 0


def test_mistakes_of_dense_networks_and_lengths():
    for arguments, message in (
            (([1.0, 2.0], 0), "weights must have the shape (N, N)"), ((np.ones((2, 3)), 0), "(N, N)"),
            ((np.ones((2, 2)), np.zeros((2, 3), int)), "delays must have the shape (2, 2), not (2, 3)")):
        with pytest.raises(DelayNetError) as caught:
            Network(*arguments)
        assert message in str(caught.value)
    with pytest.raises(DelayNetError, match="nodes must be 2"):
        Network(np.ones((2, 2)), 0, nodes=3)
    lengths = np.ones((2, 2))
    for speed, time_step, wrong, message in (
            (0, 1, 1, "speed must be positive"), (3, -1, 1, "time_step must be positive"),
            (3, 1, -1, "length is negative, not a number or too long (edge 2)"), (3, 1, np.nan, "(edge 2)"),
            (3, 1e-300, 1, "(edge 0)")):
        lengths[1, 0] = wrong
        with pytest.raises(DelayNetError) as caught:
            Network.from_lengths(np.ones((2, 2)), lengths, speed, time_step)
        assert message in str(caught.value)
