"""Secrets too short to be found by their value: hidden in the fields that they were given for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from tests.client.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator


PIN = "q7!x"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as it:
        it.when("*", answer(status=404))
        yield it


def _hidden(text: str) -> bool:
    return PIN not in text and "q7%21x" not in text


GIVEN: list[dict[str, Any]] = [
    {"params": {"lane": nk.Secret(PIN), "n": 1}},
    {"params": [("n", 1), ("lane", nk.Secret(PIN))]},
    {"params": {"n": 1, "lane": [nk.Secret(PIN), "x"]}},
]


@pytest.mark.parametrize("given", GIVEN)
def test_wherever_a_call_is_shown(
    server: FaultServer, given: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """It is sent, and stands in no repr, URL, error, log or number."""
    caplog.set_level(logging.DEBUG)
    client = nk.Client(server.url, retry=0)
    with nk.LoggingConfig("debug", console=False):
        call = client.get("/x", **given)
        with pytest.raises(nk.NotFound) as wrong:
            call.result()
    error = wrong.value
    shown = [call, call.url, call._repr_html_(), error, error.call, error.response]
    shown += [error.response.request, repr(error.response.request.url)]
    shown.append(error.response._repr_html_())
    shown += [client, client.stats, caplog.text]
    assert all(_hidden(str(it)) and _hidden(repr(it)) for it in shown)
    assert "lane=****" in call.url
    assert "n=1" in call.url
    assert "q7%21x" in server.requests[0].target
    client.close()


def test_wherever_a_map_is_shown(server: FaultServer) -> None:
    """A secret of a row, or of all, is in no error of the frame."""
    rows = pd.DataFrame({"lane": [nk.Secret(PIN)], "name": ["anna"]})
    with nk.Client(server.url, retry=0) as api:
        frames = [
            api.map("/{name}", rows, params={"lane": nk.col("lane")}, progress=False),
            api.map("/{name}", rows, params={"lane": nk.Secret(PIN)}, progress=False),
        ]
    for frame in frames:
        assert "404" in frame["error"].tolist()[0]
        assert _hidden(frame.to_string())
        assert _hidden(str(frame["error"].tolist()))
        assert _hidden(frame.to_html())


def test_parameters_and_headers_of_the_client(server: FaultServer) -> None:
    """Those of every request, too."""
    options: dict[str, Any] = {
        "params": {"lane": nk.Secret(PIN)},
        "headers": {"x-lane": nk.Secret(PIN)},
    }
    with nk.Client(server.url, retry=0, **options) as api, pytest.raises(nk.NotFound) as wrong:
        api.get("/x")
    request = wrong.value.response.request
    assert request.headers["x-lane"] == PIN
    assert _hidden(f"{request!r} {request.headers!r} {wrong.value} {wrong.value.call}")


def test_a_header_of_a_call(server: FaultServer) -> None:
    """By its name, however it is written."""
    with nk.Client(server.url, retry=0) as api, pytest.raises(nk.NotFound) as wrong:
        api.get("/x", headers={"X-Lane": nk.Secret(PIN)})
    assert _hidden(repr(wrong.value.response.request.headers))


def test_what_a_server_repeats(server: FaultServer) -> None:
    """A field of that name in its answer is hidden in the error, another one is told."""
    server.when("/x", answer(f'{{"lane": "{PIN}", "other": "word"}}', status=422))
    with nk.Client(server.url, retry=0) as api, pytest.raises(nk.APIError) as wrong:
        api.post("/x", json={"lane": nk.Secret(PIN)})
    assert _hidden(str(wrong.value))
    assert "word" in str(wrong.value)


def test_a_mirror_is_not_told() -> None:
    """It stays with the origin that it was given for, as one does that is longer."""
    with (
        Origin(lambda _number, _request: answer(status=503)) as home,
        Origin() as mirror,
        nk.Client(home.url, retry=0, fallback=mirror.url) as api,
    ):
        given = {"lane": nk.Secret(PIN), "n": 1}
        answered = api.get("/x", params=given, headers={"x-lane": nk.Secret(PIN)})
        assert answered.source == "fallback"
    (request,) = mirror.requests
    assert request.target == "/x?n=1"
    assert request.header("x-lane") is None


def test_the_same_word_elsewhere_stays(server: FaultServer) -> None:
    """Under another name, and under this name with another value, it is told."""
    with nk.Client(server.url, retry=0) as api:
        with pytest.raises(nk.NotFound):
            api.get("/x", params={"lane": nk.Secret("abc")})
        with pytest.raises(nk.NotFound, match=r"/x\?track=abc&lane=other"):
            api.get("/x", params={"track": "abc", "lane": "other"})
