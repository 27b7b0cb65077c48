"""A function as the launcher sees it, and the first item of what it is mapped over."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

from notebook_kit import frames
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import RunKeywords, RunOptions
from notebook_kit.execution.asked import CalledFunction
from notebook_kit.execution.functions import bind, name_of
from notebook_kit.redact import scrub_fields, shown, text_of
from notebook_kit.widgets.launcher import Heard, Parameter, Preview

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from notebook_kit.widgets.launcher import EndpointChoice

__all__ = ["FunctionTarget", "first_item"]

_DEFAULT_LIMIT = 30
_NAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class FunctionTarget:
    """A function, as the launcher sees it."""

    is_function = True
    endpoints: Sequence[EndpointChoice] = ()

    def __init__(self, function: Callable[..., Any]) -> None:
        self.subject = function
        name = name_of(function)
        self.fallback = name if name.isidentifier() else "function"
        self.options: Collection[str] = {*RunKeywords.__annotations__, "loop"}
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            # A builtin that does not tell takes the item.
            self.title, self.takes_rest = f"{name}(...)", False
            self.parameters: tuple[Parameter, ...] = (Parameter("item", by_position=True),)
            return
        found = signature.parameters.values()
        plain = [it.replace(annotation=it.empty) for it in found]
        bare = signature.replace(parameters=plain, return_annotation=inspect.Signature.empty)
        self.title = scrub_fields(f"{name}{bare}")
        self.takes_rest = any(it.kind is it.VAR_KEYWORD for it in found)
        self.parameters = tuple(_parameter(it) for it in found if it.kind not in _NAMED)

    @property
    def kit(self) -> Any:
        """This package."""
        return sys.modules[__name__.partition(".")[0]]

    def column_of(self, value: Any) -> str | int | None:
        """Return None: values of a function stand for no column."""
        del value
        return None

    def preview(self, heard: Heard) -> Preview:
        """Return the first call.

        Raises:
            ConfigurationError: for what the map would refuse.
        """
        function, items = heard.arguments
        options = dict(heard.options)
        options.pop("loop", None)
        checked = RunOptions.of(options)  # type: ignore[arg-type]  # checked there, name by name
        item, columns = first_item(items)
        if columns is not None:
            checked.check_columns(columns)
        call, _ = bind(function, columns)
        name = name_of(self.subject)
        try:
            made = call(item)
        except Exception as error:  # noqa: BLE001 - one failure is one row: the others may do
            wrong = f"{type(error).__name__}: {text_of(error)}"
            return Preview(f"{name}(...): not for the first item", wrong=wrong)
        if not isinstance(made, Heard):
            message = "The function is not called by this."
            raise ConfigurationError(message)
        given = [("", value) for value in made.arguments]
        called = CalledFunction(name, (*given, *made.options.items()))
        return Preview(repr(called)[1:-1])


def _parameter(found: inspect.Parameter) -> Parameter:
    required = found.default is found.empty
    return Parameter(
        found.name,
        required=required,
        by_position=found.kind is found.POSITIONAL_ONLY,
        default="" if required else shown(found.default, _DEFAULT_LIMIT),
    )


def first_item(items: Any) -> tuple[Any, Sequence[object] | None]:
    """Return the first item of an input of a run, and its columns if it is a table.

    Raises:
        ConfigurationError: for what is no input, or has no items.
    """
    plan = frames.plan_of(items)
    if not plan.length:
        message = "The data is empty: there is nothing to call for."
        raise ConfigurationError(message)
    return plan.item(0), getattr(plan.source, "columns", None)
