"""A demo server that several tests share, quiet between them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer

__all__ = ["begin_anew"]

#: Turns of the server's loop from a connection that waits to be accepted to a request that counts:
#: accepted, taken in, read, begun; and one for good measure.
_TURNS: Final = 5
#: What is asked for here takes milliseconds; this is for a machine that stands still.
_PATIENCE_S: Final = 30.0


def begin_anew(server: DemoServer) -> None:
    """Put it in its first state, with nothing of an earlier test still to come.

    A client that has left does not wait for the server. Its connection may not have been accepted
    yet, its request not have been read, and a short pause is slept through: what came of it then
    would be counted in the next test.
    """
    for _ in range(_TURNS):
        server.reset()
    deadline = time.monotonic() + _PATIENCE_S
    while (seen := server.stats()).in_flight:
        assert time.monotonic() < deadline, f"an earlier test left a request that goes on: {seen}"
        time.sleep(0.001)
    server.reset()
