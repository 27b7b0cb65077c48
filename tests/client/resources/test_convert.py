"""Answers as what an endpoint says, and what happens when they are something else."""

from __future__ import annotations

import datetime as dt
import enum
import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

import pydantic
import pytest

import notebook_kit as nk
from notebook_kit.client.resources.convert import reader
from notebook_kit.testing import FaultServer, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = [("content-type", "application/json")]


class State(enum.Enum):
    DONE = "done"


class Tag(TypedDict):
    name: str


@dataclass
class Login:
    password: int


class LoginModel(pydantic.BaseModel):
    password: int


@dataclass
class Item:
    id: int
    state: State
    made: dt.datetime
    tags: list[Tag] = field(default_factory=list)


class Model(pydantic.BaseModel):
    id: int
    made: dt.date


@dataclass
class Holder:
    model: Model


@dataclass
class Tree:
    name: str
    below: list[Tree] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def read(
    server: FaultServer, kind: Any, body: Any, *, status: int = 200, headers: Any = JSON
) -> Any:
    """Return what an endpoint of a type makes of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    server.when("/x", answer(raw, status=status, headers=headers))
    with nk.Client(server.url, retry=0) as api:
        return reader(kind, of="Things.get")(api.get("/x"))


PLAIN = {
    "id": "7",
    "state": "done",
    "made": "2026-01-31T12:00:00Z",
    "tags": [{"name": "a", "x": 1}],
}
MADE = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def test_objects(server: FaultServer) -> None:
    """Dataclasses, enums, dates and typed dictionaries are made; unknown fields are left out."""
    item = Item(7, State.DONE, MADE, [{"name": "a"}])
    assert read(server, Item, {**PLAIN, "new": 1}) == item
    assert read(server, list[Item], [PLAIN]) == [item]
    assert read(server, dict[str, Item], {"a": PLAIN}) == {"a": item}
    assert read(server, Item | None, None) is None
    assert read(server, Tree, {"name": "a", "below": [{"name": "b"}]}) == Tree("a", [Tree("b")])
    assert read(server, dt.date, "2026-01-31") == dt.date(2026, 1, 31)


def test_models(server: FaultServer) -> None:
    """Models of pydantic are made by pydantic, also inside of other types."""
    model = Model(id=7, made=dt.date(2026, 1, 31))
    plain = {"id": "7", "made": "2026-01-31", "new": 1}
    assert read(server, Model, plain) == model
    assert read(server, list[Model], [plain]) == [model]
    assert read(server, Holder, {"model": plain}) == Holder(model)


def test_answers_as_they_are(server: FaultServer) -> None:
    """Bytes, text, nothing, the response itself, or what the content type says."""
    text = [("content-type", "text/plain; charset=latin-1")]
    assert read(server, bytes, b"\xe4", headers=text) == b"\xe4"
    assert read(server, str, b"\xe4", headers=text) == "ä"
    assert read(server, type(None), b"anything") is None
    response = read(server, nk.Response, {"a": 1})
    assert isinstance(response, nk.Response)
    for anything in (None, Any, object):
        assert read(server, anything, {"a": 1}) == {"a": 1}
    assert read(server, Any, b"a", headers=text) == "a"


def test_an_empty_answer_is_none_where_that_fits(server: FaultServer) -> None:
    """204 is None for a type that allows it, and an error that says so for one that does not."""
    assert read(server, Item | None, b"", status=204) is None
    with pytest.raises(nk.DecodeError, match="the whole: Expected `object`, got `null`; None came"):
        read(server, Item, b"", status=204)


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        (Item, {**PLAIN, "id": "x"}, r"id: Expected `int`, got `str`; 'x' came"),
        (Item, {"id": 1}, r"the whole: .*missing required field `state`; \{'id': 1\} came"),
        (list[Item], [PLAIN, {**PLAIN, "state": "?"}], r"\[1\]\.state: Invalid enum value '\?'"),
        (Item, {**PLAIN, "tags": [{"name": 1}]}, r"tags\[0\]\.name: Expected `str`, got `int`; 1 "),
        (dict[str, int], {"a": []}, r"\[\.\.\.\]: Expected `int`"),
        (list[Model], [{"id": "x", "made": 1}], r"\[0\]\.id: .*valid integer.*'x' came"),
        (list[int], {"a": 1}, r"the whole: Expected `array`, got `object`"),
    ],
)
def test_an_answer_that_is_something_else(
    server: FaultServer, kind: Any, body: Any, says: str
) -> None:
    """The error names the call, where in the answer, what was expected and what came."""
    with pytest.raises(nk.DecodeError, match=rf"GET http://\S+/x: the answer is not as.*{says}"):
        read(server, kind, body)


def test_what_came_is_scrubbed_and_short(server: FaultServer) -> None:
    """A secret in an answer that does not fit is not in the error, nor is a long text whole."""
    secret = nk.Secret("sk-abcdefghij")
    body = {**PLAIN, "id": f"{secret.reveal()} {'x' * 1000}"}
    with pytest.raises(nk.DecodeError) as caught:
        read(server, Item, body)
    assert secret.reveal() not in str(caught.value)
    assert len(str(caught.value)) < 300
    with pytest.raises(nk.DecodeError) as caught:
        read(server, Model, {"id": {"token": "hush-hush"}, "made": secret.reveal()})
    assert "hush-hush" not in str(caught.value)
    assert secret.reveal() not in str(caught.value)
    logins = [{"password": "hush-hush"}]
    keyed = {secret.reveal(): logins}
    for kind, came in ((list[Login], logins), (dict[str, list[LoginModel]], keyed)):
        with pytest.raises(nk.DecodeError, match=r"password: .*came") as caught:
            read(server, kind, came)
        assert "hush-hush" not in str(caught.value)
        assert secret.reveal() not in str(caught.value)


def test_no_json_and_redirects(server: FaultServer) -> None:
    """What is no JSON, or the page that says where the answer is, is no value of the type."""
    with pytest.raises(nk.DecodeError, match="not JSON"):
        read(server, Item, b"<html>")
    moved = [("location", "/y")]
    for kind in (Item, bytes, type(None), Any):
        with pytest.raises(nk.APIError, match="302"):
            read(server, kind, b"", status=302, headers=moved)
    assert read(server, nk.Response, b"", status=302, headers=moved).status_code == 302


@pytest.mark.parametrize("kind", [Item | Tree, dict[int, Item | Tree]])
def test_a_type_that_nothing_can_be_made_into(kind: Any) -> None:
    """A type that cannot be read is refused before anything is sent, and named."""
    with pytest.raises(nk.ConfigurationError, match=r"Things.get: no answer can be read as .*Item"):
        reader(kind, of="Things.get")


def test_what_reads_types_is_loaded_when_it_is_needed() -> None:
    """Importing the package loads no pydantic, and declaring an endpoint loads nothing more."""
    script = """
import sys, notebook_kit as nk
before = {"msgspec", "pydantic"} & set(sys.modules)
class Api(nk.Client):
    @nk.endpoint("GET /x")
    def x(self) -> list[int]: ...
print("pydantic" in before, sorted(({"msgspec", "pydantic"} & set(sys.modules)) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "False []\n"
