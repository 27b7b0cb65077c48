from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pydantic
import pytest

import notebook_kit as nk
from notebook_kit.typed import Mismatch, came, converter


@dataclass
class Item:
    id: int


class Model(pydantic.BaseModel):
    id: int
    name: str = ""


@pytest.mark.parametrize("kind", [Item, Model])
def test_values_are_made(kind: Any) -> None:
    """Plain data becomes an object, by msgspec or by pydantic; an object stays what it is."""
    made = converter(kind, of="a test")({"id": "7"}, "")
    assert made == kind(id=7)
    assert converter(kind, of="a test")(made, "") == made


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        (Item, {"id": "x"}, "there.id: Expected `int`, got `str`; 'x' came"),
        (Model, {"id": "x", "name": 1}, "there.id: .*'x' came; there.name: .*; 1 came"),
        (dict[str, int], {"a": []}, r"there\[...\]: Expected `int`"),
    ],
)
def test_a_mismatch_says_where(kind: Any, data: Any, says: str) -> None:
    """The error says where, what was expected and what came."""
    with pytest.raises(Mismatch, match=says):
        converter(kind, of="a test")(data, "there")


def test_anything_goes() -> None:
    """No type, or one of anything, takes data as it is."""
    data = object()
    assert all(converter(kind, of="a test")(data, "") is data for kind in (None, Any, object))


def test_a_type_that_nothing_can_be_made_into() -> None:
    """A type that cannot be read is refused at once, by who wanted it."""
    with pytest.raises(nk.ConfigurationError, match=r"a test: no answer can be read as .*Item"):
        converter(Item | Other, of="a test")


@dataclass
class Other:
    id: int


def test_what_came_is_hidden_in_secret_fields() -> None:
    """A value is shown by its repr, one in a field of a secret's name is not."""
    assert came([1], "a.b") == "[1]"
    assert "hush" not in came("hush", "login.password")


def test_readers_are_loaded_when_needed() -> None:
    """Importing the room loads neither msgspec nor pydantic."""
    script = (
        "import sys, notebook_kit.typed\nprint(sorted({'pydantic', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


def test_what_is_inside_of_a_secret_is_hidden_too() -> None:
    """A name anywhere on the way to it is enough."""
    assert "hush" not in came("hush", "token.value")
    assert "hush" not in came("hush", "tokens[0].text")
