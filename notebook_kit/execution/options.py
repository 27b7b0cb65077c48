"""The options of a run, in one place: every way to start one takes these and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from notebook_kit.checks import refuse_unknown, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Duration, Rate, RateLike, Retry, parse_rates, seconds
from notebook_kit.scheduling import Outcome, Snapshot

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OnError", "Progress", "RunKeywords", "RunOptions"]

#: What happens at a failed item: it becomes its row's error, the run stops, or a function is told.
OnError: TypeAlias = Literal["collect", "raise"] | Callable[[Outcome], object]
#: How a run is shown: a panel or what fits, nothing, text, or a function given snapshots.
Progress: TypeAlias = bool | Literal["text"] | Callable[[Snapshot], None]


class RunKeywords(TypedDict, total=False):
    """The keywords of `notebook_kit.map`, of `Client.map` and of every other way to start a run.

    Keys:
        max_concurrency: attempts under way at once.
        rate: ``"50/s"``, an `nk.Rate`, or a list of them that all hold.
        retry: number of further tries, or an `nk.Retry`.
        attempt_timeout: limit of one attempt, a duration.
        on_error: ``"collect"``, ``"raise"``, or a function given each failed `Outcome`.
        progress: True, False, ``"text"``, or a function given each `Snapshot`.
        checkpoint: path of a file that keeps what is done.
        reuse: which rows of the checkpoint are not sent again.
        name: what the work is called in the panel.
    """

    max_concurrency: int
    rate: RateLike
    retry: Retry | int | None
    attempt_timeout: Duration | None
    on_error: OnError
    progress: Progress
    checkpoint: str | Path | None
    reuse: Literal["ok", "settled", "none"]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Checked options of one run; see `RunKeywords` for what each one is.

    Raises:
        ConfigurationError: for an option that cannot work, before anything is sent.

    >>> RunOptions.of({"rate": "50/s", "retry": 0}).rates
    (Rate(50, per=1.0),)
    """

    max_concurrency: int = 10
    rates: tuple[Rate, ...] = ()
    retry: Retry = field(default_factory=Retry)
    attempt_timeout_s: float | None = None
    on_error: OnError = "collect"
    progress: Progress = True
    checkpoint: str | Path | None = None
    reuse: Literal["ok", "settled", "none"] = "ok"
    name: str = ""

    def __post_init__(self) -> None:
        whole_number(self.max_concurrency, name="max_concurrency")
        if self.on_error not in ("collect", "raise") and not callable(self.on_error):
            message = f"on_error={self.on_error!r} must be 'collect', 'raise' or a function."
            raise ConfigurationError(message)
        if self.progress not in (True, False, "text") and not callable(self.progress):
            message = f"progress={self.progress!r} must be True, False, 'text' or a function."
            raise ConfigurationError(message)
        if self.reuse not in ("ok", "settled", "none"):
            message = f"reuse={self.reuse!r} must be 'ok', 'settled' or 'none'."
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
        if "retry" in given:
            checked["retry"] = Retry.of(given.pop("retry"))
        if "attempt_timeout" in given:
            limit = given.pop("attempt_timeout")
            if limit is not None:
                checked["attempt_timeout_s"] = seconds(limit, name="attempt_timeout")
        return cls(**checked, **given)
