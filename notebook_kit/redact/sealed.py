"""A value that counts and is not to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notebook_kit.redact import known
from notebook_kit.redact.known import HIDDEN
from notebook_kit.redact.secret import Secret

__all__ = ["Sealed"]


class Sealed:
    """What may be a credential by its name, and changes an answer if it is none.

    A file keeps a digest of it that is made with the salt of the file, and never what it is. What
    was given as a `Secret` is a credential, also where it was revealed, and does not count.

    Attributes:
        value: what counts.

    >>> Sealed("abc"), Sealed("abc").is_empty, Sealed([Secret("sk-0123456789")]).is_empty
    (Sealed('****'), False, True)
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = _without_secrets(value)

    @property
    def is_empty(self) -> bool:
        """Whether there are credentials and nothing else."""
        value = self.value
        return value == HIDDEN or (
            isinstance(value, list) and bool(value) and all(it == HIDDEN for it in value)
        )

    def __repr__(self) -> str:
        return f"Sealed('{HIDDEN}')"


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Secret):
        return HIDDEN
    if isinstance(value, str):
        return known.memory.strike(value)
    if isinstance(value, Mapping):
        return {name: _without_secrets(part) for name, part in value.items()}
    return [*map(_without_secrets, value)] if isinstance(value, (list, tuple)) else value
