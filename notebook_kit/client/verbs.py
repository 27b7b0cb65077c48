"""The verbs of HTTP, for both faces of a client."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar, Unpack

from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from notebook_kit.client.keywords import RequestKeywords

__all__ = ["Verbs"]

T_co = TypeVar("T_co", covariant=True)


class Verbs(ABC, Generic[T_co]):
    """A method for each verb; each gives what `request` does: a call, or its answer."""

    __slots__ = ()

    @abstractmethod
    def request(self, method: str, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """Send a request with any method, or return the call that does."""

    def get(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """GET; see `request`."""
        with brief:
            return self.request("GET", url, **options)

    def head(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """HEAD; see `request`."""
        with brief:
            return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """OPTIONS; see `request`."""
        with brief:
            return self.request("OPTIONS", url, **options)

    def post(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """POST; see `request`."""
        with brief:
            return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """PUT; see `request`."""
        with brief:
            return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """PATCH; see `request`."""
        with brief:
            return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[RequestKeywords]) -> T_co:
        """DELETE; see `request`."""
        with brief:
            return self.request("DELETE", url, **options)
