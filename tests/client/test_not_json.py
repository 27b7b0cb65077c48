"""An answer that should be JSON and cannot be read says what is wrong, where, and no key."""

from __future__ import annotations

import copy
import json
import math
import pickle
import pprint
from typing import TYPE_CHECKING, Any, Final

import pytest

import notebook_kit as nk
from notebook_kit.client.not_json import not_json
from notebook_kit.client.strict_json import MOST_LEVELS, loads
from notebook_kit.testing import FakeAPI
from notebook_kit.widgets.inspector.values import value_html

if TYPE_CHECKING:
    from pathlib import Path

SECRET: Final = "sk-0123456789abcdef"
#: What is not taken, and what is said of it.
REFUSED: Final = [
    ('{"a": NaN}', "NaN is no word of JSON: line 1 column 7 (char 6)"),
    ('{"a": [1, -Infinity]}', "-Infinity is no word of JSON: line 1 column 11 (char 10)"),
    ('{"a": 1e999}', "1e999 is more than a float holds: line 1 column 7 (char 6)"),
    ("[" * 300 + "]" * 300, "more than 200 deep in each other: line 1 column 201 (char 200)"),
    ("1" * 5_000, "a number of 5,000 digits, and Python reads at most 4,300"),
    ('{"a": nan}', "Expecting value: line 1 column 7 (char 6)"),
]
JSON: Final = {"content-type": "application/json"}


def _why(document: str, name: str = "x") -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - any of them is told
        loads(document)
    return not_json("It is", caught.value, document, name=name)


@pytest.mark.parametrize(("document", "said"), REFUSED)
def test_a_call_tells_what_is_wrong_and_where(document: str, said: str) -> None:
    """The method, the address, the fault, its place, a piece, and what would take it."""
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
        fake.get("/x").answers(content=document.encode(), headers=JSON)
        response = api.get("/x")
        with pytest.raises(nk.DecodeError) as caught:
            response.json()
    text = str(caught.value)
    assert text.startswith(f"GET {fake.url}/x: the answer is not JSON")
    assert said in text
    assert (caught.value.status_code, caught.value.call) == (200, f"GET {fake.url}/x")
    assert len(text) < 500
    assert str(pickle.loads(pickle.dumps(caught.value))) == text  # noqa: S301 - our own bytes


@pytest.mark.parametrize("body", [b"", b" \n"])
@pytest.mark.parametrize(("status", "said"), [(200, "200 OK"), (204, "204 No Content")])
def test_an_answer_without_a_body_is_said_to_be_empty(status: int, said: str, body: bytes) -> None:
    """With its status, which may tell why."""
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
        fake.get("/x").answers(status=status, content=body)
        response = api.get("/x")
        with pytest.raises(nk.DecodeError) as caught:
            response.json()
    text = f"GET {fake.url}/x: the answer ({said}) is empty, and so no JSON"
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("parse", ["auto", "json", lambda response: response.json()])
@pytest.mark.parametrize("cache", [None, "5 min"])
@pytest.mark.parametrize(("document", "said"), REFUSED)
def test_a_row_tells_the_same(parse: Any, cache: Any, document: str, said: str) -> None:
    """Whatever parse= says, also of an answer that is kept, and the other rows are read."""
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake, cache=cache) as api:
        for source in ("network", cache and "cache"):
            fake.get("/bad").answers(content=document.encode(), headers=JSON)
            fake.get("/good").answers({"n": 1})
            frame = api.map("/{it}", ["bad", "good"], parse=parse, progress=False)
            assert frame["error_type"].tolist()[0] == "DecodeError"
            assert said in frame["error"][0]
            # Of an answer that is kept and cannot be read no status is told.
            assert source == "cache" or frame["status_code"][0] == 200
            assert frame["result"][1] == {"n": 1}


def test_what_is_refused_may_be_taken() -> None:
    """By the function that the message names, and by a keyword."""
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
        fake.get("/x").answers(content=b'{"a": NaN}', headers=JSON)
        response = api.get("/x")
        with pytest.raises(nk.DecodeError, match=r"json\.loads\(response\.content\) takes it"):
            response.json()
        assert math.isnan(response.json(parse_constant=float)["a"])
        run = api.map(
            "/{it}",
            ["x"],
            parse=lambda response: json.loads(response.content),
            progress=False,
        )
        assert math.isnan(run["result"][0]["a"])


def test_a_replayed_answer_is_read_as_strictly(tmp_path: Path) -> None:
    """What was recorded is data as what comes from a server is."""
    path = tmp_path / "tape.sqlite"
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
        fake.get("/x").answers(content=b"[NaN]", headers=JSON)
        with nk.record(path):
            assert api.get("/x").content == b"[NaN]"
        with nk.replay(path), pytest.raises(nk.DecodeError, match="NaN is no word of JSON"):
            api.get("/x").json()


