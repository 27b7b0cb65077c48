"""checkpoint= and reuse= of a run, against a real server and real files."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.storage.file import connect
from tests.storage.helpers import kept, run_cell, select, wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from notebook_kit.demo import DemoServer

ECHO = "/echo?n={n}"


@pytest.fixture
def client(demo: DemoServer) -> Iterator[nk.Client]:
    client = nk.Client(demo.url, retry=0)
    yield client
    client.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let the system refuse to write beyond this size of a file, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_second_run_sends_nothing(client: nk.Client, demo: DemoServer, path: Path) -> None:
    """All answers come from the checkpoint: same results, status codes and order; no request."""
    rows = pd.DataFrame({"iata": ["ZRH", "GVA", "BSL", "ZRH"]}, index=["a", "b", "c", "d"])
    first = client.map("/airports/{iata}", rows, checkpoint=path, progress=False).result()
    sent = demo.stats().requests
    run = client.map("/airports/{iata}", rows, checkpoint=path, progress=False)
    second = run.result()
    assert sent == 4
    assert demo.stats().requests == sent
    assert second["result"].tolist() == first["result"].tolist()
    assert second["status_code"].tolist() == [200] * 4
    assert first["source"].tolist() == ["network"] * 4
    assert second["source"].tolist() == ["checkpoint"] * 4
    assert second["attempts"].tolist() == [0] * 4
    assert second.index.tolist() == list("abcd")
    assert run.snapshot().reused == 4
    assert run.snapshot().notices == ()


def test_only_new_and_failed_rows_are_sent(client: nk.Client, demo: DemoServer, path: Path) -> None:
    """A changed item is a new row, and what failed is done again."""
    client.map("/airports/{iata}", ["ZRH", "XXX"], checkpoint=path, progress=False).result()
    before = demo.stats().requests
    frame = client.map(
        "/airports/{iata}", ["XXX", "GVA", "ZRH"], checkpoint=path, progress=False
    ).result()
    assert demo.stats().requests - before == 2
    assert frame["source"].tolist() == ["network", "network", "checkpoint"]
    assert frame["status"].tolist() == ["failed", "ok", "ok"]


def test_settled_rows_are_reused_with_their_errors(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """reuse="settled" sends nothing for a 404; the row has its error, the panel its group."""
    items = ["ZRH", "XXX"]
    first = client.map("/airports/{iata}", items, checkpoint=path, progress=False).result()
    before = demo.stats().requests
    run = client.map("/airports/{iata}", items, checkpoint=path, reuse="settled", progress=False)
    second = run.result()
    assert demo.stats().requests == before
    for column in ("status", "status_code", "error_type", "error"):
        assert second[column].tolist()[1] == first[column].tolist()[1]
    assert second["source"].tolist() == ["checkpoint"] * 2
    snapshot = run.snapshot()
    assert (snapshot.ok, snapshot.failed, snapshot.reused) == (1, 1, 2)
    assert [group.kind for group in snapshot.errors] == ["NotFound 404"]
    # Asked to try again, it does.
    again = run.retry_failed().result()
    assert again["source"].tolist() == ["network"]
    assert demo.stats().requests == before + 1


def test_reuse_none_does_all_again_and_keeps_it(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """reuse="none" sends every row, and the answers are there for the next run."""
    for reuse, sent in (("ok", 1), ("none", 2), ("ok", 2)):
        client.map(
            "/airports/{iata}",
            ["ZRH"],
            checkpoint=path,
            reuse=reuse,  # type: ignore[arg-type]  # one of the three words
            progress=False,
        ).result()
        assert demo.stats().requests == sent


def test_after_a_cancel_only_the_rest_is_sent(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """Rows that were done before the cancel are never sent again; all others are."""
    demo.switches.latency_s = 0.01
    items = list(range(200))
    run = client.map(ECHO, items, checkpoint=path, progress=False)
    wait_for(lambda: run.snapshot().ok >= 40)
    run.cancel()
    done = run.result()["status"].eq("ok").sum()
    demo.switches.latency_s = 0.0
    before = demo.stats().requests
    frame = client.map(ECHO, items, checkpoint=path, progress=False).result()
    assert 40 <= done < 200
    assert kept(path) == 200
    assert demo.stats().requests - before == 200 - done
    assert frame["status"].eq("ok").all()
    assert frame["source"].eq("checkpoint").sum() == done


def test_iterators_look_up_each_item_as_it_comes(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """Generators of both kinds, whose length nobody knows, find what is kept."""

    async def later() -> AsyncIterator[int]:
        for number in range(6):
            await asyncio.sleep(0)
            yield number

    async def main() -> pd.DataFrame:
        return await client.map(ECHO, later(), checkpoint=path, progress=False)

    client.map(ECHO, iter([1, 3]), checkpoint=path, progress=False).result()
    frame = asyncio.run(main())
    assert demo.stats().requests == 6
    assert frame["source"].eq("checkpoint").tolist() == [False, True, False, True, False, False]
    frame = client.map(ECHO, iter(range(6)), checkpoint=path, progress=False).result()
    assert demo.stats().requests == 6
    assert frame["item"].tolist() == list(range(6))


def test_the_same_item_twice(client: nk.Client, demo: DemoServer, path: Path) -> None:
    """Both rows of an item that occurs twice have its answer from the checkpoint."""
    client.map("/airports/{iata}", ["ZRH"], checkpoint=path, progress=False).result()
    frame = client.map("/airports/{iata}", ["ZRH", "ZRH"], checkpoint=path, progress=False).result()
    assert demo.stats().requests == 1
    assert [answer["iata"] for answer in frame["result"]] == ["ZRH", "ZRH"]


def test_runs_at_once_in_one_file(client: nk.Client, demo: DemoServer, path: Path) -> None:
    """Two works, one of them twice, write to one file at the same time without losing a row."""
    demo.switches.latency_s = 0.002
    items = list(range(100))
    runs = [
        client.map(template, items, checkpoint=path, progress=False)
        for template in (ECHO, ECHO, "/echo?other={n}")
    ]
    assert all(run.result()["status"].eq("ok").all() for run in runs)
    assert not any(run.snapshot().notices for run in runs)
    demo.switches.latency_s = 0.0
    assert kept(path) == 200
    before = demo.stats().requests
    for template in (ECHO, "/echo?other={n}"):
        client.map(template, items, checkpoint=path, progress=False).result()
    assert demo.stats().requests == before


def test_changed_calls_are_refused_before_anything_is_sent(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """Another body for the same path is a CheckpointMismatch that says what changed."""
    rows = pd.DataFrame({"text": ["a"]})

    def send(template: Any, **options: Any) -> nk.Run:
        return client.map(
            "/echo", rows, method="POST", json=template, checkpoint=path, progress=False, **options
        )

    send(lambda row: {"prompt": row.text}).result()
    send(lambda row: {"prompt": row.text}, max_concurrency=2).result()
    assert demo.stats().requests == 1
    with pytest.raises(nk.CheckpointMismatch, match="source of json is another"):
        send(lambda row: {"prompt": row.text.upper()})
    with pytest.raises(nk.CheckpointMismatch, match="json is another; source of json is gone"):
        send({"prompt": nk.col("text")})
    assert demo.stats().requests == 1
    send({"prompt": nk.col("text")}, reuse="none").result()
    send({"prompt": nk.col("text")}).result()
    assert demo.stats().requests == 2


def test_another_server_is_other_work(client: nk.Client, demo: DemoServer, path: Path) -> None:
    """Answers of one base URL, or of other default parameters, are not taken for another's."""
    client.map("/airports/{iata}", ["ZRH"], checkpoint=path, progress=False).result()
    for address, params in ((demo.url + "/v2", None), (demo.url, {"a": "b"})):
        with (
            nk.Client(address, params=params) as other,
            pytest.raises(nk.CheckpointMismatch, match=r"url was 'http://127.*' and is '"),
        ):
            other.map("/airports/{iata}", ["ZRH"], checkpoint=path, progress=False)


