"""Makes the small connectomes in Files, one in each format: python make_files.py (needs numpy, scipy, h5py and libmatio).

All hold the same four regions, so that every reader is held to the same numbers."""
import ctypes
import os

import h5py
import numpy as np
import scipy.io

W = np.array([[0, 0.4, 0, 0.1], [0.3, 0, 0.2, 0], [0, 0.5, 0, 0.6], [0.1, 0, 0.2, 0]])
L = np.array([[0, 30, 0, 75], [30, 0, 42.5, 0], [0, 42.5, 0, 18], [75, 0, 18, 0]], float)
LABELS = ["lA1", "lV1", "rA1", "rV\u00f6"]
CENTRES = np.array([[10.5, -12.25, 40], [20.5, -12.25, 40], [30.5, -12.25, 40], [40.5, -12.25, 40]])

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Files"))
np.savez_compressed("numpy.npz", weights=W, tract_lengths=np.asfortranarray(L), region_labels=LABELS, centres=CENTRES,
                    cortical=np.array([True, True, False, True]), notes=np.array("text"))
np.savez("other_names.npz", SC=W.astype("f4"), my_lengths=L, names=np.array([s.encode() for s in LABELS]))
np.savez_compressed("objects.npz", weights=W, lengths=L, labels=np.array(LABELS, object))
scipy.io.savemat("v5.mat", {"sc": W, "len": L, "labels": np.array(LABELS, object).reshape(4, 1)})
scipy.io.savemat("v5_compressed.mat", {"SC": W, "D": L.astype("i4"), "names": LABELS}, do_compression=True)
with h5py.File("tvb.h5", "w") as f:
    f["weights"], f["tract_lengths"], f["centres"] = W, L, CENTRES
    f["region_labels"] = np.array([s.encode() for s in LABELS])
    f["cortical"] = np.array([True, True, False, True])
with h5py.File("strings.h5", "w") as f:
    f["weights"], f["tract_lengths"] = W.astype("f4"), L
    f.create_dataset("region_labels", data=LABELS, dtype=h5py.string_dtype())
    f["elsewhere"] = h5py.ExternalLink("/etc/passwd", "x")

with h5py.File("numbers_elsewhere.h5", "w") as f:
    f.create_dataset("weights", (4, 4), "f8", external=[("/dev/zero", 0, 128)])
    f["tract_lengths"] = L

# MATLAB's version 7.3, which SciPy does not write: by MATIO's own hand. Axes are reversed.
mat = ctypes.CDLL("libmatio.so.11")
mat.Mat_CreateVer.restype = mat.Mat_VarCreate.restype = ctypes.c_void_p
DOUBLE_CLASS, DOUBLE, VERSION_7_3, ZLIB = 6, 9, 0x0200, 1
if os.path.exists("v73.mat"):
    os.remove("v73.mat")
file = ctypes.c_void_p(mat.Mat_CreateVer(b"v73.mat", b"MATLAB 7.3 MAT-file, made by make_files.py", VERSION_7_3))
for compression, (name, values) in enumerate(((b"sc", W), (b"len", L))):
    columns = np.asfortranarray(values)
    variable = ctypes.c_void_p(mat.Mat_VarCreate(name, DOUBLE_CLASS, DOUBLE, 2, (ctypes.c_size_t * 2)(4, 4),
                                                 columns.ctypes.data_as(ctypes.c_void_p), 0))
    mat.Mat_VarWrite(file, variable, compression * ZLIB)
    mat.Mat_VarFree(variable)
mat.Mat_Close(file)

with open("commas.csv", "w", newline="") as f:
    f.write('\ufeff"",' + ",".join(f'"{s}"' for s in LABELS) + "\r\n")
    for name, row in zip(LABELS, W):
        f.write(f'"{name}",' + ",".join(f"{x:g}" for x in row) + "\r\n")
with open("decimal_commas.csv", "w") as f:
    f.write("".join(";".join(f"{x:g}".replace(".", ",") for x in row) + "\n" for row in L))
with open("tabs.tsv", "w") as f:
    f.write("\t".join(LABELS) + "\n" + "".join("\t".join(f"{x:g}" for x in row) + "\n" for row in L))
with open("names.csv", "w") as f:
    f.write("index,label\n" + "".join(f"{i},{s}\n" for i, s in enumerate(LABELS)))
