from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import msgspec
import pydantic
import pytest

import notebook_kit as nk
from notebook_kit.frames.opening import expand
from notebook_kit.frames.opening.records import as_records
from tests.frames.ledgers import frame_of_answers


class Used(pydantic.BaseModel):
    tokens: int


class Model(pydantic.BaseModel):
    model: str
    usage: Used


@dataclass
class Data:
    model: str
    usage: Used


class Struct(msgspec.Struct):
    model: str
    usage: Used


class Handle:
    def __init__(self) -> None:
        self.model = "m"


@dataclass
class Node:
    n: int
    parent: Any = None
    children: Any = ()


MADE: list[Any] = [
    Model(model="m", usage=Used(tokens=7)),
    Data("m", Used(tokens=7)),
    Struct("m", Used(tokens=7)),
    SimpleNamespace(model="m", usage=Used(tokens=7)),
]


@pytest.mark.parametrize("answer", MADE, ids=lambda it: type(it).__name__)
def test_objects_are_opened_as_their_fields(answer: Any) -> None:
    """As the dictionaries that they are in a file: by paths, by levels, beside dictionaries."""
    frame = frame_of_answers([answer, {"model": "d", "usage": {"tokens": 8}}, answer])
    assert expand(frame, ["model"])["model"].tolist() == ["m", "d", "m"]
    assert expand(frame, ["usage.tokens"])["usage.tokens"].tolist() == [7, 8, 7]
    assert list(expand(frame)) == ["model", "usage"]
    assert expand(frame, 2)["usage.tokens"].tolist() == [7, 8, 7]


def test_objects_that_hold_themselves_are_opened_one_level_deep() -> None:
    """A tree whose nodes know their parents has ways without end through it."""
    root = Node(0)
    root.children = [Node(1, root), Node(2, root), Node(3, root)]
    deep = Node(4)
    for n in range(5_000):
        deep = Node(n, deep)
    opened = as_records([root, Node(5, Node(6)), deep])
    assert opened[0] == {"n": 0, "parent": None, "children": root.children}
    assert opened[0]["children"] is root.children
    assert opened[1]["parent"] == {"n": 6, "parent": None, "children": ()}
    assert opened[2]["parent"] is deep.parent


def test_a_schema_takes_its_objects_as_they_are() -> None:
    """A model is checked already, and is not read again."""
    opened = expand(frame_of_answers([MADE[0]]), schema=Model)
    assert opened["usage.tokens"].tolist() == [7]


def test_other_objects_are_named_with_what_to_write() -> None:
    """The error says which class it is; what it says to write works."""
    frame = frame_of_answers([Handle(), None])
    with pytest.raises(nk.ConfigurationError, match=r"class Handle.*\.map\(vars.*schema="):
        expand(frame, ["model"])
    mended = frame.assign(result=frame["result"].map(vars, na_action="ignore"))
    assert mended.calls.expand(["model"])["model"].tolist()[0] == "m"


def test_answers_without_objects_are_not_touched() -> None:
    """No list is made, and an object that fails at being asked stays what it is."""

    @dataclass
    class Broken:
        n: int

        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

    answers: list[Any] = [{"n": 1}, None]
    assert as_records(answers) is answers
    broken = Broken(1)
    assert as_records([broken])[0] is broken
