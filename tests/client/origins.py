"""Servers whose answers are decided request by request, and which note when each one came."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from notebook_kit.testing import FaultServer, answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from notebook_kit.testing import Behaviour, ReceivedRequest

__all__ = ["Origin", "comes_true", "fine", "refusal"]


class Origin:
    """A server of its own origin.

    Args:
        rule: given the number of a request, from 1, and the request, says what happens to it;
            an empty JSON object is answered if nothing is said.

    Attributes:
        came: when each request came, in seconds of `time.monotonic`.
    """

    def __init__(
        self, rule: Callable[[int, ReceivedRequest], Behaviour | None] | None = None
    ) -> None:
        self.came: list[float] = []
        self._rule = rule
        self._lock = threading.Lock()
        self._server = FaultServer()
        self._server.when("*", self._react)

    def _react(self, request: ReceivedRequest) -> Behaviour:
        with self._lock:
            self.came.append(time.monotonic())
            number = len(self.came)
        said = None if self._rule is None else self._rule(number, request)
        return fine() if said is None else said

    @property
    def count(self) -> int:
        """How many requests came."""
        return len(self.came)

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """What came."""
        return self._server.requests

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()


def fine(delay_s: float = 0.0, *headers: tuple[str, str]) -> Behaviour:
    """Answer well."""
    json = ("content-type", "application/json")
    return answer("{}", headers=[json, *headers], delay_s=delay_s)


def refusal(wait_s: float, *, status: int = 429, delay_s: float = 0.0) -> Behaviour:
    """Turn a request away, and say for how long."""
    headers = [("retry-after-ms", str(round(wait_s * 1000)))]
    return answer(status=status, headers=headers, delay_s=delay_s)


def comes_true(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Look again and again whether something that happens elsewhere comes true."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
