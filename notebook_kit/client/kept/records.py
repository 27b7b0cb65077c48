"""An answer as a file keeps it: its status, its headers, its body; no credential, no request.

Who reads it has asked for the same thing as the same one, so that the request is theirs.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.response import Response
from notebook_kit.redact import is_secret_field, redact_url, scrub

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.client.kept.keys import Key
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["ResponsePlace", "kept_headers", "source_of"]

_KIND: Final = "response"
#: Headers that hold a credential, or that are about one.
_LEFT_OUT: Final = frozenset({"set-cookie", "set-cookie2", "authentication-info"})
#: Headers that are addresses, which may hold credentials as parameters.
_ADDRESSES: Final = frozenset({"location", "content-location", "refresh"})


def source_of(file: CacheFile, url: str) -> bytes:
    """Return what all answers from a URL are known by in a file."""
    return file.key(b"url", url.encode())


class ResponsePlace:
    """The place of the answer to one request; found when it is needed."""

    __slots__ = ("_encoding", "_key", "_request", "file")

    def __init__(
        self, file: CacheFile, key: Key, request: httpx.Request, *, default_encoding: Any
    ) -> None:
        self.file = file
        self._key = key
        self._request = request
        self._encoding = default_encoding

    def marks(self) -> tuple[bytes, bytes] | None:
        """Return what the answer and its URL are known by; None where nobody else may have it.

        Credentials that are known only when a request is sent stand for themselves, and for nothing
        in another process.
        """
        key = self._key
        if key.who is not None:
            return None
        method, url = key.method.encode(), key.url.encode()
        return self.file.key(b"http", method, url, key.digest), source_of(self.file, key.url)

    def write(self, response: Response) -> tuple[str, bytes]:
        """Return an answer as JSON, and its body."""
        head = _head(response)
        if response.history:
            head |= _asked(response)
        head["history"] = [
            {**_head(it), **_asked(it), "body": base64.b64encode(it.content).decode()}
            for it in response.history
        ]
        return json.dumps({"kind": _KIND, **head}), response.content

    def read(self, head: str, body: bytes) -> Response:
        """Return the answer that was written so; raises anything for what was not."""
        said = json.loads(head)
        if said["kind"] != _KIND:
            message = "this is no answer of a server"
            raise ValueError(message)
        history: list[httpx.Response] = [
            self._response(it, base64.b64decode(it["body"], validate=True), redirected=True)
            for it in said["history"]
        ]
        response = self._response(said, body, redirected=bool(history))
        response.history = history
        return response

    def is_error(self, response: Response) -> bool:
        """Tell whether an answer is an error, to be raised again."""
        return response.is_error

    def _response(self, said: dict[str, Any], body: bytes, *, redirected: bool) -> Response:
        request = self._request
        if redirected:
            request = httpx.Request(str(said["method"]), str(said["url"]))
        made = httpx.Response(
            int(said["status"]),
            content=body,
            request=request,
            default_encoding=self._encoding,
            extensions={
                "http_version": str(said["version"]).encode("ascii"),
                "reason_phrase": str(said["reason"]).encode("ascii"),
            },
        )
        # Now, because the body is decoded already, whatever they say.
        pairs = [
            (str(name).encode("latin-1"), str(text).encode("latin-1"))
            for name, text in said["headers"]
        ]
        made.headers = httpx.Headers(pairs)
        made.elapsed = timedelta(seconds=float(said["elapsed"]))
        response = Response.adopt(made)
        response.source = "cache"
        return response


def kept_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers of an answer without what is a credential."""
    return [
        (name, _without_credentials(name.lower(), text))
        for name, text in headers
        if name.lower() not in _LEFT_OUT and not is_secret_field(name, text)
    ]


def _without_credentials(name: str, text: str) -> str:
    return redact_url(text) if name in _ADDRESSES else scrub(text)


def _head(response: httpx.Response) -> dict[str, Any]:
    decoded = [
        (name.decode("latin-1"), text.decode("latin-1")) for name, text in response.headers.raw
    ]
    headers = kept_headers(decoded)
    return {
        "status": response.status_code,
        "version": response.http_version,
        "reason": response.reason_phrase,
        "headers": headers,
        "elapsed": _elapsed(response).total_seconds(),
    }


def _elapsed(response: httpx.Response) -> timedelta:
    try:
        return response.elapsed
    except RuntimeError:
        # httpx has timed nothing where a transport gave the whole answer at once.
        return timedelta(0)


def _asked(response: httpx.Response) -> dict[str, str]:
    request = response.request
    return {"method": request.method, "url": redact_url(str(request.url))}
