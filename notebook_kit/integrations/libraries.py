"""Libraries that a kind of resource needs, imported when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["needed"]


def needed(module: str, *, extra: str) -> ModuleType:
    """Return a module of another library, imported now if it was not before.

    Args:
        module: its name, as in ``"redis.asyncio"``.
        extra: the extra of this package that installs it.

    Raises:
        ConfigurationError: when it is not installed, or in a version that is too old to have it.

    >>> needed("json", extra="files").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if module != missing and not module.startswith(f"{missing}."):
            raise  # It is there, and something that it needs is not: its own words say that.
        package = module.partition(".")[0]
        what = "is not installed" if missing == package else f"is too old here: it has no {missing}"
        message = (
            f"This needs the {package} package, which {what}: "
            f'pip install --upgrade "notebook_kit[{extra}]".'
        )
        raise ConfigurationError(message) from error
