"""Errors of time limits say of which call they are, and which limit it was."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

import notebook_kit as nk


async def _never(request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    return httpx.Response(200, request=request)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"attempt_timeout": 0.02}, "no answer within attempt_timeout=0.02 s."),
        ({"item_timeout": 0.02}, "not done within item_timeout=0.02 s."),
        ({"batch_timeout": 0.02}, "not done within batch_timeout=0.02 s."),
    ],
)
def test_a_row_that_is_late(options: dict[str, Any], said: str) -> None:
    """The URL is named, without its secrets."""
    client = nk.Client("http://host", transport=httpx.MockTransport(_never), retry=0)
    frame = client.map(
        "/users/{id}", [7], params={"token": "abc"}, progress=False, **options
    ).result()
    client.close()
    assert frame["error"].tolist() == [f"GET http://host/users/7?token=****: {said}"]


def test_a_function_has_no_call_to_be_named() -> None:
    """Its error says which limit it was."""

    async def never(_item: int) -> None:
        await asyncio.Event().wait()

    frame = nk.map(never, [7], attempt_timeout=0.02, retry=0, progress=False).result()
    assert frame["error"].tolist() == ["No answer within attempt_timeout=0.02 s."]


def test_forget_says_what_to_write() -> None:
    """Who gives it a checkpoint is told how to be rid of one."""
    with pytest.raises(nk.ConfigurationError, match=r"was given 'k\.db'.*unlink\(\)"):
        nk.forget("k.db")
