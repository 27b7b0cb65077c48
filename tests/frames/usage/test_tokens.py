from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.completion_usage import CompletionUsage, PromptTokensDetails

from notebook_kit.frames.usage import Tokens, tokens_of

CHAT = {
    "model": "gpt",
    "usage": {
        "prompt_tokens": 100,
        "completion_tokens": 30,
        "total_tokens": 130,
        "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens_details": {"reasoning_tokens": 20},
    },
}
RESPONSES = {
    "model": "gpt",
    "usage": {
        "input_tokens": 100,
        "output_tokens": 30,
        "input_tokens_details": {"cached_tokens": 60},
        "output_tokens_details": {"reasoning_tokens": 20},
    },
}
ANTHROPIC = {
    "model": "claude",
    "usage": {
        "input_tokens": 10,
        "output_tokens": 30,
        "cache_read_input_tokens": 60,
        "cache_creation_input_tokens": 5,
    },
}
GEMINI = {
    "modelVersion": "gemini",
    "usageMetadata": {
        "promptTokenCount": 90,
        "toolUsePromptTokenCount": 10,
        "candidatesTokenCount": 10,
        "thoughtsTokenCount": 20,
        "cachedContentTokenCount": 60,
        "totalTokenCount": 130,
    },
}
NAMES = ("usage", "usageMetadata", "prompt_tokens", "output_tokens", "prompt_tokens_details")
OLLAMA = {"model": "llama", "prompt_eval_count": 100, "eval_count": 30}
BEDROCK = {"usage": {"inputTokens": 100, "outputTokens": 30, "totalTokens": 130}}

SHAPES: dict[str, tuple[Any, Tokens]] = {
    "chat": (CHAT, Tokens("gpt", 100, 30, 130, 60, 0, 20)),
    "responses": (RESPONSES, Tokens("gpt", 100, 30, 130, 60, 0, 20)),
    "anthropic": (ANTHROPIC, Tokens("claude", 75, 30, 105, 60, 5, 0)),
    "gemini": (GEMINI, Tokens("gemini", 100, 30, 130, 60, 0, 20)),
    "ollama": (OLLAMA, Tokens("llama", 100, 30, 130)),
    "bedrock": (BEDROCK, Tokens(None, 100, 30, 130)),
    "embedding": (
        {"model": "e", "usage": {"prompt_tokens": 8, "total_tokens": 8}},
        Tokens("e", 8, None, 8),
    ),
    "only a total": ({"usage": {"total_tokens": 8}}, Tokens(None, None, None, 8)),
    "usage itself": ({"prompt_tokens": 1, "completion_tokens": 2}, Tokens(None, 1, 2, 3)),
}


def as_objects(value: Any) -> Any:
    """Return nested dictionaries as objects with attributes."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: as_objects(it) for name, it in value.items()})
    return value


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "written", [dict, as_objects, json.dumps, lambda it: [{"delta": "x"}, it, {}]]
)
def test_each_shape_is_read_however_it_is_written(shape: str, written: Any) -> None:
    """As a dictionary, an object, JSON text, or the last part of a stream that says it."""
    answer, expected = SHAPES[shape]
    assert tokens_of(written(answer)) == expected


def test_a_response_is_read() -> None:
    """What an HTTP client gives is opened."""
    response = httpx.Response(200, json=CHAT)
    assert tokens_of(response) == SHAPES["chat"][1]
    assert tokens_of(httpx.Response(200, text="no JSON")) is None


def test_models_of_the_openai_sdk_are_read() -> None:
    """Its objects hold None where a server said nothing."""
    usage = CompletionUsage(
        prompt_tokens=100,
        completion_tokens=30,
        total_tokens=130,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=60),
    )
    answer = SimpleNamespace(model="gpt", usage=usage)
    assert tokens_of(answer) == Tokens("gpt", 100, 30, 130, 60)


class Hostile:
    """An object that can be asked nothing."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "answer",
    [
        *(None, 3, True, float("nan"), "text", b"bytes", "{broken", [], {}, {"usage": None}),
        *({"usage": {"prompt_tokens": "12"}}, {"usage": {"prompt_tokens": -1}}),
    ],
)
def test_what_says_nothing_gives_nothing(answer: Any) -> None:
    """Nothing is made up, and nothing is raised."""
    assert tokens_of(answer) is None


def test_an_object_that_can_be_asked_nothing_gives_nothing() -> None:
    """Its error is not the frame's."""
    assert tokens_of(Hostile()) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda it: st.dictionaries(st.sampled_from([*CHAT, *NAMES, "x"]), it) | st.lists(it),
    )
)
def test_any_json_can_be_asked(answer: Any) -> None:
    """Whatever an API sends, asking raises nothing, and counts are never negative."""
    found = tokens_of(answer)
    assert found is None or found.total >= 0
