"""What went wrong is said in the words of the system, whatever it is wrapped in."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import ssl

import httpx
import pytest

from notebook_kit.client.transports.reasons import in_plain_words, reason_of, root_of


def wrapped(*errors: Exception) -> Exception:
    """Return the first error, caused by the second, and so on."""
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ECONNRESET, "odd"), os.strerror(errno.ECONNRESET)),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (ssl.SSLError(1, "[SSL] wrong version"), "[SSL] wrong version"),
        (ValueError("plain"), "plain"),
        (ValueError(), ""),
    ],
)
def test_reasons(error: Exception, reason: str) -> None:
    """A number of the system is told in its words; all else in the error's own."""
    assert reason_of(error) == reason


def test_a_certificate() -> None:
    """What was wrong with a certificate is told without the source line of OpenSSL."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: expired (_ssl.c:1006)")
    error.verify_message = "certificate has expired"
    assert reason_of(error) == "the certificate was not accepted (certificate has expired)"


def test_roots() -> None:
    """Errors without words, or with those of a wrapping, are looked behind; others are not."""
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")
    group = ExceptionGroup("several", [refused, ValueError("other")])
    assert root_of(wrapped(OSError(), OSError("All connection attempts failed"), group)) is refused
    told = ValueError("told")
    assert root_of(wrapped(told, ValueError("other"))) is told
    assert root_of(wrapped(OSError(), told)) is told


def test_an_error_without_words() -> None:
    """An error of the network without words is given the system's; others stay as they are."""
    reset = ConnectionResetError(errno.ECONNRESET, "")
    told = in_plain_words(wrapped(httpx.ReadError(""), reset))
    assert type(told) is httpx.ReadError
    assert str(told) == os.strerror(errno.ECONNRESET)
    for other in (httpx.ReadError("told"), httpx.ReadError(""), wrapped(ValueError(), reset)):
        assert in_plain_words(other) is other


def test_a_circle() -> None:
    """Errors that name each other as their causes have a root all the same."""
    one, other = OSError(), OSError()
    one.__cause__, other.__cause__ = other, one
    assert root_of(one) in (one, other)
