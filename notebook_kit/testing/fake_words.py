"""What is said where a `FakeAPI` was asked for something that it does not expect."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from notebook_kit.errors import NotebookKitError
from notebook_kit.redact import redact_url, scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.testing.fake_requests import FakeRequest
    from notebook_kit.testing.fake_routes import FakeRoute

__all__ = ["UnexpectedRequest", "unexpected"]

_LISTED = 8


class UnexpectedRequest(NotebookKitError, AssertionError):
    """A `FakeAPI` was asked for something that no script is for.

    Attributes:
        call: the request as ``"GET https://host/path"``, secrets removed, or None.
    """

    def __init__(self, message: str = "", *, call: str | None = None) -> None:
        super().__init__(message)
        self.call = call


def unexpected(
    request: FakeRequest, routes: Sequence[FakeRoute], *, base: str
) -> UnexpectedRequest:
    """Return the error for a request that fits none of these, and say what to write."""
    verb, where = request.method.lower(), _written(request, base)
    write = f"fake.on({request.method!r}, {where!r})"
    if verb in {"get", "post", "put", "patch", "delete", "head", "options"}:
        write = f"fake.{verb}({where!r})"
    message = (
        f"{request} was not expected: {_why(request, where, routes)} "
        f"To expect it, write {write}.answers(...) before it is sent."
    )
    return UnexpectedRequest(scrub(message), call=str(request))


def _written(request: FakeRequest, base: str) -> str:
    """Return the path below the base, or the whole URL where it is elsewhere, without a query."""
    whole = redact_url(request.url).partition("?")[0]
    below = whole.removeprefix(base.rstrip("/"))
    return below if below.startswith("/") else whole


def _why(request: FakeRequest, where: str, routes: Sequence[FakeRoute]) -> str:
    if not routes:
        return "nothing is scripted."
    there = [route for route in routes if route.has_path_of(request)]
    for route in there:
        if route.method == request.method:
            return f"{route} is scripted, but {route.unlike(request)}."
    if there:
        methods = " and ".join(sorted({route.method for route in there}))
        return f"{there[0].path} is scripted for {methods} only."
    names = [str(route) for route in routes]
    close = difflib.get_close_matches(f"{request.method} {where}", names, n=1, cutoff=0.65)
    if close:
        return f"did you mean {close[0]}?"
    more = "" if len(names) <= _LISTED else f" and {len(names) - _LISTED} more"
    return f"scripted are {', '.join(names[:_LISTED])}{more}."
