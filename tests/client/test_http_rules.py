"""Answers kept as HTTP's own rules say, against a server that counts what it is asked."""

from __future__ import annotations

import asyncio
import gzip
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.storage.cache_file import cache_file
from notebook_kit.testing import answer
from tests.client.kept import both_transports, client_of
from tests.client.origins import Origin, comes_true

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest


class Server(Origin):
    """Answers with the number of the request, and what it was told to say of caching."""

    def __init__(self, *headers: tuple[str, str], body: bytes | None = None) -> None:
        super().__init__(self._rule_of)
        self.headers = [("content-type", "application/json"), *headers]
        self.body = body
        self.validated = 0

    def _rule_of(self, number: int, request: ReceivedRequest) -> Behaviour:
        asked = {name.decode().lower(): value.decode() for name, value in request.headers}
        tag = dict(self.headers).get("etag")
        if tag is not None and asked.get("if-none-match") == tag:
            self.validated += 1
            return answer(status=304, headers=[("etag", tag), ("x-validated", str(number))])
        body = self.body or f'{{"n": {number}}}'.encode()
        return answer(body, headers=self.headers)


def say(server: Server, transport: str = "aiohttp", times: int = 2, **options: Any) -> list[Any]:
    with client_of(server.url, transport, cache="http") as api:
        return [api.get("/x", **options).json()["n"] for _ in range(times)]


@both_transports
def test_a_fresh_answer_is_given_without_asking(transport: str) -> None:
    """By a call and in a map, which say so; what hishel adds is its age."""
    with Server(("cache-control", "max-age=60")) as server:
        client = client_of(server.url, transport, cache="http")
        first, second = (client.get("/x").result() for _ in range(2))
        frame = client.map("/{it}", ["x", "y"], progress=False).result()
        stats = client.cache.stats()
        client.close()
        assert server.count == 2
    assert (first.source, second.source) == ("network", "cache")
    assert second.json() == first.json() == {"n": 1}
    assert "age" in second.headers
    assert frame["source"].tolist() == ["cache", "network"]
    assert (stats.hits, stats.misses, stats.items) == (2, 2, 2)


@both_transports
def test_an_answer_that_is_too_old_is_asked_about(transport: str) -> None:
    """With its tag: the server sends a 304 without a body, and what is kept is given."""
    with Server(("etag", '"a"'), ("cache-control", "no-cache")) as server:
        client = client_of(server.url, transport, cache="http")
        said = [client.get("/x").result() for _ in range(3)]
        stats = client.cache.stats()
        assert (server.count, server.validated) == (3, 2)
        server.headers[1] = ("etag", '"b"')
        assert client.get("/x").result().json() == {"n": 4}
        client.close()
    assert [it.json()["n"] for it in said] == [1, 1, 1]
    assert [it.status_code for it in said] == [200, 200, 200]
    assert [it.source for it in said] == ["network", "cache", "cache"]
    assert said[1].headers["x-validated"] == "2"
    assert "if-none-match" not in said[1].request.headers
    assert (stats.misses, stats.refreshes) == (1, 2)


def test_only_what_the_server_says_still_holds_is_a_refresh() -> None:
    """An answer that it gives anew, or not at all, is one that was waited for."""
    with Server(("etag", '"a"'), ("cache-control", "no-cache")) as server:
        client = client_of(server.url, cache="http", retry=0)
        for _ in range(2):
            client.get("/x").result()
        server.headers[1] = ("etag", '"b"')
        assert client.get("/x").result().json() == {"n": 3}
        stats = client.cache.stats()
    with pytest.raises(nk.ConnectionFailed):
        client.get("/x").result()
    ended = client.cache.stats()
    client.close()
    assert (stats.misses, stats.refreshes, ended.misses, ended.refreshes) == (2, 1, 3, 1)


def test_without_a_tag_an_answer_that_is_too_old_is_no_refresh() -> None:
    """It is sent for anew."""
    with Server(("cache-control", "max-age=0")) as server:
        client = client_of(server.url, cache="http")
        for _ in range(3):
            client.get("/x").result()
        stats = client.cache.stats()
        client.close()
    assert (stats.misses, stats.refreshes) == (3, 0)


@both_transports
@pytest.mark.parametrize(
    "headers",
    [
        [("cache-control", "no-store")],
        [("cache-control", "max-age=0")],
        [],
        [("cache-control", "max-age=60"), ("vary", "*")],
    ],
    ids=["no-store", "max-age=0", "nothing said", "vary"],
)
def test_what_must_not_be_given_again_is_asked_for(
    headers: list[tuple[str, str]], transport: str
) -> None:
    """Without a tag to ask with, it is sent anew."""
    with Server(*headers) as server:
        assert say(server, transport) == [1, 2]


