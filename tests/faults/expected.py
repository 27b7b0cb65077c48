"""What each fault is to become: the class of the error, or an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.testing.faults import FAULTS

if TYPE_CHECKING:
    from tests.faults.observing import Transport, Way

__all__ = ["LEFT_OUT", "TOLD", "expected"]

#: What most faults of a group become.
_BY_GROUP: Final = {
    "connection": "ConnectionLost",
    "first line": "ConnectionLost",
    "headers": "ConnectionLost",
    "length": "ConnectionLost",
    "chunks": "ConnectionLost",
    "leftovers": "ConnectionLost",
    "time": "RequestTimeout",
    "JSON": "DecodeError",
    "charset": "answered",
    "compression": "DecodeError",
    "redirects": "RequestError",
    "TLS": "ConnectionFailed",
}

#: Faults that do no harm: the answer is whole, and nobody can take it for another one.
_HARMLESS: Final = {
    "reset-after-answer",
    *("http-1.0", "http-2-in-words", "no-reason", "latin-1-reason"),
    *(
        "folded-header",
        "control-in-header",
        "latin-1-header",
        "latin-1-cookie",
        "odd-cookies",
        "odd-date",
    ),
    *("bare-line-feeds", "no-length", "pipelined-answer", "late-pipelined-answer"),
    *("leftover-after-chunks", "short-in-single-bytes"),
    *("same-key-twice", "lone-surrogate", "utf-16-json", "json-with-bom"),
    *("json-in-odd-charset", "odd-content-type"),
    *("nested-gzip", "two-gzips", "empty-gzip"),
    "redirect-to-another-origin",
}
_NOT_CONNECTED: Final = {
    *("refused", "unknown-host"),
    *("redirect-to-port-1", "redirect-to-no-host"),
    *("redirect-to-unknown-host", "redirect-to-bad-host", "redirect-to-long-host"),
    *("redirect-with-latin-1", "redirect-with-userinfo"),
}
#: The system may tell of it while the connection is made, or just after that.
_EITHER: Final = {"reset-when-connected", "closed-when-connected"}
_TIMED_OUT: Final = {"slow-endless-1xx", "hang-in-handshake"}
_OTHERS: Final = {
    **dict.fromkeys(("bomb", "bomb-of-text", "bomb-in-bomb"), "TooLarge"),
    "half-body-over-tls": "ConnectionLost",
    "redirect-to-nowhere": "DecodeError",
    "status-999": "ServerError",
}
#: What differs by transport or way.
_DIFFERENT: Final[dict[str, dict[str, str]]] = {
    "same-length-twice": {"httpx": "answered"},
    "huge-json": {"call": "answered", "row": "TooLarge"},
    "redirect-not-followed": {"call": "DecodeError", "row": "APIError"},
}

#: Words that tell what happened, of errors whose class alone does not.
TOLD: Final = {
    "refused": "Connection refused",
    "unknown-host": "not known",
    "reset-before-headers": "reset by peer",
    "reset-within-body": "reset by peer",
    "reset-between-chunks": "reset by peer",
    "switching-protocols": "protocol",
    "unknown-transfer-encoding": "chunked",
    "length-too-short": "HTTP",
    "leftover-bytes": "HTTP",
    "status-999": "999",
    "half-json": "not JSON",
    "nan-json": "NaN is no word of JSON: line 1 column 7",
    "infinity-json": "-Infinity is no word of JSON: line 1 column 7",
    "overflowing-json": "1e999 is more than a float holds: line 1 column 7",
    "deep-json": "more than 200 deep in each other: line 1 column 201",
    "half-deep-json": "more than 200 deep in each other: line 1 column 201",
    "deep-objects": "more than 200 deep in each other: line 1 column 1001",
    "huge-number": "a number of 10,000 digits, and Python reads at most 4,300",
    "redirect-loop": "redirected too often",
    "redirect-a-hundred-deep": "redirected too often",
    "redirect-to-large-port": "99999",
    "redirect-to-port-0": "port 0",
    "redirect-to-word-as-port": "redirect",
    "redirect-to-javascript": "redirect",
    "redirect-to-ftp": "ftp",
    "redirect-not-followed": "redirect",
    "wrong-name": "127.0.0.1",
    "expired-certificate": "expired",
    "unknown-authority": "certificate",
    "hang": "0.25 s",
    "endless-1xx": "informational answers",
    "half-gzip": "a part of the answer is missing",
    "gzip-without-end": "a part of the answer is missing",
    "gzip-header-only": "a part of the answer is missing",
    "half-deflate": "a part of the answer is missing",
    "half-brotli": "a part of the answer is missing",
    "half-nested-gzip": "a part of the answer is missing",
    "bytes-behind-gzip": "behind its end",
    "no-zstd": "zstd",
    "unknown-encoding": "'morse'",
    "gzip-in-gzip": "packed 50 times",
    "bomb": "write max_body='",
}

#: Faults of which a client does not yet make what it should; they are not on the page.
LEFT_OUT: Final[frozenset[str]] = frozenset()


def expected(name: str, way: Way, transport: Transport) -> frozenset[str]:
    """Return the classes that an observation may show; one, but where the system may choose.

    >>> sorted(expected("half-body", "call", "aiohttp"))
    ['ConnectionLost']
    """
    different = _DIFFERENT.get(name, {})
    for of in (way, transport):
        if of in different:
            return frozenset({different[of]})
    if name in _EITHER:
        return frozenset({"ConnectionFailed", "ConnectionLost"})
    return frozenset({_one(name)})


def _one(name: str) -> str:
    if name in _HARMLESS or name in _OTHERS:
        return _OTHERS.get(name, "answered")
    if name in _NOT_CONNECTED:
        return "ConnectionFailed"
    if name in _TIMED_OUT:
        return "RequestTimeout"
    if name.startswith(("429-", "503-")):
        return "RateLimited" if name.startswith("429-") else "ServerError"
    return _BY_GROUP[FAULTS[name].group]