def test_lines_and_events_of_a_stream() -> None:
    """A line is named by its number; what reads it otherwise is said for each."""
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
        fake.get("/lines").answers(content=b'{"a": 1}\n\n{"a": Infinity}\n')
        with pytest.raises(nk.DecodeError) as caught:
            list(api.stream("/lines").json_lines())
        assert "/lines: line 3 is not JSON that is read here (Infinity is" in str(caught.value)
        assert "json.loads(line) takes it" in str(caught.value)
        fake.get("/events").answers(content=b'data: {"a": 1e999}\n\n')
        (event,) = list(api.stream("/events").sse())
        with pytest.raises(nk.DecodeError) as caught:
            event.json()
        assert "the data of this event is not JSON that is read here (1e999" in str(caught.value)
        assert "json.loads(event.data) takes it" in str(caught.value)


def test_a_declared_endpoint_says_the_same() -> None:
    """Answers of types are read from the same JSON."""

    class Prices(nk.Resource):
        @nk.endpoint("GET /prices")
        def all(self) -> list[float]:
            raise NotImplementedError

    class Api(nk.Client):
        prices: Prices

    with FakeAPI() as fake, Api(fake.url, transport=fake) as api:
        fake.get("/prices").answers(content=b"[1.5, NaN]", headers=JSON)
        with pytest.raises(nk.DecodeError, match="NaN is no word of JSON"):
            api.prices.all()


@pytest.mark.parametrize("where", [0, 50, 400, 20_000])
def test_the_piece_is_from_where_it_is_wrong(where: int) -> None:
    """The beginning, or what stands around the place, on one line and short."""
    text = f'["{"a" * where}", 1, tru, "{"b" * 20_000}"]'
    said = _why(text)
    assert "tru" in said
    assert len(said) < 300
    assert ("…a" in said) == (where > 100)


def test_no_key_is_in_the_piece() -> None:
    """Neither whole nor in part, wherever it stands, as an API may repeat it."""
    key = nk.Secret(SECRET)
    for before in range(0, 400, 7):
        said = _why(f'["{"a" * before}{key.reveal()}", {"1, " * (before // 9)}tru, "{SECRET}"]')
        assert not any(SECRET[at : at + 6] in said for at in range(len(SECRET) - 5)), said


def test_an_error_does_not_keep_the_answer() -> None:
    """Rows that failed would hold all the bodies otherwise."""
    for content in (b'["' + b"a" * 100_000, b'["' + b"a" * 100_000 + b'\xff"]'):
        with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
            fake.get("/x").answers(content=content, headers=JSON)
            with pytest.raises(nk.DecodeError) as caught:
                api.get("/x").json()
        held = caught.value.__cause__
        assert isinstance(held, (json.JSONDecodeError, UnicodeDecodeError))
        assert len(held.doc if isinstance(held, json.JSONDecodeError) else held.object) < 6_000


@pytest.mark.parametrize("kind", ["lists", "objects"])
def test_the_deepest_answer_can_be_used(kind: str, tmp_path: Path) -> None:
    """It is printed, copied, opened, looked at, kept in a checkpoint and written into files."""
    opening, inner, closing = ("[", "1", "]") if kind == "lists" else ('{"a":', "1", "}")
    document = opening * MOST_LEVELS + inner + closing * MOST_LEVELS
    value = json.loads(document)
    path = str(tmp_path / "runs.db")
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake, cache="5 min") as api:
        fake.get("/x").answers(content=document.encode(), headers=JSON)
        api.map("/{it}", ["x"], checkpoint=path, progress=False)
        run = nk.last_run()
        assert run is not None
        again = api.map("/{it}", ["x"], checkpoint=path, progress=False)
        response = api.get("/x")
        assert response.json() == value
    frame = run.frame
    assert frame["status"].tolist() == ["ok"]
    assert frame["result"][0] == again["result"][0] == value
    assert again["source"].tolist() == ["checkpoint"]
    for shown in (repr, str, pprint.pformat, copy.deepcopy, pickle.dumps, json.dumps):
        shown(value)
    json.dumps(value, indent=1)
    assert frame.to_html()
    assert response._repr_html_()
    assert len(run.expand()) == 1
    assert value_html(value, is_answer=True)
    for name in ("rows.csv", "rows.jsonl", "rows.parquet"):
        run.export(tmp_path / name)
        assert nk.read_frame(tmp_path / name)["result"][0] == value
