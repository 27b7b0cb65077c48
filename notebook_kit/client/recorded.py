"""What of a map's templates a checkpoint may know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from notebook_kit.redact import HIDDEN, Secret, is_secret_name

__all__ = ["without_credentials"]

#: Length of a pair of a name and a value.
_PAIR: Final = 2


def without_credentials(option: str, template: Any) -> Any:
    """Return a template without what may be renewed at any time and changes no answer.

    In headers, parameters and cookies text under the name of a credential is one; a number, such
    as one of ``max_tokens``, is not. In a body only a `Secret` is.
    """
    if option not in ("headers", "params", "cookies"):
        return _without_secrets(template)
    if isinstance(template, Mapping):
        return {name: value for name, value in template.items() if not _is_credential(name, value)}
    if not isinstance(template, (list, tuple)):
        return template
    pairs = [pair for pair in template if isinstance(pair, (list, tuple)) and len(pair) == _PAIR]
    return [[name, value] for name, value in pairs if not _is_credential(name, value)]


def _is_credential(name: object, value: object) -> bool:
    return is_secret_name(str(name)) and isinstance(value, (str, bytes, Secret))


def _without_secrets(template: Any) -> Any:
    if isinstance(template, Secret):
        return HIDDEN
    if isinstance(template, Mapping):
        return {name: _without_secrets(value) for name, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [_without_secrets(value) for value in template]
    return template
