"""TLS contexts: what they trust and what they say when they cannot be made."""

from __future__ import annotations

import ssl
import sys
from typing import TYPE_CHECKING

import pytest

from notebook_kit.client.transports import tls
from notebook_kit.client.transports.tls import make_context
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    import trustme


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No certificates named by the environment of the test run."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def test_the_system_is_trusted_unless_told_otherwise() -> None:
    """The default verifies names and certificates, and is made once for all."""
    context = make_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert make_context() is context
    assert make_context(http2=True) is not context


def test_nobody_is_asked_with_verify_off() -> None:
    """verify=False checks neither certificate nor name."""
    context = make_context(verify=False)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def _built_to_use(monkeypatch: pytest.MonkeyPatch, file: Path, folder: Path) -> None:
    paths = ssl.DefaultVerifyPaths(None, None, "", str(file), "", str(folder))  # type: ignore[arg-type]
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)


def test_where_openssl_knows_no_folder_truststore_looks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where OpenSSL's own places are empty, truststore's list of places is used."""
    import truststore

    _built_to_use(monkeypatch, tmp_path / "no-file", tmp_path / "no-folder")
    assert isinstance(tls._system_context(), truststore.SSLContext)


def test_openssl_places_count_when_they_hold_something(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file counts when it is there, a folder when it has certificates under hashed names."""
    file, folder = tmp_path / "cert.pem", tmp_path / "certs"
    folder.mkdir()
    _built_to_use(monkeypatch, file, folder)
    assert tls._openssl_places() == (None, None)
    (folder / "0a1b2c3d.0").touch()
    assert tls._openssl_places() == (None, str(folder))
    file.touch()
    assert tls._openssl_places() == (str(file), str(folder))


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the system verifies there")
def test_openssl_does_not_ask_the_environment_behind_our_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA
) -> None:
    """Without trust_env a file that SSL_CERT_FILE names is not trusted, though OpenSSL would."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    loaded = ssl.create_default_context(cafile=path).get_ca_certs()[0]
    assert loaded not in tls._system_context().get_ca_certs()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_names_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, variable: str
) -> None:
    """Both variables are honoured, and neither when the environment is not to be trusted."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv(variable, str(path if variable.endswith("FILE") else tmp_path))
    assert make_context() is not make_context(trust_env=False)
    monkeypatch.setenv(variable, str(tmp_path / "nothing"))
    with pytest.raises(ConfigurationError, match=f"{variable}.*not there"):
        make_context()
    make_context(trust_env=False)


def test_a_path_that_holds_no_certificates(tmp_path: Path) -> None:
    """A file of something else is refused, and a folder is taken on trust, as OpenSSL does."""
    path = tmp_path / "notes.txt"
    path.write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"verify=.*notes\.txt.*no certificates"):
        make_context(path)
    make_context(tmp_path)


def test_what_verify_may_be() -> None:
    """Anything but a bool, a path or a context is refused with the choices."""
    with pytest.raises(ConfigurationError, match=r"True, False, a path or an ssl\.SSLContext"):
        make_context(3.5)  # type: ignore[arg-type]


def test_a_context_is_taken_as_it_is() -> None:
    """A ready context stays the caller's; a certificate is to be loaded into it by the caller."""
    context = ssl.create_default_context()
    assert make_context(context) is context
    with pytest.raises(ConfigurationError, match="load_cert_chain"):
        make_context(context, cert="client.pem")


def test_a_certificate_of_the_clients_own(tmp_path: Path, authority: trustme.CA) -> None:
    """cert= takes one file or a pair, and such a context is not shared with anybody."""
    issued = authority.issue_cert("me@client.example")
    both, chain, key = tmp_path / "both.pem", tmp_path / "chain.pem", tmp_path / "key.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(both)
    issued.private_key_pem.write_to_path(key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    first = make_context(cert=both)
    assert first is not make_context(cert=both)
    assert first is not make_context()
    make_context(cert=(chain, key))
    make_context(cert=(str(chain), str(key), None))


@pytest.mark.parametrize("cert", ["missing.pem", ("a", "b", "c", "d"), ()])
def test_a_certificate_that_cannot_be_used(cert: str | tuple[str, ...]) -> None:
    """A missing file, or the wrong number of parts, is refused and says what cert= may be."""
    with pytest.raises(ConfigurationError, match="cert="):
        make_context(cert=cert)


def test_an_encrypted_key_without_a_password_does_not_ask(tmp_path: Path) -> None:
    """A key that needs a password is refused instead of OpenSSL asking on the terminal."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"topsecret"),
    )
    path = tmp_path / "key.pem"
    path.write_bytes(key)
    with pytest.raises(ConfigurationError, match=r"key\.pem"):
        make_context(cert=path)
