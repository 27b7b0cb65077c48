"""What keeps a batch from being started, and where in the form that stands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NotReady", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence beside a field.

    Attributes:
        where: the field: ``"data"``, ``"path"``, ``"query:0"``, ``"argument:iata"``, the name of an
            option, or empty for none of them.
        text: what is wrong, and what to do.
    """

    where: str
    text: str


class NotReady(Exception):
    """There is no code yet for what is chosen; holds the problem."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(where, text)
