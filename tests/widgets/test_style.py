from __future__ import annotations

import re

from notebook_kit.widgets.style import STYLE


def test_the_sheet_touches_nothing_but_the_panel() -> None:
    """Every selector leads to a class of the panel's own, or to what is in one."""
    rules = re.sub(r"<[^>]*>", "", STYLE)
    selectors = [
        selector.strip()
        for head in re.findall(r"([^{}]+)\{", rules)
        for selector in head.split(",")
    ]
    assert selectors
    pages = "body.jp-Notebook .jp-OutputArea-prompt:empty + .jp-OutputArea-output "
    owned = [selector.removeprefix(pages) for selector in selectors]
    assert all(selector.startswith(".nbk") for selector in owned)


def test_every_colour_of_the_theme_has_a_fallback() -> None:
    """Where JupyterLab's variables are missing there still is a colour."""
    assert re.findall(r"var\(--jp-[a-z0-9-]+\)", STYLE) == []
    assert len(re.findall(r"var\(--jp-[a-z0-9-]+,", STYLE)) >= 5


def test_nothing_is_loaded() -> None:
    """The sheet names no address and imports nothing."""
    assert "url(" not in STYLE
    assert "@import" not in STYLE
