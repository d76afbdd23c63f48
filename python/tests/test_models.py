"""The registers of models and schemes."""

import math

import pytest

from delaynet import DelayNetError, models, schemes
from delaynet.problem import INPUTS


def test_register():
    assert {"linear", "mpr", "wong_wang"} <= set(models.names())
    for model in models.register():
        assert model is models.find(model.name) and model.title and model.source
        assert model.states and model.couplings and list(model.defaults) == model.parameters.names
        for state in model.states:
            assert state.lower <= state.initial_low <= state.initial_high <= state.upper, state
        for parameter in model.parameters:
            assert parameter.lowest <= parameter.value <= parameter.highest, parameter
        assert all(math.isnan(coupling.initial_low) for coupling in model.couplings)


def test_names_of_parameters_are_not_those_of_other_inputs():
    # Gradients of both stand in one dict.
    for model in models.register():
        assert not {*INPUTS, "parameters"} & set(model.parameters.names)


def test_an_entry_by_name_and_number():
    mpr = models.find("mpr")
    assert mpr.states["V"] is mpr.states[1] and mpr.states.number("V") == 1
    assert (mpr.parameters["eta"].value, mpr.parameters["eta"].symbol, mpr.states["r"].unit) == (-5.0, "η", "1/ms")
    assert models.find("kuramoto").states[0].periodic and not mpr.states[0].periodic


def test_mistakes():
    with pytest.raises(DelayNetError, match="there is no model 'mpx' but linear, mpr"):
        models.find("mpx")
    with pytest.raises(DelayNetError, match="there is no state 'v' but r, V"):
        models.find("mpr").states["v"]
    with pytest.raises(DelayNetError, match="there is no scheme 'rk4' but heun, euler"):
        schemes.find("rk4")
    with pytest.raises(DelayNetError, match="there is no scheme 0 but heun, euler"):
        schemes.find(0)


def test_schemes():
    assert schemes.names()[:2] == ["heun", "euler"] and [s.stages for s in schemes.register()[:2]] == [2, 1]
    for scheme in schemes.register():
        assert scheme is schemes.find(scheme.name) and scheme.title and scheme.source
