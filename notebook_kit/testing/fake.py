"""A fake API for tests of code that uses a client: scripted answers, and nothing is sent.

It takes the place of a client's connections only. So rates, retries, time limits, caches, streams
and errors are the real ones, and the code under test sees no difference.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Self, Unpack

import httpx

from notebook_kit.checks import refuse_unknown
from notebook_kit.testing.fake_requests import FakeRequest
from notebook_kit.testing.fake_routes import FakeRoute, LikeKeywords, check_texts, checked_base
from notebook_kit.testing.fake_words import UnexpectedRequest, unexpected

if TYPE_CHECKING:
    from types import TracebackType

    from notebook_kit.testing.fake_answers import FakeAnswer, FakeFailure

__all__ = ["FakeAPI"]


class FakeAPI(httpx.AsyncBaseTransport):
    """Answers as its script says; give it to a client as ``transport=``.

    A request that is not scripted fails with `UnexpectedRequest`, and so does the end of the block,
    because the first may have been caught, or be the error of a row. Where several scripts fit a
    request, the newest of them is for it. For any number of clients, from any thread.

    Args:
        url: where it is, for the client's ``base_url``; no such host need exist.

    Attributes:
        url: the same.

    Raises:
        ConfigurationError: for a url that is not whole.

    >>> with nk.testing.FakeAPI() as fake, nk.Client(fake.url, transport=fake, retry=0) as api:
    ...     script = fake.get("/users/{id}").answers({"name": "Ada"})
    ...     api.get("/users/7").json()
    {'name': 'Ada'}
    >>> fake.requests
    (<FakeRequest GET http://fake.test/users/7>,)
    """

    def __init__(self, url: str = "http://fake.test") -> None:
        self.url = checked_base(url)
        self._routes: list[FakeRoute] = []
        self._requests: list[FakeRequest] = []
        self._unexpected: list[UnexpectedRequest] = []
        self._under_way = 0
        self._peak = 0

    def on(self, method: str, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect requests, and return what they are to be given: 200 with no body if not said.

        Args:
            method: the method.
            path: a path below ``url``, in which ``{name}`` is any one segment and ``{name:path}``
                any path; or a whole URL, for where a redirect leads.
            params: parameters that the request must have, beside any others.
            headers: headers that it must have, beside any others.
            json: what its body must say.

        Raises:
            ConfigurationError: for a path that cannot be read, or an option that is none.
        """
        check_texts(method=method, path=path)
        refuse_unknown(like, ("params", "headers", "json"), of="a script of FakeAPI")
        whole = path if "://" in path or not path.startswith("/") else self.url.rstrip("/") + path
        route = FakeRoute(method, whole, written=path, **like)
        self._routes.append(route)
        return route

    def get(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect GET; the arguments are those of `on`."""
        return self.on("GET", path, **like)

    def post(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect POST; the arguments are those of `on`."""
        return self.on("POST", path, **like)

    def put(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect PUT; the arguments are those of `on`."""
        return self.on("PUT", path, **like)

    def patch(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect PATCH; the arguments are those of `on`."""
        return self.on("PATCH", path, **like)

    def delete(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect DELETE; the arguments are those of `on`."""
        return self.on("DELETE", path, **like)

    def head(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect HEAD; the arguments are those of `on`."""
        return self.on("HEAD", path, **like)

    def options(self, path: str, **like: Unpack[LikeKeywords]) -> FakeRoute:
        """Expect OPTIONS; the arguments are those of `on`."""
        return self.on("OPTIONS", path, **like)

    @property
    def requests(self) -> tuple[FakeRequest, ...]:
        """What it was asked so far, each attempt and each redirect for itself, oldest first."""
        return tuple(self._requests)

    @property
    def peak(self) -> int:
        """How many requests waited for their answers at one time, at most."""
        return self._peak

    def check(self, *, all_asked: bool = False) -> None:
        """Say what was not as expected; the end of the block does so too.

        Args:
            all_asked: whether each script must have been asked for.

        Raises:
            UnexpectedRequest: when something was asked that is not scripted.
            AssertionError: when something was scripted and not asked.
        """
        if self._unexpected:
            first, number = self._unexpected[0], len(self._unexpected)
            more = f" ({number - 1:,} more were not expected either.)" if number > 1 else ""
            raise UnexpectedRequest(f"{first}{more}", call=first.call)
        left = [str(route) for route in self._routes if not route.requests]
        if all_asked and left:
            message = f"scripted, and never asked: {', '.join(left)}."
            raise AssertionError(message)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request as scripted; this is what a client calls.

        Raises:
            UnexpectedRequest: when there is no script for it.
            httpx.TransportError: when it is scripted to fail.
        """
        asked = await _taken_down(request)
        given = self._given(asked)
        self._under_way += 1
        self._peak = max(self._peak, self._under_way)
        try:
            return await given.perform(request)
        finally:
            self._under_way -= 1

    def _given(self, asked: FakeRequest) -> FakeAnswer | FakeFailure:
        route = next((it for it in reversed(self._routes) if it.fits(asked)), None)
        if route is None:
            self._requests.append(asked)
            error = unexpected(asked, self._routes, base=self.url)
            # The one that is raised takes on a traceback, with all that it holds.
            self._unexpected.append(UnexpectedRequest(str(error), call=error.call))
            raise error
        asked = replace(asked, fields=route.fields_of(asked))
        self._requests.append(asked)
        return route.next(asked)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.check()

    def __repr__(self) -> str:
        number = len(self._requests)
        asked = f"{number:,} request{'' if number == 1 else 's'}"
        return f"<FakeAPI {self.url}: {len(self._routes):,} scripted, {asked}>"


async def _taken_down(request: httpx.Request) -> FakeRequest:
    content = await request.aread()
    # By `raw`: what is shown of a client's headers has no credentials.
    headers = httpx.Headers(request.headers.raw)
    now = asyncio.get_running_loop().time()
    return FakeRequest(request.method, str(request.url), headers, content, now)
