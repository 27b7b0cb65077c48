"""The first call, looked at before any is made.

The very code that is shown is run on the first item, with stand-ins that make no call: so what the
preview shows is what the code does, and what would go wrong goes wrong here.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError, NotebookKitError
from notebook_kit.redact import text_of
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.launcher.heard import Ear, Echo, Heard, KitEar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.widgets.launcher.choice import Data, Names
    from notebook_kit.widgets.launcher.code import Code
    from notebook_kit.widgets.launcher.target import Preview, Target

__all__ = ["first_item", "in_words", "preview", "run_code"]

#: More than any error of the package is long: half a sentence helps nobody.
_MESSAGE_LIMIT: Final = 2_000


def in_words(error: BaseException) -> str:
    """Return an error as a sentence for the user."""
    text = text_of(error)
    if not isinstance(error, NotebookKitError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return plain(text, _MESSAGE_LIMIT)


def first_item(value: Any, data: Data) -> Any:
    """Return data of the same kind that has the first item only."""
    if data.kind in ("frame", "series"):
        return value.iloc[:1]
    return dict(islice(value.items(), 1)) if data.kind == "labelled" else value[:1]


def preview(
    code: Code, target: Target, names: Names, data: Data, namespace: Mapping[str, Any]
) -> Preview:
    """Return what the code would do first.

    Raises:
        Exception: whatever the code, or building the request, raises.
    """
    stand_ins = {
        names.kit: KitEar(target.kit) if target.is_function else target.kit,
        names.subject: Echo(target.subject) if target.is_function else Ear(),
    }
    if data.name in namespace:
        stand_ins[data.name] = first_item(namespace[data.name], data)
    tree = ast.parse(code.expression, mode="eval")
    heard = _evaluated(tree, {**namespace, **stand_ins}, "<launcher>")
    if not isinstance(heard, Heard):
        message = "The code calls no map."
        raise ConfigurationError(message)
    return target.preview(heard)


def run_code(code: Code, target: Target, names: Names, namespace: Mapping[str, Any]) -> Any:
    """Do what the code does up to its await, and return the run; the panel is shown by others.

    Raises:
        Exception: whatever the code raises.
    """
    tree = ast.parse(code.expression, mode="eval")
    if isinstance(tree.body, ast.Call):
        others = [it for it in tree.body.keywords if it.arg != "progress"]
        tree.body.keywords = [*others, ast.keyword("progress", ast.Constant(value=False))]
    own = {names.kit: target.kit, names.subject: target.subject}
    return _evaluated(tree, {**namespace, **own}, _file_of(code.expression))


def _evaluated(tree: ast.Expression, names: Mapping[str, Any], file: str) -> Any:
    # No more than it reads: a function made here lives as long as its run, with all its names.
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    compiled = compile(ast.fix_missing_locations(tree), file, "eval")
    # The code was made here, of names of variables and of values written by repr; it is what the
    # form shows, and running it is what the form is for.
    return eval(compiled, {name: names[name] for name in read if name in names})  # noqa: S307


def _file_of(source: str) -> str:
    """Return a name under which Python finds the source, as it does that of a cell.

    A checkpoint tells by the source whether a function is still the same.
    """
    name = f"<launcher {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
    linecache.cache[name] = (len(source), None, [source + "\n"], name)
    return name
