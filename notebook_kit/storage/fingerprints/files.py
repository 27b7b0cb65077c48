"""Modules of the user's as files: what is imported inside a function, and used as a whole."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_kit.storage.fingerprints.modules import file_of, is_users
from notebook_kit.storage.fingerprints.normal import form_of_tree
from notebook_kit.storage.fingerprints.walk import Place
from notebook_kit.storage.fingerprints.words import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from notebook_kit.storage.fingerprints.walk import Walk

__all__ = ["add_import", "read_module"]


def read_module(walk: Walk, place: Place, module: ModuleType) -> str:
    """Note a module that is used as a whole: one of the user's with its text, others by version."""
    if is_users(module.__name__) and module.__name__ != "__main__":
        _add_file(walk, module.__name__, user=place.user)
    else:
        walk.version_of(module.__name__)
    return f"{NAME}the module {module.__name__}"


def add_import(walk: Walk, name: str, parts: tuple[str, ...], *, user: str | None) -> None:
    """Note what a function imports when it is called.

    It may not be loaded yet, and may be the next time: so it is read from its file each time.
    """
    if not is_users(name):
        walk.version_of(name)
        return
    _add_file(walk, name, user=user)
    for part in parts:
        # Of a package, another module may be meant.
        if file_of(f"{name}.{part}") is not None:
            _add_file(walk, f"{name}.{part}", user=user)


def _add_file(walk: Walk, name: str, *, user: str | None) -> None:
    place = Place("code", f"the module {name}", user)
    if place.key in walk.parts:
        return
    file = file_of(name)
    try:
        tree = ast.parse(Path(file or "").read_bytes())
        walk.put(place, f"sha256:{form_of_tree(tree)}")
    except (OSError, SyntaxError, ValueError, RecursionError):
        walk.put(place, f"{NAME}the module {name}")
        walk.not_read(place, sys.modules.get(name))
        return
    for imported in _imports(tree, name if _is_package(file) else name.rpartition(".")[0]):
        if is_users(imported):
            _add_file(walk, imported, user=user)
        else:
            walk.version_of(imported)


def _is_package(file: str | None) -> bool:
    return file is not None and Path(file).stem == "__init__"


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            home = ".".join([*base, *filter(None, [node.module])]) if node.level else node.module
            # What is imported may be a module, or a name in one.
            names = [f"{home}.{each.name}" for each in node.names]
            yield from (it for it in [home or "", *names] if file_of(it) is not None)
