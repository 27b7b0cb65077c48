"""Reading a stream, with `async for` and with `for`."""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from notebook_kit.client.streaming.views import Form, Reading
from notebook_kit.errors import (
    ClosedError,
    ConfigurationError,
    DecodeError,
    NotebookKitError,
    WouldDeadlock,
)
from notebook_kit.errors.brevity import brief
from notebook_kit.execution import on_io_loop, wait_async, wait_sync

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from notebook_kit.client.streaming.decoders import Decoder
    from notebook_kit.client.streaming.pump import Pump
    from notebook_kit.execution import Future

__all__ = ["Cursor", "raise_failure", "refuse_on_io_loop"]

T = TypeVar("T")

_NOTHING: Final = cast("Any", object())


def refuse_on_io_loop() -> None:
    """Check that waiting would not block the thread that does the work.

    Raises:
        WouldDeadlock: on the I/O thread.
    """
    if on_io_loop():
        message = (
            "`for` and `with` would block the thread that has to do the work: write `async for` "
            "and `async with`."
        )
        raise WouldDeadlock(message)


def raise_failure(pump: Pump) -> None:
    """Raise what a stream ended with, if it did not come to its end."""
    # Kept in no variable: its traceback holds this frame, and would keep alive who reads.
    _raise(pump.failure())


def _raise(failure: BaseException | None) -> None:
    try:
        if isinstance(failure, NotebookKitError):
            # What happened is in its words; the frames in between are the kit's own affair.
            raise failure.with_traceback(None) from None
        if failure is not None:
            raise failure
    finally:
        del failure


class Cursor(Reading[T], Generic[T]):
    """One reading of a stream, from where it is to its end.

    The answers to `async for` and `for` are the same, and one may go on where the other left.

    Args:
        pump: what carries the bytes.
        form: what they become.
        owner: lives as long as this does.
        alone: whether the stream is read here only, so that it is closed with this.
    """

    def __init__(self, pump: Pump, form: Form[T], *, owner: object, alone: bool) -> None:
        self._pump = pump
        self._form = form
        self._owner = owner
        self._alone = alone
        self._decoder: Decoder[T] | None = None
        self._items: Iterator[T] = iter(())
        self._at_end = False
        self._broken = False
        self._busy = False
        if alone:
            # Left by `break`, by an error or by a task that is no more, the cursor is collected.
            weakref.finalize(self, pump.close_soon).atexit = False

    @property
    def name(self) -> str:
        """What is read: ``"lines"`` and so on."""
        return self._form.name

    def __aiter__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if (item := self._at_hand()) is _NOTHING:
            with brief, self._reading():
                while (item := self._at_hand()) is _NOTHING:
                    if self._at_end:
                        raise StopAsyncIteration
                    for future in self._steps():
                        await wait_async(future)
        return cast("T", item)

    def __next__(self) -> T:
        if (item := self._at_hand()) is _NOTHING:
            refuse_on_io_loop()
            with brief, self._reading():
                while (item := self._at_hand()) is _NOTHING:
                    if self._at_end:
                        raise StopIteration
                    for future in self._steps():
                        wait_sync(future)
        return cast("T", item)

    def _at_hand(self) -> Any:
        """Return a value for which nothing has to be waited; `_NOTHING` if there is none."""
        try:
            return next(self._items, _NOTHING)
        except BaseException as error:
            # What was not read because of it must not be passed over in silence.
            self._broke_off(error)
            raise

    def _broke_off(self, error: BaseException) -> None:
        if isinstance(error, DecodeError) and error.elapsed_s is None:
            self._pump.tell_effort(error)
        self.close()

    def close(self) -> None:
        """Let go of the connection, in a moment."""
        self._broken = True
        self._items = iter(())
        self._pump.close_soon()

    async def aclose(self) -> None:
        """Let go of the connection, and return when that is done."""
        begun = self._pump.response is not None
        self.close()
        if begun:
            await wait_async(self._pump.ended)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        if self._busy:
            message = (
                f"These {self.name} are being read by another task or thread; a stream has one "
                "reader, who may hand on what comes."
            )
            raise ConfigurationError(message)
        if self._broken:
            message = "This stream was closed, or its reading broke off: start another one."
            raise ClosedError(message)
        self._busy = True
        try:
            yield
        except (StopIteration, StopAsyncIteration):
            raise
        except Exception as error:
            self._broke_off(error)
            raise
        except BaseException:
            # A wait that is cut off loses nothing: who has opened the stream may read on.
            if self._alone:
                self.close()
            raise
        finally:
            self._busy = False

    def _steps(self) -> Generator[Future[None], None, None]:
        """Get the next values ready; gives what has to be waited for meanwhile."""
        pump, channel = self._pump, self._pump.channel
        pump.refuse_in_child()
        if self._decoder is None:
            pump.start()
            if not pump.opened.done():
                yield pump.opened
            if pump.response is None:
                raise_failure(pump)
            else:
                self._decoder = self._form.decoder(pump.response)
                pump.ask(raw=self._form.raw)
        decoder = self._decoder
        assert decoder is not None  # noqa: S101 - a stream that is not open has raised
        while True:
            # Asked first: what was put before the end can then be taken.
            over = channel.over
            if data := channel.take():
                self._items = iter(decoder.feed(data))
                return
            if over:
                raise_failure(pump)
                self._at_end = True
                self._items = iter(decoder.finish())
                return
            if (future := channel.waiter()) is not None:
                try:
                    yield future
                finally:
                    channel.waited()
            else:
                channel.waited()

    def __repr__(self) -> str:
        state = "closed" if self._broken else "at its end" if self._at_end else "open"
        return f"<{self.name} of a stream: {state}>"
