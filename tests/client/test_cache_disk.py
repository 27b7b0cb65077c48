"""Answers that a client keeps in a file: shared, found again, without a credential."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.storage import cache_file as files
from notebook_kit.storage.cache_file import cache_file
from notebook_kit.testing import answer
from tests.client.kept import QUICK, Hand, both_transports, client_of, counting, keeper_of, numbered
from tests.client.origins import Origin, comes_true

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


class Wall:
    """The clock on the wall, as a file reads it that is opened now."""

    def __init__(self, path: Path) -> None:
        self._hands = hands = [1_000_000.0]
        # The thread of the file holds the clock, and so the clock must not hold the file.
        self.file = files.CacheFile(path, now=lambda: hands[0])
        files._open[path.resolve()] = self.file

    def move(self, seconds: float) -> None:
        self._hands[0] += seconds


def bytes_of(path: Path) -> bytes:
    """Return all that is written in a cache, its write-ahead log too."""
    cache_file(path).flush()
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


@both_transports
def test_an_answer_outlives_its_client(path: Path, transport: str) -> None:
    """A later client of the same file is given it, by a call and in a map, with all it says."""
    policy = nk.Cache("5 min", path=path)
    with counting() as origin:
        with client_of(origin.url, transport, cache=policy) as api:
            first = api.get("/x")
        client = client_of(origin.url, transport, cache=policy)
        second = client.get("/x").result()
        frame = client.map("/{it}", ["x"], progress=False).result()
        assert client.cache.stats().items == 1
        assert client.cache.stats().bytes > 0
        client.close()
        assert origin.count == 1
    assert (first.source, second.source) == ("network", "cache")
    assert second.json() == first.json() == {"n": 1}
    assert second.headers == first.headers
    assert (second.status_code, second.reason_phrase, second.http_version) == (
        200,
        "OK",
        "HTTP/1.1",
    )
    assert second.request.url == first.request.url
    assert second.elapsed == first.elapsed
    assert frame["source"].tolist() == ["cache"]


def test_another_process_is_given_it(path: Path) -> None:
    """What one process has paid for is there for the next, and the other way round."""
    with counting() as origin:
        with client_of(origin.url, cache=nk.Cache("5 min", path=path)) as api:
            api.get("/x")
        cache_file(path).flush()
        script = (
            "import notebook_kit as nk, sys\n"
            "client = nk.Client(sys.argv[1], cache=nk.Cache('5 min', path=sys.argv[2]))\n"
            "print([(client.get(p).result().json()['n']) for p in ('/x', '/y')])\n"
        )
        command = [sys.executable, "-c", script, origin.url, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(done.stdout) == [1, 2]
        # And the other way round: it is written when the process ends.
        with client_of(origin.url, cache=nk.Cache("5 min", path=path)) as api:
            assert api.get("/y").json() == {"n": 2}
        assert origin.count == 2


def test_clients_share_what_is_not_yet_written(path: Path) -> None:
    """The second need not wait for the disk."""
    policy = nk.Cache("5 min", path=path)
    with (
        counting() as origin,
        client_of(origin.url, cache=policy) as one,
        client_of(origin.url, cache=policy) as other,
    ):
        assert [it.get("/x").source for it in (one, other)] == ["network", "cache"]
        assert origin.count == 1


def test_no_credential_is_in_the_file(path: Path) -> None:
    """Neither what was sent nor what came: headers, parameters, cookies, and where it was found."""
    words = (
        "key-7f3a9c",
        "parameter-51d0",
        "cookie-93be",
        "basic-4410",
        "set-77aa",
        "echo-key-7f3a9c",
    )

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        headers = [("set-cookie", "session=set-77aa"), ("x-api-key", "echo-9c")]
        return answer(f'{{"n": {number}}}', headers=headers)

    with Origin(rule) as origin:
        client = nk.Client(
            origin.url,
            headers={"x-api-key": nk.Secret("key-7f3a9c")},
            params={"api_key": "parameter-51d0"},
            cookies={"session": "cookie-93be"},
            auth=("user", "basic-4410"),
            cache=nk.Cache("5 min", path=path),
        )
        client.get("/x").result()
        client.close().wait()
        url = origin.url
    kept = bytes_of(path)
    assert b'{"n": 1}' in kept
    for word in words:
        assert word.encode() not in kept
    assert url.encode() not in kept


def test_whoever_asks_with_another_credential_asks_for_himself(path: Path) -> None:
    """Also of a file: keys tell who asks, and say nothing without the salt of the file."""
    with counting() as origin:
        for key, n in (("one", 1), ("two", 2), ("one", 1)):
            headers = {"authorization": f"Bearer {key}"}
            policy = nk.Cache("5 min", path=path)
            with client_of(origin.url, cache=policy, headers=headers) as api:
                assert api.get("/x").json() == {"n": n}
    other = path.with_name("other.db")
    assert cache_file(path).key(b"a") != cache_file(other).key(b"a")


def test_what_speaks_for_itself_is_not_shared(path: Path) -> None:
    """An `httpx.Auth` of one's own writes who knows what: its answers stay in memory."""
    import httpx

    class Own(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            request.headers["x-who"] = "me"
            yield request

    with counting() as origin:
        client = client_of(origin.url, cache=nk.Cache("5 min", path=path), auth=Own())
        assert [client.get("/x").result().source for _ in range(2)] == ["network", "cache"]
        assert client.cache.stats().items == 0
        client.close()


def test_its_time_is_that_of_the_wall(path: Path) -> None:
    """An answer is as old as it is, whoever reads it; then it is asked for again."""
    wall = Wall(path)
    policy = nk.Cache("5 min", path=path)
    said = []
    with counting() as origin:
        for later in (0.0, 299.0, 2.0):
            wall.move(later)
            with client_of(origin.url, cache=policy) as api:
                said.append(api.get("/x").json()["n"])
    assert said == [1, 1, 2]


def test_somebody_elses_newer_answer_is_taken(path: Path) -> None:
    """Where one client's has expired, another's is looked for before anything is sent."""
    wall = Wall(path)
    policy = nk.Cache("5 min", path=path)
    with counting() as origin:
        old, young = (client_of(origin.url, cache=policy) for _ in range(2))
        hand = Hand(old)
        old.get("/x").result()
        wall.move(400.0)
        hand.move(400.0)
        young.get("/x").result()
        assert old.get("/x").result().json() == {"n": 2}
        assert origin.count == 2
        old.close()
        young.close()


def test_a_stale_answer_outlives_its_client(path: Path) -> None:
    """When the source is down in a later run, what is in the file is given, and marked."""
    wall = Wall(path)
    policy = nk.Cache("5 min", path=path, stale="1 day")

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return numbered(number, request) if number == 1 else answer(status=503)

    with Origin(rule) as origin:
        with client_of(origin.url, cache=policy) as api:
            api.get("/x")
        wall.move(3_600.0)
        client = client_of(origin.url, cache=policy)
        response = client.get("/x").result()
        frame = client.map("/{it}", ["x"], progress=False).result()
        assert client.cache.stats().stale == 2
        client.close()
        assert (response.json(), response.source) == ({"n": 1}, "fallback")
        assert isinstance(response.fallback_of, nk.ServerError)
        assert frame["source"].tolist() == ["fallback"]
        wall.move(86_400.0)
        client = client_of(origin.url, cache=policy)
        with pytest.raises(nk.ServerError):
            client.get("/x").result()
        client.close()


@pytest.mark.parametrize("seen", ["another client", "another process"])
def test_what_one_forgets_is_forgotten_by_all(
    path: Path, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was forgotten is in nobody's memory; another process is heard within a second."""
    policy = nk.Cache("5 min", path=path)
    if seen == "another process":
        monkeypatch.setattr(files, "LOOK_EVERY_S", 0.0)
    with counting() as origin:
        one, other = (client_of(origin.url, cache=policy) for _ in range(2))
        for client in (one, other):
            client.get("/x").result()
        if seen == "another client":
            assert one.cache.invalidate("/x") == 1
        else:
            script = "import sys; from notebook_kit.storage.cache_file import cache_file; "
            script += "cache_file(sys.argv[1]).drop()"
            subprocess.run([sys.executable, "-c", script, str(path)], timeout=60, check=True)
        assert other.get("/x").result().json() == {"n": 2}
        assert one.get("/x").result().json() == {"n": 2}
        other.cache.clear()
        assert one.cache.stats().items == 0
        for client in (one, other):
            client.close()


def test_the_least_used_go_first(path: Path) -> None:
    """`max_items` and `max_bytes` bound the file, over all who share it."""
    wall = Wall(path)
    policy = nk.Cache("5 min", path=path, max_items=2)
    with counting() as origin:
        for target in ("/a", "/b", "/a", "/c"):
            wall.move(1)
            with client_of(origin.url, cache=policy) as api:
                api.get(target)
            wall.file.flush()
        said = []
        for target in ("/a", "/c", "/b"):
            with client_of(origin.url, cache=nk.Cache("5 min", path=path)) as api:
                said.append(api.get(target).source)
    assert said == ["cache", "cache", "network"]


def test_a_call_of_its_own_time_uses_the_clients_file(path: Path) -> None:
    """`cache="1 min"` for a call says for how long, and not where, nor how much is kept."""
    with counting() as origin:
        with client_of(origin.url, cache=nk.Cache("5 min", path=path)) as api:
            for target in ("/x", "/y"):
                api.get(target, cache=nk.Cache("1 min", max_items=1))
        with client_of(origin.url, cache=nk.Cache("5 min", path=path)) as api:
            assert [api.get(it).source for it in ("/x", "/y")] == ["cache", "cache"]


def test_a_redirect_is_remembered_without_what_was_secret_in_it(path: Path) -> None:
    """The history comes back; a token in an address does not."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        if request.target.endswith("/from"):
            return answer(status=302, headers=[("location", "/to?token=abc123xyz")])
        return None

    policy = nk.Cache("5 min", path=path)
    with Origin(rule) as origin:
        for _ in range(2):
            with client_of(origin.url, cache=policy, follow_redirects=True) as api:
                response = api.get("/from")
        assert origin.count == 2
    assert response.url.path == "/to"
    assert [it.status_code for it in response.history] == [302]
    assert b"abc123xyz" not in bytes_of(path)


def test_compressed_answers_come_back(path: Path) -> None:
    """They are kept as they were read."""
    import gzip

    headers = [("content-encoding", "gzip"), ("content-type", "text/plain; charset=latin-1")]
    body = gzip.compress("grün".encode("latin-1"))
    policy = nk.Cache("5 min", path=path)
    with Origin(lambda _number, _: answer(body, headers=headers)) as origin:
        said = []
        for _ in range(2):
            with client_of(origin.url, cache=policy) as api:
                response = api.get("/x")
                said.append((response.text, response.headers["content-encoding"]))
    assert said == [("grün", "gzip")] * 2


def test_a_thousand_callers_share_one_request(path: Path) -> None:
    """Of one cold key: awaited calls, threads and rows, with a file behind the memory."""
    gate = threading.Event()

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        gate.wait(10)
        return numbered(number, request)

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache=nk.Cache("5 min", path=path)) as client:
            calls = [asyncio.create_task(client.get("/x").send()) for _ in range(800)]
            run = client.map("/{it}", ["x"] * 100, max_concurrency=100, progress=False)
            threads = [
                asyncio.create_task(asyncio.to_thread(client.get("/x").result)) for _ in range(4)
            ]
            more = [asyncio.create_task(client.get("/x").send()) for _ in range(96)]
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            assert await asyncio.to_thread(comes_true, lambda: client.cache.stats().misses == 1000)
            gate.set()
            answers = await asyncio.gather(*calls, *threads, *more)
            frame = await run
            assert {it.json()["n"] for it in answers} == {1}
            assert {it["n"] for it in frame["result"]} == {1}

    with Origin(rule) as origin:
        asyncio.run(main(origin))
        assert origin.count == 1


# Files that cannot be used


@pytest.fixture
def unusable(path: Path) -> dict[str, Path]:
    made = {name: path.with_name(f"{name}.db") for name in ("torn", "foreign", "newer", "triggers")}
    made["torn"].write_bytes(b"SQLite format 3\x00" + b"torn" * 4000)
    for name in ("newer", "triggers"):
        cache_file(made[name])
    with closing(sqlite3.connect(made["foreign"])) as db, db:
        db.execute("CREATE TABLE other (id)")
    with closing(sqlite3.connect(made["newer"])) as db, db:
        db.execute("PRAGMA user_version = 99")
    with closing(sqlite3.connect(made["triggers"])) as db, db:
        db.execute("CREATE TRIGGER evil AFTER INSERT ON answers BEGIN DELETE FROM facts; END")
    files._open.clear()
    made["nowhere"] = path.with_name("missing") / "cache.db"
    return made


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torn", "damaged"),
        ("foreign", "another program"),
        ("newer", "newer version"),
        ("triggers", "tables"),
        ("nowhere", "folder that exists"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_where_it_is_named(
    unusable: dict[str, Path], name: str, said: str
) -> None:
    """With what is wrong and what to do, before anything is sent; it is left as it is."""
    before = unusable[name].read_bytes() if unusable[name].exists() else None
    with pytest.raises(nk.StorageError, match=said):
        nk.Client("http://127.0.0.1:9", cache=nk.Cache("5 min", path=unusable[name]))
    assert before is None or unusable[name].read_bytes() == before


def test_a_hostile_record_is_asked_for_anew(path: Path) -> None:
    """What is in a file is JSON and bytes: what is anything else is no answer, and runs nothing."""
    policy = nk.Cache("5 min", path=path)
    marker = path.with_name("ran")
    hostile = f"cos\nsystem\n(S'touch {marker}'\ntR."
    with counting() as origin:
        with client_of(origin.url, cache=policy) as api:
            api.get("/x")
        cache_file(path).flush()
        for head in (hostile, '{"kind": "response"}', "[]", '{"kind": "value"}'):
            with closing(sqlite3.connect(path)) as db, db:
                db.execute("UPDATE answers SET head = ?, body = ?", (head, hostile.encode()))
            before = origin.count
            with client_of(origin.url, cache=policy) as api:
                assert api.get("/x").source == "network"
            assert origin.count == before + 1
            cache_file(path).flush()
    assert not marker.exists()


def test_a_disk_that_fails_later_is_told_of_and_memory_goes_on(path: Path) -> None:
    """A warning says so once; answers are still given again."""
    policy = nk.Cache("5 min", path=path)
    with counting() as origin:
        client = client_of(origin.url, cache=policy)
        file = cache_file(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("DROP TABLE answers")
        client.get("/x").result()
        file.flush()
        assert len(file.problems.texts) >= 1
        with pytest.warns(RuntimeWarning, match="cannot be"):
            file.get(b"anything")
        assert client.get("/x").result().source == "cache"
        assert origin.count == 1
        client.close()


def test_errors_are_kept_where_that_is_asked_for(path: Path) -> None:
    """As statuses, for a time of their own, in memory and in a file; others are not."""
    statuses = {"/gone": 404, "/down": 500}

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        return answer('{"message": "no"}', status=statuses[request.target])

    wall = Wall(path)
    policy = nk.Cache("1 h", path=path, cache_errors=(404,), error_ttl="1 min")
    with Origin(rule) as origin:
        for expected in (2, 3, 4):
            with client_of(origin.url, cache=policy, retry=0) as api:
                for target, kind in (("/gone", nk.NotFound), ("/down", nk.ServerError)):
                    with pytest.raises(kind, match="no"):
                        api.get(target)
            assert origin.count == expected
        wall.move(61)
        with client_of(origin.url, cache=policy, retry=QUICK) as api:
            frame = api.map("/{it}", ["gone", "gone"], progress=False)
            assert frame["error_type"].tolist() == ["NotFound"] * 2
        assert origin.count == 5


def test_the_loop_is_not_held_up_by_a_disk_that_is_busy(path: Path) -> None:
    """While another program holds the file, answers come and are kept as soon as it lets go."""
    policy = nk.Cache("5 min", path=path)
    with counting() as origin:
        client = client_of(origin.url, cache=policy)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            for number in range(20):
                assert client.get(f"/{number}", timeout=5).result().status_code == 200
            assert keeper_of(client).stats().items == 20
            db.execute("ROLLBACK")
        cache_file(path).flush()
        assert client.cache.stats().items == 20
        client.close()
