"""TLS: verification, client certificates and HTTP/2, with real handshakes."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from tests.client.httpx.alike import Alike, answers_of
from tests.transport.http2_double import Http2Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme

_GET = answers_of(lambda client: client.get("/x"))


@pytest.fixture
def secure(variant: str, tls_server: FaultServer) -> Alike:
    """What does the same with httpx and with the kit, at a server with TLS."""
    return Alike(variant, [tls_server])


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    """A file with the certificate of the authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_an_unknown_authority_is_refused(secure: Alike, tls_server: FaultServer) -> None:
    """Without more a certificate of nobody is an error, and no request leaves."""
    client = secure.kit()
    with pytest.raises(nk.ConnectionFailed, match="certificate"):
        client.get("/x").result()
    client.close()
    assert tls_server.requests == ()


def test_verify_false(secure: Alike) -> None:
    """verify=False trusts everybody."""
    assert secure(_GET, verify=False).answers[0].text == "secure"


def test_verify_of_a_context(secure: Alike, client_context: ssl.SSLContext) -> None:
    """verify= takes a context of ssl."""
    assert secure(_GET, verify=client_context).answers[0].text == "secure"


def test_verify_of_a_path(secure: Alike, bundle: Path) -> None:
    """verify= takes the path of a bundle as text, without the warning of httpx."""
    client = secure.kit(verify=str(bundle))
    assert client.get("/x").result().text == "secure"
    client.close()


def test_the_environments_bundle(
    secure: Alike, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE is trusted, unless trust_env=False says otherwise."""
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert secure(_GET).answers[0].text == "secure"
    client = secure.kit(trust_env=False)
    with pytest.raises(nk.ConnectionFailed):
        client.get("/x").result()
    client.close()


@pytest.mark.parametrize("verify", [5, None, [], "/nowhere/bundle.pem"])
def test_what_cannot_verify_is_refused(verify: Any) -> None:
    """A verify= that cannot work is an error when the client is made."""
    with pytest.raises(nk.ConfigurationError, match="verify="):
        nk.Client("https://host", verify=verify)


@pytest.fixture
def mutual(authority: trustme.CA) -> Iterator[FaultServer]:
    """A server that asks for a client certificate of the authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    # With TLS 1.3 a client learns only from the first read that its certificate was missed.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with FaultServer(ssl_context=context) as server:
        server.when("*", answer("known"))
        yield server


@pytest.fixture
def certificate(authority: trustme.CA, tmp_path: Path) -> tuple[str, str, str]:
    """The files of a client's certificate: certificate, key, both."""
    issued = authority.issue_cert("me@example.org")
    names = tuple(str(tmp_path / name) for name in ("me.pem", "me.key", "both.pem"))
    issued.cert_chain_pems[0].write_to_path(names[0])
    issued.private_key_pem.write_to_path(names[1])
    issued.private_key_and_cert_chain_pem.write_to_path(names[2])
    return names[0], names[1], names[2]


def test_a_client_certificate(
    variant: str, mutual: FaultServer, certificate: tuple[str, str, str], bundle: Path
) -> None:
    """cert= is shown to a server that asks for one: as one file, or as certificate and key."""
    chain, key, both = certificate
    alike = Alike(variant, [mutual])
    for cert in (both, (chain, key), (chain, key, None)):
        client = alike.kit(verify=str(bundle), cert=cert)
        assert client.get("/x").result().text == "known"
        client.close()
    client = alike.kit(verify=str(bundle))
    with pytest.raises((nk.ConnectionFailed, nk.ConnectionLost)):
        client.get("/x").result()
    client.close()


def test_a_certificate_in_a_context(
    variant: str, mutual: FaultServer, certificate: tuple[str, str, str], bundle: Path
) -> None:
    """A context with a certificate of its own does as well, as httpx advises."""

    def context() -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(bundle))
        made.load_cert_chain(certificate[2])
        return made

    assert Alike(variant, [mutual])(_GET, verify=context()).answers[0].text == "known"
    with pytest.raises(nk.ConfigurationError, match=r"load_cert_chain"):
        nk.Client("https://host", verify=context(), cert=certificate[2])


@pytest.mark.parametrize("cert", ["/nowhere/me.pem", ("a", "b", "c", "d"), ("/nowhere/me.pem",)])
def test_what_is_no_certificate_is_refused(cert: Any) -> None:
    """A certificate that cannot be read is an error when the client is made."""
    with pytest.raises(nk.ConfigurationError, match="cert="):
        nk.Client("https://host", cert=cert)


@pytest.fixture
def http2(authority: trustme.CA) -> Iterator[Http2Server]:
    """A server that speaks HTTP/2 where it is offered."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    with Http2Server(context) as server:
        yield server


def test_http2(http2: Http2Server, client_context: ssl.SSLContext) -> None:
    """http2=True speaks HTTP/2, as httpx does: many requests share one connection."""

    async def plainly() -> httpx.Response:
        async with httpx.AsyncClient(verify=client_context, http2=True) as client:
            return await client.get(http2.url + "/0")

    expected = asyncio.run(plainly())

    async def with_the_kit() -> list[nk.Response]:
        async with nk.Client(http2.url, verify=client_context, http2=True) as client:
            await client.get("/0")
            return await asyncio.gather(*(client.get("/slow/0.05") for _ in range(10)))

    answers = asyncio.run(with_the_kit())
    assert {it.http_version for it in answers} == {expected.http_version} == {"HTTP/2"}
    assert answers[0].text == "/slow/0.05"
    assert http2.opened == 2


def test_http2_where_there_is_none(tls_server: FaultServer, client_context: ssl.SSLContext) -> None:
    """A server that knows HTTP/1.1 only is spoken to in it."""
    with nk.Client(tls_server.url, verify=client_context, http2=True) as api:
        assert api.get("/x").http_version == "HTTP/1.1"


def test_http1_cannot_be_switched_off() -> None:
    """A difference to httpx: http1=False is refused with the transport to give instead."""
    with pytest.raises(nk.ConfigurationError, match=r"transport=httpx\.AsyncHTTPTransport"):
        nk.Client("https://host", http1=False, http2=True)


@pytest.mark.parametrize("options", [{"http2": "yes"}, {"http1": 1}, {"trust_env": None}])
def test_switches_are_true_or_false(options: dict[str, Any]) -> None:
    """What is neither True nor False is refused."""
    with pytest.raises(nk.ConfigurationError, match="must be True or False"):
        nk.Client("https://host", **options)
