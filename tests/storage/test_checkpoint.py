"""checkpoint= and reuse= of a run, against a real server and real files."""

from __future__ import annotations

import asyncio
import gc
import shutil
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.storage.batch import Batch
from notebook_kit.storage.file import connect
from tests.quiet import begin_anew
from tests.storage.helpers import file_size_limit, kept, run_cell, select, wait_for

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


def test_earlier_failures_do_not_count_for_max_errors(client: nk.Client, path: Path) -> None:
    """A run that takes over failures stops for its own ones only, and says so many."""

    def run(codes: list[str], max_errors: int) -> nk.Run:
        return client.map(
            "/airports/{iata}",
            codes,
            checkpoint=path,
            reuse="settled",
            max_errors=max_errors,
            max_concurrency=1,
            fail_fast=False,
            progress=False,
        )

    run(["X1", "X2", "X3", "ZRH"], 9).result()
    again = run(["X1", "X2", "X3", "ZRH", "X4", "X5", "GVA"], 2)
    assert again.result()["status"].tolist() == ["failed"] * 3 + ["ok", "failed", "failed", "ok"]
    with pytest.raises(nk.BatchFailed, match="2 items failed, and max_errors=1"):
        run(["X1", "X2", "X6", "X7", "GVA"], 1).result()
    # Those that are tried once more are this run's own.
    last = run(["X1", "X2", "X3", "ZRH"], 1)
    last.result()
    with pytest.raises(nk.BatchFailed, match="2 items failed, and max_errors=1"):
        last.retry_failed().result()


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
    # What was cut off when it had just been sent may not have been counted yet.
    begin_anew(demo)
    frame = client.map(ECHO, items, checkpoint=path, progress=False).result()
    assert 40 <= done < 200
    assert kept(path) == 200
    assert demo.stats().requests == 200 - done
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
    # Each run keeps what it has done.
    assert kept(path) == 300
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
    with pytest.raises(nk.CheckpointMismatch, match="the code of the lambda of json= has changed"):
        send(lambda row: {"prompt": row.text.upper()})
    with pytest.raises(nk.CheckpointMismatch, match=r"json\['prompt'\] is new"):
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
            pytest.raises(nk.CheckpointMismatch, match=r"URL .* was 'http://127.*' and is '"),
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
    with (
        nk.Client(demo.url) as api,
        pytest.raises(nk.CheckpointMismatch, match="the parameter 'limit' was 5 and is 6"),
    ):
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
        run = nk.map(lambda x: bytearray([x]), [1, 2], checkpoint=path, progress=False)
        assert run.result()["result"].tolist() == [bytearray([1]), bytearray([2])]
        assert len(run.snapshot().notices) == 1
        assert "hold a bytearray are not kept in the checkpoint" in run.snapshot().notices[0]
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
    monkeypatch.setattr("notebook_kit.storage.writing._PATIENCE_S", 0.01)
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
        wait_for(lambda: "database is locked" in " ".join(run.snapshot().notices))
        holder.execute("ROLLBACK")
    free.set()
    assert run.result()["status"].eq("ok").all()
    assert "cannot be written (database is locked)" in " ".join(run.snapshot().notices)
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


def test_the_panel_knows_from_the_start_what_is_reused(path: Path) -> None:
    """Of a run that goes on, the first numbers already say what was reused and what is to do."""
    gate = threading.Event()

    def slow(number: int) -> int:
        assert number < 80 or gate.wait(10)
        return number

    nk.map(slow, range(80), checkpoint=path, name="slow", version="1", progress=False).result()
    # The same cell once more, twice: what was taken over is taken over again.
    for reused, to_do in ((80, 20), (100, 0)):
        run = nk.map(slow, range(100), checkpoint=path, name="slow", version="1", progress=False)
        first = run.snapshot()
        assert (first.reused, first.ok, first.to_do) == (reused, reused, to_do)
        # What was not sent says nothing of the pace, and so nothing of the time that is left.
        assert (first.attempts, sum(first.throughput), first.eta_s) == (0, 0, None)
        gate.set()
        run.result()
        last = run.snapshot()
        assert (last.reused, last.ok, last.attempts) == (reused, 100, to_do)
        assert sum(last.throughput) <= to_do


