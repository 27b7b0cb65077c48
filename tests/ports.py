"""A port that stays free for a server that asks for it by its number."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["kept_port"]


@contextlib.contextmanager
def kept_port() -> Iterator[int]:
    """Give a port on which nothing listens, and nothing will but what names it.

    It is bound all the while, so that a server or a connection of another process that takes any
    free port gets another one. Linux lets a server listen on it all the same; elsewhere it is let
    go at once.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        port: int = keeper.getsockname()[1]
        if sys.platform != "linux":
            keeper.close()
        yield port
