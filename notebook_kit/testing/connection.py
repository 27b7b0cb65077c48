"""One connection of a `FaultServer`: reads requests and carries out behaviours."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
from typing import TYPE_CHECKING

from notebook_kit.testing.behaviours import answer
from notebook_kit.testing.reactions import checked_behaviour
from notebook_kit.testing.records import Ledger, ReceivedRequest
from notebook_kit.testing.steps import (
    Behaviour,
    Drip,
    HangUp,
    Repeat,
    Reset,
    Send,
    Silence,
    Step,
    StopReading,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from notebook_kit.testing.steps import Reaction

__all__ = ["ServedConnection"]

_MAX_HEAD = 2**20
_LINGER_OFF = struct.pack("ii", 1, 0)  # "on, for 0 s": closing sends a reset


class ServedConnection(asyncio.Protocol):
    """Reads requests one after another and does to each what `choose` says.

    What cannot be done is told to ``failed``, and to the client as an answer of 500.
    """

    def __init__(
        self,
        ledger: Ledger,
        choose: Callable[[ReceivedRequest], Reaction],
        greet: Callable[[int], Behaviour | None],
        served: set[ServedConnection],
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._ledger = ledger
        self._choose = choose
        self._greet = greet
        self._served = served
        self._failed = failed
        self._wrote = False
        self._number = 0
        self._reader = asyncio.StreamReader(limit=_MAX_HEAD)
        self._gone = asyncio.Event()
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    # --- what the loop says ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection and start serving it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a stream server gives
        self._transport = transport
        self._reader.set_transport(transport)
        self._number = self._ledger.connection_opened()
        self._served.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Keep what came until it is asked for."""
        self._reader.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Count the end and wake whoever waits."""
        self._reader.feed_eof()
        self._gone.set()
        self._can_write.set()
        self._served.discard(self)
        self._ledger.connection_ended()

    def pause_writing(self) -> None:
        """Hold back: the client reads too slowly."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._can_write.set()

    def write(self, data: bytes) -> None:
        """Send bytes that are no part of an answer."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Close in the ordinary way."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever was still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    # --- what it does ---------------------------------------------------------------------------

    async def _serve(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            greeting = self._greet(self._number)
            if greeting is not None:
                await self._carry_out(greeting.steps, is_head_request=False)
            try:
                while not self._gone.is_set():
                    await self._serve_one()
            except (asyncio.LimitOverrunError, ValueError):
                # What came is not HTTP: there is nothing to answer.
                self.abort()

    async def _serve_one(self) -> None:
        head = await self._reader.readuntil(b"\r\n\r\n")
        request = ReceivedRequest(head, b"", self._number)
        reaction = self._choose(request)
        if isinstance(reaction, Behaviour):
            await self._answer(reaction.before_body, request)
        if not isinstance(reaction, Behaviour) or reaction.read_body:
            request = await self._with_body(request)
        self._ledger.request_received(request)
        behaviour = reaction if isinstance(reaction, Behaviour) else self._ask(reaction, request)
        await self._answer(behaviour.steps, request)
        self._ledger.request_answered()

    def _ask(
        self, reaction: Callable[[ReceivedRequest], Behaviour], request: ReceivedRequest
    ) -> Behaviour:
        try:
            return checked_behaviour(reaction(request))
        except BaseException as error:  # noqa: BLE001 - a failed assertion of a test may be any
            self._failed(request.path, error)
            return _told(request, error)

    async def _answer(self, steps: Sequence[Step], request: ReceivedRequest) -> None:
        """Carry out the steps; where one cannot be, say so instead of leaving the client alone."""
        is_head_request = request.method == "HEAD"
        self._wrote = False
        try:
            await self._carry_out(steps, is_head_request=is_head_request)
        except OSError:
            self.abort()  # The connection has gone from under the step.
        except Exception as error:  # noqa: BLE001 - told to the client and to the test
            self._failed(request.path, error)
            if not self._wrote:
                told = _told(request, error).steps
                await self._carry_out(told, is_head_request=is_head_request)
            self.close()

    async def _with_body(self, request: ReceivedRequest) -> ReceivedRequest:
        if (request.header("transfer-encoding") or b"").lower() == b"chunked":
            raw, body = await self._read_chunks()
        else:
            body = raw = await self._reader.readexactly(int(request.header("content-length") or 0))
        return ReceivedRequest(request.head, body, request.connection, raw)

    async def _read_chunks(self) -> tuple[bytes, bytes]:
        raw: list[bytes] = []
        body: list[bytes] = []
        while True:
            line = await self._reader.readuntil(b"\r\n")
            size = int(line.partition(b";")[0], 16)
            data = await self._reader.readexactly(size + 2)
            raw += [line, data]
            if size == 0:
                return b"".join(raw), b"".join(body)
            body.append(data[:-2])

    async def _carry_out(self, steps: Sequence[Step], *, is_head_request: bool) -> None:
        for step in steps:
            if self._gone.is_set():
                return
            await self._do(step, is_head_request=is_head_request)

    async def _do(self, step: Step, *, is_head_request: bool) -> None:
        transport = self._transport
        assert transport is not None  # noqa: S101 - a served connection has one
        match step:
            case Send(data, is_body):
                if not (is_body and is_head_request):
                    await self._write(data)
            case Drip(data, pause_s):
                await self._write_slowly((data[at : at + 1] for at in range(len(data))), pause_s)
            case Repeat(data, pause_s):
                await self._write_slowly(itertools.repeat(data), pause_s)
            case Wait(seconds):
                await self._wait(seconds)
            case Silence():
                await self._gone.wait()
            case StopReading():
                transport.pause_reading()
            case HangUp():
                transport.close()
                await self._gone.wait()
            case Reset():
                _reset(transport)
                await self._gone.wait()

    async def _write(self, data: bytes) -> None:
        self.write(data)
        self._wrote = True
        await self._can_write.wait()

    async def _write_slowly(self, pieces: Iterable[bytes], pause_s: float) -> None:
        for piece in pieces:
            if self._gone.is_set():
                return
            await self._write(piece)
            await self._wait(pause_s)

    async def _wait(self, seconds: float) -> None:
        if not seconds:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), seconds)


def _told(request: ReceivedRequest, error: BaseException) -> Behaviour:
    return answer(f"The reaction to {request.path} raised {error!r}", status=500)


def _reset(transport: asyncio.Transport) -> None:
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
    transport.abort()
