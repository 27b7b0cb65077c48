"""Frames of runs, for tests that compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from notebook_kit.frames import build_frame, plan_of
from notebook_kit.scheduling import Ledger, Status
from tests.frames.ledgers import EPOCH, settle

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["run_of"]


def run_of(answers: Mapping[Any, Any], seconds: Mapping[Any, float] | None = None) -> pd.DataFrame:
    """Return the frame of a run whose labels and items are the keys; errors are failures."""
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(len(answers))
    for at, (key, answer) in enumerate(answers.items()):
        network_s = (seconds or {}).get(key, 0.25)
        if isinstance(answer, BaseException):
            settle(ledger, at, Status.FAILED, error=answer, status_code=500, network_s=network_s)
        else:
            settle(ledger, at, value=answer, network_s=network_s)
    keys = list(answers)
    return build_frame(plan_of(pd.Series(keys, index=keys, dtype=object)), ledger)
