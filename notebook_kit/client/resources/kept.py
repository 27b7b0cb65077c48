"""What endpoints give, kept in a checkpoint as plain data and made again of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from notebook_kit.client.resources.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Kept", "keep_plain"]


class Kept(Protocol):
    """The journal of a checkpoint."""

    def typed(self, simplify: Callable[[Any], Any], remake: Callable[[Any], Any]) -> None:
        """Keep answers that are objects as plain data, and make objects of that again."""
        ...


def keep_plain(journal: Kept, remake: Callable[[Any], Any]) -> None:
    """Have a journal keep plain data of answers that are objects.

    Args:
        journal: keeps plain data.
        remake: makes an answer of what was kept; raises when the type has changed since, and the
            row is sent again, which is always right.
    """
    journal.typed(plain, remake)
