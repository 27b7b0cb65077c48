"""Answers that the policy of a map refuses, where answers are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from pathlib import Path

_UNTIL_DONE = nk.Retry(
    max_attempts=5, base_delay=0, retry_value=lambda answer: answer["state"] == "pending"
)


@pytest.mark.parametrize("where", ["memory", "file"])
def test_what_is_refused_is_neither_kept_nor_given(where: str, tmp_path: Path) -> None:
    """The next try asks the function, also where another map has kept it before."""
    calls: list[int] = []

    def fetch(number: int) -> dict[str, Any]:
        calls.append(number)
        return {"state": "done" if len(calls) > 3 else "pending"}

    cache = nk.Cache("1 h", path=tmp_path / "cache.db") if where == "file" else "1 h"
    options: Any = {"cache": cache, "progress": False}
    nk.map(fetch, [1], **options).result()
    frame = nk.map(fetch, [1], retry=_UNTIL_DONE, **options).result()
    assert frame["status"].tolist() == ["ok"]
    assert len(calls) == 4
    again = nk.map(fetch, [1], retry=_UNTIL_DONE, **options).result()
    assert again["source"].tolist() == ["cache"]
