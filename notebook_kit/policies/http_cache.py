"""Answers kept as HTTP itself says: where it is for the server to say what may be given again."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields
from typing import TYPE_CHECKING, Final, Literal

from notebook_kit.checks import teaches_options
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.cache import Cache
from notebook_kit.redact import shown

if TYPE_CHECKING:
    import os

__all__ = ["HTTPCache"]

_MEGABYTE: Final = 1_000_000


@teaches_options
@dataclass(frozen=True, slots=True)
class HTTPCache:
    """Answers are kept, checked and thrown away as their ``Cache-Control``, ``ETag``, ``Vary`` say.

    For GET and HEAD. Fresh answers are given without asking the server; for others it is asked
    whether they still hold, and a 304 is answered with what is kept. ``no-store`` is heeded.

    Attributes:
        path: a file that keeps answers too, shared by clients, runs and processes; None for memory.
        max_items: answers kept; the one not used for longest goes first. None for no bound; if not
            said, 1,000 in memory, and as many in a file as ``max_bytes`` lets in.
        max_bytes: bytes of all answers kept; the same. If not said, 100 MB in memory and 1 GB in a
            file.
        max_item_bytes: a longer answer is not kept.
        shared: True for a cache that stands between a server and several users, as a proxy does:
            then what is ``private``, or was asked for with a credential, is not kept.

    Raises:
        ConfigurationError: for a path or a count that cannot work.

    >>> HTTPCache().kept.max_items
    1000
    """

    path: str | os.PathLike[str] | None = None
    _: KW_ONLY
    max_items: int | Literal["auto"] | None = "auto"
    max_bytes: int | Literal["auto"] | None = "auto"
    max_item_bytes: int = 10 * _MEGABYTE
    shared: bool = False

    def __post_init__(self) -> None:
        shared: object = self.shared
        if not isinstance(shared, bool):
            message = f"shared={shown(shared)} must be True or False."
            raise ConfigurationError(message)
        for part in fields(self):
            if part.name != "shared":
                object.__setattr__(self, part.name, getattr(self.kept, part.name))

    @property
    def kept(self) -> Cache:
        """How much is kept and where, as a `Cache` says it; without a time of its own."""
        return Cache(
            None,
            path=self.path,
            max_items=self.max_items,
            max_bytes=self.max_bytes,
            max_item_bytes=self.max_item_bytes,
        )

    @classmethod
    def of(cls, value: object) -> HTTPCache | None:
        """Return what the ``cache`` option of a client says of HTTP's rules; None for nothing.

        >>> HTTPCache.of("http"), HTTPCache.of("5 min")
        (HTTPCache(path=None, max_items=1000, max_bytes=100000000, max_item_bytes=10000000,
        shared=False), None)
        """
        if isinstance(value, cls):
            return value
        return cls() if isinstance(value, str) and value.strip().lower() == "http" else None