def test_another_key_is_the_same_work_and_no_key_is_written(demo: DemoServer, path: Path) -> None:
    """Credentials can be renewed between runs, and none of them is anywhere in the file."""
    for key in ("sk-first-0123456789", "sk-second-9876543210"):
        with nk.Client(demo.url, headers={"x-api-key": nk.Secret(key)}, retry=0) as api:
            api.map(
                "/airports/{iata}",
                ["ZRH", "XXX"],
                params={"api_key": key, "limit": 5},
                headers={"authorization": f"Bearer {key}", "accept-language": "de"},
                checkpoint=path,
                reuse="settled",
                progress=False,
            )
        # While the log beside the file may still hold something, or not.
        files = b"".join(each.read_bytes() for each in path.parent.iterdir())
        assert key.encode() not in files
    assert demo.stats().requests == 2
    with nk.Client(demo.url) as api, pytest.raises(nk.CheckpointMismatch, match="params"):
        api.map(
            "/airports/{iata}",
            ["ZRH"],
            params={"limit": 6},
            headers={"accept-language": "de"},
            checkpoint=path,
        )


def test_functions_are_work_too(path: Path) -> None:
    """A function is not called for what is kept; a changed one is refused until told otherwise."""
    calls: list[int] = []
    source = "def double(x):\n    calls.append(x)\n    return (2 * x, b'x')\n"
    for items in ([1, 2], [2, 3]):
        double = run_cell(source, calls=calls)["double"]
        frame = nk.map(double, items, checkpoint=path, progress=False).result()
        assert frame["result"].tolist() == [(2 * item, b"x") for item in items]
    assert sorted(calls) == [1, 2, 3]
    triple = run_cell(source.replace("2 * x", "3 * x"), calls=calls)["double"]
    with pytest.raises(nk.CheckpointMismatch, match="3 answers of 'double'"):
        nk.map(triple, [1], checkpoint=path, progress=False)
    frame = nk.map(triple, [1], checkpoint=path, name="triple", progress=False).result()
    assert frame["result"].tolist() == [(3, b"x")]


