"""Notes: what closes by itself is told of, and never held."""

from __future__ import annotations

import gc
import weakref

from notebook_kit.lifetime import Holding, Origin, note, survey


class Thing:
    """Something at work."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.idle = False


def holding(thing: Thing) -> Holding | None:
    return None if thing.idle else Holding("something", uses=3, acts=("Stop", "Wait"))


def noted(thing: Thing, name: str = "it") -> None:
    note(
        thing,
        kind="thing",
        name=name,
        look=holding,
        acts={"Stop": lambda it: it.done.append("stop"), "Wait": lambda _: "it waits"},
    )


def told() -> list[str]:
    return [it.holds for it in survey() if it.kind == "thing"]


def test_a_thing_is_told_of_as_long_as_it_lives() -> None:
    """Neither the note nor a list that was taken keeps it alive, also in a cycle."""
    thing = Thing()
    thing.me = thing  # type: ignore[attr-defined]
    gone = weakref.ref(thing)
    noted(thing)
    taken = survey()
    assert told() == ["something"]
    del thing
    gc.collect()
    assert gone() is None
    assert told() == []
    assert "thing" in [it.kind for it in taken]


def test_what_has_nothing_to_tell_is_left_out() -> None:
    """A look that gives None leaves it out, and brings it back when there is something again."""
    thing = Thing()
    noted(thing)
    thing.idle = True
    assert told() == []
    thing.idle = False
    assert told() == ["something"]


def test_a_look_that_raises_spoils_no_list() -> None:
    """What cannot be told says so, and the others are told."""
    thing, other = Thing(), Thing()

    def breaks(_: Thing) -> Holding:
        message = "in the middle of something"
        raise RuntimeError(message)

    note(thing, kind="thing", name="broken", look=breaks, acts={})
    noted(other)
    assert told() == ["cannot be told", "something"]


def test_its_acts_are_done_with_it() -> None:
    """The first one is what `close` does; another has something to say; an unknown one is none."""
    thing = Thing()
    noted(thing)
    (entry,) = (it for it in survey() if it.kind == "thing")
    entry.close()
    entry.close()
    assert thing.done == ["stop", "stop"]
    assert entry.act("Wait") == "it waits"
    assert entry.act("Explode") == ""


def test_what_has_gone_is_closed_without_a_word() -> None:
    """An entry that outlives its thing closes nothing, and raises nothing."""
    thing = Thing()
    noted(thing)
    (entry,) = (it for it in survey() if it.kind == "thing")
    done = thing.done
    del thing
    gc.collect()
    entry.close()
    assert done == []


def test_it_says_where_and_when_it_was_made() -> None:
    """The caller's line, unless another is given."""
    first, second = Thing(), Thing()
    noted(first)
    note(
        second,
        kind="thing",
        name="",
        look=holding,
        acts={},
        made_at=Origin("x.py", 7),
        opened=12.0,
    )
    one, two = (it for it in survey() if it.kind == "thing")
    assert one.made_at.filename == __file__
    assert (two.made_at, two.opened) == (Origin("x.py", 7), 12.0)
    assert one.number < two.number


def test_secrets_are_removed_from_names_and_words() -> None:
    """A value that was wrapped as a secret turns up in neither."""
    from notebook_kit.redact import Secret

    Secret("sk-monitor-0123456789")
    thing = Thing()
    note(
        thing,
        kind="thing",
        name="of sk-monitor-0123456789",
        look=lambda _: Holding("for sk-monitor-0123456789"),
        acts={},
    )
    (entry,) = (it for it in survey() if it.kind == "thing")
    assert (entry.name, entry.holds) == ("of ****", "for ****")
    assert "sk-monitor" not in repr(entry)
