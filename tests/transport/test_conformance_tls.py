"""TLS: whom the transport talks to, and whom it refuses before a byte of the request is sent."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.testing import FaultServer, answer, never_answer
from tests.transport.helpers import elsewhere, send, turns

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from tests.transport.helpers import Make


def _server_of(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_a_trusted_server_is_talked_to(
    tls_server: FaultServer, client_context: ssl.SSLContext, make: Make
) -> None:
    """A certificate of a trusted authority for the right name is accepted, and reused."""
    tls_server.when("/", answer("x" * 100_000))

    async def main() -> None:
        async with make(verify=client_context) as transport:
            for host in ("127.0.0.1", "localhost", "127.0.0.1"):
                _, body = await send(transport, f"https://{host}:{tls_server.port}/")
                assert len(body) == 100_000
            assert tls_server.connections.opened == 2

    asyncio.run(main())


def test_an_unknown_authority_is_refused(tls_server: FaultServer, make: Make) -> None:
    """A certificate that nobody trusts is ConnectError, said in OpenSSL's words."""
    tls_server.when("/", answer("ok"))

    async def main() -> None:
        async with make(max_connections=1, trust_env=False) as transport:
            for _ in range(2):  # The second one finds the slot free.
                with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
                    await send(transport, tls_server.url)

    asyncio.run(main())
    assert tls_server.requests == ()


def test_a_wrong_name_is_refused(
    authority: trustme.CA, client_context: ssl.SSLContext, make: Make
) -> None:
    """A certificate for another host is ConnectError and names the mismatch."""

    async def main(server: FaultServer) -> None:
        async with make(verify=client_context) as transport:
            with pytest.raises(httpx.ConnectError, match="mismatch"):
                await send(transport, server.url)

    with FaultServer(ssl_context=_server_of(authority, "elsewhere.example")) as server:
        asyncio.run(main(server))
        assert server.requests == ()


def test_verification_can_be_switched_off(tls_server: FaultServer, make: Make) -> None:
    """With verify=False any certificate will do."""
    tls_server.when("/", answer("ok"))

    async def main() -> None:
        async with make(verify=False) as transport:
            _, body = await send(transport, tls_server.url)
            assert body == b"ok"

    asyncio.run(main())


def test_certificates_can_be_given_as_a_file(
    tls_server: FaultServer, authority: trustme.CA, make: Make, tmp_path: Path
) -> None:
    """verify= takes the path of a file of certificates."""
    tls_server.when("/", answer("ok"))
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)

    async def main() -> None:
        async with make(verify=path) as transport:
            _, body = await send(transport, tls_server.url)
            assert body == b"ok"

    asyncio.run(main())


def test_the_environment_may_name_certificates(
    tls_server: FaultServer,
    authority: trustme.CA,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SSL_CERT_FILE is honoured, unless the environment is not to be trusted."""
    tls_server.when("/", answer("ok"))
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    async def main() -> None:
        async with make() as transport:
            _, body = await send(transport, tls_server.url)
            assert body == b"ok"
        async with make(trust_env=False) as transport:
            with pytest.raises(httpx.ConnectError):
                await send(transport, tls_server.url)

    asyncio.run(main())


def test_the_client_may_show_a_certificate(
    authority: trustme.CA, make: Make, tmp_path: Path
) -> None:
    """A server that demands a certificate gets the one of cert=."""
    trusted, own = tmp_path / "authority.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(trusted)
    authority.issue_cert("me@client.example").private_key_and_cert_chain_pem.write_to_path(own)
    demanding = _server_of(authority, "127.0.0.1")
    demanding.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(demanding)

    async def main(server: FaultServer) -> None:
        async with make(verify=trusted, cert=own) as transport:
            _, body = await send(transport, server.url)
            assert body == b"ok"

    with FaultServer(ssl_context=demanding) as server:
        server.when("/", answer("ok"))
        asyncio.run(main(server))


def test_a_server_without_tls_is_an_error_of_connecting(server: FaultServer, make: Make) -> None:
    """Speaking TLS to a server that does not is ConnectError, not one of the request."""
    server.when_connected(1, answer("what?"))

    async def main() -> None:
        async with make(verify=False) as transport:
            with pytest.raises(httpx.ConnectError):
                await send(transport, server.url.replace("http://", "https://"))

    asyncio.run(main())


def test_cancelled_requests_end_their_tls_connections(
    tls_server: FaultServer, client_context: ssl.SSLContext, make: Make
) -> None:
    """With TLS, too, a server that never answers sees the connections of cancelled requests end."""
    tls_server.when("/", never_answer())

    async def main() -> None:
        async with make(verify=client_context) as transport:
            tasks = [asyncio.ensure_future(send(transport, tls_server.url)) for _ in range(5)]
            assert await elsewhere(tls_server.wait_requests, 5)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert await elsewhere(tls_server.connections.wait_ended, 5, 1.5)

    asyncio.run(main())


def test_cancelling_at_every_stage_of_a_handshake_leaks_nothing(
    tls_server: FaultServer, client_context: ssl.SSLContext, make: Make
) -> None:
    """Rounds of cancelling, each some steps of the loop later, leave no socket and lose no slot."""
    tls_server.when("/", never_answer())
    tls_server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(verify=client_context, max_connections=3) as transport:
            for steps in range(0, 50, 2):
                tasks = [asyncio.ensure_future(send(transport, tls_server.url)) for _ in range(4)]
                await turns(steps)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            tasks = [
                asyncio.ensure_future(send(transport, f"{tls_server.url}/ok")) for _ in range(3)
            ]
            assert [body for _, body in await asyncio.gather(*tasks)] == [b"ok"] * 3
            assert await elsewhere(tls_server.connections.wait_open, transport.connections.open)

    asyncio.run(main())


def test_one_server_name_per_connection(authority: trustme.CA, make: Make) -> None:
    """The extension sni_hostname says which name the server's certificate has to bear."""
    context = ssl.create_default_context()
    authority.configure_trust(context)

    async def main(server: FaultServer) -> None:
        async with make(verify=context) as transport:
            extensions = {"sni_hostname": "elsewhere.example"}
            _, body = await send(transport, server.url, extensions=extensions)
            assert body == b"ok"

    with FaultServer(ssl_context=_server_of(authority, "elsewhere.example")) as server:
        server.when("/", answer("ok"))
        asyncio.run(main(server))
