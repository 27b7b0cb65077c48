"""A credential that never shows itself."""

from __future__ import annotations

import os

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import known
from notebook_kit.redact.known import HIDDEN

__all__ = ["Secret"]


class Secret:
    """A credential that never shows itself; the clear text comes only from `reveal`.

    Raises:
        ConfigurationError: when the value is not text, is empty, or holds characters that no
            header can carry (a trailing newline is the usual one).

    >>> key = Secret("sk-0123456789")
    >>> key
    Secret('****')
    >>> f"{key}", key.reveal()
    ('****', 'sk-0123456789')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            message = f"A secret is text, not {type(value).__name__}: nk.Secret('...')."
            raise ConfigurationError(message)
        if not value:
            message = "A secret cannot be empty; is the variable that holds the key set?"
            raise ConfigurationError(message)
        if value != value.strip() or not value.isprintable():
            message = (
                "The secret begins or ends with white space or holds an invisible character (a "
                "newline at its end is the usual one): pass value.strip(), or copy it again."
            )
            raise ConfigurationError(message)
        self._value = value
        known.memory.remember_value(value)

    @classmethod
    def from_env(cls, name: str) -> Secret:
        """Take the secret from the environment variable ``name``.

        Raises:
            ConfigurationError: when the variable is not set or empty.
        """
        value = os.environ.get(name, "")
        if not value:
            message = (
                f"The environment variable {name} is not set: set it before the notebook starts."
            )
            raise ConfigurationError(message)
        return cls(value)

    def bearer(self) -> Secret:
        """Return the secret as the value of an ``Authorization`` header, ``Bearer ...``.

        >>> Secret("sk-0123456789").bearer().reveal()
        'Bearer sk-0123456789'
        """
        return Secret(f"Bearer {self._value}")

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
