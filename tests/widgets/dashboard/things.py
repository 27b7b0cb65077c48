"""Things that are open, as a test wants them."""

from __future__ import annotations

import itertools
from typing import Any

from notebook_kit.lifetime import Handle, Holding, OpenResource, Origin, note, register

__all__ = ["NOON", "Client", "Run", "made"]

#: Of a day long past, so that its date is shown.
NOON = 1_600_000_000.0
_numbers = itertools.count(1_000_000)


def made(kind: str = "client", name: str = "https://api.example.com", **more: Any) -> OpenResource:
    """Return an entry that is about nothing."""
    given = {"opened": NOON, "made_at": Origin("x.py", 7, cell=3), "uses": 0, **more}
    return OpenResource(kind, name, number=next(_numbers), **given)


class _Inner:
    def __init__(self) -> None:
        self.holding = Holding("1 of 3 connections", uses=1, sockets=1, meter=(1, 0, 3))
        self.log: list[str] = []

    def close_soon(self) -> None:
        self.log.append("closed")

    async def aclose(self) -> None:
        self.log.append("closed")

    def look(self) -> Holding:
        return self.holding


class Client:
    """Stands for a client: it is registered, and closes when it is collected."""

    handle: Handle

    def __init__(self, name: str = "https://api.example.com", **holding: Any) -> None:
        self.inner = _Inner()
        if holding:
            self.inner.holding = Holding(**holding)
        self.handle = register(
            self,
            kind="client",
            name=name,
            close_soon=self.inner.close_soon,
            aclose=self.inner.aclose,
            look=self.inner.look,
        )

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return not self.handle.is_open

    def close(self) -> None:
        """Close it as its user would."""
        self.handle.forget()


class Run:
    """Stands for a run: it is noted, and its acts are written down."""

    def __init__(self, name: str = "work", *acts: str, **holding: Any) -> None:
        self.asked: list[str] = []
        self.broken: Exception | None = None
        self.holding: Holding | None = Holding(
            "3 of 4 done", busy=True, acts=acts or ("Cancel", "Pause"), meter=(3, 0, 4), **holding
        )
        words = ("Cancel", "Pause", "Resume", "Forget", "Retry failed", "Save")
        note(
            self,
            kind="run",
            name=name,
            look=lambda it: it.holding,
            acts={word: _Asking(word) for word in words},
        )


class _Asking:
    def __init__(self, word: str) -> None:
        self._word = word

    def __call__(self, run: Run) -> str:
        if run.broken is not None:
            raise run.broken
        run.asked.append(self._word)
        return f"It was told to {self._word.lower()}."
