"""A cell that is run again makes its functions and classes anew, and no other work."""

from __future__ import annotations

import linecache
from itertools import count
from typing import Any

import pytest

from notebook_kit.storage.fingerprints import fingerprint
from tests.storage.helpers import run_cell

#: A cell that is run again while another one, which holds what it made, is not.
AGAIN = {
    "function": "def clean(x, t=('a', 1)): return x\n",
    "lambda": "clean = lambda x: x\n",
    "partial": "from functools import partial\ndef g(a, x): return a\nclean = partial(g, 'q')\n",
    "closure": "def make(n):\n    return lambda x: x + n\nclean = make(1)\n",
    "decorated": (
        "import functools\n"
        "def deco(fn):\n"
        "    @functools.wraps(fn)\n"
        "    def call(*args):\n"
        "        call.last = args\n"
        "        return fn(*args)\n"
        "    return call\n"
        "@deco\n"
        "def clean(x): return x\n"
    ),
    "memory": "import functools\n@functools.lru_cache\ndef clean(x): return 1\n",
    "class": (
        "class Base:\n"
        "    def __init__(self, p): self.p = p\n"
        "class clean(Base):\n"
        "    def __init__(self, p): super().__init__(p)\n"
        "    def __call__(self, x): return self.p\n"
    ),
}
_numbers = count()


def run_in(scope: dict[str, Any], source: str) -> None:
    """Run another cell of the same notebook."""
    name = f"<another cell {next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec", dont_inherit=True), scope)  # noqa: S102 - the test's own


@pytest.mark.parametrize("source", AGAIN.values(), ids=AGAIN)
def test_what_another_cell_still_holds(source: str) -> None:
    """The old function and the new one are the same, unless the cell was edited."""
    scope = run_cell(source)
    run_in(scope, "KEPT = {'c': clean}\n")
    run_in(scope, "def f(x): return KEPT['c'](x), clean(x)\n")
    before = fingerprint({"function": scope["f"]})
    run_in(scope, source)
    after = fingerprint({"function": scope["f"]})
    assert after.changes_since(before.to_json()) == ""
    assert after.digest == before.digest
    run_in(scope, source.replace("return ", "return 5, ").replace("lambda x: ", "lambda x: -"))
    assert fingerprint({"function": scope["f"]}).digest != before.digest


@pytest.mark.parametrize("made", ["partial(ask, 1)", "make(1)", "named(1)"])
def test_functions_of_one_text_are_told_apart(made: str) -> None:
    """Which of them stands where counts, also where each of them stands somewhere."""
    source = (
        "from functools import partial\n"
        "def ask(n, x): return n\n"
        "def make(n): return lambda x: n\n"
        "def named(n):\n"
        "    def inner(x): return n\n"
        "    return inner\n"
        "BY = {'a': %s, 'b': %s, 'c': %s}\n"
        "def f(x): return BY[x](x)\n"
    )
    one, two = made, made.replace("1", "2")
    cells = [source % it for it in ((one, two, one), (one, two, two), (two, one, one))]
    assert len({fingerprint({"function": run_cell(it)["f"]}).digest for it in cells}) == len(cells)