def test_with_durable_nobody_is_told_of_what_is_not_on_disk(path: Path) -> None:
    """What a hook, a queue and as_completed hear of is in the file by then, failures too."""
    seen: list[int] = []

    def work(number: int) -> int:
        assert number % 5
        return number

    def told(outcome: nk.Outcome) -> None:
        there = f"SELECT count(*) FROM outcomes WHERE position = {outcome.index}"  # noqa: S608
        assert select(path, there) == [(1,)]
        seen.append(outcome.index)

    run = nk.map(
        work,
        range(30),
        checkpoint=path,
        durable=True,
        retry=0,
        fail_fast=False,
        on_outcome=told,
        progress=False,
    )
    heard = [outcome.index for outcome in run.as_completed()]
    run.result()
    assert sorted(seen) == sorted(heard) == list(range(30))
    # An assertion that fails in a hook would be a notice.
    assert not any("on_outcome" in notice for notice in run.snapshot().notices)


def test_with_durable_no_more_begins_than_may_be_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk takes its time, workers wait: begun and not on disk are as many as may be."""
    begun: list[int] = []
    free = threading.Event()

    def begin(number: int) -> int:
        begun.append(number)
        return number

    run_begun = Batch.save

    def save(batch: Batch, connection: Any) -> None:
        assert free.wait(10)
        run_begun(batch, connection)

    monkeypatch.setattr(Batch, "save", save)
    run = nk.map(begin, range(50), checkpoint=path, durable=True, max_concurrency=4, progress=False)
    wait_for(lambda: run.snapshot().ok == 4)
    assert sorted(begun) == [0, 1, 2, 3]
    assert run.snapshot().in_flight == 0
    free.set()
    assert run.result()["status"].eq("ok").all()
    assert kept(path) == 50


def test_what_ended_with_another_is_kept_when_that_ends_the_run(path: Path) -> None:
    """Equal rows that failed with the first are told of and in the file, cut off as they are."""
    told: list[int] = []

    async def call(number: int) -> None:
        # In the meantime the others have come, and wait for this one.
        await asyncio.sleep(0.01)
        message = f"no {number}"
        raise LookupError(message)

    run = nk.map(
        call,
        [1, 1, 1],
        checkpoint=path,
        durable=True,
        dedupe=True,
        on_error="raise",
        on_outcome=lambda outcome: told.append(outcome.index),
        retry=0,
        progress=False,
    )
    with pytest.raises(nk.BatchFailed):
        run.result()
    assert run.frame["status"].tolist() == ["failed"] * 3
    assert nk.load_run(path)["status"].tolist() == ["failed"] * 3
    assert sorted(told) == [0, 1, 2]


@pytest.mark.parametrize("hedge", [None, "2 ms"])
def test_with_durable_calls_that_a_kill_would_make_vain_are_as_many_as_may_be(
    path: Path, hedge: str | None
) -> None:
    """Also where a late row is called for twice: of rows not on disk no more calls were made."""
    called: list[int] = []
    vain: list[int] = []

    async def call(number: int) -> int:
        is_late = number % 3 == 0 and number not in called
        called.append(number)
        there = {position for (position,) in select(path, "SELECT position FROM outcomes")}
        vain.append(sum(number not in there for number in called))
        await asyncio.sleep(0.05 if is_late else 0.001)
        return number

    run = nk.map(
        call,
        range(60),
        checkpoint=path,
        durable=True,
        hedge=hedge,
        max_concurrency=4,
        retry=0,
        progress=False,
    )
    assert run.result()["status"].eq("ok").all()
    assert (len(called) > 60) is (hedge is not None)
    assert max(vain) == 4


def test_with_durable_a_disk_that_fails_does_not_hold_the_run_up(path: Path) -> None:
    """When nothing can be written any more, a notice says so, and all results are returned."""

    def long(number: int) -> str:
        return str(number) * 100_000

    with file_size_limit(200_000):
        run = nk.map(long, range(10), checkpoint=path, durable=True, progress=False)
        frame = run.result()
    assert frame["status"].eq("ok").all()
    notices = " ".join(run.snapshot().notices)
    assert "'work.db' cannot be written" in notices
    assert "outcomes are in the frame but not in the checkpoint" in notices


def test_with_durable_no_row_waits_for_a_disk_that_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once writing has failed the run goes on, however late the next try comes."""
    monkeypatch.setattr("notebook_kit.storage.writing._FIRST_PAUSE_S", 600.0)
    monkeypatch.setattr("notebook_kit.storage.writing._LONGEST_PAUSE_S", 600.0)
    monkeypatch.setattr("notebook_kit.storage.writing._LAST_TRIES_S", 0.0)

    def long(number: int) -> str:
        return str(number) * 100_000

    with file_size_limit(200_000):
        run = nk.map(
            long, range(30), checkpoint=path, durable=True, max_concurrency=1, progress=False
        )
        frame = run.result(timeout=60)
    assert frame["status"].eq("ok").all()


