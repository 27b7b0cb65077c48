"""The usage of a whole frame: per row, per model, in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.columns import TEXT, encodable
from notebook_kit.frames.usage.faces import html_face, text_face
from notebook_kit.frames.usage.prices import pricer_of
from notebook_kit.frames.usage.tokens import Tokens, amount, tokens_of
from notebook_kit.markup import shorten
from notebook_kit.redact import shown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from notebook_kit.frames.usage.prices import Prices

__all__ = ["Usage", "usage_of"]

#: The columns of the numbers in `Tokens`, in their order.
_COUNTS: Final = (
    *("input_tokens", "output_tokens", "total_tokens"),
    *("cached_tokens", "cache_write_tokens", "reasoning_tokens"),
)
_COSTS: Final = frozenset({"cost", "estimated_cost"})
_TROUBLE_LENGTH: Final = 200
#: Where there is nothing to count.
_NOTHING: Final = (None,) * len(_COUNTS)


@dataclass(frozen=True, slots=True, repr=False)
class Usage:
    """Tokens and cost of the calls in a frame; shows itself as text and as HTML.

    Attributes:
        rows: one row per row of the frame, with its labels: ``model``, the tokens by kind,
            ``cost`` (missing where a price or the tokens are not known) and ``unknown_attempts``,
            tries of which no answer says what they used; with an estimate ``estimated_tokens`` and
            ``estimated_cost`` of those.
        by_model: the sums for each model, with the number of ``answers``.
        total: the sums of all, a cost being missing where none is known; beside them ``answers``,
            ``unread``, answers without usage, and ``unpriced``, answers with usage whose cost is
            not known. Counts are whole numbers.
        trouble: what ``read`` raised for the first answer that it could not read, secrets removed;
            None where it raised nothing.
    """

    rows: pd.DataFrame
    by_model: pd.DataFrame
    total: pd.Series[Any]
    trouble: str | None = None

    def __repr__(self) -> str:
        return text_face(self)

    def _repr_html_(self) -> str:
        return html_face(self)


def usage_of(
    frame: pd.DataFrame,
    prices: Prices | None = None,
    *,
    read: Callable[[Any], Any] | None = None,
    model: str | None = None,
    reused: bool = False,
    estimate: bool = False,
) -> Usage:
    """Return the tokens and cost of a frame; see `Calls.usage`.

    Raises:
        ConfigurationError: for prices that are none, and for a ``read`` that is no function.

    >>> answer = {"model": "m", "usage": {"prompt_tokens": 1_000, "completion_tokens": 500}}
    >>> frame = pd.DataFrame({"result": [answer], "status": ["ok"], "attempts": [2]})
    >>> usage = usage_of(frame.assign(source="network"), {"m": (1.0, 4.0)})
    >>> float(usage.total["cost"]), int(usage.total["unknown_attempts"])
    (0.003, 1)
    """
    reader = _Reader(read, model)
    price = None if prices is None else pricer_of(prices)
    attempts = frame["attempts"].to_numpy()
    is_ok = (frame["status"] == "ok").to_numpy()
    sent = is_ok & (frame["source"] == "network").to_numpy() & (attempts > 0)
    counted = is_ok if reused else sent
    answers = frame["result"].to_numpy()
    found: list[Tokens | None] = [None] * len(frame)
    for at in np.flatnonzero(counted).tolist():
        found[at] = reader.tokens_of(answers[at])
    rows = _rows(frame, found, price)
    unknown = (attempts - sent).astype("int64")
    rows["unknown_attempts"] = np.maximum(unknown, 0)
    if estimate:
        _estimate(rows, found, price)
    is_read = np.array([it is not None for it in found], dtype=bool)
    total = _sums(rows)
    total["answers"] = int(counted.sum())
    total["unread"] = int((counted & ~is_read).sum())
    total["unpriced"] = int((is_read & rows["cost"].isna().to_numpy()).sum()) if price else 0
    return Usage(rows, _by_model(rows[is_read]), total, reader.trouble)


class _Reader:
    """Reads the tokens of answers, by a function of the user's if there is one.

    Attributes:
        trouble: what the function raised first.
    """

    def __init__(self, read: Callable[[Any], Any] | None, model: str | None) -> None:
        if read is not None and not callable(read):
            message = (
                f"read={shown(read)} is no function: write read=lambda answer: answer[...] that "
                "returns what says the tokens."
            )
            raise ConfigurationError(message)
        self._read = read
        self._model = model
        self.trouble: str | None = None

    def tokens_of(self, answer: Any) -> Tokens | None:
        given = answer
        if self._read is not None:
            try:
                given = self._read(answer)
            except Exception as error:  # noqa: BLE001 - one answer of another shape is one row
                if self.trouble is None:
                    said = shorten(text_of(error), _TROUBLE_LENGTH)
                    self.trouble = f"read= raised {type(error).__name__}: {said}"
                return None
        total = amount(given)
        found = tokens_of(given) if total is None else Tokens(None, None, None, total)
        if found is None or found.model is not None:
            return found
        named = self._model
        if self._read is not None:
            whole = tokens_of(answer)
            named = named if whole is None or whole.model is None else whole.model
        return found._replace(model=named)


def _rows(
    frame: pd.DataFrame, found: list[Tokens | None], price: Callable[[Tokens], float] | None
) -> pd.DataFrame:
    names = [None if it is None or it.model is None else encodable(it.model) for it in found]
    columns: dict[str, Any] = {
        "model": pd.Series([np.nan if it is None else it for it in names], dtype=TEXT)
    }
    counts = [_NOTHING if it is None else it[1:] for it in found]
    values = np.array(counts, dtype="float64").reshape(len(found), len(_COUNTS))
    for at, name in enumerate(_COUNTS):
        columns[name] = _whole(values[:, at])
    costs = [np.nan if it is None or price is None else price(it) for it in found]
    columns["cost"] = np.array(costs, dtype="float64")
    rows = pd.DataFrame(columns)
    rows.index = frame.index.copy()
    return rows


def _whole(values: NDArray[np.float64]) -> Any:
    missing = np.isnan(values)
    numbers = np.where(missing, 0, np.rint(values)).astype("int64")
    return pd.arrays.IntegerArray(numbers, missing)


def _estimate(
    rows: pd.DataFrame, found: list[Tokens | None], price: Callable[[Tokens], float] | None
) -> None:
    """Add what attempts without an answer may have used: the input of their row, no output."""
    inputs = rows["input_tokens"].to_numpy(dtype="float64", na_value=np.nan)
    known = inputs[~np.isnan(inputs)]
    middle = float(np.median(known)) if len(known) else np.nan
    likely = np.where(np.isnan(inputs), middle, inputs)
    unknown = rows["unknown_attempts"].to_numpy()
    tokens = np.where(unknown > 0, unknown * likely, 0.0)
    rows["estimated_tokens"] = _whole(tokens)
    models = [it.model for it in found if it is not None]
    usual = max(set(models), key=models.count) if models else None
    costs = np.zeros(len(rows))
    for at in np.flatnonzero(unknown > 0).tolist():
        it = found[at]
        named = usual if it is None else it.model
        # Priced as input alone.
        one = Tokens(named, tokens[at], 0, tokens[at])
        costs[at] = np.nan if price is None or np.isnan(tokens[at]) else price(one)
    rows["estimated_cost"] = costs


def _sums(rows: pd.DataFrame) -> pd.Series[Any]:
    numbers = rows.drop(columns="model")
    # A sum of costs of which none is known is not zero.
    sums = {name: numbers[name].sum(min_count=int(name in _COSTS)) for name in numbers}
    whole = {name: it if name in _COSTS else int(it) for name, it in sums.items()}
    return pd.Series(whole, dtype=object)


def _by_model(rows: pd.DataFrame) -> pd.DataFrame:
    names = rows["model"].fillna("(not said)")
    grouped = rows.drop(columns="model").groupby(names, sort=True)
    sums = grouped.sum()
    for name in _COSTS & set(sums):
        sums[name] = grouped[name].sum(min_count=1)
    sums.insert(0, "answers", grouped.size())
    return sums
