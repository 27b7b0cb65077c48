"""Client.map: a request per row, a frame of what became of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from notebook_kit.demo import DemoServer

CODES = ["ZRH", "GVA", "BSL"]


@pytest.fixture
def client(demo: DemoServer) -> Iterator[nk.Client]:
    client = nk.Client(demo.url, retry=0)
    yield client
    client.close()
    nk.forget()


async def _later(codes: list[str]) -> AsyncIterator[str]:
    for code in codes:
        await asyncio.sleep(0)
        yield code


INDEXED: list[tuple[Any, list[Any]]] = [
    (CODES, [0, 1, 2]),
    (tuple(CODES), [0, 1, 2]),
    (pd.Series(CODES, index=["a", "a", "b"]), ["a", "a", "b"]),
    (pd.DataFrame({"iata": CODES}, index=[7, 5, 7]), [7, 5, 7]),
    ({"x": "ZRH", "y": "GVA", "z": "BSL"}, ["x", "y", "z"]),
    ([], []),
    (pd.DataFrame({"iata": []}), []),
]


@pytest.mark.parametrize(("items", "index"), INDEXED)
def test_one_row_per_item_and_the_inputs_index(
    client: nk.Client, items: Any, index: list[Any]
) -> None:
    """Whatever the input, the frame has a row for each item and the input's index."""
    frame = client.map("/airports/{iata}", items, progress=False).result()
    assert len(frame) == len(items)
    assert frame.index.tolist() == index
    assert frame["status"].eq("ok").all()


def test_generators_of_both_kinds(client: nk.Client) -> None:
    """A generator, and an async generator on the caller's own loop, give a row each."""
    frame = client.map("/airports/{iata}", iter(CODES), progress=False).result()
    assert frame["item"].tolist() == CODES

    async def main() -> pd.DataFrame:
        return await client.map("/airports/{iata}", _later(CODES), progress=False)

    frame = asyncio.run(main())
    assert frame["item"].tolist() == CODES
    assert frame["status"].eq("ok").all()


def test_rows_that_cannot_be_sent_are_errors_and_nothing_is_sent(
    client: nk.Client, demo: DemoServer
) -> None:
    """'..', an empty string, None and NaN are their rows' errors; only the good row is sent."""
    items = ["..", "", None, float("nan"), "ZRH"]
    frame = client.map("/airports/{iata}", items, progress=False).result()
    assert frame["status"].tolist() == ["failed"] * 4 + ["ok"]
    assert frame["error_type"].tolist()[:4] == ["ConfigurationError"] * 4
    assert frame["attempts"].tolist() == [0, 0, 0, 0, 1]
    assert demo.stats().requests == 1


def test_an_unknown_code_is_one_row(client: nk.Client) -> None:
    """A 404 is that row's error with its status; the others keep their answers."""
    frame = client.map("/airports/{iata}", ["ZRH", "XXX"], progress=False).result()
    assert frame["status_code"].tolist() == [200, 404]
    assert frame["error_type"].tolist()[1] == "NotFound"
    assert frame["result"].tolist()[0]["city"] == "Zurich"


def test_a_body_per_row(client: nk.Client) -> None:
    """json=, params= and headers= may be functions of the row or hold nk.col."""
    rows = pd.DataFrame({"text": ["a", "b"], "n": [1, 2]})
    frame = client.map(
        "/echo",
        rows,
        method="POST",
        json=lambda row: {"prompt": row.text},
        params={"n": nk.col("n")},
        headers={"x-text": nk.col("text")},
        progress=False,
    ).result()
    echoed = frame["result"].tolist()
    assert [answer["method"] for answer in echoed] == ["POST", "POST"]
    assert [answer["body"] for answer in echoed] == ['{"prompt":"a"}', '{"prompt":"b"}']
    assert [dict(answer["headers"])["x-text"] for answer in echoed] == ["a", "b"]


