"""A client as a dependency of a FastAPI application: one for the application, or one per request.

::

    api = ClientDependency("https://api.example.com", rate="50/s")
    app = FastAPI(lifespan=api.lifespan)


    @app.get("/users/{id}")
    async def user(id: int, client: Annotated[nk.Client, Depends(api)]):
        return (await client.get(f"/users/{id}")).json()


    @app.get("/sync/users/{id}")
    def user_in_a_thread(id: int, client: Annotated[nk.Client, Depends(api)]):
        return client.sync.get(f"/users/{id}").json()

Nothing of FastAPI is imported here: a dependency is anything that can be called, and a lifespan is
what Starlette's applications take as well.
"""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from notebook_kit.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["ClientDependency"]


class ClientDependency:
    """Gives endpoints an `nk.Client`; use it as ``Depends(ClientDependency(...))``.

    The same works in ``async def`` and in plain ``def`` endpoints, at the same time: the client's
    connections live on a thread of the package's own, whatever loop or thread an endpoint runs in.

    Args:
        base_url: as `nk.Client` takes it.
        per_request: a client of its own for each request, closed when the request is done. It opens
            new connections and knows no shared rate: for requests that must not share cookies.
        **options: as `nk.Client` takes them.

    Raises:
        ConfigurationError: at once, for an option that cannot work.

    >>> api = ClientDependency(server.url)
    >>> api
    <ClientDependency: one client for the application, for http://127.0.0.1:...>
    >>> api.client.sync.get("/airports/ZRH").json()["city"]
    'Zurich'
    >>> closing = api.client.close()
    """

    def __init__(self, base_url: str = "", *, per_request: bool = False, **options: Any) -> None:
        self._per_request = per_request
        self._base_url = base_url
        self._options = options
        self._lock = threading.Lock()
        self._lifespans = 0
        # Made now, so that a mistake in the options ends the start and not the first request. It
        # has no connections before it is used.
        self._client = self._make()
        if per_request:
            self._client.close()

    def _make(self) -> Client:
        return Client(self._base_url, **self._options)

    @property
    def client(self) -> Client:
        """The client of the application; a new one where there is none that is open."""
        with self._lock:
            if self._client.is_closed:
                self._client = self._make()
            return self._client

    async def __call__(self) -> AsyncIterator[Client]:
        """Give a client to one request; FastAPI calls this."""
        if not self._per_request:
            yield self.client
            return
        async with self._make() as client:
            yield client

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """Close the client when the application ends: ``FastAPI(lifespan=api.lifespan)``.

        In a lifespan of your own write ``async with api.lifespan(app): yield``. Applications that
        share the dependency share the client, and the last to end closes it. Without a lifespan it
        is closed when it is collected, or at the interpreter's exit.
        """
        self._lifespans += 1
        try:
            yield
        finally:
            self._lifespans -= 1
            if not self._lifespans:
                await self._client.close()

    def __repr__(self) -> str:
        kind = "a client per request" if self._per_request else "one client for the application"
        return f"<ClientDependency: {kind}, for {self._client.base_url or 'any URL'}>"
