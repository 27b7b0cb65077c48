"""The failures of a frame by kind, with what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.summary import errors_by_kind
from notebook_kit.policies.advice import hint

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FailureKinds", "kinds_of_failure"]


#: Advice that is cut off at fifty characters is none, and what a server says is no formula.
_WHOLE: Final = ("display.max_colwidth", None, "display.html.use_mathjax", False)


class FailureKinds(pd.DataFrame):
    """A table of failures whose texts are shown whole in a notebook; a DataFrame in all else."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        # What is cut from it is a table like any other.
        return pd.DataFrame

    def _repr_html_(self) -> str | None:
        # The stubs of pandas do not have it.
        plain: Any = super()
        with pd.option_context(*_WHOLE):
            html: str | None = plain._repr_html_()
            return html


def kinds_of_failure(
    frame: pd.DataFrame, *, again: str = "frame.calls.retry(client)"
) -> pd.DataFrame:
    """Return one row per kind of failure, the most frequent first, with advice.

    Args:
        frame: of a run, restored.
        again: what to write to have its rows sent again.

    >>> frame = pd.DataFrame({"status": ["failed"], "status_code": [404], "error": ["not here"]})
    >>> kinds_of_failure(frame.assign(error_type="NotFound"))["what_to_do"].tolist()
    ['Nothing is there: check the path and the values that fill it.']
    """
    kinds = errors_by_kind(frame)
    names = ("error_type", "status_code", "example")
    rows = zip(*(kinds[name].tolist() for name in names), strict=True)
    advice = [
        hint(_kind(name, code), again=again, said="" if pd.isna(said) else said)
        for name, code, said in rows
    ]
    texts = [np.nan if text is None else text for text in advice]
    column: pd.Series[Any] = pd.Series(texts, index=kinds.index, dtype=TEXT)
    return FailureKinds(kinds.assign(what_to_do=column))


def _kind(name: Any, code: Any) -> str:
    known = "" if pd.isna(name) else str(name)
    return known if pd.isna(code) else f"{known} {int(code)}"