def test_a_whole_row_as_the_body(client: nk.Client) -> None:
    """json=lambda row: row sends all columns of the row."""
    rows = pd.DataFrame({"text": ["a"], "n": [1]})
    frame = client.map("/echo", rows, method="POST", json=lambda row: row, progress=False).result()
    assert frame["result"].tolist()[0]["body"] == '{"text":"a","n":1}'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "/users/{id"}, "without its partner"),
        ({"path": "/users/{nope}"}, "there is no such column"),
        ({"json": {"a": nk.col("nope")}}, "needs the column 'nope'"),
        ({"max_concurrency": -1}, "max_concurrency=-1"),
        ({"rate": "often"}, "rate='often' cannot be read"),
        ({"method": 7}, "method=7"),
        ({"parse": "xml"}, "parse='xml'"),
        ({"parse": ["xml"]}, r"parse=\['xml'\]"),
        ({"items": "text"}, r"\['text'\]|\[text\]"),
        ({"unknown": 1}, "no option 'unknown'"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    client: nk.Client, demo: DemoServer, options: dict[str, Any], said: str
) -> None:
    """A bad template, column, option or input is an error at once, with what to write instead."""
    given = {"path": "/airports/{iata}", "items": pd.DataFrame({"iata": CODES}), **options}
    with pytest.raises(nk.ConfigurationError, match=said):
        client.map(given.pop("path"), given.pop("items"), progress=False, **given)
    assert demo.stats().requests == 0


@pytest.mark.parametrize(
    ("parse", "expected"),
    [
        ("auto", {"a": 1}),
        ("json", {"a": 1}),
        ("text", '{"a":1}'),
        ("bytes", b'{"a":1}'),
        (lambda response: response.status_code, 200),
    ],
)
def test_parse_says_what_lands_in_result(parse: Any, expected: Any) -> None:
    """parse= gives JSON, text, bytes, or what a function makes of the answer."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"a": 1}))
    with nk.Client("http://host", transport=transport) as api:
        frame = api.map("/{x}", [1], parse=parse, progress=False)
    assert frame["result"].tolist() == [expected]
    nk.forget()


def test_parse_auto_goes_by_the_content_type() -> None:
    """Text stays text, an image bytes, an empty answer None, and bad JSON its row's error."""
    answers = {
        "/1": httpx.Response(200, text="hello"),
        "/2": httpx.Response(200, content=b"\x89PNG", headers={"content-type": "image/png"}),
        "/3": httpx.Response(204),
        "/4": httpx.Response(200, content=b"<html>", headers={"content-type": "application/json"}),
    }
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    with nk.Client("http://host", transport=transport) as api:
        frame = api.map("/{x}", [1, 2, 3, 4], progress=False)
    assert frame["result"].tolist() == ["hello", b"\x89PNG", None, None]
    assert frame["error_type"].tolist()[3] == "DecodeError"
    nk.forget()


def test_concurrency_is_clamped_to_the_clients_connections(demo: DemoServer) -> None:
    """max_concurrency above max_connections is lowered, and the run says so."""
    with nk.Client(demo.url, max_connections=3) as api:
        api.map("/airports/{iata}", CODES * 10, max_concurrency=50, progress=False)
    run = nk.last_run()
    assert run is not None
    assert run.snapshot().max_concurrency == 3
    assert "lowered to 3" in run.snapshot().notices[0]
    assert demo.stats().connections_opened <= 3
    nk.forget()


def test_cancelling_keeps_every_finished_row(client: nk.Client, demo: DemoServer) -> None:
    """After cancel() the frame has all rows, and the statuses add up."""
    demo.switches.latency_s = 0.01
    run = client.map("/airports/{iata}", CODES * 100, progress=False)
    while run.snapshot().ok < 20:
        pass
    run.cancel()
    frame = run.result()
    counts = frame["status"].value_counts()
    assert len(frame) == 300
    assert counts["ok"] >= 20
    assert counts["ok"] + counts["cancelled"] == 300
    assert frame.loc[frame["status"] == "ok", "result"].notna().all()
    demo.switches.latency_s = 0.0


def test_retry_after_of_the_server_is_waited_out(demo: DemoServer) -> None:
    """A 429 with Retry-After is repeated after that time, for a POST too."""
    asked: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        if len(asked) == 1:
            return httpx.Response(429, headers={"retry-after": "0.02"})
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(answer)
    with nk.Client(demo.url, transport=transport, retry=nk.Retry(base_delay=0)) as api:
        frame = api.map("/x", [1], method="POST", progress=False)
    assert frame["status"].tolist() == ["ok"]
    assert frame["attempts"].tolist() == [2]
    assert frame["backoff_s"].tolist()[0] >= 0.02
    nk.forget()


