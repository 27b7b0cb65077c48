from __future__ import annotations

import base64
import gzip
import importlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.tapes.words import Aliases, without_aliases
from notebook_kit.testing import FaultServer, answer
from tests.tapes.taping import JSON, both_transports, bytes_of, client_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest

MANY = [str(number * 7919) for number in range(5_000)]
KEY = "planted+key/51d0?93be"
#: Known to the whole process from here on, so nothing else is to be found out by it.
SECRET = "given+as/a?secret-40c1"


def forms_of(key: str) -> set[bytes]:
    """Return a key as it might be written, at whatever place of a base64 text."""
    raw = key.encode()
    encoded = [base64.b64encode(b" " * before + raw)[4:-4] for before in range(3)]
    return {raw, quote(key, safe="").encode(), quote(key).encode(), *encoded}


def echo_of(key: str) -> Callable[[ReceivedRequest], Behaviour]:
    """Return what answers with everything that came, and with a key."""
    return lambda request: echoed(request, key)


def echoed(request: ReceivedRequest, key: str) -> Behaviour:
    """Answer with everything that came, in several ways of writing, compressed if asked for."""
    said = request.head + request.body
    body = json.dumps(
        {"said": said.decode("latin-1"), "coded": base64.b64encode(said).decode(), "key": key}
    ).encode()
    headers = [JSON, ("set-cookie", f"session={key}"), ("x-echo", key), ("x-api-key", key)]
    headers.append(("link", f'<http://host/?page=2&api_key={quote(key, safe="")}>; rel="next"'))
    if request.path.startswith("/gzip"):
        body = gzip.compress(body)
        headers.append(("content-encoding", "gzip"))
    return answer(body, headers=headers)


WAYS: dict[str, dict[str, Any]] = {
    "header": {"headers": {"x-api-key": KEY}},
    "secret in any header": {"headers": {"x-plain": nk.Secret(SECRET)}},
    "bearer": {"headers": {"authorization": f"Bearer {KEY}"}},
    "basic": {"auth": ("user", KEY)},
    "cookie": {"cookies": {"session": KEY}},
    "parameter": {"params": {"api_key": KEY}},
    "secret in any parameter": {"params": {"plain": nk.Secret(SECRET)}},
}


ALONE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "parameter": ({"params": {"api_key": KEY}}, {}),
    "userinfo": ({"auth": ("user", KEY)}, {}),
    "JSON field": ({}, {"json": {"a": [{"api_key": KEY}]}}),
    "form field": ({}, {"data": {"api_key": KEY}}),
}


@both_transports
@pytest.mark.parametrize("way", ALONE)
def test_what_was_sent_at_one_place_only_is_known_where_it_comes_back(
    path: Path, transport: str, way: str
) -> None:
    """In a URL or in a body it is a credential as it is in a header; another plays it as well."""
    options, sent = ALONE[way]
    with FaultServer() as server:
        server.when("*", echo_of(KEY))
        with nk.record(path), client_of(server.url, transport, **options) as api:
            api.post("/x", **sent)
            api.post("/gzip", **sent)
        with nk.replay(path), client_of(server.url, transport, **options) as api:
            assert "nk~" in api.post("/gzip", **sent).json()["key"]
            if "json" in sent:
                assert api.post("/x", json={"a": [{"api_key": "another-9"}]}).is_success
        assert len(server.requests) == 2
    for form in forms_of(KEY):
        assert form not in bytes_of(path)


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
def test_credentials_of_a_lent_client_are_known(path: Path, package: str) -> None:
    """What it adds while it sends, for itself or for a redirect, is not on the tape either."""
    kind = importlib.import_module(package).AsyncClient
    with FaultServer() as server:
        server.when("/x", echo_of(KEY))
        server.when("/moved", answer(status=302, headers=[("location", "/x")]))
        lent = kind(base_url=server.url, auth=("user", KEY), follow_redirects=True)
        client = nk.Client(http_client=lent, retry=0)
        with nk.record(path):
            client.get("/x").result()
            client.get("/moved").result()
        with nk.replay(path):
            assert client.get("/moved").result().json()["key"].startswith("nk~")
        client.close().wait()
        assert len(server.requests) == 3
    for form in forms_of(KEY):
        assert form not in bytes_of(path)


