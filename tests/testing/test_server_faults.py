"""The catalogue of faults, and what of the server only its faults need."""

from __future__ import annotations

import itertools
import re
import ssl

import pytest

from notebook_kit.testing import Behaviour, FaultServer, HangUp, Send, answer
from notebook_kit.testing.behaviours import (
    half_headers,
    reset_after_answer,
    reset_before_request_body,
    stall_mid_headers,
)
from notebook_kit.testing.certificates import client_context, server_context
from notebook_kit.testing.faults import FAULTS, Fault, bomb, fault
from notebook_kit.testing.steps import Drip, Repeat, Wait
from tests.testing.raw import GET, ask, connect, read, read_all

HALF_HEAD = b"HTTP/1.1 200 OK\r\nContent-Le"


def test_names_and_sentences() -> None:
    """Each fault has a name of small words and one sentence, unlike all the others'."""
    assert len({it.says for it in FAULTS.values()}) == len(FAULTS) > 150
    for name, it in FAULTS.items():
        assert name == it.name
        assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", name), name
        assert re.fullmatch(r"[A-Z0-9].*[^.]\.", it.says), name


def test_groups_stay_together() -> None:
    """The faults of a group stand one behind the other."""
    groups = [group for group, _ in itertools.groupby(it.group for it in FAULTS.values())]
    assert len(groups) == len(set(groups))


@pytest.mark.parametrize("it", FAULTS.values(), ids=list(FAULTS))
def test_each_can_be_arranged(it: Fault) -> None:
    """A server takes each of them, and gives the URL to ask for."""
    with it.server() as server:
        url = it.arrange(server, "/there")
        assert url.endswith("/there")
        assert url.startswith("https://" if it.group == "TLS" else "http://")
        assert (server.url + "/there" == url) == (it.address is None and it.speaks is None)


def test_a_name_that_is_not_there() -> None:
    """An unknown name is told with those that are written alike."""
    with pytest.raises(KeyError, match=r"There is no fault 'half-bodi': did you mean 'half-body'"):
        fault("half-bodi")
    with pytest.raises(KeyError, match=r"see FAULTS"):
        fault("?")


def test_one_byte_at_a_time(server: FaultServer) -> None:
    """Dripping sends all of it, in pieces."""
    server.when("/", Behaviour([Drip(b"abc", 0.001), HangUp()]))
    assert ask(server) == b"abc"


def test_for_ever(server: FaultServer) -> None:
    """Repeating ends with the client, and not before."""
    server.when("/", Behaviour([Send(b"begin"), Repeat(b"again")]))
    server.when("/slow", Behaviour([Repeat(b"again", 0.001)]))
    for path, expected in ((b"/", b"begin" + b"again" * 50_000), (b"/slow", b"again" * 3)):
        assert ask(server, GET % path, size=len(expected)) == expected
    assert server.connections.wait_ended(2)


def test_halves_of_a_head(server: FaultServer) -> None:
    """After half a head the connection ends, or nothing comes."""
    server.when("/closed", half_headers())
    assert ask(server, GET % b"/closed") == HALF_HEAD
    server.when("/silent", stall_mid_headers())
    with connect(server) as connection:
        connection.sendall(GET % b"/silent")
        assert read(connection, len(HALF_HEAD)) == HALF_HEAD
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_resets_around_the_exchange(server: FaultServer) -> None:
    """A reset may come before the body of a request is read, and after a whole answer."""
    server.when("/early", reset_before_request_body())
    with connect(server) as connection:
        connection.sendall(b"POST /early HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    server.when("/late", reset_after_answer("ok"))
    with connect(server) as connection:
        connection.sendall(GET % b"/late")
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        assert read(connection, len(whole)) == whole
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_all_connections_may_be_greeted(server: FaultServer) -> None:
    """What is said of None holds for every connection of which nothing else is said."""
    server.when_connected(None, Behaviour([Send(b"all"), HangUp()]))
    server.when_connected(2, Behaviour([Send(b"second"), HangUp()]))
    said = []
    for _ in range(3):
        with connect(server) as connection:
            said.append(read_all(connection))
    assert said == [b"all", b"second", b"all"]


def test_late_bytes_can_be_waited_for(server: FaultServer) -> None:
    """A request counts as answered when its last step is done."""
    steps = answer("ok").steps
    server.when("/", Behaviour([*steps, Wait(0.02), Send(b"late")]))
    with connect(server) as connection:
        assert not server.wait_answered(1, within_s=0)
        connection.sendall(GET % b"/")
        assert server.wait_answered(1)
        connection.setblocking(False)  # noqa: FBT003 - the standard library's
        assert connection.recv(1000).endswith(b"oklate")


@pytest.mark.parametrize(
    ("certificate", "told"),
    [("wrong name", "mismatch"), ("expired", "expired"), ("untrusted", "issuer")],
)
def test_bad_certificates(certificate: str, told: str) -> None:
    """A client that trusts the authority accepts the good one, and says what is bad of others."""
    outside = client_context()
    with FaultServer(ssl_context=server_context("good")) as server:
        server.when("/", answer("ok", keep_alive=False))
        with outside.wrap_socket(connect(server), server_hostname="127.0.0.1") as connection:
            connection.sendall(GET % b"/")
            assert read_all(connection).endswith(b"ok")
    bad = server_context(certificate)  # type: ignore[arg-type]  # a word of the list above
    with (
        FaultServer(ssl_context=bad) as server,
        connect(server) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match=told),
    ):
        outside.wrap_socket(plain, server_hostname="127.0.0.1")


def test_certificates_need_trustme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without trustme the error says what to install."""
    from notebook_kit.testing import certificates

    certificates._new_authority.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "trustme", None)
    with pytest.raises(ModuleNotFoundError, match="pip install trustme"):
        fault("expired-certificate").server()


def test_the_bomb_is_small() -> None:
    """What becomes 256 MB is less than 300 kB on the wire."""
    assert len(bomb()) < 300_000
