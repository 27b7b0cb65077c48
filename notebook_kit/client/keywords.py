"""The keywords of requests and of maps of requests, typed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from notebook_kit.execution import RunKeywords

if TYPE_CHECKING:
    from notebook_kit.client.parse import Parse

__all__ = ["MapKeywords", "RequestKeywords"]


class RequestKeywords(TypedDict, total=False):
    """What a single request takes, as httpx means it.

    Keys:
        params: query parameters.
        headers: headers of this request, beside the client's.
        json: a body to be written as JSON.
        data: form fields.
        content: a body as text or bytes.
        files: files to upload.
        cookies: cookies of this request.
        auth: credentials of this request.
        timeout: seconds of silence, or an `httpx.Timeout`.
        follow_redirects: whether to go where a redirect points.
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


class MapKeywords(RunKeywords, total=False):
    """What `Client.map` takes beside the options of every run.

    ``params``, ``headers``, ``json``, ``data`` and ``content`` may be a function of the row, or
    hold `nk.col("name")` anywhere.

    Keys:
        method: the HTTP method, GET if nothing else is said.
        parse: what lands in ``result``: ``"auto"``, ``"json"``, ``"text"``, ``"bytes"``,
            ``"response"`` or a function of the `Response`.
    """

    method: str
    parse: Parse
    params: Any
    headers: Any
    json: Any
    data: Any
    content: Any
    timeout: Any