def test_what_cannot_be_kept_is_a_notice_and_the_results_are_there(path: Path) -> None:
    """Answers that JSON cannot hold are in the frame, and the run says that they are not kept."""
    for _ in range(2):
        run = nk.map(lambda x: {x}, [1, 2], checkpoint=path, progress=False)
        assert run.result()["result"].tolist() == [{1}, {2}]
        assert len(run.snapshot().notices) == 1
        assert "hold a set are not kept in the checkpoint" in run.snapshot().notices[0]
    assert kept(path) == 0


def test_a_full_disk_does_not_stop_the_run(path: Path) -> None:
    """When the file cannot grow, all results are returned, and a notice says what is missing."""

    def long(number: int) -> str:
        return str(number) * 100_000

    with file_size_limit(200_000):
        run = nk.map(long, range(10), checkpoint=path, progress=False)
        frame = run.result()
    assert frame["status"].eq("ok").all()
    assert [len(result) for result in frame["result"]] == [100_000] * 10
    notices = " ".join(run.snapshot().notices)
    assert "'work.db' cannot be written" in notices
    assert "outcomes are in the frame but not in the checkpoint" in notices
    # With room again, the next run does what is missing and keeps it.
    missing = 10 - kept(path)
    frame = nk.map(long, range(10), checkpoint=path, progress=False).result()
    assert missing > 0
    assert frame["source"].eq("network").sum() == missing
    assert kept(path) == 10


def test_a_locked_file_does_not_stop_the_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program writes, the run goes on, and what it did is written afterwards."""
    monkeypatch.setattr("notebook_kit.storage.writer._PATIENCE_S", 0.01)
    started, locked, free = threading.Event(), threading.Event(), threading.Event()

    def work(number: int) -> int:
        started.set()
        assert locked.wait(10)
        assert number == 0 or free.wait(10)
        return number

    run = nk.map(work, range(2), max_concurrency=1, checkpoint=path, progress=False)
    assert started.wait(10)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        locked.set()
        wait_for(lambda: run.snapshot().notices)
        holder.execute("ROLLBACK")
    free.set()
    assert run.result()["status"].eq("ok").all()
    assert "cannot be written (database is locked)" in run.snapshot().notices[0]
    assert kept(path) == 2


def test_a_bad_file_is_refused_before_anything_is_sent(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """A file that is no checkpoint stops the run before it starts."""
    path.write_text("a,b\n1,2\n")
    with pytest.raises(nk.CheckpointCorrupt, match="Nothing was sent"):
        client.map("/airports/{iata}", ["ZRH"], checkpoint=path, progress=False)
    with pytest.raises(nk.ConfigurationError, match="checkpoint=True"):
        client.map(
            "/airports/{iata}",
            ["ZRH"],
            checkpoint=True,  # type: ignore[arg-type]  # what a user may write
            progress=False,
        )
    assert demo.stats().requests == 0


def test_nothing_is_left_when_a_run_has_ended(path: Path) -> None:
    """The thread is joined and the file closed before the run is done."""
    run = nk.map(lambda x: x, range(10), checkpoint=path, progress=False)
    left: list[str] = []
    run.add_done_callback(
        lambda _: left.extend(each.name for each in threading.enumerate() if "journal" in each.name)
    )
    run.result()
    gc.collect()
    assert left == []
    assert [each.name for each in path.parent.iterdir()] == ["work.db"]
    assert select(path, "SELECT DISTINCT status FROM outcomes") == [("ok",)]


def test_sqlite_is_loaded_for_checkpoints_only() -> None:
    """Whoever keeps no checkpoint does not load this room, and SQLite with it."""
    script = (
        "import sys, notebook_kit as nk\n"
        "nk.map(lambda x: x, [1], progress=False).result()\n"
        "print('notebook_kit.storage' in sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.strip() == "False"
