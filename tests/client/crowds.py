"""Many requests at once: servers that hold them, and clients over both transports."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import notebook_kit as nk
from notebook_kit.testing import Behaviour, Wait, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notebook_kit.testing import FaultServer, Reaction, ReceivedRequest, Step

__all__ = ["TRANSPORTS", "all_at_once", "client_over", "until"]

#: The kit's own transport, and httpx's in pieces, as an option that needs it selects it.
TRANSPORTS: Final[dict[str, dict[str, Any]]] = {"aiohttp": {}, "pieces": {"http2": True}}


@contextmanager
def client_over(transport: str, server: FaultServer, **options: Any) -> Iterator[nk.Client]:
    """A client over the transport of this name, closed in the end."""
    client = nk.Client(server.url, **TRANSPORTS[transport], **options)
    try:
        yield client
    finally:
        client.close().wait()


def all_at_once(count: int) -> Reaction:
    """Answer nobody before so many requests are there."""
    arrived = 0

    def steps() -> Iterator[Step]:
        while arrived < count:
            yield Wait(0.02)
        yield from answer("ok").steps

    def reaction(_: ReceivedRequest) -> Behaviour:
        nonlocal arrived
        arrived += 1
        # The server asks for one step after the other, so they may be made as they are asked for.
        return Behaviour(cast("Sequence[Step]", steps()))

    return reaction


def until(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Poll a condition that nothing announces; tell whether it came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
