"""The rows of a map on the short way: from an item to its result, without a request of httpx."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.fast.mould import Mould
from notebook_kit.client.logs.watch import body_length
from notebook_kit.client.parse import kind_of
from notebook_kit.client.strict_json import loads
from notebook_kit.client.transports.body_bounds import BOUNDS
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import read_raw_hint
from notebook_kit.scheduling import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.client.core import Core
    from notebook_kit.client.fast.came import Came
    from notebook_kit.client.fast.names import Names
    from notebook_kit.client.hosts import AddressTemplate
    from notebook_kit.client.transports.body_bounds import AnswerBounds

__all__ = ["Rows", "rows_of"]

#: The words of ``parse`` whose results are made of the body alone.
PARSED_HERE: Final = ("auto", "json", "bytes")
_NOT_HERE: Final = object()


class Rows:
    """Sends the rows of one map.

    Args:
        core: what sends.
        template: gives the path of an item.
        mould: makes what is sent of a path.
        parse: ``"auto"``, ``"json"`` or ``"bytes"``.
    """

    def __init__(self, core: Core, template: AddressTemplate, mould: Mould, parse: str) -> None:
        self._core = core
        self._fill = template.fill
        self._mould = mould
        self._parse = parse
        # Most maps put one plain word or number into their paths.
        self._of_word = mould.for_words(self._fill) if len(template.fields) == 1 else None

    async def send(self, item: Any, tell_sent: Callable[[], None] | None) -> Answer | Came | None:
        """Return the result of an item, or what came for it if that is for httpx to look at.

        None says that it cannot go this way, and that nothing was sent.
        """
        lane = self._core.lane_for_rows()
        if lane is None:
            return None
        try:
            order = None if self._of_word is None else self._of_word(item, tell_sent)
            if order is None:
                order = self._mould.order(self._fill(item), tell_sent)
        except ConfigurationError:
            raise
        except Exception:  # noqa: BLE001 - told of by whoever builds the whole request
            return None
        if order is None:
            return None
        watch = self._core.watch
        began = watch.sends(0 if order.request is None else body_length(order.request))
        try:
            came = await lane.exchange(order)
        except BaseException as error:
            watch.cut(began, error)
            raise
        names = came.names if came.is_ordinary else None
        if names is None or (value := self._value(came, names, order.most)) is _NOT_HERE:
            watch.handed_on()
            return came
        watch.received(began, came.length)
        self._core.handle.uses += 1
        message = came.message
        hint = read_raw_hint(message.raw_headers) if names.tells_limits else None
        return Answer(value, message.code, hint=hint)

    def _value(self, came: Came, names: Names, most: int | None) -> Any:
        body = came.raw
        if names.is_encoded:
            try:
                body = came.response(most=most).content
            except httpx.DecodingError:
                return _NOT_HERE
        if self._parse == "bytes":
            return body
        if self._parse == "auto":
            if not body:
                return None
            kind = _kind(came.message.raw_headers, names)
            if kind != "json":
                return body if kind == "bytes" else _NOT_HERE
        try:
            return loads(body)
        except (ValueError, RecursionError):
            return _NOT_HERE


def _kind(headers: Sequence[tuple[bytes, bytes]], names: Names) -> str:
    """Return what ``parse="auto"`` reads; ``"text"`` where it takes more to tell."""
    if len(names.content_types) > 1:
        return "text"
    return _kind_of(headers[names.content_types[0]][1] if names.content_types else b"")


@lru_cache(maxsize=256)
def _kind_of(content_type: bytes) -> str:
    if not content_type.isascii():
        return "text"
    return kind_of(content_type.decode("ascii").partition(";")[0].strip().lower())


def rows_of(
    core: Core,
    method: str,
    template: AddressTemplate,
    parse: object,
    fixed: dict[str, Any] | None,
    *,
    bounds: AnswerBounds,
) -> Rows | None:
    """Return the short way for the rows of a map, or None where there is none.

    Args:
        core: what sends.
        method: the method.
        template: gives the path of an item.
        parse: what lands in the result.
        fixed: the options that all requests share; None where some differ from row to row.
        bounds: what each answer may cost.
    """
    lane = core.lane
    if lane is None or fixed is None or core.has_auth or template.varies_in_host:
        return None
    if parse not in PARSED_HERE:
        return None

    def build(url: str) -> httpx.Request:
        request = core.build(method, url, fixed)
        request.extensions[BOUNDS] = bounds
        return request

    mould = Mould.of(lane, template.server(None), build)
    return None if mould is None else Rows(core, template, mould, str(parse))
