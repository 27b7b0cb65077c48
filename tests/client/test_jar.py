"""Whether a jar holds a cookie, however it came in and went."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import httpx

from notebook_kit.client.jar import is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.cookiejar import Cookie


def test_a_jar_is_empty_until_a_cookie_is_put_in_and_once_it_is_taken_out() -> None:
    """The tables of the jar that remain after that are no cookies."""
    cookies = httpx.Cookies()
    assert is_empty(cookies.jar)
    cookies.set("a", "1", domain="example.com")
    assert not is_empty(cookies.jar)
    cookies.jar.clear("example.com", "/", "a")
    assert is_empty(cookies.jar)
    cookies.clear()
    assert is_empty(cookies.jar)


def test_a_jar_of_another_make_is_asked() -> None:
    """It may keep its cookies wherever it likes."""
    known = httpx.Cookies({"a": "1"})

    class Elsewhere(CookieJar):
        def __init__(self) -> None:
            """Have no table at all."""

        def __iter__(self) -> Iterator[Cookie]:
            return iter(known.jar)

    assert not is_empty(Elsewhere())
