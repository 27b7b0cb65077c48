"""The server and its life: it starts when it is made, and ends without being asked to."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
import weakref
from typing import TYPE_CHECKING, Final, Self

from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.markup import element
from notebook_kit.policies import Duration, seconds
from notebook_kit.redact import Secret

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

    from notebook_kit.demo.running import Running
    from notebook_kit.demo.stats import Counters, DemoStats
    from notebook_kit.demo.switches import Switches
    from notebook_kit.demo.units import Pace
    from notebook_kit.demo.world import World

__all__ = ["DemoServer", "live_servers", "serve"]

_NEEDED: Final = "The demo API needs {missing}: pip install 'notebook_kit[demo]'."
_BACKLOG: Final = 2048
_LAST_PORT: Final = 65_535
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told apart, not listened on


#: Weak, so that nothing here keeps a server.
_live: Final[dict[int, weakref.ref[DemoServer]]] = {}


class DemoServer:
    """A demo API that answers requests; made by `serve`.

    It ends with `close`, at the end of its ``with`` block, when nothing refers to it any more, or
    with the interpreter.

    Attributes:
        opened: when it was started, in seconds since the epoch.
        wanted: the host and the port that were asked for; None for any port.
        made_at: file, line and, in a notebook, number of the cell where it was started.
    """

    def __init__(
        self,
        world: World,
        running: Running,
        url: str,
        port: int,
        *,
        wanted: tuple[str, int] | None = None,
    ) -> None:
        self.wanted = wanted
        self.opened = time.time()
        self.made_at = _started_at()
        self._world = world
        self._running = running
        self._url = url
        self._port = port
        self._finalizer = weakref.finalize(self, running.stop)
        place = id(self)
        _live[place] = weakref.ref(self, lambda _: _live.pop(place, None))

    @property
    def url(self) -> str:
        """Where it answers, as ``http://127.0.0.1:8000``."""
        return self._url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def token(self) -> str:
        """What the routes that ask for a credential take."""
        return self._world.token

    @property
    def organization_id(self) -> str:
        """The organisation that goes with the token when it is sent as ``x-secret-key``."""
        return self._world.organisation

    @property
    def switches(self) -> Switches:
        """The trouble it makes; setting an attribute works at once."""
        return self._world.switches

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return not self._running.alive

    def stats(self) -> DemoStats:
        """Return what it has seen so far; after `close` too."""
        return self._world.counters.snapshot()

    def counts(self) -> Counters:
        """Return the counters themselves, which go on; to be read and left as they are."""
        return self._world.counters

    def reset(self) -> None:
        """Put switches, counts and data back to how they were at the start."""
        self._running.call(self._world.reset)

    def close(self) -> None:
        """End it: open connections are cut off, and the thread has ended when this returns."""
        self._running.stop()
        self._finalizer.detach()

    def __enter__(self) -> Self:
        if self.is_closed:
            message = "This demo API is closed; start another with serve()."
            raise ClosedError(message)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<DemoServer {self._url} {self._state()}>"

    def _repr_html_(self) -> str:
        link = element("a", self._url, href=self._url, target="_blank", rel="noopener")
        shown = self._url if self.is_closed else link
        return element("div", element("b", "Demo API"), " ", shown, " ", self._state())

    def _state(self) -> str:
        if self.is_closed:
            return f"closed after {self._world.counters.requests:,} requests"
        counters = self._world.counters
        return f"open, {counters.requests:,} requests, {counters.in_flight:,} in flight"


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    latency: Duration = "5 ms",
    flaky_rate: float = 0.0,
    rate_limit: Pace | float | str | None = None,
    token: str | Secret = "demo-token",  # noqa: S107 - a demo's token is no secret
    seed: int = 0,
) -> DemoServer:
    """Start the demo API in a thread of its own, and return when it answers.

    Args:
        host: the address to listen on; the default is reached from this machine only.
        port: the port to listen on; 0 takes a free one. With a number the address is the same in
            the next kernel, so that a checkpoint or a tape goes on with it. A server that this
            process has started on the same one is closed: a cell may be run again.
        latency: how long each answer is held back: seconds, ``"20 ms"`` or a timedelta.
        flaky_rate: share of requests that fail, from 0 to 1.
        rate_limit: pace above which requests are answered 429, such as ``"200/s"``.
        token: what the routes that ask for a credential take.
        seed: chooses which requests fail; the same seed and order of requests fail alike.

    Raises:
        ConfigurationError: when an option cannot be read, the port is taken, or a library that
            the demo needs is not installed.

    >>> with serve() as server:
    ...     server.stats().requests, server.is_closed
    (0, False)
    >>> server.is_closed
    True
    """
    credential = _checked_token(token)
    settings = {
        "latency_s": seconds(latency, name="latency", zero=True),
        "flaky_rate": flaky_rate,
        "rate_limit": rate_limit,
    }
    if not isinstance(seed, int):
        message = f"seed={seed!r} is not a whole number."
        raise ConfigurationError(message)
    assembly = _assembly()
    world = assembly.make_world(token=credential, seed=seed, settings=settings)
    for earlier in live_servers():
        if earlier.wanted == (host, port):
            earlier.close()
    listening = _listen(host, port)
    bound: int = listening.getsockname()[1]
    try:
        running = assembly.start(world, listening)
    except BaseException:
        listening.close()
        raise
    wanted = (host, port) if port else None
    return DemoServer(world, running, _url(host, bound), bound, wanted=wanted)


def live_servers() -> list[DemoServer]:
    """Return the servers that answer requests, oldest first; from any thread."""
    found = [server for ref in list(_live.values()) if (server := ref()) is not None]
    return [server for server in found if not server.is_closed]


def _started_at() -> tuple[str, int, int | None]:
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    # IPython's own record of the cells, the one being executed included; its counter is one ahead.
    cells = frame.f_globals.get("In") if "get_ipython" in frame.f_globals else None
    number = len(cells) - 1 if isinstance(cells, list) and cells else None
    return frame.f_code.co_filename, frame.f_lineno, number


def _assembly() -> ModuleType:
    try:
        from notebook_kit.demo import assembly  # noqa: PLC0415 - slow, and may not be installed
    except ModuleNotFoundError as error:
        missing = (error.name or "a library").partition(".")[0]
        raise ConfigurationError(_NEEDED.format(missing=missing)) from error
    return assembly


def _checked_token(token: str | Secret) -> str:
    text: object = token.reveal() if isinstance(token, Secret) else token
    # The value stays out of the message: it may be a real credential, given by mistake.
    if not (isinstance(text, str) and re.fullmatch(r"[!-~]+", text)):
        message = "token is text without spaces, in characters that a header can carry."
        raise ConfigurationError(message)
    return text


def _listen(host: str, port: int) -> socket.socket:
    if type(port) is not int or not 0 <= port <= _LAST_PORT:
        message = (
            f"port={port!r} is not a port: write 0 for a free one, or a number to {_LAST_PORT}."
        )
        raise ConfigurationError(message)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, TypeError, UnicodeError) as error:
        message = f"host={host!r} is no address of this machine: {error}."
        raise ConfigurationError(message) from error
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    # The protocol is named so that asyncio sees TCP and sends small answers without delay.
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        message = (
            f"The demo API cannot listen on host={host!r}, port={port}: {error}. "
            "Leave port at 0 to take a free one."
        )
        raise ConfigurationError(message) from error
    return listening


def _url(host: str, port: int) -> str:
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
