"""What to say of a path that no answer has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.opening.paths import ABSENT, step_into, written
from notebook_kit.frames.opening.records import hint_of_objects
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from notebook_kit.frames.opening.paths import Path

__all__ = ["did_you_mean", "known_paths", "refuse_unless_nothing_there"]

#: So many answers are looked into for paths, and so many paths and levels of them.
_ANSWERS: Final = 500
_PATHS: Final = 2_000
_LEVELS: Final = 6
_NAMED: Final = 3
_LISTED: Final = 10
_NAME_SHOWN: Final = 80


def refuse_unless_nothing_there(answers: Sequence[Any], path: Path, *, under: Path = ()) -> None:
    """Refuse a path that no answer has, unless what leads to it is nothing in all of them.

    An owner that is null wherever there is one may well have a name in the next run.

    Args:
        answers: what has been looked into.
        path: where in them.
        under: the path that leads to them.

    Raises:
        ConfigurationError: naming paths that are there.
    """
    if not answers:
        return
    reached = answers
    for at, step in enumerate(path):
        inside = step_into(reached, step)
        if any(value is not ABSENT for value in inside):
            reached = inside
            continue
        found = [value for value in reached if value is not ABSENT and value is not None]
        if isinstance(step, int):
            found = [value for value in found if not isinstance(value, list | tuple)]
        if found:
            whole = written((*under, *path))
            hint = did_you_mean(whole, known_paths(answers, under=under)) or hint_of_objects(found)
            what = f"No answer has {shown(whole)}"
            before = written((*under, *path[:at]))
            where = f": {shown(before)} has no {_named(step)}" if before else ""
            raise ConfigurationError(f"{what}{where}.{hint}")
        return


def _named(step: str | int) -> str:
    return shown(step) if isinstance(step, str) else f"position {step}"


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return a sentence that names what is there and close to a name.

    >>> did_you_mean("citi", ["city", "owner.name"]), did_you_mean("name", ["owner.name"])
    (" Did you mean 'city'?", " Did you mean 'owner.name'?")
    """
    close = difflib.get_close_matches(name, known, n=_NAMED, cutoff=0.6)
    close += [it for it in known if it not in close and _ends_alike(it, name)]
    if close:
        return f" Did you mean {' or '.join(map(_safe, close[:_NAMED]))}?"
    listed = ", ".join(_safe(name) for name in list(known)[:_LISTED])
    more = ", ..." if len(known) > _LISTED else ""
    return f" There is {listed}{more}." if listed else ""


def _ends_alike(path: str, name: str) -> bool:
    last = name.rpartition(".")[2]
    return path.rpartition(".")[2] == last


def _safe(name: str) -> str:
    # Keys came with the answers.
    return repr(shorten(scrub(name), _NAME_SHOWN))


def known_paths(answers: Sequence[Any], *, under: Path = ()) -> list[str]:
    """Return the paths that the first answers have, shallow ones first."""
    paths: dict[Path, None] = {}
    level: list[tuple[Path, Any]] = [((), answer) for answer in answers[:_ANSWERS]]
    for _ in range(_LEVELS):
        inner: list[tuple[Path, Any]] = []
        for path, value in level:
            if isinstance(value, dict):
                inner += [((*path, key), it) for key, it in value.items() if isinstance(key, str)]
            elif isinstance(value, list | tuple) and value:
                inner.append(((*path, 0), value[0]))
        level = inner[:_PATHS]
        paths |= dict.fromkeys(path for path, _ in level)
        if len(paths) > _PATHS:
            break
    return [written((*under, *path)) for path in paths]