def test_cells_that_gather_single_calls(client: nk.Client) -> None:
    """C1, C2: asyncio.gather over awaited calls works, all of them at once."""

    async def main() -> list[str]:
        async def city(code: str) -> str:
            return str((await client.get(f"/airports/{code}")).json()["city"])

        return await asyncio.gather(*map(city, CODES))

    assert asyncio.run(main()) == ["Zurich", "Geneva", "Bale/Mulhouse"]


def test_bulk_creation_keeps_failures_beside_their_input(
    client: nk.Client, demo: DemoServer
) -> None:
    """E4: each created item, and each refusal, stands in the row of its input."""
    todos = pd.DataFrame({"title": ["write", "", "read"]})
    frame = client.map(
        "/todos", todos, method="POST", json={"title": nk.col("title")}, progress=False
    ).result()
    joined = todos.join(frame)
    assert joined["status"].tolist() == ["ok", "failed", "ok"]
    assert joined["status_code"].tolist() == [201, 422, 201]
    assert joined["result"].tolist()[2]["title"] == "read"
    assert demo.stats().todos_created == 2


def test_a_redirect_that_is_not_followed_is_a_failed_row() -> None:
    """A row whose answer lies elsewhere is no success without an answer; parse='response' is."""
    answer = httpx.Response(307, headers={"location": "/there"})
    transport = httpx.MockTransport(lambda _: answer)
    with nk.Client("http://host", transport=transport) as api:
        frame = api.map("/{x}", [1], progress=False)
        whole = api.map("/{x}", [1], parse="response", progress=False)
    assert frame["status"].tolist() == ["failed"]
    assert frame["status_code"].tolist() == [307]
    assert "points to /there" in frame["error"].tolist()[0]
    assert whole["status"].tolist() == ["ok"]
    nk.forget()


def test_a_path_without_a_placeholder_is_noticed(client: nk.Client) -> None:
    """A map that sends the same request for every row says so."""
    client.map("/airports/ZRH", [1, 2], progress=False).result()
    run = nk.last_run()
    assert run is not None
    assert "Every row sends the same request" in run.snapshot().notices[0]


def test_a_live_run_is_clamped_too(demo: DemoServer) -> None:
    """Raising the concurrency of a live run above the client's connections lowers it, and says."""
    with nk.Client(demo.url, max_connections=3) as api:
        api.map("/airports/{iata}", CODES, progress=False)
        run = nk.last_run()
        assert run is not None
        run.max_concurrency = 50
    assert run.max_concurrency == 3
    assert "lowered to 3" in run.snapshot().notices[0]
    nk.forget()


@pytest.mark.parametrize("option", ["params", "headers", "json"])
def test_a_function_of_the_row_that_raises_is_that_rows_error(
    client: nk.Client, option: str
) -> None:
    """What a function of the row raises fails its row, untried and with secrets removed."""
    key = nk.Secret("sk-0123456789abcdef")

    def of_row(row: str) -> dict[str, str]:
        if row == "GVA":
            message = f"no value, and the key is {key.reveal()}"
            raise LookupError(message)
        return {"x": row}

    options: Any = {option: of_row}
    frame = client.map("/airports/{iata}", CODES, progress=False, **options).result()
    assert frame["status"].tolist() == ["ok", "failed", "ok"]
    assert frame["attempts"].tolist() == [1, 0, 1]
    error = frame["error"].tolist()[1]
    assert "cannot be made of this row: LookupError: no value, and the key is ****" in error


@pytest.mark.parametrize("parse", ["json", lambda response: response.json()])
def test_a_row_that_is_no_json_has_the_status_of_its_answer(parse: Any) -> None:
    """What the server said is known, although what it sent cannot be read."""
    with FaultServer() as server, nk.Client(server.url, retry=0) as api:
        server.when("/a", answer("<p>hello</p>", status=202))
        frame = api.map("/{it}", ["a"], parse=parse, progress=False)
    assert frame["error_type"].tolist() == ["DecodeError"]
    assert frame["status_code"].tolist() == [202]
