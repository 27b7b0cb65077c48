from __future__ import annotations

import io
import json
import wave
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.demo.brain import pieces
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer

TOKEN = {"authorization": "Bearer demo-token"}


def test_a_text_is_about_its_prompt(api: httpx.Client) -> None:
    """Slashes and spaces belong to the prompt."""
    answer = api.get("/text/the%20sea/the sky")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "the sea/the sky" in answer.text


def test_an_image_has_the_size_asked_for(api: httpx.Client) -> None:
    """A PNG, small by default; sizes that cannot be drawn are refused."""
    answer = api.get("/image/a red fox?width=32&height=16")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content[16:24] == (32).to_bytes(4) + (16).to_bytes(4)
    assert api.get("/image/fox").content[16:24] == (128).to_bytes(4) * 2
    assert api.get("/image/fox?width=7").status_code == 400


def test_audio_needs_the_token(api: httpx.Client) -> None:
    """401 without it; with it a WAV of the words."""
    assert api.post("/audio", json={"text": "la la"}).status_code == 401
    answer = api.post("/audio", json={"text": "la la"}, headers=TOKEN)
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getnframes() == 2 * 960
    assert api.post("/audio", json={"text": " "}, headers=TOKEN).status_code == 422


def test_a_stream_is_the_text_piece_by_piece(api: httpx.Client) -> None:
    """Put together it is what the plain route says."""
    with api.stream("GET", "/stream/text/the sea") as answer:
        received = list(answer.iter_raw())
    assert len(received) > 5
    assert b"".join(received).decode() == api.get("/text/the sea").text


def test_a_stream_of_events_can_be_read_one_by_one(api: httpx.Client) -> None:
    """Numbered chunks of JSON, and an event that says the end."""
    answer = api.get("/stream/text/the sea?format=sse")
    assert answer.headers["content-type"] == "text/event-stream"
    *chunks, last = answer.text.removesuffix("\n\n").split("\n\n")
    assert last == "event: done\ndata: [DONE]"
    data = [json.loads(chunk.partition("data: ")[2]) for chunk in chunks]
    assert [entry["index"] for entry in data] == list(range(len(data)))
    assert "".join(entry["text"] for entry in data) == api.get("/text/the sea").text
    assert chunks[0].startswith("id: 0\nevent: chunk\n")


@at_any_pace
def test_a_stream_can_go_quiet(pace: float, api: httpx.Client, server: DemoServer) -> None:
    """After as many pieces as asked for nothing comes any more, and the client must act."""
    received: list[str] = []
    with (
        pytest.raises(httpx.ReadTimeout),
        api.stream("GET", "/stream/text/the sea?stall_after=3", timeout=0.3 * pace) as answer,
    ):
        received.extend(answer.iter_text())
    assert api.get("/text/the sea").text.startswith("".join(received))
    assert len("".join(received).split()) == 3


@pytest.mark.parametrize("query", ["format=xml", "stall_after=-1"])
def test_a_stream_that_cannot_be_is_refused(api: httpx.Client, query: str) -> None:
    """Before it begins."""
    assert api.get(f"/stream/text/sea?{query}").status_code == 400


def test_the_pace_of_a_stream_is_a_switch(api: httpx.Client, server: DemoServer) -> None:
    """So that a notebook can show words as they come: the pauses between them add up."""
    pauses = len(pieces(api.get("/text/sea").text)) - 1
    server.switches.stream_interval_s = 0.004
    took_s = api.get("/stream/text/sea").elapsed.total_seconds()
    assert took_s > 0.9 * pauses * 0.004
