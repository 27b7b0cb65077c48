"""Modules of the user's: by what is used of them, or as a whole."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from notebook_kit.storage.fingerprints import fingerprint
from tests.storage.helpers import run_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notebook_kit.storage.fingerprints import Fingerprint

HELPERS = '''
"""Helpers beside the notebook."""
import json
SYSTEM = "You are"
UNUSED = 1
def clean(x):
    """doc"""
    return SYSTEM + x
def unused(x): return 2
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [it for it in sys.modules if it.startswith("fp_")]:
        del sys.modules[name]


@pytest.fixture
def work(folder: Path) -> Callable[..., Fingerprint]:
    def read(source: str, text: str = HELPERS) -> Fingerprint:
        (folder / "fp_helpers.py").write_text(text)
        sys.modules.pop("fp_helpers", None)
        importlib.invalidate_caches()
        return fingerprint({"function": run_cell(source)["f"]})

    return read


@pytest.mark.parametrize(
    "source",
    [
        "import fp_helpers as h\ndef f(x): return h.clean(x)\n",
        "from fp_helpers import clean\ndef f(x): return clean(x)\n",
    ],
)
def test_what_is_used_of_a_module_beside_the_notebook(
    work: Callable[..., Fingerprint], source: str
) -> None:
    """A helper in it counts with what it uses, and nothing else of the module does."""
    first = work(source).to_json()
    assert work(source, HELPERS.replace("UNUSED = 1", "UNUSED = 2")).changes_since(first) == ""
    assert work(source, HELPERS.replace("return 2", "return 3")).changes_since(first) == ""
    assert work(source, HELPERS.replace('"""doc"""', "# doc")).changes_since(first) == ""
    said = work(source, HELPERS.replace("You are", "I am")).changes_since(first)
    assert said == (
        "the constant fp_helpers.SYSTEM that fp_helpers.clean() uses was 'You are' and is 'I am'"
    )
    said = work(source, HELPERS.replace("SYSTEM + x", "x + SYSTEM")).changes_since(first)
    assert said == "the code of the helper fp_helpers.clean() has changed"


def test_a_name_that_the_module_does_not_have(work: Callable[..., Fingerprint]) -> None:
    """What is missing is new when it is there."""
    source = "import fp_helpers\ndef f(x): return fp_helpers.late(x)\n"
    said = work(source, HELPERS + "late = 5\n").changes_since(work(source).to_json())
    assert said == "fp_helpers.late that f() uses was nothing and is 5"


@pytest.mark.parametrize(
    "source",
    [
        "import fp_helpers as h\ndef f(x): return getattr(h, x)\n",
        "def f(x):\n    import fp_helpers\n    return fp_helpers.clean(x)\n",
        "def f(x):\n    from fp_helpers import clean\n    return clean(x)\n",
        "def f(x):\n    import fp_helpers\n    from fp_helpers import clean\n    return clean(x)\n",
        "def f(x):\n    from fp_other import go\n    return go(x)\n",
        "def f(x):\n    from fp_package import inner\n    return inner.go(x)\n",
    ],
)
def test_a_module_that_is_used_as_a_whole(
    folder: Path, work: Callable[..., Fingerprint], source: str
) -> None:
    """All of its code counts, with that of the modules of the user's that it imports in turn."""
    (folder / "fp_other.py").write_text("import fp_helpers, yarl\ndef go(x): return fp_helpers\n")
    (folder / "fp_package").mkdir()
    (folder / "fp_package" / "__init__.py").write_text("")
    (folder / "fp_package" / "inner.py").write_text("from .deeper import go\n")
    (folder / "fp_package" / "deeper.py").write_text("from fp_helpers import clean as go\n")
    first = work(source)
    assert work(source, HELPERS.replace('"""doc"""', "# doc")).digest == first.digest
    said = work(source, HELPERS.replace("return 2", "return 3")).changes_since(first.to_json())
    assert said == "the code of the module fp_helpers has changed"
    assert first.unreadable == ()


def test_loading_a_module_makes_no_other_work(work: Callable[..., Fingerprint]) -> None:
    """What a function imports when it is called is read alike before and after."""
    source = "def f(x):\n    import fp_helpers, yarl\n    return fp_helpers\n"
    before = work(source)
    scope = run_cell(source)
    scope["f"](1)
    assert "fp_helpers" in sys.modules
    assert fingerprint({"function": scope["f"]}).digest == before.digest


def test_a_module_that_is_nowhere_is_named(work: Callable[..., Fingerprint]) -> None:
    """A module whose text is not there cannot be read."""
    said = work("def f(x):\n    import fp_nowhere\n")
    assert len(said.unreadable) == 1
    assert said.unreadable[0].startswith("the module fp_nowhere")
