"""The same over HTTP/2: what is processed how often when streams and connections break."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import pytest

import notebook_kit as nk
from tests.counting.http2 import BREAKS, Break, CountingHttp2Server
from tests.counting.sending import TRIES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tests.counting.sending import Way

_WAYS: Final[tuple[Way, ...]] = ("call", "row")
_numbers: Iterator[int] = itertools.count()


def _send(client: nk.Client, way: Way, method: str, path: str) -> tuple[BaseException | None, int]:
    """Send it; return its error, and how many attempts are told of."""
    content = b"order" if method != "GET" else None
    if way == "row":
        run = client.map(path, [1], method=method, content=content, progress=False)
        attempts = int(run.result()["attempts"].iloc[0])
        return run.outcome(0).error, attempts
    try:
        client.request(method, path, content=content).result()
    except nk.RequestError as error:
        return error, error.attempts
    return None, 0


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("how", BREAKS)
def test_what_is_broken_off(
    how: Break,
    reused: bool,  # noqa: FBT001 - a case
    server_context: ssl.SSLContext,
    client_context: ssl.SSLContext,
) -> None:
    """A POST is sent once, whatever becomes of its stream; a GET as often as was asked for."""
    server_context.set_alpn_protocols(["h2"])
    with CountingHttp2Server(server_context) as server:
        client = nk.Client(
            server.url,
            http2=True,
            verify=client_context,
            retry=nk.Retry(max_attempts=TRIES, base_delay=0),
            attempt_timeout=30,
        )
        try:
            for way, method in itertools.product(_WAYS, ("GET", "PUT", "POST", "PATCH")):
                if reused:
                    assert client.get("/warm").result().http_version == "HTTP/2"
                path = f"/{next(_numbers)}"
                server.breaks = [how] * (TRIES - 1)
                error, attempts = _send(client, way, method, path)
                done, said = int(BREAKS[how]), (way, method, error)
                if method in ("POST", "PATCH"):
                    assert isinstance(error, nk.ConnectionLost), said
                    assert (server.begun[path], server.processed[path]) == (1, done), said
                    assert attempts == 1, said
                else:
                    assert error is None, said
                    assert server.begun[path] == TRIES, said
                    assert server.processed[path] == done * (TRIES - 1) + 1, said
        finally:
            client.close()
