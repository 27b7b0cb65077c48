"""Run the demo API from a shell: ``python -m notebook_kit.demo --port 8000``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from notebook_kit.demo.server import serve
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

#: Windows delivers Ctrl-C only between waits.
_GLANCE_S = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or a termination signal; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        server = serve(
            host=options.host,
            port=options.port,
            latency=options.latency,
            flaky_rate=options.flaky_rate,
            rate_limit=options.rate_limit,
            token=options.token,
            seed=options.seed,
        )
    except ConfigurationError as error:
        parser.error(str(error))
    with server:
        # The address first and alone, so that a script can read it.
        _say(server.url)
        _say("GET / lists the routes, POST /_demo/switches makes trouble; Ctrl-C stops.")
        while not stopping.wait(_GLANCE_S):
            continue
    _say(f"Stopped after {server.stats().requests:,} requests.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notebook_kit.demo",
        description="An API of real airports with every kind of trouble, on this machine.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument(
        "--latency", type=_read, default="5 ms", help="delay of each answer: seconds, or '20 ms'"
    )
    parser.add_argument("--flaky-rate", type=float, default=0.0, help="share that fails, 0 to 1")
    parser.add_argument(
        "--rate-limit", type=_read, help="pace above which 429 is answered, as '200/s'"
    )
    parser.add_argument("--token", default="demo-token", help="credential that routes ask for")
    parser.add_argument("--seed", type=int, default=0, help="chooses which requests fail")
    return parser


def _read(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _say(text: str) -> None:
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read this has gone. What is left in the buffer goes nowhere, and not to an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
