"""Faces of many states on one page, to be looked at: ``python -m tests.widgets.gallery page.html``.

``--theme`` picks what the page around them is like; ``sanitised`` shows what is left of the face in
a notebook that is not trusted.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element
from notebook_kit.widgets import render_face, render_text
from tests.widgets.states import DONE_WITH_ERRORS, PILOT_DONE, RUNNING, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAB_LIGHT: Final = """body { background: #fff; --jp-ui-font-color1: rgba(0,0,0,.87);
  --jp-layout-color0: white; --jp-success-color1: #388e3c; --jp-error-color1: #d32f2f;
  --jp-warn-color1: #f57c00; --jp-brand-color1: #1976d2;
  --jp-ui-font-family: system-ui, -apple-system, sans-serif; color: rgba(0,0,0,.87) }"""
_LAB_DARK: Final = """body { background: #111; --jp-ui-font-color1: rgba(255,255,255,1);
  --jp-layout-color0: #111; --jp-success-color1: #4caf50; --jp-error-color1: #f44336;
  --jp-warn-color1: #ff9800; --jp-brand-color1: #2196f3;
  --jp-ui-font-family: system-ui, -apple-system, sans-serif; color: rgba(255,255,255,1) }"""
THEMES: Final = {
    "lab-light": _LAB_LIGHT,
    "lab-dark": _LAB_DARK,
    # Neither Colab nor VS Code sets JupyterLab's variables.
    "bare-light": "body { background: #fff; color: #1f1f1f }",
    "bare-dark": "body { background: #1e1e1e; color: #d4d4d4 }",
    "sanitised": "body { background: #fff; color: #1f1f1f }",
}
_PAGE: Final = "body { margin: 16px; font: 13px sans-serif } pre { white-space: pre-wrap }"
_REMOVED: Final = re.compile(r"<style>.*?</style>|</?(svg|path|rect|title)\b[^>]*>", re.DOTALL)


def page(theme: str = "lab-light") -> Markup:
    """Return the page as HTML."""
    faces = {title: render_face(snapshot) for title, snapshot in STATES.items()}
    faces["static, running"] = render_face(RUNNING, static=True)
    faces["static, pilot done"] = render_face(PILOT_DONE, static=True)
    faces["static, done"] = render_face(DONE_WITH_ERRORS, static=True)
    if theme == "sanitised":
        faces = {title: Markup(_REMOVED.sub("", face)) for title, face in faces.items()}
    sheet = Markup(THEMES[theme] + _PAGE)
    children = [
        part
        for title, face in faces.items()
        for part in (element("p", element("small", title)), face)
    ]
    texts = "\n\n".join(render_text(snapshot) for snapshot in STATES.values())
    head = element("head", element("title", "gallery"), element("style", sheet))
    return element("html", head, element("body", *children, element("pre", texts)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page to the path that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--theme", choices=sorted(THEMES), default="lab-light")
    given = parser.parse_args(arguments)
    doctype = '<!DOCTYPE html><meta charset="utf-8">'
    given.path.write_text(doctype + page(given.theme), encoding="utf-8")


if __name__ == "__main__":
    main()
