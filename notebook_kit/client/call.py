"""A call: one request as a value. Making it sends nothing."""

from __future__ import annotations

import asyncio
import concurrent.futures
import warnings
import weakref
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.errors import RequestError, WouldDeadlock
from notebook_kit.execution import on_io_loop, submit, wait_async, wait_sync
from notebook_kit.lifetime import Origin, caller_origin
from notebook_kit.markup import element
from notebook_kit.policies.durations import seconds
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from notebook_kit.client.response import Response
    from notebook_kit.policies.durations import Duration

__all__ = ["Call", "UnsentCallWarning"]

_STYLE: Final = "border-left:3px solid #d08700;padding:4px 12px;font-size:13px;max-width:960px"


class UnsentCallWarning(RuntimeWarning):
    """A call was made and thrown away without ever having been sent."""


class _Trace:
    """Whether a call was used, kept apart from it so that its finalizer does not hold it."""

    __slots__ = ("origin", "text", "used")

    def __init__(self, text: str) -> None:
        self.text = text
        self.used = False
        self.origin: Origin = caller_origin()


#: Lines that were warned about already: one warning a line, however often the line runs.
_warned: set[tuple[str, int]] = set()


class Call:
    """One request as a value: ``await`` it, or ask for its `result`, to send it.

    Shown in a cell it says what to type. Each time it is awaited it is sent again.
    """

    __slots__ = ("__weakref__", "_send", "_trace", "method", "url")

    def __init__(
        self, method: str, url: str, send: Callable[[], Coroutine[Any, Any, Response]]
    ) -> None:
        self.method = method
        #: The URL that would be asked for, credentials hidden.
        self.url = redact_url(url)
        self._send = send
        self._trace = _Trace(f"{method} {self.url}")
        weakref.finalize(self, _warn_if_unsent, self._trace).atexit = False

    def __await__(self) -> Generator[Any, None, Response]:
        self._trace.used = True
        return self._awaited().__await__()

    def send(self) -> Coroutine[Any, Any, Response]:
        """Return a coroutine that sends it, for `asyncio.create_task` and task groups.

        >>> async def both():
        ...     async with asyncio.TaskGroup() as group:
        ...         first = group.create_task(client.get("/airports/ZRH").send())
        ...         second = group.create_task(client.get("/airports/GVA").send())
        ...     return [task.result().json()["city"] for task in (first, second)]
        >>> asyncio.run(both())
        ['Zurich', 'Geneva']
        """
        self._trace.used = True
        return self._awaited()

    async def _awaited(self) -> Response:
        if on_io_loop():
            return await self._send()
        future = submit(self._send())
        try:
            response: Response = await wait_async(future)
        except concurrent.futures.CancelledError:
            # Cut on the other thread; for who awaits it is a cancellation like any other.
            raise asyncio.CancelledError from None
        except RequestError as error:
            # What happened is in its words; the frames in between are the kit's own affair.
            raise error.with_traceback(None) from None
        except BaseException:
            # Interrupted or cancelled: nothing may go on behind the caller's back.
            future.cancel()
            raise
        return response

    def result(self, timeout: Duration | None = None) -> Response:
        """Send it and wait for the answer, without `await`.

        Args:
            timeout: how long to wait at most, in seconds or as ``"5 s"`` or a timedelta; the call
                is cut after that.

        Raises:
            ConfigurationError: when the timeout is no duration.
            RequestError: of the class that fits, as `await` does.
            TimeoutError: when it takes longer.
            WouldDeadlock: when called from the kit's own I/O thread.
        """
        self._trace.used = True
        limit_s = None if timeout is None else seconds(timeout, name="timeout", zero=True)
        if on_io_loop():
            message = "result() would block the thread that has to do the work: write `await`."
            raise WouldDeadlock(message)
        future = submit(self._send())
        try:
            wait_sync(future, timeout_s=limit_s)
        except BaseException:
            future.cancel()
            raise
        try:
            response: Response = future.result()
        except RequestError as error:
            raise error.with_traceback(None) from None
        return response

    def __getattr__(self, name: str) -> Any:
        # Asked for what its answer has, it was surely meant to be awaited.
        self._trace.used = True
        if not hasattr(httpx.Response, name):
            message = f"A call has no attribute {name!r}."
            raise AttributeError(message)
        message = (
            f"{self.method} {self.url} was not sent yet, so there is no .{name}: write "
            f"(await call).{name}, or call.result().{name} where there is no await."
        )
        raise AttributeError(message)

    def __repr__(self) -> str:
        self._trace.used = True
        return (
            f"<Call {self.method} {self.url}: not sent yet; write `await call`, or "
            "`call.result()` where there is no await>"
        )

    def _repr_html_(self) -> str:
        self._trace.used = True
        return element(
            "div",
            element("b", "Not sent yet: "),
            element("code", f"{self.method} {self.url}", style="background:none;color:inherit"),
            element(
                "div",
                "Put ",
                element("code", "await"),
                " before it to send it, or ",
                element("code", ".result()"),
                " after it where there is no await.",
                style="opacity:.8",
            ),
            style=_STYLE,
        )


def _warn_if_unsent(trace: _Trace) -> None:
    line = (trace.origin.filename, trace.origin.lineno)
    if trace.used or line in _warned:
        return
    _warned.add(line)
    warnings.warn_explicit(
        f"{trace.text} was never sent: put `await` before it, or `.result()` after it.",
        UnsentCallWarning,
        *line,
    )
