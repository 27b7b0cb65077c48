"""What the kit uses of aiohttp beyond its documentation: when one of these fails, aiohttp changed.

The conformance suite tells whether the whole still works; these tests tell where to look.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

import aiohttp
import httpx
import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.client_proto import ResponseHandler
from aiohttp.streams import DataQueue

from notebook_kit.client.transports.aiohttp_dialler import Dialler
from notebook_kit.client.transports.aiohttp_wire import Wire
from notebook_kit.client.transports.route import Route
from notebook_kit.testing import answer, answer_with_leftover

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer


def _parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_connector_opens_connections_by_the_method_that_is_called() -> None:
    """TCPConnector._create_connection takes a request, traces and a timeout."""
    expected = ["self", "req", "traces", "timeout"]
    assert _parameters(aiohttp.TCPConnector._create_connection) == expected


def test_the_connector_builds_the_request_for_a_tunnel_where_it_is_changed() -> None:
    """The method that builds it is there to be overridden."""
    method = aiohttp.BaseConnector._update_proxy_auth_header_and_build_proxy_req
    assert _parameters(method) == ["self", "req"]


def test_the_parser_is_set_up_with_these_words() -> None:
    """set_response_params knows every option that a Wire gives it."""
    given = {
        "skip_payload",
        "read_until_eof",
        "auto_decompress",
        "read_timeout",
        "read_bufsize",
        "max_line_size",
        "max_field_size",
        "max_headers",
    }
    assert given <= set(_parameters(ResponseHandler.set_response_params))


def test_a_connection_has_the_parts_that_a_wire_builds_on() -> None:
    """Reading, draining, timing and the state that says whether it can be used again."""
    assert inspect.iscoroutinefunction(DataQueue.read)
    assert inspect.iscoroutinefunction(BaseProtocol._drain_helper)
    for name in ("should_close", "read_timeout", "writing_paused"):
        assert isinstance(inspect.getattr_static(ResponseHandler, name), property)
    for name in ("start_timeout", "is_connected", "connection_lost", "data_received", "close"):
        assert callable(getattr(ResponseHandler, name))


def _run_on_wire(server: FaultServer, *requests: bytes) -> list[bool]:
    """Send raw requests over one Wire; tell after each answer whether it was at its end."""

    async def main() -> list[bool]:
        dialler = Dialler()
        wire, _ = await dialler.dial(Route(b"http", b"127.0.0.1", server.port), None)
        assert isinstance(wire, Wire)
        ends = []
        for request in requests:
            wire.expect_answer(to_head=request.startswith(b"HEAD"), read_timeout=1.0)
            assert wire._parser is not None
            wire.write(request)
            _, payload = await wire.read()
            while not payload.at_eof():
                await payload.readany()
            ends.append(wire.is_at_end())
            assert wire._parser is None
        wire.close()
        wire.close()
        await dialler.close()
        return ends

    return asyncio.run(main())


def test_connections_are_made_of_the_kits_own_class(server: FaultServer) -> None:
    """The connector's factory makes a Wire, whose parser is seen to be at its end or not."""
    server.when("/", answer("ok"))
    get, head = (b"%s / HTTP/1.1\r\nHost: a\r\n\r\n" % it for it in (b"GET", b"HEAD"))
    assert _run_on_wire(server, get, head, get) == [True, True, True]


