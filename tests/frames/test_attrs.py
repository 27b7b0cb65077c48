from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING, Any

import pandas as pd

import notebook_kit as nk
from notebook_kit.execution import RunOptions
from notebook_kit.frames import about_run, join, stamp
from notebook_kit.frames.attrs import KEY
from notebook_kit.scheduling import Ledger
from tests.frames.ledgers import frame_of, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "sk-0123456789abcdef"


async def double(number: int) -> int:
    return 2 * number


def _about(**options: Any) -> Any:
    return nk.map(double, [1, 2], progress=False, **options).result().attrs[KEY]


def test_a_run_of_a_function_says_what_it_was() -> None:
    """Its name, the function, when it was and how long, and how many items there were."""
    about = _about(name="doubling")
    assert {name: about[name] for name in ("name", "call", "method", "path", "items")} == {
        "name": "doubling", "call": "double", "method": None, "path": None, "items": 2,
    }  # fmt: skip
    assert about["version"] == nk.__version__
    assert abs(pd.Timestamp(about["started"]).timestamp() - time.time()) < 60
    assert pd.Timestamp(about["started"]).utcoffset() == pd.Timedelta(0)
    assert 0 <= about["elapsed_s"] < 60


def test_only_what_was_given_is_told(tmp_path: Path) -> None:
    """Settings are texts, those that are as they come are left out."""
    assert _about()["settings"] == {}
    path = str(tmp_path / "x.db")
    options: dict[str, Any] = {"max_concurrency": 3, "rate": "50/s", "retry": 0, "checkpoint": path}
    settings = _about(**options, attempt_timeout="30 s", on_outcome=print)["settings"]
    assert settings == {
        "max_concurrency": "3",
        "rates": "Rate(50, per=1.0)",
        "retry": settings["retry"],
        "attempt_timeout": "30.0",
        "checkpoint": settings["checkpoint"],
    }
    assert settings["retry"].startswith("Retry(")
    assert settings["checkpoint"].startswith(path[:20])


def test_a_map_of_requests_says_which() -> None:
    """Method, path and `parse` of a client's map are there, and no secret is."""
    nk.Secret(SECRET)
    with nk.Client("http://127.0.0.1:9", retry=0) as api:
        frame = api.map(
            f"/x/{{n}}?key={SECRET}", [1], parse=str, progress=False, name=f"n {SECRET}"
        )
    about = frame.attrs[KEY]
    assert (about["method"], about["call"][:8]) == ("GET", "GET /x/{")
    assert about["settings"]["parse"] == "str()"
    assert SECRET not in json.dumps(frame.attrs)


def test_attributes_survive_what_pandas_lets_them() -> None:
    """They are there after slicing, head, a copy, a filter, sorting and new columns."""
    frame = nk.map(double, [3, 1, 2], progress=False).result()
    about = copy.deepcopy(frame.attrs)
    kept = [
        frame[1:], frame.head(1), frame.copy(), frame[frame["status"] == "ok"],
        frame.sort_values("item"), frame.assign(x=1), frame[["result"]], frame.reset_index(),
        frame.drop(columns="item"), frame.rename(columns={"item": "n"}), frame.loc[[0]],
        frame.set_index("item"),
    ]  # fmt: skip
    assert all(one.attrs == about for one in kept)
    beside = join(pd.DataFrame({"n": [3, 1, 2]}), frame)
    assert beside.attrs == {KEY: {**about[KEY], "joined": True}}


def test_frames_of_several_runs_can_be_put_together() -> None:
    """Attributes that differ are dropped, those that are the same stay; nothing breaks."""
    one, other = (nk.map(double, [number], progress=False).result() for number in (1, 2))
    assert len(pd.concat([one, other])) == 2
    assert pd.concat([one, other]).attrs == {}
    assert pd.concat([one, one]).attrs == one.attrs
    assert len(one.merge(other, on="status")) == 1


def test_attributes_stay_small() -> None:
    """pandas copies them deeply at each step, so they are a few short texts."""
    options = RunOptions.of({"name": "n" * 10_000, "checkpoint": "c" * 10_000})
    frame = stamp(frame_of_answers([1]), about_run("n" * 10_000, object(), options))
    assert len(json.dumps(frame.attrs)) < 1_000


def test_a_run_in_which_nothing_was_started_has_no_time() -> None:
    """Without any start there is none to tell, nor a length."""
    ledger = Ledger()
    ledger.grow(1)
    about = stamp(frame_of([1], ledger), {}).attrs[KEY]
    assert about == {"started": None, "elapsed_s": None, "items": 1}


def test_what_is_written_into_one_frame_is_in_no_other() -> None:
    """Neither in the next frame of the run, nor in what is put side by side."""
    run = nk.map(double, [1], progress=False, rate="50/s")
    frame = run.result()
    frame.attrs[KEY]["settings"]["mine"] = "x"
    assert "mine" not in run.frame.attrs[KEY]["settings"]
    table = pd.DataFrame({"n": [1]})
    table.attrs = {"about": {"source": "a"}}
    joined = join(table, frame)
    joined.attrs["about"]["source"] = "b"
    joined.attrs[KEY]["settings"]["mine"] = "y"
    assert table.attrs == {"about": {"source": "a"}}
    assert frame.attrs[KEY]["settings"]["mine"] == "x"
