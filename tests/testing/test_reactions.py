"""What a fault server refuses to be told, before a client waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

import notebook_kit as nk
from notebook_kit.testing import (
    Behaviour,
    Drip,
    FaultServer,
    HangUp,
    ReceivedRequest,
    Reset,
    Send,
    Wait,
    answer,
    answer_chunked,
    fault,
    half_body,
)
from notebook_kit.testing.certificates import server_context
from notebook_kit.testing.faults import bomb
from tests.testing.raw import GET, ask, connect, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_kit.testing.steps import Step


async def chosen_later(request: ReceivedRequest) -> Behaviour:
    raise NotImplementedError(request)


def takes_nothing() -> Behaviour:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (half_body, r"^half_body is not called: write half_body\(\)\.$"),
        ("half_body", r"^'half_body' is not called: write half_body\(\)\.$"),
        ("hello", r"^'hello' is no behaviour: write answer\('hello'\)\.$"),
        ({"a": 1}, r"is no behaviour: write answer\({'a': 1}\)\.$"),
        (None, r"^None is no behaviour: write answer\('\.\.\.'\), half_body\(\) or another"),
        (Behaviour, r"is no behaviour: write answer"),
        (HangUp(), r"is one step, and no behaviour: write Behaviour\(\[HangUp\(\)\]\)\.$"),
        (fault("hang"), r"write fault\('hang'\)\.arrange\(server, path\)\.$"),
        (chosen_later, r"^chosen_later is async"),
        (takes_nothing, r"^takes_nothing cannot be given the request .*: let it take one"),
        (Behaviour(["x"]), r"^'x' is no step of a behaviour"),  # type: ignore[list-item]  # wrong
        (Behaviour([Send("x")]), r"^Send\('x'\) has no bytes: write Send\(b"),  # type: ignore[arg-type]  # as above
        (Behaviour([], [Wait("1 s")]), r"^Wait waits for '1 s': write seconds"),  # type: ignore[arg-type]  # as above
        (Behaviour([Drip(b"", None)]), r"^Drip waits for None"),  # type: ignore[arg-type]  # as above
    ],
)
def test_what_is_no_behaviour(server: FaultServer, given: Any, told: str) -> None:
    """It is refused when it is written down, with what to write instead."""
    with pytest.raises(nk.ConfigurationError, match=told):
        server.when("/x", answer(), given)
    if not callable(given):
        with pytest.raises(nk.ConfigurationError, match=told):
            server.when_connected(1, given)


def test_functions_of_which_nothing_is_known(server: FaultServer) -> None:
    """A callable without a signature is left to its call."""
    odd: Any = type("Odd", (), {"__call__": print, "__signature__": 3})()
    server.when("/x", odd)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("x", r"^'x' is no path: begin it with '/', as in {}'/x'"),
        ("", r"^'' is no path"),
        (3, r"^path=3 is no text: write {}'/users/7'"),
        ("/x?page=2", r"has a query, which does not count: write {}'/x'"),
    ],
)
def test_what_is_no_path(server: FaultServer, path: Any, told: str) -> None:
    """It is refused for scripts and for faults, each told as it is written there."""
    with pytest.raises(nk.ConfigurationError, match=told.format(r"server\.when\(")):
        server.when(path, answer())
    arrange = r"fault\('half-body'\)\.arrange\(server, "
    with pytest.raises(nk.ConfigurationError, match=told.format(arrange)):
        fault("half-body").arrange(server, path)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"body": 5}, r"^5 is neither text nor bytes: .*, or a dict or list"),
        ({"body": {"a": {1}}}, r"^the body cannot be written as JSON"),
        ({"status": "404"}, r"^status='404' must be a whole number"),
        ({"headers": ["ab"]}, r"^headers= has 'ab': write \[\('name', 'value'\)\] or a dict"),
        ({"headers": [("a", 1)]}, r"^1 is neither text nor bytes"),
    ],
)
def test_what_is_no_answer(options: Any, told: str) -> None:
    """An answer that could not be sent is refused where it is made."""
    with pytest.raises(nk.ConfigurationError, match=told):
        answer(**options)


def test_plain_data_is_written_as_json(server: FaultServer) -> None:
    """With its content type, unless another is given; headers may be a mapping."""
    server.when("/", answer({"a": 1}, keep_alive=False))
    assert b"Content-Type: application/json\r\n" in ask(server)
    server.when("/", answer([1], headers={"content-type": "x/y"}, keep_alive=False))
    said = ask(server)
    assert said.endswith(b"[1]")
    assert b"json" not in said
    server.when("/", answer_chunked([b"x"], headers={"ETag": "1"}, keep_alive=False))
    assert b"ETag: 1\r\n" in ask(server)


def test_what_cannot_be_done_is_told() -> None:
    """Of a function that chooses nothing the client is told at once, and the test at the end."""
    server = FaultServer().start()
    server.when("/x", lambda _: None)  # type: ignore[arg-type, return-value]  # as above
    for _ in range(2):
        said = ask(server, GET % b"/x", size=200)
        assert said.startswith(b"HTTP/1.1 500")
        assert b"None is no behaviour" in said
    for end in (server.check, server.close):
        with pytest.raises(AssertionError, match=r"/x raised .*None is no b.*\(1 more failed"):
            end()
    server.close()


def test_a_step_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as well; of an answer that has begun the connection ends instead."""
    monkeypatch.setattr("notebook_kit.testing.connection._reset", None)
    server = FaultServer().start()
    server.when("/early", Behaviour([Reset()]))
    server.when("/late", Behaviour([Send(b"begun"), Reset()]))
    assert ask(server, GET % b"/early").startswith(b"HTTP/1.1 500")
    assert ask(server, GET % b"/late") == b"begun"
    with pytest.raises(AssertionError, match=r"/early raised TypeError"):
        server.close()


