"""The keywords of requests and of maps of requests, typed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar

from notebook_kit.client.columns import Column
from notebook_kit.execution import AnyRunKeywords

if TYPE_CHECKING:
    from notebook_kit.client.idempotency import RowKey
    from notebook_kit.client.parse import Parse
    from notebook_kit.policies import CacheLike, FallbackLike, Retry
    from notebook_kit.policies.durations import Duration
    from notebook_kit.policies.sizes import Size

__all__ = ["MapKeywords", "PerRow", "RequestKeywords"]

T = TypeVar("T")

#: A constant, a column, or a function of the row.
PerRow: TypeAlias = T | Column | Callable[[Any], T]


class RequestKeywords(TypedDict, total=False):
    """What a single request takes, as httpx means it.

    Keys:
        params: query parameters, put behind those of the URL.
        headers: headers of this request, beside the client's.
        json: a body to be written as JSON.
        data: form fields.
        content: a body as text, bytes, a file or an iterable of bytes, read when the call is
            made; an async iterable is sent once and never again.
        files: files to upload.
        cookies: cookies of this request.
        auth: credentials of this request.
        timeout: how long the server may be silent, in seconds or as ``"5 s"`` or a timedelta; or
            an `httpx.Timeout`.
        follow_redirects: whether to go where a redirect points.
        idempotency_key: the key as text, or True for a random one, another each time that the
            call is awaited: sent with every attempt, so that a POST is safe to repeat where the
            server knows the header. A header that you give yourself stays.
        attempt_timeout: limit of one attempt, from connecting to the last byte of the answer (of a
            stream, to its head), a duration; None for none, the client's if not said.
        max_body: how large the body of the answer may be, as it comes and decompressed: bytes, or
            a text as ``"500 MiB"``; None for any size. The client's if not said.
        retry: how many more tries it is given, or a `Retry`; the client's if not said.
        cache: False passes by the client's cache; True uses it for a POST too; a duration or an
            `nk.Cache` is a policy of the call's own. The client's if not said.
        fallback: what is given where the endpoint is unavailable: another base URL, an
            `nk.Fallback`, or a list of them; False for nothing. The client's if not said.
        fresh: True asks the server although an answer is kept, and keeps the new one.
        extensions: of httpx, such as ``{"sni_hostname": "api.example.com"}``.
    """

    params: Any
    headers: Any
    json: Any
    data: Any
    content: Any
    files: Any
    cookies: Any
    auth: Any
    timeout: Any
    follow_redirects: bool
    idempotency_key: bool | str | None
    attempt_timeout: Duration | None
    max_body: Size | None
    retry: Retry | int | None
    cache: CacheLike
    fallback: FallbackLike
    fresh: bool
    extensions: Any


class MapKeywords(AnyRunKeywords, total=False):
    """What `Client.map` takes beside the options of every run.

    All that is said of requests but ``method``, ``cache``, ``fresh``, ``fallback`` and ``parse``
    may be a constant, a function of the row, or hold `nk.col("name")` anywhere. In ``params``,
    ``headers`` and ``cookies`` a column's value is written as in a path: integral floats as
    integers, dates in ISO form; one that is missing is its row's error.

    Keys:
        method: the HTTP method, GET if nothing else is said.
        cache: as for a single request.
        fresh: as for a single request.
        fallback: what is given for a row whose endpoint is unavailable: another base URL, an
            `nk.Fallback`, or a list of them; False for nothing. The client's if not said.
        idempotency_key: True for a random key per row, ``nk.col("name")`` or a function of the
            row: sent with every attempt, also those of `Run.retry_failed`, so that a POST is safe
            to repeat where the server knows the header. A header that you give yourself stays.
        parse: what lands in ``result``: ``"auto"``, ``"json"``, ``"text"``, ``"bytes"``,
            ``"response"`` or a function of the `Response`.
        params: as for a single request, and so what follows.
        headers: headers.
        json: a body to be written as JSON.
        data: form fields.
        content: a body as text, bytes or a file.
        files: files to upload; open ones are read here, for all rows and tries.
        cookies: cookies of the request.
        auth: credentials: a pair, whose parts may be columns, or an `httpx.Auth`. A function is
            one of the row, and gives such a thing.
        timeout: how long the server may be silent.
        attempt_timeout: limit of one attempt, a duration; None for none.
        max_body: how large the body of each answer may be, the same for all rows: bytes, or a text
            as ``"50 MiB"``; None for any size. The client's if not said.
        follow_redirects: whether to go where a redirect points.
        extensions: of httpx.
    """

    method: str
    cache: CacheLike
    fresh: bool
    fallback: FallbackLike
    idempotency_key: RowKey
    parse: Parse
    params: Any
    headers: Any
    json: Any
    data: Any
    content: Any
    files: Any
    cookies: Any
    auth: Any
    timeout: Any
    attempt_timeout: PerRow[Duration | None]
    max_body: Size | None
    follow_redirects: PerRow[bool]
    extensions: Any
