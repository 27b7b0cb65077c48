"""Writes `docs/faults.md` from what is observed: `python -m tests.faults.table`."""

from __future__ import annotations

import sys

from tests.faults.page import PAGE, WATCHED, line_of, observe_all, page


def main() -> None:
    """Show a client each fault, and write down what it makes of it."""
    lines = {name: line_of(name, observe_all(name)) for name in WATCHED}
    PAGE.write_text(page(lines), encoding="utf-8")
    sys.stdout.write(f"{PAGE}: {len(lines)} faults\n")


if __name__ == "__main__":
    main()
