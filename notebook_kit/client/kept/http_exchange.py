"""One request under HTTP's own rules, step by step as hishel says them."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.kept.http_dates import dated
from notebook_kit.client.kept.http_stored import Stored, StoredPlace
from notebook_kit.client.kept.records import kept_headers
from notebook_kit.client.response import GIVEN_AGAIN
from notebook_kit.redact import is_secret_field

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from notebook_kit.client.kept.http_rules import HttpRules
    from notebook_kit.client.kept.keys import Key

__all__ = ["Exchange"]

_NOT_MODIFIED: Final = 304


class Exchange:
    """One request and its answer, from the first look to the end.

    Attributes:
        url: what is asked for.
        void: whether what it brings was forgotten before it came.
    """

    def __init__(
        self,
        rules: HttpRules,
        key: Key,
        request: httpx.Request,
        send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    ) -> None:
        self._rules = rules
        self._key = key
        self._request = request
        self._send = send
        self._place: Any = rules.file and StoredPlace(rules.file, key)
        self._came: httpx.Response | None = None
        self.url = str(request.url)
        self.void = False

    def fresh(self) -> httpx.Response | None:
        """Return what may be given without asking, or None."""
        import hishel  # noqa: PLC0415 - for those who ask for HTTP's rules

        state = self._first()
        if not isinstance(state, hishel.FromCache):
            return None
        self._rules.counts.hits += 1
        return self._again(state.entry)

    def _first(self) -> Any:
        import hishel  # noqa: PLC0415 - as above

        stored = self._rules.look(self._place, self._key)
        entries = [] if stored is None else [self._entry(stored)]
        idle = hishel.IdleClient(options=self._rules.options)
        return idle.next(_theirs(self._request), entries)

    async def run(self) -> httpx.Response:
        """Return the answer, by what the rules say step by step."""
        import hishel  # noqa: PLC0415 - as above

        state = self._first()
        counts = self._rules.counts
        if isinstance(state, hishel.FromCache):
            counts.hits += 1
            return self._again(state.entry)
        counts.misses += 1
        while True:
            if isinstance(state, (hishel.CacheMiss, hishel.NeedRevalidation)):
                state = state.next(await self._sent(state.request))
            elif isinstance(state, hishel.InvalidateEntries):
                void = self.void
                self._rules.forget([self.url], wait=False)
                self.void = void  # What it brings itself is for keeps.
                state = state.next()
            elif isinstance(state, hishel.NeedToBeUpdated):
                # A 304, by now: what is kept still holds.
                counts.misses -= 1
                counts.refreshes += 1
                self._refresh(state.updating_entries)
                state = state.next()
            elif isinstance(state, hishel.FromCache):
                return self._again(state.entry)
            else:
                return await self._given(keep=isinstance(state, hishel.StoreAndUse), state=state)

    async def _sent(self, wanted: Any) -> Any:
        """Send the request, with what is asked of it beside, and return the head of the answer."""
        import hishel  # noqa: PLC0415 - as above

        request = self._request
        own = request.headers
        request.headers = httpx.Headers(own)
        for name in wanted.headers:
            if own.get(name) != wanted.headers[name]:
                request.headers[name] = wanted.headers[name]
        try:
            came = await self._send(request)
        finally:
            # What it was asked for with, nobody else is to see.
            request.headers = own
        if came.status_code == _NOT_MODIFIED:
            await came.aread()
            await came.aclose()
        self._came = came
        headers = dated(came.headers.multi_items(), time.time())
        return hishel.Response(came.status_code, _their_headers(_raw(headers)))

    def _entry(self, stored: Stored) -> Any:
        import hishel  # noqa: PLC0415 - as above

        # Who has the same key has sent the same headers, but for those that say nothing as a rule.
        kept = {name.lower() for name, _ in stored.varied}
        own = [pair for pair in self._request.headers.raw if pair[0].decode().lower() not in kept]
        asked = hishel.Request(
            self._request.method,
            str(self._request.url),
            _their_headers([*own, *_raw(stored.varied)]),
        )
        answer = hishel.Response(stored.status, _their_headers(_raw(stored.headers)))
        self._stored = stored
        return hishel.Entry(uuid.uuid4(), asked, answer)

    def _refresh(self, entries: Sequence[Any]) -> None:
        """Keep what a 304 says of the answer that it has found good."""
        for entry in entries:
            headers = kept_headers(_our_headers(entry.response.headers))
            self._stored = replace(self._stored, headers=tuple(headers))
            self._keep(self._stored)

    def _keep(self, stored: Stored) -> None:
        self._rules.keep(self._place, self._key, stored, holds=lambda: not self.void)

    def _again(self, entry: Any) -> httpx.Response:
        headers = _our_headers(entry.response.headers)
        return httpx.Response(
            self._stored.status,
            headers=_raw(headers),
            stream=httpx.ByteStream(self._stored.body),
            extensions={"http_version": b"HTTP/1.1", GIVEN_AGAIN: True},
        )

    async def _given(self, *, keep: bool, state: Any) -> httpx.Response:
        came = self._came
        assert came is not None  # noqa: S101 - something was sent, or it would be from the cache
        if not keep or not isinstance(came.stream, httpx.AsyncByteStream):
            return came
        stream, pieces, length = came.stream, [], 0
        source = aiter(stream)
        async for piece in source:
            pieces.append(piece)
            length += len(piece)
            if length > self._rules.longest:
                # Too long to be kept: the rest comes as it comes.
                came.stream = _Rest(pieces, source, stream)
                return came
        await came.aclose()
        body = b"".join(pieces)
        self._keep(self._new(state.response, body))
        return httpx.Response(
            came.status_code,
            headers=came.headers.raw,
            stream=httpx.ByteStream(body),
            extensions=came.extensions,
        )

    def _new(self, answer: Any, body: bytes) -> Stored:
        named = {it.strip().lower() for it in answer.headers.get("vary", "").split(",")}
        varied = [
            (name, text)
            for name, text in self._request.headers.items()
            if name in named and not is_secret_field(name, text)
        ]
        headers = kept_headers(_our_headers(answer.headers))
        return Stored(answer.status_code, tuple(headers), body, tuple(varied))


class _Rest(httpx.AsyncByteStream):
    """A stream of which something was read already."""

    def __init__(
        self, pieces: list[bytes], source: AsyncIterator[bytes], stream: httpx.AsyncByteStream
    ) -> None:
        self._pieces = pieces
        self._source = source
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        async for piece in self._source:
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def _raw(pairs: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), text.encode("latin-1")) for name, text in pairs]


def _their_headers(raw: Iterable[tuple[bytes, bytes]]) -> Any:
    import hishel  # noqa: PLC0415 - as above

    several: dict[str, list[str]] = {}
    for name, text in raw:
        several.setdefault(name.decode("latin-1").lower(), []).append(text.decode("latin-1"))
    return hishel.Headers(several)


def _our_headers(headers: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name in headers for text in headers.get_list(name) or ())


def _theirs(request: httpx.Request) -> Any:
    import hishel  # noqa: PLC0415 - as above

    return hishel.Request(request.method, str(request.url), _their_headers(request.headers.raw))
