"""The options of a run as they were checked: every way to start one takes these and no others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from notebook_kit.checks import number, refuse_unknown, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.functions import is_async
from notebook_kit.execution.keywords import RunKeywords
from notebook_kit.markup import shorten
from notebook_kit.policies import Breaker, Hedge, Retry, parse_rates, seconds
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping
    from pathlib import Path

    from notebook_kit.execution.keywords import OnError, Progress
    from notebook_kit.policies import Order, Rate
    from notebook_kit.scheduling import Outcome

__all__ = ["RunOptions"]

_DURATIONS: Final = ("attempt_timeout", "item_timeout", "batch_timeout", "flush_every")
#: Options that say how a checkpoint is kept or used.
_OF_CHECKPOINTS: Final = ("reuse", "on_change", "version", "flush_every", "durable")
#: Options that a function may be given for.
_FUNCTIONS: Final = {
    "on_outcome": "a function given each `Outcome`",
    "cost": "a function from an `Outcome` to what it cost",
    "key": "a function from an item to what tells it from others",
}


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
    "on_change": (_one_of("error", "new", "keep"), "'error', 'new' or 'keep'"),
    "version": (
        lambda value: value is None or (isinstance(value, (str, int)) and not _is_bool(value)),
        "text or a whole number, as version='2'",
    ),
    "order": (
        lambda value: value is None or _is_order(value),
        "'high_first' or 'low_first', or be left out",
    ),
    "join": (lambda value: value is None or _is_join(value), "'left', or be left out"),
    "dedupe": (_is_bool, "True or False"),
    "fail_fast": (_is_bool, "True or False"),
    "durable": (_is_bool, "True or False"),
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
    on_change: Literal["error", "new", "keep"] = "error"
    version: str | int | None = None
    flush_every_s: float = 0.2
    durable: bool = False
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
        if self.key is not None and not self.dedupe and self.checkpoint is None:
            message = (
                "key= tells items apart for dedupe=True and for checkpoint=, and neither was "
                "given: add the one that is meant, as checkpoint='runs.db'."
            )
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
        _refuse_without_checkpoint(given)
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


def _refuse_without_checkpoint(given: Mapping[str, Any]) -> None:
    """Refuse what would have no effect; only here is known what was given, be it the default."""
    if given.get("checkpoint") is not None:
        return
    for name in _OF_CHECKPOINTS:
        if given.get(name) is not None:
            message = (
                f"{name}= is for what checkpoint= keeps, which was not given: add it, as "
                f"checkpoint='runs.db', or leave {name}= out."
            )
            raise ConfigurationError(message)
