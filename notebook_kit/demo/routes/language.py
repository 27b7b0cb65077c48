"""A language model's API in the shape that OpenAI made common."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.demo.brain import count_tokens, embed, think
from notebook_kit.demo.completion import CREATED, ChatAnswer, read_chat
from notebook_kit.demo.routes.budget import charged
from notebook_kit.demo.web import Fault, Stream, json_body, json_reply, route
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["language_routes"]

_CHAT_MODEL: Final = "demo-chat"
_EMBEDDING_MODEL: Final = "demo-embed"
_DIMENSIONS: Final = 16
_MOST_DIMENSIONS: Final = 256
_MOST_INPUTS: Final = 2048


def language_routes(world: World) -> list[Route]:
    """Return the routes of the language model."""
    language = _Language(world)
    return [
        route("/v1/chat/completions", language.chat, "POST"),
        route("/v1/embeddings", language.embeddings, "POST"),
        route("/v1/models", language.models),
        route("/v1/models/{model}", language.model),
    ]


class _Language:
    def __init__(self, world: World) -> None:
        self._world = world

    async def models(self, _request: Request) -> Answer:
        """The models: demo-chat and demo-embed."""
        data = [_card(name) for name in (_CHAT_MODEL, _EMBEDDING_MODEL)]
        return json_reply({"object": "list", "data": data})

    async def model(self, request: Request) -> Answer:
        """One model."""
        name = request.path_params["model"]
        if name not in {_CHAT_MODEL, _EMBEDDING_MODEL}:
            raise _unknown_model(name)
        return json_reply(_card(name))

    async def chat(self, request: Request) -> Answer:
        """Answer a conversation, whole or with "stream": true in events."""
        asked = read_chat(await _body(request, _CHAT_MODEL))
        thought = think(asked.prompt, asked.instructions, self._world.airports)
        answer = ChatAnswer(asked, thought, _CHAT_MODEL)
        headers = charged(self._world, answer.total_tokens)
        if not asked.stream:
            return json_reply(answer.whole(), headers=headers)

        async def pause() -> None:
            interval_s = self._world.switches.stream_interval_s
            await self._world.connections.pause(request.scope, interval_s)

        return Stream(
            answer.events(pause),
            self._world.connections,
            media_type=b"text/event-stream",
            headers=headers,
        )

    async def embeddings(self, request: Request) -> Answer:
        """Vectors in which texts that share words are near each other."""
        body = await _body(request, _EMBEDDING_MODEL)
        texts = _texts(body)
        size = body.get("dimensions", _DIMENSIONS)
        if type(size) is not int or not 1 <= size <= _MOST_DIMENSIONS:
            message = f"dimensions={size!r} is not a whole number from 1 to {_MOST_DIMENSIONS}."
            raise Fault(400, message, param="dimensions")
        tokens = sum(map(count_tokens, texts))
        headers = charged(self._world, tokens)
        packed = body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": index, "embedding": _vector(text, size, packed=packed)}
            for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        reply = {"object": "list", "data": data, "model": _EMBEDDING_MODEL, "usage": usage}
        return json_reply(reply, headers=headers)


async def _body(request: Request, model: str) -> dict[str, Any]:
    body = await json_body(request)
    given = body.get("model")
    if given is None:
        raise Fault(400, f'Say which model: {{"model": "{model}", ...}}.', param="model")
    if given != model:
        raise _unknown_model(given)
    return body


def _unknown_model(name: object) -> Fault:
    message = (
        f"The model {shorten(repr(name), 80)} does not exist here; {_CHAT_MODEL!r} answers, "
        f"{_EMBEDDING_MODEL!r} makes vectors."
    )
    return Fault(404, message, code="model_not_found", param="model")


def _card(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "notebook_kit"}


def _texts(body: dict[str, Any]) -> list[str]:
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if (
        not isinstance(texts, list)
        or not 1 <= len(texts) <= _MOST_INPUTS
        or not all(isinstance(text, str) and text for text in texts)
    ):
        message = f"input is a text or a list of 1 to {_MOST_INPUTS} texts, none of them empty."
        raise Fault(400, message, param="input")
    return texts


def _vector(text: str, size: int, *, packed: bool) -> list[float] | str:
    vector = embed(text, size)
    return base64.b64encode(struct.pack(f"<{size}f", *vector)).decode() if packed else vector
