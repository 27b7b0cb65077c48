"""An extension for IPython: what is open, what ran last, and closing it all.

``%load_ext notebook_kit.integrations.ipython`` gives the line magic ``%nk``: alone it lists open
clients and other resources and the last run, ``%nk close`` closes them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_kit.housekeeping import close_all
from notebook_kit.lifetime import open_resources
from notebook_kit.mapping import last_run
from notebook_kit.markup import NO_FORMULA, element, visible
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from notebook_kit.markup import Markup

__all__ = ["Overview", "load_ipython_extension", "overview", "unload_ipython_extension"]

_MAGIC = "nk"


@dataclass(frozen=True, slots=True, repr=False)
class Overview:
    """What ``%nk`` shows: words only, so that an output that is kept keeps nothing alive.

    Attributes:
        heading: one line about the resources.
        resources: a line for each of them, oldest first.
        run: a line about the last run, or None.
    """

    heading: str
    resources: tuple[str, ...]
    run: str | None

    def __repr__(self) -> str:
        lines = [self.heading, *(f"  {line}" for line in self.resources)]
        return "\n".join(map(visible, [*lines, f"Last run: {self.run or 'none'}"]))

    def _repr_html_(self) -> Markup:
        items = [element("li", line) for line in self.resources]
        listed = element("ul", *items, style="margin:0 0 4px") if items else None
        last = element("div", element("b", "Last run: "), self.run or "none")
        heading = element("b", self.heading)
        return element("div", heading, listed, last, class_=NO_FORMULA, style="font-size:13px")


def overview() -> Overview:
    """Return what is open and which run was the last.

    >>> overview().heading
    'Nothing is open.'
    """
    lines = _open_lines()
    heading = f"{len(lines):,} open:" if lines else "Nothing is open."
    return _overview(heading, lines)


def _open_lines() -> tuple[str, ...]:
    return tuple(scrub(str(resource)) for resource in open_resources())


def _overview(heading: str, lines: tuple[str, ...]) -> Overview:
    run = last_run()
    return Overview(heading, lines, None if run is None else scrub(repr(run)))


def _nk(line: str) -> Overview:
    """List what is open and the last run; ``%nk close`` closes everything."""
    word = line.strip()
    if word == "":
        return overview()
    if word != "close":
        from IPython.core.error import UsageError  # noqa: PLC0415 - here for sure, and only here

        message = f"%nk {word} is not known: %nk lists what is open, %nk close closes it."
        raise UsageError(message)
    lines = _open_lines()
    close_all()
    return _overview(f"Closed {len(lines):,}:" if lines else "Nothing was open.", lines)


def load_ipython_extension(ipython: Any) -> None:
    """Add the magic; called by ``%load_ext notebook_kit.integrations.ipython``."""
    ipython.register_magic_function(_nk, magic_kind="line", magic_name=_MAGIC)


def unload_ipython_extension(ipython: Any) -> None:
    """Take the magic away; called by ``%unload_ext``."""
    ipython.magics_manager.magics["line"].pop(_MAGIC, None)
