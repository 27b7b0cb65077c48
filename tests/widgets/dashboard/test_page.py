"""What is open, as HTML."""

from __future__ import annotations

from notebook_kit.widgets.dashboard.page import ROWS, render_page
from notebook_kit.widgets.dashboard.words import when
from tests.widgets.dashboard.things import NOON, made
from tests.widgets.fakes import Element, parse


def page(*things: object, kept: tuple[object, ...] = (), **more: object) -> Element:
    return parse(render_page(things, kept, label=lambda _: "7", **more))  # type: ignore[arg-type]


def test_the_head_says_what_holds_sockets() -> None:
    """The number of sockets, one bar of what they are used for, and how many things there are."""
    client = made(holds="3 of 9 connections", sockets=3, meter=(1, 2, 9))
    server = made("demo server", sockets=4, kept=True)
    root = page(client, made("run", meter=(1, 0, 2)), kept=(server,))
    assert root.all(".nbk-sockets")[0].text == (
        "7 sockets open 1 client, 1 run; kept: 1 demo server"
    )
    bar = root.one(".nbk-bar")
    assert bar.attributes["aria-label"] == (
        "Sockets: 1 in use by clients, 2 idle, kept for reuse, 4 held by 1 demo server"
    )
    assert [it.attributes["style"] for it in bar.all(".nbk-part")] == [
        "flex-grow:1",
        "flex-grow:2",
        "flex-grow:4",
    ]


def test_a_row_for_each_thing() -> None:
    """Sockets, what it is, what it holds, where and when it was made, how it was used."""
    client = made(holds="3 of 9 connections", sockets=3, meter=(1, 2, 9), uses=5, last_used=NOON)
    (row,) = page(client).one("tbody").all("tr")
    cells = [cell.text for cell in row.all("td")]
    assert cells == [
        "3",
        "7clienthttps://api.example.com",
        "3 of 9 connections",
        f"cell [3], line 7since {when(NOON)}",
        f"used 5 timeslast at {when(NOON)}",
    ]
    widths = [it.attributes["style"] for it in row.one(".nbk-meter").all("div")[1:]]
    assert widths == ["width:11.1%", "width:22.2%"]


def test_what_failed_is_told_from_what_did_not() -> None:
    """The bar of a run has the colours of its panel: answers, and beside them failures."""
    root = page(made("run", meter=(12, 0, 40), failed=9))
    parts = root.one("tbody").one(".nbk-meter").all("div")[1:]
    assert [(it.attributes["class"], it.attributes["style"]) for it in parts] == [
        ("nbk-ok", "width:7.5%"),
        ("nbk-failed", "width:22.5%"),
    ]
    (whole,) = (
        page(made("run", meter=(2, 0, 2), failed=2)).one("tbody").one(".nbk-meter").all("div")[1:]
    )
    assert whole.attributes["class"] == "nbk-failed"


def test_what_holds_no_socket_says_so() -> None:
    """A dash for the eye, words for who listens; no bar and no meter."""
    root = page(made(meter=(0, 0, 9)))
    held = root.one("tbody").one(".nbk-held")
    assert (held.text, held.attributes["aria-label"]) == ("\N{EN DASH}", "0 sockets")
    assert root.all(".nbk-bar") == root.all(".nbk-meter") == []


def test_nothing_is_said_in_words() -> None:
    """The empty state tells what would be here."""
    root = page()
    assert root.text.startswith("Nothing is open.Clients, runs, streams")
    assert root.all("table") == []


def test_names_are_escaped_and_cut() -> None:
    """Whatever a name holds, it is no element, no formula, no new line and no endless text."""
    hostile = "<script>alert(1)</script>\" onx='" + "x" * 500 + "$a^2$"
    root = page(
        made(name=hostile, holds=hostile), kept=(made("cache", hostile),), notices=[hostile]
    )
    assert root.all("script") == []
    assert all(len(it.text) <= 300 for it in root.all("bdi"))
    assert "mathjax_ignore" in (root.one(".nbk-open").attributes["class"] or "")


def test_a_long_list_is_cut() -> None:
    """The rest is counted, and it is said where it is."""
    root = page(*[made() for _ in range(ROWS + 3)], kept=tuple(made() for _ in range(ROWS + 2)))
    assert len(root.one("tbody").all("td")) == 5 * 2 * ROWS
    spans = [it.text for it in root.all(".nbk-apartment")]
    assert spans == [
        "and 3 more things: nk.open_resources().to_frame()",
        "Stays until you let go of it",
        "and 2 more",
    ]


def test_the_static_form_is_the_same_every_time() -> None:
    """Kinds and counts, no table."""
    root = page(made(sockets=4), kept=(made("cache"),), static=True)
    assert root.text == "Open 1 client; kept: 1 cache"
    assert root.one(".nbk-open").attributes["aria-label"] == "What is open"
