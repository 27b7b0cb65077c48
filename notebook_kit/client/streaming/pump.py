"""What reads a stream on the I/O loop, ahead of who reads it elsewhere, and never too far."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.closing_faults import (
    add_faults,
    close_and_tell,
    closing_error,
    is_of_closing,
)
from notebook_kit.client.decoding import decoded
from notebook_kit.client.own_code import ODD, in_place_of
from notebook_kit.client.streaming.channel import Channel
from notebook_kit.client.streaming.opening import Opening
from notebook_kit.client.streaming.silence import Silence
from notebook_kit.client.streaming.source import Source
from notebook_kit.client.taped import tell_late
from notebook_kit.client.translate import translate
from notebook_kit.client.transports.body_bounds import Excess
from notebook_kit.errors import ClosedError, RequestError, RequestTimeout, StreamStalled
from notebook_kit.errors.effort import tell_effort
from notebook_kit.execution import Future, io_loop
from notebook_kit.execution.tracebacks import lighten
from notebook_kit.lifetime import Holding, note
from notebook_kit.numbers import size
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from notebook_kit.client.response import Response

__all__ = ["Pump"]


class Pump:
    """Opens one stream and carries its bytes to the channel, until its end or until it is cut.

    It holds neither who reads nor, once the stream is open, the client: both can be collected.

    Args:
        send: opens the stream as its option ``stream`` says, and returns the answer, body unread.
        call: the call in words, secrets removed.
        stall_s: seconds of silence that are too long, or None.
        live: the streams that are cut when the client is closed.
        most: how many bytes may come in all; None for any number.

    Attributes:
        channel: where the bytes come out.
        opened: done when the answer is here, or will not come.
        ended: done when the connection has been let go.
        response: the answer, once there is one.
    """

    def __init__(
        self,
        send: Callable[..., Coroutine[Any, Any, Response]],
        *,
        call: str,
        stall_s: float | None,
        live: set[Callable[[], None]],
        most: int | None = None,
    ) -> None:
        self.channel = Channel()
        self.opened: Future[None] = Future()
        self.ended: Future[None] = Future()
        self.response: Response | None = None
        self._send: Callable[..., Coroutine[Any, Any, Response]] | None = send
        self._call = call
        self._stall_s = stall_s
        self._live = live
        self._most = most
        self._began = time.monotonic()
        self._silence = Silence(stall_s, lambda: self.channel.dry_since, self._stall)
        self._asked = asyncio.Event()
        self._raw = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._cut_off = False
        self._running = False
        self._stalled = False
        self._failure: BaseException | None = None
        #: What closing the answer raised, until somebody is told of it.
        self._fault: Exception | None = None
        self._said = ""
        self._pid = os.getpid()

    # From any thread

    def start(self) -> None:
        """Begin to open the stream; once."""
        if self._loop is None:
            self._loop, self._began = io_loop(), time.monotonic()
            close = {"Close": Pump.close_soon}
            note(self, kind="stream", name=self._call, look=_holding, acts=close)
            self._loop.call_soon_threadsafe(self._begin)

    def ask(self, *, raw: bool) -> None:
        """Begin to read the body; ``raw`` leaves its content-encoding as it is."""
        self._raw = raw
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    def close_soon(self) -> None:
        """Let go of the connection in a moment; also in the middle of garbage collection."""
        loop = self._loop
        if loop is None:
            self._cut_off = True
        elif self._pid == os.getpid() and not self.ended.done():
            # Where the loop is closed, so is every connection.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.cut)

    def refuse_in_child(self) -> None:
        """Check that the stream belongs to this process.

        Raises:
            ClosedError: in a forked child, where nothing comes.
        """
        if self._pid != os.getpid():
            message = f"{self._call}: this stream was opened before the process was forked."
            raise ClosedError(message)

    def tell_effort(self, error: RequestError) -> None:
        """Have the error of a stream that had begun tell how long it went, and what that took."""
        tell_effort(error, 1, time.monotonic() - self._began)

    @property
    def lives_here(self) -> bool:
        """Whether the stream belongs to this process and not to the one it was forked from."""
        return self._pid == os.getpid()

    def failure(self) -> BaseException | None:
        """Return what the stream ended with, or None where it came to its end.

        It is given out once, because its traceback holds who it was raised to; after that there is
        another in its place that tells of it.
        """
        failure, self._failure = self._failure, None
        self._fault = None
        if failure is None and self._said:
            return ClosedError(f"This stream has ended already, with an error: {self._said}")
        return failure

    def closing_fault(self) -> RequestError | None:
        """Return the error for what closing the answer raised, if nobody was told of it; once."""
        fault, self._fault = self._fault, None
        return None if fault is None else closing_error(self._call, fault)

    # On the I/O loop

    def _begin(self) -> None:
        if self._cut_off:
            self._finish(self._closed())
            return
        self._live.add(self.cut)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def cut(self) -> None:
        """Let go of the connection; on the I/O loop."""
        self._cut_off = True
        # A task that is cancelled before its first step never gets to say that it ended.
        if self._task is not None and self._running:
            self._task.cancel()

    def _stall(self) -> None:
        self._stalled = True
        if self.response is not None:
            tell_late(self.response.request, self._stall_error)
        self.cut()

    async def _run(self) -> None:
        failure: BaseException | None = None
        self._running = True
        try:
            await self._carry()
        except asyncio.CancelledError:
            failure = self._stall_error() if self._stalled else self._closed()
        except BaseException as error:  # noqa: BLE001 - handed to who reads
            if isinstance(error, Exception) and is_of_closing(error):
                self._fault = error
            else:
                failure = self._told(error)
        if failure is None:
            failure = self._fault and closing_error(self._call, self._fault)
        elif self._fault is not None and not isinstance(failure, ClosedError):
            add_faults(failure, [self._fault])
            self._fault = None
        if self.response is not None and isinstance(failure, RequestError):
            self.tell_effort(failure)
        self._finish(failure)

    async def _carry(self) -> None:
        send, self._send = self._send, None
        if self._cut_off:
            raise asyncio.CancelledError
        assert send is not None  # noqa: S101 - it runs once
        opening = Opening(self._stall_s)
        response = await send(stream=opening)
        del send
        opening.opened()
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - it came by one
        grows = "content-encoding" in response.headers
        ready, heard = self.channel.room, self._silence.heard
        response.stream = Source(stream, grows=grows, ready=ready, heard=heard)
        self.response = response
        try:
            self.opened.set_result(None)
            await self._asked.wait()
            self._silence.start(asyncio.get_running_loop())
            async for chunk in response.aiter_raw() if self._raw else decoded(response):
                if chunk:
                    # A small piece of what is compressed may become many.
                    await self.channel.room()
                    self.channel.put(chunk)
                    if self._most is not None and self.channel.came > self._most:
                        Excess(self._most, response.status_code).found("", self.channel.came)
        except (Exception, *ODD) as error:
            instead = self._instead_of(error, response)
            if instead is error:
                raise
            raise instead from error
        finally:
            self._silence.stop()
            self._fault = await close_and_tell(response)

    def _instead_of(self, error: BaseException, response: Response) -> BaseException:
        if isinstance(error, Exception):
            error = translate(error, response.request)
        if isinstance(error, ODD):
            return in_place_of(error, asyncio.current_task(), lambda: self._call)
        return error

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, RequestTimeout) and error.phase == "read":
            stalled = self._stall_error()
            tell_effort(stalled, error.attempts, error.elapsed_s or 0.0)
            return stalled
        lighten(error)
        return error

    def _stall_error(self) -> StreamStalled:
        began = "nothing came" if self.response is None else "nothing more came"
        limit = "" if self._stall_s is None else f" for {self._stall_s:g} s"
        message = (
            f"{self._call}: {began}{limit}. If it is to be waited for longer, say so: "
            "client.stream(..., stall_timeout='5 min'), or None for any time."
        )
        return StreamStalled(message, call=self._call)

    def _closed(self) -> ClosedError:
        return ClosedError(f"{self._call}: the stream was closed before it came to its end.")

    def _finish(self, failure: BaseException | None) -> None:
        self._live.discard(self.cut)
        self._failure = failure
        self._said = "" if failure is None else text_of(failure) or type(failure).__name__
        self.channel.end()
        if not self.opened.done():
            self.opened.set_result(None)
        self.ended.set_result(None)


def _holding(pump: Pump) -> Holding | None:
    if pump.ended.done() or not pump.lives_here:
        return None
    came = pump.channel.came
    text = "being opened" if pump.response is None else f"{size(came)} came so far"
    # Its connection is one of its client's.
    return Holding(text, uses=1, busy=True)
