"""Networks with delays, simulated and differentiated exactly: DelayNet's C library on numpy arrays.

Network     nodes, and edges with a weight and a delay each
DelayMap    a linear network with delays: run, vjp, jvp
Problem     a stochastic network of neural masses: simulate, record and pull back, jvp
Monitor     what a run returns
Model       a node's equations, from a text; `delaynet.models` has the library's own
models, schemes, monitors   the registers of node models, of schemes and of kinds of monitors
random      JAX's random numbers without JAX
delaynet.jax, delaynet.torch   both as functions that JAX and PyTorch differentiate; import them where you need them
"""

from . import models, monitors, random, schemes
from ._library import DelayNetError, ModelTextError, library
from ._structs import VERSION as __version__
from .delaymap import DelayMap
from .models import Model
from .monitors import Monitor
from .network import Network
from .problem import Carry, Problem, Pulse, Recording, Trajectory


def threads_available():
    """The processors that a call may use; 1 in a build without OpenMP."""
    return library().dn_threads_available()


__all__ = ["Carry", "DelayMap", "DelayNetError", "Model", "ModelTextError", "Monitor", "Network", "Problem", "Pulse",
           "Recording", "Trajectory", "__version__", "models", "monitors", "random", "schemes", "threads_available"]
