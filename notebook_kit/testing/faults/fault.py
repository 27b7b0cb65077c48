"""What a named fault is, and the short forms in which the catalogue writes answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown
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
        greeting: what it does with a connection before it has read anything. All new connections
            meet it, whatever the path, until another fault is arranged.
        certificate: the certificate of the server, for faults of TLS.
        address: gives the URL to ask instead of the server's own.
        speaks: the scheme of the URL to ask, where it is not the one that the server speaks.
        read_as: as what the answer is to be read for the fault to show.
        never_ends: whether only a limit of the client's own ends it.
        redirects: whether it shows only to a client that follows redirects.
        prepare: makes what takes a while, when the fault is arranged.

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
    prepare: Callable[[], object] | None = None

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

        That URL is another than the server's for faults such as ``"refused"`` and ``"no-tls"``. A
        fault with a greeting, such as ``"reset-when-connected"``, shows on every new connection of
        the server, whatever the path; arranging another fault puts an end to that.

        Raises:
            ConfigurationError: for what is no server or no path, and for a server with which the
                fault could not show: see `server`.
            RuntimeError: when the server is not running.

        >>> from notebook_kit.testing import FaultServer
        >>> from notebook_kit.testing.faults import fault
        >>> with FaultServer() as api:
        ...     fault("half-body").arrange(api, "/users/7") == api.url + "/users/7"
        True
        """
        self._check(server, path)
        url = server.url if self.address is None else self.address()
        if self.prepare is not None:
            self.prepare()
        if self.reaction is not None:
            server.when(path, self.reaction)
        server.arrange_connections(self.greeting)
        if self.speaks is not None:
            url = f"{self.speaks}://{url.partition('://')[2]}"
        return url + path

    def _check(self, server: Any, path: Any) -> None:
        from notebook_kit.testing.certificates import certificate_of  # noqa: PLC0415 - as above
        from notebook_kit.testing.reactions import checked_path  # noqa: PLC0415 - as above
        from notebook_kit.testing.server import FaultServer  # noqa: PLC0415 - as above

        me = f"fault({self.name!r})"
        if not isinstance(server, FaultServer):
            message = (
                f"{me}.arrange() has {shown(server)} where the server belongs: "
                f"write {me}.arrange(server, '/users/7') with a FaultServer."
            )
            raise ConfigurationError(message)
        checked_path(path, example=me + ".arrange(server, '{}')")
        context, needs = server.ssl_context, None
        speaks = "plain HTTP" if context is None else "TLS"
        if self.certificate is not None:
            kind = None if context is None else certificate_of(context)
            if context is None or kind not in (None, self.certificate):
                needs = f"that speaks TLS with the certificate {self.certificate!r}"
                speaks += "" if kind is None else f" with {kind!r}"
        elif self.speaks == "https" and context is not None:
            needs = "that speaks no TLS"
        if needs is not None:
            message = (
                f"{me} shows only on a server {needs}, and this one speaks {speaks}: "
                f"start it as `with {me}.server() as server:`."
            )
            raise ConfigurationError(message)


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
