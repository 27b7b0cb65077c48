"""Endpoints of a client: called, they give calls; mapped, runs."""

from __future__ import annotations

import warnings
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    ParamSpec,
    TypeVar,
    Unpack,
    cast,
)

from notebook_kit.checks import refuse_unknown
from notebook_kit.client.keywords import RequestKeywords
from notebook_kit.client.resources.address import url_of
from notebook_kit.client.resources.calls import EndpointCall
from notebook_kit.client.resources.declaration import declaration_of
from notebook_kit.client.resources.needs import check_credentials
from notebook_kit.client.resources.owners import client_of, needs_of, place_of
from notebook_kit.client.resources.page import Page
from notebook_kit.client.resources.paged_call import Course, PagedCall
from notebook_kit.client.resources.trail import Trail
from notebook_kit.client.resources.work import start_endpoint_map
from notebook_kit.errors.brevity import brief
from notebook_kit.lifetime import caller_origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_kit.client.call import Call
    from notebook_kit.client.client import Client
    from notebook_kit.client.resources.compiled import Compiled
    from notebook_kit.client.resources.keywords import EndpointMapKeywords
    from notebook_kit.client.resources.requests import Asked
    from notebook_kit.client.resources.spec import EndpointSpec, Needs
    from notebook_kit.execution import Run

__all__ = ["Endpoint", "PagedEndpoint"]

P = ParamSpec("P")
T = TypeVar("T")

#: Options of a request that the parameters of an endpoint say.
_SAID_BY_PARAMETERS = frozenset({"json", "data", "content", "files"})
SENDING = frozenset(RequestKeywords.__annotations__) - _SAID_BY_PARAMETERS
#: What of them may go to another server than credentials were given for.
_ANYWHERE = SENDING - {"params", "headers", "cookies", "auth", "idempotency_key"}


