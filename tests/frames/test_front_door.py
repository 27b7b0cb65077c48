from __future__ import annotations

import subprocess
import sys

import pytest

from notebook_kit import frames


def test_room_does_not_import_pandas() -> None:
    """The room can be imported, and asked for what it has, without pandas."""
    code = (
        "import sys\n"
        "import notebook_kit.frames\n"
        "dir(notebook_kit.frames)\n"
        "assert not {'pandas', 'numpy'} & set(sys.modules), 'imported'\n"
        "notebook_kit.frames.build_frame\n"
        "assert 'pandas' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", frames.__all__)
def test_names_are_there(name: str) -> None:
    """Every public name can be had from the front door, and is listed there."""
    assert getattr(frames, name).__name__ == name
    assert name in dir(frames)


def test_other_names_are_not() -> None:
    """A name that is not there is missed as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'frame'"):
        _ = frames.frame
