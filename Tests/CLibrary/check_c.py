"""Compiles the blocks of C on the pages: python3 check_c.py COMPILER FLAGS...

A block is a program, or has a comment before it that says what it is a part of:

    <!-- c: FILE -->           of this file, with the other blocks of the page that say so: they have to be its text, but for
                               spacing and comments, and the library's build compiles it
    <!-- c: DECLARATIONS -->   of a function of a program that has these declarations
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("Sources/*/*.docc/*.md")])
BLOCK = re.compile(r"^(?:<!-- c: ([^>]*?)\s*-->\n)?```c\n(.*?)^```$", re.M | re.S)
HEADERS = "#include <delaynet.h>\n#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
passed = failed = 0


def expect(what, holds, log=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"failed: {what}\n{log}", end="")


def bare(text):
    """The text without comments, continued lines and spacing."""
    return re.sub(r"\s+", "", re.sub(r"//[^\n]*|/\*.*?\*/|\\\n", "", text, flags=re.S))


def compile_program(what, program):
    done = subprocess.run([*sys.argv[1:], "-x", "c", "-"], input=program, capture_output=True, text=True)
    expect(f"{what} does not compile", done.returncode == 0, done.stderr)


for page in PAGES:
    text, name, files = page.read_text(), page.relative_to(ROOT), {}
    blocks = list(BLOCK.finditer(text))
    expect(f"{name}: a block of C begins in another way", len(blocks) == len(re.findall(r"^[ \t]*(?:```|~~~)\s*c\b", text, re.M)))
    for block in blocks:
        line = text.count("\n", 0, block.start(2)) + 1
        part_of, code = block[1], f'#line {line} "{name}"\n{block[2]}'
        if part_of is None:
            compile_program(f"{name}:{line}", code)
        elif re.fullmatch(r"\S+\.[ch]", part_of):
            files[part_of] = files.get(part_of, "") + block[2]
        else:
            compile_program(f"{name}:{line}", f"{HEADERS}{part_of}\nvoid example(void);\nvoid example(void) {{\n{code}}}\n")
    for file, shown in files.items():
        path = ROOT / file
        expect(f"{name}: its blocks are not {file}", path.is_file() and bare(path.read_text()) == bare(shown))

expect("there are blocks of C", passed > len(PAGES))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
