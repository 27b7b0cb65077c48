"""Whose a module is, and which version it has."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from notebook_kit.storage.fingerprints import modules
from notebook_kit.storage.fingerprints.modules import (
    file_of,
    installed_version,
    is_users,
    is_users_class,
)


@pytest.mark.parametrize(
    ("name", "users"),
    [
        ("__main__", True),
        (None, True),
        ("tests.storage.helpers", True),
        ("no_such_module", True),
        ("json.decoder", False),
        ("sys", False),
        ("pandas", False),
        ("yarl", False),
        ("notebook_kit.storage", False),
        ("namedtuple_Point", False),
    ],
)
def test_whose_a_module_is(name: str | None, *, users: bool) -> None:
    """Files that no installer has put there are the user's, loaded or not."""
    assert is_users(name) is users


def test_what_was_made_by_hand_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that has no file is not installed."""
    monkeypatch.setitem(sys.modules, "made_by_hand", ModuleType("made_by_hand"))
    assert is_users("made_by_hand")


def test_classes_of_the_interpreter_are_not_the_users() -> None:
    """A class that exec has made without a name of a module is told apart from Python's own."""
    scope: dict[str, type] = {}
    exec("class Made: pass", scope)  # noqa: S102 - the test's own text
    assert scope["Made"].__module__ == "builtins"
    assert [is_users_class(it) for it in (scope["Made"], dict, type(len), pd.DataFrame)] == [
        True,
        False,
        False,
        False,
    ]


def test_files_of_modules_that_are_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module and a part of a package are found without loading anything."""
    (tmp_path / "a_package_of_mine").mkdir()
    for name in ("__init__", "part"):
        (tmp_path / "a_package_of_mine" / f"{name}.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = [file_of(f"a_package_of_mine{it}") for it in ("", ".part", ".nothing")]
    assert [it and Path(it).name for it in found] == ["__init__.py", "part.py", None]
    assert file_of("") is None
    assert file_of("sys") is None
    assert file_of("json.nothing_there") is None


def test_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version of the distribution, else what the module says of itself; Python's own is one."""
    assert installed_version("pandas.core.frame") == ("pandas", pd.__version__)
    python = "Python", f"{sys.version_info.major}.{sys.version_info.minor}"
    assert installed_version("json.decoder") == python
    said = ModuleType("says_it_itself")
    said.__version__ = "1.5"  # type: ignore[attr-defined]  # as modules do
    monkeypatch.setitem(sys.modules, "says_it_itself", said)
    assert installed_version("says_it_itself") == ("says_it_itself", "1.5")
    assert installed_version("says_nothing_at_all") is None


def test_a_library_in_a_folder_of_its_own_is_known_by_the_folder() -> None:
    """What stands in site-packages is installed, whatever it is called."""
    assert modules._is_installed("/somewhere/lib/python3.12/site-packages/mine/__init__.py")
    assert not modules._is_installed("/home/me/notebooks/mine.py")
