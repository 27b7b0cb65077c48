"""What a named fault is, and the short forms in which the catalogue writes answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from notebook_kit.testing.steps import Behaviour, HangUp, Send

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.testing.certificates import Certificate
    from notebook_kit.testing.server import FaultServer
    from notebook_kit.testing.steps import Reaction, Step

__all__ = ["Fault", "Headers", "chunked", "head", "raw", "sized"]

Headers: TypeAlias = "Sequence[tuple[str, bytes | str]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a server or a network misbehaves.

    Attributes:
        name: how it is asked for.
        says: what happens, in one sentence.
        group: which part of an exchange it concerns.
        reaction: what a `FaultServer` does with a request; None where none gets so far.
        greeting: what it does with a connection before it has read anything.
        certificate: the certificate of the server, for faults of TLS.
        address: gives the URL to ask instead of the server's own.
        speaks: the scheme of the URL to ask, where it is not the one that the server speaks.
        read_as: as what the answer is to be read for the fault to show.
        never_ends: whether only a limit of the client's own ends it.
        redirects: whether it shows only to a client that follows redirects.

    >>> Fault(name="silent", says="Nothing comes.", group="time").never_ends
    False
    """

    name: str
    says: str
    group: str
    reaction: Reaction | None = None
    greeting: Behaviour | None = None
    certificate: Certificate | None = None
    address: Callable[[], str] | None = None
    speaks: Literal["https"] | None = None
    read_as: Literal["bytes", "text", "json"] = "bytes"
    never_ends: bool = False
    redirects: bool = False

    def server(self) -> FaultServer:
        """Return a server, not yet started, that fits this fault: with TLS where it needs that.

        Raises:
            ModuleNotFoundError: when certificates are needed and trustme is not installed.
        """
        from notebook_kit.testing.server import FaultServer  # noqa: PLC0415 - a fault is data

        if self.certificate is None:
            return FaultServer()
        from notebook_kit.testing.certificates import server_context  # noqa: PLC0415 - as above

        return FaultServer(ssl_context=server_context(self.certificate))

    def arrange(self, server: FaultServer, path: str = "/") -> str:
        """Have a running server show this fault at a path; return the URL to ask for.

        >>> from notebook_kit.testing import FaultServer
        >>> from notebook_kit.testing.faults import fault
        >>> with FaultServer() as api:
        ...     fault("half-body").arrange(api, "/users/7") == api.url + "/users/7"
        True
        """
        if self.reaction is not None:
            server.when(path, self.reaction)
        if self.greeting is not None:
            server.when_connected(None, self.greeting)
        url = server.url if self.address is None else self.address()
        if self.speaks is not None:
            url = f"{self.speaks}://{url.partition('://')[2]}"
        return url + path


def raw(data: bytes, *more: Step) -> Behaviour:
    """Return the behaviour that writes these bytes, then takes more steps, or closes."""
    return Behaviour([Send(data), *(more or (HangUp(),))])


def head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    r"""Return the head of an answer, with these header lines.

    >>> head(b"Content-Length: 0")
    b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    """
    return b"\r\n".join([status, *lines, b"", b""])


def sized(body: bytes, *lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> Behaviour:
    """Return a correct answer, its length told; the connection stays."""
    length = b"Content-Length: %d" % len(body)
    return Behaviour([Send(head(length, *lines, status=status)), Send(body, is_body=True)])


def chunked(after: bytes, *more: Step) -> Behaviour:
    """Return an answer in chunks of which these are the bytes behind its head; then it closes."""
    return raw(head(b"Transfer-Encoding: chunked") + after, *more)
