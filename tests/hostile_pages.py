"""What a page may hold: the package's own elements and attributes, and texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.hostile import MISLEADING
from tests.widgets.fakes import Element, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.hostile_scenes import Scene

__all__ = ["check", "shapes"]

#: What a face stands in, to be found again after the page was loaded anew.
_MARK: Final = re.compile(r"notebook_kit-[0-9a-f]{32}")
_SOURCES: Final = ("href", "src", "action", "srcdoc", "data", "formaction", "background")


def shape(root: Element) -> set[tuple[str, ...]]:
    """Return every tag with the names of its attributes, and every style sheet, of a page."""
    found: set[tuple[str, ...]] = set()
    for element in root:
        found.update((element.tag, name) for name in element.attributes)
        found.add((element.tag,))
        if element.tag == "style":
            found.add(("style", "", *map(str, element.children)))
    return found


def shapes(scenes: Iterable[Scene]) -> set[tuple[str, ...]]:
    """Return the same of many pages."""
    return {part for scene in scenes for part in shape(parse(scene.html))}


def check(scenes: list[Scene], own: set[tuple[str, ...]]) -> None:
    """Check that these pages hold what the package has put there, and texts."""
    for scene in scenes:
        root = parse(scene.html)
        strange = shape(root) - own
        assert not strange, (scene.name, strange, scene.html)
        scene.html.encode("utf-8")
        for element in root:
            _check_attributes(element, scene)
        if not scene.foreign:
            assert not MISLEADING & set(scene.html), (scene.name, scene.html)
            acting = [line for line in scene.text.split("\n") if MISLEADING & set(line)]
            assert not acting, (scene.name, acting)
            _check_no_formula(root, scene)


def _check_attributes(element: Element, scene: Scene) -> None:
    for name, value in element.attributes.items():
        assert not name.startswith("on"), scene
        if name in _SOURCES:
            assert re.match(r"data:image/(png|jpeg|gif);base64,", value or ""), scene
        if name in ("style", "class"):
            assert re.fullmatch(r"[\w #%(),.:;/*+-]*", value or ""), (value, scene)
            assert "url(" not in (value or ""), scene


def _check_no_formula(root: Element, scene: Scene) -> None:
    for element in root.children:
        assert isinstance(element, Element), scene
        look = element.attributes.get("class") or ""
        if _MARK.fullmatch(look):
            _check_no_formula(element, scene)
        elif element.tag != "svg":
            # A drawing alone is for a file.
            assert "mathjax_ignore" in look.split(), scene
