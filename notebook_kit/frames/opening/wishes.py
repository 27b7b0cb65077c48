"""What is to be opened: levels of dictionaries, or the paths that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.opening.paths import parse
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from notebook_kit.frames.opening.paths import Path

__all__ = ["Levels", "Picks", "Wish", "list_to_explode", "wish_of"]


@dataclass(frozen=True, slots=True)
class Levels:
    """So many levels of dictionaries; `is_said` if by a number, and not by True."""

    depth: int
    is_said: bool


@dataclass(frozen=True, slots=True)
class Picks:
    """These paths, by the name of the column that each becomes, and as they were written."""

    paths: Mapping[str, Path]
    texts: Mapping[str, str]


Wish = Levels | Picks


def wish_of(expand: Any) -> Wish:
    """Return what an argument ``expand`` asks for.

    Raises:
        ConfigurationError: for what is none.

    >>> wish_of(["owner.name"]).paths
    {'owner.name': ('owner', 'name')}
    """
    if isinstance(expand, bool):
        return Levels(int(expand), is_said=not expand)
    if isinstance(expand, str | bytes):
        message = f"expand={shown(expand)} is one text: write a list, expand=[{shown(expand)}]."
        raise ConfigurationError(message)
    if isinstance(expand, Mapping):
        return _picks(list(expand.items()))
    if isinstance(expand, Iterable):
        return _picks([(path, path) for path in expand])
    example = "True, 2 or ['city', 'owner.name']"
    depth = whole_number(expand, name="expand", least=0, example=example)
    return Levels(depth, is_said=True)


def _picks(pairs: list[tuple[Any, Any]]) -> Picks:
    if not pairs:
        message = "expand=[] names no path: write some, as in ['city'], or True for all."
        raise ConfigurationError(message)
    paths: dict[Any, Path] = {}
    texts: dict[Any, str] = {}
    for name, text in pairs:
        path = parse(text)
        if name in paths:
            message = (
                f"The path {shown(text)} is in expand twice: leave one out, or give both a name, "
                "as in {'name': 'path'}."
            )
            raise ConfigurationError(message)
        paths[name] = path
        texts[name] = text
    return Picks(paths, texts)


def list_to_explode(
    lists: Literal["keep", "explode"], explode: str | None
) -> Literal[True] | str | None:
    """Return the path of the list that becomes rows: True for the only one, None for none.

    Raises:
        ConfigurationError: for arguments that mean nothing.
    """
    if lists not in ("keep", "explode"):
        message = (
            f"lists={shown(lists)} must be 'keep' or 'explode'; to say which list becomes rows, "
            "write explode='runways'."
        )
        raise ConfigurationError(message)
    if explode is None:
        return True if lists == "explode" else None
    if not isinstance(explode, str):
        message = (
            f"explode={shown(explode)} must be the path of one list, such as 'runways': only one "
            "list can become rows at a time."
        )
        raise ConfigurationError(message)
    parse(explode)
    return explode