class Endpoint(Generic[P, T]):
    """An endpoint of a client: call it to get a call, which is sent when it is awaited.

    Attributes:
        spec: what it was declared as.
    """

    def __init__(
        self,
        compiled: Compiled,
        owner: Any,
        sending: Mapping[str, Any] | None = None,
    ) -> None:
        self._compiled = compiled
        self._owner = owner
        self._client: Client = client_of(owner)
        self._sending = dict(sending or {})
        self.spec: EndpointSpec = compiled.spec
        self._place = place_of(owner, compiled.spec.name)
        self.__name__ = compiled.spec.name
        self.__qualname__ = compiled.title
        self.__doc__ = compiled.doc
        self.__signature__ = compiled.signature

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> EndpointCall[T]:
        """Return the call, which is sent when it is awaited or asked for its result.

        Raises:
            TypeError: when the arguments do not fit.
            ClosedError: when the client is closed.
            ConfigurationError: for a value that cannot be sent.
            MissingCredential: when a credential that it needs is not there.
        """
        with brief:
            self._client._refuse_outer(f"{self._place}(...)")  # noqa: SLF001 - its other half
            return self._made(args, kwargs)

    def _made(self, args: Sequence[Any], keywords: Mapping[str, Any]) -> EndpointCall[T]:
        compiled, client = self._compiled, self._client
        compiled.ready()
        asked = compiled.write(compiled.arguments(args, keywords))
        client._refuse_if_closed()  # noqa: SLF001 - its other half
        check_credentials(client._core, asked, self.needs, self._sending)  # noqa: SLF001
        if self.spec.deprecated:
            _warn_of(self.__qualname__)
        call = self._call_of(asked, True)  # noqa: FBT003 - as `Course.call` is called
        if self.spec.paging is None:
            return EndpointCall(call, compiled.read)
        return PagedCall(call, self._course(), asked, Trail())  # type: ignore[return-value]  # T is Page[...] then

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what its answers depend on, for the fingerprint of a function that uses it."""
        return {**declaration_of(self.spec), "client": self._client}

    @property
    def needs(self) -> Needs:
        """The credentials that must be there: the client's, the resource's and its own."""
        return () if self.spec.needs is None else (*needs_of(self._owner), *self.spec.needs)

    def _course(self) -> Course:
        paging = self.spec.paging
        assert paging is not None  # noqa: S101 - tells the type checker what was asked before
        has_home = bool(self._client.base_url)
        convert, kind = self._compiled.convert_items, self.spec.answer
        params = self._sending.get("params")
        return Course(paging, convert, kind, self._call_of, has_home, params)

    def _call_of(self, asked: Asked, is_home: bool) -> Call:  # noqa: FBT001 - as `Course.call`
        sending = self._sending
        if not is_home:
            sending = {name: value for name, value in sending.items() if name in _ANYWHERE}
        # It is filled in already: what looks like a placeholder is none.
        url = asked.address(sending.get("params")).replace("{", "{{").replace("}", "}}")
        return self._client._call(asked.method, url, asked.options(sending))  # noqa: SLF001

    def url(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Return the URL that a call would ask for, and send nothing.

        Credentials that the client puts into each URL are left out, because a URL is shown; a
        `Secret` among the arguments is ``****`` there. Give ``secret.reveal()`` to have it written.

        Raises:
            TypeError: when the arguments do not fit.
            ConfigurationError: for a value that cannot be sent.

        >>> class Api(nk.Client):
        ...     @nk.endpoint("GET /image/{prompt}")
        ...     def image(self, prompt: str, width: int = 64) -> bytes: ...
        >>> api = Api("https://api.example.com")
        >>> api.image.url("a sunset")
        'https://api.example.com/image/a%20sunset?width=64'
        >>> api.close().wait()
        """
        asked = self._compiled.write(self._compiled.arguments(args, kwargs))
        return url_of(self._client._core, asked, self._sending)  # noqa: SLF001 - its other half

    def with_options(self, **options: Unpack[RequestKeywords]) -> Endpoint[P, T]:
        """Return the same endpoint with options for its requests: ``timeout``, ``headers``, ...

        Raises:
            ConfigurationError: for an option that does not exist, or that its parameters say.

        >>> class Api(nk.Client):
        ...     @nk.endpoint("GET /airports/{iata}")
        ...     def airport(self, iata: str) -> dict: ...
        >>> with Api(server.url) as api:
        ...     api.airport.with_options(timeout="5 s")("ZRH")["city"]
        'Zurich'
        """
        refuse_unknown(options, SENDING, of=f"{self.__qualname__}.with_options")
        return type(self)(self._compiled, self._owner, {**self._sending, **options})

    def map(self, items: Any, **options: Unpack[EndpointMapKeywords]) -> Run:
        """Call it for every item and return the run, which has started already.

        Rows of a DataFrame, and dictionaries, give parameters by their names; any other item is the
        first parameter. The column ``result`` holds what the endpoint gives.

        Args:
            items: a DataFrame, Series, list, dict, generator or async generator.
            **options: of the run, as those of `notebook_kit.map`; ``cache``, ``fresh`` and
                ``fallback`` as for `Client.map`. Those of requests are given to `with_options`.

        Raises:
            ClosedError: when the client is closed.
            ConfigurationError: before anything is sent, for what cannot work.
            MissingCredential: before anything is sent.

        >>> class Api(nk.Client):
        ...     @nk.endpoint("GET /airports/{iata}")
        ...     def airport(self, iata: str) -> dict: ...
        >>> api = Api(server.url)
        >>> frame = api.airport.map(["ZRH", "GVA"], progress=False).result()
        >>> frame["result"].str["city"].tolist()
        ['Zurich', 'Geneva']
        >>> api.close().wait()
        """
        with brief:
            self._client._refuse_outer(f"{self._place}.map(...)")  # noqa: SLF001 - its other half
            return self._mapped(items, options)

    def _mapped(self, items: Any, options: Mapping[str, Any]) -> Run:
        self._client._refuse_if_closed()  # noqa: SLF001 - its other half
        return start_endpoint_map(self, items, options)

    def __repr__(self) -> str:
        route = f"{self.spec.method} {self.spec.path}"
        return f"<endpoint {self.__qualname__}{self.__signature__}: {route}>"


class PagedEndpoint(Endpoint[P, Page[T]], Generic[P, T]):
    """An endpoint whose list comes in pages."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> PagedCall[T]:
        """Return the call for the first page; see `Endpoint`."""
        return cast("PagedCall[T]", super().__call__(*args, **kwargs))

    def with_options(self, **options: Unpack[RequestKeywords]) -> PagedEndpoint[P, T]:
        """Return the same endpoint with options for its requests; see `Endpoint.with_options`."""
        return cast("PagedEndpoint[P, T]", super().with_options(**options))


def _warn_of(title: str) -> None:
    origin = caller_origin()
    message = f"{title} is deprecated: its API says that it will go away."
    warnings.warn_explicit(message, DeprecationWarning, origin.filename, origin.lineno)