def test_the_error_of_a_block_comes_first() -> None:
    """A block that ends with an error of its own keeps that one."""

    def block() -> None:
        with FaultServer() as server:
            server.when("/x", lambda _: 1 // 0)  # type: ignore[arg-type, return-value]  # as above
            ask(server, GET % b"/x", size=12)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        block()


def test_a_server_that_is_closed() -> None:
    """It says so when it is asked where it is."""
    with FaultServer() as server:
        pass
    with pytest.raises(RuntimeError, match="The server is closed"):
        _ = server.url


@pytest.mark.parametrize("name", ["wrong-name", "half-body-over-tls"])
def test_faults_of_tls_need_their_server(name: str) -> None:
    """A server without TLS, or with another certificate, could not show them."""
    needed = (
        r"shows only on a server that speaks TLS with the certificate '.*speaks {}: start it as"
    )
    it = fault(name)
    with FaultServer() as plain, pytest.raises(nk.ConfigurationError) as raised:
        it.arrange(plain, "/x")
    raised.match(needed.format("plain HTTP"))
    raised.match(rf"`with fault\('{name}'\)\.server\(\) as server:`")
    with FaultServer(ssl_context=server_context("expired")) as other:
        with pytest.raises(nk.ConfigurationError, match=needed.format("TLS with 'expired'")):
            it.arrange(other, "/x")
        with pytest.raises(nk.ConfigurationError, match="on a server that speaks no TLS"):
            fault("no-tls").arrange(other, "/x")
        fault("half-body").arrange(other, "/x")


def test_arguments_that_are_swapped(server: FaultServer) -> None:
    """The server comes first."""
    with pytest.raises(nk.ConfigurationError, match=r"has '/x' where the server belongs"):
        fault("hang").arrange("/x", server)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("name", [3, None])
def test_a_name_that_is_none(name: Any) -> None:
    """What is no text names no fault."""
    with pytest.raises(KeyError, match="is no name of a fault"):
        fault(name)


def test_another_fault_starts_clean(server: FaultServer) -> None:
    """A fault of all connections ends when the next is arranged; what was said by hand stays."""
    fault("closed-when-connected").arrange(server, "/bad")
    with connect(server) as connection:
        assert read_all(connection) == b""
    fault("half-body").arrange(server, "/x")
    assert ask(server, GET % b"/x").endswith(b"half")
    by_hand = Behaviour([Send(b"by hand"), HangUp()])
    for again in (False, True):
        fault("closed-when-connected").arrange(server, "/bad")
        server.when_connected(None, by_hand)
        if again:
            fault("half-body").arrange(server, "/x")
        with connect(server) as connection:
            assert read_all(connection) == b"by hand"


def test_a_bomb_is_packed_when_it_is_arranged(server: FaultServer) -> None:
    """The first request does not wait for that."""
    before = bomb.cache_info()
    fault("bomb").arrange(server, "/x")
    after = bomb.cache_info()
    assert after.hits + after.misses == before.hits + before.misses + 1


def test_steps_that_are_made_as_they_are_asked_for_are_left_alone() -> None:
    """They may have no end: none is asked for before it is done."""
    asked: list[int] = []

    def steps() -> Iterator[Step]:
        asked.append(1)
        yield from answer("ok").steps

    behaviour = Behaviour(cast("Sequence[Step]", steps()))
    with FaultServer() as server:
        server.when("/x", behaviour)
        assert asked == []
