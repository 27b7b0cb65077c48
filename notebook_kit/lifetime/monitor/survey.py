"""Everything that is open, at work or kept in memory at this moment, in words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.lifetime.monitor.holding import Holding
from notebook_kit.lifetime.monitor.notes import act_on_note, note, notes
from notebook_kit.lifetime.monitor.resource import OpenResource
from notebook_kit.lifetime.origin import Origin
from notebook_kit.lifetime.registry import open_resources
from notebook_kit.numbers import count, plural

if TYPE_CHECKING:
    from notebook_kit.lifetime.monitor.notes import Note

__all__ = ["survey"]

_DEMO: Final = "notebook_kit.demo.server"
_UNKNOWN: Final = Holding("cannot be told")


def survey() -> list[OpenResource]:
    """Return all there is, oldest first: what is open, and what is only kept.

    >>> [resource.kind for resource in survey() if not resource.kept]
    []
    """
    _note_demo_servers()
    found = [*open_resources(), *filter(None, map(_told, notes()))]
    return sorted(found, key=lambda resource: resource.number)


def _told(known: Note) -> OpenResource | None:
    owner = known.owner()
    if owner is None:
        return None
    try:
        holding = known.look(owner)
    except Exception:  # noqa: BLE001 - it may be in the middle of anything, and is only looked at
        holding = _UNKNOWN
    if holding is None:
        return None
    return OpenResource.of(known, holding, uses=holding.uses or 0, end=act_on_note)


def _note_demo_servers() -> None:
    """Take note of the demo servers that are new: that room imports nothing of this one."""
    demo: Any = sys.modules.get(_DEMO)
    if demo is None:
        return
    known = {id(it.owner()) for it in notes() if it.kind == "demo server"}
    for server in demo.live_servers():
        if id(server) not in known:
            note(
                server,
                kind="demo server",
                name=server.url,
                look=_demo_holding,
                acts={"Close": lambda it: it.close()},
                made_at=Origin(*server.made_at),
                opened=server.opened,
            )


def _demo_holding(server: Any) -> Holding | None:
    if server.is_closed:
        return None
    stats = server.counts()
    text = f"listens, {plural(stats.connections_open, 'connection')}"
    if stats.in_flight:
        text += f", {count(stats.in_flight)} in flight"
    return Holding(
        text,
        uses=stats.requests,
        sockets=1 + stats.connections_open,
        busy=stats.in_flight > 0,
        kept=True,
    )
