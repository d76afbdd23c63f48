"""The Python side of the C interface against the header, as a C compiler sees it."""

import ctypes
import importlib.metadata
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

import delaynet
from delaynet import _library, _structs, monitors, problem, schemes

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ROOT / "Sources" / "CKernels" / "include"
COMPILER = shlex.split(os.environ.get("CC") or shutil.which("clang") or shutil.which("cc") or "cc")
STRUCTURES = [*_structs.STRUCTURES, *_structs.f32.structures, *_structs.f64.structures]
CHOICES = {"STAGE": problem.STAGES, "COUPLING": problem.COUPLING_KINDS}


def preprocessed():
    return subprocess.run([*COMPILER, "-E", "-P", "-I", HEADERS, "-x", "c", "-"], input="#include <delaynet.h>\n",
                          check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Prints whole numbers that are C expressions."""
    folder = tmp_path_factory.mktemp("layout")

    def numbers(expressions):
        source = folder / "layout.c"
        lines = "".join(f'  printf("%lld\\n", (long long)({expression}));\n' for expression in expressions)
        source.write_text("#include <delaynet.h>\n#include <stdio.h>\nint main(void) {\n" + lines + "}\n")
        subprocess.run([*COMPILER, "-I", HEADERS, source, "-o", folder / "layout"], check=True)
        found = subprocess.run([folder / "layout"], check=True, capture_output=True, text=True).stdout.split()
        return dict(zip(expressions, map(int, found), strict=True))

    return numbers


def test_sizes_and_offsets(printed):
    ours = {}
    for struct in STRUCTURES:
        ours[f"sizeof({struct.__name__})"] = ctypes.sizeof(struct)
        for name, _ in struct._fields_:
            ours[f"offsetof({struct.__name__}, {name})"] = getattr(struct, name).offset
            ours[f"sizeof((({struct.__name__} *)0)->{name})"] = getattr(struct, name).size
    assert printed(list(ours)) == ours


def test_every_structure_of_the_header_is_there():
    declared = set(re.findall(r"typedef struct (dn_\w+) \{", preprocessed()))
    assert declared == {struct.__name__ for struct in STRUCTURES}


def test_fields_are_numbers_where_the_header_has_numbers():
    # A double and a pointer, or an int and a float, have the same size.
    kinds = {"float": ctypes.c_float, "double": ctypes.c_double, "int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64,
             "ptrdiff_t": ctypes.c_ssize_t, "size_t": ctypes.c_size_t, "uint64_t": ctypes.c_uint64,
             "dn_scheme": ctypes.c_int32, "dn_monitor_kind": ctypes.c_int32}
    text = preprocessed()
    for struct in STRUCTURES:
        body = re.search(r"typedef struct " + struct.__name__ + r" \{(.*?)\} " + struct.__name__ + ";", text, re.S)[1]
        fields = dict(struct._fields_)
        for kind, names in re.findall(r"^\s*(\w+) ([\w, ]+);", body, re.M):
            for name in names.split(", "):
                if kind in kinds:
                    assert fields[name] is kinds[kind], (struct.__name__, name)


def test_choices(printed):
    # The registers' numbers are the library's own; the header names them.
    registers = {group: {name: number for number, name in enumerate(names)} for group, names in (
        ("SCHEME", schemes.names()), ("MONITOR", monitors.names()))}
    choices_of = CHOICES | registers
    ours = {f"DN_{group}_{name.upper()}": value for group, choices in choices_of.items() for name, value in choices.items()}
    ours |= {"DN_CLASSES_MAX": _structs.CLASSES_MAX, "DN_BUDGET_TOO_SMALL": problem._BUDGET_TOO_SMALL,
             "DN_NOT_FINITE_HISTORY": _library._NOT_FINITE_HISTORY}
    assert printed(list(ours)) == ours
    for group, choices in choices_of.items():
        assert len(re.findall(rf"\bDN_{group}_\w+ = \d", preprocessed())) == len(choices)


def test_every_function_is_declared_with_its_arguments():
    exports = (ROOT / "Tests" / "CLibrary" / "exports.txt").read_text().split()
    prototypes = _library._prototypes()
    assert sorted(prototypes) == exports
    text = " ".join(preprocessed().split())
    for name, (result, arguments) in prototypes.items():
        declared = re.search(rf"([\w ]+\*?)\s*(?:_Nullable )?\b{name}\(([^;]*)\);", text)
        parameters = [] if declared[2] == "void" else re.split(r",\s*", declared[2])
        assert len(parameters) == len(arguments), name
        assert (result is None) == (declared[1].split()[-1] == "void"), name


def test_versions():
    header = (HEADERS / "delaynet.h").read_text()
    version = ".".join(re.findall(r"#define DN_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))
    assert version == _structs.VERSION == delaynet.__version__ == importlib.metadata.version("delaynet")
    assert version == _library.library().dn_version().decode()


def test_a_library_of_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(_structs, "VERSION", "999.1.0")
    with pytest.raises(ImportError, match="this package belongs to 999.1.0"):
        _library.library.__wrapped__()


def test_a_library_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("DELAYNET_LIBRARY", "nowhere/libdelaynet.so")
    with pytest.raises(ImportError, match="nowhere/libdelaynet.so"):
        _library.library.__wrapped__()
