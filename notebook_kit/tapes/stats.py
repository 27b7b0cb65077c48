"""How a tape does, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_kit.markup import NO_FORMULA, Markup, element
from notebook_kit.numbers import count, plural, size

__all__ = ["TapeStats"]


@dataclass(frozen=True, slots=True, repr=False)
class TapeStats:
    """What is on a tape, and what was done with it so far.

    Attributes:
        exchanges: how many are on the tape, of this recording and of earlier ones.
        requests: how many different requests these are.
        bytes: how long the bodies of their answers are.
        recorded: exchanges that were taken down.
        replayed: exchanges that were given.
        repeated: how many of those were the last one of their request, given again.
        failed: how many, of those taken down or given, ended without a whole answer.
        missing: requests that were not on the tape.
    """

    exchanges: int
    requests: int
    bytes: int
    recorded: int = 0
    replayed: int = 0
    repeated: int = 0
    failed: int = 0
    missing: int = 0

    def __str__(self) -> str:
        parts = [plural(self.exchanges, "exchange"), plural(self.requests, "different request")]
        parts.append(size(self.bytes))
        for number, word in (
            (self.recorded, "recorded"),
            (self.replayed, "replayed"),
            (self.repeated, "repeated"),
            (self.failed, "failed"),
            (self.missing, "missing"),
        ):
            if number:
                parts.append(f"{count(number)} {word}")
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<TapeStats: {self}>"

    def _repr_html_(self) -> Markup:
        rows = {
            "exchanges": count(self.exchanges),
            "different requests": count(self.requests),
            "answers": size(self.bytes),
            "recorded": count(self.recorded),
            "replayed": count(self.replayed),
            "\N{NO-BREAK SPACE} repeated": count(self.repeated),
            "failed": count(self.failed),
            "missing": count(self.missing),
        }
        body = (element("tr", element("th", it), element("td", rows[it])) for it in rows)
        title = element("caption", "what is on the tape")
        return element("table", title, element("tbody", *body), class_=NO_FORMULA)
