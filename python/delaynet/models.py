"""The register of node models: what they are called, their states and parameters; and models that are read from texts.

    >>> from delaynet import Model, models
    >>> models.find("mpr").parameters["eta"].value
    -5.0
    >>> relaxation = Model.from_text('''
    ...   model relaxation
    ...   parameter a = 1 in 0..10
    ...   state x from -1..1
    ...   coupling c of x
    ...   x' = -a*x + c
    ... ''')
    >>> relaxation.parameters["a"].highest
    10.0
"""

import ctypes
import functools
import hashlib
import os
import pathlib
from dataclasses import dataclass, field

from . import _structs as c
from ._library import _BAD_TEXT, DelayNetError, Handle, ModelTextError, check, library
from ._register import Register, entry

# What derivatives may be taken by, besides the model's parameters, and what else stands beside these by name.


@dataclass(frozen=True)
class Variable:
    """A state, a coupling variable or an output. States are clamped to lower ... upper; initial values are usually drawn from
    initial_low ... initial_high (NaN for what is no state). A periodic state is an angle in radians. `expression`, of a model
    that was read from a text: a state's derivative, what a coupling variable sends, an output; else None."""

    name: str
    unit: str
    meaning: str
    lower: float
    upper: float
    initial_low: float
    initial_high: float
    periodic: bool
    expression: str | None


@dataclass(frozen=True)
class Parameter:
    """`value` is the default, lowest ... highest the usual range, which is not enforced, and infinite where there is none."""

    name: str
    symbol: str
    unit: str
    meaning: str
    value: float
    lowest: float
    highest: float


@dataclass(frozen=True, eq=False)
class Model:
    """A node's equations. `source` is the paper, `outputs` are what monitors can read beside the states, `text` is the model as
    text. Models that were read from equal texts are equal."""

    name: str
    title: str
    source: str
    states: Register
    couplings: Register
    parameters: Register
    outputs: Register
    text: str | None = field(repr=False)
    _pointer: object = field(repr=False)
    # What was parsed, and goes with the last reference; None for the register's.
    _handle: object = field(repr=False, default=None)

    @classmethod
    def from_text(cls, text):
        """A model from its text; `docs/python.md` has an example, the page "The language of models" the language.

        It stands wherever a model's name does. ModelTextError, with line and column, where the text breaks the rules.
        """
        return cls._parsed(text, None)

    @classmethod
    def from_file(cls, path):
        """The same of a file; OSError where it cannot be read."""
        path = pathlib.Path(path)
        data = path.read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            raise ModelTextError("the text is not UTF-8", line, column, os.fspath(path)) from None
        return cls._parsed(text, os.fspath(path))

    @classmethod
    def _parsed(cls, text, path):
        if not isinstance(text, str):
            raise DelayNetError(f"the text of a model must be a str, not {type(text).__name__}")
        data, error = text.encode(), c.dn_text_error()

        def parse(pointer):
            status = library().dn_model_parse(data, len(data), None, pointer, error)
            if status == _BAD_TEXT:
                raise ModelTextError(error.message.decode(errors="replace"), error.line or None, error.column or None, path)
            check(status)

        handle = Handle("model", parse)
        return _model(ctypes.cast(handle.pointer, ctypes.POINTER(c.dn_model)), handle, text)

    @property
    def readable(self):
        """What a monitor can read by name: the states, then the outputs."""
        return Register("state or output" if self.outputs else "state", (*self.states, *self.outputs))

    @property
    def identity(self):
        """What tells it from others: its name, and of a model that was read from a text a digest of that as well."""
        return self.name if self._handle is None else f"{self.name} {hashlib.sha256(self.text.encode()).hexdigest()[:16]}"

    def describe(self):
        """What a text was made into: the C library's dn_model_report as a dict, zeros for models with kernels of their own."""
        report = c.dn_model_report()
        library().dn_model_describe(self._pointer, report)
        return {name: getattr(report, name) for name, _ in report._fields_}

    def __reduce__(self):
        return (find, (self.name,)) if self._handle is None else (Model.from_text, (self.text,))

    def __eq__(self, other):
        if not isinstance(other, Model):
            return NotImplemented
        return (self._handle is None) == (other._handle is None) and self.identity == other.identity

    def __hash__(self):
        return hash(self.identity)

    @property
    def defaults(self):
        """The default of every parameter by name."""
        return {parameter.name: parameter.value for parameter in self.parameters}


def _model(pointer, handle=None, text=None):
    struct = pointer.contents
    registers = [Register(what, (entry(kind, entries[k]) for k in range(count))) for what, kind, entries, count in (
        ("state", Variable, struct.state, struct.states),
        ("coupling variable", Variable, struct.coupling, struct.couplings),
        ("parameter", Parameter, struct.parameter, struct.parameters),
        ("output", Variable, struct.output, struct.outputs))]
    if text is None and struct.text is not None:
        text = struct.text.decode()
    return Model(struct.name.decode(), struct.title.decode(), struct.source.decode(), *registers, text, pointer, handle)


@functools.cache
def register():
    """All models."""
    return Register("model", (_model(library().dn_model_at(index)) for index in range(library().dn_model_count())))


def names():
    return register().names


def find(name):
    """The model of this name; DelayNetError, with the names that there are, where there is none. A Model is itself."""
    return name if isinstance(name, Model) else register().find(name)
