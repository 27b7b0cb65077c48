"""A call: one request as a value. Making it sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.pending import Pending, UnsentCallWarning
from notebook_kit.client.response import Response
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Call", "UnsentCallWarning"]

#: What an answer has beside what its class has.
_OF_AN_ANSWER: Final = frozenset({"status_code", "headers", "history", "extensions"})


class Call(Pending[Response]):
    """One request as a value: ``await`` it, or ask for its `result`, to send it.

    Shown in a cell it says what to type. Each time it is awaited it is sent again.
    """

    __slots__ = ("method", "url")

    def __init__(
        self, method: str, url: str, send: Callable[[], Coroutine[Any, Any, Response]]
    ) -> None:
        self.method = method
        #: The URL that would be asked for, credentials hidden.
        self.url = redact_url(url)
        super().__init__(f"{method} {self.url}", send)

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
