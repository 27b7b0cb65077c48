"""Whether there is any cookie to be sent, asked for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

__all__ = ["is_empty"]


def is_empty(jar: CookieJar) -> bool:
    """Tell whether a jar holds no cookie.

    >>> from http.cookiejar import CookieJar
    >>> is_empty(CookieJar())
    True
    """
    # To ask a jar for its first cookie costs a hundredth of a request; in one that never held any,
    # the table that it is looked for in is empty.
    return not getattr(jar, "_cookies", True) or next(iter(jar), None) is None
