from __future__ import annotations

import math
import random
import time
from array import array
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.errors import ServerError
from notebook_kit.frames import all_attempts, plan_of
from notebook_kit.frames.attempts_table import CAUSES, OUTCOMES
from notebook_kit.frames.columns import as_text
from notebook_kit.policies import classify
from notebook_kit.scheduling import Ledger, Source, Status
from notebook_kit.scheduling.attempt_log import AttemptLog, Next
from notebook_kit.scheduling.attempts import attempts_of
from tests.frames.ledgers import EPOCH, everything
from tests.scheduling.cases import random_case
from tests.scheduling.watched import WatchedRun, WatchedServer

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.demo import DemoServer

DTYPES = {
    "position": "int64",
    "attempt": "int64",
    "started": "datetime64[us, UTC]",
    "ended": "datetime64[us, UTC]",
    "waited_s": "float64",
    "backoff_s": "float64",
    "why": "category",
    "network_s": "float64",
    "outcome": "category",
    "status_code": "Int16",
}
#: What the log calls a wait, and what the table does.
WORDS = dict(zip((it.name.lower() for it in Next), CAUSES, strict=False))


def log_failure(
    ledger: Ledger,
    started: float,
    ended: float,
    *,
    delay_s: float = 0.0,
    then: Next | None = None,
) -> None:
    """Count an attempt of the first item that failed, and write it into the log."""
    ledger.attempts[0] += 1
    ledger.network[0] += ended - started
    ledger.log.failed(
        0,
        classify(ServerError("down", status_code=503)),
        number=ledger.attempts[0],
        started=started,
        ended=ended,
        network_s=ended - started,
        delay_s=delay_s,
        then=then,
    )


def one_item(*, epoch: float = 0.0) -> Ledger:
    """Return a ledger of one item that left the input at 10."""
    ledger = Ledger(epoch=epoch)
    ledger.grow(1)
    ledger.left[0] = 10.0
    return ledger


def a_million() -> Ledger:
    """Return a ledger of a million items, each of which was answered at once or failed."""
    count = 1_000_000
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(count)
    started = np.linspace(0, 3600, count)
    ledger.left, ledger.settled = array("d", started), array("d", started + 0.2)
    ledger.network = array("d", np.full(count, 0.15))
    ledger.attempts = array("i", np.ones(count, np.int32))
    ledger.status = bytearray(count)
    return ledger


def test_the_schema_is_the_same_for_any_number_of_attempts() -> None:
    """None, a few and a million have the columns and the dtypes of the design."""
    tables = [
        all_attempts(plan_of([]), Ledger()),
        all_attempts(*everything()),
        all_attempts(plan_of(range(1_000_000)), a_million()),
    ]
    assert [len(table) for table in tables] == [0, 6, 1_000_000]
    for table in tables:
        found = {name: str(dtype) for name, dtype in table.dtypes.items()}
        assert found.pop("error_type") == str(pd.Series(["x"]).dtype)
        assert found == DTYPES
        assert table["why"].cat.categories.tolist() == list(CAUSES)
        assert table["outcome"].cat.categories.tolist() == list(OUTCOMES)


@pytest.mark.slow
def test_a_million_attempts_are_a_table_at_once() -> None:
    """The columns are made as columns: it takes no time that grows with Python's."""
    ledger = a_million()
    plan = plan_of(range(1_000_000))
    begun = time.perf_counter()
    table = all_attempts(plan, ledger)
    assert time.perf_counter() - begun < 5
    assert table["network_s"].sum() == pytest.approx(150_000)


def test_each_attempt_has_its_times_and_what_it_waited_for() -> None:
    """Back-off, what a limit added, and the last attempt, which the log does not have."""
    ledger = one_item(epoch=EPOCH)
    log_failure(ledger, 10.5, 11.0, delay_s=2.0)
    log_failure(ledger, 13.5, 14.0, delay_s=1.0, then=Next.ASKED)
    ledger.answered(0, 16.0, 1.0, "yes", 200, Source.NETWORK)
    table = all_attempts(plan_of({"a": 1}), ledger)
    assert table.index.tolist() == ["a"] * 3
    assert table["position"].tolist() == [0, 0, 0]
    assert table["attempt"].tolist() == [1, 2, 3]
    assert table["waited_s"].tolist() == [0.5, 0.5, 0.0]
    assert table["backoff_s"].tolist() == [0.0, 2.0, 1.0]
    assert table["why"].tolist() == ["limit", "back-off", "server said so"]
    assert table["network_s"].tolist() == [0.5, 0.5, 1.0]
    assert table["outcome"].tolist() == ["failed", "failed", "answered"]
    assert table["status_code"].tolist() == [503, 503, 200]
    assert table["error_type"].tolist()[:2] == ["ServerError", "ServerError"]
    assert pd.isna(table["error_type"].iloc[2])
    assert table["started"].iloc[0] == pd.Timestamp(EPOCH + 10.5, unit="s", tz="UTC")
    assert table["ended"].iloc[2] == pd.Timestamp(EPOCH + 16.0, unit="s", tz="UTC")


