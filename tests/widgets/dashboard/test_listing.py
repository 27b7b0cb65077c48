"""The list: like a list, shown as a table, given as a DataFrame."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.widgets.dashboard import OpenResources
from tests.widgets.dashboard.things import NOON, Client, Run, made
from tests.widgets.fakes import parse

TYPES = {
    "kind": "str",
    "name": "str",
    "holds": "str",
    "sockets": "int64",
    "busy": "bool",
    "kept": "bool",
    "made_in": "str",
    "line": "int64",
    "opened": "datetime64[us, UTC]",
    "uses": "int64",
    "last_used": "datetime64[us, UTC]",
}


def test_it_is_like_a_list() -> None:
    """It has a length, indices, slices, an order, and equals a list of the same."""
    one, two = made(), made("run")
    found = OpenResources([one, two], [made("cache")])
    assert len(found) == 2
    assert (found[0], found[-1], found[1:]) == (one, two, [two])
    assert [*found] == [one, two]
    assert two in found
    assert found == [one, two]
    assert found == OpenResources([one, two])
    assert found != [one]
    assert found != (one, two)
    assert [*reversed(found)] == [two, one]


def test_nothing_open_looks_like_an_empty_list() -> None:
    """Equal to one, false, and shown as one where a list would be; in words where it is alone."""
    found = OpenResources([])
    assert found == []
    assert not found
    assert repr(("x", found)) == "('x', [])"
    assert str(found) == "Nothing is open."


def test_an_object_shows_itself_in_words_and_as_a_table() -> None:
    """The places in the table are those of the list; what is kept has none."""
    from IPython.lib.pretty import pretty

    found = OpenResources([made(), made("run")], [made("cache", kept=True)])
    show: Any = pretty  # has no types
    assert show(found) == str(found) == repr(found)
    assert str(found).count("\n") == 4
    root = parse(found._repr_html_())
    assert [it.text for it in root.all(".nbk-number")] == ["[0]", "[1]"]
    foot = root.one(".nbk-foot").text
    assert "nk.close_all()" in foot
    assert "nk.close_all() every client and resource" in foot
    assert "what is tracked stays until it is closed itself" in foot
    assert "nk.dashboard()" in parse(OpenResources([])._repr_html_()).one(".nbk-foot").text


@pytest.mark.parametrize("rows", [0, 1])
def test_the_frame_has_the_same_types_with_and_without_rows(rows: int) -> None:
    """Text, numbers and moments, whatever there is."""
    frame = OpenResources([made(uses=3)] * rows, [made(last_used=NOON)] * rows).to_frame()
    text = str(pd.Series([], dtype="str").dtype)
    wanted = {name: text if kind == "str" else kind for name, kind in TYPES.items()}
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == wanted
    assert len(frame) == 2 * rows


def test_the_frame_says_what_the_list_says() -> None:
    """A row for each, with what is kept at the end."""
    found = OpenResources(
        [made(sockets=2, busy=True, uses=3)], [made("cache", "double", kept=True, last_used=NOON)]
    )
    frame = found.to_frame()
    first: Any = frame.iloc[0].to_dict()
    assert first["opened"] == pd.Timestamp(NOON, unit="s", tz="UTC")
    assert (first["made_in"], first["line"], first["sockets"]) == ("cell [3]", 7, 2)
    assert first["last_used"] is pd.NaT
    assert frame["kept"].tolist() == [False, True]
    assert frame["last_used"][1] == pd.Timestamp(NOON, unit="s", tz="UTC")


def test_what_is_open_is_found_and_closed_from_the_list() -> None:
    """`nk.open_resources()[0].close()` closes it, and it is gone from the next list."""
    client = Client()
    found = nk.open_resources()
    assert [it.kind for it in found] == ["client"]
    found[0].close()
    assert client.is_closed
    assert client.inner.log == ["closed"]
    assert nk.open_resources() == []


def test_what_is_kept_stands_apart() -> None:
    """A cache is not open, and not in the list; it is in `kept`."""

    @nk.cached
    def triple(number: int) -> int:
        return 3 * number

    triple(1)
    found = nk.open_resources()
    assert found == []
    assert [it.kind for it in found.kept if "triple" in it.name] == ["cache"]


def test_a_list_keeps_nothing_alive() -> None:
    """As `Out` would keep it: neither what it is about, nor what that holds."""
    client, run = Client(), Run()
    gone: list[weakref.ref[Any]] = [weakref.ref(it) for it in (client, run, client.inner)]
    found = nk.open_resources()
    found._repr_html_()
    found.to_frame()
    assert len(found) == 2
    del client, run
    gc.collect()
    assert [ref() for ref in gone] == [None] * 3
    for it in found:
        it.close()
