"""Compiles ../Sources/CKernels into the package, as c-library.mk does; the version is that of the C header.

CC              the compiler, clang (the kernels are written in its vector types)
CFLAGS          further flags
DELAYNET_LIBOMP the OpenMP runtime's library name, else omp5 and omp are tried
OPENMP=0        a library that makes no threads; so is one whose OpenMP runtime is not there, with a warning
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import warnings

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

KERNELS = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "CKernels"
LIBRARY = "libdelaynet.so"


def version():
    header = (KERNELS / "include" / "delaynet.h").read_text()
    return ".".join(re.findall(r"#define DN_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))


def succeeds(command):
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def compiler():
    """The command of a clang."""
    command = shlex.split(os.environ.get("CC") or shutil.which("clang") or "clang")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "clang.c")
        source.write_text("#ifndef __clang__\n#error\n#endif\n")
        if not succeeds([*command, "-fsyntax-only", source]):
            raise CompileError(f"{shlex.join(command)} is not clang, which the kernels need: install it, or set CC to one")
    return command


def openmp(command):
    """The name of the OpenMP runtime's library, or None for a serial build."""
    if os.environ.get("OPENMP") == "0":
        return None
    names = [os.environ["DELAYNET_LIBOMP"]] if "DELAYNET_LIBOMP" in os.environ else ["omp5", "omp"]
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "openmp.c"), pathlib.Path(folder, "openmp.so")
        source.write_text("void f(int *a) {\n#pragma omp parallel\n  a[0] = 1;\n}\n")
        object_file = source.with_suffix(".o")
        if succeeds([*command, "-fPIC", "-fopenmp", "-c", source, "-o", object_file]):
            for name in names:
                if succeeds([*command, "-shared", "-Wl,-z,defs", object_file, f"-l{name}", "-o", out]):
                    return name
    warnings.warn(f"no OpenMP runtime ({' or '.join(names)}): DelayNet is built without threads. "
                  "On Debian it is the package libomp-dev; DELAYNET_LIBOMP names another.")
    return None


class BuildLibrary(build_ext):
    """Makes a plain shared library where setuptools expects an extension module: ctypes opens it."""

    def get_ext_filename(self, name):
        return os.path.join(*name.split(".")[:-1], LIBRARY)

    def build_extension(self, extension):
        command = compiler()
        runtime = openmp(command)
        flags = [*shlex.split(os.environ.get("CFLAGS", "")), "-std=c11", "-O3", "-fPIC", "-fvisibility=hidden",
                 "-I", str(KERNELS / "include"), *(["-fopenmp", "-DDN_OPENMP"] if runtime else [])]
        objects = pathlib.Path(self.build_temp, "threads" if runtime else "serial")
        objects.mkdir(parents=True, exist_ok=True)
        # What everything depends on besides the sources; a source that includes the others is as new as the newest.
        settings = objects / "settings"
        wanted = shlex.join([*command, *flags])
        if not settings.exists() or settings.read_text() != wanted:
            settings.write_text(wanted)
        inputs = [settings, *(file for file in KERNELS.rglob("*") if file.suffix in (".c", ".h", ".def"))]
        newest = max(file.stat().st_mtime for file in inputs)

        def compiled(source):
            out = objects / source.relative_to(KERNELS).with_suffix(".o")
            if not out.exists() or out.stat().st_mtime <= newest:
                out.parent.mkdir(exist_ok=True)
                subprocess.run([*command, *flags, "-c", source, "-o", out], check=True)
            return out

        # The kernels' files take nearly all of the time: first, so that they are compiled side by side.
        sources = sorted(KERNELS.rglob("*.c"), key=lambda file: (file.parent.name != "isa", file))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            files = list(pool.map(compiled, sources))
        out = pathlib.Path(self.get_ext_fullpath(extension.name))
        out.parent.mkdir(parents=True, exist_ok=True)
        exports = objects / "exports.map"
        exports.write_text("{ global: dn_*; local: *; };\n")
        # Without -fopenmp: clang would add the runtime under a name of its own, and a path to it.
        subprocess.run([*command, "-shared", "-Wl,-z,defs", f"-Wl,--version-script={exports}", *files,
                        *([f"-l{runtime}"] if runtime else []), "-lm", "-o", out], check=True)


setup(version=version(), ext_modules=[Extension("delaynet.library", sources=[])], cmdclass={"build_ext": BuildLibrary})
