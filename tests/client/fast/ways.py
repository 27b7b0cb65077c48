"""Sending the same thing both ways, and telling what came of it in a form that can be compared."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.alone import Alone
from notebook_kit.client.fast.lane import Lane
from notebook_kit.errors.effort import without_effort
from notebook_kit.testing import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.testing import Reaction

__all__ = ["both_ways", "full_way", "httpx_sends", "of_answer", "of_call", "of_map"]

RETRY = nk.Retry(max_attempts=3, base_delay=0)


@contextmanager
def full_way() -> Iterator[None]:
    """Let nothing go the short way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lane, "of", classmethod(lambda _class, _http: None))
        patch.setattr(Alone, "_may_start", lambda _self, _now: False)
        yield


@contextmanager
def httpx_sends() -> Iterator[list[str]]:
    """List what httpx sends, or is given to look at, meanwhile."""
    seen: list[str] = []
    send = httpx.AsyncClient.send

    async def noted(self: httpx.AsyncClient, request: httpx.Request, **options: Any) -> Any:
        seen.append(request.url.path)
        return await send(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", noted)
        yield seen


def both_ways(
    script: dict[str, list[Reaction]],
    act: Callable[[nk.Client], Any],
    **options: Any,
) -> tuple[Any, Any]:
    """Return what became of an act on the short way, and on the full one.

    Args:
        script: what a server does with the requests for each path.
        act: what is done with a client of that server.
        **options: of the client.
    """
    short = _one_way(script, act, options)
    with full_way():
        return short, _one_way(script, act, options)


def _one_way(
    script: dict[str, list[Reaction]], act: Callable[[nk.Client], Any], options: dict[str, Any]
) -> Any:
    with FaultServer() as server:
        for path, reactions in script.items():
            server.when(path, *reactions)
        client = nk.Client(server.url, **{"retry": RETRY, **options})
        try:
            made = act(client)
            jar = sorted((it.name, it.value, it.path) for it in client._core._here.cookies.jar)
        finally:
            client.close()
        port = str(server.port)
        seen = [(it.head.decode("latin-1"), it.body) for it in server.requests]
        connections = server.connections.opened
    return _without(port, {"made": made, "jar": jar, "seen": seen, "connections": connections})


def _without(port: str, value: Any) -> Any:
    """Return a value in which the port of the server, another each time, stands no more."""
    if isinstance(value, str):
        return value.replace(f":{port}", ":PORT")
    if isinstance(value, bytes):
        return value.replace(b":%s" % port.encode(), b":PORT")
    if isinstance(value, dict):
        return {key: _without(port, it) for key, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(port, it) for it in value]
    return value


def of_call(method: str, path: str, **options: Any) -> Callable[[nk.Client], Any]:
    """Return an act: one call, and all that can be asked of its answer or its error."""

    def act(client: nk.Client) -> Any:
        try:
            return of_answer(client.request(method, path, **options).result(timeout=20))
        except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
            return of_error(error)

    return act


def of_map(path: str, items: list[Any], **options: Any) -> Callable[[nk.Client], Any]:
    """Return an act: a map, and its frame without the times."""

    def act(client: nk.Client) -> Any:
        run = client.map(path, items, progress=False, max_concurrency=1, **options)
        frame = run.result()
        columns = ["status", "status_code", "error_type", "error", "source", "attempts"]
        told = frame[columns].astype(object).where(frame[columns].notna(), None)
        results = [of_answer(it) if isinstance(it, nk.Response) else it for it in frame["result"]]
        return {"told": told.to_numpy().tolist(), "results": [_typed(it) for it in results]}

    return act


def _typed(value: Any) -> Any:
    # NaN is not equal to itself, and 1 is equal to True.
    return repr(value) if not isinstance(value, dict) else {k: _typed(v) for k, v in value.items()}


def of_error(error: BaseException) -> dict[str, Any]:
    """Return what can be asked of an error."""
    text = _steady(without_effort(str(error), error))
    told: dict[str, Any] = {"class": type(error).__name__, "text": text}
    for name in ("attempts", "status_code", "maybe_sent", "phase", "retry_after_s", "call"):
        told[name] = getattr(error, name, None)
    response = getattr(error, "response", None)
    if response is not None:
        told["response"] = of_answer(response)
    told["cause"] = type(error.__cause__).__name__
    return told


def _steady(text: str) -> str:
    return re.sub(r"\d+ bytes", "N bytes", text)


def of_answer(response: httpx.Response) -> dict[str, Any]:
    """Return what can be asked of an answer."""
    request = response.request
    return {
        "class": type(response).__name__,
        "status": (response.status_code, response.reason_phrase, response.http_version),
        "headers": response.headers.raw,
        "content": response.content,
        "text": response.text,
        "encoding": (response.encoding, response.charset_encoding, response.default_encoding),
        "cookies": list(response.cookies.items()),
        "downloaded": response.num_bytes_downloaded,
        "over": (response.is_closed, response.is_stream_consumed),
        "timed": response.elapsed.total_seconds() > 0,
        "extensions": sorted(response.extensions),
        "next": None if response.next_request is None else str(response.next_request.url),
        "history": [of_answer(it) for it in response.history],
        "shown": (repr(response), repr(request), repr(response.headers), response._repr_html_())
        if isinstance(response, nk.Response)
        else None,
        "classes": (type(request).__name__, type(request.url).__name__),
        "request": (request.method, str(request.url), request.headers.raw, request.content),
        "raw_path": request.url.raw_path,
        "sent with": (sorted(request.extensions), request.extensions["timeout"]),
    }
