"""The call of an endpoint: one request as a value, whose answer is what the endpoint says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from notebook_kit.client.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.call import Call
    from notebook_kit.client.response import Response

__all__ = ["EndpointCall"]

T_co = TypeVar("T_co", covariant=True)


class EndpointCall(Pending[T_co], Generic[T_co]):
    """What calling an endpoint gives: ``await`` it, or ask for its `result`, to send it.

    Each time it is awaited it is sent again.

    Attributes:
        method: the HTTP method.
        url: the URL that would be asked for, credentials hidden.

    >>> class Api(nk.Client):
    ...     @nk.endpoint("GET /airports/{iata}")
    ...     def airport(self, iata: str) -> dict: ...
    >>> with Api(server.url) as api:
    ...     api.airport("ZRH")["city"]
    'Zurich'
    """

    __slots__ = ("_call", "_convert", "method", "url")

    def __init__(self, call: Call, convert: Callable[[Response], Any]) -> None:
        self._call = call
        self._convert = convert
        self.method = call.method
        self.url = call.url
        call._trace.used = True  # noqa: SLF001 - this one warns in its place
        super().__init__(f"{call.method} {call.url}", call._send)  # noqa: SLF001 - sends for it

    @property
    def raw(self) -> Call:
        """The call of the same request that gives the `Response` itself.

        >>> class Api(nk.Client):
        ...     @nk.endpoint("GET /airports/{iata}")
        ...     def airport(self, iata: str) -> dict: ...
        >>> api = Api(server.url)
        >>> api.airport("ZRH").raw.result().status_code
        200
        >>> api.close().wait()
        """
        self._trace.used = True
        return self._call

    def _read(self, sent: Any) -> T_co:
        made: T_co = self._convert(sent)
        return made

    def __getattr__(self, name: str) -> Any:
        # What Python and IPython ask of any object is no field of an answer.
        if name.startswith("_"):
            message = f"A call has no attribute {name!r}."
            raise AttributeError(message)
        raise self._refuse(name)
