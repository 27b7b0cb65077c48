"""An answer as HTTP's rules keep it: as it came, compressed if it was, without credentials."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.client.kept.records import source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.client.kept.keys import Key
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["Stored", "StoredPlace"]

_KIND: Final = "http"


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it came.

    Attributes:
        status: the HTTP status.
        headers: its headers, without credentials.
        body: its body, still compressed if it was.
        varied: headers of its request that ``Vary`` names, as far as they are no credential.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    varied: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> int:
        """How long it is, in bytes."""
        return len(self.body) + sum(len(name) + len(text) for name, text in self.headers)


class StoredPlace:
    """The place of the answer to one request in a file."""

    def __init__(self, file: CacheFile, key: Key) -> None:
        self.file = file
        self._key = key

    def marks(self) -> tuple[bytes, bytes]:
        """Return what the answer and its URL are known by."""
        key = self._key
        parts = key.method.encode(), key.url.encode(), key.digest
        return self.file.key(b"rules", *parts), source_of(self.file, key.url)

    def write(self, stored: Stored) -> tuple[str, bytes]:
        """Return an answer as JSON, and its body."""
        head = {"kind": _KIND, "status": stored.status, "headers": stored.headers}
        return json.dumps({**head, "varied": stored.varied}), stored.body

    def read(self, head: str, body: bytes) -> Stored:
        """Return the answer that was written so; raises anything for what was not."""
        said = json.loads(head)
        if said["kind"] != _KIND:
            message = "this is no answer that was kept by HTTP's rules"
            raise ValueError(message)
        return Stored(int(said["status"]), _pairs(said["headers"]), body, _pairs(said["varied"]))

    def is_error(self, stored: Stored) -> bool:
        """Tell that an error is given as it came, for the client to raise."""
        del stored
        return False


def _pairs(pairs: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(text)) for name, text in pairs)
