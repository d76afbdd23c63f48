"""The register of schemes: how a network is stepped through time.

    >>> from delaynet import schemes
    >>> schemes.find("heun").stages
    2
"""

import functools
from dataclasses import dataclass

from ._library import library
from ._register import Register, entry


@dataclass(frozen=True)
class Scheme:
    """`stages` is 2 for a scheme with a corrector, whose coupling a problem's `stage` chooses. `source` describes it."""

    name: str
    title: str
    source: str
    stages: int


@functools.cache
def register():
    """All schemes."""
    return Register("scheme", (entry(Scheme, library().dn_scheme_describe(number).contents)
                               for number in range(library().dn_scheme_count())))


def names():
    return register().names


def find(name):
    """The scheme of this name; DelayNetError, with the names that there are, where there is none."""
    return register().find(name)
