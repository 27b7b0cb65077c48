"""Finding functions in their sources."""

from __future__ import annotations

import ast
import importlib
import linecache
import re
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from notebook_kit.storage.fingerprints.sources import Sources
from tests.storage.helpers import run_cell

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def source_of(function: Any) -> str | None:
    tree = Sources().definition_of(function.__code__)
    return None if tree is None else ast.unparse(tree)


def cell(source: str) -> Any:
    """Run a cell and give its names as attributes."""
    return SimpleNamespace(**run_cell(source))


def test_a_lambda_is_its_own_text_and_not_its_line() -> None:
    """What else stands in the call around a lambda, another lambda too, is not part of it."""
    found = cell("a, b = (lambda x: x + 1), (lambda x: x + 2); c = [lambda: limit]; limit = 50\n")
    assert source_of(found.a) == "lambda x: x + 1"
    assert source_of(found.b) == "lambda x: x + 2"
    assert source_of(found.c[0]) == "lambda: limit"


def test_lambdas_that_cannot_be_told_apart_have_no_source() -> None:
    """Where the columns are not known, the one of a line with several is not guessed."""
    found = cell("a, b = (lambda x: 10 * 10), (lambda x: 100)\nc = lambda x: x\n")
    for each in (found.a, found.c):
        each.__code__ = each.__code__.replace(co_linetable=b"")
    assert source_of(found.a) is None


def test_lambdas_that_give_a_constant() -> None:
    """They are told apart by what they are compiled to, where their columns are not known."""
    found = cell("a, b, c = (lambda x: 'one'), (lambda x: 'two'), (lambda x: x)\n")
    assert [source_of(it) for it in (found.a, found.b)] == ["lambda x: 'one'", "lambda x: 'two'"]
    found.b.__code__ = found.b.__code__.replace(co_linetable=b"")
    assert source_of(found.b) == "lambda x: 'two'"


def test_functions_of_all_kinds() -> None:
    """Async and decorated functions, methods and functions inside functions are found."""
    found = cell(
        "def same(f): return f\n"
        "@same\n"
        "@same\n"
        "async def fetch(x): return x\n"
        "class Model:\n"
        "    def run(self): return 1\n"
        "    def __call__(self): return (yield)\n"
        "def make():\n"
        "    def inner(): return make\n"
        "    return inner\n"
        "inner = make()\n"
    )
    assert source_of(found.fetch) == "@same\n@same\nasync def fetch(x):\n    return x"
    assert source_of(found.Model.run) == "def run(self):\n    return 1"
    assert source_of(found.Model.__call__) == "def __call__(self):\n    return (yield)"
    assert source_of(found.inner) == "def inner():\n    return make"


def test_a_function_of_a_library_can_be_read() -> None:
    """The source of an installed module is read from its file."""
    assert (source_of(re.escape) or "").startswith("def escape(pattern):")


def test_what_has_no_source() -> None:
    """Code that was never written into a file or a cell has none."""
    gone: dict[str, Any] = {}
    exec("def f(): pass", gone)  # noqa: S102 - no file on purpose
    assert source_of(gone["f"]) is None


def test_a_text_that_is_not_what_was_compiled_is_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was edited since is not taken for the code that runs, wherever it differs."""
    found = cell("def f(x): return x\n")
    assert source_of(found.f) == "def f(x):\n    return x"
    for text in ("def f(x: return x\n", "def f(x): return -x\n", ""):
        monkeypatch.setattr("linecache.getlines", lambda _name, text=text: [text])
        assert source_of(found.f) is None


def test_a_function_that_has_moved_in_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that were written above it, in a module that is not loaded again, do not hide it."""
    found = cell("def f(x): return x\n")
    text = "import os\n\ndef f(x): return x  # moved\n"
    monkeypatch.setattr("linecache.getlines", lambda _name: [text])
    assert source_of(found.f) == "def f(x):\n    return x"
    monkeypatch.setattr("linecache.getlines", lambda _name: [text * 2])
    assert source_of(found.f) is None


def test_constants_of_other_types_are_another_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is equal to Python, as 1 and True, is not the same code."""
    found = cell("def f(x): return x, 1, 0.0\n")
    for text in ("def f(x): return x, True, 0.0\n", "def f(x): return x, 1, -0.0\n"):
        monkeypatch.setattr("linecache.getlines", lambda _name, text=text: [text])
        assert source_of(found.f) is None


def test_a_module_that_was_written_anew_and_reloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the file changed is read again, as an automatic reload needs it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "reloaded_helpers.py"
    path.write_text("def clean(x): return x\n")
    module = importlib.import_module("reloaded_helpers")
    try:
        assert source_of(module.clean) == "def clean(x):\n    return x"
        path.write_text("# longer\n\ndef clean(x): return x.strip()\n")
        assert linecache.getlines(str(path))[0].startswith("def")
        assert source_of(module.clean) == "def clean(x):\n    return x"
        importlib.reload(module)
        assert source_of(module.clean) == "def clean(x):\n    return x.strip()"
    finally:
        sys.modules.pop("reloaded_helpers")
