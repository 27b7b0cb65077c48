"""What those who write values exactly have in common: tags, and how they refuse."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["TAG", "NotExact", "class_name", "is_storable", "odd", "tagged"]

#: The only key of a dictionary that stands for something that JSON has no word for.
TAG: Final = "~"
_SHOWN: Final = 80


class NotExact(Exception):
    """A value that would not come back from JSON as it was.

    Attributes:
        kind: what the value is, in a word.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def tagged(kind: str, content: Any) -> dict[str, Any]:
    """Return what stands for a value of such a kind.

    >>> tagged("bytes", "UE5H")
    {'~': ['bytes', 'UE5H']}
    """
    return {TAG: [kind, content]}


def odd(content: object) -> ValueError:
    """Return the error about what nobody here has written."""
    return ValueError(f"a tag that was not written here: {str(content)[:_SHOWN]}")


def class_name(value: object) -> str:
    """Return what the class of a value is called, with its module."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def is_storable(text: str) -> bool:
    """Tell whether a text can be written: half of a surrogate pair is none, two would be joined."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
