"""Which process writes a run, and whether it is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from notebook_kit.storage.process import is_at_work, this_process

SCRIPT = (
    "import sys; from notebook_kit.storage.process import this_process\n"
    "print(this_process(), flush=True); sys.stdin.read()"
)


@pytest.mark.skipif(os.name != "posix", reason="nobody can tell elsewhere")
def test_a_process_is_there_until_it_has_ended() -> None:
    """Another process that says what it is, is found while it lives, and not afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        told = other.stdout.readline()
        assert is_at_work(told) is True
        other.kill()
        other.wait(10)
    assert is_at_work(told) is False


@pytest.mark.parametrize(
    "change", [{"host": "elsewhere"}, {"pid": "1"}, {"pid": 0}, {"pid": -1}, {"pid": None}]
)
def test_of_another_machine_nobody_can_tell(change: dict[str, Any]) -> None:
    """Of a process of another host, and of numbers that are none, nothing is said."""
    assert is_at_work(json.dumps({**json.loads(this_process()), **change})) is None


@pytest.mark.parametrize("told", ["", "[]", "{}", "1", "[" * 100_000])
def test_what_was_not_written_here_tells_nothing(told: str) -> None:
    """Whatever else stands there in a file says nothing of a process."""
    assert is_at_work(told) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells so much")
def test_a_number_that_was_given_anew_is_another_process() -> None:
    """A process with the number of one that began at another time is not taken for it."""
    told = json.loads(this_process())
    assert is_at_work(json.dumps({**told, "began": "another boot 17"})) is False
    assert is_at_work(json.dumps({**told, "pid": 2**70})) is False


def test_where_the_system_says_less_the_number_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a time at which a process began, that there is one of its number is all."""

    def nothing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", nothing)
    told = this_process()
    assert json.loads(told)["began"] is None
    assert is_at_work(told) is True
