from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import notebook_kit.demo
from notebook_kit.demo.__main__ import main


@pytest.mark.skipif(os.name != "posix", reason="signals are sent to a process")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_command_serves_until_it_is_told_to_stop(name: str) -> None:
    """It prints the address first, answers, and ends with status 0 and no traceback."""
    root = Path(notebook_kit.demo.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "notebook_kit.demo", "--latency", "0", "--rate-limit", "1000/s"],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            answer = httpx.get(f"{url}/airports/OSL", trust_env=False)
            assert answer.headers["x-ratelimit-limit"] == "1000"
            process.send_signal(getattr(signal, name))
            rest, errors = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Stopped after 1 requests." in rest
    assert errors == ""


def test_an_option_that_cannot_be_read_ends_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 2 and the reason, as any command does."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main(["--latency", "soon"])
    assert ended.value.code == 2
    assert "latency='soon'" in capsys.readouterr().err
