"""Things made from a prompt: prose, pictures, sounds, and prose as it is being written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from notebook_kit.demo.access import bearer_refusal
from notebook_kit.demo.brain import pieces
from notebook_kit.demo.media import drawn, played, written
from notebook_kit.demo.web import Fault, Reply, Stream, json_body, route, whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["media_routes"]

_TEXT: Final = b"text/plain; charset=utf-8"
_SMALLEST: Final = 8
_LARGEST: Final = 1024
#: A stalled stream stays quiet for this long, or until the client leaves.
_STALL_S: Final = 600


def media_routes(world: World) -> list[Route]:
    """Return the routes that make something."""
    media = _Media(world)
    return [
        route("/text/{prompt:path}", media.text),
        route("/image/{prompt:path}", media.image),
        route("/audio", media.audio, "POST"),
        route("/stream/text/{prompt:path}", media.stream),
    ]


class _Media:
    def __init__(self, world: World) -> None:
        self._world = world

    async def text(self, request: Request) -> Answer:
        """A paragraph about the prompt."""
        return Reply(written(request.path_params["prompt"]).encode(), media_type=_TEXT)

    async def image(self, request: Request) -> Answer:
        """A PNG of the prompt, ?width= and ?height= from 8 to 1024 (default 128)."""
        width = whole(request, "width", 128, low=_SMALLEST, high=_LARGEST)
        height = whole(request, "height", 128, low=_SMALLEST, high=_LARGEST)
        body = drawn(request.path_params["prompt"], width, height)
        return Reply(body, media_type=b"image/png")

    async def audio(self, request: Request) -> Answer:
        """A WAV of the text in a JSON object, a note for each word; needs the bearer token."""
        if refused := bearer_refusal(request.scope, self._world.token):
            raise refused
        text = (await json_body(request)).get("text")
        if not isinstance(text, str) or not text.strip():
            raise Fault(422, 'Send the words to play: {"text": "la la la"}.', param="text")
        return Reply(played(text), media_type=b"audio/wav")

    async def stream(self, request: Request) -> Answer:
        """The paragraph word by word; ?format=sse for events, ?stall_after=3 goes quiet."""
        form = request.query_params.get("format", "text")
        if form not in {"text", "sse"}:
            raise Fault(400, f"format={form!r} is neither 'text' nor 'sse'.", param="format")
        words = pieces(written(request.path_params["prompt"]))
        stall_after = whole(request, "stall_after", -1, low=0, high=1_000_000)
        written_out = self._pieces(request, words, stall_after, events=form == "sse")
        media_type = b"text/event-stream" if form == "sse" else _TEXT
        return Stream(written_out, self._world.connections, media_type=media_type)

    async def _pieces(
        self, request: Request, words: list[str], stall_after: int, *, events: bool
    ) -> AsyncGenerator[bytes, None]:
        pause = self._world.connections.pause
        for index, word in enumerate(words):
            if index == stall_after:
                await pause(request.scope, _STALL_S)
            elif index:
                await pause(request.scope, self._world.switches.stream_interval_s)
            yield _event(index, word) if events else word.encode("utf-8", "replace")
        if events:
            yield b"event: done\ndata: [DONE]\n\n"


def _event(index: int, word: str) -> bytes:
    data = json.dumps({"index": index, "text": word})
    return f"id: {index}\nevent: chunk\ndata: {data}\n\n".encode()
