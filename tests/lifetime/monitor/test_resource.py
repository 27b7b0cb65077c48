"""One open thing: closed from the list, and said in a line."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime import Handle, Holding, OpenResource, Origin, open_resources, register

if TYPE_CHECKING:
    from collections.abc import Callable


class Owner:
    """Something a user holds."""

    handle: Handle


class Inner:
    """What must be closed."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def close_soon(self) -> None:
        self.log.append("soon")

    def asked(self) -> None:
        self.log.append("asked")

    async def aclose(self) -> None:
        self.log.append("closed")

    def look(self) -> Holding:
        return Holding(
            "2 of 3 pipes", uses=9, last_used=5.0, sockets=2, busy=True, meter=(1, 1, 3), failed=1
        )


def opened(**more: Any) -> tuple[Owner, Inner]:
    owner, inner = Owner(), Inner()
    owner.handle = register(
        owner,
        kind="test",
        name="it",
        close_soon=inner.close_soon,
        aclose=inner.aclose,
        look=inner.look,
        **more,
    )
    return owner, inner


def entry() -> OpenResource:
    (found,) = (it for it in open_resources() if it.kind == "test")
    return found


def test_it_tells_what_its_handle_holds() -> None:
    """The words and numbers come from the inner object, asked when the list is made."""
    owner, _ = opened()
    told = entry()
    assert (told.holds, told.uses, told.last_used) == ("2 of 3 pipes", 9, 5.0)
    assert (told.sockets, told.busy, told.meter) == (2, True, (1, 1, 3))
    assert told.failed == 1
    assert "2 of 3 pipes, made in" in str(told)
    assert repr(told) == f"<{told}>"
    assert owner.handle.forget()


def test_without_a_look_there_is_nothing_to_tell_but_the_uses() -> None:
    """Who registers without one is listed as before."""
    owner, inner = Owner(), Inner()
    owner.handle = register(
        owner, kind="test", name="", close_soon=inner.close_soon, aclose=inner.aclose
    )
    owner.handle.uses = 4
    assert (entry().holds, entry().uses) == ("", 4)
    assert owner.handle.forget()


def test_a_look_that_raises_spoils_no_list() -> None:
    """What cannot be told says so."""
    owner, inner = opened()
    inner.look = None  # type: ignore[assignment, method-assign]
    owner.handle.look = lambda: 1 / 0  # type: ignore[assignment, return-value]
    assert entry().holds == "cannot be told"
    assert owner.handle.forget()


def test_closing_it_closes_once() -> None:
    """However often, and although the owner goes later."""
    owner, inner = opened()
    told = entry()
    told.close()
    told.close()
    assert not owner.handle.is_open
    del owner
    gc.collect()
    assert inner.log == ["soon"]


def test_it_closes_from_any_thread() -> None:
    """Of several threads at once one closes it."""
    owner, inner = opened()
    told = entry()
    start = threading.Barrier(4)

    def close() -> None:
        start.wait(timeout=10)
        told.close()

    threads = [threading.Thread(target=close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert inner.log == ["soon"]
    assert not owner.handle.is_open


def test_who_asks_may_be_told_apart_from_a_finalizer() -> None:
    """A way to end that was given is taken in the place of the finalizer's."""
    inner = Inner()
    owner = Owner()
    owner.handle = register(
        owner,
        kind="test",
        name="",
        close_soon=inner.close_soon,
        aclose=inner.aclose,
        end=inner.asked,
    )
    entry().close()
    assert inner.log == ["asked"]


def test_an_entry_keeps_nothing_alive() -> None:
    """Neither the owner nor what it closes, as long as somebody keeps the entry."""
    owner, inner = opened()
    told = entry()
    gone, inside = weakref.ref(owner), weakref.ref(inner)
    del owner, inner
    gc.collect()
    assert (gone(), inside()) == (None, None)
    told.close()


def test_an_entry_made_by_hand_closes_nothing() -> None:
    """It has words only, and what it says can be compared."""
    origin = Origin("x", 1)
    made = OpenResource("client", "a", time.time(), origin, 0)
    made.close()
    ends: Callable[[int, str], object] = lambda _number, _act: None  # noqa: E731
    assert made == OpenResource("client", "a", made.opened, origin, 0, _end=ends)
