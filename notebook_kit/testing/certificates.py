"""Certificates for tests of TLS: a good one, and those that a client must not accept.

They are made when they are first asked for, by the package trustme, of an authority that lives as
long as the process does.
"""

from __future__ import annotations

import functools
import ssl
import threading
import weakref
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

__all__ = ["Certificate", "certificate_of", "client_context", "server_context"]

#: ``"untrusted"`` is of an authority of its own; the others are of the one that
#: `client_context` trusts.
Certificate: TypeAlias = Literal["good", "wrong name", "expired", "untrusted"]

_lock = threading.Lock()
_made: MutableMapping[ssl.SSLContext, Certificate] = weakref.WeakKeyDictionary()
_EXPIRED: Mapping[str, Any] = {
    "not_before": datetime(2019, 1, 1, tzinfo=UTC),
    "not_after": datetime(2020, 1, 1, tzinfo=UTC),
}


def server_context(certificate: Certificate = "good") -> ssl.SSLContext:
    """Return a context for ``FaultServer(ssl_context=...)`` with a certificate of this kind.

    Raises:
        ModuleNotFoundError: when trustme is not installed.

    >>> server_context("expired").verify_mode.name
    'CERT_NONE'
    """
    authority = _authority(trusted=certificate != "untrusted")
    names = ("elsewhere.invalid",) if certificate == "wrong name" else ("127.0.0.1", "localhost")
    times = _EXPIRED if certificate == "expired" else {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **times).configure_cert(context)
    _made[context] = certificate
    return context


def certificate_of(context: ssl.SSLContext) -> Certificate | None:
    """Return the kind of certificate a context was made with here, or None for another's.

    >>> certificate_of(server_context("expired"))
    'expired'
    """
    return _made.get(context)


def client_context() -> ssl.SSLContext:
    """Return a client's context that trusts the authority of all certificates but the untrusted.

    Raises:
        ModuleNotFoundError: when trustme is not installed.

    >>> client_context().check_hostname
    True
    """
    context = ssl.create_default_context()
    _authority(trusted=True).configure_trust(context)
    return context


def _authority(*, trusted: bool) -> Any:
    with _lock:  # two would be made for two threads that ask at once
        return _new_authority(trusted)


@functools.cache
def _new_authority(_trusted: bool) -> Any:  # noqa: FBT001 - the key of the cache
    try:
        import trustme  # noqa: PLC0415 - for tests of TLS alone
    except ModuleNotFoundError:
        message = "Certificates for tests are made by trustme: pip install trustme."
        raise ModuleNotFoundError(message, name="trustme") from None
    return trustme.CA()