def test_a_folder_that_disappears_does_not_stop_the_run(tmp_path: Path) -> None:
    """When the folder of the file is removed in the middle, the results are returned, and said."""
    folder = tmp_path / "gone"
    folder.mkdir()
    gate = threading.Event()

    def work(number: int) -> int:
        assert number == 0 or gate.wait(10)
        return number

    path = folder / "work.db"
    run = nk.map(work, range(3), max_concurrency=1, checkpoint=path, progress=False)
    wait_for(lambda: kept(path) == 1)
    shutil.rmtree(folder)
    gate.set()
    assert run.result()["result"].tolist() == [0, 1, 2]
    assert any("was deleted during the run" in notice for notice in run.snapshot().notices)


def test_two_kernels_write_one_file_at_once(path: Path) -> None:
    """Two processes that keep their outcomes in one file wait for each other and lose nothing."""
    script = (
        "import sys, notebook_kit as nk\n"
        "async def work(number): return 'x' * 300\n"
        "run = nk.map(work, range(int(sys.argv[2]), int(sys.argv[2]) + 3000), checkpoint="
        "sys.argv[1], rate='3000/s', flush_every=0.01, name='work', version='1', progress=False)\n"
        "assert run.result()['status'].eq('ok').all()\n"
        "print(run.snapshot().notices)\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, path, str(first)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in (0, 3_000)
    ]
    said = [each.communicate(timeout=60) for each in both]
    assert said == [("()\n", "")] * 2
    assert kept(path) == 6_000
    assert select(path, "SELECT state, total FROM runs") == [("done", 3_000)] * 2
    assert select(path, "PRAGMA integrity_check") == [("ok",)]


def test_flush_every_and_durable_are_checked(path: Path) -> None:
    """A duration that is none, and a word in the place of True, are refused before all else."""
    wrong: Any
    for wrong in ({"flush_every": -1}, {"flush_every": "soon"}, {"durable": "yes"}):
        with pytest.raises(nk.ConfigurationError, match=next(iter(wrong))):
            nk.map(str, [1], checkpoint=path, **wrong)
    assert not path.exists()


def test_files_beside_it_are_private_too(path: Path) -> None:
    """While a run is under way, its log and its index are for the owner alone, too."""
    gate = threading.Event()
    run = nk.map(lambda at: at == 0 or gate.wait(10), range(2), checkpoint=path, progress=False)
    wait_for(lambda: kept(path) == 1)
    found = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    gate.set()
    run.result()
    assert found == dict.fromkeys(("work.db", "work.db-wal", "work.db-shm"), 0o600)


def test_an_interrupted_start_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not want to wait for a long look-up interrupts it; the file is let go of."""
    nk.map(str, range(3), checkpoint=path, name="work", progress=False).result()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("notebook_kit.storage.earlier.Earlier.find", interrupted)
    with pytest.raises(KeyboardInterrupt):
        nk.map(str, range(3), checkpoint=path, name="work", progress=False)
    assert not any("journal" in thread.name for thread in threading.enumerate())
    assert select(path, "SELECT state FROM runs") == [("done",), ("failed",)]
