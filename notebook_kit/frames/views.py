"""Views of a frame: the answers opened into columns, what went wrong, where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.frames import opening
from notebook_kit.frames.calls.restored import with_answers
from notebook_kit.scheduling import STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

__all__ = ["errors_view", "results_view", "timings_view"]

_NOT_DONE: Final = [STATUSES[code] for code in (Status.FAILED, Status.TIMEOUT, Status.CANCELLED)]
_ERROR_COLUMNS: Final = ["item", "status", "status_code", "error_type", "error", "attempts"]
_TIME_COLUMNS: Final = ["started", "waited_s", "network_s", "backoff_s", "elapsed_s", "attempts"]


def results_view(
    frame: pd.DataFrame,
    expand: bool | int | Iterable[str] | Mapping[str, str] = True,  # noqa: FBT001, FBT002 - as there
    **options: Any,
) -> pd.DataFrame:
    """Return the rows that are ok, with their answers opened into columns.

    Answers that are JSON objects or arrays as text are read first, as a file has them.

    Args:
        frame: of a run.
        expand: what is opened, see `notebook_kit.frames.opening.expand`.
        **options: as there.

    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"result": [{"n": 1}, None, {"n": 2}], "status": ["ok", "failed", "ok"]}
    ... )
    >>> results_view(frame)
       n
    0  1
    2  2
    """
    return opening.expand(with_answers(frame), expand, **options)


def errors_view(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that failed, timed out or were cancelled, and why."""
    columns = [name for name in _ERROR_COLUMNS if name in frame]
    return frame.loc[frame["status"].isin(_NOT_DONE).to_numpy(), columns]


def timings_view(frame: pd.DataFrame) -> pd.DataFrame:
    """Return where the time of each row went, in seconds."""
    return frame[_TIME_COLUMNS]
