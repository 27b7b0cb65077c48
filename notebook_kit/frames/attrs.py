"""What a frame knows of the run that it came from: ``frame.attrs["notebook_kit"]``.

pandas copies attributes deeply at every operation and writes them into Parquet as JSON: they are
few, short and plain, and every text has been through `scrub`.
"""

from __future__ import annotations

import copy
import secrets
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.frames.order import order_mark, taken_mark
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub, shown
from notebook_kit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["KEY", "about_run", "stamp"]

#: The name under which a frame's attributes hold what is said here.
KEY: Final = "notebook_kit"
#: Options that say nothing of the answers, or that are told apart from the others.
_NOT_TOLD: Final = frozenset({"name", "progress", "on_outcome", "on_error", "key"})
_LENGTH: Final = 200


def about_run(name: str, work: Any, options: Any) -> dict[str, Any]:
    """Return what is known of a run when it starts, as plain data without secrets.

    ``run`` is another one for each run: its attempts have it too. A run of rows that another one
    left over has in ``sent`` what tells their order.

    Args:
        name: what the run is called.
        work: what is done with each item; requests say their method, path and ``parse``.
        options: a dataclass of options; those that are not as they come are told.
    """
    asked: Mapping[str, Any] = work.describe() if hasattr(work, "method") else {}
    settings = {
        field.name.removesuffix("_s"): _text(getattr(options, field.name))
        for field in fields(options)
        if field.name not in _NOT_TOLD and getattr(options, field.name) != _default(field)
    }
    if asked.get("parse", "auto") != "auto":
        settings["parse"] = _text(asked["parse"])
    sent = taken_mark()
    return {
        "run": secrets.token_hex(6),
        "version": __version__,
        "name": _text(name),
        "call": _text(getattr(work, "title", name)),
        "method": asked.get("method"),
        "path": _text(asked["path"]) if "path" in asked else None,
        "settings": settings,
        **({} if sent is None else {"sent": sent}),
    }


def stamp(frame: pd.DataFrame, about: Mapping[str, Any]) -> pd.DataFrame:
    """Write into a frame's attributes what its run is, and its time, and return the frame.

    ``started`` is when the first item left the input, in ISO form in UTC, and ``elapsed_s`` are the
    seconds from then until the last one ended; both None where nothing was started. ``order`` tells
    whether the rows still stand as they came.
    """
    import numpy as np  # noqa: PLC0415 - loaded already: the frame is made of it

    began = frame["started"].dt.tz_localize(None).to_numpy()
    known = ~np.isnat(began)
    started = elapsed_s = None
    if known.any():
        first = began[known].min()
        started = f"{np.datetime_as_string(first, unit='us')}+00:00"
        after = (began[known] - first) / np.timedelta64(1, "s")
        elapsed_s = round(float((after + frame["elapsed_s"].to_numpy()[known]).max()), 6)
    times = {"started": started, "elapsed_s": elapsed_s, "items": len(frame)}
    if known.any():
        times["order"] = order_mark(frame, began)
    # Each frame has its own: what is written into one must not be in the next.
    frame.attrs[KEY] = {**copy.deepcopy(dict(about)), **times}
    return frame


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _text(value: Any) -> str:
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if callable(value) and hasattr(value, "__name__"):
        value = f"{value.__name__}()"
    text = scrub(value) if isinstance(value, str) else shown(value)
    return shorten(text, _LENGTH)
