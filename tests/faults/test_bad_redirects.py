"""A redirect that cannot be followed is an error of the kit through whatever transport it came."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Final

import httpx
import httpx2
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from notebook_kit.testing.faults import FAULTS

BAD: Final = [name for name, it in FAULTS.items() if it.redirects and "-to-" in name]
LARGE: Final = "http://127.0.0.1:99999/"


def _client(kind: str, url: str, **options: Any) -> nk.Client:
    """Return a client that sends through something of the user's own."""
    if kind in ("httpx", "httpx2"):
        lent: Any = {"httpx": httpx, "httpx2": httpx2}[kind].AsyncClient
        mine = lent(base_url=url, follow_redirects=True, trust_env=False)
        return nk.Client(http_client=mine, retry=0, **options)
    own = httpx.AsyncHTTPTransport()
    given = {"transport": own} if kind == "transport" else {"mounts": {"http://": own}}
    return nk.Client(url, follow_redirects=True, retry=0, **given, **options)


@pytest.mark.parametrize("kind", ["transport", "mounts", "httpx", "httpx2"])
def test_every_redirect_of_the_catalogue(kind: str) -> None:
    """Nothing but an answer or one error of the kit comes of it, for a call and for a row."""
    for name in BAD:
        with FaultServer() as server, ExitStack() as stack:
            url = FAULTS[name].arrange(server, "/x")
            api = stack.enter_context(_client(kind, server.url, attempt_timeout=10))
            row = api.map("/{it}", ["x"], parse="response", progress=False).iloc[0]
            try:
                became, said = "answered", str(api.get("/x").url)
            except nk.RequestError as error:
                became, said = type(error).__name__, str(error)
        assert row["error_type"] == became or (row["status"], became) == ("ok", "answered"), name
        assert url in said or name == "redirect-to-another-origin"


@pytest.mark.parametrize("kind", ["transport", "mounts", "httpx", "httpx2"])
@pytest.mark.parametrize("port", [65_536, 99_999])
def test_a_port_that_there_is_not(kind: str, port: int) -> None:
    """It is the server's fault where it redirects there, and the caller's where he asks for it."""
    with FaultServer() as server, _client(kind, server.url) as api:
        target = f"http://127.0.0.1:{port}/"
        server.when("/x", answer(status=302, headers=[("Location", target)]))
        with pytest.raises(nk.RequestError, match="port") as caught:
            api.get("/x")
        assert f"GET {server.url}/x" in str(caught.value)
        # A client that is lent follows redirects itself, and does not say where it was.
        assert target in str(caught.value) or kind.startswith("httpx")
        with pytest.raises(nk.ConfigurationError, match="port"):
            api.get(target)


def test_too_many_redirects_name_the_last_url() -> None:
    """The bound is an option of the client; credentials in the URL are not shown."""
    with FaultServer() as server:

        def further(request: Any) -> Any:
            hop = int(request.path.rpartition("/")[2]) + 1
            return answer(status=302, headers=[("Location", f"/hop/{hop}?api_key=abcdefgh")])

        server.when("*", further)
        with (
            nk.Client(server.url, follow_redirects=True, max_redirects=3) as api,
            pytest.raises(nk.RequestError, match=r"redirected too often.*max_redirects=") as caught,
        ):
            api.get("/hop/0")
        assert f"GET {server.url}/hop/0, redirected to GET {server.url}/hop/4" in str(caught.value)
        assert "abcdefgh" not in str(caught.value)
        assert len(server.requests) == 4
