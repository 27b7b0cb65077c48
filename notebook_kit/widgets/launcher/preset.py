"""What was given when the launcher was made, as what stands in its fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.checks import refuse_unknown
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import is_secret_field, scrub, scrub_fields, shown
from notebook_kit.widgets.launcher.entries import TEXT, Entries, Entry
from notebook_kit.widgets.launcher.settings import FIELDS, as_text, problem_of
from notebook_kit.widgets.launcher.words import is_name, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.widgets.launcher.target import Target

__all__ = ["entries_of"]

#: What of a request has rows in the form.
_PAIRS: Final = {"params": "query", "json": "body"}


def entries_of(
    target: Target, path: str | None, preset: Mapping[str, Any], namespace: Mapping[str, Any]
) -> Entries:
    """Return what stands in the form at first.

    Args:
        target: what is launched.
        path: a template, the place of an endpoint, or None.
        preset: options of ``map``.
        namespace: the notebook's variables; what no field can show is written by its name there.

    Raises:
        ConfigurationError: for an option that there is not, that is wrong, or that cannot be
            written as code.
    """
    refuse_unknown(preset, target.options, of=f"The launcher of {target.title}")
    settings: dict[str, str] = {}
    fixed: list[tuple[str, str]] = []
    pairs: dict[str, tuple[Entry, ...]] = {}
    for name, value in preset.items():
        if name == "method" and not target.is_function:
            continue
        if name in FIELDS:
            _check(name, value)
        text = as_text(name, value) if name in FIELDS else None
        rows = _rows(name, value, target) if name in _PAIRS else None
        if text is not None:
            settings[name] = text
        elif rows is not None:
            pairs[_PAIRS[name]] = rows
        else:
            fixed.append((name, _written(name, value, namespace)))
    is_endpoint = any(it.place == path for it in target.endpoints)
    return Entries(
        place=path if is_endpoint and path else "",
        path="" if is_endpoint or path is None else path,
        method=str(preset.get("method", "GET")).upper(),
        query=pairs.get("query", ()),
        body=pairs.get("body", ()),
        settings=settings,
        fixed=tuple(fixed),
    )


def _check(name: str, value: object) -> None:
    wrong = problem_of(name, value)
    if wrong is not None:
        raise ConfigurationError(wrong)


def _rows(name: str, value: Any, target: Target) -> tuple[Entry, ...] | None:
    """Return the rows of a dictionary of columns and fixed values; None for anything else."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        return None
    rows: list[Entry] = []
    for key, it in value.items():
        column = target.column_of(it)
        if column is not None:
            rows.append(Entry.of_column(column, key))
        elif isinstance(it, str) and (is_secret_field(key, it) or scrub(it) != it):
            # The field and the code would show it.
            return None
        elif isinstance(it, (str, int, float, bool)) or it is None:
            rows.append(Entry(TEXT, text=_typed(it, as_json=name == "json"), name=key))
        else:
            return None
    return tuple(rows)


def _typed(value: Any, *, as_json: bool) -> str:
    if not as_json:
        return str(value)
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value)


def _written(name: str, value: Any, namespace: Mapping[str, Any]) -> str:
    text = literal(value)
    is_secret = text is not None and scrub_fields(f"{name}={text}") != f"{name}={text}"
    if text is not None and not is_secret:
        return text
    for variable, held in list(namespace.items()):
        if held is value and is_name(variable) and not variable.startswith("_"):
            return variable
    why = "cannot be written as code"
    if is_secret:
        why = "holds a credential, which the code would show"
    message = (
        f"{name}={shown(value)} {why}: put it into a variable in a cell, and give that, as "
        f"{name}=my_{name}."
    )
    raise ConfigurationError(message)
