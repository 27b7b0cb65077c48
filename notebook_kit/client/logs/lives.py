"""The life of clients, calls and runs, told in the log."""

from __future__ import annotations

import atexit
import itertools
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.logs.watch import ATTEMPT, REQUEST_LOG, Attempt
from notebook_kit.errors.effort import without_effort
from notebook_kit.logs import catch_up, kit_logger, later
from notebook_kit.markup import visible
from notebook_kit.numbers import count, duration, plural, size, took
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from notebook_kit.client.alone import Alone
    from notebook_kit.client.logs.stats import ClientStats
    from notebook_kit.client.logs.watch import Watch
    from notebook_kit.client.response import Response
    from notebook_kit.logs import LoggingConfig
    from notebook_kit.scheduling import Snapshot

__all__ = ["CallLife", "Life", "tell_run"]

CLIENT_LOG: Final = kit_logger("notebook_kit.client")

_clients = itertools.count(1)
_calls = itertools.count(1)
_exiting: Final[list[bool]] = []
# Registered after the I/O thread's own, so called before it.
atexit.register(_exiting.append, True)  # noqa: FBT003 - it is what is appended


class Life:
    """The life of one client, from its making to its end.

    Args:
        config: what holds for the log while the client is open, or None.
        watch: what is counted of it.
    """

    __slots__ = ("_closed_by", "_over", "_release", "name", "watch")

    def __init__(self, config: LoggingConfig | None, watch: Watch) -> None:
        self.name = f"client {next(_clients)}"
        self.watch = watch
        self._release: Callable[[], None] | None = None if config is None else config.hold()
        self._closed_by = ""
        self._over = False

    def made(self, address: str, options: Callable[[], Mapping[str, object]]) -> None:
        """Tell that it was made, and how; the options are fit to be shown."""
        catch_up()
        if CLIENT_LOG.isEnabledFor(logging.DEBUG):
            said = ", ".join(f"{name}={value}" for name, value in options().items())
            CLIENT_LOG.debug("%s made for %s: %s", self.name, address, said)

    def closing(self, by: str) -> None:
        """Take note of who closes it; the first one counts."""
        self._closed_by = self._closed_by or by
        self.watch.ended()

    def closed(self, stats: ClientStats) -> None:
        """Tell that it is closed; never from a finalizer."""
        self.watch.ended()
        if self._over:
            return
        self._over = True
        catch_up()
        by = self._closed_by or ("the interpreter's exit" if _exiting else "nk.close_all()")
        CLIENT_LOG.debug("%s closed by %s: %s", self.name, by, stats)
        if self._release is not None:
            self._release()

    def dropped_unused(self) -> None:
        """Tell, later, that it was collected and had never been used; from a finalizer."""
        later(partial(self.closed, self.watch.stats(None)))


class CallLife:
    """The life of one single call, with all its attempts.

    Args:
        said: gives the call in words, secrets removed.
        watch: of the client whose call it is.
    """

    __slots__ = ("_began", "_name", "_said", "_watch")

    def __init__(self, said: Callable[[], str], watch: Watch) -> None:
        self._said = said
        self._watch = watch
        self._began = time.perf_counter()
        self._name = ""

    @property
    def name(self) -> str:
        """Its name in the log."""
        self._name = self._name or f"call {next(_calls)}"
        return self._name

    def attempt(self, request: httpx.Request, number: int) -> None:
        """Give a request its name, where somebody listens."""
        if REQUEST_LOG.isEnabledFor(logging.DEBUG):
            request.extensions[ATTEMPT] = Attempt(self.name, number)

    def again(self, attempts: int, delay_s: float, error: BaseException) -> None:
        """Take note that it is going to be tried again."""
        self._watch.retries += 1
        if REQUEST_LOG.isEnabledFor(logging.DEBUG):
            tell_retry(Attempt(self.name, attempts), delay_s, error)

    async def told(self, alone: Alone) -> Response:
        """Return its answer, and tell how it ended.

        Raises:
            Exception: what the last attempt ended with.
        """
        try:
            answer = await alone.answer()
        except Exception as error:
            self.failed(error)
            raise
        self.answered(answer, alone.attempts)
        return answer

    def answered(self, answer: Response, attempts: int) -> None:
        """Tell that it was answered."""
        if REQUEST_LOG.isEnabledFor(logging.INFO):
            catch_up()
            status = f"{answer.status_code} {answer.reason_phrase}".rstrip()
            length = size(len(answer.content)) if answer.is_closed else "the rest to come,"
            after = "" if attempts == 1 else f" after {attempts} attempts"
            said = f"{status}{after}, {length} in {self._taken()}"
            REQUEST_LOG.info("%s: %s", self.name, visible(f"{self._said()} answered {said}"))

    def failed(self, error: Exception) -> None:
        """Tell that it ended in an error."""
        if REQUEST_LOG.isEnabledFor(logging.WARNING):
            catch_up()
            attempts = getattr(error, "attempts", 0)
            after = f" after {plural(attempts, 'attempt')}" if attempts else ""
            # How often and for how long stands before it.
            because = f"{type(error).__name__}: {without_effort(text_of(error), error)}"
            said = f"failed{after} in {self._taken()}: {because}"
            REQUEST_LOG.warning("%s: %s", self.name, visible(f"{self._said()} {said}"))

    def _taken(self) -> str:
        return took(time.perf_counter() - self._began)


def tell_retry(attempt: Attempt, delay_s: float, error: BaseException) -> None:
    """Tell that there is going to be another attempt, when, and because of what."""
    catch_up()
    REQUEST_LOG.debug(
        "%s: again in %s, because of %s: %s",
        attempt,
        took(delay_s),
        type(error).__name__,
        text_of(error),
    )


def tell_run(now: Snapshot, name: Callable[[], str], watch: Watch) -> None:
    """Count the retries of a run that has ended, and tell how it went."""
    ended = now.ok + now.failed + now.timeout - now.reused
    watch.retries += max(0, now.attempts - ended)
    failed = now.failed + now.timeout
    level = logging.WARNING if failed else logging.INFO
    if not REQUEST_LOG.isEnabledFor(level):
        return
    catch_up()
    parts: list[Any] = [f"{count(now.ok)} ok"]
    for number, word in (
        (failed, "failed"),
        (now.cancelled, "cancelled"),
        (now.skipped, "skipped"),
    ):
        if number:
            parts.append(f"{count(number)} {word}")
    rows = plural(now.ok + failed + now.cancelled + now.skipped, "row")
    REQUEST_LOG.log(
        level,
        "%s: %s ended, %s in %s: %s, %s",
        name(),
        visible(now.name),
        rows,
        duration(now.elapsed_s),
        ", ".join(parts),
        plural(now.attempts, "attempt"),
    )
