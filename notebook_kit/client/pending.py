"""What is not done yet: a value that is made when it is awaited, or asked for its result."""

from __future__ import annotations

import warnings
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from notebook_kit.errors import RequestError, WouldDeadlock
from notebook_kit.errors.brevity import brief
from notebook_kit.execution import (
    Future,
    begin_on_io_loop,
    done_on_io_loop,
    on_io_loop,
    wait_sync,
)
from notebook_kit.lifetime import Origin, caller_origin
from notebook_kit.markup import NO_FORMULA, element, visible
from notebook_kit.policies.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from notebook_kit.policies.durations import Duration

__all__ = ["Pending", "Trace", "UnsentCallWarning", "unsent_box", "watched"]

T_co = TypeVar("T_co", covariant=True)

_STYLE: Final = "border-left:3px solid #d08700;padding:4px 12px;font-size:13px;max-width:960px"


class UnsentCallWarning(RuntimeWarning):
    """A call was made and thrown away without ever having been sent."""


class Trace:
    """Whether a call was used, kept apart from it so that its finalizer does not hold it.

    Attributes:
        text: the call in words, secrets removed.
        advice: what to write so that it is sent.
        used: whether it was sent, shown or mapped.
        origin: where it was made.
    """

    __slots__ = ("advice", "origin", "text", "used")

    def __init__(self, text: str, advice: str) -> None:
        self.text = text
        self.advice = advice
        self.used = False
        self.origin: Origin = caller_origin()


#: Lines that were warned about already: one warning a line, however often the line runs.
_warned: set[tuple[str, int]] = set()


def watched(
    owner: object,
    text: str,
    advice: str = "put `await` before it, or `.result()` after it",
) -> Trace:
    """Return the trace of something to be sent, and warn if it is collected and never was."""
    trace = Trace(text, advice)
    weakref.finalize(owner, _warn_if_unsent, trace).atexit = False
    return trace


class Pending(Generic[T_co]):
    """Something to be sent: ``await`` it, or ask for its `result`.

    Shown in a cell it says what to type. Each time it is awaited it is sent again.

    Args:
        text: what it is in words, secrets removed, as ``"GET https://host/path"``.
        send: sends it, on the kit's own I/O loop.
    """

    __slots__ = ("__weakref__", "_send", "_trace")

    def __init__(self, text: str, send: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._send = send
        self._trace = watched(self, text)

    def __await__(self) -> Generator[Any, None, T_co]:
        self._trace.used = True
        return self._awaited().__await__()

    def send(self) -> Coroutine[Any, Any, T_co]:
        """Return a coroutine that sends it, for `asyncio.create_task` and task groups.

        >>> import asyncio
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

    def _read(self, sent: Any) -> T_co:
        """Return what is made, in the caller's own thread, of what sending gave."""
        made: T_co = sent
        return made

    def _awaited(self) -> Coroutine[Any, Any, T_co]:
        return self._sent_and_read()

    async def _sent_and_read(self) -> T_co:
        with brief:
            if on_io_loop():
                return self._read(await self._send())
            try:
                sent = await done_on_io_loop(self._send)
            except RequestError as error:
                # What happened is in its words; the frames in between are the kit's own affair.
                raise error.with_traceback(None) from None
            return self._read(sent)

    def _starting(self) -> tuple[Future[Any], Callable[[], object]]:
        """Return, for who waits without `await`, what to wait for, and what starts it."""
        future: Future[Any] = Future()
        return future, partial(begin_on_io_loop, future, self._send)

    def result(self, timeout: Duration | None = None) -> T_co:
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
        with brief:
            self._trace.used = True
            limit_s = None if timeout is None else seconds(timeout, name="timeout", zero=True)
            if on_io_loop():
                message = "result() would block the thread that has to do the work: write `await`."
                raise WouldDeadlock(message)
            future, start = self._starting()
            # Whatever moment an interrupt comes in, nothing may go on behind the caller's back.
            try:
                start()
                wait_sync(future, timeout_s=limit_s)
            except BaseException as ended:
                future.cancel()
                if isinstance(ended, TimeoutError):
                    message = f"{self._trace.text}: not done after {limit_s:g} s, so it was cut."
                    raise TimeoutError(message) from None
                raise
            try:
                sent = future.result()
            except RequestError as error:
                raise error.with_traceback(None) from None
            return self._read(sent)

    def _refuse(self, name: str) -> AttributeError:
        """Return the error for who asks this for what its answer has."""
        self._trace.used = True
        message = (
            f"{self._trace.text} was not sent yet, so there is no .{name}: write "
            f"(await call).{name}, or call.result().{name} where there is no await."
        )
        return AttributeError(message)

    def __repr__(self) -> str:
        self._trace.used = True
        return (
            f"<{type(self).__name__} {visible(self._trace.text)}: not sent yet; write "
            "`await call`, or `call.result()` where there is no await>"
        )

    def _repr_html_(self) -> str:
        self._trace.used = True
        return unsent_box(
            self._trace.text,
            "Put ",
            element("code", "await"),
            " before it to send it, or ",
            element("code", ".result()"),
            " after it where there is no await.",
        )


def unsent_box(text: str, *advice: str) -> str:
    """Return what is shown of something not sent yet: what it is, and what to type."""
    return element(
        "div",
        element("b", "Not sent yet: "),
        element("code", text, style="background:none;color:inherit"),
        element("div", *advice, style="opacity:.8"),
        class_=NO_FORMULA,
        style=_STYLE,
    )


def _warn_if_unsent(trace: Trace) -> None:
    line = (trace.origin.filename, trace.origin.lineno)
    if trace.used or line in _warned:
        return
    _warned.add(line)
    warnings.warn_explicit(
        f"{trace.text} was never sent: {trace.advice}.",
        UnsentCallWarning,
        *line,
    )
