"""Whose a module is: the user's, whose code counts, or an installed one, whose version is told."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import sys
import sysconfig
from pathlib import Path
from typing import Final

__all__ = ["file_of", "installed_version", "is_users", "is_users_class"]

#: Folders that installers put packages into.
_INSTALLED: Final = frozenset({"dist-packages", "site-packages"})
#: The package itself, installed or not.
_OWN: Final = __name__.partition(".")[0]
#: Modules that the standard library makes for classes that it writes.
_MADE: Final = ("namedtuple_",)
#: The flag of CPython for a class that is no part of the interpreter itself.
_MADE_WHILE_RUNNING: Final = 1 << 9


def is_users(name: str | None) -> bool:
    """Tell whether a module is the user's own: the notebook, or a file that is not installed.

    >>> is_users("__main__"), is_users("json"), is_users("pandas.core.frame")
    (True, False, False)
    """
    if name is None or name == "__main__":
        return True
    top = name.partition(".")[0]
    if top == _OWN or top in sys.stdlib_module_names or name.startswith(_MADE):
        return False
    file = file_of(name)
    # What has no file was made by hand, as by exec.
    return file is None or not _is_installed(file)


def is_users_class(cls: type) -> bool:
    """Tell whether a class is the user's own.

    >>> is_users_class(dict), is_users_class(Path)
    (False, False)
    """
    if cls.__module__ == "builtins":
        # What was run by exec without a name has no other module.
        return bool(cls.__flags__ & _MADE_WHILE_RUNNING)
    return is_users(cls.__module__)


def file_of(name: str) -> str | None:
    """Return the file of a module, loaded or not; None where there is none."""
    module = sys.modules.get(name)
    if module is not None:
        file = vars(module).get("__file__")
        return file if isinstance(file, str) else None
    try:
        # Looking for a part of a package would load the package.
        spec = importlib.util.find_spec(name if "." not in name else name.partition(".")[0])
    except (ImportError, ValueError):
        return None
    if spec is None or "." not in name:
        return None if spec is None else spec.origin
    below = [Path(it, *name.split(".")[1:]) for it in spec.submodule_search_locations or ()]
    found = (file for it in below for file in (it.with_suffix(".py"), it / "__init__.py"))
    return next((str(file) for file in found if file.is_file()), None)


@functools.cache
def _is_installed(file: str) -> bool:
    path = Path(file)
    return bool(_INSTALLED.intersection(path.parts)) or any(map(path.is_relative_to, _library()))


@functools.cache
def _library() -> tuple[Path, ...]:
    return tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})


def installed_version(name: str) -> tuple[str, str] | None:
    """Return what an installed module belongs to, and its version; None where that is not known.

    For the standard library that is Python.
    """
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or name.startswith(_MADE):
        return "Python", f"{sys.version_info.major}.{sys.version_info.minor}"
    version = _version_of_distribution(top)
    if version is not None:
        return top, version
    for part in (name, top):
        module = sys.modules.get(part)
        # Not asked of the module as an attribute: some warn then.
        stated = None if module is None else vars(module).get("__version__")
        if isinstance(stated, str):
            return part, stated
    return None


@functools.cache
def _version_of_distribution(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