def test_every_part_of_a_compressed_stream_is_looked_through(path: Path) -> None:
    """Several gzips in a row are one body, and one that is cut off is looked through so far."""
    whole = gzip.compress(b"one\n") + gzip.compress(f"two {KEY}\n".encode() * 3)
    cut = gzip.compress(f"two {KEY}\n".encode() * 3 + b"\n".join(map(str.encode, MANY)))[:-2000]

    def act() -> list[bytes]:
        with client_of(server.url, headers={"x-api-key": KEY}, retry=0) as api:
            parts = [b"".join(api.stream("/whole").bytes())]
            with pytest.raises(nk.DecodeError) as caught:
                parts.extend(api.stream("/cut").bytes())
        return [*parts, str(caught.value).encode()]

    with FaultServer() as server:
        for name, body in (("/whole", whole), ("/cut", cut)):
            server.when(name, answer(body, headers=[("content-encoding", "gzip")]))
        with nk.record(path):
            assert KEY.encode() in act()[0]
        with nk.replay(path):
            played = act()
    assert played[0].startswith(b"one\ntwo nk~")
    with closing(sqlite3.connect(path)) as connection:
        for (body,) in connection.execute("SELECT body FROM exchanges"):
            assert b"nk~" in body
            assert not body.startswith(b"\x1f\x8b")


def test_a_number_that_is_a_credential_leaves_json_readable(path: Path) -> None:
    """Where the same digits stand as a number, others do in their place."""
    with FaultServer() as server:
        server.when("*", answer('{"id": 12345678, "s": "12345678"}', headers=[JSON]))
        options: dict[str, Any] = {"headers": {"x-api-key": "12345678"}}
        with nk.record(path), client_of(server.url, **options) as api:
            api.get("/x")
        with nk.replay(path), client_of(server.url, **options) as api:
            played = api.get("/x").json()
    assert played["s"] == str(played["id"])
    assert played["id"] != 12345678
    assert b"12345678" not in bytes_of(path)


def test_a_word_under_key_is_no_credential(path: Path) -> None:
    """What is asked for by ?key=temperature is in the answer as it came."""
    with FaultServer() as server:
        server.when("*", answer('{"temperature": 7}', headers=[JSON]))
        with nk.record(path), client_of(server.url) as api:
            api.get("/x", params={"key": "temperature"})
        with nk.replay(path), client_of(server.url) as api:
            assert api.get("/x", params={"key": "temperature"}).json() == {"temperature": 7}


@both_transports
@pytest.mark.parametrize("scheme", ["Bearer ", ""])
def test_two_keys_in_headers_are_two_askers(path: Path, transport: str, scheme: str) -> None:
    """Each gets their own answers, in their order; whoever the tape does not know gets them all."""

    def rule(request: ReceivedRequest) -> Behaviour:
        came = len(server.requests)
        return answer(json.dumps([came, request.head.count(b"anna-key")]), headers=[JSON])

    def asked_by(key: str) -> Any:
        name = "authorization" if scheme else "x-api-key"
        with client_of(server.url, transport, headers={name: scheme + key}) as api:
            return api.get("/x").json()

    keys = ("anna-key-1", "bert-key-2", "anna-key-1", "bert-key-2")
    with FaultServer() as server:
        server.when("*", rule)
        with nk.record(path):
            first, second, third, fourth = [asked_by(key) for key in keys]
        assert [it[1] for it in (first, second)] == [1, 0]
        with nk.replay(path):
            assert [asked_by(key) for key in sorted(keys, reverse=True)] == [
                second,
                fourth,
                first,
                third,
            ]
        with nk.replay(path):
            assert [asked_by("third-key-3") for _ in keys] == [first, second, third, fourth]
        assert len(server.requests) == 4


def test_what_is_signed_anew_each_time_plays_in_order(path: Path) -> None:
    """Digest authentication asks once without and then with what nobody sends a second time."""

    def rule(request: ReceivedRequest) -> Behaviour:
        if b"digest username" in request.head.lower():
            return answer(json.dumps(len(server.requests)), headers=[JSON])
        challenge = ("www-authenticate", 'Digest realm="r", nonce="n", qop="auth"')
        return answer("no", status=401, headers=[challenge])

    def act() -> list[Any]:
        auth = httpx.DigestAuth("user", KEY)
        with client_of(server.url, auth=auth, retry=0) as api:
            return [api.get("/x").json() for _ in range(3)]

    with FaultServer() as server:
        server.when("*", rule)
        with nk.record(path):
            first = act()
        sent = len(server.requests)
        with nk.replay(path):
            assert act() == first
        assert len(server.requests) == sent
    assert KEY.encode() not in bytes_of(path)


