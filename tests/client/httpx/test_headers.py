"""Headers: forms, defaults, merging, bytes and duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from tests.client.httpx.alike import Alike, answers_of

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.client.httpx.alike import Both


def _headers(both: Both) -> list[tuple[bytes, bytes]]:
    return both.seen[0][0].headers


def test_defaults(alike: Alike, server: FaultServer) -> None:
    """Without any header the same are sent as httpx sends, in the same order and case."""
    alike(answers_of(lambda client: client.get("/x")))
    theirs, ours = server.requests
    assert ours.head == theirs.head


@pytest.mark.parametrize(
    "headers",
    [
        {"X-One": "1", "Accept": "text/csv"},
        [("X-One", "1"), ("X-One", "2"), ("accept", "text/csv")],
        httpx.Headers([("X-One", "1"), ("X-One", "2")]),
        {b"x-one": b"\xfc raw"},
        {"user-agent": "mine/1.0", "Host": "name.example", "connection": "close"},
        {"X-Empty": ""},
        {},
    ],
)
def test_forms(alike: Alike, headers: Any) -> None:
    """A dict, pairs, bytes, duplicates and an httpx.Headers are written as httpx writes them."""
    alike(answers_of(lambda client: client.get("/x", headers=headers)))
    alike(answers_of(lambda client: client.get("/x")), headers=headers)


def test_duplicates_are_sent(alike: Alike) -> None:
    """A header given twice is sent twice."""
    pairs = [("x-one", "1"), ("x-one", "2")]
    both = alike(answers_of(lambda client: client.get("/x", headers=pairs)))
    assert [value for name, value in _headers(both) if name == b"x-one"] == [b"1", b"2"]


def test_those_of_a_call_win(alike: Alike) -> None:
    """A header of a call takes the place of the client's, whatever the case of its name."""
    work = answers_of(lambda client: client.get("/x", headers={"X-ONE": "2"}))
    both = alike(work, headers={"x-one": "1", "x-two": "3"})
    sent = dict(_headers(both))
    assert (sent[b"x-one"], sent[b"x-two"]) == (b"2", b"3")


def test_credentials_of_the_client_win_and_give_way(alike: Alike) -> None:
    """Keys of the client are sent with each request, and one of a call takes their place."""
    work = answers_of(
        lambda client: client.get("/x"),
        lambda client: client.get("/x", headers={"Authorization": "Bearer two"}),
    )
    both = alike(work, headers={"authorization": "Bearer one", "x-api-key": "k"})
    sent = [dict(seen.headers)[b"authorization"] for seen in both.seen[0]]
    assert sent == [b"Bearer one", b"Bearer two"]


def test_a_default_cannot_be_removed(alike: Alike, server: FaultServer) -> None:
    """None as a value is refused, in httpx with a TypeError; empty text is sent as such."""
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="must be text, not NoneType"):
        client.get("/x", headers={"accept": None})
    client.close()
    with pytest.raises(TypeError):
        httpx.Headers({"accept": None})  # type: ignore[arg-type]
    both = alike(answers_of(lambda client: client.get("/x", headers={"accept": ""})))
    assert dict(_headers(both))[b"accept"] == b""


@pytest.mark.parametrize("value", ["a\r\nb: c", " a", "a ", "a\n", "a\0"])
def test_what_no_header_can_carry_is_refused(alike: Alike, server: FaultServer, value: str) -> None:
    """A difference to httpx: such values are an error when the call is made, and never sent."""
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="white space or"):
        client.get("/x", headers={"x-one": value})
    client.close()
    with pytest.raises(nk.ConfigurationError, match="white space or"):
        alike.kit(headers={"x-one": value})
    assert server.requests == ()


def test_text_outside_of_ascii_is_refused(alike: Alike) -> None:
    """As in httpx, a text outside of ASCII is an error; bytes are sent as they are."""
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="outside of ASCII"):
        client.get("/x", headers={"x-one": "ü"})
    client.close()
