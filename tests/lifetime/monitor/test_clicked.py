"""What a click makes is told of as made where its button was."""

from __future__ import annotations

import contextvars

from notebook_kit.lifetime import Holding, Origin, note
from notebook_kit.lifetime.monitor import ClickedOrigin, clicked_in

HERE = ClickedOrigin("x.py", 3, cell=7, what="launcher")
ELSEWHERE = Origin("y.py", 1)


class Thing:
    """Something at work."""


def noted(thing: Thing) -> Origin:
    return note(
        thing, kind="thing", name="it", look=lambda _: Holding(), acts={}, made_at=ELSEWHERE
    ).made_at


def test_a_click_says_where_it_was() -> None:
    """In its block what is noted was made there, whoever else says what; outside it was not."""
    thing = Thing()
    with clicked_in(HERE):
        assert noted(thing) == HERE
    assert noted(thing) == ELSEWHERE
    assert str(HERE) == "launcher in cell [7]"
    assert str(ClickedOrigin("a/x.py", 3, what="launcher")) == "launcher in x.py:3"


def test_what_a_click_started_makes_things_of_its_own() -> None:
    """Who keeps the context of the click, as a task does, is not taken for it later."""
    thing = Thing()
    with clicked_in(HERE):
        context = contextvars.copy_context()
        assert context.run(noted, thing) == HERE
    assert context.run(noted, thing) == ELSEWHERE