@both_transports
@pytest.mark.parametrize("way", WAYS)
def test_no_credential_is_in_the_file(path: Path, transport: str, way: str) -> None:
    """However it was sent and wherever it came back, nothing of it is there, also while it runs."""
    options = WAYS[way]
    key = SECRET if "secret" in way else KEY
    with FaultServer() as server:
        server.when("*", echo_of(key))
        with nk.record(path) as tape:
            with client_of(server.url, transport, **options) as api:
                api.get("/x")
                api.get("/gzip")
                api.post("/x", json={"client_secret": key})
                api.post("/x", data={"password": key})
                with api.stream("/x") as stream:
                    assert key.encode() in b"".join(stream.bytes())
            assert tape.stats().exchanges == 5
            meanwhile = bytes_of(path)
        sent = len(server.requests)
        with nk.replay(path), client_of(server.url, transport, **options) as api:
            assert "nk~" in api.get("/x").json()["key"]
            assert "nk~" in api.get("/gzip").json()["key"]
            assert "set-cookie" not in api.get("/x").headers
            assert api.post("/x", json={"client_secret": key}).is_success
        assert len(server.requests) == sent
    for written in (meanwhile, bytes_of(path)):
        assert b"exchanges" in written
        for form in forms_of(key):
            assert form not in written


def test_another_key_plays_the_same_tape(path: Path) -> None:
    """Whoever has another key, or an invented one, gets what was recorded with the only one."""
    with FaultServer() as server:
        server.when("*", answer('{"n": 1}', headers=[JSON]))
        with nk.record(path), client_of(server.url, params={"api_key": "first-key-1234"}) as api:
            api.get("/x")
        with nk.replay(path), client_of(server.url, params={"api_key": "no-key-at-all"}) as api:
            assert api.get("/x").json() == {"n": 1}
        assert len(server.requests) == 1


def test_two_keys_are_two_askers(path: Path) -> None:
    """Where a tape holds answers to several, each gets their own, and a third none of them."""

    def rule(request: ReceivedRequest) -> Behaviour:
        return answer(json.dumps(request.target[-1:]), headers=[JSON])

    def asked_by(key: str) -> Any:
        with client_of(server.url, params={"api_key": key}) as api:
            return api.get("/x").json()

    with FaultServer() as server:
        server.when("*", rule)
        with nk.record(path):
            assert [asked_by(key) for key in ("key-one-1", "key-two-2")] == ["1", "2"]
        with nk.replay(path):
            assert [asked_by(key) for key in ("key-two-2", "key-one-1")] == ["2", "1"]
            with pytest.raises(nk.ReplayMismatch, match="not on the tape"):
                asked_by("key-three-3")


def test_pages_are_followed_from_a_tape(path: Path) -> None:
    """A token that leads to the next page is followed, whether it was told plainly or not."""

    def rule(request: ReceivedRequest) -> Behaviour:
        page = int(request.target.rpartition("-")[2]) if "-" in request.target else 0
        token = f"token-number-{page + 1}"
        link = f'<{server.url}/x?page_token={token}>; rel="next"'
        return answer(json.dumps({"page": page, "next": token}), headers=[JSON, ("link", link)])

    def act() -> list[Any]:
        found = []
        with client_of(server.url) as api:
            response = api.get("/x")
            for _ in range(3):
                found.append(response.json()["page"])
                response = api.get(response.links["next"]["url"])
            response = api.get("/x")
            for _ in range(3):
                found.append(response.json()["page"])
                response = api.get("/x", params={"page_token": response.json()["next"]})
        return found

    with FaultServer() as server:
        server.when("*", rule)
        with nk.record(path):
            first = act()
        sent = len(server.requests)
        with nk.replay(path):
            assert act() == first == [0, 1, 2, 0, 1, 2]
        assert len(server.requests) == sent


def test_a_token_that_was_given_out_is_an_alias(path: Path) -> None:
    """What a server gives out as a credential is not on the tape, and what follows plays alike."""
    with FaultServer() as server:
        server.when("/token", answer('{"access_token": "given-out-77aa"}', headers=[JSON]))
        server.when("/x", answer('{"n": 1}', headers=[JSON]))

        def act() -> Any:
            with client_of(server.url) as api:
                token = api.post("/token", data={"grant_type": "any"}).json()["access_token"]
                bearer = {"authorization": f"Bearer {token}"}
                by_header = api.get("/x", headers=bearer).json()
                return by_header, api.get("/x", params={"access_token": token}).json()

        with nk.record(path):
            first = act()
        with nk.replay(path):
            assert act() == first
        assert len(server.requests) == 3
    assert b"given-out-77aa" not in bytes_of(path)


def test_aliases_are_made_with_the_salt() -> None:
    """Another file has other aliases, and an alias stays what it is."""
    one, other = Aliases(b"1"), Aliases(b"2")
    assert one.of("secret") != other.of("secret")
    assert other.of(one.of("secret")) == one.of("secret")
    assert without_aliases(one.of("a").encode()) == without_aliases(other.of("b").encode())
    assert one.in_text("https://me:pw@host/x") == "https://host/x"
