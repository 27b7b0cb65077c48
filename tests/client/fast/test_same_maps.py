"""What comes of the rows of a map is the same on the short way and on the full one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from tests.client.fast.test_same_calls import ANSWERS, DOCUMENT, JSON
from tests.client.fast.ways import both_ways, of_map

if TYPE_CHECKING:
    from notebook_kit.testing import Reaction

_TARGET: dict[str, list[Reaction]] = {"/y": [answer(DOCUMENT, headers=JSON)]}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("parse", ["auto", "json", "bytes"])
def test_whatever_a_server_does(name: str, parse: Any) -> None:
    """Results, errors, attempts, and what the server sees are the same."""
    script = {"/x": ANSWERS[name], **_TARGET}
    short, full = both_ways(script, of_map("/{id}", ["x", "y", "x"], parse=parse))
    if name == "refused":
        # Whether five milliseconds are over when the next row begins is up to the machine.
        for each in (short, full):
            each["seen"].sort()
    assert short == full


@pytest.mark.parametrize("name", ["json", "text", "zipped", "not found", "redirect", "cookie"])
@pytest.mark.parametrize("parse", ["text", "response", len], ids=["text", "response", "function"])
def test_however_it_is_read(name: str, parse: Any) -> None:
    """What is made of the whole answer is the same."""
    read: Any = (lambda response: len(response.content)) if parse is len else parse
    script = {"/x": ANSWERS[name], **_TARGET}
    short, full = both_ways(script, of_map("/{id}", ["x", "y"], parse=read))
    assert short == full


@pytest.mark.parametrize("name", [name for name in ANSWERS if "redirect" in name])
def test_redirects_that_are_followed(name: str) -> None:
    """Rows that are led elsewhere end there, or in the same error."""
    script = {"/x": ANSWERS[name], **_TARGET}
    act = of_map("/{id}", ["x", "y"])
    short, full = both_ways(script, act, follow_redirects=True, max_redirects=3)
    assert short == full


#: Templates, and what the rows are made of.
INPUTS: dict[str, tuple[str, list[Any]]] = {
    "words": ("/{id}", ["ZRH", "a b", "ü", "a/b", "..", ".", "", "x" * 1_001, "%41", "a.b"]),
    "numbers": ("/{id}", [1, -1, 0, 7.0, 2.5, float("nan"), None, True, 10**30]),
    "in the middle": ("/a/{id}/b.json", ["x", 7, "ü"]),
    "in the query": ("/a?q={id}&b=c", ["x", "a&b", "", ".."]),
    "half an encoding": ("/a%2{id}", ["f", "z", "1"]),
    "after a dot": ("/.{id}", ["a", "."]),
    "several": ("/{a}/{b}", [{"a": "x", "b": 1}, {"a": "y"}, {"a": "x y", "b": "z"}]),
    "whole path": ("/{p:path}", ["a/b", "a//b", "a/../b"]),
    "without a slash": ("{id}", ["a", "a:b", "http://b", "7"]),
    "none": ("/same", ["a", "b"]),
    "braces": ("/{{{id}}}", ["a"]),
    "odd rows": ("/{id}", [["a"], object, b"x", {"id": 3}, {"no": 3}]),
}


@pytest.mark.parametrize("name", INPUTS)
def test_whatever_the_rows(name: str) -> None:
    """Each row asks for the same bytes, or is the same error."""
    template, items = INPUTS[name]
    short, full = both_ways({"*": [answer(b"[1]", headers=JSON)]}, of_map(template, items))
    assert repr(short) == repr(full)


#: Options of a map that all rows share, and those that differ from row to row.
OPTIONS: dict[str, dict[str, Any]] = {
    "params": {"params": {"v": "1"}},
    "headers": {"headers": {"X-Trace": "7"}},
    "body": {"method": "POST", "json": {"a": 1}},
    "form": {"method": "POST", "data": {"a": "b"}},
    "no body": {"method": "POST"},
    "head": {"method": "HEAD"},
    "delete": {"method": "DELETE"},
    "timeout": {"timeout": 3},
    "params of the row": {"params": {"v": nk.col("id")}},
    "body of the row": {"method": "POST", "json": lambda row: {"a": row}},
    "keys": {"method": "POST", "idempotency_key": lambda row: f"key-{row}"},
    "retries": {"retry": 1},
    "attempt_timeout": {"attempt_timeout": 5},
    "expect": {"method": "PUT", "content": b"a", "headers": {"Expect": "100-continue"}},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_whatever_is_asked(name: str) -> None:
    """Each option of a map gives the same bytes on the wire and the same results."""
    items: Any = pd.DataFrame({"id": ["x", "y"]}) if "params of" in name else ["x", "y"]
    script: dict[str, list[Reaction]] = {"*": [answer(DOCUMENT, headers=JSON)]}
    short, full = both_ways(script, of_map("/{id}", items, **OPTIONS[name]))
    assert short == full


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"x-api-key": nk.Secret("0123456789abcdef")}},
        {"params": {"version": "1"}},
        {"auth": ("me", "secret-password")},
        {"breaker": True},
        {"rate": "1000/s"},
        {"event_hooks": {"request": [lambda request: request.headers.update({"x-a": "1"})]}},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("where", ["/{id}", "WHOLE/{id}"])
def test_whatever_holds_for_a_client(options: dict[str, Any], where: str) -> None:
    """Credentials and policies of a client are the same, at home and elsewhere."""
    with FaultServer() as elsewhere:
        elsewhere.when("*", answer(DOCUMENT, headers=JSON))
        template = where.replace("WHOLE", elsewhere.url)
        script: dict[str, list[Reaction]] = {"*": [answer(DOCUMENT, headers=JSON)]}
        short, full = both_ways(script, of_map(template, ["x", "y"]), **options)
        heads = [request.head for request in elsewhere.requests]
    assert short == full
    assert heads[: len(heads) // 2] == heads[len(heads) // 2 :]
