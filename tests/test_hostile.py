"""Nothing that comes from outside is more than text, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.markup import shorten, visible
from tests.hostile import HARMLESS, HOSTILE
from tests.hostile_pages import check, shapes
from tests.hostile_scenes import ROOMS, of_runs
from tests.widgets.fakes import parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("room", ROOMS)
def test_texts_stay_texts(room: str) -> None:
    """Pages with hostile texts in every place have the tags and attributes of harmless ones."""
    show = ROOMS[room]
    found = list(show(list(HOSTILE.values())))
    assert len(found) >= len(HOSTILE)
    check(found, shapes(show(HARMLESS)))


def test_texts_of_runs_stay_texts(tmp_path: Path) -> None:
    """Runs, their frames, charts and comparisons, and the list of a checkpoint's runs."""
    folders: list[Any] = [tmp_path / "harmless", tmp_path / "hostile"]
    for folder in folders:
        folder.mkdir()
    own = shapes(of_runs(HARMLESS, folders[0]))
    check(list(of_runs(list(HOSTILE.values()), folders[1])), own)


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_are_shown_as_they_are(name: str) -> None:
    """A reader sees each of the texts literally; what cannot be seen is written out."""
    text = HOSTILE[name]
    (page,) = [it for it in ROOMS["pages"]([text]) if it.name == "page of a list"]
    cells = [it.text for it in parse(page.html).all("td")]
    assert cells[1] == visible(shorten(text, 60))


def test_there_are_enough_of_them() -> None:
    """Each text is one of its own."""
    assert len(set(HOSTILE.values())) == len(HOSTILE) >= 40
