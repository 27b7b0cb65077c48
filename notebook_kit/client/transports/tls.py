"""Which certificates are trusted: one place that makes TLS contexts for all transports."""

from __future__ import annotations

import functools
import os
import re
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Certificate", "Verify", "make_context"]

Verify: TypeAlias = "ssl.SSLContext | bool | str | os.PathLike[str]"
Certificate: TypeAlias = "str | os.PathLike[str] | Sequence[str | os.PathLike[str] | None]"

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")


def make_context(
    verify: Verify = True,  # noqa: FBT002 - httpx's name, and its first argument too
    cert: Certificate | None = None,
    *,
    trust_env: bool = True,
    http2: bool = False,
) -> ssl.SSLContext:
    """Return a client-side TLS context.

    Args:
        verify: True trusts what the system trusts (or, with `trust_env`, what SSL_CERT_FILE or
            SSL_CERT_DIR name); False trusts everybody; a path names a file or folder of
            certificates; a context is taken as it is, but for the protocols that it offers.
        cert: the client's own certificate: a file, or file, key file and password.
        trust_env: whether the environment is asked.
        http2: whether HTTP/2 is offered beside HTTP/1.1.

    Raises:
        ConfigurationError: when a file is not there or cannot be read as certificates.
    """
    context = _trusting(verify, cert, trust_env=trust_env, http2=http2)
    _load_certificate(context, cert)
    # Servers that are offered more than the transport speaks would choose it.
    context.set_alpn_protocols(["http/1.1", "h2"] if http2 else ["http/1.1"])
    return context


def _trusting(
    verify: Verify, cert: Certificate | None, *, trust_env: bool, http2: bool
) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        if cert is not None:
            message = (
                "cert= cannot be combined with a ready TLS context: "
                "call context.load_cert_chain(...) on it instead."
            )
            raise ConfigurationError(message)
        return verify
    if isinstance(verify, bool):
        environment = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        named = environment if trust_env else (None, None)
        # Loading the certificates of a system takes some 20 ms; most clients can share them.
        make = _from_options if cert is None else _from_options.__wrapped__
        return make(verify, *named, http2)
    if isinstance(verify, (str, os.PathLike)):
        return _from_path(os.fspath(verify), source="verify=")
    message = f"verify= is {verify!r}; give True, False, a path or an ssl.SSLContext."
    raise ConfigurationError(message)


@functools.lru_cache(maxsize=8)
def _from_options(
    verify: bool,  # noqa: FBT001 - a key of the cache
    cert_file: str | None,
    cert_dir: str | None,
    http2: bool,  # noqa: ARG001, FBT001 - a key of the cache: contexts differ by what they offer
) -> ssl.SSLContext:
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if cert_file:
        return _from_path(cert_file, source="SSL_CERT_FILE")
    if cert_dir:
        return _from_path(cert_dir, source="SSL_CERT_DIR")
    return _system_context()


def _system_context() -> ssl.SSLContext:
    """Return a context that trusts what the system trusts.

    truststore asks the system's own verifier on Windows and macOS. Elsewhere there is none beyond
    OpenSSL's folders, which truststore reads anew for each connection, on the loop's time (18 ms);
    there the same certificates are read once.
    """
    if sys.platform not in {"win32", "darwin"}:
        file, folder = _openssl_places()
        if file or folder:
            return ssl.create_default_context(cafile=file, capath=folder)
    import truststore  # noqa: PLC0415 - needed only here

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _openssl_places() -> tuple[str | None, str | None]:
    """Return the file and the folder of certificates that OpenSSL was built to use.

    OpenSSL's own loading would let SSL_CERT_FILE and SSL_CERT_DIR override them unasked.
    """
    paths = ssl.get_default_verify_paths()
    file, folder = Path(paths.openssl_cafile), Path(paths.openssl_capath)
    has_hashed = folder.is_dir() and any(_HASHED_NAME.match(it.name) for it in folder.iterdir())
    return str(file) if file.is_file() else None, str(folder) if has_hashed else None


def _from_path(path: str, *, source: str) -> ssl.SSLContext:
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        raise ConfigurationError(f"{source} names {path!r}, which is not there.") from None
    except (OSError, ValueError) as error:
        message = f"{source} names {path!r}, which holds no certificates (PEM): {error}"
        raise ConfigurationError(message) from None


def _load_certificate(context: ssl.SSLContext, cert: Certificate | None) -> None:
    if cert is None:
        return
    parts = [cert] if isinstance(cert, (str, os.PathLike)) else list(cert)
    if not 1 <= len(parts) <= 3:  # noqa: PLR2004 - file, key file, password
        message = "cert= is a path, or (certificate file, key file), or with a password as third."
        raise ConfigurationError(message)
    certificate, key, password = [*parts, None, None][:3]
    try:
        context.load_cert_chain(
            os.fspath(certificate or ""),
            None if key is None else os.fspath(key),
            # Without a password OpenSSL would ask for one on the terminal, and wait.
            "" if password is None else os.fspath(password),
        )
    except (OSError, ValueError) as error:
        message = f"cert= names {os.fspath(certificate or '')!r}, which cannot be used: {error}"
        raise ConfigurationError(message) from None
