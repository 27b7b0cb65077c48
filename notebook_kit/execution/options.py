"""The options of a run, in one place: every way to start one takes these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypedDict

from notebook_kit.checks import number, refuse_unknown, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.functions import is_async
from notebook_kit.markup import shorten
from notebook_kit.policies import (
    Breaker,
    Duration,
    Hedge,
    Rate,
    RateLike,
    Retry,
    parse_rates,
    seconds,
)
from notebook_kit.redact import shown
from notebook_kit.scheduling import Outcome, Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from notebook_kit.policies import Order

__all__ = ["AnyRunKeywords", "OnError", "Progress", "RunKeywords", "RunOptions"]

#: What happens at a failed item: it becomes its row's error, the run stops, or a function is told.
OnError: TypeAlias = Literal["collect", "raise"] | Callable[[Outcome], object]
#: How a run is shown: a panel or what fits, nothing, text, or a function given snapshots.
Progress: TypeAlias = bool | Literal["text"] | Callable[[Snapshot], None]

_DURATIONS: Final = ("attempt_timeout", "item_timeout", "batch_timeout")
#: Options that a function may be given for.
_FUNCTIONS: Final = {
    "on_outcome": "a function given each `Outcome`",
    "cost": "a function from an `Outcome` to what it cost",
    "key": "a function from an item to what tells it from others",
}


class AnyRunKeywords(TypedDict, total=False):
    """The keywords of every way to start a run, but for ``attempt_timeout``; see `RunKeywords`.

    Keys:
        max_concurrency: attempts under way at once, or ``"auto"`` to have that number found.
        rate: ``"50/s"``, an `nk.Rate`, or a list of them that all hold.
        retry: number of further tries, or an `nk.Retry`.
        breaker: an `nk.Breaker`, or True for one as it comes: while the server keeps failing the
            run waits and tries it with one item at a time.
        hedge: True, a duration or an `nk.Hedge`: late attempts are made once more, where that is
            safe, and the first answer counts.
        item_timeout: limit of an item from leaving the input to its end, a duration; waiting for a
            limit, a breaker and other tries counts.
        batch_timeout: limit of the run, a duration; what is not done then is skipped.
        priority: the name of a column, or a function of the item, that gives an `nk.Priority`.
        order: ``"high_first"`` or ``"low_first"``, where priorities are plain numbers.
        dedupe: True sends equal items once.
        key: a function of the item that gives what it is told from others by, for ``dedupe``.
        on_error: ``"collect"``, ``"raise"``, or a function given each failed `Outcome`.
        on_outcome: a function given each `Outcome` as its item ends.
        pilot: so many items are done first, drawn by chance where the whole input is known; then
            the run stands until `Run.go`, and tells what the rest will most likely take.
        fail_fast: False goes on although every item fails for a reason that will not go away, as a
            refused key does.
        max_errors: the run stops when more items than this have failed.
        cost: a function from an `Outcome` to what it cost, in any unit.
        max_cost: the run stops before more than this is spent.
        progress: True, False, ``"text"``, or a function given each `Snapshot`.
        checkpoint: path of a file that keeps what is done.
        reuse: which rows of the checkpoint are not sent again.
        name: what the work is called in the panel.
        join: ``"left"`` for a frame with the columns of the input, a DataFrame, before its own.
    """

    max_concurrency: int | Literal["auto"]
    rate: RateLike
    retry: Retry | int | None
    breaker: Breaker | bool | None
    hedge: Hedge | bool | Duration | None
    item_timeout: Duration | None
    batch_timeout: Duration | None
    priority: str | Callable[[Any], object] | None
    order: Order | None
    dedupe: bool
    key: Callable[[Any], Hashable] | None
    on_error: OnError
    on_outcome: Callable[[Outcome], object] | None
    pilot: int | None
    fail_fast: bool
    max_errors: int | None
    cost: Callable[[Outcome], float] | None
    max_cost: float | None
    progress: Progress
    checkpoint: str | Path | None
    reuse: Literal["ok", "settled", "none"]
    name: str
    join: Literal["left"] | None


class RunKeywords(AnyRunKeywords, total=False):
    """The keywords of `notebook_kit.map` and of other ways to start a run.

    Keys:
        attempt_timeout: limit of one attempt, a duration.
    """

    attempt_timeout: Duration | None


def _one_of(*texts: str) -> Callable[[object], bool]:
    # Arrays are compared element by element, and a number may be equal to True.
    return lambda value: isinstance(value, str) and value in texts


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


_is_text: Final = _one_of("text")
_is_on_error: Final = _one_of("collect", "raise")
_is_join: Final = _one_of("left")
_is_order: Final = _one_of("high_first", "low_first")

#: What tells whether a value can be taken, and what to write instead of one that cannot.
_CHOICES: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "on_error": (
        lambda value: _is_on_error(value) or callable(value),
        "'collect', 'raise' or a function",
    ),
    "progress": (
        lambda value: _is_bool(value) or _is_text(value) or callable(value),
        "True, False, 'text' or a function",
    ),
    "reuse": (_one_of("ok", "settled", "none"), "'ok', 'settled' or 'none'"),
    "order": (
        lambda value: value is None or _is_order(value),
        "'high_first' or 'low_first', or be left out",
    ),
    "join": (lambda value: value is None or _is_join(value), "'left', or be left out"),
    "dedupe": (_is_bool, "True or False"),
    "fail_fast": (_is_bool, "True or False"),
    "name": (lambda value: isinstance(value, str), "text, as name='geocoding'"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Checked options of one run; see `RunKeywords` for what each one is.

    Raises:
        ConfigurationError: for an option that cannot work, before anything is sent.

    >>> RunOptions.of({"rate": "50/s", "retry": 0}).rates
    (Rate(50, per=1.0),)
    """

    max_concurrency: int | Literal["auto"] = 10
    rates: tuple[Rate, ...] = ()
    retry: Retry = field(default_factory=Retry)
    breaker: Breaker | None = None
    hedge: Hedge | None = None
    attempt_timeout_s: float | None = None
    item_timeout_s: float | None = None
    batch_timeout_s: float | None = None
    priority: str | Callable[[Any], object] | None = None
    order: Order | None = None
    dedupe: bool = False
    key: Callable[[Any], Hashable] | None = None
    on_error: OnError = "collect"
    on_outcome: Callable[[Outcome], object] | None = None
    pilot: int | None = None
    fail_fast: bool = True
    max_errors: int | None = None
    cost: Callable[[Outcome], float] | None = None
    max_cost: float | None = None
    progress: Progress = True
    checkpoint: str | Path | None = None
    reuse: Literal["ok", "settled", "none"] = "ok"
    name: str = ""
    join: Literal["left"] | None = None

    def __post_init__(self) -> None:
        if self.max_concurrency != "auto":
            example = "10, or 'auto' to have it found"
            whole_number(self.max_concurrency, name="max_concurrency", example=example)
        if self.max_errors is not None:
            whole_number(self.max_errors, name="max_errors", least=0, example="20")
        if self.pilot is not None:
            whole_number(self.pilot, name="pilot", example="20")
        self._check_choices()
        self._check_functions()
        self._check_what_belongs_together()

    def _check_choices(self) -> None:
        for name, (accepts, wanted) in _CHOICES.items():
            value = getattr(self, name)
            if not accepts(value):
                message = f"{name}={shown(value)} must be {wanted}."
                raise ConfigurationError(message)

    def _check_functions(self) -> None:
        for name, wanted in _FUNCTIONS.items():
            value = getattr(self, name)
            if value is not None and not callable(value):
                message = f"{name}={shown(value)} must be {wanted}."
                raise ConfigurationError(message)
        for name in (*_FUNCTIONS, "on_error", "progress", "priority"):
            value = getattr(self, name)
            if callable(value) and is_async(value):
                message = (
                    f"{name}= is an async function, which nobody would await: give a plain one. To "
                    "await something for each item that ends, write `async for outcome in "
                    "run.as_completed()`."
                )
                raise ConfigurationError(message)
        if self.priority is None or callable(self.priority) or isinstance(self.priority, str):
            return
        message = (
            f"priority={self.priority!r} would be the same for every item: give the name of a "
            "column or a function of the item, as priority=lambda row: nk.Priority.HIGH."
        )
        raise ConfigurationError(message)

    def _check_what_belongs_together(self) -> None:
        if self.key is not None and not self.dedupe:
            message = "key= tells items apart for dedupe=True, which was not given: add it."
            raise ConfigurationError(message)
        if self.order is not None and self.priority is None:
            message = f"order={self.order!r} says how to read priorities, and priority= is missing."
            raise ConfigurationError(message)
        if self.max_cost is None:
            return
        if self.cost is None:
            message = (
                "max_cost= needs cost=, a function from an outcome to what it cost, such as "
                "cost=lambda outcome: 0.002."
            )
            raise ConfigurationError(message)
        if (number(self.max_cost) or 0) <= 0:
            message = f"max_cost={self.max_cost!r} must be a number above zero, such as 5.0."
            raise ConfigurationError(message)

    @property
    def shortest_attempt_s(self) -> float | None:
        """Seconds that one attempt may take: the lesser of its own limit and the breaker's."""
        call_timeout = None if self.breaker is None else self.breaker.call_timeout
        limits = [self.attempt_timeout_s]
        if call_timeout is not None:
            limits.append(seconds(call_timeout, name="call_timeout"))
        return min((limit for limit in limits if limit is not None), default=None)

    def check_columns(self, columns: Collection[object]) -> None:
        """Check that the column that gives the priority exists.

        Raises:
            ConfigurationError: when it does not.
        """
        if isinstance(self.priority, str) and self.priority not in columns:
            known = shorten(", ".join(map(str, columns)), 200)
            message = f"priority={self.priority!r} is no column; there are {known}."
            raise ConfigurationError(message)

    @classmethod
    def of(cls, keywords: RunKeywords) -> RunOptions:
        """Read and check the keywords of a run.

        Raises:
            ConfigurationError: for an unknown keyword or a value that cannot work.
        """
        refuse_unknown(keywords, RunKeywords.__annotations__, of="A run")
        given: dict[str, Any] = dict(keywords)
        checked: dict[str, Any] = {}
        if "rate" in given:
            checked["rates"] = parse_rates(given.pop("rate"))
        for name, read in (("retry", Retry.of), ("hedge", Hedge.of), ("breaker", Breaker.of)):
            if name in given:
                checked[name] = read(given.pop(name))
        for name in _DURATIONS:
            limit = given.pop(name, None)
            if limit is not None:
                checked[f"{name}_s"] = seconds(limit, name=name)
        return cls(**checked, **given)
