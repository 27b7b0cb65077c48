"""A client as a dependency of a FastAPI application, behind a real server."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from fastapi import Depends, FastAPI

import notebook_kit as nk
from notebook_kit.integrations.fastapi import ClientDependency

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from notebook_kit.demo import DemoServer


def _in_time(condition: Callable[[], bool]) -> bool:
    """Look for some seconds: a server sees a connection end a moment after its client."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _application(api: ClientDependency, lifespan: Any = None) -> FastAPI:
    app = FastAPI(lifespan=lifespan)

    # An annotation is read as text, and cannot name what is local to a function.
    @app.get("/async/{code}")
    async def in_the_loop(code: str, client: nk.Client = Depends(api)) -> Any:  # noqa: B008, FAST002
        answer = await client.get(f"/airports/{code}")
        return {"city": answer.json()["city"], "client": id(client)}

    @app.get("/sync/{code}")
    def in_a_thread(code: str, client: nk.Client = Depends(api)) -> Any:  # noqa: B008, FAST002
        city = client.sync.get(f"/airports/{code}").json()["city"]
        return {"city": city, "client": id(client)}

    @app.get("/broken")
    async def broken(client: nk.Client = Depends(api)) -> None:  # noqa: B008, FAST002
        await client.get("/airports/XXX")

    return app


@contextmanager
def _serving(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve the application from a thread and give a client of it; ended when the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        assert _in_time(lambda: server.started)
        with httpx.Client(base_url=url, trust_env=False, timeout=10) as browser:
            yield browser
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def _ask(browser: httpx.Client, paths: list[str]) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(8) as threads:
        return [answer.json() for answer in threads.map(browser.get, paths)]


MIXED = ["/async/ZRH", "/sync/GVA"] * 10


def test_one_client_serves_async_and_sync_endpoints(demo: DemoServer) -> None:
    """E7: endpoints of both kinds share one client at the same time; its lifespan closes it."""
    api = ClientDependency(demo.url)
    with _serving(_application(api, api.lifespan)) as browser:
        answers = _ask(browser, MIXED)
        assert [answer["city"] for answer in answers] == ["Zurich", "Geneva"] * 10
        assert {answer["client"] for answer in answers} == {id(api.client)}
        assert 0 < demo.stats().connections_opened <= 20
        client = api.client
    assert client.is_closed
    assert _in_time(lambda: demo.stats().connections_open == 0)
    assert nk.open_resources() == []


def test_a_client_per_request_is_closed_with_it(demo: DemoServer) -> None:
    """E7: with `per_request=True` each request has a client and connections of its own."""
    api = ClientDependency(demo.url, per_request=True)
    assert nk.open_resources() == []
    with _serving(_application(api)) as browser:
        answers = _ask(browser, MIXED)
        assert [answer["city"] for answer in answers] == ["Zurich", "Geneva"] * 10
        assert demo.stats().connections_opened == 20
        assert _in_time(lambda: demo.stats().connections_open == 0)
        assert nk.open_resources() == []


@pytest.mark.parametrize("per_request", [True, False])
def test_an_error_in_an_endpoint_leaves_nothing_open(
    demo: DemoServer, *, per_request: bool
) -> None:
    """An error that leaves an endpoint goes on to the application, and the client is closed."""
    api = ClientDependency(demo.url, per_request=per_request, retry=0)
    app = _application(api, api.lifespan)
    seen: list[Exception] = []

    @app.exception_handler(nk.NotFound)
    async def remember(_request: object, error: Exception) -> Any:
        from fastapi.responses import PlainTextResponse

        seen.append(error)
        return PlainTextResponse("no such airport", status_code=404)

    with _serving(app) as browser:
        assert browser.get("/broken").text == "no such airport"
    assert [type(error) for error in seen] == [nk.NotFound]
    assert _in_time(lambda: demo.stats().connections_open == 0)
    assert nk.open_resources() == []


def test_joins_a_lifespan_of_the_users_own(demo: DemoServer) -> None:
    """`async with api.lifespan(app)` inside another lifespan closes the client at its end."""
    api = ClientDependency(demo.url)
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with api.lifespan(app):
            events.append("start")
            yield
            events.append("open" if not api.client.is_closed else "closed")

    with _serving(_application(api, lifespan)) as browser:
        assert browser.get("/async/ZRH").json()["city"] == "Zurich"
    assert events == ["start", "open"]
    assert _in_time(lambda: demo.stats().connections_open == 0)


def test_an_application_can_be_started_again(demo: DemoServer) -> None:
    """After its lifespan has closed the client, the next start has a new one."""
    api = ClientDependency(demo.url)
    app = _application(api, api.lifespan)
    clients = []
    for _ in range(2):
        with _serving(app) as browser:
            assert browser.get("/sync/ZRH").json()["city"] == "Zurich"
            clients.append(api.client)
    first, second = clients
    assert first is not second
    assert first.is_closed
    assert second.is_closed


def test_applications_that_share_it_close_it_last(demo: DemoServer) -> None:
    """The client stays open until the last of the lifespans that share it has ended."""
    api = ClientDependency(demo.url)

    async def main() -> None:
        async with api.lifespan():
            async with api.lifespan():
                await api.client.get("/airports/ZRH")
            client = api.client
            assert not client.is_closed
            assert demo.stats().connections_open == 1
        assert client.is_closed

    asyncio.run(main())
    assert _in_time(lambda: demo.stats().connections_open == 0)


@pytest.mark.parametrize("per_request", [True, False])
def test_a_mistake_is_told_at_once(*, per_request: bool) -> None:
    """Options that cannot work are refused where the dependency is made, not at a request."""
    with pytest.raises(nk.ConfigurationError, match="must begin with https://"):
        ClientDependency("api.example.com", per_request=per_request)
    with pytest.raises(nk.ConfigurationError, match="Did you mean 'timeout'"):
        ClientDependency("https://api.example.com", per_request=per_request, tiemout=3)


def test_repr_hides_credentials() -> None:
    """The repr says of which kind it is and for what, without the credentials of its URL."""
    api = ClientDependency("https://me:pw@api.example.com", per_request=True)
    assert repr(api) == "<ClientDependency: a client per request, for https://****@api.example.com>"


def test_nothing_of_the_web_framework_is_imported() -> None:
    """Neither the package nor this module imports FastAPI or Starlette."""
    code = (
        "import sys, notebook_kit, notebook_kit.integrations.fastapi;"
        "sys.exit(bool({'fastapi', 'starlette', 'pydantic', 'IPython'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
