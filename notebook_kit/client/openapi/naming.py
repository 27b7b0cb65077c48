"""Names of a document as names of Python."""

from __future__ import annotations

import itertools
import keyword
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["identifier", "singular", "unique_names", "without", "words"]

T = TypeVar("T")

_MOST: Final = 80
#: Where a word ends and a capital begins the next: `petId`, `HTTPServer`, and not `OAuth2`.
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in small letters, whatever holds them together.

    >>> words("listPetsByID"), words("repos/list-for-org"), words("größe_2")
    (('list', 'pets', 'by', 'id'), ('repos', 'list', 'for', 'org'), ('größe', '2'))
    """
    # Names are compared in this form by Python itself.
    plain = unicodedata.normalize("NFKC", name[: 4 * _MOST])
    apart = _HUMP.sub(" ", plain).lower()
    apart = unicodedata.normalize("NFKC", apart)
    kept = "".join(
        character if ("a" + character).isidentifier() and character != "_" else " "
        for character in apart
    )
    return tuple(kept.split())


def identifier(parts: Sequence[str], *, otherwise: str = "value") -> str:
    """Return words as a name that Python takes, and that does not begin with an underscore.

    >>> identifier(["list", "pets"]), identifier(["class"]), identifier(["2", "fa"]), identifier([])
    ('list_pets', 'class_', 'x_2_fa', 'value')
    """
    name = "_".join(parts)[:_MOST].rstrip("_") or otherwise
    if not name.isidentifier():
        name = f"x_{name}"
    if keyword.iskeyword(name) or name in ("self", "None", "True", "False"):
        name += "_"
    return name


def singular(word: str) -> str:
    """Return a plural of English without its ending; what is none stays as it is, about.

    >>> [singular(it) for it in ("pets", "repositories", "statuses", "address", "status")]
    ['pet', 'repository', 'status', 'address', 'status']
    """
    if word.endswith("ies") and len(word) > len("ties"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "tuses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def without(parts: Sequence[str], resource: Sequence[str]) -> tuple[str, ...]:
    """Return the words of an operation less those that only say what it is an operation of.

    >>> without(words("listPets"), ["pet"]), without(words("pets_list"), ["pets"])
    (('list',), ('list',))
    >>> without(words("findPetsByStatus"), ["pet"])
    ('find', 'by', 'status')
    """
    name = [singular(it) for it in resource]
    if not name:
        return tuple(parts)
    size = len(name)
    same = [singular(it) for it in parts]
    for place in range(len(parts) - size + 1):
        if same[place : place + size] == name:
            return (*parts[:place], *parts[place + size :])
    return tuple(parts)


def unique_names(
    candidates: Mapping[T, Sequence[str]], *, reserved: Collection[str] = ()
) -> dict[T, str]:
    """Return a name for each, of those that it may have, such that no two are the same.

    What several would have goes to none of them, so that it does not depend on the order in which
    they stand; only those that have no name left are numbered.

    Args:
        candidates: the names that each may have, the best first, one at least.
        reserved: names that none can have.

    >>> unique_names({"A": ["get", "get_a"], "B": ["get", "get_b"], "C": ["list"]})
    {'A': 'get_a', 'B': 'get_b', 'C': 'list'}
    """
    named: dict[T, str] = {}
    taken = set(reserved)
    for level in range(max(map(len, candidates.values()), default=0)):
        wanted = {
            key: _free(names[min(level, len(names) - 1)], reserved)
            for key, names in candidates.items()
            if key not in named
        }
        counts = Counter(wanted.values())
        for key, name in wanted.items():
            if counts[name] == 1 and name not in taken:
                named[key] = name
                taken.add(name)
    for key, names in candidates.items():
        if key not in named:
            base = names[-1].rstrip("_")
            number = next(it for it in itertools.count(2) if f"{base}_{it}" not in taken)
            named[key] = f"{base}_{number}"
            taken.add(named[key])
    return {key: named[key] for key in candidates}


def _free(name: str, reserved: Collection[str]) -> str:
    return f"{name}_" if name in reserved else name
