"""The client of httpx within a client: cookies are looked for where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.origins import Origin

if TYPE_CHECKING:
    import pytest

    from notebook_kit.testing import Behaviour, ReceivedRequest


def test_cookies_are_kept_from_answers_that_set_them() -> None:
    """Cookies of answers, of redirects too, come back with later requests; none where none is."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        if request.path != "/login":
            return None
        headers = [("location", "/home"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")]
        return answer(status=302, headers=headers)

    with Origin(rule) as origin, nk.Client(origin.url, follow_redirects=True) as api:
        api.get("/before")
        api.get("/login")
        api.map("/{n}", [1], progress=False)
    nk.forget()
    cookies = [request.header("cookie") for request in origin.requests]
    assert cookies == [None, None, b"a=1; b=2", b"a=1; b=2"]


def test_answers_without_cookies_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What httpx does to find cookies is done for answers that set some, and for no other."""
    searched: list[str] = []
    monkeypatch.setattr(
        httpx.Cookies, "extract_cookies", lambda _jar, response: searched.append(response.url.path)
    )

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        headers = [("set-cookie", "a=1")] if request.path == "/sets" else []
        return answer(headers=headers)

    with Origin(rule) as origin, nk.Client(origin.url) as api:
        api.get("/plain")
        api.get("/sets")
    assert searched == ["/sets"]
