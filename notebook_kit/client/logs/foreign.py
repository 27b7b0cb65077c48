"""The log lines of the libraries below, where they speak of this package's own requests.

httpx logs whole URLs, httpcore the headers of answers, hpack the headers of requests, once the user
has turned their loggers on. What they say while the I/O thread works concerns requests of this
package; there its secrets are removed. Their lines about requests of others are left as they are,
and so are their levels and handlers.
"""

from __future__ import annotations

import logging
from typing import Final

from notebook_kit.execution import on_io_loop
from notebook_kit.logs import hide_secrets

__all__ = ["guard_foreign_loggers"]

_SPEAK_PLAINLY: Final = (
    "aiohttp.client",
    "aiohttp.internal",
    "httpx",
    "httpx2",
    *(
        f"{package}.{part}"
        for package in ("httpcore", "httpcore2")
        for part in ("connection", "http11", "http2", "proxy", "socks")
    ),
)
#: These show headers in the encoding of HTTP/2, in which a secret is not recognised.
_SPEAK_IN_CODE: Final = ("hpack.hpack", "hpack.table")


def guard_foreign_loggers() -> None:
    """See to it that no credential of ours is logged by the libraries that carry it."""
    for name in _SPEAK_PLAINLY:
        _add(name, _hide_ours)
    for name in _SPEAK_IN_CODE:
        _add(name, _is_not_ours)


def _add(name: str, check: logging._FilterType) -> None:
    logger = logging.getLogger(name)
    if check not in logger.filters:
        logger.addFilter(check)


def _hide_ours(record: logging.LogRecord) -> bool:
    return hide_secrets(record) if on_io_loop() else True


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not on_io_loop()
