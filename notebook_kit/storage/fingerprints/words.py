"""What has changed in a work, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from notebook_kit.markup import shorten
from notebook_kit.redact import HIDDEN, scrub
from notebook_kit.storage.fingerprints.data import TEXT, is_hidden
from notebook_kit.storage.fingerprints.options import given_in_words
from notebook_kit.storage.fingerprints.sealing import SALTED

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BYTECODE", "NAME", "changes", "may_come_and_go", "version_changes"]

#: What a value begins with that says what a name stands for, as a function.
NAME: Final = "name:"
#: What a value begins with whose Python is told when it has changed: bytecode has no other form.
BYTECODE: Final = "bytecode:"

#: Where credentials stand that were given to a call or a client. In parameters and bodies they do
#: not count as such: there `page_token` may be called like one and be none.
_OF_SENDER: Final = re.compile(r"^given (client\.)?(cookies|headers)\[|\.(cookies|headers)\[")
#: What no credential is: a number, None and the like.
_OF_NO_TEXT: Final = re.compile(rf"{TEXT}(?!b?['\"])")
#: What is said of a part that was there.
_GONE: Final = {"code": "not used any more", "given": "not given any more"}
_LONGEST: Final = 60
#: So much is shown of a text before the place where two of them begin to differ.
_BEFORE: Final = 15
_MOST_CHANGES: Final = 6
#: What says most comes first: of a call its address, and of a function the code itself.
_FIRST: Final = ("version", "method", "path", "url", "function")
_ORDER: Final = ("given", "code", "default", "argument", "closure", "value", "attribute")


def changes(
    before: Mapping[str, tuple[str, str | None]], now: Mapping[str, tuple[str, str | None]]
) -> str:
    """Say in what the parts of a work differ from what they were; each is a value and its user.

    >>> changes({"value PROMPT": ("text:'a'", "f()")}, {"value PROMPT": ("text:'b'", "f()")})
    "the constant PROMPT that f() uses was 'a' and is 'b'"
    """
    if not before:
        return "what it was is not known any more"
    names = sorted({*before, *now}, key=_place)
    differ = [name for name in names if _differs(name, before.get(name), now.get(name))]
    differ = [name for name in differ if not _has_been_filled(name, differ)]
    told = [_change(name, before.get(name), now.get(name)) for name in differ[:_MOST_CHANGES]]
    if len(differ) > _MOST_CHANGES:
        told.append(f"and {len(differ) - _MOST_CHANGES:,} more")
    return "; ".join(told)


def may_come_and_go(name: str, value: str) -> bool:
    """Tell whether a part is a credential, with and without which it is the same work.

    >>> may_come_and_go("given headers['authorization']", "text:****")
    True
    """
    return is_hidden(value) and _OF_SENDER.search(name) is not None


def _differs(
    name: str, before: tuple[str, str | None] | None, now: tuple[str, str | None] | None
) -> bool:
    if before is not None and now is not None:
        return before[0] != now[0]
    return any(it is not None and not may_come_and_go(name, it[0]) for it in (before, now))


def version_changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say which modules have another version; of those that only one of the two uses, nothing.

    >>> version_changes({"pandas": "3.1.0"}, {"pandas": "3.1.1", "numpy": "2.4"})
    'pandas was 3.1.0 and is 3.1.1'
    """
    both = sorted(name for name in before.keys() & now.keys() if before[name] != now[name])
    return "; ".join(
        f"{shorten(name, _LONGEST)} was {shorten(before[name], _LONGEST)} and is {now[name]}"
        for name in both
    )


def _has_been_filled(name: str, differ: list[str]) -> bool:
    """Tell whether it is a list that was empty, or is now: what is in it is told."""
    return any(other.startswith(f"{name}[") for other in differ)


def _place(name: str) -> tuple[int, int, str]:
    kind, _, rest = name.partition(" ")
    place = _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
    return place, (_FIRST.index(rest) if rest in _FIRST else len(_FIRST)), name


