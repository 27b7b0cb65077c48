"""Cells that were run by a magic."""

from __future__ import annotations

import linecache
from itertools import count
from typing import Any

from notebook_kit.storage.fingerprints import fingerprint
from notebook_kit.storage.fingerprints.magics import timed_cells
from tests.storage.helpers import run_cell

BODY = "LIMIT = 3\ndef g(x): return LIMIT\ndef f(x): return g(x)\n"
_numbers = count()


def enter(text: str) -> None:
    """Have a cell in the memory of sources, as IPython does."""
    name = f"<cell of a magic {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)


def timed(body: str) -> Any:
    """Run a cell as ``%%time`` does."""
    enter(f"get_ipython().run_cell_magic('time', '', {body!r})\n")
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(body, "<timed exec>", "exec", dont_inherit=True), scope)  # noqa: S102 - its own
    return scope["f"]


def test_timing_a_cell_makes_no_other_work() -> None:
    """With %%time above it a cell is the same work as without, and comments mean nothing."""
    plain = fingerprint({"function": run_cell(BODY)["f"]})
    assert fingerprint({"function": timed(BODY)}).digest == plain.digest
    assert fingerprint({"function": timed(f"# timed\n{BODY}")}).digest == plain.digest
    other = fingerprint({"function": timed(BODY.replace("return g", "return -g"))})
    assert other.changes_since(plain.to_json()) == "the code of f() has changed"


def test_what_is_no_cell_of_that_kind() -> None:
    """Other magics, and text that cannot be read, are passed over."""
    before = timed_cells()
    for text in ("get_ipython().run_cell_magic('time', '', x)\n", "get_ipython()(\n", ""):
        enter(text)
    assert timed_cells() == before
