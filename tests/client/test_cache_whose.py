"""Whose answer is kept, and for whom: nobody is given what was not meant for him."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.kept.care import Care
from notebook_kit.client.kept.keys import key_of
from notebook_kit.storage import cache_file as files
from notebook_kit.storage.cache_file import cache_file
from notebook_kit.testing import answer
from tests.behaviours import held_back
from tests.client.kept import Hand, client_of, counting, numbered
from tests.client.origins import Origin, comes_true

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest


def _header(request: ReceivedRequest, name: str) -> str:
    said = {key.decode().lower(): value.decode() for key, value in request.headers}
    return said.get(name, "nobody")


def _greeting(name: str) -> Origin:
    """Return a server that says who asks, by a header."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        return answer(f'"{_header(request, name)}"', headers=[("content-type", "application/json")])

    return Origin(rule)


def test_a_lent_client_that_becomes_somebody_else() -> None:
    """Its headers may be set anew at any time."""
    with _greeting("x-user") as origin:
        lent = httpx.AsyncClient(base_url=origin.url, headers={"x-user": "ann"})
        client = nk.Client(http_client=lent, cache="5 min")
        said = [client.get("/me").result().json() for _ in range(2)]
        lent.headers["x-user"] = "bob"
        said.append(client.get("/me").result().json())
        assert origin.count == 2
        client.close().wait()
    assert said == ["ann", "ann", "bob"]


def test_credentials_that_fail_are_not_those_of_nobody() -> None:
    """What was kept for whoever says nothing is not given, and what went wrong is raised."""

    def sign(_: httpx.Request) -> httpx.Request:
        message = "no token"
        raise RuntimeError(message)

    with _greeting("authorization") as origin:
        client = client_of(origin.url, cache="5 min")
        assert client.get("/x").result().json() == "nobody"
        with pytest.raises(RuntimeError, match="no token"):
            client.get("/x", auth=sign).result()
        client.close().wait()


def test_another_certificate_is_another_one_who_asks() -> None:
    """By HTTP's own rules too; the same one is the same in every process."""
    certs = None, "ann.pem", ("ann.pem", "ann.key"), "bob.pem"
    names = [Care("5 min", None, home="", cert=cert).who for cert in certs]
    assert len(set(names)) == 4
    assert names[1] == Care("http", None, home="", cert="ann.pem").who
    request = httpx.Request("GET", "http://host/x")
    assert len({key_of(request, who=name) for name in names}) == 4


def test_cookies_that_come_while_a_call_waits_to_be_sent() -> None:
    """The answer is for who has them, and nobody else is given it."""
    with _greeting("cookie") as origin:

        async def main() -> None:
            async with client_of(origin.url, cache="5 min", rate="1/s") as client:
                core = client._core
                await client.get("/first")  # takes the permit of this second
                waiting = asyncio.ensure_future(client.get("/me").send())
                while client.cache.stats().misses != 2:
                    await asyncio.sleep(0.01)
                core.cookies.set("session", "ann")
                assert (await waiting).json() == "session=ann"
                core.cookies.clear()
                again = await client.get("/me")
                assert (again.source, again.json()) == ("network", "nobody")

        asyncio.run(main())


@pytest.mark.parametrize("which", ["call", "map"])
@pytest.mark.parametrize("where", ["memory", "file"])
def test_what_a_policy_refuses_is_neither_kept_nor_given(
    which: str, where: str, tmp_path: Path
) -> None:
    """The next try asks the server, also where somebody who takes anything has kept it before."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        state = "done" if number > 3 else "pending"
        return answer(f'{{"state": "{state}"}}', headers=[("content-type", "application/json")])

    until_done = nk.Retry(
        max_attempts=5, base_delay=0, retry_value=lambda it: it["state"] != "done"
    )
    cache: Any = nk.Cache("5 min", path=tmp_path / "c.db") if where == "file" else "5 min"
    with Origin(rule) as origin:
        client = client_of(origin.url, cache=cache, retry=0)

        def ask(**options: Any) -> Any:
            if which == "call":
                return client.get("/x", **options).result()
            frame = client.map("/{it}", ["x"], progress=False, **options).result()
            assert frame["status"].tolist() == ["ok"]
            return frame["source"].tolist()

        ask()
        assert origin.count == 1
        ask(retry=until_done)
        assert origin.count == 4
        ask(retry=until_done)
        ask()
        assert origin.count == 4
        client.close().wait()


def test_an_answer_that_lands_while_its_url_is_forgotten_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever in the forgetting that is, also where the file takes its time."""
    go_on = threading.Event()

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        said = numbered(number, request)
        return held_back(go_on.is_set, said) if number == 1 else said

    with Origin(rule) as origin:
        policy = nk.Cache("5 min", path=tmp_path / "c.db")
        client = client_of(origin.url, cache=policy)
        file = cache_file(tmp_path / "c.db")
        caller = threading.Thread(target=lambda: client.get("/x").result())
        caller.start()
        assert comes_true(lambda: origin.count == 1)
        drop = file.drop

        def slow_drop(**options: Any) -> int:
            gone = drop(**options)
            go_on.set()
            caller.join(10)
            return gone

        monkeypatch.setattr(file, "drop", slow_drop)
        client.cache.invalidate("/x")
        monkeypatch.undo()
        assert client.get("/x").result().source == "network"
        client.close().wait()


def test_what_is_forgotten_is_not_given_while_it_is_still_in_the_file(tmp_path: Path) -> None:
    """Nobody waits for the writer of the file to see to that."""
    file = cache_file(tmp_path / "c.db")
    file.put(b"key", b"source", "{}", b"body")
    file.flush()
    with file._desk._lock:  # the writer gets nothing to do meanwhile
        file.drop(source=b"source", wait=False)
        assert file.get(b"key") is None
    file.put(b"key", b"source", "{}", b"newer")
    file.flush()
    found = file.get(b"key")
    assert found is not None
    assert found.body == b"newer"


def test_a_clock_that_was_put_back_makes_nothing_young_again(tmp_path: Path) -> None:
    """Nobody knows how old an answer is that came tomorrow: it is asked for."""
    hands = [1_000_000.0]
    path = tmp_path / "c.db"
    files._open[path.resolve()] = file = files.CacheFile(path, now=lambda: hands[0])
    said = []
    with counting() as origin:
        client = client_of(origin.url, cache=nk.Cache("5 min", path=path))
        hand = Hand(client)
        for moved in (0.0, -86_400.0, 299.0, 2.0):
            hands[0] += moved
            hand.move(abs(moved) if moved > 0 else 301.0)
            said.append(client.get("/x").result().json()["n"])
            file.flush()
        client.close().wait()
    assert said == [1, 2, 2, 3]


def test_an_answer_that_a_transport_gives_at_once_is_kept_in_a_file(tmp_path: Path) -> None:
    """Nobody has timed it."""
    came: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return httpx.Response(200, json={"n": len(came)})

    policy = nk.Cache("5 min", path=tmp_path / "c.db")
    for _ in range(2):
        client = nk.Client("http://host", transport=httpx.MockTransport(serve), cache=policy)
        assert client.get("/x").result().json() == {"n": 1}
        client.close().wait()
    assert len(came) == 1