def test_what_is_private_is_kept_for_its_own_user() -> None:
    """And not at all by a cache that several share."""
    with Server(("cache-control", "private, max-age=60")) as server:
        assert say(server) == [1, 1]
        shared = nk.HTTPCache(shared=True)
        with client_of(server.url, cache=shared) as api:
            assert [api.get("/x").json()["n"] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("name", ["accept-language", "authorization", "x-own", "user-agent"])
def test_whoever_asks_otherwise_gets_his_own(name: str) -> None:
    """By `Vary`; and whoever has another credential also where the server forgot to say so."""
    with (
        Server(("cache-control", "max-age=60"), ("vary", "Accept-Language, User-Agent")) as server,
        client_of(server.url, cache="http") as api,
    ):
        said = [api.get("/x", headers={name: value}).json()["n"] for value in ("a", "a", "b", "b")]
    assert said == [1, 1, 2, 2]


def test_who_wants_it_anew_says_so() -> None:
    """`Cache-Control` of a request is heeded."""
    with Server(("cache-control", "max-age=60")) as server:
        assert say(server, headers={"cache-control": "no-cache"}) == [1, 2]


def test_what_is_wanted_anew_is_asked_about_and_kept_for_all() -> None:
    """With the tag of the answer that is kept; whoever asks next gets the newer one."""
    with Server(("etag", '"a"'), ("cache-control", "max-age=60")) as server:
        client = client_of(server.url, cache="http")

        def ask(**options: Any) -> int:
            return int(client.get("/x", **options).result().json()["n"])

        anew = {"headers": {"cache-control": "no-cache"}}
        assert [ask(), ask(**anew), server.validated] == [1, 1, 1]
        server.headers[1] = ("etag", '"b"')
        assert [ask(), ask(**anew), ask(), server.count] == [1, 3, 3, 3]
        stats = client.cache.stats()
        client.close()
    assert (stats.hits, stats.misses, stats.refreshes, stats.items) == (2, 2, 1, 1)


def test_a_post_throws_out_what_it_has_changed() -> None:
    """It is not kept itself; where it failed, what is kept still holds."""
    with (
        Server(("cache-control", "max-age=60")) as server,
        client_of(server.url, cache="http") as api,
    ):
        said = [api.request(it, "/x").json()["n"] for it in ("GET", "POST", "POST", "GET", "GET")]
    assert said == [1, 2, 3, 4, 4]


@both_transports
def test_it_is_kept_in_a_file_without_credentials(path: Path, transport: str) -> None:
    """Another client is given it, and asks with its tag when it is old."""
    headers = ("etag", '"a"'), ("cache-control", "max-age=60"), ("set-cookie", "s=word-71c5")
    policy = nk.HTTPCache(path)
    key = {"authorization": "Bearer word-99ab"}
    with Server(*headers) as server:
        for _ in range(2):
            with client_of(server.url, transport, cache=policy, headers=key) as api:
                assert api.get("/x").json() == {"n": 1}
        with client_of(server.url, transport, cache=policy) as api:
            assert api.get("/x").json() == {"n": 2}
        with client_of(server.url, transport, cache=policy, headers=key) as api:
            assert api.get("/x", headers={"cache-control": "no-cache"}).json()["n"] in (1, 3)
    cache_file(path).flush()
    kept = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert b"word-" not in kept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "http.db"


@both_transports
def test_compressed_and_long_answers(transport: str) -> None:
    """One is kept as it came; of one that is too long nothing is lost and nothing kept."""
    body = gzip.compress(b'{"n": 7, "more": "' + b"x" * 10_000 + b'"}')
    long = b'{"n": "' + b"y" * 300_000 + b'"}'
    fresh = ("cache-control", "max-age=60")
    with Server(fresh, ("content-encoding", "gzip"), body=body) as server:
        assert say(server, transport) == [7, 7]
        assert server.count == 1
    with Server(fresh, body=long) as server:
        policy = nk.HTTPCache(max_item_bytes=100_000)
        with client_of(server.url, transport, cache=policy) as api:
            assert [len(api.get("/x").content) for _ in range(2)] == [len(long)] * 2
        assert server.count == 2


def test_a_stream_passes_by(path: Path) -> None:
    """Piece by piece it comes from the server, and is not kept."""

    async def main(server: Server) -> None:
        async with client_of(server.url, cache="http") as client:
            for _ in range(2):
                async with client.stream("/x") as stream:
                    assert b"n" in b"".join([piece async for piece in stream.bytes()])

    with Server(("cache-control", "max-age=60")) as server:
        asyncio.run(main(server))
        assert server.count == 2


def test_one_request_for_all_who_ask() -> None:
    """Of one cold key; where it is not to be kept, each asks for himself."""
    gate = threading.Event()

    class Gated(Server):
        def _rule_of(self, number: int, request: ReceivedRequest) -> Behaviour:
            gate.wait(10)
            return super()._rule_of(number, request)

    async def main(server: Server) -> set[int]:
        async with client_of(server.url, cache="http", max_connections=20) as client:
            calls = [asyncio.create_task(client.get("/x").send()) for _ in range(1_000)]
            assert await asyncio.to_thread(comes_true, lambda: server.count >= 1)
            gate.set()
            return {it.json()["n"] for it in await asyncio.gather(*calls)}

    with Gated(("cache-control", "max-age=60")) as server:
        assert asyncio.run(main(server)) == {1}
        assert server.count == 1


def test_forgetting() -> None:
    """One URL, or all."""
    with Server(("cache-control", "max-age=60")) as server:
        client = client_of(server.url, cache=nk.HTTPCache())
        for path in ("/x", "/y"):
            client.get(path).result()
        assert client.cache.invalidate("/x") == 1
        assert client.get("/x").result().source == "network"
        client.cache.clear()
        assert client.get("/y").result().source == "network"
        assert server.count == 4
        client.close()


def test_without_hishel_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the client is made."""
    monkeypatch.setitem(sys.modules, "hishel", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(nk.ConfigurationError, match=r"notebook_kit\[http-cache\]"):
        nk.Client("http://127.0.0.1:9", cache="http")
