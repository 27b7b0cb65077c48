"""Frames and tables of attempts for tests of charts, made as a run makes them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from notebook_kit.errors import RateLimited, ServerError
from notebook_kit.frames import all_attempts, build_frame, plan_of
from notebook_kit.policies import classify
from notebook_kit.scheduling import Ledger, Source, Status
from tests.frames.ledgers import EPOCH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd

__all__ = ["Made", "all_failed", "all_reused", "many", "mixed", "none", "one", "without_times"]


class Made(NamedTuple):
    """What a run has brought."""

    frame: pd.DataFrame
    attempts: pd.DataFrame


def of(ledger: Ledger, items: Sequence[Any] | None = None) -> Made:
    """Return the frame and the attempts of a ledger."""
    plan = plan_of(range(len(ledger)) if items is None else items)
    return Made(build_frame(plan, ledger), all_attempts(plan, ledger))


def _ledger(count: int) -> Ledger:
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(count)
    return ledger


def none() -> Made:
    """A run of no rows."""
    return of(_ledger(0))


def one() -> Made:
    """A run of one row, answered within 0.2 s."""
    ledger = _ledger(1)
    ledger.left[0] = 0.0
    ledger.answered(0, 0.2, 0.2, "yes", 200, Source.NETWORK)
    return of(ledger)


def all_reused() -> Made:
    """A run for which nothing was sent."""
    ledger = _ledger(5)
    for at in range(5):
        ledger.reuse(at, "kept", source=Source.CACHE, status_code=200, now=1.0)
    return of(ledger)


def all_failed(*errors: BaseException, count: int = 30) -> Made:
    """A run in which each row took 0.2 s and failed, with these errors in turn."""
    ledger = _ledger(count)
    for at in range(count):
        ledger.left[at], ledger.attempts[at], ledger.network[at] = at * 0.1, 1, 0.2
        error = errors[at % len(errors)] if errors else ServerError("down", status_code=503)
        ledger.status_code[at] = getattr(error, "status_code", None) or 0
        ledger.settle(at, Status.FAILED, now=at * 0.1 + 0.3, error=error)
    return of(ledger)


def without_times() -> Made:
    """A run of which a file has kept no times."""
    frame, attempts = mixed(20)
    frame["started"] = frame["started"].where(frame["started"].isna())
    frame[["waited_s", "network_s", "backoff_s"]] = np.nan
    attempts["started"] = attempts["started"].where(attempts["started"].isna())
    return Made(frame, attempts)


def mixed(count: int = 60) -> Made:
    """A run in which every row waited 0.1 s for a limit and took 0.4 s.

    Of ten rows one failed for good, and three were refused at first, one of these as the server
    said how long to wait.
    """
    ledger = _ledger(count)
    for at in range(count):
        begun = at * 0.25
        ledger.left[at] = begun
        sent = begun + 0.1
        if at % 10 in (1, 2, 3):
            delay_s = 1.0 if at % 10 == 1 else 0.5
            retry_after_s = 1.0 if at % 10 == 1 else None
            refused = RateLimited("slow", status_code=429, retry_after_s=retry_after_s)
            error = refused if at % 10 < 3 else ServerError("down", status_code=503)
            _refuse(ledger, at, sent, error, delay_s)
            sent += 0.05 + delay_s
        if at % 10 == 9:
            ledger.attempts[at] += 1
            ledger.network[at] += 0.4
            ledger.status_code[at] = 500
            error = ServerError("broken", status_code=500)
            ledger.settle(at, Status.FAILED, now=sent + 0.4, error=error)
        else:
            ledger.answered(at, sent + 0.4, 0.4, {"n": at}, 200, Source.NETWORK)
    return of(ledger)


def _refuse(ledger: Ledger, at: int, sent: float, error: BaseException, delay_s: float) -> None:
    ledger.attempts[at] += 1
    ledger.network[at] += 0.05
    ledger.backoff[at] += delay_s
    ledger.log.failed(
        at,
        classify(error),
        number=1,
        started=sent,
        ended=sent + 0.05,
        network_s=0.05,
        delay_s=delay_s,
    )


def many(count: int = 1_000_000) -> Made:
    """A run of an hour, of a million rows, a tenth of which failed."""
    random = np.random.default_rng(0)
    ledger = _ledger(count)
    started = np.sort(random.uniform(0, 3600, count))
    took = random.lognormal(-2, 0.7, count)
    ledger.left, ledger.settled = array("d", started - 0.05), array("d", started + took)
    ledger.network = array("d", took)
    ledger.attempts = array("i", np.ones(count, np.int32))
    ledger.status = bytearray((random.random(count) < 0.1).astype(np.uint8).tobytes())
    error = ServerError("down", status_code=503)
    ledger.errors = dict.fromkeys(np.flatnonzero(bytearray(ledger.status)).tolist(), error)
    return of(ledger)
