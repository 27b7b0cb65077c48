"""What is open, as plain text."""

from __future__ import annotations

from notebook_kit.widgets.dashboard.text import render_text
from notebook_kit.widgets.dashboard.words import when
from tests.widgets.dashboard.things import NOON, made


def test_a_line_for_each_thing() -> None:
    """With its place in the list; what is kept comes after it."""
    client = made(holds="1 of 3 connections", sockets=1, uses=1)
    server = made("demo server", "http://127.0.0.1:1", holds="listens", sockets=1, kept=True)
    assert render_text([client], [server], notices=["It did not work."]).split("\n") == [
        "1 open (1 client), 2 sockets open: 1 held by 1 client, 1 held by 1 demo server.",
        "  It did not work.",
        (
            "  [0] client https://api.example.com: 1 of 3 connections · "
            f"since {when(NOON)}, cell [3], line 7 · used once"
        ),
        "Stays until you let go of it:",
        (
            f"  demo server http://127.0.0.1:1: listens · since {when(NOON)}, cell [3], line 7 · "
            "not used yet"
        ),
    ]


def test_nothing_open_and_something_kept() -> None:
    """It says both."""
    kept = [made("cache", "double", holds="1 answer", kept=True)]
    assert render_text([], kept).startswith("Nothing is open. No sockets open.\nStays until")


def test_the_static_form_is_the_same_every_time() -> None:
    """Kinds and counts, no times and no addresses."""
    kept = [made("cache", kept=True)]
    assert render_text([], static=True) == "Nothing is open."
    assert render_text([made(), made()], static=True) == "Open: 2 clients."
    said = render_text([], kept, static=True)
    assert said == "Nothing is open. Stays until you let go of it: 1 cache."


def test_names_cannot_command_a_terminal() -> None:
    """A hostile name stays on its line."""
    text = render_text([made(name="x\x1b[2J\r\nfaked", holds="\x07bell")])
    assert len(text.split("\n")) == 2
    assert "\x1b" not in text
    assert "\x07" not in text
