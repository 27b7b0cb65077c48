"""What the tests of tapes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

import notebook_kit as nk
from notebook_kit.errors.effort import without_effort

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JSON", "QUICK", "both_transports", "bytes_of", "client_of", "of_error"]

#: Three tries without a wait.
QUICK: Final = nk.Retry(max_attempts=3, base_delay=0)
JSON: Final = ("content-type", "application/json")

both_transports = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])


def client_of(url: str, transport: str = "aiohttp", **options: Any) -> nk.Client:
    """Return a client over a transport."""
    options.setdefault("retry", QUICK)
    # HTTP/2 is what httpx's own transport is taken for; the test server speaks HTTP/1.1.
    return nk.Client(url, http2=transport == "httpx", **options)


def bytes_of(path: Path) -> bytes:
    """Return all that is written in a tape and beside it."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


def of_error(error: BaseException) -> tuple[Any, ...]:
    """Return what can be asked of an error, but for what time makes of it."""
    names = ("attempts", "status_code", "maybe_sent", "phase", "call")
    words = without_effort(str(error), error)
    return type(error), words, *(getattr(error, name, None) for name in names)