def test_an_attempt_that_began_at_once_has_waited_for_nothing() -> None:
    """Less than a millisecond is no wait that has a cause."""
    ledger = one_item()
    ledger.answered(0, 11.0001, 1.0, "yes", 200, Source.NETWORK)
    table = all_attempts(plan_of(["a"]), ledger)
    assert table["why"].isna().all()


def test_the_slower_of_two_attempts_stands_beside_the_other() -> None:
    """The second of a late call that was cut has waited for nothing, and says why it was made."""
    ledger = one_item()
    ledger.answered(0, 14.0, 4.0, "yes", 200, Source.NETWORK)
    ledger.attempts[0] += 1
    ledger.log.second_cut(0, number=2, started=12.0, ended=14.0)
    table = all_attempts(plan_of(["a"]), ledger)
    assert table["outcome"].tolist() == ["answered", "overtaken"]
    assert table["why"].iloc[1] == "second attempt"
    assert pd.isna(table["why"].iloc[0])


def test_without_all_rows_of_the_log_the_last_attempt_has_no_beginning() -> None:
    """What is not known is missing, and comes last."""
    ledger = one_item()
    ledger.log = AttemptLog(most=1)
    log_failure(ledger, 10.0, 11.0, delay_s=1.0)
    log_failure(ledger, 12.0, 13.0, delay_s=1.0)
    ledger.answered(0, 15.0, 1.0, "yes", 200, Source.NETWORK)
    table = all_attempts(plan_of(["a"]), ledger)
    assert table["attempt"].tolist() == [1, 3]
    last = table.iloc[1]
    assert pd.isna(last["started"])
    assert math.isnan(last["network_s"])
    assert not pd.isna(last["ended"])


def test_items_without_attempts_have_no_rows() -> None:
    """Reused, never begun and waiting for the first attempt: nothing was tried."""
    ledger = Ledger()
    ledger.grow(3)
    ledger.reuse(0, "kept", source=Source.CACHE, status_code=200, now=1.0)
    ledger.settle(1, Status.CANCELLED, now=1.0)
    assert len(all_attempts(plan_of(list("abc")), ledger)) == 0


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["x", "x", "y"], name="who"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["k", "n"]),
        pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin", name="day"),
    ],
)
def test_attempts_have_the_labels_of_their_items(index: pd.Index) -> None:
    """Of whatever kind: by position, also where a label occurs twice."""
    ledger = Ledger()
    ledger.grow(3)
    for at, moment in enumerate((3.0, 2.0, 1.0)):
        ledger.answered(at, moment, 0.5, "yes", 200, Source.NETWORK)
    table = all_attempts(plan_of(pd.DataFrame({"n": [1, 2, 3]}, index=index)), ledger)
    assert table["position"].tolist() == [2, 1, 0]
    assert table.index.equals(index[::-1])
    assert table.index.names == index.names


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_whatever_happens_the_table_says_what_each_item_says(seed: int) -> None:
    """In random runs it has the attempts that one item after the other has."""
    case = random_case(random.Random(seed), most=12)
    note(repr(case))
    servers = [WatchedServer(case.breaker) for _ in range(case.servers)]
    scheduler = case.scheduler(list(servers), random.Random(seed).random)
    WatchedRun(scheduler, case, case=case, servers=servers).run()
    ledger = scheduler.ledger
    table = all_attempts(plan_of(range(len(ledger))), ledger)
    assert table["started"].is_monotonic_increasing
    for at in range(len(ledger)):
        mine = table.loc[table["position"] == at].sort_values("attempt")
        told = attempts_of(ledger, at)
        assert mine["attempt"].tolist() == [it.number for it in told]
        assert mine["outcome"].tolist() == [str(it.came) for it in told]
        assert [code or None for code in mine["status_code"].fillna(0)] == [
            it.status_code for it in told
        ]
        for it, waited, backoff, why in zip(
            told, mine["waited_s"], mine["backoff_s"], mine["why"], strict=True
        ):
            assert waited == pytest.approx(it.waited_s, abs=1e-9)
            assert backoff == pytest.approx(it.backoff_s, abs=1e-9)
            wanted = WORDS.get(it.why) or ("limit" if it.waited_s >= 1e-3 else None)
            assert (None if pd.isna(why) else why) == wanted


def test_a_run_has_it_and_a_file_keeps_it(demo: DemoServer, tmp_path: Path) -> None:
    """`run.attempts` has each request that was sent, and comes back from parquet as it was."""
    demo.switches.flaky_first_tries = 1.0
    places = pd.DataFrame({"iata": ["ZRH", "GVA", "JFK", "LHR", "OSL"]})
    with closing(nk.Client(demo.url)) as client:
        run = client.map("/flaky/airports/{iata}", places, retry=2, progress=False)
        frame = run.result(timeout=30)
    table = run.attempts
    assert len(table) == frame["attempts"].sum() == demo.stats().requests
    assert table["outcome"].value_counts()["answered"] == 5
    path = tmp_path / "attempts.parquet"
    table.to_parquet(path)
    back = pd.read_parquet(path)
    # Before pandas 3, whose text this is, what is missing is None in a file that pandas reads.
    back["error_type"] = as_text(back["error_type"])
    pd.testing.assert_frame_equal(back, table)
