"""The programs in docs/python.md and README.md: they run, and print what stands behind each print."""

import contextlib
import importlib.util
import io
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXTRAS = ("jax", "torch")


def blocks(page):
    """(the first line's number, text) of each block of Python."""
    text = (ROOT / page).read_text()
    return [(text.count("\n", 0, block.start(1)), block[1]) for block in re.finditer(r"^```python\n(.*?)^```$", text,
                                                                                     re.M | re.S)]


def needs(text):
    return [extra for extra in EXTRAS if f"delaynet.{extra}" in text]


@pytest.mark.parametrize("page, extra", [("README.md", None), ("docs/python.md", None), *(
    ("docs/python.md", extra) for extra in EXTRAS)])
def test_page(page, extra):
    found = blocks(page)
    assert found
    if extra is not None:
        assert any(extra in needs(text) for _, text in found)
        if importlib.util.find_spec(extra) is None:
            pytest.skip(f"{extra} is not installed: pip install ./python[{extra}]")
    names, printed, wanted = {"__name__": "page"}, io.StringIO(), []
    for line, text in found:
        if needs(text) not in ([], [extra]):
            continue
        wanted += re.findall(r"^\s*print\(.*\)  # (.*)$", text, re.M)
        assert text.count("print(") == len(re.findall(r"print\(.*\)  # ", text)), "a print without what it prints"
        with contextlib.redirect_stdout(printed):
            # Lines keep their numbers, so that a traceback points into the page.
            exec(compile("\n" * line + text, page, "exec"), names)
    assert printed.getvalue().splitlines() == wanted
