"""Addresses of servers, which may hold a password: checked, kept, and never shown whole."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.redact import HIDDEN, Secret, is_secret_name, redact_url, shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self
    from urllib.parse import SplitResult

__all__ = ["Address", "remember"]

#: A password with a / in it ends where the server's name seems to; nothing of it may be shown.
_BEFORE_LAST_AT: Final = re.compile(r"(?<=://).*@", re.DOTALL)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """The address of a server; as a text it has no password and no token.

    Attributes:
        url: the whole of it, for the library that connects.

    >>> Address.checked("wss://me:hunter2hunter2@example.com/x", schemes=("ws", "wss"))
    wss://****@example.com/x
    """

    url: str

    @classmethod
    def checked(cls, url: object, *, schemes: tuple[str, ...]) -> Self:
        """Return an address that can be connected to.

        Args:
            url: a text, or a `Secret` where it holds a password.
            schemes: what it may begin with.

        Raises:
            ConfigurationError: when it is none, or a `Secret` was written into it.
        """
        with brief:
            text = url.reveal() if isinstance(url, Secret) else url
            example = f"{schemes[0]}://example.com"
            if not isinstance(text, str) or not text:
                message = f"url={shown(text)} is no address: write a text such as {example!r}."
                raise ConfigurationError(message)
            safe = redact_url(_BEFORE_LAST_AT.sub(f"{HIDDEN}@", text))
            if HIDDEN in unquote(text):
                message = (
                    f"url={safe!r} holds {HIDDEN!r}: a Secret was written into a text. Write "
                    "secret.reveal() there, and wrap the whole as nk.Secret(f'...')."
                )
                raise ConfigurationError(message)
            if (wrong := _wrong_with(text, schemes)) is not None:
                message = f"url={safe!r} {wrong}: write it as {example!r}."
                raise ConfigurationError(message)
            # A library or a server may say it without the address around it.
            remember(_credentials_in(text))
            return cls(text)

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted by its scheme, as ``wss`` and ``rediss`` say."""
        return urlsplit(self.url).scheme in ("wss", "rediss")

    def with_password(self, password: str | Secret | None) -> dict[str, str]:
        """Return a password that is given beside the address as an option of a library.

        Raises:
            ConfigurationError: when the address has one as well, or it is none.
        """
        if password is None:
            return {}
        if not isinstance(password, (str, Secret)):
            message = f"password= is a {type(password).__name__}: write a text or a nk.Secret."
            raise ConfigurationError(message)
        parts = urlsplit(self.url)
        if parts.password or "password" in dict(parse_qsl(parts.query)):
            message = f"{self!r} and password= both give a password: give it in one place."
            raise ConfigurationError(message)
        secret = password if isinstance(password, Secret) else Secret(password)
        return {"password": secret.reveal()}

    def __repr__(self) -> str:
        return redact_url(self.url)


def remember(credentials: Iterable[str]) -> None:
    """Have what was given as plain text be shown nowhere, as a `Secret` is not."""
    for credential in credentials:
        # What is none for sure, as an empty one, needs no hiding.
        with suppress(ConfigurationError):
            Secret(credential)


def _credentials_in(url: str) -> list[str]:
    parts = urlsplit(url)
    query = [value for name, value in parse_qsl(parts.query) if is_secret_name(name)]
    return [*query, unquote(parts.password or "")]


def _wrong_with(text: str, schemes: tuple[str, ...]) -> str | None:
    """Return what is wrong with an address, in words; None for nothing."""
    begins = " or ".join(f"{scheme}://" for scheme in schemes)
    if not text.lower().startswith(tuple(f"{scheme}://" for scheme in schemes)):
        return f"does not begin with {begins}"
    if any(map(str.isspace, text)) or not text.isprintable():
        return "has white space in it"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "cannot be read; in a password, / ? # and @ are written as %2F %3F %23 and %40"
    if (wrong := _wrong_at_in(parts)) is not None:
        return wrong
    if parts.scheme in schemes and not host and parts.scheme != "unix":
        return "names no server"
    return "has the port 0, and ports are numbers from 1 to 65,535" if port == 0 else None


def _wrong_at_in(parts: SplitResult) -> str | None:
    """Return what is wrong with an @ that stands where the library does not look for one."""
    behind = f"{parts.path}{parts.query}{parts.fragment}"
    if parts.scheme not in ("ws", "wss") and "@" in behind:
        return "has an @ in its path; in a password, / ? # and @ are written as %2F %3F %23 and %40"
    if parts.scheme in ("postgres", "postgresql") and parts.netloc.count("@") > 1:
        # The library takes the first one for the last, and would look up the rest as a host.
        return "has an @ in its password, which is written as %40 there"
    return None
