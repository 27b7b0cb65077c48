from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.widgets.style import FRAME
from tests.widgets import gallery
from tests.widgets.states import STATES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("theme", gallery.THEMES)
def test_the_gallery_has_a_face_for_every_state(tmp_path: Path, theme: str) -> None:
    """One page shows every state, in each theme."""
    path = tmp_path / "gallery.html"
    gallery.main([str(path), "--theme", theme])
    page = path.read_text(encoding="utf-8")
    assert page.count(f'class="{FRAME}"') == len(STATES) + 3
    assert ("<svg" in page) is (theme != "sanitised")
