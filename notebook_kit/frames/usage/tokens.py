"""The tokens that one answer of a language model says were used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from notebook_kit.checks import number

__all__ = ["Tokens", "amount", "tokens_of"]

#: No call has used as many; sums of what servers say must stay numbers of 64 bits.
_TOO_MANY: Final = 10**12


class Tokens(NamedTuple):
    """What one call has used.

    Attributes:
        model: the name of the model, or None.
        input: tokens that were read, those of a cache included; None where nobody says.
        output: tokens that were written, those of reasoning included; None where nobody says.
        total: both together, or what the answer says in all.
        cached: how many of the input came from the provider's cache.
        cache_written: how many of the input were written into it.
        reasoning: how many of the output were reasoning.
    """

    model: str | None
    input: float | None
    output: float | None
    total: float
    cached: float = 0
    cache_written: float = 0
    reasoning: float = 0


#: Where an answer keeps its usage; some are the usage themselves.
_HOLDERS: Final = ("usage", "usageMetadata", "usage_metadata")
_MODELS: Final = ("model", "modelVersion", "model_version")
#: What is in a usage, by name: the first of several that is a number counts.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    # What was cached is counted in it.
    "input": ("prompt_tokens", "promptTokenCount", "prompt_token_count", "prompt_eval_count"),
    # What was cached is counted beside it, by those that have the names of `read`.
    "input_alone": ("input_tokens", "inputTokens"),
    "output": (
        *("completion_tokens", "output_tokens", "candidatesTokenCount", "candidates_token_count"),
        *("outputTokens", "eval_count"),
    ),
    "total": ("total_tokens", "totalTokenCount", "total_token_count", "totalTokens"),
    "read": ("cache_read_input_tokens", "cacheReadInputTokens"),
    "written": ("cache_creation_input_tokens", "cacheWriteInputTokens"),
    "cached": ("cachedContentTokenCount", "cached_content_token_count", "prompt_cache_hit_tokens"),
    # Counted beside the output, and beside the input.
    "thoughts": ("thoughtsTokenCount", "thoughts_token_count"),
    "tool_prompt": ("toolUsePromptTokenCount", "tool_use_prompt_token_count"),
}
#: Details of what is counted already, each with a name in it and what that is.
_DETAILS: Final = {
    "prompt_tokens_details": ("cached_tokens", "cached"),
    "input_tokens_details": ("cached_tokens", "cached"),
    "input_token_details": ("cache_read", "cached"),
    "completion_tokens_details": ("reasoning_tokens", "reasoning"),
    "output_tokens_details": ("reasoning_tokens", "reasoning"),
    "output_token_details": ("reasoning", "reasoning"),
}
_ALL: Final = (*(name for names in _NAMES.values() for name in names), *_DETAILS)
_KINDS: Final = {name: kind for kind, names in _NAMES.items() for name in names}


def tokens_of(answer: Any) -> Tokens | None:
    """Return the tokens that an answer says were used, or None where it says nothing.

    Known are answers of OpenAI (chat completions and responses), Anthropic, Gemini, Bedrock and
    Ollama and what is shaped like them, as dictionaries, JSON text, objects with attributes or
    responses with ``json()``. Of a list, as of the parts of a stream, the last that says it counts.

    >>> tokens_of({"model": "m", "usage": {"prompt_tokens": 9, "completion_tokens": 3}})
    Tokens(model='m', input=9, output=3, total=12, cached=0, cache_written=0, reasoning=0)
    >>> tokens_of({"usage": {"input_tokens": 1, "cache_read_input_tokens": 8}}).input
    9
    >>> tokens_of("no usage") is None
    True
    """
    try:
        return _tokens_of(answer)
    except Exception:  # noqa: BLE001 - attributes of a foreign object may raise anything
        return None


def _tokens_of(answer: Any) -> Tokens | None:
    answer = _opened(answer)
    if isinstance(answer, list):
        return next((found for it in reversed(answer) if (found := _tokens_of(it))), None)
    if answer is None or isinstance(answer, (str, bytes, int, float)):
        return None
    holder = _first(answer, _HOLDERS)
    found = _counted(answer if holder is None else holder, answer)
    if found is not None or not hasattr(answer, "status_code"):
        return found
    # A response, which has been read.
    return _tokens_of(answer.json())


def _opened(answer: Any) -> Any:
    if isinstance(answer, (str, bytes)) and answer.lstrip()[:1] in ("{", "[", b"{", b"["):
        with suppress(ValueError, RecursionError):
            return json.loads(answer)
    return answer


def _counted(usage: Any, answer: Any) -> Tokens | None:
    found = _numbers(usage)
    # Most have three numbers, so that asking for what is there is faster than for all there may be.
    taken = found.get("input")
    if taken is None and (alone := found.get("input_alone")) is not None:
        taken = alone + found.get("read", 0) + found.get("written", 0)
    if taken is not None:
        taken += found.get("tool_prompt", 0)
    given, thoughts = found.get("output"), found.get("thoughts", 0)
    if given is not None or thoughts:
        given = (given or 0) + thoughts
    total = found.get("total")
    if total is not None and taken is None and given is not None:
        # What the answer leaves out of its two parts, the sum says.
        taken = max(total - given, 0)
    if taken is not None or given is not None:
        total = (taken or 0) + (given or 0)
    if total is None:
        return None
    model = _first(answer, _MODELS)
    return Tokens(
        model=model if isinstance(model, str) else None,
        input=taken,
        output=given,
        total=total,
        cached=found.get("read") or found.get("cached", 0),
        cache_written=found.get("written", 0),
        reasoning=thoughts or found.get("reasoning", 0),
    )


def _numbers(usage: Any) -> dict[str, float]:
    """Return the numbers of a usage by what they are."""
    if not isinstance(usage, Mapping):
        usage = {name: getattr(usage, name, None) for name in _ALL}
    found: dict[str, float] = {}
    for name, value in usage.items():
        if (kind := _KINDS.get(name)) is not None:
            known = amount(value)
        elif name in _DETAILS and value is not None:
            part, kind = _DETAILS[name]
            known = amount(_get(value, part))
        else:
            continue
        if known is not None:
            found.setdefault(kind, known)
    return found


def _get(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _first(thing: Any, names: tuple[str, ...]) -> Any:
    return next((it for name in names if (it := _get(thing, name)) is not None), None)


def amount(value: Any) -> float | None:
    """Return a number of tokens, or None for what can be none.

    >>> amount(7), amount(-1), amount("7"), amount(10**400)
    (7, None, None, None)
    """
    known = value if type(value) is int or value is None else number(value)
    return known if known is not None and 0 <= known < _TOO_MANY else None
