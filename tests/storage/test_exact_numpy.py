"""What numpy and pandas make of numbers and moments, and that it comes back as it was."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.storage.exact_json import NotExact, from_json, to_json

NAN = np.array([0x7FF8DEADBEEF0001], dtype=np.uint64).view(np.float64)
SCALARS = [
    *(np.False_, np.True_, np.int8(-128), np.uint8(255), np.int64(-(2**63))),
    *(np.uint64(2**64 - 1), np.float16(0.1), np.float32(0.1), np.float64(-0.0), np.float64("inf")),
    *(NAN[0], np.complex64(1 - 2j), np.complex128(complex("nan-infj"))),
    *(np.str_("Zürich"), np.str_(""), np.bytes_(b"a\0b")),
    *(np.datetime64("2024-02-29"), np.datetime64("NaT", "s"), np.datetime64(-1, "as")),
    *(np.timedelta64(7, "M"), np.timedelta64("NaT", "ns"), np.datetime64("2024-01-01T01", "ns")),
]
ARRAYS = [
    np.arange(6, dtype=np.int16).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(20)[::3],
    np.array([1.5, np.nan], dtype=">f8"),
    np.array([True, False]),
    np.array(["2024-01-01", "NaT"], dtype="M8[D]"),
    np.array(3.5),
    np.empty((3, 0, 2)),
    np.array([], dtype=np.uint8),
]
ZONES = [
    *(None, UTC, ZoneInfo("Europe/Zurich"), timezone(timedelta(hours=5, minutes=45))),
    timezone(timedelta(hours=1), "mine"),
]


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_scalars_come_back_bit_by_bit(value: Any) -> None:
    """Of the class and the dtype that they had, also deep within others."""
    for back in (from_json(to_json(value)), from_json(to_json({"a": [(value,)]}))["a"][0][0]):
        assert type(back) is type(value)
        assert back.dtype == value.dtype
        assert back.tobytes() == value.tobytes()


@pytest.mark.parametrize("value", ARRAYS, ids=repr)
def test_arrays_come_back_bit_by_bit(value: Any) -> None:
    """Dtype with its order of bytes, shape and content; it is an array of its own to write to."""
    back = from_json(to_json(value))
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape, back.tobytes()) == (value.dtype, value.shape, value.tobytes())
    assert back.flags.writeable
    assert back.flags.owndata


@given(
    st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")),
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.sampled_from(ZONES),
)
def test_timestamps_come_back_as_they_were(moment: Any, unit: Any, zone: Any) -> None:
    """Unit, zone and offset too."""
    value = pd.Timestamp(moment).as_unit(unit).tz_localize("UTC").tz_convert(zone)
    back = from_json(to_json(value))
    assert type(back) is pd.Timestamp
    assert (back, back.unit, back.fold) == (value, value.unit, value.fold)
    assert (back.tzinfo, str(back.tzinfo)) == (value.tzinfo, str(value.tzinfo))


def test_nanoseconds_and_the_second_of_two_equal_hours() -> None:
    """What datetime has no place for is there too."""
    late = pd.Timestamp("2024-10-27 01:30:00.123456789", tz="UTC").tz_convert("Europe/Zurich")
    back = from_json(to_json(late))
    assert (back.nanosecond, back.fold, back.utcoffset()) == (789, 1, timedelta(hours=1))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_and_what_is_missing(unit: Any) -> None:
    """A duration keeps its unit; the two kinds of missing values are the very ones."""
    value = pd.Timedelta(-5, "D").as_unit(unit)
    back = from_json(to_json([value, pd.NaT, pd.NA]))
    assert (type(back[0]), back[0], back[0].unit) == (pd.Timedelta, value, unit)
    assert back[1] is pd.NaT
    assert back[2] is pd.NA


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.array([{}, []], dtype=object), "numpy.ndarray of object"),
        (np.array(["a"]), "numpy.ndarray of <U1"),
        (np.zeros(1, dtype="i4,f8"), "numpy.ndarray of "),
        (np.zeros(1, dtype="i4,f8")[0], "numpy.void of "),
        (np.ma.masked_array([1], [True]), "MaskedArray of int64"),
        (np.longdouble(1), "numpy.longdouble"),
        (np.datetime64(1, ("s", 25)), "25s"),
        (np.str_("\ud800"), "numpy.str_"),
        (np.random.default_rng(), "Generator"),
        (pd.Timestamp(2024, 1, 1, fold=1), "Timestamp"),
        (pd.Period("2024"), "Period"),
        (pd.Series([1]), "Series"),
        (pd.DataFrame(), "DataFrame"),
    ],
)
def test_all_else_of_theirs_is_refused_by_its_kind(value: Any, kind: str) -> None:
    """Objects in arrays, tables, and what is of another length elsewhere, are not written."""
    with pytest.raises(NotExact, match=kind):
        to_json({"a": value})


def test_an_array_that_no_row_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a text of it is made."""
    monkeypatch.setattr("notebook_kit.storage.exact_numpy._LARGEST", 8)
    assert from_json(to_json(np.arange(1))).tolist() == [0]
    with pytest.raises(NotExact, match=r"numpy\.ndarray of int64"):
        to_json(np.arange(2))


EIGHT = base64.b64encode(bytes(8)).decode()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("numpy", ["<f8", base64.b64encode(bytes(7)).decode()]),
        ("numpy", ["O", EIGHT]),
        ("numpy", ["|O", EIGHT]),
        ("numpy", ["os.system", EIGHT]),
        ("numpy", ["<U2", EIGHT]),
        ("numpy", ["i4,i4", EIGHT]),
        ("numpy", ["|V8", EIGHT]),
        ("numpy", ["|b1", base64.b64encode(b"\7").decode()]),
        ("numpy", ["str", 7]),
        ("numpy", ["bytes", "?"]),
        ("numpy", "<f8"),
        ("array", ["<f8", [2], EIGHT]),
        ("array", ["<f8", [-1], EIGHT]),
        ("array", ["<f8", [1.0], EIGHT]),
        ("array", ["<f8", [True], EIGHT]),
        ("array", ["<f8", [1] * 33, EIGHT]),
        ("array", ["<f8", [10**30, 0], ""]),
        ("array", ["<f8", [2**62, 2**62], EIGHT]),
        ("array", ["<f8", 1, EIGHT]),
        ("Timestamp", ["us", 10**30, None]),
        ("Timestamp", ["s", 2**62, "Europe/Zurich"]),
        ("Timestamp", ["Y", 1, None]),
        ("Timestamp", ["us", "1", None]),
        ("Timestamp", ["us", 1, "no/zone"]),
        ("Timedelta", ["D", 1]),
        ("Timedelta", ["us", 10**30]),
        ("Timedelta", ["us", 1.5]),
        ("missing", "None"),
        ("missing", ["NaT"]),
    ],
    ids=repr,
)
def test_what_was_not_written_here_is_an_error(kind: str, content: Any) -> None:
    """Other dtypes, sizes that do not fit and odd parts raise ValueError, without memory for it."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of several readers
        from_json(json.dumps({"~": [kind, content]}))


def test_neither_library_is_loaded_for_what_is_not_theirs() -> None:
    """Who keeps text, dates and decimals does without both."""
    script = (
        "import sys, datetime, decimal\n"
        "from notebook_kit.storage.exact_json import from_json, to_json\n"
        "value = [b'x', datetime.date(2024, 1, 1), decimal.Decimal(1), {1}]\n"
        "assert from_json(to_json(value)) == value\n"
        "print(sorted({'numpy', 'pandas'} & set(sys.modules)))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.strip() == "[]"
