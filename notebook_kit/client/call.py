"""A call: one request as a value. Making it sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.pending import Pending, UnsentCallWarning
from notebook_kit.client.response import Response
from notebook_kit.errors.brevity import brief
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from notebook_kit.client.kept.shortcut import Shortcut
    from notebook_kit.policies.durations import Duration

__all__ = ["Call", "UnsentCallWarning"]

#: What an answer has beside what its class has.
_OF_AN_ANSWER: Final = frozenset({"status_code", "headers", "history", "extensions"})


class Call(Pending[Response]):
    """One request as a value: ``await`` it, or ask for its `result`, to send it.

    Shown in a cell it says what to type. Each time it is awaited it is sent again.
    """

    __slots__ = ("_kept", "method", "url")

    def __init__(
        self,
        method: str,
        url: str,
        send: Callable[[], Coroutine[Any, Any, Response]],
        kept: Shortcut | None = None,
    ) -> None:
        self._kept = kept
        self.method = method
        #: The URL that would be asked for, credentials hidden.
        self.url = redact_url(url)
        super().__init__(f"{method} {self.url}", send)

    def _awaited(self) -> Coroutine[Any, Any, Response]:
        # One coroutine less, where nothing can be kept.
        return self._sent_and_read() if self._kept is None else self._known(self._kept)

    async def _known(self, kept: Shortcut) -> Response:
        with brief:
            known = kept.take()
            return await self._sent_and_read() if known is None else known

    def result(self, timeout: Duration | None = None) -> Response:
        """Send it and wait for the answer, without `await`; see `Pending.result`."""
        if timeout is None and self._kept is not None:
            self._trace.used = True
            with brief:
                if (kept := self._kept.take()) is not None:
                    return kept
        return super().result(timeout)

    def __getattr__(self, name: str) -> Any:
        # A copy in the making has nothing yet, and is asked for what Python asks of any object.
        if name.startswith("_"):
            message = f"A call has no attribute {name!r}."
            raise AttributeError(message)
        # Asked for what its answer has, it was surely meant to be awaited.
        self._trace.used = True
        if not hasattr(httpx.Response, name) and name not in _OF_AN_ANSWER:
            message = f"A call has no attribute {name!r}."
            raise AttributeError(message)
        raise self._refuse(name)
