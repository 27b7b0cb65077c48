"""The synchronous face of a client: the same calls, values come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from notebook_kit.client.verbs import Verbs
from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution import on_io_loop

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.client.client import Client
    from notebook_kit.client.keywords import MapKeywords, RequestKeywords
    from notebook_kit.client.response import Response

__all__ = ["SyncClient"]


class SyncClient(Verbs["Response"]):
    """What ``with nk.Client(...) as api`` and ``client.sync`` give: verbs that return answers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def request(self, method: str, url: str, **options: Unpack[RequestKeywords]) -> Response:
        """Send a request and return its answer; see `Client.request`."""
        return self._client._call(method, url, options).result()  # noqa: SLF001 - its other face

    def map(self, path: str, items: Any, **options: Unpack[MapKeywords]) -> pd.DataFrame:
        """Send a request for every item and return the frame; see `Client.map`.

        Raises:
            WouldDeadlock: when called from the kit's own I/O thread; nothing is sent.
        """
        if on_io_loop():
            message = "map() would block the thread that has to do the work: use client.map."
            raise WouldDeadlock(message)
        return self._client._map(path, items, options).result()  # noqa: SLF001 - its other face

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    @property
    def is_closed(self) -> bool:
        """Whether the client is closed."""
        return self._client.is_closed

    def __repr__(self) -> str:
        return f"<synchronous face of {self._client!r}>"
