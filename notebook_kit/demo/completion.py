"""A conversation read from a request, and the answer to it in the shapes that clients expect."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.demo.brain import Thought, count_tokens, pieces
from notebook_kit.demo.web import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

__all__ = ["CREATED", "ChatAnswer", "ChatRequest", "read_chat"]

#: When everything was made, so that equal requests get equal answers (2026-01-01, UTC).
CREATED: Final = 1_767_225_600

_INSTRUCTING: Final = frozenset({"system", "developer"})
_ROLES: Final = _INSTRUCTING | {"user", "assistant", "tool"}
#: What the names and separators of a message cost, in tokens.
_PER_MESSAGE: Final = 4


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What was asked."""

    prompt: str
    instructions: str
    prompt_tokens: int
    limit: int | None
    as_json: bool
    stream: bool
    with_usage: bool


def read_chat(body: dict[str, Any]) -> ChatRequest:
    """Read and check the body of a chat request."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        example = '[{"role": "user", "content": "Where is OSL?"}]'
        raise Fault(
            400, f"messages is a list of at least one message, as {example}.", param="messages"
        )
    said = [_read_message(message, index) for index, message in enumerate(messages)]
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is not None and (type(limit) is not int or limit < 1):
        raise Fault(
            400, f"max_tokens={limit!r} is not a whole number from 1 up.", param="max_tokens"
        )
    return ChatRequest(
        prompt=next((text for role, text in reversed(said) if role == "user"), ""),
        instructions="\n".join(text for role, text in said if role in _INSTRUCTING),
        prompt_tokens=sum(_PER_MESSAGE + count_tokens(text) for _, text in said),
        limit=limit,
        as_json=_option(body, "response_format").get("type") == "json_object",
        stream=body.get("stream") is True,
        with_usage=_option(body, "stream_options").get("include_usage") is True,
    )


def _option(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _read_message(message: Any, index: int) -> tuple[str, str]:
    place = f"messages[{index}]"
    if not isinstance(message, dict) or message.get("role") not in tuple(_ROLES):
        text = f"{place} needs a role: one of {', '.join(sorted(_ROLES))}."
        raise Fault(400, text, param=f"{place}.role")
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = " ".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise Fault(400, f"{place} needs a content that is text.", param=f"{place}.content")
    return message["role"], content


class ChatAnswer:
    """The answer to one request."""

    def __init__(self, asked: ChatRequest, thought: Thought, model: str) -> None:
        text = json.dumps({thought.kind: thought.text}) if asked.as_json else thought.text
        tokens = pieces(text)
        self._tokens = tokens[: asked.limit]
        self._finish = "stop" if len(self._tokens) == len(tokens) else "length"
        self._asked = asked
        self._model = model
        told = f"{asked.instructions}\n{asked.prompt}\n{text}".encode("utf-8", "replace")
        digest = hashlib.blake2b(told, digest_size=12)
        self._id = f"chatcmpl-{digest.hexdigest()}"

    @property
    def total_tokens(self) -> int:
        """What is charged for it, in tokens."""
        return self._asked.prompt_tokens + len(self._tokens)

    def whole(self) -> dict[str, Any]:
        """Return the answer as one object."""
        message = {"role": "assistant", "content": "".join(self._tokens), "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": self._finish,
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    async def events(self, pause: Callable[[], Awaitable[None]]) -> AsyncGenerator[bytes, None]:
        """Yield the answer as server-sent events, a token each, pausing between them."""
        yield self._event({"role": "assistant", "content": ""})
        for token in self._tokens:
            await pause()
            yield self._event({"content": token})
        yield self._event({}, self._finish)
        if self._asked.with_usage:
            head = self._head("chat.completion.chunk")
            yield _data({**head, "choices": [], "usage": self._usage()})
        yield b"data: [DONE]\n\n"

    def _event(self, delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": CREATED, "model": self._model}

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self._asked.prompt_tokens,
            "completion_tokens": len(self._tokens),
            "total_tokens": self.total_tokens,
        }


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value, separators=(',', ':'))}\n\n".encode()
