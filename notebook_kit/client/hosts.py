"""Templates of whole addresses, whose host may vary from row to row within its domain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.template import PathTemplate, field_of
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import redact_url, scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AddressTemplate"]

_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<authority>[^/?#]*)(?P<path>.*)", re.IGNORECASE | re.DOTALL
)
_FIELD: Final = re.compile(r"\{[^{}]*\}")
#: One part of a host name between its dots (RFC 1123, section 2.1).
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PORT: Final = "[0-9]{1,5}"
_HELP: Final = (
    "write 'https://{region}.example.com/...' or 'http://host:{port}/...', or make one client per "
    "host"
)


class AddressTemplate:
    """A path template, or one of a whole address with placeholders in its host.

    A field of the host is one part of its name, letters, digits and hyphens, or the port. The end
    of the name, its domain, is written out, so that no row can lead a request, and the credentials
    that go with it, to somebody else. See `PathTemplate` for the rest.

    Raises:
        ConfigurationError: when a placeholder stands where it cannot.

    >>> template = AddressTemplate("https://{shop}.example.com/orders/{id}")
    >>> template.fill({"shop": "bern-1", "id": 7})
    'https://bern-1.example.com/orders/7'
    """

    __slots__ = ("_beginning", "_host", "_path", "_shape", "fields", "text")

    def __init__(self, text: str) -> None:
        given: object = text
        match = _ADDRESS.match(given) if isinstance(given, str) else None
        self.text = text
        #: Scheme and host; the scheme alone where the host varies; empty for a path.
        self._beginning = "" if match is None else match["scheme"] + match["authority"]
        self._host: PathTemplate | None = None
        if match is not None and _FIELD.search(match["authority"]):
            self._beginning = match["scheme"]
            self._shape = _shape(match["authority"], text)
            self._host = PathTemplate(match["authority"])
            text = match["path"]
        self._path = PathTemplate(text)
        host_fields = () if self._host is None else self._host.fields
        #: Names of the placeholders, each once, in order.
        self.fields: tuple[str, ...] = tuple(dict.fromkeys((*host_fields, *self._path.fields)))

    @property
    def varies_in_host(self) -> bool:
        """Whether rows may go to different servers."""
        return self._host is not None

    def check_columns(self, columns: Sequence[object]) -> None:
        """Check that every placeholder is a column.

        Raises:
            ConfigurationError: naming the first one that is not, and what is close to it.
        """
        if self._host is not None:
            self._host.check_columns(columns)
        self._path.check_columns(columns)

    def server(self, item: Any) -> str:
        """Return scheme and host for one item; empty where the template is a path.

        Raises:
            ConfigurationError: when a value is missing or is no part of a host name.
        """
        if self._host is None:
            return self._beginning
        if len(self.fields) > 1:
            for name in self._host.fields:
                # The one value that an item is itself can stand for one placeholder only.
                field_of(item, name)
        filled = self._host.fill(item)
        if not self._shape.fullmatch(filled):
            names = " and ".join(f"{{{name}}}" for name in self._host.fields)
            message = (
                f"{names} would make the host {scrub(filled)!r}: each is one part of its name, of "
                "letters, digits and hyphens, or the number of the port."
            )
            raise ConfigurationError(message)
        return self._beginning + filled

    def fill(self, item: Any) -> str:
        """Return the path or address for one item.

        Raises:
            ConfigurationError: when a value is missing or would ask for another resource.
        """
        if self._host is None:
            return self._path.fill(item)
        server = self.server(item)
        if len(self.fields) > 1:
            for name in self._path.fields:
                field_of(item, name)
        return server + self._path.fill(item)


def _shape(authority: str, text: str) -> re.Pattern[str]:
    """Return what a host that is made of the template looks like.

    Raises:
        ConfigurationError: when a placeholder could choose the domain, or the credentials.
    """
    name, colon, port = authority.rpartition(":")
    if not colon or ("}" in port and not _FIELD.fullmatch(port)):
        name, colon, port = authority, "", ""
    domain = name.rpartition(".")[2]
    wrong = None
    if "@" in authority:
        wrong = "a placeholder beside its user or password"
    elif any(":" in field for field in _FIELD.findall(authority)):
        wrong = "a format in its host, where there is none"
    elif _FIELD.search(domain):
        wrong = "a placeholder in its host that could make it anybody's"
    if wrong is not None:
        message = f"The path {redact_url(text)!r} has {wrong}: {_HELP}."
        raise ConfigurationError(message)
    shape = "".join(_literal(piece, _LABEL) for piece in re.split(r"(\{[^{}]*\})", name))
    return re.compile(shape + colon + (_literal(port, _PORT) if port else ""))


def _literal(piece: str, field: str) -> str:
    return f"(?:{field})" if _FIELD.fullmatch(piece) else re.escape(piece)
