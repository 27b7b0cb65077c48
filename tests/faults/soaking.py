"""Waves of calls against a server with mixed faults, each of which must be accounted for."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import notebook_kit as nk
from notebook_kit.testing import answer
from notebook_kit.testing.faults import FAULTS
from notebook_kit.testing.steps import Behaviour

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.testing import ReceivedRequest

__all__ = ["AT_ONCE", "TRANSPORTS", "Seen", "Soak", "misbehave"]

TRANSPORTS: Final = ("aiohttp", "httpx")
#: How many rows of each of the runs are under way at once.
AT_ONCE: Final = 50

_FINE: Final = "fine"
#: What takes seconds by itself, or is told to wait, would leave no time for all the others: what
#: a server asks to wait holds for all who call it.
_LEFT_OUT: Final = frozenset({"Retry-After", "TLS"})
#: It is told from an answer only where it comes before the next request leaves, and here one leaves
#: at once: HTTP/1.1 has no number on its answers.
_TAKEN_FOR_AN_ANSWER: Final = "late-pipelined-answer"
_TOO_LARGE: Final = ("bomb", "huge", "enormous", "reset-of-endless", "deep")
_MIXED: Final = tuple(
    name
    for name, it in FAULTS.items()
    if it.reaction is not None
    and it.group not in _LEFT_OUT
    and not it.never_ends
    and name != _TAKEN_FOR_AN_ANSWER
    and not any(word in name for word in _TOO_LARGE)
)
#: Each of them costs as long as the limit of an attempt is.
_NEVER_ENDING: Final = tuple(name for name, it in FAULTS.items() if it.reaction and it.never_ends)
_STREAMED: Final = ("stall-within-stream", "half-body", "half-chunk", "short-in-single-bytes")
_SHARES: Final = (0.75, 0.24, 0.01)
_LIMIT_S: Final = 0.5
_RETRY: Final = nk.Retry(max_attempts=2, base_delay="1 ms", max_delay="1 ms")


def misbehave(request: ReceivedRequest) -> Behaviour:
    """Do what the path of a request names: `/transport/fault/number`."""
    _, name, number = request.path.strip("/").split("/")
    fault = FAULTS.get(name)
    if fault is None or fault.reaction is None:
        body = f'{{"number": {number}}}'
        return answer(body, headers=[("Content-Type", "application/json")])
    return fault.reaction if isinstance(fault.reaction, Behaviour) else fault.reaction(request)


@dataclass
class Seen:
    """What became of the calls of a wave.

    Attributes:
        rows: rows of maps.
        others: calls of their own, and streams.
        kinds: how many ended in which way: an error's name, or ``"answered"``.
        attempts: how often they were tried, rows and others together.
    """

    rows: int = 0
    others: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    attempts: int = 0


class Soak:
    """Sends waves over both transports at once.

    Args:
        url: of a server that does as `misbehave` says.
        received: gives how often each path was asked for since it was last called.
        seed: of what is drawn.
    """

    def __init__(self, url: str, received: Callable[[], Mapping[str, int]], seed: int = 0) -> None:
        self._received = received
        self._random = random.Random(seed)
        self._sent = 0
        self._clients = {
            name: nk.Client(
                url,
                retry=_RETRY,
                attempt_timeout=_LIMIT_S,
                http2=name == "httpx",
                max_connections=AT_ONCE + 10,
            )
            for name in TRANSPORTS
        }

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def wave(self, rows: int, others: int = 12) -> Seen:
        """Send so many rows over each transport, and other calls meanwhile; check all of them.

        Raises:
            AssertionError: when a row is missing, doubled, wrong, or was sent behind its back.
        """
        seen, tries = Seen(), Counter[str]()
        items = {name: [self._item() for _ in range(rows)] for name in TRANSPORTS}
        runs = {
            name: client.map(
                f"/{name}/{{item:path}}", items[name], max_concurrency=AT_ONCE, progress=False
            )
            for name, client in self._clients.items()
        }
        for at in range(others):
            for name, client in self._clients.items():
                (self._stream if at % 3 == 0 else self._call)(name, client, seen, tries)
        for name, run in runs.items():
            self._check_rows(name, items[name], run.result(), seen, tries)
        nk.forget()
        self._check_received(tries)
        seen.attempts = sum(tries.values())
        return seen

    def _item(self) -> str:
        self._sent += 1
        (names,) = self._random.choices(((_FINE,), _MIXED, _NEVER_ENDING), _SHARES)
        return f"{self._random.choice(names)}/{self._sent}"

    def _call(self, transport: str, client: nk.Client, seen: Seen, tries: Counter[str]) -> None:
        path = f"/{transport}/{self._item()}"
        try:
            client.get(path).result()
        except nk.RequestError as error:
            self._note(path, type(error).__name__, seen, tries, error.attempts)
        else:
            self._note(path, "answered", seen, tries)

    def _stream(self, transport: str, client: nk.Client, seen: Seen, tries: Counter[str]) -> None:
        self._sent += 1
        path = f"/{transport}/{self._random.choice(_STREAMED)}/{self._sent}"
        try:
            for _ in client.stream(path, stall_timeout=_LIMIT_S / 2).bytes():
                pass
        except nk.NotebookKitError as error:
            self._note(path, type(error).__name__, seen, tries)
        else:
            self._note(path, "answered", seen, tries)

    def _note(
        self,
        path: str,
        kind: str,
        seen: Seen,
        tries: Counter[str],
        made: int = int(_RETRY.max_attempts),
    ) -> None:
        seen.others += 1
        seen.kinds[kind] += 1
        # How often one was tried that was answered is not told: as often as is allowed at most.
        tries[path] += made

    def _check_rows(
        self, transport: str, items: list[str], frame: Any, seen: Seen, tries: Counter[str]
    ) -> None:
        assert frame["item"].tolist() == items, "each item has its row, in its place"
        assert set(frame["status"]) <= {"ok", "failed", "timeout"}
        kinds = frame["error_type"].where(frame["status"] != "ok", "answered")
        assert kinds.notna().all(), "what is not answered has an error"
        for item, result, kind, made in zip(
            items, frame["result"], kinds, frame["attempts"], strict=True
        ):
            name, _, number = item.partition("/")
            if name == _FINE and kind == "answered":
                assert result == {"number": int(number)}, f"{item} was answered {result!r}"
            tries[f"/{transport}/{item}"] += int(made)
        seen.rows += len(frame)
        seen.kinds.update(kinds)

    def _check_received(self, tries: Counter[str]) -> None:
        """Compare what the server counted with what the client tells of."""
        received = self._received()
        strange = set(received) - set(tries)
        assert not strange, f"the server was asked for what nobody sent: {sorted(strange)[:5]}"
        more = {path: count for path, count in received.items() if count > tries[path]}
        assert not more, f"sent more often than it was tried: {dict(list(more.items())[:5])}"
