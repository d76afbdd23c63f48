"""Connectomes of The Virtual Brain as edge lists, read with the standard library and numpy alone.

The folder is $DELAYNET_DATA, else the one given, else ../shared/data beside the repository.
"""
import bz2
import io
import os
import pathlib
import zipfile

import numpy as np


def path(name, folder=None):
    """The file of that name, or None where there is none."""
    root = pathlib.Path(__file__).resolve().parents[2]
    file = pathlib.Path(folder or os.environ.get("DELAYNET_DATA") or root / ".." / "shared" / "data") / name
    return file if file.is_file() else None


def read(file, time_step, speed=3.0):
    """(nodes, targets, sources, delays in steps, weights): row = target, weight 0 is no edge, delays half to even."""
    with zipfile.ZipFile(file) as archive:
        def table(fragment):
            name = next(n for n in archive.namelist() if fragment in n.rsplit("/", 1)[-1] and "__MACOSX" not in n)
            data = archive.read(name)
            return np.loadtxt(io.BytesIO(bz2.decompress(data) if name.endswith(".bz2") else data), ndmin=2)

        weights, lengths = table("weights"), table("tract_lengths")
    targets, sources = np.nonzero(weights)
    delays = np.rint(lengths[targets, sources] / speed / time_step).astype(np.int32)
    return (weights.shape[0], targets.astype(np.int32), sources.astype(np.int32), delays,
            weights[targets, sources].astype(np.float64))
