"""What makes requests: the client of httpx of this process, and the client's defaults."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from notebook_kit.client.address import as_asked, parameters, with_parameters
from notebook_kit.client.bound import Bound
from notebook_kit.client.checks import BOUND, checked_extensions, refuse_two_bodies
from notebook_kit.client.fast import Blank, Lane
from notebook_kit.client.guise import disguise
from notebook_kit.client.inner import can_trace
from notebook_kit.client.jar import is_empty
from notebook_kit.client.json_values import writable_json
from notebook_kit.client.transports.aiohttp_transport import load
from notebook_kit.client.written import refuse_in_json, refuse_in_other_bodies
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import scrub, text_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    import httpx

    from notebook_kit.client.defaults import Defaults

__all__ = ["Building"]


class Building:
    """Builds requests, and knows what sends them.

    Attributes:
        transport_name: ``"aiohttp"``, ``"httpx"`` or ``"custom"``.
    """

    def __init__(
        self, make_http: Callable[[], tuple[httpx.AsyncClient, str]], defaults: Defaults
    ) -> None:
        self._defaults = defaults
        self._make_http = make_http
        self._here, self.transport_name = make_http()
        self._pid = os.getpid()
        self._inherited: list[httpx.AsyncClient] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Task[None] | None = None
        self._is_ready = False
        self._lane: tuple[httpx.AsyncClient | None, Lane | None] = (None, None)
        self._blanks: dict[str, Blank | None] = {}

    @property
    def _http(self) -> httpx.AsyncClient:
        """The client of this process; in a forked child a new one, as connections are shared."""
        if self._pid != os.getpid():
            # Kept, because collecting it would close what the parent is using.
            self._inherited.append(self._here)
            self._here, _ = self._make_http()
            self._pid = os.getpid()
            self._loop = None
            self._ending = None
        return self._here

    @property
    def cookies(self) -> httpx.Cookies:
        """The jar that cookies are kept in."""
        return self._http.cookies

    @property
    def default_encoding(self) -> Any:
        """What text is read by where an answer does not say."""
        return self._http._default_encoding  # noqa: SLF001 - httpx keeps it for itself

    @property
    def has_auth(self) -> bool:
        """Whether ``auth=`` was given."""
        return self._defaults.auth is not None

    @property
    def follows_redirects(self) -> bool:
        """Whether a request that says nothing else goes where a redirect points."""
        return self._http.follow_redirects

    def auth_for(self, request: httpx.Request, sending: Mapping[str, Any]) -> Any:
        """Return the credentials that a request is sent with: what is said of sending, or these."""
        if "auth" in sending:
            return sending["auth"]
        bound = Bound.of(request)
        return self._defaults.auth if bound is not None and bound.at_home else None

    def binds_parameter(self, name: str) -> bool:
        """Tell whether a parameter of every request is for the home origin only."""
        here, elsewhere = (self._defaults.params(at_home=at_home) for at_home in (True, False))
        return name in here and name not in elsewhere

    @property
    def tells_sent(self) -> bool:
        """Whether the transport says when a request leaves; one of the user's own does not."""
        return self.transport_name != "custom"

    def make_ready(self) -> None:
        """Load what sending needs, so that a call that may go is sent at once."""
        if not self._is_ready:
            if self.transport_name == "aiohttp":
                load()
            self._is_ready = True

    def build(self, method: str, url: str, options: dict[str, Any]) -> httpx.Request:
        """Return the request that would be sent, without sending it.

        Raises:
            ConfigurationError: when it cannot be built from what was given.
        """
        try:
            if not options and (request := self._filled_in(method, url)) is not None:
                return request
            return self._built(method, url, dict(options))
        except ConfigurationError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {text_of(error)}"
            message = scrub(f"{method} {url} cannot be built: {said}")
            raise ConfigurationError(message) from error

    def _built(self, method: str, url: str, options: dict[str, Any]) -> httpx.Request:
        http, defaults = self._http, self._defaults
        at_home = defaults.is_home(url)
        names = set(options.pop(BOUND, ()))
        if "extensions" in options:
            traceable = self.transport_name != "aiohttp"
            checked_extensions(options["extensions"], traceable=traceable)
        own = parameters(options.pop("params", None))
        url = with_parameters(url, own, defaults.params(at_home=at_home))
        headers = defaults.headers_of(options.pop("headers", None), at_home=at_home)
        request = self._request(method, url, headers, options)
        request.url = as_asked(request.url)
        if "trace" in request.extensions:
            # Only now it is known where it goes, and mounts= may have put several things there.
            checked_extensions(request.extensions, traceable=can_trace(http, request.url))
        disguise(request)
        if at_home:
            names |= defaults.bound_names
        Bound(request, names, home=defaults.home_for(request.url), cookies=http.cookies)
        return request

    def _request(
        self, method: str, url: str, headers: Any, options: dict[str, Any]
    ) -> httpx.Request:
        refuse_two_bodies(options)
        refuse_in_other_bodies(options)
        try:
            request = self._http.build_request(method, url, headers=headers, **options)
        except (TypeError, ValueError):
            if options.get("json") is None:
                raise
            # Numpy's numbers are written; what cannot be is named.
            options["json"] = writable_json(options["json"])
            request = self._http.build_request(method, url, headers=headers, **options)
        if options.get("json") is not None:
            refuse_in_json(options["json"], request.content)
        return request

    def _filled_in(self, method: str, url: str) -> httpx.Request | None:
        if self.lane is None or not is_empty(self._http.cookies.jar):
            return None
        if method not in self._blanks:
            self._blanks[method] = Blank.of(lambda path: self._built(method, path, {}))
        blank = self._blanks[method]
        return None if blank is None else blank.request(url)

    @property
    def lane(self) -> Lane | None:
        """The short way, where httpx has nothing to do for every request."""
        http = self._http
        if self._lane[0] is not http:
            self._lane = (http, Lane.of(http) if self.transport_name == "aiohttp" else None)
        return self._lane[1]
