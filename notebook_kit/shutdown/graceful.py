"""``with nk.graceful_shutdown():`` as it is called, its arguments checked."""

from __future__ import annotations

import math
import signal
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import seconds
from notebook_kit.shutdown.block import GracefulShutdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_kit.policies import Duration

__all__ = ["graceful_shutdown"]

#: What asks a process to end, as far as this system has it.
_USUAL: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)
)


def graceful_shutdown(
    deadline: Duration | None = "10 s",
    *,
    signals: Iterable[int] = _USUAL,
    on_signal: Callable[[signal.Signals], object] | None = None,
) -> GracefulShutdown:
    """Return a ``with`` block that ends in good order when the process is asked to end.

    At the first signal every run starts nothing more, its calls in flight come to their end, and
    the rest is cancelled; a run that is started later is cancelled before it has done anything.
    The block goes on: what awaits a run gets its frame, with all that is done. When the deadline
    passes, or at a second signal, calls in flight are cut. If that is not enough, because the block
    is busy with something that is no run, one more signal interrupts the block itself.

    At the end of the block `close_all` is called and the process is left as the signal asks: by
    KeyboardInterrupt for SIGINT, by ``SystemExit(128 + number)`` for others. An error of the block
    goes before that. The handlers of before are put back, whatever happens; within blocks of the
    same kind, the outermost closes and leaves.

    A handler that ``loop.add_signal_handler`` has set is called as well, because asyncio hears of
    signals in another way; that of `asyncio.run` is replaced. A signal that the process ignores
    stays ignored, and a forked child does what it would do without the block.

    Args:
        deadline: how long calls in flight have to end, a duration; None: as long as they take.
        signals: what is handled; SIGTERM, SIGINT and, on Windows, SIGBREAK if not said.
        on_signal: called once with the first signal, in a thread of its own; what it raises is
            logged.

    Raises:
        ConfigurationError: for what cannot be handled; on entering, outside the main thread.

    >>> with graceful_shutdown(deadline="5 s") as shutdown:
    ...     shutdown.requested
    False
    """
    deadline_s = math.inf if deadline is None else seconds(deadline, name="deadline", zero=True)
    try:
        checked = tuple(signal.Signals(number) for number in signals)
    except (TypeError, ValueError):
        checked = ()
    if not checked:
        message = (
            f"signals={signals!r} must be signals of this system: "
            "signals=[signal.SIGTERM, signal.SIGINT]."
        )
        raise ConfigurationError(message)
    if on_signal is not None and not callable(on_signal):
        message = f"on_signal={on_signal!r} must be a function of the signal that came."
        raise ConfigurationError(message)
    return GracefulShutdown(deadline_s, checked, on_signal)
