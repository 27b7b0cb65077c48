"""What the monitor says, in words."""

from __future__ import annotations

from datetime import datetime

import pytest

from notebook_kit.widgets.dashboard import words
from tests.widgets.dashboard.things import NOON, made


def test_sockets_are_counted_over_all_kinds() -> None:
    """The greatest holder is named first."""
    things = [
        made(sockets=2),
        made(sockets=1),
        made("demo server", sockets=7),
        made("run"),
    ]
    assert words.sockets(things) == "10 sockets open"
    assert words.sockets([made(sockets=1)]) == "1 socket open"
    assert words.holders(things) == "7 held by 1 demo server, 3 held by 2 clients"
    assert words.holders([made("run")]) == ""
    assert words.servers(things[2:]) == "1 demo server"
    assert words.how_many(things) == "2 clients, 1 demo server, 1 run"
    assert words.how_many([made("tracked"), made("pool"), made("tracked")]) == "2 tracked, 1 pool"
    assert words.holders([made("tracked", sockets=1)] * 2) == "2 held by 2 tracked"


def test_a_moment_of_today_has_no_date() -> None:
    """Another one has."""
    then = datetime.fromtimestamp(NOON).astimezone()
    assert words.when(NOON, now=NOON + 60) == f"{then:%H:%M:%S}"
    assert words.when(NOON) == f"{then:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("uses", "last", "said"),
    [
        (0, None, "not used yet"),
        (1, None, "used once"),
        (1_500, None, "used 1,500 times"),
        (2, NOON, f"used 2 times, last at {words.when(NOON)}"),
    ],
)
def test_how_often_it_was_used(uses: int, last: float | None, said: str) -> None:
    """In words, with the time of the last if it is known."""
    assert words.used(made(uses=uses, last_used=last)) == said


def test_names_are_fit_to_be_shown() -> None:
    """Cut, on one line, and without characters that act beyond it."""
    name = words.name_of(made(name="a\x1b[31m\nb" + "c" * 500), 20)
    assert len(name) == 20
    assert name.isprintable()
