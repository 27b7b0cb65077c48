from __future__ import annotations

import dataclasses
import datetime as dt
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pydantic
import pytest

from notebook_kit.frames import build_frame, export_frame, plan_of, read_frame
from tests.frames.ledgers import answered, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = [".parquet", ".csv", ".jsonl", ".xlsx"]
USED = {"prompt_tokens": 3, "completion_tokens": 4}


class ModelUsage(pydantic.BaseModel):
    prompt_tokens: int
    completion_tokens: int


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")

    model: str
    usage: ModelUsage


@dataclasses.dataclass
class Data:
    model: str
    usage: ModelUsage


class Struct(msgspec.Struct):
    model: str
    usage: ModelUsage


class Handle:
    """Something that says nothing of what is in it."""

    def __init__(self) -> None:
        self.model = "m"


def objects() -> dict[str, Any]:
    """Return answers that hold the same in classes of different kinds."""
    usage = ModelUsage(**USED)
    return {
        "model": Model(model="m", usage=usage),
        "unchecked": Model.model_construct(model=7, usage=USED),
        "with more": Model.model_construct(model="m", usage=USED, more=Handle()),
        "data": Data("m", usage),
        "struct": Struct("m", usage),
        "namespace": SimpleNamespace(model="m", usage=SimpleNamespace(**USED)),
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", [name for name in objects() if name != "with more"])
def test_objects_with_fields_are_written_with_them(tmp_path: Path, suffix: str, kind: str) -> None:
    """Without a word, and the tokens that they say were used are counted in what comes back."""
    answer = objects()[kind]
    path = export_frame(frame_of_answers([answer, answer]), tmp_path / f"x{suffix}", name="x")
    back = read_frame(path)
    assert back["result"].tolist()[0]["usage"] == USED
    assert back.calls.usage().total["total_tokens"] == 14
    assert back.calls.expand(["usage.prompt_tokens"]).iloc[:, 0].tolist() == [3, 3]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_field_that_cannot_be_written_costs_no_other(tmp_path: Path, suffix: str) -> None:
    """It alone is written as its text, and it is told."""
    answer = objects()["with more"]
    with pytest.warns(UserWarning, match="class Handle in the column 'result'"):
        path = export_frame(frame_of_answers([answer]), tmp_path / f"x{suffix}", name="x")
    back = read_frame(path)["result"].tolist()[0]
    assert (back["model"], back["usage"]) == ("m", USED)
    assert "Handle object" in back["more"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("inside", [False, True])
def test_other_objects_are_told_once(tmp_path: Path, suffix: str, *, inside: bool) -> None:
    """The warning names the class, the column and what to do; also where they are inside."""
    answers = [{"deep": [Handle()]} if inside else Handle() for _ in range(3)]
    frame = build_frame(plan_of([1, 2, 3]), answered(answers))
    with pytest.warns(UserWarning, match=r"Handle in the column 'result'.*\.map\(vars") as said:
        export_frame(frame, tmp_path / f"x{suffix}", name="x")
    assert len(said) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_items_and_answers_are_told_apart(tmp_path: Path, suffix: str) -> None:
    """The columns are named that have such objects."""
    frame = build_frame(plan_of([Handle()]), answered([{"n": 1}]))
    with pytest.warns(UserWarning, match="in the column 'item' were written"):
        export_frame(frame, tmp_path / f"x{suffix}", name="x")


def test_what_a_text_says_in_full_is_no_warning(tmp_path: Path) -> None:
    """Dates, paths, numbers and texts of Python's and pandas' own are no loss to tell of."""
    answers = [dt.date(2026, 1, 2), tmp_path, complex(1, 2), range(3), dt.timedelta(1)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = export_frame(frame_of_answers(answers), tmp_path / "x.jsonl", name="x")
    assert read_frame(path)["result"].tolist()[1:3] == [str(tmp_path), "(1+2j)"]
