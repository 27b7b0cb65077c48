"""A credential that never shows itself."""

from __future__ import annotations

import getpass
import os
import warnings
from typing import Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.redact import known
from notebook_kit.redact.known import HIDDEN
from notebook_kit.redact.placeholders import is_placeholder, is_written_secret

__all__ = ["Secret"]

_BEARER: Final = "Bearer "
_ELSEWHERE: Final = "nk.Secret.from_env('NAME') takes it from an environment variable."


class Secret:
    """A credential that never shows itself; the clear text comes only from `reveal`.

    Raises:
        ConfigurationError: when the value is not text, is empty, begins or ends with white space
            or holds an invisible character (a trailing newline is the usual one), is the
            placeholder of an example, such as ``YOUR_API_KEY``, or a `Secret` as text, ``****``.

    >>> key = Secret("sk-0123456789")
    >>> key
    Secret('****')
    >>> f"{key}", key.reveal()
    ('****', 'sk-0123456789')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        # No frame that was given the value may be shown with it.
        with brief:
            wrong = _what_is_wrong(value)
            if wrong:
                value = HIDDEN
                raise ConfigurationError(wrong)
            self._value = value
            known.memory.remember_value(value)

    @classmethod
    def from_env(cls, name: str) -> Secret:
        """Take the secret from the environment variable ``name``.

        Raises:
            ConfigurationError: when the variable is not set, empty, or holds what is no secret.
        """
        with brief:
            given: object = name
            if not isinstance(given, str) or not given:
                said = "''" if given == "" else f"a {type(given).__name__}"
                message = (
                    f"name= is {said}: give the name of an environment variable, as in "
                    "nk.Secret.from_env('EXAMPLE_KEY')."
                )
                raise ConfigurationError(message)
            value = os.environ.get(name, "")
            if not value:
                message = (
                    f"The environment variable {name} is not set: set it before the notebook "
                    "starts, or write nk.Secret.ask() to be asked for the key."
                )
                raise ConfigurationError(message)
            wrong = _what_is_wrong(value, f"write nk.Secret(os.environ[{name!r}].strip())")
            if wrong:
                value = HIDDEN
                message = f"The environment variable {name} cannot be used. {wrong}"
                raise ConfigurationError(message)
            return cls(value)

    @classmethod
    def ask(cls, prompt: str = "API key: ") -> Secret:
        """Ask whoever sits at the keyboard for the secret; what is typed is not shown.

        In a notebook a field opens below the cell, and what is typed there is not saved.

        Raises:
            ConfigurationError: when there is nobody to be asked, or what was typed is no secret.
        """
        with brief:
            return cls(_asked(prompt))

    def bearer(self) -> Secret:
        """Return the secret as the value of an ``Authorization`` header, ``Bearer ...``.

        One that begins with the word already is returned as it is.

        >>> Secret("sk-0123456789").bearer().reveal()
        'Bearer sk-0123456789'
        """
        with brief:
            if not self._value.isascii():
                message = (
                    "The secret holds a character outside of ASCII, such as '…' or a typeset dash, "
                    "and no Authorization header can carry it: copy it again."
                )
                raise ConfigurationError(message)
            if self._value[: len(_BEARER)].lower() == _BEARER.lower():
                return self
            return Secret(f"{_BEARER}{self._value}")

    def reveal(self) -> str:
        """Return the clear text."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{HIDDEN}')"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> str | tuple[object, ...]:
        message = "A Secret is not pickled; read it again where it is needed."
        raise TypeError(message)


def _what_is_wrong(value: object, instead: str = "pass value.strip()") -> str | None:
    if not isinstance(value, str):
        return f"A secret is text, not {type(value).__name__}: nk.Secret('...')."
    if not value:
        return "A secret cannot be empty; is the variable that holds the key set?"
    if value != value.strip() or not value.isprintable():
        return (
            "The secret begins or ends with white space or holds an invisible character (a "
            f"newline at its end is the usual one): {instead}, or copy it again."
        )
    if is_placeholder(value):
        return f"The secret is the placeholder of an example, not a key. {_ELSEWHERE}"
    if is_written_secret(value):
        return (
            f"The secret holds {HIDDEN!r}, which is what a Secret gives in a text: give the Secret "
            "itself, or write its key.reveal() into the text."
        )
    return None


def _asked(prompt: str) -> str:
    try:
        with warnings.catch_warnings():
            # Where it cannot be kept from being shown, getpass only warns, and shows it.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except Exception as error:  # noqa: BLE001 - kernels have a class of their own for it
        because = f"{type(error).__name__}: {error}".rstrip(": ")
        message = f"Nobody can be asked for the secret here ({because}). {_ELSEWHERE}"
        raise ConfigurationError(message) from None
