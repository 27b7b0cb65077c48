"""Bodies that JSON cannot hold: what is said of them, and numpy's numbers, which it can."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import numpy as np
import pandas as pd
import pydantic
import pytest

import notebook_kit as nk
from notebook_kit.client.json_values import writable_json

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass
class Todo:
    title: str = "x"


class Model(pydantic.BaseModel):
    title: str = "x"


class Colour(Enum):
    RED = "red"


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def client(seen: list[Any]) -> Iterator[nk.Client]:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json={})

    client = nk.Client("http://host", transport=httpx.MockTransport(answer))
    yield client
    client.close()
    nk.forget()


NUMBERS = {"a": np.int64(1), "b": [np.bool_(1), np.float32(0.5)], np.int64(7): np.uint8(3)}
WRITTEN = {"a": 1, "b": [True, 0.5], "7": 3}


def test_numbers_of_numpy_are_sent_as_numbers(client: nk.Client, seen: list[Any]) -> None:
    """There is one way to write them, in a call, when it is repeated, and in a map."""
    call = client.post("/x", json=NUMBERS)
    call.result()
    call.result()
    client.map("/x/{n}", [1], method="POST", json=NUMBERS, progress=False).result()
    client.map("/x/{n}", [1], method="POST", json=lambda _: NUMBERS, progress=False).result()
    assert seen == [WRITTEN] * 4
    assert isinstance(NUMBERS["a"], np.int64)


@pytest.mark.parametrize(
    ("value", "instead"),
    [
        (pd.Timestamp("2026-01-31"), r"is a pandas\.Timestamp, .* write value\.isoformat\(\)\."),
        (dt.datetime(2026, 1, 31, tzinfo=dt.UTC), r"a datetime, .* write value\.isoformat\(\)"),
        (dt.date(2026, 1, 31), r"a date, .* write value\.isoformat\(\)"),
        (dt.timedelta(1), r"write value\.total_seconds\(\)"),
        (Decimal("1.5"), r"a Decimal, .* write str\(value\), or float\(value\)"),
        (float("nan"), r"is nan, which JSON does not have; write None"),
        (np.float64("inf"), r"is inf, which JSON does not have; write None"),
        (np.array([1]), r"is a numpy\.ndarray, .* write value\.tolist\(\)"),
        (np.datetime64("2026-01-31", "ns"), r"numpy\.datetime64, .* write str\(value\)"),
        (np.timedelta64(1, "ns"), r"numpy\.timedelta64, "),
        (np.longdouble(1.5), r"numpy\.longdouble, .* write float\(value\)"),
        (1j, r"a complex, .* write \[value\.real, value\.imag\]"),
        (np.complex128(1), r"numpy\.complex128, .* write \[value\.real, value\.imag\]"),
        (np.add, r"a numpy\.ufunc, .* write text or a number"),
        (Todo, r"is a type, .* write value\.__name__"),
        (pd.NA, "write None, which is null"),
        (pd.NaT, "write None, which is null"),
        (pd.Series([1]), r"a pandas\.Series, .* write value\.tolist\(\)"),
        (pd.DataFrame({"a": [1]}), r"write value\.to_dict\('records'\)"),
        (Todo(), r"is a Todo, .* write dataclasses\.asdict\(value\)"),
        (Model(), r"write value\.model_dump\(mode='json'\)"),
        (Colour.RED, r"write value\.value"),
        (UUID(int=1), r"write str\(value\)"),
        (PurePosixPath("/a"), r"write str\(value\)"),
        (b"a", r"base64\.b64encode\(value\)\.decode\(\), or value\.decode\(\)"),
        ({1}, r"is a set, .* write list\(value\)"),
        (MappingProxyType({}), r"is a mappingproxy, .* write dict\(value\)"),
        ((it for it in "ab"), r"is a generator, .* write list\(value\)"),
        (object(), r"is an object, .* write text or a number"),
    ],
)
def test_what_is_no_json_is_named_with_what_to_write(
    client: nk.Client, seen: list[Any], value: Any, instead: str
) -> None:
    """The error names the place, the kind and the form that can be sent; nothing is sent."""
    with pytest.raises(nk.ConfigurationError, match=rf"in json=, \$\.when .*{instead}") as caught:
        client.post("/x", json={"id": 1, "when": value})
    assert caught.value.__cause__ is None
    assert seen == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"rows": [{"at": 1}, {"at": {1}}]}, r"\$\.rows\[1\]\.at is a set"),
        ({"two words": {1}}, r"\$\['two words'\] is a set"),
        ({7: [{1}]}, r"\$\[7\]\[0\] is a set"),
        ([{1}], r"\$\[0\] is a set"),
        ({1}, r"\$ is a set"),
        ({"a": {(1, 2): 3}}, r"\$\.a has a key that is a tuple, .* write str\(key\)"),
        ({"a": {float("nan"): 3}}, r"\$\.a has the key nan, .* write str\(key\)"),
        ({"a" * 5_000: {1}}, r"\$\['a{10,60}…?\] is a set"),
        ({dt.date(2026, 1, 31): 1}, r"\$ has a key that is a date, .* write key\.isoformat\(\)"),
    ],
)
def test_the_place_is_a_path_into_the_body(client: nk.Client, body: Any, place: str) -> None:
    """The path is written as one would reach the value, from the whole body, `$`."""
    with pytest.raises(nk.ConfigurationError, match=f"in json=, {place}"):
        client.post("/x", json=body)


def test_a_body_that_holds_itself_is_named() -> None:
    """A circle ends in an error with its place; the same value twice is none."""
    circle: dict[str, Any] = {"a": {}}
    circle["a"]["b"] = circle
    with pytest.raises(nk.ConfigurationError, match=r"\$\.a\.b holds itself"):
        writable_json(circle)
    same = [np.int64(1)]
    assert writable_json([same, same]) == [[1], [1]]


def test_a_row_that_is_no_json_is_that_rows_error(client: nk.Client, seen: list[Any]) -> None:
    """In a map the other rows are sent."""
    days = [dt.date(2026, 1, 31), "2026-01-31"]
    run = client.map("/x", days, method="POST", json=lambda day: {"day": day}, progress=False)
    frame = run.result()
    assert frame["status"].tolist() == ["failed", "ok"]
    assert "$.day is a date" in str(frame["error"][0])
    assert seen == [{"day": "2026-01-31"}]


def test_a_key_does_not_show(client: nk.Client) -> None:
    """A credential that is the name of a field is hidden in the path to it."""
    key = nk.Secret("sk-0123456789abcdef")
    with pytest.raises(nk.ConfigurationError, match=r"\$") as caught:
        client.post("/x", json={"a": {key.reveal(): {1}}})
    assert key.reveal() not in str(caught.value)