def _change(
    name: str, before: tuple[str, str | None] | None, now: tuple[str, str | None] | None
) -> str:
    value, user = now or before or ("", None)
    plain = all(it is None or not it[0].startswith(NAME) for it in (before, now))
    subject = scrub(_subject(name, user, plain=plain))
    if before is None:
        return f"{subject} is new{_in_brackets(name, now)}"
    if now is None:
        gone = _GONE.get(name.partition(" ")[0], "gone")
        return f"{subject} is {gone}{_in_brackets(name, before)}"
    old = before[0]
    if SALTED in (old[: len(SALTED)], value[: len(SALTED)]):
        return f"{subject} {_unseen(old, value)}"
    # Of a file nobody wants to see the bytes.
    is_file = name.startswith("given files") and name.endswith("['content']")
    if is_file or not (_is_told(old) and _is_told(value)):
        return f"{subject} {_another(name, old, value)}"
    return "{} was {} and is {}".format(subject, *_apart(_shown(old), _shown(value)))


def _unseen(before: str, now: str) -> str:
    """Say how a value has changed that may be a credential and is kept as a salted digest."""
    if is_hidden(before):
        return f"is {HIDDEN} and cannot be compared, because what it was is not kept"
    if is_hidden(now):
        return f"was {HIDDEN} and is a credential now, which does not count"
    old, new = (_shown(it) if _OF_NO_TEXT.match(it) else HIDDEN for it in (before, now))
    if old != new:
        return f"was {old} and is {new}"
    return f"was {HIDDEN} and is another {HIDDEN}, which counts unless it is an nk.Secret"


def _in_brackets(name: str, part: tuple[str, str | None] | None) -> str:
    """Return a value that was given in one of two calls only, where it is short."""
    if part is not None and part[0].startswith(SALTED):
        return f" ({HIDDEN})"
    is_short = part is not None and part[0].startswith(TEXT) and not part[0].startswith(f"{TEXT}b")
    if part is None or not (name.startswith("given ") and is_short):
        return ""
    shown = _shown(part[0])
    return "" if len(shown) > _LONGEST or HIDDEN in shown else f" ({shown})"


def _subject(name: str, user: str | None, *, plain: bool) -> str:
    kind, _, rest = name.partition(" ")
    rest = shorten(rest, 2 * _LONGEST)
    of = "" if user is None else f" that {shorten(user, _LONGEST)} uses"
    if kind == "given":
        return given_in_words(rest)
    if kind == "code":
        is_helper = user is not None and rest.endswith("()")
        return f"the code of {'the helper ' if is_helper else ''}{rest}"
    if kind == "default":
        return f"the default of {rest}"
    if kind == "argument":
        return f"the argument {rest}"
    if kind == "closure":
        return f"the variable {rest}"
    return f"the constant {rest}{of}" if kind == "value" and plain else f"{rest}{of or ''}"


def _is_told(value: str) -> bool:
    return value.startswith((TEXT, NAME))


def _shown(value: str) -> str:
    return scrub(value.partition(":")[2])


def _another(name: str, before: str, now: str) -> str:
    both_bytecode = before.startswith(BYTECODE) and now.startswith(BYTECODE)
    versions = before.split(":")[1:2] + now.split(":")[1:2]
    if both_bytecode and versions[0] != versions[1]:
        return "cannot be compared, because its source is not there and Python is another"
    return "has changed" if name.startswith(("code ", "given files")) else "is another"


def _apart(before: str, now: str) -> tuple[str, str]:
    """Return two texts, cut to where they differ."""
    if max(len(before), len(now)) <= _LONGEST:
        return before, now
    pairs = zip(before, now, strict=False)
    alike = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
    # One may be the beginning of the other.
    alike = min(len(before), len(now)) if alike is None else alike
    start = max(0, alike - _BEFORE)
    return _cut(before, start), _cut(now, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST]
    return f"{'…' if start else ''}{shown}{'…' if start + _LONGEST < len(text) else ''}"
