"""What a streamed answer of httpx has: what is said to who looks for it on a stream."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client() -> Iterator[nk.Client]:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="one\ntwo\n")

    client = nk.Client("http://host", transport=httpx.MockTransport(answer))
    yield client
    client.close()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("iter_lines", r"write \.lines\(\)"),
        ("aiter_lines", r"write \.lines\(\)"),
        ("iter_text", r"write \.text\(\)"),
        ("aiter_text", r"write \.text\(\)"),
        ("iter_bytes", r"write \.bytes\(\)"),
        ("aiter_bytes", r"write \.bytes\(\)"),
        ("iter_raw", r"write \.raw\(\)"),
        ("aiter_raw", r"write \.raw\(\)"),
        ("raise_for_status", r"raise nk\.APIError by themselves: leave it out"),
        ("is_success", "by themselves"),
        ("is_error", "by themselves"),
        ("read", r"client\.get\(url\)"),
        ("aread", r"client\.get\(url\)"),
        ("json", r"\.json_lines\(\)"),
        ("content", r"\.bytes\(\)"),
    ],
)
def test_names_of_httpx_say_what_to_write(client: nk.Client, name: str, says: str) -> None:
    """A stream, and the answer that it is opened to, tell the way that is here."""
    stream = client.stream("/x")
    with pytest.raises(AttributeError, match=f"'Stream' .*'{name}', as httpx has: .*{says}"):
        getattr(stream, name)
    with (
        stream as answer,
        pytest.raises(AttributeError, match=f"'OpenStream' .*'{name}', as httpx has: .*{says}"),
    ):
        getattr(answer, name)


@pytest.mark.parametrize("name", ["status_code", "headers", "cookies", "history"])
def test_the_head_is_on_the_answer(client: nk.Client, name: str) -> None:
    """What a stream knows only when it is open is told to be on the answer, where it is."""
    stream = client.stream("/x")
    with pytest.raises(AttributeError, match=r"`async with client\.stream\(url\) as answer:`"):
        getattr(stream, name)
    with stream as answer:
        assert hasattr(answer, name)


@pytest.mark.parametrize("name", ["close", "aclose"])
def test_a_stream_that_is_not_open_is_not_closed(client: nk.Client, name: str) -> None:
    """Who wants to end it is told what ends it."""
    with pytest.raises(AttributeError, match="ends the connection"):
        getattr(client.stream("/x"), name)


def test_a_misspelt_view_names_the_one_meant(client: nk.Client) -> None:
    """A name that is close to a view is answered with it."""
    with pytest.raises(AttributeError, match="Did you mean 'lines'"):
        client.stream("/x").linse  # type: ignore[attr-defined]  # noqa: B018


def test_who_was_told_is_not_warned_too(client: nk.Client) -> None:
    """A stream whose reading failed at its name says nothing more of not having been sent."""
    with pytest.raises(AttributeError):
        client.stream("/x").iter_lines  # type: ignore[attr-defined]  # noqa: B018
    gc.collect()


def test_the_names_are_not_listed(client: nk.Client) -> None:
    """An editor offers what is there."""
    stream = client.stream("/x")
    assert not {"iter_lines", "raise_for_status"} & set(dir(stream))
    assert "lines" in dir(stream)
    assert "".join(stream.text()) == "one\ntwo\n"
