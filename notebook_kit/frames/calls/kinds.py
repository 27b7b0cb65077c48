"""The failures of a frame by kind, with what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.summary import errors_by_kind
from notebook_kit.policies.advice import hint

if TYPE_CHECKING:
    from typing import Any

__all__ = ["kinds_of_failure"]


def kinds_of_failure(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per kind of failure, the most frequent first, with advice.

    >>> frame = pd.DataFrame({"status": ["failed"], "status_code": [404], "error": ["not here"]})
    >>> kinds_of_failure(frame.assign(error_type="NotFound"))["what_to_do"].tolist()
    ['Nothing is there: check the path and the values that fill it.']
    """
    kinds = errors_by_kind(frame)
    pairs = zip(kinds["error_type"].tolist(), kinds["status_code"].tolist(), strict=True)
    advice = [hint(_kind(*pair), again="frame.calls.retry(client)") for pair in pairs]
    texts = [np.nan if text is None else text for text in advice]
    column: pd.Series[Any] = pd.Series(texts, index=kinds.index, dtype=TEXT)
    return kinds.assign(what_to_do=column)


def _kind(name: Any, code: Any) -> str:
    known = "" if pd.isna(name) else str(name)
    return known if pd.isna(code) else f"{known} {int(code)}"