@pytest.mark.parametrize(
    "leftover", [b"H", b"HTTP/1.1 200 OK\r\nX: 1", b"HTTP/1.1 204 No Content\r\n\r\n"]
)
def test_a_parser_that_has_begun_anew_is_not_at_its_end(
    server: FaultServer, leftover: bytes
) -> None:
    """One byte behind an answer is enough to tell."""
    server.when("/", answer_with_leftover("ok", leftover=leftover))
    assert _run_on_wire(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == [False]


def test_line_ends_behind_an_answer_are_nothing(server: FaultServer) -> None:
    """Some servers end a body with an empty line; HTTP says to pass over it."""
    server.when("/", answer_with_leftover("ok", leftover=b"\r\n"))
    assert _run_on_wire(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == [True]


def test_writing_to_a_connection_that_is_gone() -> None:
    """Writing after the end is an error, not silence."""

    async def main() -> None:
        wire = Wire(asyncio.get_running_loop())
        assert not wire.is_usable()
        with pytest.raises(ConnectionResetError):
            wire.write(b"x")
        wire.close()

    asyncio.run(main())


def test_lookups_are_timed(server: FaultServer) -> None:
    """A host name is looked up by the connector, which says so; an address is not."""
    server.when("/", answer("ok"))

    async def main() -> None:
        dialler = Dialler()
        for host, is_name in ((b"localhost", True), (b"127.0.0.1", False)):
            wire, dns_s = await dialler.dial(Route(b"http", host, server.port), None)
            assert (dns_s > 0) is is_name
            wire.close()
        await dialler.close()

    asyncio.run(main())


def test_a_lookup_that_fails_is_said_in_the_systems_words() -> None:
    """The cause of a ConnectError is the system's error, not aiohttp's."""

    async def main() -> None:
        dialler = Dialler()
        with pytest.raises(httpx.ConnectError, match="not found") as caught:
            await dialler.dial(Route(b"http", b"nowhere.invalid", 80), None)
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.__context__ is caught.value.__cause__ or (
            caught.value.__context__ is None
        )
        await dialler.close()

    asyncio.run(main())


class _Clock(asyncio.SelectorEventLoop):
    """A loop whose time is told to it, and whose timers go off when they are told to."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def pending(self) -> list[asyncio.TimerHandle]:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        return [timer for timer in scheduled if not timer.cancelled()]

    def go_to(self, now: float) -> None:
        self.now = now
        for timer in sorted(self.pending()):
            if timer.when() <= now:
                timer._run()
                timer.cancel()


def test_silence_is_timed_by_methods_that_are_there() -> None:
    """aiohttp times silence with these methods, which a Wire puts its own in the place of."""
    for name in ("_reschedule_timeout", "_drop_timeout", "_on_read_timeout"):
        assert _parameters(getattr(ResponseHandler, name)) == ["self"]


def test_one_timer_serves_all_requests_of_a_connection() -> None:
    """Silence counts from the last byte, and none while nothing is expected."""
    loop = _Clock()
    try:
        wire = Wire(loop)
        wire.expect_answer(to_head=False, read_timeout=10.0)
        for now in (0.0, 3.0, 6.0):
            loop.now = now
            wire.start_timeout()
        (timer,) = loop.pending()
        assert timer.when() == 10.0
        loop.go_to(10.0)
        assert wire.exception() is None
        (timer,) = loop.pending()
        assert timer.when() == 16.0
        wire._drop_timeout()
        loop.go_to(16.0)
        assert (wire.exception(), loop.pending()) == (None, [])
        wire.start_timeout()
        loop.go_to(26.0)
        assert isinstance(wire.exception(), aiohttp.SocketTimeoutError)
        assert loop.pending() == []
    finally:
        loop.close()


def test_a_shorter_limit_is_not_missed_for_a_longer_one() -> None:
    """The timer of an earlier request with more patience is replaced; closing takes it away."""
    loop = _Clock()
    try:
        wire = Wire(loop)
        wire.expect_answer(to_head=False, read_timeout=60.0)
        wire.start_timeout()
        wire.read_timeout = 1.0
        wire.start_timeout()
        assert [timer.when() for timer in loop.pending()] == [1.0]
        wire.read_timeout = None
        wire.start_timeout()
        loop.go_to(1.0)
        assert wire.exception() is None
        wire.read_timeout = 5.0
        wire.start_timeout()
        wire.close()
        assert loop.pending() == []
    finally:
        loop.close()


_BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"


def test_reading_goes_on_only_where_it_was_paused() -> None:
    """The parser is not fed nothing at each piece that is read, which costs as much as a piece."""
    parameters = inspect.signature(ResponseHandler.resume_reading).parameters
    assert list(parameters) == ["self", "resume_parser"]

    async def main() -> tuple[list[bytes], bool]:
        fed: list[bytes] = []

        class Fed(Wire):
            def data_received(self, data: bytes) -> None:
                fed.append(data)
                super().data_received(data)

        wire = Fed(asyncio.get_running_loop())
        wire.expect_answer(to_head=False, read_timeout=None)
        wire.data_received(_BEGUN)
        wire.resume_reading()
        assert fed == [_BEGUN]
        wire.pause_reading()
        assert wire._reading_paused
        wire.resume_reading()
        paused = wire._reading_paused
        wire.close()
        return fed, paused

    assert asyncio.run(main()) == ([_BEGUN, b""], False)
