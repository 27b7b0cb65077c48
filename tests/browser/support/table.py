"""The table of docs/notebook-support.md: ``python -m tests.browser.support.table``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

__all__ = ["MEASURED", "main", "table"]

_ROOT: Final = Path(__file__).parents[3]
#: What the tests have measured last.
MEASURED: Final = _ROOT / "build" / "support"
_PAGE: Final = _ROOT / "docs" / "notebook-support.md"
_BEGIN, _END = "<!-- measured -->", "<!-- /measured -->"
_MOMENTS: Final = {
    "awaiting": "cell awaits",
    "blocking": "cell blocks",
    "returned": "cell has returned",
}
_ACTIONS: Final = ("Pause", "Resume", "Cancel", "\N{MINUS SIGN}", "+")


def table(measured: list[dict[str, Any]]) -> str:
    """Return the measurements as a Markdown table, seconds from click to effect."""
    heads = ["Front end", "ipykernel", "Moment", *_ACTIONS, "Stop button"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for one in measured:
        for moment, title in _MOMENTS.items():
            found = one["moments"][moment]
            cells = [_seconds(found["clicks"].get(action), "off") for action in _ACTIONS]
            stop = _seconds(found["stop"], "nothing to stop")
            row = [one["frontend"], one["kernel"], title, *cells, stop]
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def _seconds(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{value:.2f} s"


def _order(one: dict[str, Any]) -> tuple[str, list[int]]:
    return one["frontend"], [int(part) for part in one["kernel"].split(".")]


def main() -> None:
    """Put the table of what was measured last into the page."""
    measured = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(MEASURED.glob("*.json"))
    ]
    before, _, rest = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    text = table(sorted(measured, key=_order))
    _PAGE.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
