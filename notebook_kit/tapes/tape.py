"""Recording and replaying, as their user sees them."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from notebook_kit.checks import teaches_arguments
from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.errors.brevity import brief
from notebook_kit.lifetime import Holding, register
from notebook_kit.redact import shown
from notebook_kit.tapes import slot
from notebook_kit.tapes.opening import open_to_play, tape_errors, tape_path
from notebook_kit.tapes.player import Missing, Player
from notebook_kit.tapes.recorder import Recorder
from notebook_kit.tapes.stats import TapeStats

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from notebook_kit.lifetime import Handle

__all__ = ["Tape", "record", "replay"]

_COUNT: Final = """
SELECT count(*), count(DISTINCT exact), coalesce(sum(length(body)), 0) FROM exchanges
"""
_beginning: Final = threading.Lock()


@teaches_arguments("nk.record")
def record(path: str | os.PathLike[str], *, mode: Literal["replace", "add"] = "replace") -> Tape:
    """Keep every HTTP exchange of this process on a tape, until `Tape.stop` or the block's end.

    It holds for all clients, calls, maps and streams, from now on; what is under way already is
    left out. Functions that `map` calls are not recorded, only what is sent through a client is.

    Args:
        path: the file, which is made if it is not there; readable for its owner alone.
        mode: ``"replace"`` begins the tape anew, ``"add"`` keeps what is on it.

    Raises:
        ConfigurationError: for what is no path or mode, or where a tape is in force already.
        StorageError: when the file cannot be written, is something else, newer, or being recorded.

    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name, "tape.db")
    >>> with nk.record(path) as tape:
    ...     name = client.get("/airports/ZRH").result().json()["name"]
    >>> tape
    <tape 'tape.db': 1 exchange recorded>
    >>> with nk.replay(path):
    ...     client.get("/airports/ZRH").result().json()["name"] == name
    True
    >>> folder.cleanup()
    """
    with brief:
        if mode not in ("replace", "add"):
            message = f"mode={shown(mode)} must be 'replace', to begin the tape anew, or 'add'."
            raise ConfigurationError(message)
        where = tape_path(path)
        return Tape(where, lambda: Recorder(where, add=mode == "add"))


@teaches_arguments("nk.replay")
def replay(path: str | os.PathLike[str], *, missing: Missing = "raise") -> Tape:
    """Answer every HTTP request of this process from a tape, until `Tape.stop` or the block's end.

    Nothing is sent. Equal requests get their answers in the order in which they were recorded, and
    the last one again when there are more; requests are equal when method, URL and body are.

    Args:
        path: the file, as `record` has made it; it is not changed.
        missing: what becomes of a request that is not on the tape: ``"raise"`` for
            `ReplayMismatch`, ``"send"`` for sending it.

    Raises:
        ConfigurationError: for what is no path, or where a tape is in force already.
        StorageError: when the file is not there, cannot be read, is something else, or newer.
    """
    with brief:
        if missing not in ("raise", "send"):
            message = f"missing={shown(missing)} must be 'raise' or 'send'."
            raise ConfigurationError(message)
        where = tape_path(path)
        return Tape(where, lambda: Player(where, missing))


class Tape:
    """A tape in force; `record` and `replay` give it. From any thread, also as a block.

    Both ``with`` and ``async with`` end it; what was recorded is written meanwhile.
    """

    def __init__(self, path: Path, begin: Callable[[], Recorder | Player]) -> None:
        self.path = path
        with _beginning:
            _refuse_second(path)
            self._reel = reel = slot.tape = begin()
        kind = "replay" if reel.plays else "recording"

        def let_go() -> None:
            _end(reel)

        async def close() -> None:
            let_go()

        self._handle: Handle = register(
            self,
            kind=kind,
            name=path.name,
            close_soon=let_go,
            aclose=close,
            look=lambda: Holding(_said(reel)),
        )
        # Until it is stopped, it is in force whether anybody holds it or not.
        _held.append(self)

    def stop(self) -> None:
        """Send as usual from now on; what was recorded is on the disk then. Any number of times.

        Raises:
            StorageError: when something could not be written.
        """
        self._handle.forget()
        _end(self._reel)

    def stats(self) -> TapeStats:
        """Return what is on the tape now, and what was done with it.

        Raises:
            StorageError: when the file cannot be read.
        """
        self._reel.flush()
        connection, _ = open_to_play(self.path)
        with closing(connection), tape_errors(self.path):
            row = connection.execute(_COUNT).fetchall()[0]
        return TapeStats(*map(int, row), **self._reel.counts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except StorageError as failure:
            if error is None:
                raise
            error.add_note(str(failure))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __repr__(self) -> str:
        going = ", in force" if slot.tape is self._reel else ""
        return f"<tape {self.path.name!r}: {_said(self._reel)}{going}>"


#: The tape in force, which nobody else need hold.
_held: Final[list[Tape]] = []


def _refuse_second(path: Path) -> None:
    reel: Any = slot.tape
    if reel is None:
        return
    if not reel.is_ours:
        # That of the process that this one was forked from: there it goes on.
        return
    doing = "replayed" if reel.plays else "recorded"
    message = (
        f"'{path.name}' cannot begin while the tape '{reel.path.name}' is being {doing}: there is "
        "one for the whole process. End that first, with .stop() of what nk.record() or "
        "nk.replay() gave, or with nk.close_all()."
    )
    raise ConfigurationError(message)


def _end(reel: Recorder | Player) -> None:
    with _beginning:
        if slot.tape is reel:
            slot.tape = None
    _held[:] = [it for it in _held if it._reel is not reel]  # noqa: SLF001 - of this module
    reel.end()


def _said(reel: Recorder | Player) -> str:
    counts = reel.counts
    if reel.plays:
        number = counts["replayed"]
        missing = f", {counts['missing']:,} not on it" if counts["missing"] else ""
        return f"{number:,} exchange{'' if number == 1 else 's'} replayed{missing}"
    number = counts["recorded"]
    return f"{number:,} exchange{'' if number == 1 else 's'} recorded"
