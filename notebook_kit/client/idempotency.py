"""Idempotency keys: one for all attempts of a request, so that a server can tell it comes again.

The header is that of the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.client.columns import Column, per_row
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.groups import only_leaf
from notebook_kit.redact import shown, text_of

if TYPE_CHECKING:
    import httpx

__all__ = ["RowKey", "RowKeys", "add_key", "has_key", "row_keys", "single_key"]

_HEADER: Final = "idempotency-key"


class RowKeys:
    """The keys of the rows of a map; a row has the same one whenever it is sent.

    Args:
        make: gives the key of an item; None for random ones, which differ from those of all others.
        positions: where the rows stood in the input that these were taken from, or None.

    >>> keys = RowKeys()
    >>> keys.of(0, "a") == keys.of(0, "a"), keys.of(0, "a") == keys.of(1, "a")
    (True, False)
    """

    def __init__(
        self, make: Callable[[Any], object] | None = None, positions: Sequence[int] | None = None
    ) -> None:
        self._space = uuid.uuid4()
        self._make = make
        self._positions = positions
        #: What the function gave for rows that have no answer yet: it may give another each time.
        self._given: dict[int, str] = {}

    def of(self, position: int, item: Any) -> str:
        """Return the key of the item at a position of the input.

        Raises:
            ConfigurationError: when the function raises or gives what cannot be a header.
        """
        if self._make is None:
            place = position if self._positions is None else self._positions[position]
            return str(uuid.uuid5(self._space, str(place)))
        key = self._given.get(position)
        if key is None:
            key = self._given[position] = _checked(_made(self._make, item))
        return key

    def known(self, position: int) -> str | None:
        """Return the key of a row if it can be told without making one; or None."""
        return self.of(position, None) if self._make is None else self._given.get(position)

    def answered(self, position: int) -> None:
        """Forget the key of a row that need not be sent again."""
        self._given.pop(position, None)

    def of_shard(self, positions: Sequence[int]) -> RowKeys:
        """Return the keys of some of the rows, which stood at these positions."""
        keys = RowKeys(self._make, positions)
        keys._space = self._space
        return keys


#: The ``idempotency_key`` option of a map: True for random keys, a column, or a function of the
#: item. A `RowKeys` is what another process has made of that.
RowKey: TypeAlias = bool | Column | Callable[[Any], str] | RowKeys | None


def row_keys(value: RowKey) -> RowKeys | None:
    """Return what gives the key of each row, or None where none is asked for.

    Raises:
        ConfigurationError: when the option cannot work.
    """
    if value is None or value is False:
        return None
    if isinstance(value, RowKeys):
        return value
    if value is True:
        return RowKeys()
    if isinstance(value, Column):
        return RowKeys(per_row(value, as_text=True))
    if callable(value):
        return RowKeys(value)
    message = (
        f"idempotency_key={shown(value)} must be True, nk.col('name') or a function of the item: "
        "each row needs a key of its own."
    )
    raise ConfigurationError(message)


def single_key(value: object) -> str | None:
    """Return the key of a single call, a new one each time if any will do.

    Raises:
        ConfigurationError: when the option cannot work.

    >>> single_key("order-7"), single_key(None)
    ('order-7', None)
    """
    if value is None or value is False:
        return None
    if value is True:
        return str(uuid.uuid4())
    if not isinstance(value, str):
        message = f"idempotency_key={shown(value)} must be True, or the key as text."
        raise ConfigurationError(message)
    return _checked(value)


def add_key(request: httpx.Request, key: str) -> None:
    """Put the key into the request, if the user has put none there."""
    request.headers.setdefault(_HEADER, key)


def has_key(request: httpx.Request) -> bool:
    """Tell whether a request carries a key, whoever has put it there."""
    return _HEADER in request.headers


def _made(make: Callable[[Any], object], item: Any) -> object:
    try:
        return make(item)
    except ConfigurationError:
        raise
    except Exception as error:
        leaf = only_leaf(error)
        message = f"idempotency_key raised {type(leaf).__name__} for this row: {text_of(leaf)}"
        raise ConfigurationError(message) from error


def _checked(key: object) -> str:
    if isinstance(key, str) and key.strip() and key.isascii() and key.isprintable():
        return key
    message = (
        f"idempotency_key gave {shown(key)}, which must be text of plain printable characters."
    )
    raise ConfigurationError(message)
