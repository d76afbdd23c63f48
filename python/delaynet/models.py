"""The register of node models: what they are called, their states and parameters.

    >>> from delaynet import models
    >>> models.find("mpr").parameters["eta"].value
    -5.0
"""

import functools
from dataclasses import dataclass, field

from ._library import library
from ._register import Register, entry


@dataclass(frozen=True)
class Variable:
    """A state, or a coupling variable. States are clamped to lower ... upper; initial values are usually drawn from
    initial_low ... initial_high (NaN for coupling variables). A periodic state is an angle in radians."""

    name: str
    unit: str
    meaning: str
    lower: float
    upper: float
    initial_low: float
    initial_high: float
    periodic: bool


@dataclass(frozen=True)
class Parameter:
    """`value` is the default, lowest ... highest the usual range, which is not enforced."""

    name: str
    symbol: str
    unit: str
    meaning: str
    value: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Model:
    """A node's equations. `source` is the paper."""

    name: str
    title: str
    source: str
    states: Register
    couplings: Register
    parameters: Register
    _pointer: object = field(repr=False, compare=False)

    @property
    def defaults(self):
        """The default of every parameter by name."""
        return {parameter.name: parameter.value for parameter in self.parameters}


def _model(pointer):
    struct = pointer.contents
    registers = [Register(what, (entry(kind, entries[k]) for k in range(count))) for what, kind, entries, count in (
        ("state", Variable, struct.state, struct.states),
        ("coupling variable", Variable, struct.coupling, struct.couplings),
        ("parameter", Parameter, struct.parameter, struct.parameters))]
    return Model(struct.name.decode(), struct.title.decode(), struct.source.decode(), *registers, pointer)


@functools.cache
def register():
    """All models."""
    return Register("model", (_model(library().dn_model_at(index)) for index in range(library().dn_model_count())))


def names():
    return register().names


def find(name):
    """The model of this name; DelayNetError, with the names that there are, where there is none."""
    return register().find(name)
