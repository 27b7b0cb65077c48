"""Code of a user's that raises whatever there is, in each place where the kit calls it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NoReturn

import httpx

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

__all__ = ["INTERRUPTS", "IN_CALLS", "IN_ROWS", "MAKERS", "ODD", "Speechless", "work_of"]

#: What each is called in the table, and what makes it.
MAKERS: Final[dict[str, Callable[[], BaseException]]] = {
    "ValueError": lambda: ValueError("mine"),
    "RecursionError": lambda: RecursionError("mine"),
    "MemoryError": lambda: MemoryError("mine"),
    "StopIteration": lambda: StopIteration("mine"),
    "StopAsyncIteration": lambda: StopAsyncIteration("mine"),
    "TimeoutError": lambda: TimeoutError("mine"),
    "ConnectionResetError": lambda: ConnectionResetError("mine"),
    "speechless": lambda: Speechless(),  # noqa: PLW0108 - defined below
    "group of one": lambda: ExceptionGroup("mine", [ExceptionGroup("in", [ValueError("mine")])]),
    "group of two": lambda: ExceptionGroup("mine", [ValueError("a"), KeyError("b")]),
    "CancelledError": lambda: asyncio.CancelledError("mine"),
    "GeneratorExit": lambda: GeneratorExit("mine"),
    "group with CancelledError": lambda: BaseExceptionGroup(
        "mine", [asyncio.CancelledError(), ValueError("a")]
    ),
    "group with GeneratorExit": lambda: BaseExceptionGroup("mine", [GeneratorExit("mine")]),
    "SystemExit": lambda: SystemExit("mine"),
    "KeyboardInterrupt": lambda: KeyboardInterrupt("mine"),
    "group with KeyboardInterrupt": lambda: BaseExceptionGroup(
        "mine", [ValueError("a"), BaseExceptionGroup("in", [KeyboardInterrupt("mine")])]
    ),
    "group with SystemExit": lambda: BaseExceptionGroup("mine", [SystemExit("mine")]),
}
#: What goes on through everything, and ends who waits.
INTERRUPTS: Final = frozenset(name for name in MAKERS if name.endswith(("Interrupt", "SystemExit")))
#: What would end who waits without being an error, and becomes one.
ODD: Final = frozenset(
    name for name in MAKERS if name.endswith(("CancelledError", "GeneratorExit", "of two"))
)


class Speechless(Exception):
    """An error that cannot be shown."""

    def __str__(self) -> NoReturn:
        raise RuntimeError("no words")

    __repr__ = __str__


class _Body(httpx.AsyncByteStream):
    def __init__(self, what: Callable[[], NoReturn] | None) -> None:
        self._what = what

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"n": 1}'
        if self._what is not None:
            self._what()


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, place: str, raising: Callable[[str], NoReturn]) -> None:
        self._place = place
        self._raising = raising

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        bad = request.url.path.endswith("/1")
        if self._place == "transport" and bad:
            self._raising("1")
        what = (lambda: self._raising("1")) if self._place == "body" and bad else None
        status = 503 if self._place == "retry_if" and bad else 200
        return httpx.Response(
            status, headers={"content-type": "application/json"}, stream=_Body(what)
        )


class _Auth(httpx.Auth):
    def __init__(self, raising: Callable[[str], object]) -> None:
        self._raising = raising

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        self._raising(request.url.path[-1])
        yield request


def work_of(  # noqa: C901 - one branch for each place
    place: str, make: Callable[[], BaseException]
) -> tuple[nk.Client, dict[str, Any]]:
    """Return a client, and options of a map, whose code raises for the item 1 in one place."""

    def raising(item: Any) -> Any:
        if str(item) == "1":
            raise make()
        return 1.0

    async def hook(message: httpx.Request | httpx.Response) -> None:
        url = message.url if isinstance(message, httpx.Request) else message.request.url
        raising(url.path[-1])

    def given(response: httpx.Response) -> Any:
        return raising(response.request.url.path[-1])

    of_client: dict[str, Any] = {"transport": _Transport(place, raising), "retry": 0}
    of_map: dict[str, Any] = {}
    if place.endswith(" hook"):
        of_client["event_hooks"] = {place.removesuffix(" hook"): [hook]}
    elif place == "auth":
        of_client["auth"] = _Auth(raising)
    elif place in ("retry_value", "retry_if"):
        # Neither is told of the item, so that it raises for all.
        asked: dict[str, Any] = {place: lambda _value: raising(1)}
        of_client["retry"] = nk.Retry(max_attempts=1, **asked)
    elif place == "parse":
        of_map["parse"] = given
    elif place in ("json", "params", "headers", "content"):
        forms: dict[str, Callable[[Any], Any]] = {
            "json": raising,
            "content": lambda item: str(raising(item)).encode(),
        }
        of_map[place] = forms.get(place, lambda item: {"x-a": str(raising(item))})
        of_map["method"] = "POST"
    elif place in ("key", "priority", "weight"):
        options: dict[str, dict[str, Any]] = {
            "key": {"dedupe": True, "key": lambda item: (raising(item), item)},
            "priority": {"priority": raising, "order": "low_first"},
            "weight": {"rate": nk.Rate(1_000, per="s", weight=raising)},
        }
        of_map |= options[place]
    elif place == "idempotency_key":
        of_map |= {"method": "POST", place: lambda item: f"{raising(item)} {item}"}
    return nk.Client("http://host", **of_client), of_map


#: Where the kit calls code of the user's for a single call.
IN_CALLS: Final = ("transport", "body", "request hook", "response hook", "auth", "retry_value")
#: Where it does for one row of a map.
IN_ROWS: Final = (
    *("transport", "body", "request hook", "response hook", "auth", "parse", "json", "params"),
    *("headers", "content", "key", "priority", "weight", "idempotency_key"),
)
