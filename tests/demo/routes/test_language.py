from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from notebook_kit.demo import DemoServer


def _chat(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "demo-chat", "messages": [{"role": "user", "content": content}], **more}


def _ask(api: httpx.Client, content: Any, **more: Any) -> httpx.Response:
    return api.post("/v1/chat/completions", json=_chat(content, **more))


def _events(answer: httpx.Response) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def test_a_chat_is_answered_in_the_common_shape(api: httpx.Client) -> None:
    """One choice with a message, why it ended, and the tokens it is charged for."""
    answer = _ask(api, "Which country is OSL in?")
    body = answer.json()
    choice = body["choices"][0]
    assert (choice["message"]["role"], choice["message"]["content"]) == ("assistant", "Norway")
    assert (body["object"], choice["finish_reason"]) == ("chat.completion", "stop")
    assert body["usage"] == {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}
    assert answer.text == _ask(api, "Which country is OSL in?").text


def test_the_last_words_of_the_user_are_answered_as_instructed(api: httpx.Client) -> None:
    """Instructions come from the system, earlier turns are history, content may be in parts."""
    messages = [
        {"role": "system", "content": "Tell the sentiment."},
        {"role": "user", "content": "What a terrible day."},
        {"role": "assistant", "content": "negative"},
        {"role": "user", "content": [{"type": "text", "text": "What a lovely evening."}]},
    ]
    answer = api.post("/v1/chat/completions", json={"model": "demo-chat", "messages": messages})
    assert answer.json()["choices"][0]["message"]["content"] == "positive"


def test_an_answer_can_be_json_and_can_be_cut(api: httpx.Client) -> None:
    """As response_format and max_tokens say."""
    body = _ask(api, "Where is Oslo?", response_format={"type": "json_object"}).json()
    assert json.loads(body["choices"][0]["message"]["content"]) == {"country": "Norway"}
    cut = _ask(api, "Tell me about aeroplanes", max_tokens=3).json()
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["choices"][0]["message"]["content"] == "You wrote 4"


def test_a_streamed_chat_says_the_same_token_by_token(api: httpx.Client) -> None:
    """Its pieces make the plain answer; the last event ends it; usage comes where asked for."""
    question = "Tell me about aeroplanes"
    streamed = _ask(api, question, stream=True, stream_options={"include_usage": True})
    assert streamed.headers["content-type"] == "text/event-stream"
    *events, usage = _events(streamed)
    plain = _ask(api, question).json()
    pieces = [event["choices"][0]["delta"].get("content", "") for event in events]
    assert "".join(pieces) == plain["choices"][0]["message"]["content"]
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], usage["usage"]) == ([], plain["usage"])
    assert {event["id"] for event in events} == {plain["id"]}
    assert len(_events(_ask(api, question, stream=True))) == len(events)


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "model"),
        ({"model": "gpt-unknown", "messages": []}, 404, "model"),
        ({"model": {"a": 1}, "messages": []}, 404, "model"),
        ({"model": "demo-chat"}, 400, "messages"),
        ({"model": "demo-chat", "messages": ["hello"]}, 400, "messages[0].role"),
        ({"model": "demo-chat", "messages": [{"role": []}]}, 400, "messages[0].role"),
        ({"model": "demo-chat", "messages": [{"role": "user"}]}, 400, "messages[0].content"),
        (_chat("x", max_tokens=0), 400, "max_tokens"),
    ],
)
def test_a_chat_that_cannot_be_answered_is_refused_by_name(
    api: httpx.Client, body: dict[str, Any], status: int, param: str
) -> None:
    """In the error shape that clients of such APIs read."""
    answer = api.post("/v1/chat/completions", json=body)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert answer.json()["error"]["param"] == param


def test_models_are_listed(api: httpx.Client) -> None:
    """Two, and each by its name."""
    names = [model["id"] for model in api.get("/v1/models").json()["data"]]
    assert names == ["demo-chat", "demo-embed"]
    assert api.get("/v1/models/demo-chat").json()["object"] == "model"
    assert api.get("/v1/models/other").status_code == 404


def test_embeddings_come_as_numbers_or_packed(api: httpx.Client) -> None:
    """One vector for each text, in their order, of the size asked for."""
    asked = {"model": "demo-embed", "input": ["a cold night", "a warm day"], "dimensions": 8}
    plain = api.post("/v1/embeddings", json=asked).json()
    assert [entry["index"] for entry in plain["data"]] == [0, 1]
    assert plain["usage"] == {"prompt_tokens": 6, "total_tokens": 6}
    packed = api.post("/v1/embeddings", json={**asked, "encoding_format": "base64"}).json()
    for one, other in zip(plain["data"], packed["data"], strict=True):
        vector = struct.unpack("<8f", base64.b64decode(other["embedding"]))
        assert vector == pytest.approx(one["embedding"], abs=1e-6)


@pytest.mark.parametrize("given", [[], "", ["a", 1], 5, None, ["x"] * 2049])
def test_embeddings_need_texts(api: httpx.Client, given: Any) -> None:
    """A text, or a list of some."""
    answer = api.post("/v1/embeddings", json={"model": "demo-embed", "input": given})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "input")


@pytest.mark.parametrize("size", [0, 257, "8", True])
def test_the_size_of_a_vector_is_limited(api: httpx.Client, size: Any) -> None:
    """From 1 to 256."""
    body = {"model": "demo-embed", "input": "a", "dimensions": size}
    assert api.post("/v1/embeddings", json=body).json()["error"]["param"] == "dimensions"


def test_both_limits_are_told_with_each_answer(api: httpx.Client, server: DemoServer) -> None:
    """Requests and tokens, with the time until they are full again."""
    server.switches.chat_rate = "2/min"
    server.switches.chat_tokens = "600/min"
    headers = _ask(api, "Which country is OSL in?").headers
    assert headers["x-ratelimit-limit-requests"] == "2"
    assert headers["x-ratelimit-remaining-requests"] == "1"
    assert headers["x-ratelimit-reset-requests"] == "30s"
    assert headers["x-ratelimit-limit-tokens"] == "600"
    assert headers["x-ratelimit-remaining-tokens"] == "589"
    assert headers["x-ratelimit-reset-tokens"] == "1.1s"


def test_too_many_requests_are_refused(api: httpx.Client, server: DemoServer) -> None:
    """429 with the wait in whole seconds and in milliseconds."""
    server.switches.chat_rate = "1/min"
    _ask(api, "Hello")
    refused = _ask(api, "Hello")
    assert refused.status_code == 429
    assert 55 <= int(refused.headers["retry-after"]) <= 60
    assert 55_000 <= int(refused.headers["retry-after-ms"]) <= 60_001
    assert refused.json()["error"]["type"] == "requests"


def test_too_many_tokens_are_refused(api: httpx.Client, server: DemoServer) -> None:
    """A long question may meet the limit that a short one does not."""
    server.switches.chat_tokens = "60/min"
    assert _ask(api, "Hello").status_code == 200
    refused = _ask(api, "word " * 50)
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "tokens")
    assert "x-ratelimit-remaining-requests" not in refused.headers
    server.switches.update({"chat_tokens": None, "chat_rate": None})
    free = _ask(api, "word " * 50)
    assert [name for name in free.headers if name.startswith("x-ratelimit")] == []
