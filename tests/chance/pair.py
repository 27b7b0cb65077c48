"""One server and a client for each transport, and what each of them made of the same thing."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, settings

import notebook_kit as nk
from notebook_kit.redact import HIDDEN
from notebook_kit.testing import FaultServer, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.testing import Behaviour, ReceivedRequest

__all__ = ["FINE", "TRANSPORTS", "Came", "Pair", "as_often", "check_error", "few_and_many", "pair"]

TRANSPORTS: Final = ("aiohttp", "httpx")
FINE: Final = answer(b"{}", headers=[("Content-Type", "application/json")])
#: Nothing in these tests takes so long: what does hangs.
_LONG_S: Final = 60.0


def few_and_many(few: int, many: int) -> pytest.MarkDecorator:
    """Run a test with a few examples, and in the slow suite with many."""
    marks = [pytest.mark.slow, pytest.mark.timeout(3_600)]
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=marks)])


def as_often(examples: int) -> settings:
    """Return the settings of so many examples, none of which may be slow or large for its own."""
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


@dataclass
class Came:
    """What came of one thing that was asked for.

    Attributes:
        value: what was given; None where something was raised.
        error: what was raised, or None.
        received: the requests that the server read for it, in their order.
    """

    value: Any = None
    error: BaseException | None = None
    received: list[ReceivedRequest] = field(default_factory=list)

    @property
    def sent(self) -> list[tuple[bytes, list[tuple[bytes, bytes]], bytes]]:
        """What came over the wire: first lines, headers with names in lower case, bodies."""
        return [
            (it.line, [(name.lower(), value) for name, value in it.headers], it.body)
            for it in self.received
        ]


class Pair:
    """A server that answers as it is told, and a client of it for each transport.

    Attributes:
        url: the beginning of all that is asked for.
        behaviour: what the server does with each request.
    """

    def __init__(self, server: FaultServer, clients: dict[str, nk.Client]) -> None:
        self.url = server.url
        self.behaviour: Behaviour = FINE
        self._clients = clients
        self._received: list[ReceivedRequest] = []
        self._lock = threading.Lock()
        server.when("*", self._react)

    def _react(self, request: ReceivedRequest) -> Behaviour:
        with self._lock:
            self._received.append(request)
        return self.behaviour

    def each(self, act: Callable[[nk.Client], Any]) -> dict[str, Came]:
        """Do the same with each of the clients, one after the other."""
        return {name: self._one(client, act) for name, client in self._clients.items()}

    def _one(self, client: nk.Client, act: Callable[[nk.Client], Any]) -> Came:
        came = Came()
        with self._lock:
            self._received = came.received
        try:
            came.value = act(client)
        except Exception as error:  # noqa: BLE001 - which one is the question
            came.error = error
        return came

    def shows(self, url: str, request: ReceivedRequest) -> bool:
        """Tell whether a URL that is shown is the one that was asked for, byte for byte.

        A fragment is shown and never sent; what looks like a credential is not shown.
        """
        return HIDDEN in url or url.partition("#")[0] == self.url + request.target


def check_error(error: BaseException | None, received: list[ReceivedRequest]) -> None:
    """Check that an error is the kit's, that nothing hung, and that what was refused was not sent.

    Raises:
        AssertionError: when it is not so.
    """
    assert isinstance(error, nk.NotebookKitError), repr(error)
    assert not isinstance(error, nk.RequestTimeout), error
    assert not (isinstance(error, nk.ConfigurationError) and received), (error, received)
    # An error that cannot be shown helps nobody.
    assert str(error).encode("utf-8", "surrogatepass")
    assert repr(error)


@contextmanager
def pair() -> Iterator[Pair]:
    """Give a server and its clients, which stay for all that is tried."""
    with ExitStack() as stack:
        server = stack.enter_context(FaultServer())
        clients = {}
        for name in TRANSPORTS:
            client = clients[name] = nk.Client(
                server.url, retry=0, attempt_timeout=_LONG_S, http2=name == "httpx"
            )
            stack.callback(lambda it: it.close(), client)
        yield Pair(server, clients)
