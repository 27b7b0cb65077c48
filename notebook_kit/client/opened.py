"""What a client is between its making and its end: open, entered, closed."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from notebook_kit.client.closing import Closing
from notebook_kit.client.resources.owners import for_the_face
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.lifetime import never_instead_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from notebook_kit.client.core import Core
    from notebook_kit.client.sync_face import SyncClient

__all__ = ["Opened"]


class Opened(ABC):
    """The life of a client: it is open until it is closed, and it never opens again."""

    base_url: str
    _core: Core
    #: The thread that is inside of its ``with`` block.
    _entered_by: int | None = None

    @property
    @abstractmethod
    def sync(self) -> SyncClient:
        """The synchronous face."""

    @property
    def is_closed(self) -> bool:
        """Whether the client is closed."""
        return not self._core.handle.is_open

    def close(self) -> Closing:
        """Close the client; any number of times.

        In async code ``await client.close()`` returns when every connection is closed; where no
        loop is running, ``client.close()`` does.
        """
        self._core.refuse_more()
        self._core.handle.forget()
        return Closing(self._core.aclose)

    def aclose(self) -> Closing:
        """Close the client; what `close` is called in httpx."""
        return self.close()

    def __enter__(self) -> SyncClient:
        self._refuse_if_closed()
        self._entered_by = threading.get_ident()
        return self.sync

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entered_by = None
        with never_instead_of(error, "the client"):
            self.close().wait()

    async def __aenter__(self) -> Self:
        self._refuse_if_closed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with never_instead_of(error, "the client"):
            await self.close()

    def _refuse_outer(self, verb: str) -> None:
        """Refuse what gives calls, inside of the block where its other face gives values."""
        if self._entered_by == threading.get_ident() and not for_the_face.get():
            message = (
                "Inside `with client as api:` the verbs of `api` return answers; write "
                f"api.{verb} instead of client.{verb}."
            )
            raise ConfigurationError(message)

    def _refuse_if_closed(self) -> None:
        # As `is_closed`, which every call would ask for.
        if not self._core.handle.is_open:
            message = f"This client ({self.base_url}) is closed; make a new one: nk.Client(...)."
            raise ClosedError(message)
