"""What a `FakeAPI` was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.errors import DecodeError
from notebook_kit.markup import visible
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FakeRequest"]


@dataclass(frozen=True, slots=True, repr=False)
class FakeRequest:
    """One request, as it came: with its credentials, which its repr leaves out.

    Attributes:
        method: the method.
        url: the whole URL, as it was sent.
        headers: the headers; names are found in whatever case.
        content: the body.
        fields: what stood in the place of each ``{name}`` of the path that answered it, decoded.
        at_s: when it came, in seconds of the loop's clock, or of a `ManualClock`.
    """

    method: str
    url: str
    headers: httpx.Headers
    content: bytes
    at_s: float = 0.0
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path, without the query, as it was sent.

        >>> FakeRequest("GET", "http://fake.test/a%20b?page=2", httpx.Headers(), b"").path
        '/a%20b'
        """
        return httpx.URL(self.url).raw_path.decode("ascii").partition("?")[0]

    @property
    def params(self) -> httpx.QueryParams:
        """The parameters of the query: a mapping of each name to its last value, as text.

        >>> FakeRequest("GET", "http://fake.test/?page=2", httpx.Headers(), b"").params["page"]
        '2'
        """
        return httpx.URL(self.url).params

    def json(self) -> Any:
        """Return what the body says, read as JSON.

        Raises:
            DecodeError: when it is none.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            message = f"The body of {self} is no JSON: {error}"
            raise DecodeError(message, call=str(self)) from None

    def __str__(self) -> str:
        return f"{self.method} {redact_url(self.url)}"

    def __repr__(self) -> str:
        return f"<FakeRequest {visible(str(self))}>"
