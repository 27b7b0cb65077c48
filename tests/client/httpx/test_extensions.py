"""The extensions of a request that httpx knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer, never_answer
from tests.client.httpx.alike import Alike, answers_of, run

if TYPE_CHECKING:
    import ssl

    from notebook_kit.testing import FaultServer


def test_the_target(alike: Alike) -> None:
    """extensions={"target": ...} writes the request line as it says."""
    both = alike(answers_of(lambda client: client.get("/x", extensions={"target": b"/%zz?[]"})))
    assert both.seen[0][0].line == b"GET /%zz?[] HTTP/1.1"


def test_the_name_of_the_server(
    variant: str, tls_server: FaultServer, client_context: ssl.SSLContext
) -> None:
    """extensions={"sni_hostname": ...} is what the certificate has to be for."""
    alike = Alike(variant, [tls_server])
    names = ("localhost", "wrong.example")
    right, wrong = ({"sni_hostname": name} for name in names)
    alike(answers_of(lambda client: client.get("/x", extensions=right)), verify=client_context)
    client = alike.kit(verify=client_context)
    with pytest.raises(nk.ConnectionFailed, match=r"wrong\.example"):
        client.get("/x", extensions=wrong).result()
    client.close()


def test_timeouts(alike: Alike, server: FaultServer) -> None:
    """extensions={"timeout": ...} is what timeout= stands for."""
    server.when("/never", never_answer())
    client = alike.kit()
    with pytest.raises(nk.RequestTimeout) as caught:
        client.get("/never", extensions={"timeout": {"read": 0.05}}).result()
    client.close()
    assert caught.value.phase == "read"


def test_extensions_are_not_changed(alike: Alike) -> None:
    """The caller's dict stays as it was."""
    mine: dict[str, Any] = {"target": b"/y"}
    client = alike.kit()
    client.get("/x", extensions=mine).result()
    client.close()
    assert mine == {"target": b"/y"}


def test_trace(alike: Alike, server: FaultServer) -> None:
    """A trace is told httpcore's events where httpx's transport sends; elsewhere it is refused."""
    told: list[str] = []

    async def trace(event: str, _info: dict[str, Any]) -> None:
        told.append(event)

    client = alike.kit()
    if alike.options:
        client.get("/x", extensions={"trace": trace}).result()
        assert "http11.send_request_headers.started" in told
    else:
        with pytest.raises(nk.ConfigurationError, match="trace"):
            client.get("/x", extensions={"trace": trace})
        assert server.requests == ()
    client.close()


@pytest.mark.parametrize("extensions", [7, "trace", [1]])
def test_what_is_no_extensions_is_refused(alike: Alike, extensions: Any) -> None:
    """Extensions are a dict."""
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="extensions="):
        client.get("/x", extensions=extensions)
    client.close()


def test_extensions_of_an_answer(alike: Alike) -> None:
    """An answer has httpx's extensions of answers: version and reason."""

    async def plainly() -> dict[str, Any]:
        async with alike.plain() as client:
            return dict((await client.get("/x")).extensions)

    theirs = run(plainly())
    client = alike.kit()
    ours = client.get("/x").result().extensions
    client.close()
    for name in ("http_version", "reason_phrase"):
        assert ours[name] == theirs[name]


@pytest.mark.parametrize("mounted", ["elsewhere", "here, without a proxy"])
def test_a_trace_where_mounts_put_several_transports(server: FaultServer, mounted: str) -> None:
    """It is refused where the kit's own transport would send and tell nothing, and only there."""
    server.when("*", answer("ok"))
    told: list[str] = []

    async def trace(event: str, _info: dict[str, Any]) -> None:
        told.append(event)

    own = httpx.AsyncHTTPTransport()
    mounts = {"http://127.0.0.2": own} if mounted == "elsewhere" else {server.url: None}
    client = nk.Client(server.url, mounts=mounts)
    with pytest.raises(nk.ConfigurationError, match="is told what httpx's own transport does"):
        client.get("/x", extensions={"trace": trace})
    with pytest.raises(nk.ConfigurationError, match="is told what httpx's own transport does"):
        client.map("/{it}", ["x"], extensions={"trace": trace}, progress=False)
    client.close().wait()
    assert not server.requests
    with nk.Client(server.url, mounts={server.url: httpx.AsyncHTTPTransport()}) as api:
        api.get("/x", extensions={"trace": trace})
    assert "http11.send_request_headers.started" in told
