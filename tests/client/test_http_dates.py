"""How old an answer is, by what it says itself, its caches and the clock of this computer."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.client.kept.http_dates import dated
from notebook_kit.storage.cache_file import cache_file
from notebook_kit.testing import answer
from tests.behaviours import held_back
from tests.client.kept import client_of
from tests.client.origins import Origin, comes_true

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest

NOW = 1_800_000_000.0
_KEPT = ("cache-control", "max-age=60")


def _on(seconds: float) -> str:
    return formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({}, 0),
        ({"date": "yesterday"}, 0),
        ({"date": _on(-5)}, -5),
        ({"date": _on(0), "age": "59"}, -59),
        ({"date": _on(-90), "age": "59"}, -90),
        ({"date": _on(3_600)}, 0),
        ({"age": "9" * 400}, -NOW),
        ({"age": "-5"}, 0),
    ],
    ids=["no date", "no such date", "a date", "age", "older", "ahead", "very old", "no age"],
)
def test_the_date_tells_the_age(said: dict[str, str], made: float) -> None:
    """Without one, with the age that other caches tell, and of a server whose clock is ahead."""
    assert dict(dated(said.items(), NOW))["date"] == _on(made)


def test_what_expires_is_moved_along() -> None:
    """It holds for as long as it would by the clock of the server."""
    said = {"date": _on(3_600), "expires": _on(3_660)}
    assert dict(dated(said.items(), NOW)) == {"date": _on(0), "expires": _on(60)}


def test_an_answer_without_a_date_gets_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time that it is kept."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        return answer(str(number), headers=[_KEPT, ("content-type", "application/json")])

    with Origin(rule) as origin:
        client = client_of(origin.url, cache="http")
        assert [client.get("/x").result().json() for _ in range(2)] == [1, 1]
        now = time.time()
        monkeypatch.setattr("hishel._core._spec.time.time", lambda: now + 61)
        assert client.get("/x").result().json() == 2
        client.close().wait()


def test_a_cookie_that_comes_with_a_confirmation_is_not_kept(tmp_path: Path) -> None:
    """It is for the one who asked, and not to be found in the file."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        tag = ("etag", '"a"')
        if any(name.decode().lower() == "if-none-match" for name, _ in request.headers):
            return answer(status=304, headers=[tag, ("set-cookie", "session=of-ann-1234")])
        return answer("{}", headers=[tag, ("cache-control", "no-cache")])

    path = tmp_path / "http.db"
    with Origin(rule) as origin:
        client = client_of(origin.url, cache=nk.HTTPCache(path))
        client.get("/x").result()
        confirmed = client.get("/x").result()
        client.close().wait()
    assert confirmed.headers["set-cookie"] == "session=of-ann-1234"
    cache_file(path).flush()
    assert all(b"of-ann-1234" not in each.read_bytes() for each in tmp_path.iterdir())


def test_when_who_asks_is_cancelled_one_of_the_others_asks() -> None:
    """For all of them."""
    go_on = threading.Event()

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        said = answer("{}", headers=[_KEPT])
        return held_back(go_on.is_set, said) if number == 1 else said

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="http") as client:
            leader = asyncio.ensure_future(client.get("/x").send())
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            others = [asyncio.ensure_future(client.get("/x").send()) for _ in range(20)]
            for _ in range(20):
                await asyncio.sleep(0.01)
            leader.cancel()
            go_on.set()
            await asyncio.gather(*others)
            assert origin.count == 2

    with Origin(rule) as origin:
        asyncio.run(main(origin))


@pytest.mark.parametrize("how", ["invalidate", "post"])
def test_what_was_on_its_way_when_it_was_forgotten_is_not_kept(how: str) -> None:
    """It answers who waits for it."""
    go_on = threading.Event()

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        said = answer(str(number), headers=[_KEPT, ("content-type", "application/json")])
        return held_back(go_on.is_set, said) if number == 1 else said

    with Origin(rule) as origin:
        client = client_of(origin.url, cache="http")
        came: list[int] = []
        caller = threading.Thread(target=lambda: came.append(client.get("/x").result().json()))
        caller.start()
        assert comes_true(lambda: origin.count == 1)
        if how == "post":
            client.post("/x").result()
        else:
            client.cache.invalidate("/x")
        go_on.set()
        caller.join(10)
        assert came == [1]
        assert client.get("/x").result().source == "network"
        client.close().wait()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parent() -> None:
    """What the parent has asked for is asked for by the child itself."""
    go_on = threading.Event()

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        said = answer("{}", headers=[_KEPT])
        return held_back(go_on.is_set, said) if number == 1 else said

    with Origin(rule) as origin:
        client = client_of(origin.url, cache="http")
        caller = threading.Thread(target=lambda: client.get("/x").result())
        caller.start()
        assert comes_true(lambda: origin.count == 1)
        child = os.fork()
        if child == 0:
            asking = threading.Thread(target=lambda: client.get("/x").result(), daemon=True)
            asking.start()
            asking.join(10)
            os._exit(asking.is_alive())
        assert os.waitpid(child, 0)[1] == 0
        go_on.set()
        caller.join(10)
        client.close().wait()
