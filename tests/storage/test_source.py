"""What a function is, in text."""

from __future__ import annotations

import functools
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from notebook_kit.storage.source import is_python, qualified_name, source_of
from tests.storage.helpers import run_cell

if TYPE_CHECKING:
    import pytest


def cell(source: str) -> Any:
    """Run a cell and give its names as attributes."""
    return SimpleNamespace(**run_cell(source))


def test_comments_and_layout_do_not_count() -> None:
    """A function is the same with other comments, blank lines and line breaks."""
    one = cell("def f(row):\n    # to be improved\n    return {'a':row.a,\n  'b': 1}\n")
    other = cell("x = 1\n\ndef f(row):\n\n    return {'a': row.a, 'b': 1}\n")
    assert source_of(one.f) == source_of(other.f) == "def f(row):\n    return {'a': row.a, 'b': 1}"


def test_a_change_of_the_code_counts() -> None:
    """Another number in the body is another source."""
    assert source_of(cell("def f(x): return x + 1\n").f) != source_of(
        cell("def f(x): return x + 2\n").f
    )


def test_a_lambda_is_its_own_text_and_not_its_line() -> None:
    """What else stands in the call around a lambda, another lambda too, is not part of it."""
    found = cell("a, b = (lambda x: x + 1), (lambda x: x + 2); c = [lambda: limit]; limit = 50\n")
    assert source_of(found.a) == "lambda x: x + 1"
    assert source_of(found.b) == "lambda x: x + 2"
    assert source_of(found.c[0]) == "lambda: limit"


def test_lambdas_that_cannot_be_told_apart_all_count() -> None:
    """Where the columns are not known, a change of either lambda on the line is seen."""
    found = cell("a, b = (lambda x: x + 1), (lambda x: x + 2)\n")
    blind = found.a.__code__.replace(co_linetable=b"")
    found.a.__code__ = blind
    assert source_of(found.a) == "lambda x: x + 1\nlambda x: x + 2"


def test_what_is_inside_partials_decorators_methods_and_objects() -> None:
    """The function that is called in the end is what is read."""
    found = cell(
        "import functools\n"
        "def outer(f):\n"
        "    @functools.wraps(f)\n"
        "    def call(*args): return f(*args)\n"
        "    return call\n"
        "@outer\n"
        "async def inner(x): return x\n"
        "class Model:\n"
        "    def predict(self, x): return x\n"
        "    def __call__(self, x): return -x\n"
    )
    decorated = "@outer\nasync def inner(x):\n    return x"
    assert source_of(found.inner) == decorated
    assert source_of(functools.partial(found.inner, 1)) == decorated
    assert source_of(found.Model().predict) == "def predict(self, x):\n    return x"
    assert source_of(found.Model()) == "def __call__(self, x):\n    return -x"
    assert source_of(found.Model) == (
        "def predict(self, x):\n    return x\ndef __call__(self, x):\n    return -x"
    )
    assert qualified_name(found.Model().predict) == "__main__.Model.predict"
    assert qualified_name(functools.partial(found.inner, 1)) == "__main__.inner"


def test_what_has_no_source() -> None:
    """Built-in functions and classes have a name alone; text that is gone is told apart."""
    assert source_of(len) is None
    assert source_of(int) is None
    assert not is_python(len)
    assert not is_python(int)
    assert qualified_name(len) == "builtins.len"
    assert qualified_name("a".join) == "builtins.str.join"
    gone: dict[str, Any] = {}
    exec("def f(): pass\nclass C:\n    def m(self): pass", gone)  # noqa: S102 - no file on purpose
    assert source_of(gone["f"]) is None
    assert source_of(gone["C"]) is None
    assert is_python(gone["f"])
    assert is_python(gone["C"])


def test_a_file_that_was_changed_meanwhile_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text in which the function is not found, or which cannot be parsed, is no source."""
    found = cell("def f(x): return x\n")
    for text in ("\n\ndef f(x): return x\n", "def f(x: return x\n"):
        monkeypatch.setattr("linecache.getlines", lambda _name, text=text: [text])
        assert source_of(found.f) is None


def test_a_function_of_a_library_can_be_read() -> None:
    """The source of an installed module is read from its file."""
    source = source_of(re.escape)
    assert source is not None
    assert source.startswith("def escape(pattern):")
