from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pydantic
import pytest

from notebook_kit.frames import build_frame, export_frame, join, plan_of, read_frame
from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.exports.arrow import frame_of_arrow, to_arrow
from tests.frames.ledgers import answered, everything, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

UTC = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@dataclasses.dataclass
class Data:
    n: int
    inner: Any = None


class Model(pydantic.BaseModel):
    n: int
    at: dt.datetime | None = None
    key: pydantic.SecretStr = pydantic.SecretStr("sk-0123456789abcdef")


class Struct(msgspec.Struct):
    n: int


class Color(enum.Enum):
    RED = "red"


#: Answers of kinds that JSON does not have, and what comes back of them.
KINDS: dict[str, tuple[Any, Any]] = {
    "dataclass": (Data(1, [Data(2)]), {"n": 1, "inner": [{"n": 2, "inner": None}]}),
    "model": (Model(n=1, at=UTC), {"n": 1, "at": "2026-01-02T03:04:05Z", "key": "**********"}),
    "struct": (Struct(3), {"n": 3}),
    "enum": (Color.RED, "red"),
    "uuid": (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    "tuple": ((1, (2,)), [1, [2]]),
    "numpy int": (np.int64(2**60), 2**60),
    "numpy float": (np.float32(1.5), 1.5),
    "numpy nan": (np.float64("nan"), float("nan")),
    "numpy bool": (np.bool_(True), True),  # noqa: FBT003 - the value is the point
    "numpy text": (np.str_("x"), "x"),
    "numpy array": (np.array([[1, 2]]), [[1, 2]]),
    "numpy time": (np.datetime64("2026-01-02T03:04:05", "us"), "2026-01-02T03:04:05"),
    "pandas missing": (pd.NA, None),
    "pandas no time": (pd.NaT, None),
    "pandas time": (pd.Timestamp(UTC), pd.Timestamp(UTC)),
    "pandas period": (pd.Period("2026-01"), "2026-01"),
    "pandas series": (pd.Series([1, 2]), [1, 2]),
    "beyond 64 bits": ({"n": [2**70, -(2**64)]}, {"n": [2**70, -(2**64)]}),
    "inside": (
        {"a": Decimal("1.50"), "b": b"x", "t": UTC, "m": [Data(1)]},
        {"a": "1.50", "b": "eA==", "t": "2026-01-02T03:04:05Z", "m": [{"n": 1, "inner": None}]},
    ),
}


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_every_kind_of_answer_comes_back_as_it_is_said_to(tmp_path: Path, suffix: str) -> None:
    """Each of them alone, and all in one column, is the frame with plain data in its place."""
    given, wanted = [list(them) for them in zip(*KINDS.values(), strict=True)]
    cases = [([one], [other]) for one, other in KINDS.values()]
    for answers, expected in [*cases, (given, wanted)]:
        frame = frame_of_answers(answers)
        back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
        pd.testing.assert_frame_equal(back, frame_of_answers(expected))
        found = back["result"].tolist()
        assert [type(it) for it in found] == [type(it) for it in expected]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
@pytest.mark.parametrize("beside", [None, 2**70, "\ud800"], ids=["null", "large", "half"])
def test_a_value_is_written_alike_whatever_stands_beside_it(
    tmp_path: Path, suffix: str, beside: Any
) -> None:
    """Not all can be written in one step; the others are not to differ for that."""
    answer = KINDS["inside"][0] | {"d": Data(1), "model": Model(n=1), "beside": beside}
    path = export_frame(frame_of_answers([answer]), tmp_path / f"x{suffix}", name="x")
    back = read_frame(path)["result"].tolist()[0]
    expected = KINDS["inside"][1] | {
        "d": {"n": 1, "inner": None},
        "model": {"n": 1, "at": None, "key": "**********"},
    }
    assert {name: it for name, it in back.items() if name != "beside"} == expected


def test_text_with_nan_is_text_in_a_file(tmp_path: Path) -> None:
    """What is missing is missing for any reader of the file, never a text that says NaN."""
    table = pd.DataFrame({"city": pd.Series(["1", np.nan, "x"], dtype=object)})
    frame = join(table, build_frame(*everything()).iloc[:3])
    path = export_frame(frame, tmp_path / "x.parquet", name="x")
    theirs = pd.read_parquet(path)
    for name in ("city", "error", "error_type"):
        assert theirs[name].isna().tolist() == frame[name].isna().tolist()
    assert theirs["city"].tolist()[::2] == ["1", "x"]
    pd.testing.assert_frame_equal(read_frame(path), frame)


def test_a_file_says_the_same_of_text_on_any_pandas() -> None:
    """So that each reads the other's with its own dtype of text."""
    table = to_arrow(build_frame(*everything()))
    notes = json.loads(table.schema.metadata[b"notebook_kit"])
    assert notes["columns"]["error"] == notes["columns"]["error_type"] == {"dtype": "str"}
    back = frame_of_arrow(table)
    assert back["error"].dtype == TEXT
    pd.testing.assert_frame_equal(back, build_frame(*everything()))


def test_what_is_missing_in_a_text_of_pandas_3_is_missing_before() -> None:
    """Columns and labels: neither is the text "None"."""
    notes = {"columns": {"city": {"dtype": "str"}}, "levels": [{"dtype": "str", "name": "code"}]}
    flat = pd.DataFrame({"city": ["x", None]}, index=pd.Index(["a", None], name="code"))
    table = pa.Table.from_pandas(flat)
    metadata = table.schema.metadata | {b"notebook_kit": json.dumps(notes).encode()}
    back = frame_of_arrow(table.replace_schema_metadata(metadata))
    assert (back["city"].dtype, back.index.dtype, back.index.name) == (TEXT, TEXT, "code")
    assert back["city"].isna().tolist() == back.index.isna().tolist() == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_million_rows_come_back_with_the_dtypes_of_none(tmp_path: Path, suffix: str) -> None:
    """The frame is the frame, for 0, 1 and 1,000,000 rows, and its dtypes are always the same."""
    kinds: list[Any] = [{"n": 1}, [1, None], "text", "7", 2**70, 1.5, None, b"x", UTC, True]
    dtypes = []
    for count in (0, 1, 1_000_000):
        answers = (kinds * (count // len(kinds) + 1))[:count]
        frame = build_frame(plan_of(range(count)), answered(answers))
        back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
        pd.testing.assert_frame_equal(back, frame)
        dtypes.append(back.dtypes.to_dict())
    assert dtypes[0] == dtypes[1] == dtypes[2]
