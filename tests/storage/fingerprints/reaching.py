"""Shared by the tests of fingerprints: cells that are run, edited and run again."""

from __future__ import annotations

from typing import Any

from notebook_kit.storage.fingerprints import Fingerprint, fingerprint
from tests.storage.helpers import run_cell

__all__ = ["changed", "check_edit", "edited", "read"]


def read(source: str, name: str = "f", **names: Any) -> Fingerprint:
    """The fingerprint of a function of a cell."""
    return fingerprint({"function": run_cell(source, **names)[name]})


def changed(before: str, now: str, name: str = "f") -> str:
    """What is said to have changed when a cell is edited; nothing where it is the same work."""
    one, other = read(before, name), read(now, name)
    said = other.changes_since(one.to_json())
    assert (one.digest == other.digest) is (said == "")
    return said


def edited(source: str, old: str, new: str, name: str = "f") -> str:
    """The same, of an edit in one place."""
    assert source.count(old) == 1
    return changed(source, source.replace(old, new), name)


def check_edit(source: str, old: str, new: str) -> None:
    """Check that an edit makes other work, and the cell as it was the same work again."""
    assert old in source
    assert changed(source, source.replace(old, new)) != ""
    assert changed(source, source) == ""
    assert read(source).unreadable == ()
