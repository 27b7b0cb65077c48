"""What is shown of values and errors, whatever they say of themselves."""

from __future__ import annotations

from notebook_kit.errors.groups import with_parts
from notebook_kit.markup import shorten, visible
from notebook_kit.redact.text import hide_fields, scrub
from notebook_kit.redact.told import scrub_told

__all__ = ["shown", "text_of"]


def shown(value: object, limit: int = 80) -> str:
    """Return the repr of a value, secrets removed, on one line of ``limit`` characters at most.

    They are hidden before it is cut, because half a secret is not found any more. Texts in fields
    whose names say that they hold a credential are hidden too. What acts in a terminal, misleads
    or is not seen is written out.

    >>> shown({"city": "Zurich", "token": "abc"})
    "{'city': 'Zurich', 'token': ****}"
    """
    try:
        # Of a text before its repr is made, which puts backslashes where they mean something here.
        text = repr(hide_fields(value) if type(value) is str else value)
    except Exception as broken:  # noqa: BLE001 - a user's __repr__ may raise anything
        text = f"({type(value).__name__} that cannot be shown: {type(broken).__name__})"
    return shorten(visible(scrub(hide_fields(text)), lines=True), limit)


def text_of(error: BaseException) -> str:
    """Return the words of an error, of a group those of its parts too, secrets removed.

    They are told whatever its ``__str__`` does.

    >>> text_of(ValueError("no such city")), text_of(ValueError("password=hunter2"))
    ('no such city', 'password=****')
    """
    try:
        text = with_parts(error)
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        text = f"(its message cannot be read: {type(broken).__name__})"
    return scrub_told(text)
