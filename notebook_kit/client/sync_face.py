"""The synchronous face of a client: the same calls, values come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, Unpack

from notebook_kit.client.misspelt import Suggesting
from notebook_kit.client.resources.faces import face_class
from notebook_kit.client.verbs import Verbs
from notebook_kit.errors import WouldDeadlock
from notebook_kit.errors.brevity import brief
from notebook_kit.execution import on_io_loop

if TYPE_CHECKING:
    from typing import Never

    import httpx
    import pandas as pd

    from notebook_kit.client.client import Client
    from notebook_kit.client.keywords import MapKeywords, RequestKeywords
    from notebook_kit.client.logs.stats import ClientStats
    from notebook_kit.client.response import Response
    from notebook_kit.client.streaming import Stream, StreamKeywords

__all__ = ["SyncClient"]


class SyncClient(Suggesting, Verbs["Response"]):
    """What ``with nk.Client(...) as api`` and ``client.sync`` give: verbs that return answers."""

    def __new__(cls, client: Client) -> Self:
        """Make one that has what the class of the client declares."""
        return super().__new__(face_class(cls, type(client)))

    def __init__(self, client: Client) -> None:
        self._client = self._other = client

    def _fingerprint_(self) -> Client:
        """Return what stands for it in the fingerprint of a function that uses it."""
        return self._client

    if TYPE_CHECKING:  # what the class of a client declares has values of any type on this face

        def __getattr__(self, name: str) -> Any: ...

    def request(self, method: str, url: str, **options: Unpack[RequestKeywords]) -> Response:
        """Send a request and return its answer; see `Client.request`."""
        with brief:
            return self._client._call(method, url, options).result()  # noqa: SLF001 - its other face

    def stream(self, url: str, *httpx_style: Never, **options: Unpack[StreamKeywords]) -> Stream:
        """Return a stream, to be read with ``for`` or opened with ``with``; see `Client.stream`."""
        with brief:
            return self._client.stream(url, *httpx_style, **options)

    def map(self, path: str, items: Any, **options: Unpack[MapKeywords]) -> pd.DataFrame:
        """Send a request for every item and return the frame; see `Client.map`.

        Raises:
            WouldDeadlock: when called from the kit's own I/O thread; nothing is sent.
        """
        with brief:
            if on_io_loop():
                message = "map() would block the thread that has to do the work: use client.map."
                raise WouldDeadlock(message)
            return self._client._map(path, items, options).result()  # noqa: SLF001 - its other face

    @property
    def cookies(self) -> httpx.Cookies:
        """The jar of the client; see `Client.cookies`."""
        return self._client.cookies

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    @property
    def stats(self) -> ClientStats:
        """What the client has done up to now; see `Client.stats`."""
        return self._client.stats

    @property
    def is_closed(self) -> bool:
        """Whether the client is closed."""
        return self._client.is_closed

    def __repr__(self) -> str:
        return f"<synchronous face of {self._client!r}>"
