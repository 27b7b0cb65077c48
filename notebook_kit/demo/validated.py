"""Answers that a client may keep: how long they hold, and whether one that it has still does."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from notebook_kit.demo.web import Reply

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["Validated"]

_KEPT_FOR: Final = "max-age=60"


class Validated:
    """An answer that says by a tag what it is, and for a minute need not be asked for again.

    Who has it already, and says so in ``If-None-Match``, is answered 304 and sent no body.
    """

    __slots__ = ("_tag", "_unchanged", "_whole")

    def __init__(self, body: bytes) -> None:
        self._tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"etag": self._tag, "cache-control": _KEPT_FOR}
        self._whole = Reply(body, headers=headers)
        self._unchanged = Reply(None, status=304, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or say that it has not changed."""
        reply = self._unchanged if self._is_known_to(scope) else self._whole
        await reply(scope, receive, send)

    def _is_known_to(self, scope: Scope) -> bool:
        """Tell whether one of the tags that the client has is this one's, or stands for any."""
        given = b",".join(text for name, text in scope["headers"] if name == b"if-none-match")
        if not given:
            return False
        tags = (tag.strip().removeprefix("W/") for tag in given.decode("latin-1").split(","))
        return any(tag in (self._tag, "*") for tag in tags)
