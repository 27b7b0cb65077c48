from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pandas as pd

from notebook_kit.frames import build, build_frame, plan_of
from notebook_kit.scheduling import Ledger, Plan, Status
from tests.frames.ledgers import EPOCH, answered, frame_of, settle

if TYPE_CHECKING:
    import pytest


def test_iterators_show_what_has_come() -> None:
    """The frame of a generator has a row for each item that has come out of it so far."""
    plan = plan_of(iter("abc"))
    plan.pulled.extend("ab")
    frame = build_frame(plan, answered("A"))
    assert (frame["item"].tolist(), frame["result"].tolist()) == (["a"], ["A"])


def test_half_grown_ledger() -> None:
    """A frame made while the ledger grows has the rows that are whole, with their labels."""
    ledger = answered("abc")
    ledger.status.extend(b"\xff\xff")
    ledger.source.extend(b"\x00")
    plan = Plan(iter(()), index=pd.Index(list("vwxyz")), pulled=["p"])
    frame = build_frame(plan, ledger)
    assert (frame.index.tolist(), frame["item"].tolist()) == (list("vwx"), ["p", None, None])


def test_rows_that_come_while_a_frame_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that grows between two of its columns gives the rows that both have."""
    plan, ledger = plan_of(range(2)), answered("ab")
    copied = build._copied

    def grow_and_copy(column: Any, dtype: Any, count: int) -> Any:
        ledger.grow(1)
        return copied(column, dtype, count)

    monkeypatch.setattr(build, "_copied", grow_and_copy)
    frame = build_frame(plan, ledger)
    assert frame["result"].tolist() == ["a", "b"]
    assert frame["elapsed_s"].tolist() == [0.75, 0.75]
    assert len(ledger) == 10


def test_answers_that_come_meanwhile_wait_for_the_next_frame() -> None:
    """An answer or error of a row that had not ended when its status was read does not show."""
    ledger = Ledger()
    ledger.grow(2)
    ledger.values[0] = "early"  # noqa: PD011 - a list of answers
    ledger.errors[1] = ValueError("early")
    frame = frame_of(["a", "b"], ledger)
    assert frame["result"].tolist() == [None, None]
    assert frame["error"].isna().all()
    assert frame["status"].tolist() == ["pending", "pending"]


def test_frames_of_a_live_run() -> None:
    """Frames can be made in one thread while another ends items: neither is disturbed."""
    plan, ledger = plan_of(iter(())), Ledger(epoch=EPOCH)
    seen_growing = threading.Event()
    trouble: list[BaseException] = []

    def work() -> None:
        try:
            for at in range(200_000):
                plan.pulled.append(at)
                ledger.grow(1)
                settle(ledger, at, value=at) if at % 7 else settle(
                    ledger, at, Status.FAILED, error=ValueError(str(at))
                )
                if seen_growing.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - told to the test below
            trouble.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    lengths = []
    while worker.is_alive():
        frame = build_frame(plan, ledger)
        lengths.append(len(frame))
        done = frame[frame["status"] == "ok"]
        assert done["result"].tolist() == done["item"].tolist()
        wrong = frame[frame["status"] == "failed"]
        assert wrong["error"].tolist() == [str(item) for item in wrong["item"]]
        if len(set(lengths)) > 20:
            seen_growing.set()
    worker.join()
    assert not trouble
    assert lengths == sorted(lengths)
    assert len(build_frame(plan, ledger)) == len(ledger)
    assert len(set(lengths)) > 1
